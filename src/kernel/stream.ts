import type { EntryQuery, Place } from "./disk.ts";
import type { Scope } from "./scope.ts";
import type { Partition, Reach } from "./table.ts";

export type { EntryQuery, Place } from "./disk.ts";

/** One thing that happened, at its place in its series. */
export interface Entry<T> extends Place {
  readonly series: string;
  readonly value: T;
}

export interface StreamOptions {
  readonly reach?: Reach;
  /** How long entries are kept: at least so long, and then at most until the end of the day; by default until somebody trims. */
  readonly keepMs?: number;
}

/** What grows without bound, append-only: events, log lines, metric data. An entry belongs to a series. */
export class Stream<T> {
  readonly name: string;
  readonly reach: Reach;
  readonly keepMs: number | undefined;

  constructor(name: string, { reach = "region", keepMs }: StreamOptions = {}) {
    this.name = name;
    this.reach = reach;
    this.keepMs = keepMs;
  }

  /** Seen by reads once the commit is over. */
  append(scope: Scope, series: string, at: number, value: T): void {
    scope.appendEntry(this, series, at, value);
  }

  read(scope: Scope, series: string, query: EntryQuery = {}): Entry<T>[] {
    return scope.readEntries(this, series, query, true);
  }

  /** The same, without being woken by what comes later: for whoever will look again at an instant anyway. */
  peek(scope: Scope, series: string, query: EntryQuery = {}): Entry<T>[] {
    return scope.readEntries(this, series, query, false);
  }

  /** The names of the series that begin with the prefix, in order. */
  series(scope: Scope, prefix = "", options: { after?: string; limit?: number } = {}): string[] {
    return scope.readSeries(this, prefix, options);
  }

  /** Forget the entries before the instant, or the whole series. */
  trim(scope: Scope, series: string, before?: number): void {
    scope.trimSeries(this, series, before);
  }

  path(partition: Partition, series: string): string {
    const region = this.reach === "region" ? partition.region : "";
    return `~${this.name}:${this.reach === "global" ? "" : partition.account}:${region}:${series}`;
  }
}
