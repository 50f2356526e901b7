import type { Blobs } from "./blob.ts";
import { DIGEST } from "./blob.ts";
import type { Caller } from "./caller.ts";
import type { Clock } from "./clock.ts";
import { consumerLoop, cursors, ensureCursors } from "./consumer.ts";
import { defectLoop, defects } from "./defect.ts";
import { deliveries, deliveryLoop } from "./delivery.ts";
import type { Disk } from "./disk.ts";
import { events, metrics } from "./facts.ts";
import { type Rest, Runner, type Settle } from "./loop.ts";
import type { Operation } from "./operation.ts";
import { Registry } from "./registry.ts";
import { retentionLoop, retentions } from "./retention.ts";
import { counters, Scope, type Settings, type Surroundings, scopeOf } from "./scope.ts";
import type { Service } from "./service.ts";
import { type Changed, Store } from "./store.ts";
import type { Stream } from "./stream.ts";
import { idOf as idAt, type Partition, partitionOf } from "./table.ts";

export interface KernelOptions {
  readonly disk: Disk;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly services: readonly Service[];
  readonly settings: Settings;
  /** A turn or a consumer that throws ends the run (tests), instead of being recorded and tried again. */
  readonly strict?: boolean;
}

/** A call whose answer is not there yet. */
export interface LateCall {
  rest(): Rest | undefined;
  /** The client has hung up. */
  giveUp(): void;
  /** It has waited, in real time, as long as it asked to. */
  expire(): void;
}

/** The ledger, its loops and its clock, put together for a list of services. */
export class Kernel implements Surroundings {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly settings: Settings;
  readonly runner: Runner;
  readonly #consumers;
  /** The streams that keep their entries for a time only. */
  readonly #forgetful: ReadonlySet<Stream<any>>;
  #lastAppended: { readonly stream: Stream<any>; readonly account: string; readonly region: string; readonly path: string } | undefined;
  readonly #watchers = new Set<(changed: Changed) => void>();

  constructor({ disk, blobs, clock, services, settings, strict = false }: KernelOptions) {
    this.blobs = blobs;
    this.clock = clock;
    this.settings = settings;
    this.registry = new Registry(services);
    this.#consumers = services.flatMap(({ consumers = [] }) => consumers);
    const streams = [events, metrics, ...services.flatMap((service) => service.streams ?? [])];
    this.#forgetful = new Set(streams.filter(({ keepMs }) => keepMs !== undefined));
    const tables = [counters, defects, deliveries, cursors, retentions, ...services.flatMap((service) => service.tables)];
    this.store = new Store(disk, tables);
    const own = [deliveryLoop, defectLoop, consumerLoop(this.#consumers, strict), retentionLoop([...this.#forgetful])];
    const loops = [...own, ...services.flatMap((service) => service.loops ?? [])];
    this.runner = new Runner(this, clock, loops, strict);
    this.store.onCommit = (changed) => {
      this.runner.changed(changed);
      for (const watcher of this.#watchers) watcher(changed);
    };
  }

  appended(scope: Scope, stream: Stream<any>, series: string, at: number): void {
    ensureCursors(scope, this.#consumers, stream, series);
    if (stream.keepMs === undefined) return;
    // Every datum comes by: the path of the row is put together once, for as long as the same stream of the same partition does.
    const { account, region } = scope;
    const last = this.#lastAppended;
    if (last?.stream !== stream || last.account !== account || last.region !== region) {
      if (!this.#forgetful.has(stream)) throw new Error(`no service lists the stream ${stream.name}`);
      this.#lastAppended = { stream, account, region, path: retentions.path(scope, stream.name) };
    }
    if (this.store.get(retentions, this.#lastAppended!.path) === undefined) retentions.put(scope, { id: stream.name, oldestAt: at });
  }

  /** Be told of every commit, at once. */
  watch(watcher: (changed: Changed) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** A scope to read with. Writing needs a commit. */
  scope(partition: Partition): Scope {
    return scopeOf(this, partition);
  }

  /** Change rows, as one commit. */
  commit<R>(partition: Partition, work: (scope: Scope) => R): R {
    return this.store.commit(() => work(scopeOf(this, partition)));
  }

  /** Carry out an operation, as one commit. The loops that it woke have not had their turns yet. */
  carryOut<I, O>(operation: Operation<I, O>, input: I, caller: Caller): O {
    return this.store.commit(() => operation.handle(new Scope(this, caller), input));
  }

  /** Carry out an operation that answers late. */
  carryOutLate<I, O>(operation: Operation<I, O>, input: I, caller: Caller, settle: Settle<O>): LateCall {
    const late = operation.late!;
    const state = this.store.commit(() => late.begin(new Scope(this, caller), input));
    const { stop, rest } = this.runner.ask<O>((note) => late.answer(new Scope(this, caller, note), state), settle);
    return {
      rest,
      giveUp: () => {
        stop();
        if (late.abandon !== undefined) this.store.commit(() => late.abandon!(new Scope(this, caller), state));
      },
      expire: () => {
        if (late.expire === undefined) return;
        stop();
        settle.answer(this.store.commit(() => late.expire!(new Scope(this, caller), state)));
      },
    };
  }

  /** Wake what asked for an instant that has come; whether there was any. */
  wakeDue(): boolean {
    let any = false;
    for (;;) {
      const id = this.clock.takeDue();
      if (id === undefined) return any;
      any = true;
      this.runner.wake(id);
    }
  }

  /** Remove every row and entry, or those of one account; answers how many rows went. Global rows name theirs in `account`. */
  reset(account?: string): number {
    let removed = 0;
    const { store } = this;
    store.commit(() => {
      for (const table of store.tables) {
        // Ids go on: what lies outside by its id (a repository on disk) must not come back as somebody else's.
        if (table === counters) continue;
        const everyone = account === undefined || table.options.reach === "global";
        for (const path of store.paths(table, `${table.name}:${everyone ? "" : `${account}:`}`)) {
          if (account !== undefined && everyone && (store.get(table, path) as { account?: string }).account !== account) continue;
          store.put(table, path, undefined);
          removed++;
        }
      }
      for (const series of store.disk.series("~")) {
        if (account === undefined || series.split(":", 2)[1] === account) store.trim(series, undefined);
      }
    });
    return removed;
  }

  /** What the resource of an ARN waits for: its own rest, and that of the rows that derive from it. */
  why(arn: string): { path: string; rest: Rest }[] | undefined {
    const found = this.#rowOf(arn);
    if (found === undefined) return undefined;
    const { path, id } = found;
    const own = this.runner.restOf(path);
    const children = [...this.runner.resting()].filter((resting) => resting.path !== path && idAt(resting.path).startsWith(`${id}/`));
    return [...(own ? [{ path, rest: own }] : []), ...children.sort((one, other) => (one.path < other.path ? -1 : 1))];
  }

  #rowOf(arn: string): { path: string; id: string } | undefined {
    for (const table of this.store.tables) {
      const arnOf = table.options.arn;
      if (arnOf === undefined) continue;
      for (const path of this.store.paths(table, `${table.name}:`)) {
        const row = this.store.get(table, path)!;
        if (arnOf(row, partitionOf(path)) === arn) return { path, id: row.id };
      }
    }
    return undefined;
  }

  /** Remove the blobs that nothing refers to and that are older than an hour; answers how many. */
  collectBlobs(graceMs = 3_600_000): number {
    return this.blobs.collect(new Set(this.store.digests(DIGEST)), graceMs);
  }
}
