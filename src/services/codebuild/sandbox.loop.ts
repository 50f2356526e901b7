import { ensureJob, forgetJob, isOver, type Job, jobs, stopJob } from "../../compute/job.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { TIMED_OUT } from "./build-end.ts";
import { type CommandExecution, commandExecutions } from "./command-execution.ts";
import { environmentOf } from "./environment.ts";
import { type PhaseEnd, SUCCEEDED } from "./phase.ts";
import { provisioningProblem } from "./provision.ts";
import { asBuild, type Sandbox, sandboxes } from "./sandbox.ts";
import {
  commandSpec,
  ensureSourceJobs,
  gitProblem,
  resolvedCommit,
  resolveSources,
  SourceProblem,
  sourceJobCount,
  sourceJobId,
} from "./source.ts";
import { toolInputs } from "./tools.ts";

const NO_BUILDSPEC = {
  isolated: false,
  shell: "sh",
  variables: {},
  parameterStore: {},
  secretsManager: {},
  exportedVariables: [],
  gitCredentialHelper: false,
  phases: {},
  secondaryArtifacts: {},
  reports: {},
  remarks: [],
} as const;

/** Keeps a sandbox, and runs its commands one after the other. https://docs.aws.amazon.com/codebuild/latest/userguide/sandbox.html */
export const sandboxLoop: Loop<Sandbox> = {
  table: sandboxes,
  turn(scope, sandbox) {
    switch (sandbox.stage) {
      case "SUBMITTED":
        return begin(scope, sandbox);
      case "SOURCE":
        return downloadSource(scope, sandbox);
      case "RUNNING":
        return run(scope, sandbox);
      case "OVER":
        return;
    }
  },
};

function begin(scope: Scope, sandbox: Sandbox): void {
  const provisioning = enter(scope, enter(scope, sandbox, "QUEUED"), "PROVISIONING");
  const problem = provisioningProblem(scope, asBuild(sandbox));
  if (problem !== undefined) return end(scope, provisioning, "FAILED", problem);
  const passed = enter(scope, provisioning, "DOWNLOAD_SOURCE");
  if (sandbox.stopRequested) return end(scope, passed, "STOPPED");
  sandboxes.patch(scope, passed.id, { stage: "SOURCE" });
}

function downloadSource(scope: Scope, sandbox: Sandbox): Rest | void {
  try {
    return takeSource(scope, sandbox);
  } catch (error) {
    if (!(error instanceof SourceProblem)) throw error;
    end(scope, sandbox, "FAILED", `${error.message} for primary source`);
  }
}

function takeSource(scope: Scope, sandbox: Sandbox): Rest | void {
  if (sandbox.sources === undefined) {
    if (sandbox.stopRequested) return end(scope, sandbox, "STOPPED");
    const resolution = resolveSources(scope, asBuild(sandbox));
    if (resolution.state === "busy") return { kind: "wait", because: resolution.because };
    return void sandboxes.patch(scope, sandbox.id, { sources: resolution.sources });
  }
  const place = asBuild(sandbox);
  const asked = ensureSourceJobs(scope, place);
  const last = asked.at(-1)!;
  if (!isOver(last)) {
    if (sandbox.stopRequested) stopJob(scope, last.id);
    return { kind: "wait", because: "the source is downloaded" };
  }
  const failed = asked.find(({ status }) => status !== "SUCCEEDED");
  if (failed !== undefined) {
    if (sandbox.stopRequested) return end(scope, sandbox, "STOPPED");
    return end(scope, sandbox, failed.status === "LOST" ? "FAULT" : "FAILED", gitProblem(failed) ?? failed.reason);
  }
  const environment = environmentOf(scope, place, NO_BUILDSPEC);
  if (environment.state === "failed") return end(scope, sandbox, "FAILED", environment.message);
  const { variables, secrets } = environment;
  const known = { stage: "RUNNING", variables, secrets, resolvedSourceVersion: resolvedCommit(last) } as const;
  sandboxes.patch(scope, enter(scope, sandbox, "RUN_SANDBOX").id, known);
}

