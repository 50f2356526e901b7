import type { Blobs } from "../kernel/blob.ts";
import type { Scope } from "../kernel/scope.ts";
import type { Partition } from "../kernel/table.ts";
import type { Job, JobIdentity, JobLog, JobSpec } from "./job.ts";

/** A job and the part of the state that its row lies in. */
export interface PlacedJob {
  readonly partition: Partition;
  readonly job: Job;
}

/** One line of a job's output, at an instant of the cloud's clock in milliseconds. */
export interface LogLine {
  readonly at: number;
  readonly message: string;
}

/** What keeps the virtual clock from jumping while a task runs. */
export interface ClockHold {
  release(): void;
  /** The task only waits for a late answer of ours: time may pass. */
  park(): void;
  unpark(): void;
}

/** Keys that the cloud issued; no other key ever enters a sandbox. */
export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** In milliseconds, of real time. */
  readonly expiresAt?: number;
}

/** What the hands need of the cloud; the kernel satisfies it, and in tests a few maps in memory. */
export interface HandsBackend {
  readonly blobs: Blobs;
  /** Where the cloud answers AWS's API calls, such as http://127.0.0.1:4566. */
  readonly endpoint: string;
  /** The data directory: workspaces, repositories and environments lie under it. */
  readonly folder: string;
  /** One commit; the loops that it wakes run afterwards. */
  commit<R>(partition: Partition, work: (scope: Scope) => R): R;
  /** Resolves when everything committed so far is on disk. */
  durable(): Promise<void>;
  /** Every job row there is. */
  jobs(): readonly PlacedJob[];
  /** Calls the listener after each commit that put a job row; answers how to stop that. */
  onJobsChanged(listener: (job: Job, partition: Partition) => void): () => void;
  holdClock(jobId: string, spec: JobSpec): ClockHold;
  credentials(identity: JobIdentity): IssuedCredentials;
  log(partition: Partition, log: JobLog, lines: readonly LogLine[]): void;
  /** The cloud's clock, in milliseconds. */
  now(): number;
}
