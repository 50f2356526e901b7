import { parseArn } from "./arn.ts";
import type { Blobs } from "./blob.ts";
import { type Caller, rootCaller } from "./caller.ts";
import { type Delivery, type DeliveryContext, deliveries } from "./delivery.ts";
import type { EntryQuery } from "./disk.ts";
import { type Datum, EVENTS, events, type Fact, logLines, logSeries, type MetricName, metricSeries, metrics } from "./facts.ts";
import { Ids, wordsFrom } from "./id.ts";
import { freezeJson } from "./json.ts";
import type { Registry } from "./registry.ts";
import { Store } from "./store.ts";
import type { Entry, Stream } from "./stream.ts";
import { type ListOptions, type Partition, type Row, Table } from "./table.ts";

/** What is the same for every scope of one cloud. */
export interface Surroundings {
  readonly store: Store;
  readonly clock: { now(): number };
  readonly blobs: Blobs;
  readonly registry: Registry;
  readonly settings: Settings;
  /** Whoever has to know that a partition has entries of a stream: its consumers, and what forgets them. */
  appended(scope: Scope, stream: Stream<any>, series: string, at: number): void;
}

export interface Settings {
  /** Where clients reach us, such as http://127.0.0.1:4566, without a slash at the end. */
  readonly endpoint: string;
  readonly seed: number;
  readonly trust: "open" | "signed" | "enforced";
  /** Types of resource that a stack may have though nothing carries them out: whole names, or how they begin and a star. */
  readonly recordedTypes?: readonly string[];
}

interface Counter extends Row {
  readonly next: number;
}

/** How many words of chance were used: by calls all together, and by each row in its turns, whatever order those come in. */
export const counters = new Table<Counter>("kernel/counter", { reach: "global" });

const CALLS = "calls";

/** All that code may touch while it serves one call or takes one turn of a loop; of one partition of the state. */
export class Scope implements Partition {
  readonly account: string;
  readonly region: string;
  readonly caller: Caller;
  readonly #around: Surroundings;
  readonly #noteRead: ((note: string) => void) | undefined;
  /** The path of the row whose turn it is. */
  readonly #origin: string | undefined;

  constructor(
    around: Surroundings,
    caller: Caller,
    noteRead?: (note: string) => void,
    partition: Partition = { account: caller.accountId, region: caller.region },
    origin?: string,
  ) {
    this.#origin = origin;
    this.#around = around;
    this.caller = caller;
    this.account = partition.account;
    this.region = partition.region;
    this.#noteRead = noteRead;
  }

  get clock(): { now(): number } {
    return this.#around.clock;
  }

  get blobs(): Blobs {
    return this.#around.blobs;
  }

  get registry(): Registry {
    return this.#around.registry;
  }

  get settings(): Settings {
    return this.#around.settings;
  }

