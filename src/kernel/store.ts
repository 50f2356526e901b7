import type { Disk, EntryQuery, StoredEntry } from "./disk.ts";
import { freezeJson, sameJson } from "./json.ts";
import { KeptRows } from "./kept.ts";
import { OrderedSet } from "./ordered.ts";
import type { Entry } from "./stream.ts";
import { type ListOptions, type Partition, partitionOf, type Row, type Table } from "./table.ts";
import { type Kept, Tails } from "./tail.ts";

/** What a commit changed: paths of rows, notes of index texts, paths of series. */
export type Changed = ReadonlySet<string>;

interface Resident {
  readonly rows: Map<string, Row>;
  readonly paths: OrderedSet;
  readonly indexes: ReadonlyMap<string, OrderedSet>;
}

/**
 * The ledger: rows by path and streams by series, changed only by commits. A commit is synchronous, does not nest, and
 * happens whole or not at all. What it did is in the disk's open transaction when it returns, and durable at the flush.
 */
export class Store {
  readonly disk: Disk;
  readonly #residents = new Map<string, Resident>();
  readonly #tables = new Map<string, Table<any>>();
  /** Resident rows changed since the last flush: serialized once, however often they changed. */
  readonly #unflushed = new Map<string, Row | undefined>();
  #undo: Map<string, Row | undefined> | undefined;
  /** What the open commit does to streams, in order. A trim has no value. */
  #streamed: ({ series: string; at: number; value: unknown } | { series: string; before: number | undefined })[] = [];
  readonly #tails = new Tails();
  readonly #keptRows = new KeptRows();
  #seq: number;
  commits = 0;
  /** Told of every commit that changed something, before anything else can happen. */
  onCommit: (changed: Changed) => void = () => {};

