import { gzipSync } from "node:zlib";
import { forgetJob, type Job, jobs } from "../../compute/job.ts";
import { logLines, logSeries } from "../../kernel/facts.ts";
import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import { artifactsJobId, commandsJobId } from "./artifact.ts";
import { type Build, builds, logOf, s3LogOf, say } from "./build.ts";
import { COMMAND_PHASES, type CommandPhase } from "./buildspec.ts";
import { keyJobId } from "./cache.ts";
import { emitStateChange, enterPhase, leavePhase, measure, type PhaseEnd, passPhase } from "./phase.ts";
import { projects } from "./project.ts";
import { ACCESS_DENIED } from "./service-role.ts";
import { sourceJobCount, sourceJobId } from "./source.ts";
import { submitBuild } from "./start.ts";
import { reportStatus } from "./status-report.ts";
import { uploadFor } from "./upload.ts";

export const STOPPED: PhaseEnd = { status: "STOPPED" };
export const TIMED_OUT: PhaseEnd = { status: "TIMED_OUT", statusCode: "BUILD_TIMED_OUT", message: "Build has timed out. " };

/** How a job that did not succeed ends the phase it was for. */
export function endOf({ status, reason = "" }: Job, { stopRequested }: Build): PhaseEnd {
  switch (status) {
    case "STOPPED":
      return stopRequested ? STOPPED : TIMED_OUT;
    case "TIMED_OUT":
      return TIMED_OUT;
    case "LOST":
      return { status: "FAULT", statusCode: "INTERNAL_SERVICE_ERROR", message: "Slipway stopped while the build ran; start it again." };
    default:
      return { status: "FAILED", statusCode: "CLIENT_ERROR", message: reason };
  }
}

/** The build is over: its newest phase ends as said, where it has not ended already, and as the last of its phases that failed the build. */
export function finish(scope: Scope, build: Build, end?: PhaseEnd): void {
  const now = scope.clock.now();
  if (end !== undefined && end.statusCode !== ACCESS_DENIED) announceFailure(scope, build, end);
  const left = end === undefined ? build : leavePhase(scope, unended(scope, build), end);
  const status = left.phases.findLast(({ phaseStatus }) => phaseStatus !== "SUCCEEDED")?.phaseStatus ?? "SUCCEEDED";
  const finalized = finalizes(left) ? passPhase(scope, left, "FINALIZING") : left;
  const [kept] = jobs.get(scope, artifactsJobId(build))?.result?.outputs?.["log"]?.files ?? [];
  const stage = s3LogOf(build) === undefined ? "OVER" : "LOG";
  const ended = builds.patch(scope, finalized.id, { status, stage, endedAt: now, ...(kept && { logDigest: kept.digest }) });
  const over = enterPhase(scope, ended, "COMPLETED");
  measure(scope, build.project, status === "SUCCEEDED" ? "SucceededBuilds" : "FailedBuilds", 1, "Count");
  measure(scope, build.project, "Duration", (now - build.startedAt) / 1000, "Seconds");
  emitStateChange(scope, over);
  reportStatus(scope, over);
  const ids = [keyJobId(build), commandsJobId(build), artifactsJobId(build)];
  for (let index = 0; index < sourceJobCount(build); index++) ids.push(sourceJobId(build, index));
  for (const id of ids) forgetJob(scope, id);
  retry(scope, over);
}

/** The machine puts itself in order, unless the build never had one, or it was taken away. */
const finalizes = ({ phases }: Build): boolean =>
  phases.at(-1)!.phaseStatus !== "STOPPED" && phases.some(({ phaseType }) => phaseType === "DOWNLOAD_SOURCE");

/** Between two phases it is the next one that has not gone well. */
function unended(scope: Scope, build: Build): Build {
  const { phaseType, endTime } = build.phases.at(-1)!;
  if (endTime === undefined) return build;
  const next = COMMAND_PHASES.findIndex((name) => name.toUpperCase() === phaseType) + 1;
  return enterPhase(scope, build, (COMMAND_PHASES[next]?.toUpperCase() ?? "UPLOAD_ARTIFACTS") as "BUILD");
}

function announceFailure(scope: Scope, build: Build, { status, statusCode = "", message = "" }: PhaseEnd): void {
  say(scope, build, `Phase complete: ${build.phases.at(-1)!.phaseType} State: ${status}`);
  say(scope, build, `Phase context status code: ${statusCode} Message: ${message}`);
}

/** Put the lines of the log into S3, when all of them are there: as CloudWatch Logs has them, or those of the commands. */
export function storeLog(scope: Scope, build: Build): void {
  builds.patch(scope, build.id, { stage: "OVER" });
  const place = s3LogOf(build)!;
  const text = logText(scope, build);
  if (text === undefined) return;
  try {
    const { encryptionDisabled } = build.declaration.logsConfig?.s3Logs ?? {};
    uploadFor(scope, build, { ...place, encryptionDisabled }, scope.blobs.write(gzipSync(text)), { contentType: "application/gzip" });
  } catch (error) {
    if (!isFault(error)) throw error;
    say(scope, build, `Unable to upload the log: ${error.name}: ${error.message}`);
  }
}

function logText(scope: Scope, build: Build): Buffer | undefined {
  const log = logOf(build);
  if (log === undefined) return build.logDigest === undefined ? undefined : scope.blobs.read(build.logDigest);
  const lines = logLines.peek(scope, logSeries(log.group, log.stream)).map(({ value }) => `${value.message}\n`);
  return Buffer.from(lines.join(""));
}

/**
 * A build that failed is started once more, as often as its project or its buildspec says.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/auto-retry-build.html
 */
function retry(scope: Scope, build: Build): void {
  const { autoRetry = { limit: 0, number: 0 }, status, id, batch, handedIn } = build;
  const project = projects.get(scope, build.project);
  const limit = Math.max(autoRetry.limit, retriesInBuildspec(build));
  if (project === undefined || batch !== undefined || handedIn !== undefined || autoRetry.number >= limit) return;
  if (status !== "FAILED" && status !== "FAULT" && status !== "TIMED_OUT") return;
  const uuid = idsFrom(`codebuild retry ${id}`).uuid();
  const { declaration, sourceVersion, webhook, initiator } = build;
  const next = { limit, number: autoRetry.number + 1, previous: id };
  try {
    const { id: nextId } = scope.attempt(() =>
      submitBuild(scope, project, { uuid, declaration, sourceVersion, initiator, autoRetry: next, ...(webhook && { webhook }) }),
    );
    builds.patch(scope, id, { autoRetry: { ...autoRetry, limit, next: nextId } });
  } catch (error) {
    if (!isFault(error)) throw error;
    say(scope, build, `The build is not tried again: ${error.message}`);
  }
}

function retriesInBuildspec({ buildspec, phases }: Build): number {
  const failed = phases.find(({ phaseStatus }) => phaseStatus === "FAILED");
  const { onFailure } = buildspec?.phases[failed?.phaseType?.toLowerCase() as CommandPhase] ?? {};
  if (onFailure?.action !== "RETRY") return 0;
  return new RegExp(onFailure.pattern).test(failed?.contexts?.[0]?.message ?? "") ? onFailure.count : 0;
}