  /** The same commit, seen from another partition. */
  in(partition: Partial<Partition>): Scope {
    const { account = this.account, region = this.region } = partition;
    if (account === this.account && region === this.region) return this;
    return new Scope(this.#around, this.caller, this.#noteRead, { account, region }, this.#origin);
  }

  /** The same commit, seen from the partition that an ARN names; what the ARN leaves out stays. */
  at(arn: string): Scope {
    const parsed = parseArn(arn);
    return this.in({ ...(parsed?.account && { account: parsed.account }), ...(parsed?.region && { region: parsed.region }) });
  }

  /** The same commit on behalf of somebody else: a service that calls for a user. */
  as(caller: Caller): Scope {
    return new Scope(this.#around, caller, this.#noteRead, this, this.#origin);
  }

  /** Do a part of the commit; if it throws, nothing of it has happened, and whoever catches may go on. */
  attempt<R>(work: () => R): R {
    return this.#around.store.attempt(work);
  }

  /** An ARN of this partition. */
  arn(service: string, resource: string): string {
    return `arn:aws:${service}:${this.region}:${this.account}:${resource}`;
  }

  /** Fresh ids and chance: the same for the same seed, row (or sequence of calls) and number of ids before. */
  get id(): Ids {
    const origin = this.#origin ?? CALLS;
    const words = wordsFrom(`${this.settings.seed} ${origin}`);
    return new Ids(() => {
      const path = counters.path(this, origin);
      const next = this.#around.store.get(counters, path)?.next ?? 0;
      this.#around.store.put(counters, path, { id: origin, next: next + 1 });
      return words(next);
    });
  }

  /** Say what happened; the event's time is now. */
  emit(fact: Omit<Fact, "id" | "resources"> & { readonly resources?: readonly string[] }): void {
    events.append(this, EVENTS, this.clock.now(), { id: this.id.uuid(), resources: [], ...fact });
  }

  /** Say what was measured, now or at the instant. */
  measure(metric: MetricName, datum: Datum, at?: number): void {
    const now = this.clock.now();
    const late = at !== undefined && at < now;
    metrics.append(this, metricSeries(metric), at ?? now, late ? { ...datum, ingestedAt: now } : datum);
  }

  /** Write a line to a log stream, now or at the instant. The group and the stream come to be. */
  log(line: { readonly group: string; readonly stream: string; readonly message: string }, at = this.clock.now()): void {
    logLines.append(this, logSeries(line.group, line.stream), at, { message: line.message, ingestedAt: this.clock.now() });
  }

  /** Make sure that the payload is on its way to whatever the ARN names, and say how it stands. */
  deliver(id: string, arn: string, payload: string, options: { from: string; context?: DeliveryContext; attemptsMax?: number }): Delivery {
    const known = deliveries.get(this, id);
    if (known !== undefined) return known;
    const { from, context, attemptsMax = 1 } = options;
    const requestedAt = this.clock.now();
    return deliveries.put(this, {
      id,
      arn,
      payload,
      from,
      ...(context && { context }),
      status: "PENDING",
      attempts: 0,
      attemptsMax,
      requestedAt,
    });
  }

  /** Whether the caller may do a thing; undefined, or the sentence to refuse with. Asked only where trust is enforced. */
  refusal(action: string, resource: string, context: Readonly<Record<string, string>> = {}): string | undefined {
    if (this.settings.trust !== "enforced") return undefined;
    return this.registry.authorize(this, this.caller, action, resource, context);
  }

  // What follows is for tables and streams only.

  readRow<T extends Row>(table: Table<T>, id: string): T | undefined {
    const path = table.path(this, id);
    this.#noteRead?.(path);
    return this.#around.store.get(table, path);
  }

  readRows<T extends Row>(table: Table<T>, prefix: string, { after, limit }: ListOptions): T[] {
    const path = table.path(this, prefix);
    this.#noteRead?.(`${path}*`);
    return this.#around.store.list(table, path, {
      ...(after !== undefined && { after: table.path(this, after) }),
      ...(limit !== undefined && { limit }),
    });
  }

  readIndex<T extends Row>(table: Table<T>, index: string, text: string, { after, limit }: ListOptions): T[] {
    this.#noteRead?.(Store.indexNote(table, index, text, partitionFor(table, this)));
    const options = { ...(after !== undefined && { after: table.path(this, after) }), ...(limit !== undefined && { limit }) };
    const { store } = this.#around;
    return store.indexed(table, index, text, table.path(this, ""), options).map((path) => store.get(table, path)!);
  }

  writeRow<T extends Row>(table: Table<T>, id: string, row: T | undefined): void {
    const { store } = this.#around;
    const path = table.path(this, id);
    store.put(table, path, row);
    if (row === undefined) store.put(counters, counters.path(this, path), undefined);
  }

  appendEntry<T>(stream: Stream<T>, series: string, at: number, value: T): void {
    freezeJson(value, series);
    this.#around.store.append(stream.path(this, series), at, value);
    this.#around.appended(this, stream, series, at);
  }

  readEntries<T>(stream: Stream<T>, series: string, query: EntryQuery, note: boolean): Entry<T>[] {
    const path = stream.path(this, series);
    if (note) this.#noteRead?.(path);
    return this.#around.store.entries<T>(path, query);
  }

  readSeries(stream: Stream<any>, prefix: string, options: { after?: string; limit?: number }): string[] {
    const head = stream.path(this, "");
    const after = options.after === undefined ? undefined : head + options.after;
    return this.#around.store.disk.series(head + prefix, after, options.limit).map((name) => name.slice(head.length));
  }

  trimSeries(stream: Stream<any>, series: string, before: number | undefined): void {
    this.#around.store.trim(stream.path(this, series), before);
  }
}

/** Index notes name the partition as the table's paths do. */
function partitionFor(table: Table<any>, { account, region }: Partition): Partition {
  switch (table.options.reach) {
    case "global":
      return { account: "", region: "" };
    case "account":
      return { account, region: "" };
    default:
      return { account, region };
  }
}

/** A scope for code that nobody called: the turn of the row at the path `origin`, or boot. */
export const scopeOf = (around: Surroundings, { account, region }: Partition, noteRead?: (note: string) => void, origin?: string): Scope =>
  new Scope(around, rootCaller(account, region), noteRead, { account, region }, origin);
