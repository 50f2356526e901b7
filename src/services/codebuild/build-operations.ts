import { fault } from "../../kernel/fault.ts";
import { stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  BatchDeleteBuilds$,
  BatchGetBuilds$,
  InvalidInputException,
  ListBuilds$,
  ListBuildsForProject$,
  ResourceNotFoundException,
  RetryBuild$,
  StartBuild$,
  type StartBuildInput,
  StopBuild$,
} from "../../sdk/codebuild.js";
import { type Build, buildArn, builds, shownBuild, type Variable } from "./build.ts";
import { type Declaration, requireProject } from "./project.ts";
import { checkTimeouts } from "./project-rules.ts";
import { submitBuild } from "./start.ts";

const PAGE_SIZE = 100;
/** How long a token makes two starts one; milliseconds. */
const IDEMPOTENT_MS = 300_000;

export const startBuild = operation(
  StartBuild$,
  (scope, input) => {
    const project = requireProject(scope, input.projectName!);
    const same = startedBefore(scope, project.id, input.idempotencyToken);
    if (same !== undefined) return { build: shownBuild(scope, same) };
    const declaration = overridden(project.declaration, input);
    checkTimeouts(declaration);
    if (declaration.source?.type === "CODEPIPELINE") {
      fault(InvalidInputException, "Invalid project source: a build of source type CODEPIPELINE can be started by CodePipeline only");
    }
    const build = submitBuild(scope, project, {
      uuid: scope.id.uuid(),
      declaration,
      sourceVersion: input.sourceVersion ?? declaration.sourceVersion,
      initiator: initiatorOf(scope),
      idempotencyToken: input.idempotencyToken,
    });
    return { build: shownBuild(scope, build) };
  },
  { partial: "sources in CodeCommit, in S3 and none; no debug sessions, no fleets, no images: commands run on this machine" },
);

export const retryBuild = operation(RetryBuild$, (scope, { id, idempotencyToken }) => {
  const old = requireBuild(scope, id!);
  const same = startedBefore(scope, old.project, idempotencyToken);
  if (same !== undefined) return { build: shownBuild(scope, same) };
  const { declaration, sourceVersion, handedIn } = old;
  const build = submitBuild(scope, requireProject(scope, old.project), {
    uuid: scope.id.uuid(),
    declaration,
    sourceVersion,
    initiator: initiatorOf(scope),
    ...(handedIn && { handedIn }),
    idempotencyToken,
  });
  return { build: shownBuild(scope, build) };
});

export const stopBuild = operation(StopBuild$, (scope, { id }) => {
  const build = requireBuild(scope, id!);
  const stopping = build.endedAt === undefined ? builds.patch(scope, build.id, { stopRequested: true }) : build;
  return { build: shownBuild(scope, stopping) };
});

export const batchGetBuilds = operation(BatchGetBuilds$, (scope, { ids = [] }) => {
  const found = ids.flatMap((id) => builds.get(scope, idOf(id)) ?? []);
  return {
    builds: found.map((build) => shownBuild(scope, build)),
    buildsNotFound: ids.filter((id) => builds.get(scope, idOf(id)) === undefined),
  };
});

export const batchDeleteBuilds = operation(BatchDeleteBuilds$, (scope, { ids = [] }) => {
  const known = ids.flatMap((id) => builds.get(scope, idOf(id)) ?? []);
  const over = known.filter(({ endedAt }) => endedAt !== undefined);
  for (const { id } of over) builds.remove(scope, id);
  const running = known.filter(({ endedAt }) => endedAt === undefined);
  return {
    buildsDeleted: over.map(({ id }) => buildArn(scope, id)),
    buildsNotDeleted: running.map(({ id }) => ({ id, statusCode: "BUILD_IN_PROGRESS" })),
  };
});

export const listBuilds = operation(ListBuilds$, (scope, { sortOrder, nextToken }) => listed(builds.list(scope), sortOrder, nextToken));

