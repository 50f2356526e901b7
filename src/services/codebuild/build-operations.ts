import { digestOf } from "../../kernel/blob.ts";
import { fault } from "../../kernel/fault.ts";
import { lateOperation, operation, Waiting } from "../../kernel/operation.ts";
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
  type StartBuildBatchInput,
  type StartBuildInput,
  StopBuild$,
} from "../../sdk/codebuild.js";
import { type Build, buildArn, builds, shownBuild } from "./build.ts";
import { byAge, type Listing, listed } from "./listing.ts";
import { overridden } from "./override.ts";
import { type Declaration, type Project, requireProject } from "./project.ts";
import { checkBuildable } from "./project-rules.ts";
import { sharedHome } from "./resource-policy.ts";
import { submitBuild } from "./start.ts";

/** How long a token makes two starts one; milliseconds. */
const IDEMPOTENT_MS = 300_000;

export const startBuild = operation(StartBuild$, (scope, input) => {
  const project = requireProject(scope, input.projectName!);
  const same = sameStart(startedBefore(scope, project.id, input.idempotencyToken), input);
  if (same !== undefined) return { build: shownBuild(scope, same) };
  const build = submitBuild(scope, project, startOf(scope, project, input));
  return { build: shownBuild(scope, build) };
});

/** What is started where somebody asks for it: a build or a batch, checked. */
export function startOf(scope: Scope, project: Project, input: StartBuildInput | StartBuildBatchInput) {
  const declaration = overridden(project.declaration, input);
  refuseOfPipelines(declaration);
  checkBuildable(declaration);
  return {
    uuid: scope.id.uuid(),
    declaration,
    sourceVersion: input.sourceVersion ?? declaration.sourceVersion,
    initiator: initiatorOf(scope),
    idempotencyToken: input.idempotencyToken,
    asked: askedFor(input),
    isDebugged: input.debugSessionEnabled,
  };
}

const askedFor = (input: StartBuildInput | StartBuildBatchInput): string => digestOf(Buffer.from(JSON.stringify(input)));

/**
 * What was started with a token before, if it was the same that was asked for. The API says that another is an error, not which.
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html
 */
export function sameStart<T extends { readonly asked?: string }>(known: T | undefined, input: StartBuildInput | StartBuildBatchInput) {
  if (known?.asked !== undefined && known.asked !== askedFor(input))
    fault(InvalidInputException, `The idempotency token ${input.idempotencyToken} was used with other parameters.`);
  return known;
}

/** What CodePipeline hands in and takes, nobody else does. */
function refuseOfPipelines({ source, artifacts }: Declaration): void {
  if (artifacts?.type === "CODEPIPELINE") {
    fault(InvalidInputException, "ArtifactsOverride must be set when using artifacts type CodePipelines");
  }
  if (source?.type === "CODEPIPELINE") fault(InvalidInputException, "SourceTypeOverride must be set when using source type CodePipelines");
}

export const retryBuild = operation(RetryBuild$, (scope, { id, idempotencyToken }) => {
  const old = requireBuild(scope, id!);
  const same = startedBefore(scope, old.project, idempotencyToken);
  if (same !== undefined) return { build: shownBuild(scope, same) };
  const { declaration, sourceVersion, handedIn, webhook } = old;
  const build = submitBuild(scope, requireProject(scope, old.project), {
    uuid: scope.id.uuid(),
    declaration,
    sourceVersion,
    initiator: initiatorOf(scope),
    ...(handedIn && { handedIn }),
    ...(webhook && { webhook }),
    idempotencyToken,
  });
  return { build: shownBuild(scope, build) };
});

/** Answers when the build has ended, as on AWS. */
export const stopBuild = lateOperation(StopBuild$, {
  begin(scope, { id }) {
    const build = requireBuild(scope, id!);
    if (build.endedAt === undefined) builds.patch(scope, build.id, { stopRequested: true });
    return build.id;
  },
  answer(scope, id: string) {
    const build = requireBuild(scope, id);
    return build.endedAt === undefined ? new Waiting({ kind: "wait", because: "the build ends" }) : { build: shownBuild(scope, build) };
  },
});

export const batchGetBuilds = operation(BatchGetBuilds$, (scope, { ids = [] }) => {
  const found = ids.map((id) => {
    const home = sharedHome(scope, id, "codebuild:BatchGetBuilds");
    const build = builds.get(home, checkedId(id));
    return build && shownBuild(home, build);
  });
  return {
    builds: found.flatMap((build) => build ?? []),
    buildsNotFound: ids.filter((_, index) => found[index] === undefined),
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

export const listBuilds = operation(ListBuilds$, (scope, listing) => newest(builds.list(scope), listing));

export const listBuildsForProject = operation(ListBuildsForProject$, (scope, { projectName, ...listing }) => {
  const home = sharedHome(scope, projectName!, "codebuild:ListBuildsForProject");
  const { id } = requireProject(home, projectName!);
  return newest(builds.by(home, "project", id), listing);
});

/** The newest come first, unless asked for otherwise. */
function newest(all: readonly Build[], { sortOrder = "DESCENDING", nextToken }: Listing) {
  const { items, next } = listed(all, ({ startedAt, number, id }) => byAge(startedAt, byAge(number, id)), { sortOrder, nextToken });
  return { ids: items.map(({ id }) => id), ...next };
}

function startedBefore(scope: Scope, project: string, token: string | undefined): Build | undefined {
  if (token === undefined) return undefined;
  const now = scope.clock.now();
  return builds.by(scope, "token", `${project} ${token}`).find(({ startedAt }) => now - startedAt < IDEMPOTENT_MS);
}

const requireBuild = (scope: Scope, id: string): Build =>
  builds.get(scope, checkedId(id)) ?? fault(ResourceNotFoundException, `Build ${id} cannot be found`);

/** The id of a build or of a batch, which may be named by its ARN. */
export const idOf = (id: string): string => (id.startsWith("arn:") ? id.split(/:build(?:-batch)?\//).at(-1)! : id);

/** An id is that of the project, a colon and the rest. */
const checkedId = (id: string): string => (idOf(id).includes(":") ? idOf(id) : fault(InvalidInputException, "Invalid build ID provided"));

/** A user's name, or role and session. */
export function initiatorOf({ caller }: Scope): string {
  const resource = caller.arn.split(":").slice(5).join(":");
  return resource.replace(/^(user|assumed-role)\//, "");
}
