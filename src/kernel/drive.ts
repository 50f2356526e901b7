import type { Caller } from "./caller.ts";
import type { Kernel } from "./kernel.ts";
import type { Operation } from "./operation.ts";

const SLICE_MS = 5;
const SETTLE_MS = 100;
const ROUNDS_MAX = 8;
const ROUNDS_MS = 5;
const STUCK_MS = 30_000;
const TIMER_MAX = 2 ** 31 - 1;

/** How far to let time pass: so long, or until the condition holds, but at most so long. */
export interface Advance {
  readonly ms: number;
  readonly until?: () => boolean;
}

/**
 * Keeps a kernel going in a process: gives the loops their turns without keeping other work waiting for more than
 * 5 ms, groups commits into flushes, and moves the clock.
 */
export class Drive {
  readonly kernel: Kernel;
  readonly #fail: (error: unknown) => void;
  #flushed: PromiseWithResolvers<void> | undefined;
  #pumping: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #advancing = 0;
  #stopped = false;
  #progress: PromiseWithResolvers<void> = Promise.withResolvers();

  /** `fail` is told when the disk refuses; nothing may be answered after that. */
  constructor(kernel: Kernel, fail: (error: unknown) => void) {
    this.kernel = kernel;
    this.#fail = fail;
    kernel.runner.onReady = () => this.#pumpSoon();
    kernel.clock.onChange = () => {
      this.#progressed();
      this.#pumpSoon();
    };
    kernel.watch(() => {
      this.#progressed();
      this.#flushSoon();
    });
    this.#pumpSoon();
  }

  /** Resolves when every commit so far is on disk. */
  durable(): Promise<void> | undefined {
    if (!this.kernel.store.dirty) return undefined;
    return this.#flushSoon();
  }

  /**
   * Carry out an operation, and answer once what its commit woke has come to rest (or 100 ms have passed) and all that it
   * could have seen is on disk. An operation that wrote nothing is answered at once.
   */
  call(operation: Operation, input: unknown, caller: Caller, signal?: AbortSignal): unknown {
    if (operation.late !== undefined) return this.#callLate(operation, input, caller, signal);
    const { store, runner } = this.kernel;
    const commits = store.commits;
    let output: unknown;
    try {
      output = this.kernel.carryOut(operation, input, caller);
    } catch (error) {
      // A refusal, too, tells of what the caller may only see when it is on disk.
      const durable = this.durable();
      if (durable === undefined) throw error;
      return durable.then(() => {
        throw error;
      });
    }
    if (!store.dirty) return output;
    if (store.commits === commits || runner.idle) return this.durable()!.then(() => output);
    return this.#settled().then(() => output);
  }

