import { DatabaseSync, type StatementSync } from "node:sqlite";

/** `relaxed` survives the end of the process, `full` also the end of the machine (an fsync per group of commits). */
export type Durability = "relaxed" | "full";

/** What was stored of one stream entry. */
export interface StoredEntry {
  readonly at: number;
  readonly seq: number;
  readonly json: string;
}

/** Which entries of one series: `from` ≤ at < `to`, after the place `after`, in order or newest first. */
export interface EntryQuery {
  readonly from?: number;
  readonly to?: number;
  readonly after?: Place;
  readonly limit?: number;
  readonly newestFirst?: boolean;
}

/** Where in a series an entry stands. */
export interface Place {
  readonly at: number;
  readonly seq: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS row (path TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS entry_index (key TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE IF NOT EXISTS entry (series INTEGER NOT NULL, at INTEGER NOT NULL, seq INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (series, at, seq)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS recent (seq INTEGER PRIMARY KEY, series INTEGER NOT NULL, at INTEGER NOT NULL, json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;

const RECENT_MAX = 10_000;

/** The file that the ledger is kept in: SQLite with a write-ahead log, one process at a time. */
export class Disk {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #seriesIds = new Map<string, number>();
  /**
   * By series: the entries that are in `recent` and not yet in `entry`, in order. A commit appends to many series; where
   * each had its place in one tree, it would write a page for each.
   */
  readonly #recent = new Map<number, StoredEntry[]>();
  #recentCount = 0;
  #open = false;

  /** Throws where another process has the ledger, or the file is not one. */
  constructor(path: string, durability: Durability = "relaxed") {
    this.path = path;
    this.#db = new DatabaseSync(path);
    this.#db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;");
    this.#db.exec(
      `PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"}; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000;`,
    );
    this.#db.exec("BEGIN IMMEDIATE; COMMIT;");
    this.#db.exec(SCHEMA);
    for (const { series, at, seq, json } of this.#read("SELECT * FROM recent ORDER BY seq").iterate() as Iterable<any>) {
      this.#remember(series, { at, seq, json });
    }
  }

  /** Whether something was written since the last flush. */
  get dirty(): boolean {
    return this.#open;
  }

  /** Make everything written since the last flush durable, all of it or nothing. */
  flush(): void {
    if (!this.#open) return;
    this.#db.exec("COMMIT");
    this.#open = false;
  }

  close(): void {
    this.flush();
    this.#db.close();
  }

  putRow(path: string, json: string | undefined): void {
    if (json === undefined) this.#write("DELETE FROM row WHERE path = ?").run(path);
    else this.#write("INSERT INTO row VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json").run(path, json);
  }

  row(path: string): string | undefined {
    return (this.#read("SELECT json FROM row WHERE path = ?").get(path) as { json: string } | undefined)?.json;
  }

  /** The rows whose paths begin with the prefix, in order of their paths. */
  rows(prefix: string, after?: string, limit = -1): Iterable<{ path: string; json: string }> {
    const sql = "SELECT path, json FROM row WHERE path >= max(?, ?) AND path < ? ORDER BY path LIMIT ?";
    return this.#read(sql).iterate(prefix, following(after), endOf(prefix), limit) as Iterable<any>;
  }

  putIndex(key: string, present: boolean): void {
    this.#write(present ? "INSERT OR IGNORE INTO entry_index VALUES (?)" : "DELETE FROM entry_index WHERE key = ?").run(key);
  }

  index(prefix: string, after?: string, limit = -1): string[] {
    const sql = "SELECT key FROM entry_index WHERE key >= max(?, ?) AND key < ? ORDER BY key LIMIT ?";
    return this.#read(sql)
      .all(prefix, following(after), endOf(prefix), limit)
      .map((row) => (row as { key: string }).key);
  }

  append(series: string, at: number, seq: number, json: string): void {
    const id = this.#seriesId(series, true)!;
    this.#write("INSERT INTO recent VALUES (?, ?, ?, ?)").run(seq, id, at, json);
    this.#remember(id, { at, seq, json });
    if (this.#recentCount >= RECENT_MAX) this.#settle();
  }

  entries(series: string, query: EntryQuery): StoredEntry[] {
    const id = this.#seriesId(series, false);
    if (id === undefined) return [];
    const settled = this.#settled(id, query);
    const recent = among(this.#recent.get(id) ?? [], query);
    if (recent.length === 0) return settled;
    const { newestFirst, limit } = query;
    const all = [...settled, ...recent].sort((one, other) => (newestFirst ? compare(other, one) : compare(one, other)));
    return limit === undefined ? all : all.slice(0, limit);
  }

  #settled(id: number, { from = 0, to = Number.MAX_SAFE_INTEGER, after, limit = -1, newestFirst }: EntryQuery): StoredEntry[] {
    if (after !== undefined) {
      const sql = newestFirst
        ? "SELECT at, seq, json FROM entry WHERE series = ? AND (at, seq) < (?, ?) AND at >= ? AND at < ? ORDER BY at DESC, seq DESC LIMIT ?"
        : "SELECT at, seq, json FROM entry WHERE series = ? AND (at, seq) > (?, ?) AND at >= ? AND at < ? ORDER BY at, seq LIMIT ?";
      const [lower, upper] = newestFirst ? [from, Math.min(to, after.at + 1)] : [Math.max(from, after.at), to];
      return this.#read(sql).all(id, after.at, after.seq, lower, upper, limit) as unknown as StoredEntry[];
    }
    const order = newestFirst ? "at DESC, seq DESC" : "at, seq";
    const sql = `SELECT at, seq, json FROM entry WHERE series = ? AND at >= ? AND at < ? ORDER BY ${order} LIMIT ?`;
    return this.#read(sql).all(id, from, to, limit) as unknown as StoredEntry[];
  }

  #remember(series: number, entry: StoredEntry): void {
    const entries = this.#recent.get(series) ?? [];
    let at = entries.length;
    while (at > 0 && compare(entries[at - 1]!, entry) > 0) at--;
    entries.splice(at, 0, entry);
    this.#recent.set(series, entries);
    this.#recentCount++;
  }

  /** Bring what is recent to its place, series by series. */
  #settle(): void {
    this.putMeta("settled", String(this.lastSeq()));
    this.#write("INSERT INTO entry SELECT series, at, seq, json FROM recent ORDER BY series, at, seq").run();
    this.#write("DELETE FROM recent").run();
    this.#recent.clear();
    this.#recentCount = 0;
  }

  /** The names of the series that begin with the prefix and have entries, in order. */
  series(prefix: string, after?: string, limit = -1): string[] {
    const sql = "SELECT name FROM series WHERE name >= max(?, ?) AND name < ? ORDER BY name LIMIT ?";
    return this.#read(sql)
      .all(prefix, following(after), endOf(prefix), limit)
      .map((row) => (row as { name: string }).name);
  }

  /** Remove the entries of a series that are older; all of them and the series itself where no instant is given. */
  trim(series: string, before = Number.POSITIVE_INFINITY): void {
    const id = this.#seriesId(series, false);
    if (id === undefined) return;
    if (this.#recent.get(id)?.some(({ at }) => at < before)) this.#settle();
    if (before !== Number.POSITIVE_INFINITY) {
      this.#write("DELETE FROM entry WHERE series = ? AND at < ?").run(id, before);
      return;
    }
    this.#write("DELETE FROM entry WHERE series = ?").run(id);
    this.#write("DELETE FROM series WHERE id = ?").run(id);
    this.#seriesIds.delete(series);
    this.#recent.delete(id);
  }

  /** The highest number that an entry was given. */
  lastSeq(): number {
    const { seq } = this.#read("SELECT MAX(seq) AS seq FROM recent").get() as { seq: number | null };
    return seq ?? Number(this.meta("settled") ?? 0);
  }

  meta(key: string): string | undefined {
    return (this.#read("SELECT value FROM meta WHERE key = ?").get(key) as { value: string } | undefined)?.value;
  }

  putMeta(key: string, value: string): void {
    this.#write("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value").run(key, value);
  }

  /** Everything on it as text, to compare two disks by. */
  *image(): Generator<string> {
    for (const { path, json } of this.rows("")) yield `${path} ${json}`;
    const sql = `SELECT name, at, json FROM (SELECT * FROM entry UNION ALL SELECT series, at, seq, json FROM recent) AS all_entries
      JOIN series ON series.id = all_entries.series ORDER BY name, at, seq`;
    for (const entry of this.#read(sql).iterate() as Iterable<any>) yield `${entry.name} ${entry.at} ${entry.json}`;
  }

  #seriesId(name: string, create: boolean): number | undefined {
    const known = this.#seriesIds.get(name);
    if (known !== undefined) return known;
    if (create) this.#write("INSERT OR IGNORE INTO series (name) VALUES (?)").run(name);
    const found = this.#read("SELECT id FROM series WHERE name = ?").get(name) as { id: number } | undefined;
    if (found !== undefined) this.#seriesIds.set(name, found.id);
    return found?.id;
  }

  #read(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #write(sql: string): StatementSync {
    if (!this.#open) {
      this.#db.exec("BEGIN");
      this.#open = true;
    }
    return this.#read(sql);
  }
}

/** The first string after the given one. One bound, not two: SQLite seeks by the first bound that it finds, and walks to the rest. */
const following = (after: string | undefined): string => (after === undefined ? "" : `${after}\0`);

/** The first string after all that begin with the prefix. */
const endOf = (prefix: string): string =>
  prefix === "" ? "\u{10ffff}" : prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

const compare = (one: Place, other: Place): number => one.at - other.at || one.seq - other.seq;

/** Those of the entries, which are in order, that are asked for: no more than `limit`. */
function among(
  entries: readonly StoredEntry[],
  { from = 0, to = Number.MAX_SAFE_INTEGER, after, limit, newestFirst }: EntryQuery,
): StoredEntry[] {
  let begin = firstAt(entries, { at: from, seq: 0 });
  let end = firstAt(entries, { at: to, seq: 0 });
  if (after !== undefined && newestFirst) end = Math.min(end, firstAt(entries, after));
  else if (after !== undefined) begin = Math.max(begin, firstAt(entries, { at: after.at, seq: after.seq + 1 }));
  if (limit !== undefined && newestFirst) begin = Math.max(begin, end - limit);
  else if (limit !== undefined) end = Math.min(end, begin + limit);
  return entries.slice(begin, Math.max(begin, end));
}

/** The index of the first entry that does not stand before the place. */
function firstAt(entries: readonly StoredEntry[], place: Place): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(entries[middle]!, place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
