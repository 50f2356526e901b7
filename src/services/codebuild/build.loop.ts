import { ensureJob, forgetJob, isOver, type Job, jobs, stopJob } from "../../compute/job.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { ArtifactProblem, artifactsJobId, commandsJobId, ensureArtifactsJob, storeArtifacts, wantedArtifacts } from "./artifact.ts";
import { type Build, builds, logOf, say } from "./build.ts";
import { type Buildspec, BuildspecProblem, parseBuildspec } from "./buildspec.ts";
import { environmentOf } from "./environment.ts";
import { emitStateChange, enterPhase, leavePhase, measure, type PhaseEnd, passPhase } from "./phase.ts";
import { reportedExports, reportedPhases } from "./report.ts";
import { buildScript, EXPANDED_PATH, exportedPath, REPORT_PATH } from "./script.ts";
import {
  buildspecPath,
  commandSpec,
  ensureSourceJobs,
  inlineBuildspec,
  PRIMARY,
  resolveSources,
  SourceProblem,
  sourceJobCount,
  sourceJobId,
  storedBuildspec,
} from "./source.ts";

const STOPPED: PhaseEnd = { status: "STOPPED" };
const TIMED_OUT: PhaseEnd = { status: "TIMED_OUT", statusCode: "BUILD_TIMED_OUT", message: "Build has timed out. " };

/** Takes a build through its phases. https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html */
export const buildLoop: Loop<Build> = {
  table: builds,
  turn(scope, build) {
    switch (build.stage) {
      case "SUBMITTED":
        return provision(scope, build);
      case "SOURCE":
        return downloadSource(scope, build);
      case "COMMANDS":
        return runCommands(scope, build);
      case "ARTIFACTS":
        return uploadArtifacts(scope, build);
      case "OVER":
        return;
    }
  },
};

/** There is always room, and nothing to provision: these phases are over as soon as they begin. */
function provision(scope: Scope, build: Build): void {
  const provisioned = passPhase(scope, passPhase(scope, leavePhase(scope, build), "QUEUED"), "PROVISIONING");
  const downloading = enterPhase(scope, provisioned, "DOWNLOAD_SOURCE");
  if (build.stopRequested) return finish(scope, downloading, STOPPED);
  try {
    const sources = resolveSources(scope, build);
    const primary = sources[PRIMARY];
    const resolvedSourceVersion = build.resolvedSourceVersion ?? (primary && "commit" in primary ? primary.commit : undefined);
    builds.patch(scope, build.id, { stage: "SOURCE", sources, resolvedSourceVersion });
  } catch (error) {
    if (!(error instanceof SourceProblem)) throw error;
    finish(scope, downloading, { status: "FAILED", statusCode: "CLIENT_ERROR", message: `${error.message} for primary source` });
  }
}

function downloadSource(scope: Scope, build: Build): Rest | void {
  const asked = ensureSourceJobs(scope, build);
  const last = asked.at(-1)!;
  if (!isOver(last)) return waitFor(scope, build, last, "the source is downloaded");
  const failed = asked.find(({ status }) => status !== "SUCCEEDED");
  if (failed !== undefined) return finish(scope, build, endOf(failed));
  try {
    const buildspec = parseBuildspec(buildspecText(scope, build, last));
    const environment = environmentOf(scope, build, buildspec);
    if (environment.state === "failed") return finish(scope, build, { status: "FAILED", ...environment, message: environment.message });
    const downloaded = builds.patch(scope, build.id, { stage: "COMMANDS", buildspec });
    for (const remark of buildspec.remarks) say(scope, build, remark);
    const entered = enterPhase(scope, leavePhase(scope, downloaded), "INSTALL");
    askForCommands(scope, entered, buildspec, environment.variables);
  } catch (error) {
    if (!(error instanceof BuildspecProblem)) throw error;
    finish(scope, build, { status: "FAILED", statusCode: "YAML_FILE_ERROR", message: error.message });
  }
}

function buildspecText(scope: Scope, build: Build, job: Job): string {
  const text = storedBuildspec(scope, build) ?? inlineBuildspec(build) ?? job.result?.outputs?.["buildspec"]?.text;
  if (text === undefined) throw new BuildspecProblem(`stat ${buildspecPath(build)}: no such file or directory`);
  return text;
}

function askForCommands(scope: Scope, build: Build, buildspec: Buildspec, env: Readonly<Record<string, string>>): void {
  const secondarySources = Object.keys(build.sources!).filter((identifier) => identifier !== PRIMARY);
  const script = buildScript(buildspec, { startsAt: scope.clock.now(), secondarySources });
  const { digest } = scope.blobs.write(Buffer.from(script));
  const log = logOf(build);
  ensureJob(scope, commandsJobId(build), {
    ...commandSpec(scope, build),
    inputs: [{ path: ".slipway/build.sh", digest }],
    script: '. "$SLIPWAY_WORKSPACE/.slipway/build.sh"',
    shell: buildspec.shell,
    env,
    ...(log && { log }),
    outputs: [
      { name: "report", type: "file", path: REPORT_PATH },
      { name: "expanded", type: "file", path: EXPANDED_PATH },
      ...buildspec.exportedVariables.map((name) => ({ name: `exported/${name}`, type: "file" as const, path: exportedPath(name) })),
    ],
  });
}