  constructor(disk: Disk, tables: Iterable<Table<any>>) {
    this.disk = disk;
    this.#seq = disk.lastSeq();
    for (const table of tables) {
      if (this.#tables.has(table.name)) throw new Error(`two tables are named ${table.name}`);
      this.#tables.set(table.name, table);
      this.#upgrade(table);
      if (!table.options.stored) this.#residents.set(table.name, this.#load(table));
    }
    disk.flush();
  }

  get tables(): Iterable<Table<any>> {
    return this.#tables.values();
  }

  /** Whether a commit is not yet durable. */
  get dirty(): boolean {
    return this.#unflushed.size > 0 || this.disk.dirty;
  }

  /** Make every commit so far durable. */
  flush(): void {
    for (const [path, row] of this.#unflushed) this.disk.putRow(path, row && JSON.stringify(row));
    this.#unflushed.clear();
    this.disk.flush();
  }

  commit<R>(work: () => R): R {
    if (this.#undo !== undefined) throw new Error("a commit is already open");
    this.#undo = new Map();
    this.#streamed = [];
    try {
      const result = work();
      if (result instanceof Promise) throw new Error("a commit cannot await");
      this.#close();
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  /** Run a part of the open commit; if it throws, nothing of it has happened, and the rest of the commit may go on. */
  attempt<R>(work: () => R): R {
    const outer = this.#undo;
    if (outer === undefined) throw new Error("no commit is open");
    const streamed = this.#streamed.length;
    this.#undo = new Map();
    try {
      const result = work();
      for (const [path, before] of this.#undo) if (!outer.has(path)) outer.set(path, before);
      return result;
    } catch (error) {
      this.#rollBack();
      this.#streamed.length = streamed;
      throw error;
    } finally {
      this.#undo = outer;
    }
  }

  get<T extends Row>(table: Table<T>, path: string): T | undefined {
    const resident = this.#residents.get(table.name);
    if (resident !== undefined) return resident.rows.get(path) as T | undefined;
    this.#known(table);
    const kept = this.#keptRows.get<T>(path);
    if (kept !== undefined) return kept;
    const json = this.disk.row(path);
    return json === undefined ? undefined : this.#keptRows.keep(path, JSON.parse(json) as T, json);
  }

  list<T extends Row>(table: Table<T>, prefix: string, { after, limit }: ListOptions & { after?: string } = {}): T[] {
    const resident = this.#residents.get(table.name);
    if (resident === undefined) {
      this.#known(table);
      return Array.from(this.disk.rows(prefix, after, limit), ({ path, json }) => this.#keptRows.get<T>(path) ?? (JSON.parse(json) as T));
    }
    const found: T[] = [];
    for (const path of resident.paths.from(prefix, after)) {
      if (limit !== undefined && found.length === limit) break;
      found.push(resident.rows.get(path) as T);
    }
    return found;
  }

  /** The paths of a table's rows that begin with the prefix, in order. */
  paths(table: Table<any>, prefix: string): string[] {
    const resident = this.#residents.get(table.name);
    return resident === undefined ? Array.from(this.disk.rows(prefix), ({ path }) => path) : [...resident.paths.from(prefix)];
  }

  /** The paths that an index has for a text; `prefix` is how they begin. */
  indexed(table: Table<any>, index: string, text: string, prefix: string, { after, limit }: ListOptions = {}): string[] {
    const resident = this.#residents.get(table.name);
    const head = `${text}\0`;
    const strip = (key: string): string => key.slice(key.indexOf("\0", key.indexOf("\0") + 1) + 1);
    if (resident === undefined) {
      const name = `${table.name}/${index}\0${head}`;
      return this.disk.index(`${name}${prefix}`, after && `${name}${after}`, limit).map(strip);
    }
    const ordered = resident.indexes.get(index);
    if (ordered === undefined) throw new Error(`${table.name} has no index ${index}`);
    const found: string[] = [];
    for (const key of ordered.from(head + prefix, after && head + after)) {
      if (limit !== undefined && found.length === limit) break;
      found.push(key.slice(head.length));
    }
    return found;
  }

  put<T extends Row>(table: Table<T>, path: string, row: T | undefined): void {
    if (this.#undo === undefined) throw new Error(`write outside a commit: ${path}`);
    const before = this.get(table, path);
    if (row !== undefined) {
      if (before !== undefined && sameJson(before, row)) return;
      freezeJson(row, path);
    } else if (before === undefined) return;
    if (!this.#undo.has(path)) this.#undo.set(path, before);
    this.#place(table, path, before, row);
  }

  append(series: string, at: number, value: unknown): void {
    if (this.#undo === undefined) throw new Error(`append outside a commit: ${series}`);
    if (!Number.isFinite(at)) throw new Error(`append at no instant: ${series}`);
    this.#streamed.push({ series, at, value });
  }

  trim(series: string, before: number | undefined): void {
    if (this.#undo === undefined) throw new Error(`trim outside a commit: ${series}`);
    this.#streamed.push({ series, before });
  }

  entries<T>(path: string, query: EntryQuery): Entry<T>[] {
    const series = path.slice(path.split(":", 3).join(":").length + 1);
    return this.#kept(path, query).map(({ at, seq, value }) => ({ series, at, seq, value: value as T }));
  }

  /** The notes that readers of an index text leave, for one partition and for all. */
  static indexNote(table: Table<any>, index: string, text: string, partition?: Partition): string {
    return partition ? `#${table.path(partition, "")}${index}\0${text}` : `#${table.name}/${index}\0${text}`;
  }

  /** Every digest that a row holds, so that blobs without one can go. Streams hold none: they are what grows without bound. */
  *digests(pattern: RegExp): Generator<string> {
    this.flush();
    for (const { json } of this.disk.rows("")) for (const [digest] of json.matchAll(pattern)) yield digest;
  }

  /** Plain windows come from memory where somebody has asked for them before; all else from the disk. */
  #kept(path: string, query: EntryQuery): Kept[] {
    const { after, limit, newestFirst, from = 0, to = Number.POSITIVE_INFINITY } = query;
    const parsed = (entries: readonly StoredEntry[]): Kept[] => entries.map(({ at, seq, json }) => ({ at, seq, value: JSON.parse(json) }));
    if (after !== undefined || limit !== undefined || newestFirst) return parsed(this.disk.entries(path, query));
    const known = this.#tails.read(path, query);
    if (known !== undefined) return known;
    const newest = this.disk.entries(path, { from, limit: Tails.ENTRIES_MAX + 1 });
    if (newest.length > Tails.ENTRIES_MAX) return parsed(this.disk.entries(path, { from, ...(to !== Number.POSITIVE_INFINITY && { to }) }));
    const entries = parsed(newest);
    this.#tails.keep(path, from, entries);
    return to === Number.POSITIVE_INFINITY ? entries : entries.filter(({ at }) => at < to);
  }

  #close(): void {
    const undo = this.#undo!;
    const changed = new Set<string>();
    for (const [path, before] of undo) {
      const table = this.#tableOf(path);
      const after = this.get(table, path);
      if (sameJson(before, after)) continue;
      changed.add(path);
      this.#noteIndexes(table, path, before, after, changed);
      if (!table.options.stored) this.#unflushed.set(path, after);
    }
    for (const write of this.#streamed) {
      const { series } = write;
      if ("before" in write) {
        this.disk.trim(series, write.before);
        this.#tails.drop(series);
      } else {
        this.disk.append(series, write.at, ++this.#seq, JSON.stringify(write.value));
        this.#tails.append(series, { at: write.at, seq: this.#seq, value: write.value });
      }
      changed.add(series);
    }
    this.#undo = undefined;
    if (changed.size === 0) return;
    this.commits++;
    this.onCommit(changed);
  }

  #rollBack(): void {
    for (const [path, before] of this.#undo ?? []) {
      const table = this.#tableOf(path);
      this.#place(table, path, this.get(table, path), before);
    }
  }

  /** Put a row where it belongs, and keep its indexes. */
  #place(table: Table<any>, path: string, before: Row | undefined, after: Row | undefined): void {
    const resident = this.#residents.get(table.name);
    if (resident === undefined) {
      const json = after && JSON.stringify(after);
      this.disk.putRow(path, json);
      if (after === undefined) this.#keptRows.drop(path);
      else this.#keptRows.keep(path, after, json!);
    } else if (after === undefined) {
      resident.rows.delete(path);
      resident.paths.delete(path);
    } else {
      if (before === undefined) resident.paths.add(path);
      resident.rows.set(path, after);
    }
    for (const [name, textsOf] of Object.entries(table.options.indexes ?? {})) {
      const old = before === undefined ? [] : list(textsOf(before));
      const now = after === undefined ? [] : list(textsOf(after));
      for (const text of old) if (!now.includes(text)) this.#index(table, name, text, path, false);
      for (const text of now) if (!old.includes(text)) this.#index(table, name, text, path, true);
    }
  }

  #index(table: Table<any>, name: string, text: string, path: string, present: boolean): void {
    const ordered = this.#residents.get(table.name)?.indexes.get(name);
    if (ordered === undefined) this.disk.putIndex(`${table.name}/${name}\0${text}\0${path}`, present);
    else if (present) ordered.add(`${text}\0${path}`);
    else ordered.delete(`${text}\0${path}`);
  }

  #noteIndexes(table: Table<any>, path: string, before: Row | undefined, after: Row | undefined, changed: Set<string>): void {
    for (const [name, textsOf] of Object.entries(table.options.indexes ?? {})) {
      for (const text of [...(before ? list(textsOf(before)) : []), ...(after ? list(textsOf(after)) : [])]) {
        changed.add(Store.indexNote(table, name, text));
        changed.add(Store.indexNote(table, name, text, partitionOf(path)));
      }
    }
  }

  #load(table: Table<any>): Resident {
    const rows = new Map<string, Row>();
    for (const { path, json } of this.disk.rows(`${table.name}:`)) {
      const row = JSON.parse(json) as Row;
      freezeJson(row);
      rows.set(path, row);
    }
    const paths = new OrderedSet();
    paths.fill([...rows.keys()].sort());
    const indexes = new Map<string, OrderedSet>();
    for (const [name, textsOf] of Object.entries(table.options.indexes ?? {})) {
      const keys: string[] = [];
      for (const [path, row] of rows) for (const text of list(textsOf(row))) keys.push(`${text}\0${path}`);
      const ordered = new OrderedSet();
      ordered.fill(keys.sort());
      indexes.set(name, ordered);
    }
    return { rows, paths, indexes };
  }

  /** Bring rows that an earlier version of the table wrote into today's shape. */
  #upgrade(table: Table<any>): void {
    const { version = 1, upgrade, stored: onDisk, indexes = {} } = table.options;
    const written = Number(this.disk.meta(`version:${table.name}`) ?? 0);
    if (written === version) return;
    if (written > version)
      throw new Error(`${table.name} was written by a later version of Slipway (${written}, this one knows ${version})`);
    if (written > 0 && upgrade !== undefined) {
      for (const { path, json } of [...this.disk.rows(`${table.name}:`)]) {
        const row = upgrade(JSON.parse(json));
        this.disk.putRow(path, JSON.stringify(row));
        if (!onDisk) continue;
        for (const [name, textsOf] of Object.entries(indexes)) {
          for (const text of list(textsOf(row))) this.disk.putIndex(`${table.name}/${name}\0${text}\0${path}`, true);
        }
      }
    }
    this.disk.putMeta(`version:${table.name}`, String(version));
  }

  #tableOf(path: string): Table<any> {
    return this.#tables.get(path.slice(0, path.indexOf(":")))!;
  }

  #known(table: Table<any>): void {
    if (!this.#tables.has(table.name)) throw new Error(`no service lists the table ${table.name}`);
  }
}

const list = (texts: string | readonly string[] | undefined): readonly string[] =>
  texts === undefined ? [] : typeof texts === "string" ? [texts] : texts;
