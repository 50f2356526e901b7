import { forgetJob, isOver } from "../../compute/job.ts";
import { isFault } from "../../kernel/fault.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { BuildBatchPhaseType, StatusType } from "../../sdk/codebuild.js";
import { type BatchAttempt, type BatchGroup, type BuildBatch, buildBatches, standingOf } from "./batch.ts";
import { combineJobId, ensureCombineJob, storeCombined } from "./batch-artifact.ts";
import { type BatchSpec, parseBatch } from "./batch-spec.ts";
import { startDownload, startGroup } from "./batch-start.ts";
import { builds } from "./build.ts";
import { BuildspecProblem } from "./buildspec-text.ts";
import { projects } from "./project.ts";
import { hasRoom } from "./start.ts";
import { reportStatus } from "./status-report.ts";

interface PhaseContext {
  readonly statusCode: string;
  readonly message: string;
}

/** Takes a batch through its builds. https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build.html */
export const batchLoop: Loop<BuildBatch> = {
  table: buildBatches,
  turn(scope, batch) {
    switch (batch.stage) {
      case "SUBMITTED":
        return begin(scope, batch);
      case "DOWNLOAD":
        return download(scope, batch);
      case "RUNNING":
        return run(scope, batch);
      case "COMBINE":
        return combine(scope, batch);
      case "OVER":
        return;
    }
  },
};

/** A batch that is tried again knows its builds already. */
function begin(scope: Scope, batch: BuildBatch): Rest | void {
  const project = projects.get(scope, batch.project);
  if (project === undefined) return end(scope, enter(scope, batch, "DOWNLOAD_BATCHSPEC"), "FAILED", failure("The project is gone"));
  if (batch.groups.length > 0) {
    reportStatus(scope, buildBatches.patch(scope, enter(scope, batch, "IN_PROGRESS").id, { stage: "RUNNING" }));
    return;
  }
  if (!batch.stopRequested && !hasRoom(scope, project)) return { kind: "wait", because: "the project runs as many builds as it may" };
  const entered = enter(scope, batch, "DOWNLOAD_BATCHSPEC");
  if (batch.stopRequested) return end(scope, entered, "STOPPED");
  try {
    const { id } = startDownload(scope, entered);
    const requested = { buildId: id, requestedAt: scope.clock.now(), status: "IN_PROGRESS" } as const;
    buildBatches.patch(scope, batch.id, { stage: "DOWNLOAD", download: requested });
  } catch (error) {
    if (!isFault(error)) throw error;
    end(scope, entered, "FAILED", failure(error.message));
  }
}