function runCommands(scope: Scope, build: Build): Rest | void {
  const buildspec = build.buildspec!;
  const job = jobs.get(scope, commandsJobId(build))!;
  if (!isOver(job)) return waitFor(scope, build, job, "its commands run");
  const reported = reportedPhases(job, buildspec);
  let current = builds.patch(scope, build.id, { exportedVariables: reportedExports(job, buildspec) });
  for (const [index, { phaseType, startedAt, endedAt, end }] of reported.entries()) {
    const entered = index === 0 ? current : enterPhase(scope, current, phaseType, startedAt);
    current = leavePhase(scope, entered, end, endedAt);
  }
  const hasEnded = job.status === "SUCCEEDED";
  if (!hasEnded) return finish(scope, reported.length === 0 ? current : enterPhase(scope, current, nextPhase(reported.length)), endOf(job));
  const aborted = reported.at(-1)?.phaseType !== "POST_BUILD";
  if (aborted) return finish(scope, current);
  builds.patch(scope, enterPhase(scope, current, "UPLOAD_ARTIFACTS").id, { stage: "ARTIFACTS" });
}

/** The phase of commands after so many. */
const nextPhase = (count: number) => (["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"] as const)[Math.min(count, 3)]!;

function uploadArtifacts(scope: Scope, build: Build): Rest | void {
  if (build.stopRequested) return finish(scope, build, STOPPED);
  const wanted = wantedArtifacts(scope, build);
  if (wanted.length === 0) return finish(scope, leavePhase(scope, build));
  const job = ensureArtifactsJob(scope, build, wanted);
  if (!isOver(job)) return waitFor(scope, build, job, "its artifacts are packed");
  if (job.status !== "SUCCEEDED") return finish(scope, build, endOf(job));
  try {
    const artifacts = storeArtifacts(scope, build, job, wanted);
    say(scope, build, "Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED");
    finish(scope, leavePhase(scope, builds.patch(scope, build.id, { artifacts })));
  } catch (error) {
    if (!(error instanceof ArtifactProblem)) throw error;
    finish(scope, build, { status: "FAILED", statusCode: "CLIENT_ERROR", message: error.message });
  }
}

function waitFor(scope: Scope, build: Build, job: Job, because: string): Rest {
  if (build.stopRequested) stopJob(scope, job.id);
  return { kind: "wait", because: build.stopRequested ? "its process ends" : because };
}

/** How a job that did not succeed ends the phase it was for. */
function endOf({ status, reason = "" }: Job): PhaseEnd {
  switch (status) {
    case "STOPPED":
      return STOPPED;
    case "TIMED_OUT":
      return TIMED_OUT;
    case "LOST":
      return { status: "FAULT", statusCode: "INTERNAL_SERVICE_ERROR", message: "Slipway stopped while the build ran; start it again." };
    default:
      return { status: "FAILED", statusCode: "CLIENT_ERROR", message: reason };
  }
}

/** The build is over: its newest phase ends as said, where it has not ended already, and with the worst of its phases the build. */
function finish(scope: Scope, build: Build, end?: PhaseEnd): void {
  const now = scope.clock.now();
  if (end !== undefined) announceFailure(scope, build, end);
  const left = end === undefined ? build : leavePhase(scope, build, end);
  const { status = "SUCCEEDED" } = { status: left.phases.find(({ phaseStatus }) => phaseStatus !== "SUCCEEDED")?.phaseStatus };
  const finalized = passPhase(scope, left, "FINALIZING");
  const over = enterPhase(scope, builds.patch(scope, finalized.id, { status, stage: "OVER", endedAt: now }), "COMPLETED");
  measure(scope, build.project, status === "SUCCEEDED" ? "SucceededBuilds" : "FailedBuilds", 1, "Count");
  measure(scope, build.project, "Duration", (now - build.startedAt) / 1000, "Seconds");
  emitStateChange(scope, over);
  const ids = [commandsJobId(build), artifactsJobId(build)];
  for (let index = 0; index < sourceJobCount(build); index++) ids.push(sourceJobId(build, index));
  for (const id of ids) forgetJob(scope, id);
}

function announceFailure(scope: Scope, build: Build, { status, statusCode = "", message = "" }: PhaseEnd): void {
  say(scope, build, `Phase complete: ${build.phases.at(-1)!.phaseType} State: ${status}`);
  say(scope, build, `Phase context status code: ${statusCode} Message: ${message}`);
}
