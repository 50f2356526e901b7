import type { Loop, Rest } from "../kernel/loop.ts";
import type { Scope } from "../kernel/scope.ts";
import { type Job, type JobResult, jobs } from "./job.ts";

/** What a simulated job comes to, and how long after its start. */
export interface SimulatedOutcome {
  /** milliseconds */
  readonly afterMs: number;
  readonly status: "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "LOST";
  readonly result?: JobResult;
  readonly reason?: string;
  /** command: what its script tells of itself, and how long after its start. */
  readonly progress?: readonly { readonly afterMs: number; readonly text: string }[];
}

/** The hands' twin for worlds in memory: a loop over the same rows, on the cloud's clock, that runs nothing. */
export function simulatedHands(outcomeOf: (job: Job) => SimulatedOutcome): Loop<Job> {
  return {
    table: jobs,
    turn(scope, job) {
      switch (job.status) {
        case "PENDING":
          return waitFor(scope, jobs.patch(scope, job.id, { status: "RUNNING", startedAt: scope.clock.now() }), outcomeOf(job));
        case "RUNNING":
          return goOn(scope, job, outcomeOf(job));
        default:
          return undefined;
      }
    },
  };
}

function goOn(scope: Scope, job: Job, outcome: SimulatedOutcome): Rest | undefined {
  const now = scope.clock.now();
  if (job.stopRequested) {
    jobs.patch(scope, job.id, { status: "STOPPED", endedAt: now, reason: "It was stopped." });
    return undefined;
  }
  const progress = (outcome.progress ?? [])
    .map(({ afterMs, text }) => ({ at: job.startedAt! + Math.min(afterMs, outcome.afterMs), text }))
    .filter(({ at }) => at <= now);
  const told = progress.length > (job.progress?.length ?? 0) ? { progress } : {};
  if (now >= job.startedAt! + outcome.afterMs) {
    const { status, result, reason } = outcome;
    jobs.patch(scope, job.id, { ...told, status, result, reason, endedAt: now });
    return undefined;
  }
  const current = "progress" in told ? jobs.patch(scope, job.id, told) : job;
  return waitFor(scope, current, outcome);
}

/** Until its end, or until it tells something of itself. */
function waitFor(scope: Scope, job: Job, { afterMs, status, progress = [] }: SimulatedOutcome): Rest {
  const tellings = progress.map((one) => job.startedAt! + one.afterMs).filter((at) => at > scope.clock.now());
  const wakeAt = Math.min(job.startedAt! + afterMs, ...tellings);
  return { wakeAt, kind: "wait", because: `simulated ${job.spec.type} job ${job.id} will be ${status}` };
}
