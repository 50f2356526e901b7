import { simulatedListeners } from "../compute/listener.ts";
import { compute } from "../compute/service.ts";
import { parseRate, startTraffic } from "../compute/traffic.ts";
import { MemoryBlobs } from "../kernel/blob.ts";
import { type Caller, rootCaller } from "../kernel/caller.ts";
import { Clock } from "../kernel/clock.ts";
import { Disk } from "../kernel/disk.ts";
import { Kernel } from "../kernel/kernel.ts";
import type { Loop } from "../kernel/loop.ts";
import type { Operation } from "../kernel/operation.ts";
import { Scope } from "../kernel/scope.ts";
import { type Service, service } from "../kernel/service.ts";
import type { Partition } from "../kernel/table.ts";
import { parseDuration } from "../kernel/time.ts";
import { requests } from "./request.ts";

class PowerCut extends Error {}

/** What a caller is told who waited for an answer when the power went. */
export class ConnectionLost extends Error {}

const testing = service({ name: "testing", operations: [], tables: [requests] });

export interface WorldOptions {
  readonly services: readonly Service[];
  /** Simulated hands: a loop over the jobs. Without, jobs stay PENDING until the test changes them. */
  readonly hands?: Loop<any>;
  readonly seed?: number;
  readonly start?: number;
  readonly trust?: "open" | "signed" | "enforced";
  readonly recordedTypes?: readonly string[];
  /** False: what throws is recorded and tried again, as in a process. */
  readonly strict?: boolean;
}

const HERE: Partition = { account: "111122223333", region: "eu-west-1" };

