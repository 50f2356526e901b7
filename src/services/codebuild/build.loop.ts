import { isOver, type Job, jobs, stopJob } from "../../compute/job.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { ArtifactProblem, artifactsJobId, commandsJobId, ensureArtifactsJob, storeArtifacts, wantedOutputs } from "./artifact.ts";
import { type Build, builds, say } from "./build.ts";
import { askForCommands, takeProgress } from "./build-commands.ts";
import { endOf, finish, STOPPED, storeLog, TIMED_OUT } from "./build-end.ts";
import { BuildspecProblem, parseBuildspec } from "./buildspec.ts";
import { ensureKeyJob, keysOf, restoredCache, saveCache, wantedCache } from "./cache.ts";
import { environmentOf } from "./environment.ts";
import { expandedReports, reportedExports } from "./expanded.ts";
import { hasRoomOnFleet } from "./fleet-room.ts";
import { enterPhase, leavePhase, passPhase } from "./phase.ts";
import { provisioningProblem } from "./provision.ts";
import { storeReports } from "./report-store.ts";
import { logProblem } from "./service-role.ts";
import {
  buildspecPath,
  ensureSourceJobs,
  gitProblem,
  inlineBuildspec,
  PRIMARY,
  resolvedCommit,
  resolveSources,
  SourceProblem,
  storedBuildspec,
} from "./source.ts";
import { reportStatus } from "./status-report.ts";

/** Takes a build through its phases. https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html */
export const buildLoop: Loop<Build> = {
  table: builds,
  turn(scope, build) {
    switch (build.stage) {
      case "SUBMITTED":
        return waitInQueue(scope, builds.patch(scope, enterPhase(scope, leavePhase(scope, build), "QUEUED").id, { stage: "QUEUED" }));
      case "QUEUED":
        return waitInQueue(scope, build);
      case "SOURCE":
        return downloadSource(scope, build);
      case "CACHE":
        return findCache(scope, build);
      case "COMMANDS":
        return runCommands(scope, build);
      case "ARTIFACTS":
        return uploadArtifacts(scope, build);
      case "LOG":
        return storeLog(scope, build);
      case "OVER":
        return;
    }
  },
};

/** There is always room, except on a fleet. */
function waitInQueue(scope: Scope, build: Build): Rest | void {
  if (build.stopRequested) return finish(scope, build, STOPPED);
  const now = scope.clock.now();
  if (!hasRoomOnFleet(scope, build)) {
    if (now >= build.queueDeadlineAt) return finish(scope, build, TIMED_OUT);
    return { wakeAt: build.queueDeadlineAt, kind: "deadline", because: `the fleet ${build.fleet} has no machine free` };
  }
  const problem = logProblem(scope, build);
  if (problem !== undefined) return finish(scope, build, problem);
  const deadlineAt = now + build.declaration.timeoutInMinutes! * 60_000;
  provision(scope, builds.patch(scope, leavePhase(scope, build).id, { deadlineAt }));
}

/** The machine is there: the phase is over as soon as it begins, unless something that the environment names is not. */
function provision(scope: Scope, build: Build): void {
  const problem = provisioningProblem(scope, build);
  if (problem !== undefined) return finish(scope, enterPhase(scope, build, "PROVISIONING"), problem);
  enterPhase(scope, passPhase(scope, build, "PROVISIONING"), "DOWNLOAD_SOURCE");
  say(scope, build, "Waiting for DOWNLOAD_SOURCE");
  say(scope, build, "Phase is DOWNLOAD_SOURCE");
  builds.patch(scope, build.id, { stage: "SOURCE" });
}

function failSource(scope: Scope, build: Build, problem: string): void {
  const version = build.sourceVersion === undefined ? "" : ` and source version ${build.sourceVersion}`;
  finish(scope, build, { status: "FAILED", statusCode: "CLIENT_ERROR", message: `${problem} for primary source${version}` });
}

function downloadSource(scope: Scope, submitted: Build): Rest | void {
  let build = submitted;
  try {
    if (build.sources === undefined) {
      if (build.stopRequested) return finish(scope, build, STOPPED);
      const resolution = resolveSources(scope, build);
      if (resolution.state === "busy") {
        if (scope.clock.now() >= build.deadlineAt) return finish(scope, build, TIMED_OUT);
        return { wakeAt: build.deadlineAt, kind: "deadline", because: resolution.because };
      }
      const primary = resolution.sources[PRIMARY];
      const resolvedSourceVersion = build.resolvedSourceVersion ?? (primary && "commit" in primary ? primary.commit : undefined);
      build = builds.patch(scope, build.id, { sources: resolution.sources, resolvedSourceVersion });
    }
    const asked = ensureSourceJobs(scope, build);
    const last = asked.at(-1)!;
    if (!isOver(last)) return waitFor(scope, build, last, "the source is downloaded");
    const failed = asked.find(({ status }) => status !== "SUCCEEDED");
    const problem = failed && gitProblem(failed);
    if (failed !== undefined && failed.status === "FAILED" && problem !== undefined) return failSource(scope, build, problem);
    if (failed !== undefined) return finish(scope, build, endOf(failed, build));
    const resolvedSourceVersion = build.resolvedSourceVersion ?? resolvedCommit(last);
    const resolved = builds.patch(scope, build.id, { resolvedSourceVersion });
    reportStatus(scope, resolved);
    readSpec(scope, resolved, last);
  } catch (error) {
    if (error instanceof SourceProblem) return failSource(scope, build, error.message);
    if (!(error instanceof BuildspecProblem)) throw error;
    finish(scope, build, { status: "FAILED", statusCode: "YAML_FILE_ERROR", message: error.message });
  }
}

