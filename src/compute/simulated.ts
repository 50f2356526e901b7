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
}

/** The hands' twin for worlds in memory: a loop over the same rows, on the cloud's clock, that runs nothing. */
export function simulatedHands(outcomeOf: (job: Job) => SimulatedOutcome): Loop<Job> {
  return {
    table: jobs,
    turn(scope, job) {
      switch (job.status) {
        case "PENDING":
          return waitFor(jobs.patch(scope, job.id, { status: "RUNNING", startedAt: scope.clock.now() }), outcomeOf(job));
        case "RUNNING":
          return goOn(scope, job, outcomeOf(job));
        default:
          return undefined;
      }
    },
  };
}

function goOn(scope: Scope, job: Job, outcome: SimulatedOutcome): Rest | undefined {
  const endedAt = scope.clock.now();
  if (job.stopRequested) {
    jobs.patch(scope, job.id, { status: "STOPPED", endedAt, reason: "It was stopped." });
    return undefined;
  }
  const rest = waitFor(job, outcome);
  if (endedAt < rest.wakeAt!) return rest;
  const { status, result, reason } = outcome;
  jobs.patch(scope, job.id, { status, result, reason, endedAt });
  return undefined;
}

function waitFor(job: Job, { afterMs, status }: SimulatedOutcome): Rest {
  return { wakeAt: job.startedAt! + afterMs, kind: "wait", because: `simulated ${job.spec.type} job ${job.id} will be ${status}` };
}