function run(scope: Scope, sandbox: Sandbox): Rest | void {
  const isLate = scope.clock.now() >= sandbox.deadlineAt;
  const open = commandExecutions.list(scope, `${sandbox.id}/`).filter(({ endedAt }) => endedAt === undefined);
  const [first, ...others] = open;
  const ends = sandbox.stopRequested || isLate;
  if (ends) for (const { id } of others) commandExecutions.patch(scope, id, { status: "STOPPED", endedAt: scope.clock.now() });
  if (first === undefined) {
    if (isLate && !sandbox.stopRequested) return end(scope, sandbox, "STOPPED", TIMED_OUT);
    if (ends) return end(scope, sandbox, "STOPPED");
    return { wakeAt: sandbox.deadlineAt, kind: "deadline", because: "it waits for a command" };
  }
  const job = ensureCommand(scope, sandbox, first, ends);
  if (job === undefined || isOver(job)) return finishCommand(scope, first, job);
  if (ends) stopJob(scope, job.id);
  return ends ? { kind: "wait", because: "its command ends" } : { wakeAt: sandbox.deadlineAt, kind: "deadline", because: "a command runs" };
}

function ensureCommand(scope: Scope, sandbox: Sandbox, execution: CommandExecution, ends: boolean | undefined): Job | undefined {
  const id = jobIdOf(execution);
  if (ends) return jobs.get(scope, id);
  if (execution.startedAt === undefined) commandExecutions.patch(scope, execution.id, { status: "RUNNING", startedAt: scope.clock.now() });
  return ensureJob(scope, id, {
    ...commandSpec(scope, asBuild(sandbox)),
    inputs: [...toolInputs(scope), { path: ".slipway/command", digest: scope.blobs.write(Buffer.from(execution.command)).digest }],
    env: sandbox.variables!,
    script: [
      'mkdir -p "$SLIPWAY_WORKSPACE/src" && cd "$SLIPWAY_WORKSPACE/src"',
      'export CODEBUILD_SRC_DIR="$PWD" PATH="$SLIPWAY_WORKSPACE/.slipway/bin:$PATH"',
      'sh "$SLIPWAY_WORKSPACE/.slipway/command" > "$SLIPWAY_WORKSPACE/.slipway/out" 2> "$SLIPWAY_WORKSPACE/.slipway/err" < /dev/null',
    ].join("\n"),
    outputs: [
      { name: "out", type: "file", path: ".slipway/out" },
      { name: "err", type: "file", path: ".slipway/err" },
    ],
  });
}

function finishCommand(scope: Scope, { id, ...execution }: CommandExecution, job: Job | undefined): void {
  const { exitCode, outputs = {} } = job?.result ?? {};
  commandExecutions.patch(scope, id, {
    status: job?.status === "SUCCEEDED" ? "SUCCEEDED" : job?.status === "FAILED" ? "FAILED" : "STOPPED",
    endedAt: scope.clock.now(),
    exitCode,
    standardOutput: outputs["out"]?.text,
    standardError: outputs["err"]?.text,
  });
  forgetJob(scope, jobIdOf({ id, ...execution }));
}

const jobIdOf = ({ id }: CommandExecution): string => `codebuild/${id}`;

/** The newest phase has gone well, and the next begins. */
const enter = (scope: Scope, sandbox: Sandbox, phaseType: string): Sandbox =>
  sandboxes.patch(scope, sandbox.id, { phases: [...left(scope, sandbox, SUCCEEDED), { phaseType, startTime: scope.clock.now() }] });

function end(scope: Scope, sandbox: Sandbox, status: Exclude<Sandbox["status"], "IN_PROGRESS">, problem?: PhaseEnd | string): void {
  const now = scope.clock.now();
  const phases = [...left(scope, sandbox, endOf(status, problem)), { phaseType: "COMPLETED", startTime: now }];
  sandboxes.patch(scope, sandbox.id, { status, stage: "OVER", endedAt: now, phases });
  const place = asBuild(sandbox);
  for (let index = 0; index < sourceJobCount(place); index++) forgetJob(scope, sourceJobId(place, index));
}

function endOf(status: Sandbox["status"], problem: PhaseEnd | string | undefined): PhaseEnd {
  if (typeof problem === "object") return problem;
  if (problem !== undefined) return { status: status as "FAILED", statusCode: "CLIENT_ERROR", message: problem };
  return status === "STOPPED" ? SUCCEEDED : { status: status as "FAULT" };
}

function left(scope: Scope, { phases }: Sandbox, { status: phaseStatus, statusCode = "", message = "" }: PhaseEnd): Sandbox["phases"] {
  const newest = phases.at(-1)!;
  const endTime = scope.clock.now();
  const durationInSeconds = Math.floor((endTime - newest.startTime!) / 1000);
  return [...phases.slice(0, -1), { ...newest, phaseStatus, endTime, durationInSeconds, contexts: [{ statusCode, message }] }];
}
