import type { EntryQuery, Place } from "./disk.ts";

const TAILS_MAX = 20_000;

/** An entry as it is kept in memory. */
export interface Kept extends Place {
  readonly value: unknown;
}

interface Tail {
  /** Every entry from this instant on is here. */
  from: number;
  entries: Kept[];
}

/**
 * The newest entries of the series that somebody reads again and again (an alarm its metric), parsed. What is on disk is
 * the truth; a tail can be dropped at any time.
 */
export class Tails {
  static readonly ENTRIES_MAX = 256;
  readonly #tails = new Map<string, Tail>();

  /** The entries of a window that reaches the series' end, if they are here. */
  read(path: string, { from = 0, to = Number.POSITIVE_INFINITY }: EntryQuery): Kept[] | undefined {
    const tail = this.#tails.get(path);
    if (tail === undefined || from < tail.from) return undefined;
    const { entries } = tail;
    let end = entries.length;
    while (end > 0 && entries[end - 1]!.at >= to) end--;
    let start = end;
    while (start > 0 && entries[start - 1]!.at >= from) start--;
    return entries.slice(start, end);
  }

  /** Keep what was read: everything from the instant on. */
  keep(path: string, from: number, entries: readonly Kept[]): void {
    if (entries.length > Tails.ENTRIES_MAX) return;
    if (this.#tails.size >= TAILS_MAX) this.#tails.clear();
    this.#tails.set(path, { from, entries: [...entries] });
  }

  append(path: string, entry: Kept): void {
    const tail = this.#tails.get(path);
    if (tail === undefined || entry.at < tail.from) return;
    const { entries } = tail;
    let at = entries.length;
    while (at > 0 && entries[at - 1]!.at > entry.at) at--;
    if (at === entries.length) entries.push(entry);
    else entries.splice(at, 0, entry);
    if (entries.length <= Tails.ENTRIES_MAX) return;
    const dropped = entries.splice(0, Tails.ENTRIES_MAX / 2);
    tail.from = dropped.at(-1)!.at + 1;
    tail.entries = entries.filter(({ at: instant }) => instant >= tail.from);
  }

  drop(path: string): void {
    this.#tails.delete(path);
  }
}