/** A whole cloud in memory, on a clock that the test moves, whose power can be cut after any commit. */
export class World {
  readonly account = HERE.account;
  readonly region = HERE.region;
  readonly clock: Clock;
  readonly blobs = new MemoryBlobs();
  readonly disk = new Disk(":memory:");
  powerCuts = 0;
  kernel: Kernel;
  readonly #options: WorldOptions;
  #commitsUntilPowerCut = Number.POSITIVE_INFINITY;
  #commitsSeen = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.clock = new Clock("virtual", options.start);
    this.kernel = this.#boot();
    this.settle();
  }

  get caller(): Caller {
    return rootCaller(this.account, this.region);
  }

  /** To read with. */
  scope(partition: Partial<Partition> = {}): Scope {
    return new Scope(this.kernel, this.caller, undefined, { ...HERE, ...partition });
  }

  /** Call an operation and wait for its answer, moving no clock but as far as a late answer asks for. */
  async call<I, O>(operation: Operation<I, O>, input: I, caller: Partial<Caller> = {}): Promise<O> {
    const who = { ...this.caller, ...caller };
    if (operation.late !== undefined) return this.#callLate(operation, input, who);
    const answer = this.kernel.carryOut(operation, input, who);
    this.kernel.store.flush();
    this.settle();
    return answer;
  }

  /** Change rows as the outside would, then let the loops come to rest. */
  change<R>(work: (scope: Scope) => R): R {
    const result = this.kernel.commit(HERE, work);
    this.kernel.store.flush();
    this.settle();
    return result;
  }

  /** Let time pass, through every instant that somebody asked for, in order. */
  async advance(duration: string | number): Promise<void> {
    const ms = typeof duration === "number" ? duration : parseDuration(duration);
    if (ms === undefined) throw new Error(`not a duration: ${duration}`);
    this.#advanceTo(this.clock.now() + ms);
  }

  /** Let time pass until the condition holds; fails where it does not within the duration. */
  async advanceUntil(condition: () => boolean, atMost: string): Promise<void> {
    const limit = this.clock.now() + parseDuration(atMost)!;
    this.settle();
    while (!condition()) {
      const next = this.clock.next();
      if (next === undefined || next > limit) throw new Error(`not within ${atMost}; what waits:\n${this.waits().join("\n")}`);
      this.#step(next);
    }
  }

  /** Send requests on the cloud's clock, such as { rate: "30/m", for: "5m" }; answers its id. */
  traffic(url: string, { rate, for: duration }: { rate: string; for?: string }): string {
    const intervalMs = parseRate(rate);
    if (intervalMs === undefined) throw new Error(`not a rate such as 2/s or 30/m: ${rate}`);
    const forMs = duration === undefined ? {} : { forMs: parseDuration(duration)! };
    return this.change((scope) => startTraffic(scope, scope.id.hex(8), { url, intervalMs, ...forMs })).id;
  }

  /** What the resource of an ARN waits for, a sentence each; throws where there is none. */
  why(arn: string): string[] {
    const resting = this.kernel.why(arn);
    if (resting === undefined) throw new Error(`there is nothing with the ARN ${arn}`);
    return resting.map(({ rest }) => rest.because);
  }

  /** What every waiting row waits for, a line each. */
  waits(): string[] {
    return [...this.kernel.runner.resting()].map(({ path, rest }) => `${path}: ${rest.because}`).sort();
  }

  /** Cut the power just after the nth commit from now, losing all but what is on disk and the time of day. */
  cutPowerAfterCommit(nth: number): void {
    this.#commitsUntilPowerCut = nth;
    this.#commitsSeen = 0;
  }

  /** Let the loops come to rest. */
  settle(): void {
    for (;;) {
      try {
        this.kernel.runner.run(() => {
          this.#afterCommit();
          return false;
        });
        this.#afterCommit();
        return;
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
        this.powerCuts++;
        this.kernel = this.#boot();
      }
    }
  }

  /** Everything in it as text: rows, streams, blobs. */
  image(): string[] {
    this.kernel.store.flush();
    return [...this.disk.image(), ...this.blobs.digests()];
  }

  #callLate<I, O>(operation: Operation<I, O>, input: I, caller: Caller): Promise<O> {
    return new Promise((resolve, reject) => {
      let over = false;
      const end =
        <V>(how: (value: V) => void) =>
        (value: V): void => {
          over = true;
          how(value);
        };
      this.kernel.carryOutLate(operation, input, caller, { answer: end(resolve), fail: end(reject) });
      const { powerCuts } = this;
      this.settle();
      while (!over) {
        if (this.powerCuts > powerCuts) return reject(new ConnectionLost(`the power went while ${operation.name} was on its way`));
        const next = this.clock.next();
        if (next === undefined) return reject(new Error(`${operation.name} never answers; what waits:\n${this.waits().join("\n")}`));
        this.#step(next);
      }
    });
  }

  #advanceTo(until: number): void {
    this.settle();
    for (let next = this.clock.next(); next !== undefined && next <= until; next = this.clock.next()) this.#step(next);
    this.clock.jumpTo(until);
  }

  #step(instant: number): void {
    this.clock.jumpTo(instant);
    this.kernel.wakeDue();
    this.settle();
  }

  #afterCommit(): void {
    const { store } = this.kernel;
    if (store.commits === this.#commitsSeen) return;
    this.#commitsUntilPowerCut -= store.commits - this.#commitsSeen;
    this.#commitsSeen = store.commits;
    store.flush();
    if (this.#commitsUntilPowerCut > 0) return;
    this.#commitsUntilPowerCut = Number.POSITIVE_INFINITY;
    throw new PowerCut();
  }

  #boot(): Kernel {
    const { services, hands, seed = 1, trust = "open", strict = true, recordedTypes = [] } = this.#options;
    const settings = { endpoint: "http://127.0.0.1:4566", seed, trust, recordedTypes };
    this.#commitsSeen = 0;
    this.clock.forget();
    return new Kernel({
      disk: this.disk,
      blobs: this.blobs,
      clock: this.clock,
      services: [compute([simulatedListeners, ...(hands ? [hands] : [])]), testing, ...services],
      settings,
      strict,
    });
  }
}