export const listBuildsForProject = operation(ListBuildsForProject$, (scope, { projectName, sortOrder, nextToken }) => {
  const { id } = requireProject(scope, projectName!);
  return listed(builds.by(scope, "project", id), sortOrder, nextToken);
});

/** The newest come first, unless asked for otherwise. */
function listed(found: Build[], sortOrder = "DESCENDING", token: string | undefined) {
  const keyOf = ({ startedAt, number, id }: Build): string =>
    `${String(startedAt).padStart(16, "0")} ${String(number).padStart(9, "0")} ${id}`;
  const sorted = found.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  if (sortOrder === "DESCENDING") sorted.reverse();
  const placed = sorted.map(({ id }, index) => ({ id, place: String(index).padStart(9, "0") }));
  const invalid = (): never => fault(InvalidInputException, "Invalid next token");
  const { items, nextToken } = page(placed, ({ place }) => place, PAGE_SIZE, token, invalid);
  return { ids: items.map(({ id }) => id), ...(nextToken && { nextToken }) };
}

function overridden(declaration: Declaration, input: StartBuildInput): Declaration {
  const given = stored(input);
  const { source, environment } = declaration;
  const replaced = <T>(override: T | undefined, known: T): T => (override === undefined ? known : override);
  return {
    ...declaration,
    source: {
      ...source!,
      ...defined({
        type: given.sourceTypeOverride,
        location: given.sourceLocationOverride,
        buildspec: given.buildspecOverride,
        gitCloneDepth: given.gitCloneDepthOverride,
      }),
    },
    environment: {
      ...environment!,
      ...defined({
        type: given.environmentTypeOverride,
        image: given.imageOverride,
        computeType: given.computeTypeOverride,
        privilegedMode: given.privilegedModeOverride,
      }),
      environmentVariables: mergedVariables(environment?.environmentVariables ?? [], given.environmentVariablesOverride ?? []),
    },
    ...defined({
      secondarySources: replaced(given.secondarySourcesOverride, declaration.secondarySources),
      secondarySourceVersions: replaced(given.secondarySourcesVersionOverride, declaration.secondarySourceVersions),
      artifacts: replaced(given.artifactsOverride, declaration.artifacts),
      secondaryArtifacts: replaced(given.secondaryArtifactsOverride, declaration.secondaryArtifacts),
      serviceRole: replaced(given.serviceRoleOverride, declaration.serviceRole),
      timeoutInMinutes: replaced(given.timeoutInMinutesOverride, declaration.timeoutInMinutes),
      queuedTimeoutInMinutes: replaced(given.queuedTimeoutInMinutesOverride, declaration.queuedTimeoutInMinutes),
      encryptionKey: replaced(given.encryptionKeyOverride, declaration.encryptionKey),
      logsConfig: replaced(given.logsConfigOverride, declaration.logsConfig),
      cache: replaced(given.cacheOverride, declaration.cache),
    }),
  } as Declaration;
}

/** The variables with those that override them. */
export function mergedVariables(known: readonly Variable[], overrides: readonly Variable[]): Variable[] {
  const names = new Set(overrides.map(({ name }) => name));
  return [...known.filter(({ name }) => !names.has(name)), ...overrides];
}

const defined = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

function startedBefore(scope: Scope, project: string, token: string | undefined): Build | undefined {
  if (token === undefined) return undefined;
  const now = scope.clock.now();
  return builds.by(scope, "token", `${project} ${token}`).find(({ startedAt }) => now - startedAt < IDEMPOTENT_MS);
}

const requireBuild = (scope: Scope, id: string): Build =>
  builds.get(scope, idOf(id)) ?? fault(ResourceNotFoundException, `Build ${id} cannot be found`);

const idOf = (id: string): string => (id.startsWith("arn:") ? id.split(":build/").at(-1)! : id);

/** A user's name, or role and session. */
function initiatorOf({ caller }: Scope): string {
  const resource = caller.arn.split(":").slice(5).join(":");
  return resource.replace(/^(user|assumed-role)\//, "");
}
