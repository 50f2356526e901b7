import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  BatchGetProjects$,
  CreateProject$,
  type CreateProjectInput,
  DeleteProject$,
  InvalidInputException,
  ListProjects$,
  type Project as ProjectShape,
  type ProjectVisibilityType,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateProject$,
  UpdateProjectVisibility$,
} from "../../sdk/codebuild.js";
import { caches } from "./cache.ts";
import { checkDeclaration } from "./project-rules.ts";
import { aliasOf, badgeUrl } from "./public-build.ts";
import { removePolicy } from "./resource-policy.ts";
import { shownWebhook, webhooks } from "./webhook.ts";

/** What was declared of a project, with the defaults that CodeBuild fills in. */
export type Declaration = Stored<Omit<CreateProjectInput, "name">>;

/** A project, by its name. */
export interface Project extends Row {
  readonly declaration: Declaration;
  /** The number of the newest build; numbers are never used again. */
  readonly buildNumber: number;
  /** The same of its batches; absent where it never had one. */
  readonly batchNumber?: number;
  readonly visibility?: ProjectVisibilityType;
  /** The role by which strangers see logs and artifacts of a public project. */
  readonly resourceAccessRole?: string;
  /** What its template says of webhooks. */
  readonly declaredTriggers?: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export const projects = new Table<Project>("codebuild/project", {
  arn: ({ id }, { account, region }) => `arn:aws:codebuild:${region}:${account}:project/${id}`,
});

const PAGE_SIZE = 100;

export const createProject = operation(
  CreateProject$,
  (scope, { name, ...declared }) => {
    if (projects.get(scope, name!) !== undefined) {
      fault(ResourceAlreadyExistsException, `Project already exists: ${projectArn(scope, name!)}`);
    }
    return { project: shownProject(scope, putProject(scope, name!, stored(declared) as Declaration)) };
  },
  {
    partial:
      "VPC settings, image credentials, encryption, and the reporting of statuses to a server of sources are kept, and have no effect",
  },
);

export const updateProject = operation(
  UpdateProject$,
  (scope, { name, ...declared }) => {
    const known = requireProject(scope, name!);
    return { project: shownProject(scope, putProject(scope, known.id, { ...known.declaration, ...stored(declared) } as Declaration)) };
  },
  { partial: "as for CreateProject" },
);

export const deleteProject = operation(DeleteProject$, (scope, { name }) => {
  removeProject(scope, nameOf(name!));
  return {};
});

/** https://docs.aws.amazon.com/codebuild/latest/userguide/public-builds.html */
export const updateProjectVisibility = operation(UpdateProjectVisibility$, (scope, input) => {
  const { id } = requireProject(scope, input.projectArn!);
  const { projectVisibility: visibility = "PRIVATE", resourceAccessRole } = input;
  const project = projects.patch(scope, id, { visibility, ...(resourceAccessRole !== undefined && { resourceAccessRole }) });
  return {
    projectArn: projectArn(scope, id),
    projectVisibility: visibility,
    ...(visibility === "PUBLIC_READ" && { publicProjectAlias: aliasOf(scope, project) }),
  };
});

/** A project goes with its webhook and what its builds have cached. Its builds stay. */
export function removeProject(scope: Scope, name: string): void {
  projects.remove(scope, name);
  webhooks.remove(scope, name);
  removePolicy(scope, projectArn(scope, name));
  for (const { id } of caches.by(scope, "project", name)) caches.remove(scope, id);
}

export const batchGetProjects = operation(BatchGetProjects$, (scope, { names = [] }) => {
  const known = (name: string): Project | undefined => projects.get(scope, nameOf(name));
  return {
    projects: names.flatMap((name) => known(name) ?? []).map((project) => shownProject(scope, project)),
    projectsNotFound: names.filter((name) => known(name) === undefined),
  };
});

export const listProjects = operation(ListProjects$, (scope, { sortBy = "NAME", sortOrder = "ASCENDING", nextToken: token }) => {
  const keyOf = ({ id, createdAt, modifiedAt }: Project): string =>
    sortBy === "NAME" ? id : `${String(sortBy === "CREATED_TIME" ? createdAt : modifiedAt).padStart(16, "0")} ${id}`;
  const sorted = projects.list(scope).sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  if (sortOrder === "DESCENDING") sorted.reverse();
  const placed = sorted.map(({ id }, index) => ({ id, place: String(index).padStart(9, "0") }));
  const invalid = (): never => fault(InvalidInputException, "Invalid next token");
  const { items, nextToken } = page(placed, ({ place }) => place, PAGE_SIZE, token, invalid);
  return { projects: items.map(({ id }) => id), ...(nextToken && { nextToken }) };
});

/** Make the project be as declared. */
export function putProject(scope: Scope, name: string, declared: Declaration): Project {
  const declaration = withoutEmpty(declared);
  checkDeclaration(scope, name, declaration);
  const known = projects.get(scope, name);
  const now = scope.clock.now();
  return projects.put(scope, {
    id: name,
    declaration: withDefaults(scope, declaration),
    buildNumber: known?.buildNumber ?? 0,
    ...(known?.batchNumber !== undefined && { batchNumber: known.batchNumber }),
    ...(known?.declaredTriggers && { declaredTriggers: known.declaredTriggers }),
    ...(known?.visibility && { visibility: known.visibility }),
    ...(known?.resourceAccessRole !== undefined && { resourceAccessRole: known.resourceAccessRole }),
    createdAt: known?.createdAt ?? now,
    modifiedAt: now,
  });
}

/** The project that a name or an ARN means; refuses where there is none. */
export const requireProject = (scope: Scope, name: string): Project =>
  projects.get(scope, nameOf(name)) ?? fault(ResourceNotFoundException, `Project cannot be found: ${projectArn(scope, nameOf(name))}`);

export const projectArn = (scope: Scope, name: string): string => scope.arn("codebuild", `project/${name}`);

const nameOf = (name: string): string => (name.startsWith("arn:") ? name.split(":project/").at(-1)! : name);

/** An empty configuration takes away the one that there was. */
function withoutEmpty({ vpcConfig, buildBatchConfig, ...declaration }: Declaration): Declaration {
  const isSaid = (config: object | undefined): boolean => Object.keys(config ?? {}).length > 0;
  return { ...declaration, ...(isSaid(vpcConfig) && { vpcConfig }), ...(isSaid(buildBatchConfig) && { buildBatchConfig }) };
}

function withDefaults(scope: Scope, declaration: Declaration): Declaration {
  const { serviceRole } = declaration;
  const role = serviceRole!.startsWith("arn:") ? serviceRole! : `arn:aws:iam::${scope.account}:role/${serviceRole}`;
  return {
    timeoutInMinutes: 60,
    queuedTimeoutInMinutes: 480,
    encryptionKey: scope.arn("kms", "alias/aws/s3"),
    cache: { type: "NO_CACHE" },
    ...declaration,
    serviceRole: role,
  };
}

export function shownProject(scope: Scope, project: Project): ProjectShape {
  const { id, declaration, createdAt, modifiedAt, visibility = "PRIVATE", resourceAccessRole } = project;
  const { badgeEnabled = false, ...shown } = declaration;
  const webhook = webhooks.get(scope, id);
  return {
    name: id,
    arn: projectArn(scope, id),
    ...(shown as object),
    badge: { badgeEnabled, ...(badgeEnabled && { badgeRequestUrl: badgeUrl(scope, project) }) },
    projectVisibility: visibility,
    ...(visibility === "PUBLIC_READ" && { publicProjectAlias: aliasOf(scope, project) }),
    ...(resourceAccessRole !== undefined && { resourceAccessRole }),
    ...(webhook && { webhook: shownWebhook(scope, webhook) }),
    created: new Date(createdAt),
    lastModified: new Date(modifiedAt),
  };
}
