import { fault } from "../../kernel/fault.ts";
import { lateOperation, operation, Waiting } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  BatchGetBuildBatches$,
  DeleteBuildBatch$,
  InvalidInputException,
  ListBuildBatches$,
  ListBuildBatchesForProject$,
  ResourceNotFoundException,
  RetryBuildBatch$,
  StartBuildBatch$,
  StopBuildBatch$,
} from "../../sdk/codebuild.js";
import { type BuildBatch, buildBatches, shownBatch } from "./batch.ts";
import { submitBatch, timeoutMsOf } from "./batch-start.ts";
import { buildArn, builds } from "./build.ts";
import { idOf, sameStart, startOf } from "./build-operations.ts";
import { byAge, type Listing, listed } from "./listing.ts";
import { requireProject } from "./project.ts";

/** How long a token makes two starts one; milliseconds. */
const IDEMPOTENT_MS = 300_000;

export const startBuildBatch = operation(StartBuildBatch$, (scope, input) => {
  const project = requireProject(scope, input.projectName!);
  const same = sameStart(startedBefore(scope, project.id, input.idempotencyToken), input);
  if (same !== undefined) return { buildBatch: shownBatch(scope, same) };
  const batch = submitBatch(scope, project, startOf(scope, project, input));
  return { buildBatch: shownBatch(scope, batch) };
});

/** Answers when the batch has ended, as on AWS. */
export const stopBuildBatch = lateOperation(StopBuildBatch$, {
  begin(scope, { id }) {
    const batch = requireBatch(scope, id!);
    if (batch.endedAt === undefined) buildBatches.patch(scope, batch.id, { stopRequested: true });
    return batch.id;
  },
  answer(scope, id: string) {
    const batch = requireBatch(scope, id);
    const isOver = batch.endedAt !== undefined;
    return isOver ? { buildBatch: shownBatch(scope, batch) } : new Waiting({ kind: "wait", because: "its builds end" });
  },
});

/** The batch goes on as it is: its last phase was a failure that is tried again, its builds get further attempts. */
export const retryBuildBatch = operation(RetryBuildBatch$, (scope, { id, retryType = "RETRY_ALL_BUILDS", idempotencyToken: token }) => {
  const batch = requireBatch(scope, id!);
  if (token !== undefined && token === batch.retryToken) return { buildBatch: shownBatch(scope, batch) };
  if (batch.endedAt === undefined || batch.status === "SUCCEEDED") {
    fault(InvalidInputException, "Only batch builds that have failed can be retried");
  }
  const now = scope.clock.now();
  const last = batch.phases.at(-1)!;
  const durationInSeconds = Math.floor((now - last.startTime!) / 1000);
  const retried = buildBatches.patch(scope, batch.id, {
    status: "IN_PROGRESS",
    stage: "SUBMITTED",
    attempt: batch.attempt + 1,
    retryToken: token,
    deadlineAt: now + timeoutMsOf(batch.declaration),
    endedAt: undefined,
    stopRequested: undefined,
    isLate: undefined,
    phases: [
      ...batch.phases.slice(0, -1),
      // The API's own word, which its list of statuses lacks.
      { ...last, phaseStatus: "RETRY" as "FAILED", endTime: now, durationInSeconds },
      { phaseType: "SUBMITTED", startTime: now },
    ],
    groups: batch.groups.map((group) => {
      const { current, prior, ...rest } = group;
      if (current === undefined || (retryType === "RETRY_FAILED_BUILDS" && current.status === "SUCCEEDED")) return group;
      return { ...rest, prior: [...prior, current] };
    }),
  });
  return { buildBatch: shownBatch(scope, retried) };
});

export const deleteBuildBatch = operation(DeleteBuildBatch$, (scope, { id }) => {
  const batch = buildBatches.get(scope, idOf(id!));
  if (batch === undefined) return { statusCode: "BATCH_DELETED", buildsDeleted: [], buildsNotDeleted: [] };
  const own = builds.by(scope, "batch", batch.id);
  if (batch.endedAt === undefined) {
    const buildsNotDeleted = own.map((build) => ({ id: build.id, statusCode: "BUILD_IN_PROGRESS" }));
    return { statusCode: "BATCH_IN_PROGRESS", buildsDeleted: [], buildsNotDeleted };
  }
  for (const build of own) builds.remove(scope, build.id);
  buildBatches.remove(scope, batch.id);
  return { statusCode: "BATCH_DELETED", buildsDeleted: own.map((build) => buildArn(scope, build.id)), buildsNotDeleted: [] };
});

export const batchGetBuildBatches = operation(BatchGetBuildBatches$, (scope, { ids = [] }) => {
  const find = (id: string): BuildBatch | undefined => buildBatches.get(scope, idOf(id));
  return {
    buildBatches: ids.flatMap((id) => find(id) ?? []).map((batch) => shownBatch(scope, batch)),
    buildBatchesNotFound: ids.filter((id) => find(id) === undefined),
  };
});

interface Filtered extends Listing {
  readonly filter?: { readonly status?: string | undefined } | undefined;
}

export const listBuildBatches = operation(ListBuildBatches$, (scope, input) => newest(buildBatches.list(scope), input));

export const listBuildBatchesForProject = operation(ListBuildBatchesForProject$, (scope, { projectName, ...input }) =>
  newest(buildBatches.by(scope, "project", requireProject(scope, projectName!).id), input),
);

/** The newest come first, unless asked for otherwise. */
function newest(all: readonly BuildBatch[], { filter, sortOrder = "DESCENDING", ...listing }: Filtered) {
  const found = all.filter(({ status }) => filter?.status === undefined || status === filter.status);
  const { items, next } = listed(found, ({ startedAt, number, id }) => byAge(startedAt, byAge(number, id)), { sortOrder, ...listing });
  return { ids: items.map(({ id }) => id), ...next };
}

function startedBefore(scope: Scope, project: string, token: string | undefined): BuildBatch | undefined {
  if (token === undefined) return undefined;
  const now = scope.clock.now();
  return buildBatches.by(scope, "token", `${project} ${token}`).find(({ startedAt }) => now - startedAt < IDEMPOTENT_MS);
}

const requireBatch = (scope: Scope, id: string): BuildBatch =>
  buildBatches.get(scope, idOf(id)) ?? fault(ResourceNotFoundException, `Build batch ${id} cannot be found`);
