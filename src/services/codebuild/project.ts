import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  BatchGetProjects$,
  CreateProject$,
  type CreateProjectInput,
  DeleteProject$,
  ListProjects$,
  type Project as ProjectShape,
  type ProjectVisibilityType,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateProject$,
  UpdateProjectVisibility$,
} from "../../sdk/codebuild.js";
import { caches } from "./cache.ts";
import { keysBy, listed } from "./listing.ts";
import { checkDeclaration } from "./project-rules.ts";
import { aliasOf, badgeUrl } from "./public-build.ts";
import { removePolicy, sharedHome } from "./resource-policy.ts";
import { removeWebhook, shownAfterwards, webhookOf } from "./webhook.ts";

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

export const createProject = operation(CreateProject$, (scope, { name, ...declared }) => {
  if (projects.get(scope, name!) !== undefined) {
    fault(ResourceAlreadyExistsException, `Project already exists: ${projectArn(scope, name!)}`);
  }
  return { project: shownProject(scope, putProject(scope, name!, stored(declared) as Declaration)) };
});

export const updateProject = operation(UpdateProject$, (scope, { name, ...declared }) => {
  const known = requireProject(scope, name!);
  return { project: shownProject(scope, putProject(scope, known.id, { ...known.declaration, ...stored(declared) } as Declaration)) };
});

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
  removeWebhook(scope, name);
  removePolicy(scope, projectArn(scope, name));
  for (const { id } of caches.by(scope, "project", name)) caches.remove(scope, id);
}

export const batchGetProjects = operation(BatchGetProjects$, (scope, { names = [] }) => {
  const found = names.map((name) => {
    const home = sharedHome(scope, name, "codebuild:BatchGetProjects");
    const project = projects.get(home, nameOf(name));
    return project && shownProject(home, project);
  });
  return {
    projects: found.flatMap((project) => project ?? []),
    projectsNotFound: names.filter((_, index) => found[index] === undefined),
  };
});

export const listProjects = operation(ListProjects$, (scope, { sortBy, ...listing }) => {
  const { items, next } = listed(projects.list(scope), keysBy(sortBy), listing);
  return { projects: items.map(({ id }) => id), ...next };
});

/** Make the project be as declared. */
export function putProject(scope: Scope, name: string, declaration: Declaration): Project {
  checkDeclaration(scope, name, declaration);
  const known = projects.get(scope, name);
  const now = scope.clock.now();
  return projects.put(scope, {
    id: name,
    declaration: withDefaults(scope, withoutEmpty(declaration)),
    buildNumber: known?.buildNumber ?? 0,
    ...(known?.batchNumber !== undefined && { batchNumber: known.batchNumber }),
    ...(known?.declaredTriggers && { declaredTriggers: known.declaredTriggers }),
    ...(known?.visibility && { visibility: known.visibility }),
    ...(known?.resourceAccessRole !== undefined && { resourceAccessRole: known.resourceAccessRole }),
    createdAt: known?.createdAt ?? now,
    modifiedAt: now,
  });
}

/** The project of this account that a name or an ARN means; refuses where there is none. */
export function requireProject(scope: Scope, name: string): Project {
  const arn = name.startsWith("arn:") ? name : projectArn(scope, name);
  const project = projects.get(scope, nameOf(name));
  return project !== undefined && projectArn(scope, project.id) === arn
    ? project
    : fault(ResourceNotFoundException, `Project cannot be found: ${arn}`);
}

export const projectArn = (scope: Scope, name: string): string => scope.arn("codebuild", `project/${name}`);

const nameOf = (name: string): string => (name.startsWith("arn:") ? name.split(":project/").at(-1)! : name);

/** What is empty takes a setting away, and so does a limit of -1. */
function withoutEmpty({ vpcConfig, buildBatchConfig, concurrentBuildLimit, ...declaration }: Declaration): Declaration {
  return {
    ...declaration,
    ...(vpcConfig?.vpcId && { vpcConfig }),
    ...(buildBatchConfig?.serviceRole && { buildBatchConfig }),
    ...(concurrentBuildLimit !== undefined && concurrentBuildLimit > 0 && { concurrentBuildLimit }),
  };
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
  const webhook = webhookOf(scope, id);
  return {
    name: id,
    arn: projectArn(scope, id),
    ...(shown as object),
    badge: { badgeEnabled, ...(badgeEnabled && { badgeRequestUrl: badgeUrl(scope, project) }) },
    projectVisibility: visibility,
    ...(visibility === "PUBLIC_READ" && { publicProjectAlias: aliasOf(scope, project) }),
    ...(resourceAccessRole !== undefined && { resourceAccessRole }),
    ...(webhook && { webhook: shownAfterwards(scope, webhook) }),
    created: new Date(createdAt),
    lastModified: new Date(modifiedAt),
  };
}
