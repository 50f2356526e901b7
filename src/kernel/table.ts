import type { Scope } from "./scope.ts";

/** Plain JSON; instants are milliseconds, bytes are blob digests. */
export interface Row {
  readonly id: string;
}

/** Which part of the state a row belongs to. Global rows have no account, account-wide rows have no region. */
export interface Partition {
  readonly account: string;
  readonly region: string;
}

export type Reach = "region" | "account" | "global";

export interface TableOptions<T extends Row> {
  readonly reach?: Reach;
  /** On disk only, read when asked for: items, messages, history. */
  readonly stored?: boolean;
  /** By name of the index: the texts to find the row by. */
  readonly indexes?: Readonly<Record<string, (row: T) => string | readonly string[] | undefined>>;
  /** Raised with each change of the row's shape, together with `upgrade`. */
  readonly version?: number;
  /** A row of an earlier version, in today's shape. */
  readonly upgrade?: (row: any) => T;
  /** The ARN of what the row stands for, so that one can ask what it waits for. */
  readonly arn?: (row: T, partition: Partition) => string;
}

/** Part of a list: rows after the id, at most so many. */
export interface ListOptions {
  readonly after?: string;
  readonly limit?: number;
}

/** A named kind of row: the only way to the store. */
export class Table<T extends Row> {
  /** Such as codepipeline/execution. */
  readonly name: string;
  readonly options: TableOptions<T>;

  constructor(name: string, options: TableOptions<T> = {}) {
    if (options.upgrade !== undefined && (options.version ?? 1) < 2)
      throw new Error(`${name} upgrades rows to a version below 2: none is older`);
    this.name = name;
    this.options = options;
  }

  get(scope: Scope, id: string): T | undefined {
    return scope.readRow(this, id);
  }

  /** The rows whose ids begin with the prefix, in order of their ids. */
  list(scope: Scope, prefix = "", options: ListOptions = {}): T[] {
    return scope.readRows(this, prefix, options);
  }

  /** The rows that an index finds by the text, in order of their ids. */
  by(scope: Scope, index: string, text: string, options: ListOptions = {}): T[] {
    return scope.readIndex(this, index, text, options);
  }

  put(scope: Scope, row: T): T {
    scope.writeRow(this, row.id, row);
    return row;
  }

  /** Change a row that is there; callers say only what is new. A member set to undefined goes away. */
  patch(scope: Scope, id: string, change: { [K in keyof T]?: T[K] | undefined }): T {
    const row = this.get(scope, id);
    if (row === undefined) throw new Error(`no ${this.name} ${id}`);
    const next = { ...row } as unknown as Record<string, unknown>;
    for (const [key, value] of Object.entries(change)) {
      if (value === undefined) delete next[key];
      else next[key] = value;
    }
    return this.put(scope, next as unknown as T);
  }

  remove(scope: Scope, id: string): void {
    scope.writeRow(this, id, undefined);
  }

  /** Where the store keeps the row: name:account:region:id. */
  path(partition: Partition, id: string): string {
    switch (this.options.reach) {
      case "global":
        return `${this.name}:::${id}`;
      case "account":
        return `${this.name}:${partition.account}::${id}`;
      default:
        return `${this.name}:${partition.account}:${partition.region}:${id}`;
    }
  }
}

/** The partition that a path lies in. */
export function partitionOf(path: string): Partition {
  const [, account, region] = path.split(":", 3);
  return { account: account!, region: region! };
}

/** The id at the end of a path. */
export const idOf = (path: string): string => path.split(":").slice(3).join(":");
