import type { Partition } from "../kernel/table.ts";
import type { Job, JobResult, JobSpec } from "./job.ts";

/** A job in the hands of a driver. `signal` aborts when the owner wants it gone, or the hands close. */
export interface Task<Spec extends JobSpec = JobSpec> {
  readonly job: Job;
  readonly spec: Spec;
  readonly partition: Partition;
  readonly signal: AbortSignal;
}

/** How a job ended, as the driver saw it. */
export interface JobOutcome {
  readonly status: "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "STOPPED";
  readonly result?: JobResult;
  /** One sentence, where it did not succeed. */
  readonly reason?: string;
}

/** What really does one kind of job. */
export interface Driver<Spec extends JobSpec = JobSpec> {
  /** How many jobs it does at a time; the others wait in the order they were asked for. */
  readonly parallel: number;
  /** Does the job and says how it ended; after `signal` aborts, nothing of it is left running when this resolves. */
  run(task: Task<Spec>): Promise<JobOutcome>;
  close(): Promise<void>;
}

/** A driver for each kind of job. */
export type Drivers = { readonly [Type in JobSpec["type"]]: Driver<Extract<JobSpec, { type: Type }>> };

/** The outcome of a job that its owner did not want any more. */
export const stopped = (result?: JobResult): JobOutcome => ({ status: "STOPPED", reason: "It was stopped.", ...(result && { result }) });
