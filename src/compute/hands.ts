import type { Partition } from "../kernel/table.ts";
import type { ClockHold, HandsBackend } from "./backend.ts";
import type { Driver, Drivers, JobOutcome } from "./driver.ts";
import { isOver, type Job, type JobSpec, jobs } from "./job.ts";

/** A job that was noticed and has not ended. */
interface Ours {
  readonly partition: Partition;
  readonly id: string;
  readonly hold: ClockHold | undefined;
  readonly stop: AbortController;
}

/** The jobs of one kind: those that wait for a free hand, and how many are busy. */
interface Queue {
  readonly driver: Driver;
  readonly waiting: Ours[];
  busy: number;
}

/**
 * Does what the job rows ask for. A job is given to its driver once its row, RUNNING, is on disk, so that after a power
 * cut nothing runs twice; what was running then is LOST. Everything the hands know besides is in `#ours`, and dies
 * with the process, as the work itself does.
 */
export class Hands {
  readonly #backend: HandsBackend;
  readonly #drivers: Drivers;
  readonly #queues = new Map<JobSpec["type"], Queue>();
  readonly #ours = new Map<string, Ours>();
  readonly #running = new Set<Promise<void>>();
  #unsubscribe = (): void => {};
  #closed = false;

  constructor(backend: HandsBackend, drivers: Drivers) {
    this.#backend = backend;
    this.#drivers = drivers;
  }

  /** Settle what an earlier life left, take up what is pending, and listen. */
  start(): void {
    this.#unsubscribe = this.#backend.onJobsChanged((job, partition) => this.#notice(job, partition));
    for (const { job, partition } of this.#backend.jobs()) {
      if (job.status === "RUNNING") this.#lose(job, partition);
      else this.#notice(job, partition);
    }
  }

  /** Stop everything. The rows of what was cut off stay RUNNING, and are LOST at the next boot. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe();
    for (const ours of this.#ours.values()) {
      ours.stop.abort();
      ours.hold?.release();
    }
    await Promise.all([...this.#running]);
    for (const driver of Object.values(this.#drivers)) await driver.close();
  }

  #lose(job: Job, partition: Partition): void {
    const reason = "It was running when the cloud stopped.";
    this.#backend.commit(partition, (scope) => jobs.patch(scope, job.id, { status: "LOST", endedAt: scope.clock.now(), reason }));
  }

  #notice(job: Job, partition: Partition): void {
    const ours = this.#ours.get(keyOf(partition, job.id));
    if (ours === undefined) {
      if (job.status === "PENDING" && !this.#closed) this.#take(job, partition);
      return;
    }
    if (!job.stopRequested && !isOver(job)) return;
    ours.stop.abort();
    if (job.startedAt === undefined) {
      this.#drop(ours);
      ours.hold?.release();
    }
  }

  #take({ id, class: jobClass, spec }: Job, partition: Partition): void {
    const hold = jobClass === "task" ? this.#backend.holdClock(id, spec) : undefined;
    const ours = { partition, id, hold, stop: new AbortController() };
    this.#ours.set(keyOf(partition, id), ours);
    const queue = this.#queueOf(spec.type);
    queue.waiting.push(ours);
    this.#serve(queue);
  }

  /** From here on a new job of the same id is another job. */
  #drop(ours: Ours): void {
    const key = keyOf(ours.partition, ours.id);
    if (this.#ours.get(key) === ours) this.#ours.delete(key);
  }

  #queueOf(type: JobSpec["type"]): Queue {
    let queue = this.#queues.get(type);
    if (queue === undefined) {
      queue = { driver: this.#drivers[type] as Driver, waiting: [], busy: 0 };
      this.#queues.set(type, queue);
    }
    return queue;
  }

  #serve(queue: Queue): void {
    while (queue.busy < queue.driver.parallel) {
      const next = queue.waiting.shift();
      if (next === undefined) return;
      queue.busy++;
      const running = this.#carryOut(queue.driver, next).finally(() => {
        this.#running.delete(running);
        this.#drop(next);
        next.hold?.release();
        queue.busy--;
        if (!this.#closed) this.#serve(queue);
      });
      this.#running.add(running);
    }
  }

  async #carryOut(driver: Driver, ours: Ours): Promise<void> {
    // A job is noticed inside the commit that asks for it: begin after that.
    await Promise.resolve();
    const job = this.#begin(ours);
    if (job === undefined) return;
    await this.#backend.durable();
    const task = { job, spec: job.spec, partition: ours.partition, signal: ours.stop.signal };
    const outcome = await driver.run(task).catch((error: unknown): JobOutcome => ({ status: "FAILED", reason: sentenceOf(error) }));
    this.#drop(ours);
    if (!this.#closed) this.#end(ours, outcome);
  }

  /** The job, now RUNNING; undefined where it was stopped or forgotten while it waited. */
  #begin({ partition, id, stop }: Ours): Job | undefined {
    if (this.#closed || stop.signal.aborted) return undefined;
    return this.#backend.commit(partition, (scope) => {
      if (jobs.get(scope, id)?.status !== "PENDING") return undefined;
      return jobs.patch(scope, id, { status: "RUNNING", startedAt: scope.clock.now() });
    });
  }

  #end({ partition, id }: Ours, { status, result, reason }: JobOutcome): void {
    this.#backend.commit(partition, (scope) => {
      if (jobs.get(scope, id)?.status === "RUNNING") jobs.patch(scope, id, { status, result, reason, endedAt: scope.clock.now() });
    });
  }
}

const keyOf = ({ account, region }: Partition, id: string): string => `${account}:${region}:${id}`;

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