function download(scope: Scope, batch: BuildBatch): Rest | void {
  const build = builds.get(scope, batch.download!.buildId!);
  if (build !== undefined && build.endedAt === undefined) {
    if (batch.stopRequested) stop(scope, batch.download!);
    return { kind: "wait", because: "its buildspec is fetched" };
  }
  const status = build?.status ?? "STOPPED";
  const known = buildBatches.patch(scope, batch.id, {
    download: { ...batch.download!, status },
    resolvedSourceVersion: build?.resolvedSourceVersion,
  });
  reportStatus(scope, known);
  if (status !== "SUCCEEDED") {
    const context = build?.phases.find(({ phaseStatus = "SUCCEEDED" }) => phaseStatus !== "SUCCEEDED")?.contexts?.[0];
    return end(scope, known, status, context && failure(context.message ?? "", context.statusCode));
  }
  try {
    const spec = parseBatch(build!.buildspecText!);
    refuseRestricted(known, spec);
    const groups = spec.tasks.map((task) => ({ ...task, prior: [] }));
    buildBatches.patch(scope, enter(scope, known, "IN_PROGRESS").id, { stage: "RUNNING", fastFail: spec.fastFail, groups });
  } catch (error) {
    if (!(error instanceof BuildspecProblem)) throw error;
    end(scope, known, "FAILED", failure(error.message, "YAML_FILE_ERROR"));
  }
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_BatchRestrictions.html */
function refuseRestricted({ declaration }: BuildBatch, { tasks }: BatchSpec): void {
  const { maximumBuildsAllowed, computeTypesAllowed = [], fleetsAllowed = [] } = declaration.buildBatchConfig?.restrictions ?? {};
  if (maximumBuildsAllowed !== undefined && tasks.length > maximumBuildsAllowed) {
    throw new BuildspecProblem(`The batch has ${tasks.length} builds, and ${maximumBuildsAllowed} are allowed`);
  }
  for (const { identifier, computeType = declaration.environment?.computeType, fleet } of tasks) {
    if (computeTypesAllowed.length > 0 && !computeTypesAllowed.includes(computeType!)) {
      throw new BuildspecProblem(`The compute type ${computeType} of ${identifier} is not allowed`);
    }
    if (fleet !== undefined && fleetsAllowed.length > 0 && !fleetsAllowed.includes(fleet)) {
      throw new BuildspecProblem(`The fleet ${fleet} of ${identifier} is not allowed`);
    }
  }
}

function run(scope: Scope, batch: BuildBatch): Rest | void {
  const isLate = batch.isLate ?? scope.clock.now() >= batch.deadlineAt;
  let groups = batch.groups.map((group) => observed(scope, group));
  const hasFailed = groups.some((group) => isFailure(group));
  const ends = batch.stopRequested || isLate || (batch.fastFail && hasFailed);
  for (const { current } of ends ? groups : []) if (current !== undefined) stop(scope, current);
  for (let started = true; started; ) {
    started = false;
    for (const [index, group] of groups.entries()) {
      const next = group.current === undefined ? attemptOf(scope, batch, group, groups, ends) : undefined;
      if (next === undefined) continue;
      groups = groups.with(index, { ...group, current: next });
      started = true;
    }
  }
  const known = buildBatches.patch(scope, batch.id, { groups, ...(isLate && { isLate: true as const }) });
  if (groups.some(({ current }) => current === undefined || current.status === "IN_PROGRESS")) {
    const because = ends ? "its builds are stopped" : "its builds run";
    return isLate ? { kind: "wait", because } : { wakeAt: batch.deadlineAt, kind: "deadline", because };
  }
  if (isLate) return end(scope, known, "TIMED_OUT", failure("Build batch has timed out. ", "BATCH_TIMED_OUT"));
  if (batch.stopRequested) return end(scope, known, "STOPPED");
  if (groups.some(isFailure)) return end(scope, known, "FAILED", failure("Some builds of the batch did not succeed", "BATCH_FAILED"));
  buildBatches.patch(scope, enter(scope, known, "COMBINE_ARTIFACTS").id, { stage: "COMBINE" });
}

/** What is to become of a group that has no build yet: undefined as long as it has to wait. */
function attemptOf(
  scope: Scope,
  batch: BuildBatch,
  group: BatchGroup,
  groups: readonly BatchGroup[],
  ends: boolean | undefined,
): BatchAttempt | undefined {
  const requestedAt = scope.clock.now();
  const before = group.dependsOn.map((name) => groups.find(({ identifier }) => identifier === name)!);
  if (ends || before.some(isFailure)) return { requestedAt, status: "STOPPED" };
  if (before.some(({ current }) => current === undefined || current.status === "IN_PROGRESS")) return undefined;
  const project = projects.get(scope, batch.project);
  if (project === undefined) return { requestedAt, status: "FAULT" };
  if (!hasRoom(scope, project)) return undefined;
  try {
    const { id: buildId, status } = scope.attempt(() => startGroup(scope, batch, group));
    return { buildId, requestedAt, status };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { requestedAt, status: "FAILED" };
  }
}

function observed(scope: Scope, group: BatchGroup): BatchGroup {
  if (group.current === undefined) return group;
  const build = group.current.buildId === undefined ? undefined : builds.get(scope, group.current.buildId);
  // A build that somebody deleted has ended as it was last seen; it was over.
  const status = build === undefined && group.current.status === "IN_PROGRESS" ? "STOPPED" : standingOf(scope, group.current);
  return { ...group, current: { ...group.current, status } };
}

const isFailure = ({ current, ignoreFailure }: BatchGroup): boolean =>
  !ignoreFailure && current !== undefined && current.status !== "SUCCEEDED" && current.status !== "IN_PROGRESS";

function stop(scope: Scope, { buildId }: BatchAttempt): void {
  const build = buildId === undefined ? undefined : builds.get(scope, buildId);
  if (build !== undefined && build.endedAt === undefined && !build.stopRequested) builds.patch(scope, build.id, { stopRequested: true });
}

function combine(scope: Scope, batch: BuildBatch): Rest | void {
  const job = ensureCombineJob(scope, batch);
  if (job !== undefined && !isOver(job)) return { kind: "wait", because: "its artifacts are combined" };
  const problem = job === undefined ? undefined : storeCombined(scope, batch, job);
  forgetJob(scope, combineJobId(batch));
  const known = buildBatches.get(scope, batch.id)!;
  if (problem !== undefined) return end(scope, known, "FAILED", failure(problem));
  end(scope, known, "SUCCEEDED");
}

const failure = (message: string, statusCode = "CLIENT_ERROR"): PhaseContext => ({ statusCode, message });

/** The newest phase has gone well, and the next begins. */
const enter = (scope: Scope, batch: BuildBatch, phaseType: BuildBatchPhaseType): BuildBatch =>
  buildBatches.patch(scope, batch.id, {
    phases: [...left(scope, batch, "SUCCEEDED"), { phaseType, startTime: scope.clock.now() }],
  });

/** The newest phase ends as said, and with it the batch, whose last phase says how. */
function end(scope: Scope, batch: BuildBatch, status: StatusType, context?: PhaseContext): void {
  const now = scope.clock.now();
  const last = status === "SUCCEEDED" || status === "STOPPED" ? status : "FAILED";
  const over = buildBatches.patch(scope, batch.id, {
    phases: [...left(scope, batch, status, context), { phaseType: last, startTime: now }],
    status,
    stage: "OVER",
    endedAt: now,
  });
  reportStatus(scope, over);
}

function left(scope: Scope, { phases }: BuildBatch, phaseStatus: StatusType, context?: PhaseContext): BuildBatch["phases"] {
  const newest = phases.at(-1)!;
  const endTime = scope.clock.now();
  const durationInSeconds = Math.floor((endTime - newest.startTime!) / 1000);
  const done = { ...newest, phaseStatus, endTime, durationInSeconds, ...(context && { contexts: [{ ...context }] }) };
  return [...phases.slice(0, -1), done];
}