  /** Let time pass, through every instant that somebody asked for, in order. */
  async advance({ ms, until }: Advance): Promise<"passed" | "reached"> {
    const { clock, runner } = this.kernel;
    const target = clock.now() + ms;
    this.#advancing++;
    try {
      for (;;) {
        await this.#rest();
        if (until?.()) return "reached";
        if (clock.held) {
          await this.#waitForTasks();
          if (clock.now() >= target) return "passed";
          continue;
        }
        const next = clock.next();
        if (next === undefined || next > target) {
          clock.jumpTo(target);
          this.#pumpSoon();
          return "passed";
        }
        clock.jumpTo(next);
        this.kernel.wakeDue();
        if (!runner.idle) this.#slice();
      }
    } finally {
      this.#advancing--;
      this.#keepTime();
      this.kernel.store.flush();
      this.#pumpSoon();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearImmediate(this.#pumping);
    clearTimeout(this.#timer);
    this.#keepTime();
    this.kernel.store.flush();
    this.#flushed?.resolve();
  }

  async #settled(): Promise<void> {
    const end = performance.now() + SETTLE_MS;
    for (;;) {
      this.#slice();
      if (this.kernel.runner.idle || performance.now() >= end) break;
      await immediate();
    }
    await this.durable();
  }

  /** Until the loops are at rest, with a look at the sockets from time to time. */
  async #rest(): Promise<void> {
    this.#slice();
    do await immediate();
    while (!this.kernel.runner.idle && this.#slice());
    await this.durable();
  }

  #callLate(operation: Operation, input: unknown, caller: Caller, signal: AbortSignal | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let over = false;
      let timer: NodeJS.Timeout | undefined;
      const end = (finish: () => void): void => {
        over = true;
        clearTimeout(timer);
        signal?.removeEventListener("abort", abandon);
        this.#settled().then(finish, reject);
      };
      const abandon = (): void => {
        if (over) return;
        over = true;
        clearTimeout(timer);
        call.giveUp();
        reject(new Error("the client hung up"));
      };
      const call = this.kernel.carryOutLate<unknown, unknown>(operation, input, caller, {
        answer: (value) => end(() => resolve(value)),
        fail: (error) => end(() => reject(error)),
      });
      if (over) return;
      if (signal?.aborted) return abandon();
      signal?.addEventListener("abort", abandon, { once: true });
      // It may have asked for an instant before the one that the drive sleeps until.
      this.#pumpSoon();
      // A long poll on a clock that stands still ends after the same time on the client's own watch.
      const rest = call.rest();
      if (rest?.kind !== "deadline" || rest.wakeAt === undefined || this.kernel.clock.mode !== "virtual") return;
      timer = setTimeout(() => over || call.expire(), rest.wakeAt - this.kernel.clock.now());
    });
  }

  #slice(): true {
    const end = performance.now() + SLICE_MS;
    this.kernel.wakeDue();
    this.kernel.runner.run(() => performance.now() >= end);
    return true;
  }

  #pumpSoon(): void {
    if (this.#pumping !== undefined || this.#stopped) return;
    this.#pumping = setImmediate(() => {
      this.#pumping = undefined;
      this.#pump();
    });
  }

  #pump(): void {
    const { clock, runner } = this.kernel;
    this.#slice();
    if (!runner.idle) return this.#pumpSoon();
    if (clock.mode === "auto" && !clock.held && this.#advancing === 0) {
      const wait = clock.next("wait");
      if (wait !== undefined) {
        clock.jumpTo(Math.min(wait, clock.next()!));
        return this.#pumpSoon();
      }
    }
    this.#sleep();
  }

  /** Until the next instant that somebody asked for, where time flows by itself. */
  #sleep(): void {
    clearTimeout(this.#timer);
    const { clock } = this.kernel;
    const next = clock.next();
    if (next === undefined || (clock.mode === "virtual" && !clock.held)) return;
    this.#timer = setTimeout(() => this.#pump(), Math.min(Math.max(0, Math.ceil(next - clock.now())), TIMER_MAX));
    this.#timer.unref();
  }

  #flushSoon(): Promise<void> {
    if (this.#flushed === undefined) {
      this.#flushed = Promise.withResolvers();
      setImmediate(() => this.#flushOnceQuiet(ROUNDS_MAX, performance.now() + ROUNDS_MS));
    }
    return this.#flushed.promise;
  }

  /**
   * The sockets give one new connection a round: what comes in the rounds after a commit goes to disk with it, as long as
   * each round brings some more. Where loops fill the rounds with turns nobody waits for all of them.
   */
  #flushOnceQuiet(rounds: number, until: number): void {
    const { commits } = this.kernel.store;
    setImmediate(() => {
      const mayWait = rounds > 1 && !this.#stopped && performance.now() < until;
      if (mayWait && this.kernel.store.commits !== commits) return this.#flushOnceQuiet(rounds - 1, until);
      const { resolve } = this.#flushed!;
      this.#flushed = undefined;
      if (this.#stopped) return resolve();
      try {
        this.#keepTime();
        this.kernel.store.flush();
      } catch (error) {
        return this.#fail(error);
      }
      resolve();
    });
  }

  /** A clock that was ahead of real time is not behind itself after the next boot. */
  #keepTime(): void {
    const { clock, store } = this.kernel;
    if (clock.isOwn) store.disk.putMeta("now", String(clock.now()));
  }

  #progressed(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }

  /** A task runs: let it, but not for ever without a sign of life. */
  async #waitForTasks(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new StuckError(this.kernel.clock.holders())), STUCK_MS);
    });
    try {
      await Promise.race([this.#progress.promise, stuck]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Time cannot be advanced, since a task runs and gives no sign of life. */
export class StuckError extends Error {
  constructor(tasks: readonly string[]) {
    super(`no progress for ${STUCK_MS / 1000} seconds while waiting for ${tasks.join(", ")}`);
  }
}

const immediate = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