function readSpec(scope: Scope, build: Build, job: Job): void {
  const text = buildspecText(scope, build, job);
  if (build.batch?.downloads) return finish(scope, builds.patch(scope, build.id, { buildspecText: text }));
  const buildspec = parseBuildspec(text);
  const environment = environmentOf(scope, build, buildspec);
  if (environment.state === "failed") return finish(scope, build, { ...environment, status: "FAILED" });
  const { variables, secrets } = environment;
  builds.patch(scope, build.id, { stage: "CACHE", buildspec, variables, ...(secrets.length > 0 && { secrets }) });
}

function buildspecText(scope: Scope, build: Build, job: Job): string {
  const text = storedBuildspec(scope, build) ?? inlineBuildspec(build) ?? job.result?.outputs?.["buildspec"]?.text;
  if (text !== undefined) return text;
  const named = build.declaration.source?.buildspec;
  throw new BuildspecProblem(named ? `stat ${buildspecPath(build)}: no such file or directory` : "YAML file does not exist");
}

/** The last of the download: what an earlier build left, by a key that the build's shell expands. */
function findCache(scope: Scope, build: Build): Rest | void {
  const cache = wantedCache(build, build.buildspec!);
  const job = cache && ensureKeyJob(scope, build, cache);
  if (job !== undefined && !isOver(job)) return waitFor(scope, build, job, "the key of its cache is worked out");
  if (job !== undefined && job.status !== "SUCCEEDED") return finish(scope, build, endOf(job, build));
  const keys = cache === undefined ? [] : keysOf(cache, job);
  const restored = cache === undefined ? [] : restoredCache(scope, build, cache, keys);
  const entered = enterPhase(scope, leavePhase(scope, build), "INSTALL");
  askForCommands(scope, builds.patch(scope, entered.id, { stage: "COMMANDS", cacheKey: keys[0] }), restored);
}

function runCommands(scope: Scope, build: Build): Rest | void {
  const job = jobs.get(scope, commandsJobId(build))!;
  const told = takeProgress(scope, build, job);
  if (!isOver(job)) return waitFor(scope, told, job, "its commands run");
  const current = builds.patch(scope, build.id, { exportedVariables: reportedExports(job, build.buildspec!) });
  if (job.status !== "SUCCEEDED") return finish(scope, current, endOf(job, build));
  if (current.phases.at(-1)!.phaseType !== "POST_BUILD") return finish(scope, current);
  builds.patch(scope, enterPhase(scope, current, "UPLOAD_ARTIFACTS").id, { stage: "ARTIFACTS" });
}

function uploadArtifacts(scope: Scope, build: Build): Rest | void {
  if (build.stopRequested && jobs.get(scope, artifactsJobId(build)) === undefined) return finish(scope, build, STOPPED);
  const outputs = wantedOutputs(scope, build);
  if (outputs.length === 0) return finish(scope, leavePhase(scope, build));
  const job = ensureArtifactsJob(scope, build, outputs);
  if (!isOver(job)) return waitFor(scope, build, job, "its artifacts are packed");
  if (job.status !== "SUCCEEDED") return finish(scope, build, endOf(job, build));
  const kept = job.result?.outputs ?? {};
  const commands = jobs.get(scope, commandsJobId(build))!;
  const reported = storeReports(scope, build, expandedReports(commands, build.buildspec!), kept);
  if (outputs.some(({ name }) => name.startsWith("cache/"))) saveCache(scope, reported, kept);
  try {
    const artifacts = storeArtifacts(scope, reported, job);
    say(scope, build, "Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED");
    finish(scope, leavePhase(scope, builds.patch(scope, build.id, { artifacts })));
  } catch (error) {
    if (!(error instanceof ArtifactProblem)) throw error;
    finish(scope, reported, { status: "FAILED", statusCode: "CLIENT_ERROR", message: error.message });
  }
}

/** Until the job is over, or has to be: at the build's deadline it is stopped. */
function waitFor(scope: Scope, build: Build, job: Job, because: string): Rest {
  const isLate = scope.clock.now() >= build.deadlineAt;
  if (build.stopRequested || isLate) {
    stopJob(scope, job.id);
    return { kind: "wait", because: "its process ends" };
  }
  return { wakeAt: build.deadlineAt, kind: "deadline", because };
}
