import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryBlobs } from "../kernel/blob.ts";
import type { Scope } from "../kernel/scope.ts";
import type { Partition, Row, Table } from "../kernel/table.ts";
import type { HandsBackend, LogLine } from "./backend.ts";
import { ensureJob, isOver, type Job, type JobIdentity, type JobLog, type JobSpec, jobs, stopJob } from "./job.ts";

/** The partition and identity of every job in the tests of this room. */
export const partition: Partition = { account: "111122223333", region: "us-east-1" };
export const identity: JobIdentity = { accountId: partition.account, region: partition.region, sessionName: "test" };

type Listener = (job: Job, partition: Partition) => void;

/** A cloud of one table in memory, for tests of the hands. */
export class FakeBackend implements HandsBackend {
  readonly blobs = new MemoryBlobs();
  endpoint = "http://127.0.0.1:4566";
  readonly folder = mkdtempSync(join(tmpdir(), "slipway-hands-"));
  /** Every line that was logged, with the stream it went to. */
  readonly logged: { log: JobLog; line: LogLine }[] = [];
  /** The ids of the jobs that hold the clock. */
  readonly holds = new Set<string>();
  readonly #rows = new Map<string, Row>();
  readonly #onRelease = new Map<string, () => void>();
  readonly #listeners = new Set<Listener>();
  readonly #scope = this.#scopeOverRows();
  readonly #clock: () => number;

  constructor(clock: () => number = Date.now) {
    this.#clock = clock;
  }

  commit<R>(_partition: Partition, work: (scope: Scope) => R): R {
    const before = new Map(this.#rows);
    const result = work(this.#scope);
    for (const [id, row] of this.#rows) if (before.get(id) !== row) for (const listener of this.#listeners) listener(row as Job, partition);
    return result;
  }

  async durable(): Promise<void> {}

  jobs() {
    return [...this.#rows.values()].map((job) => ({ job: job as Job, partition }));
  }

  onJobsChanged(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  holdClock(jobId: string) {
    this.holds.add(jobId);
    const release = (): void => {
      this.holds.delete(jobId);
      this.#onRelease.get(jobId)?.();
    };
    return { release, park: () => {}, unpark: () => {} };
  }

  /** Once the job does not hold the clock any more. */
  released(jobId: string): Promise<void> {
    if (!this.holds.has(jobId)) return Promise.resolve();
    return new Promise((resolve) => void this.#onRelease.set(jobId, resolve));
  }

  credentials() {
    return { accessKeyId: "ASIATESTTESTTESTTEST", secretAccessKey: "secret", sessionToken: "token" };
  }

  log(_partition: Partition, log: JobLog, lines: readonly LogLine[]): void {
    for (const line of lines) this.logged.push({ log, line });
  }

  now(): number {
    return this.#clock();
  }

  /** Ask for a job. */
  ask(id: string, spec: JobSpec): void {
    this.commit(partition, (scope) => ensureJob(scope, id, spec));
  }

  stop(id: string): void {
    this.commit(partition, (scope) => stopJob(scope, id));
  }

  get(id: string): Job | undefined {
    return this.#rows.get(id) as Job | undefined;
  }

  /** The job's row, once a condition holds of it. */
  until(id: string, condition: (job: Job) => boolean): Promise<Job> {
    const now = this.get(id);
    if (now !== undefined && condition(now)) return Promise.resolve(now);
    return new Promise((resolve) => {
      const unsubscribe = this.onJobsChanged((job) => {
        if (job.id !== id || !condition(job)) return;
        unsubscribe();
        resolve(job);
      });
    });
  }

  /** Ask for a job and wait for its end. */
  done(id: string, spec: JobSpec): Promise<Job> {
    this.ask(id, spec);
    return this.until(id, isOver);
  }

  messages(): string[] {
    return this.logged.map(({ line }) => line.message);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #scopeOverRows(): Scope {
    const rows = this.#rows;
    const part: Pick<Scope, "clock" | "readRow" | "writeRow"> = {
      clock: { now: () => this.now() },
      readRow: <T extends Row>(_table: Table<T>, id: string) => rows.get(id) as T | undefined,
      writeRow: (_table, id, row) => void (row === undefined ? rows.delete(id) : rows.set(id, row)),
    };
    return part as Scope;
  }
}

/** Put a row as an earlier life left it. */
export const leaveRunning = (backend: FakeBackend, id: string, spec: JobSpec): Job =>
  backend.commit(partition, (scope) => jobs.put(scope, { id, class: "task", spec, status: "RUNNING", requestedAt: 0, startedAt: 0 }));
