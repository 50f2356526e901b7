import type { Clock, WaitKind } from "./clock.ts";
import { defects, errorText, firstLine, retryDelayMs } from "./defect.ts";
import { Waiting } from "./operation.ts";
import { type Scope, type Surroundings, scopeOf } from "./scope.ts";
import type { Changed } from "./store.ts";
import { partitionOf, type Row, type Table } from "./table.ts";

/** Why a row rests, and the instant of its next turn should nothing that it read change before. */
export interface Rest {
  readonly wakeAt?: number;
  readonly kind: WaitKind;
  /** A sentence without a full stop: what is being waited for. */
  readonly because: string;
}

/**
 * A loop brings the rows of one table to rest. A turn looks at one row and takes the next small step, as one commit: all
 * of it happens, or none. It does not await. A row gets another turn when anything that its last turn read has changed,
 * at the instant its last turn asked for, and at boot. There is no other input.
 */
export interface Loop<T extends Row = any> {
  readonly table: Table<T>;
  turn(scope: Scope, row: T): Rest | void;
}

const TURNS_MAX = 1000;
const COUNTS_MAX = 10_000;

/** Who is told what came of a question. */
export interface Settle<O> {
  answer(value: O): void;
  fail(error: unknown): void;
}

/** A question that has been asked. */
export interface Question {
  stop(): void;
  /** Why there is no answer yet. */
  rest(): Rest | undefined;
}

interface Reader {
  reads: Set<string>;
  rest?: Rest;
}

/** Gives the loops their turns, and asks late answers again when what they read has changed. */
export class Runner {
  readonly #around: Surroundings;
  readonly #clock: Clock;
  readonly #loops = new Map<string, Loop>();
  readonly #ready = new Set<string>();
  readonly #readers = new Map<string, Reader>();
  readonly #readersOf = new Map<string, Set<string>>();
  /** How long the prefixes are that somebody listed by, per table. */
  readonly #prefixes = new Map<string, Map<number, number>>();
  /** How many turns a row has had at this instant, or in this second of real time. */
  readonly #counts = new Map<string, { since: number; turns: number }>();
  readonly #questions = new Map<string, () => void>();
  #nextQuestion = 0;
  /** Whether a turn that throws ends the run, as in tests, or is recorded and tried again. */
  readonly #strict: boolean;
  /** Called when something has become ready. */
  onReady: () => void = () => {};

  constructor(around: Surroundings, clock: Clock, loops: Iterable<Loop>, strict: boolean) {
    this.#around = around;
    this.#clock = clock;
    this.#strict = strict;
    for (const loop of loops) {
      if (this.#loops.has(loop.table.name)) throw new Error(`two loops walk ${loop.table.name}`);
      this.#loops.set(loop.table.name, loop);
    }
    for (const loop of this.#loops.values()) {
      for (const path of around.store.paths(loop.table, `${loop.table.name}:`)) this.#ready.add(path);
    }
  }

  get idle(): boolean {
    return this.#ready.size === 0;
  }

  /** Give turns until every row rests, or `until` says that it is enough. */
  run(until: () => boolean = () => false): void {
    for (let id = this.#next(); id !== undefined; id = this.#next()) {
      this.#ready.delete(id);
      const question = this.#questions.get(id);
      if (question !== undefined) question();
      else this.#turn(id);
      if (until()) return;
    }
  }

  /**
   * In a process, whoever became ready first. In a test the first by path: then the order of the turns does not depend on
   * when the power was cut, for all rows are ready at boot.
   */
  #next(): string | undefined {
    let next: string | undefined;
    for (const id of this.#ready) {
      if (!this.#strict) return id;
      if (next === undefined || id < next) next = id;
    }
    return next;
  }

  /** The instant that a row or an answer asked for has come. */
  wake(id: string): void {
    this.#ready.add(id);
  }

  /**
   * Ask a question now and whenever what it read has changed, a commit each time, until it answers; `settle` is told
   * what came of it. Answers how to give up, and why there is no answer yet.
   */
  ask<O>(question: (note: (read: string) => void) => O | Waiting, settle: Settle<O>): Question {
    const id = `?${String(this.#nextQuestion++).padStart(12, "0")}`;
    const reader: Reader = { reads: new Set() };
    this.#readers.set(id, reader);
    const end = (): void => {
      this.#questions.delete(id);
      this.#ready.delete(id);
      this.#forget(id, reader);
      this.#readers.delete(id);
      this.#clock.cancel(id);
    };
    const once = (): void => {
      this.#forget(id, reader);
      try {
        const value = this.#around.store.commit(() => {
          const result = question((read) => reader.reads.add(read));
          if (result instanceof Waiting) this.#note(id, reader);
          return result;
        });
        if (value instanceof Waiting) return this.#sleep(id, reader, value.rest);
        end();
        settle.answer(value);
      } catch (error) {
        end();
        settle.fail(error);
      }
    };
    this.#questions.set(id, once);
    once();
    return { stop: end, rest: () => reader.rest };
  }

  /** Why a row rests; undefined where it is at rest for good, or unknown. */
  restOf(path: string): Rest | undefined {
    return this.#readers.get(path)?.rest;
  }

  /** Every row that waits for something, in no order. */
  *resting(): Generator<{ path: string; rest: Rest }> {
    for (const [path, { rest }] of this.#readers) if (rest !== undefined) yield { path, rest };
  }

  /** A change wakes whoever read that row, listed a prefix of its path, asked an index or a series for it. */
  changed(changes: Changed): void {
    for (const change of changes) {
      const table = change.slice(0, change.indexOf(":"));
      if (this.#loops.has(table)) this.#ready.add(change);
      this.#wakeReaders(change);
      const lengths = this.#prefixes.get(table);
      if (lengths !== undefined)
        for (const length of lengths.keys()) if (length <= change.length) this.#wakeReaders(`${change.slice(0, length)}*`);
    }
    if (this.#ready.size > 0) this.onReady();
  }

  #wakeReaders(note: string): void {
    const readers = this.#readersOf.get(note);
    if (readers !== undefined) for (const reader of readers) this.#ready.add(reader);
  }

  #turn(path: string): void {
    const loop = this.#loops.get(path.slice(0, path.indexOf(":")));
    if (loop === undefined) return;
    const { store } = this.#around;
    const row = store.get(loop.table, path);
    let reader = this.#readers.get(path);
    if (reader !== undefined) this.#forget(path, reader);
    if (row === undefined) {
      this.#readers.delete(path);
      this.#clock.cancel(path);
      return;
    }
    reader ??= { reads: new Set() };
    if (this.#turnsTooOften(path, reader)) return;
    const current = reader;
    try {
      const rest = store.commit(() => {
        const scope = scopeOf(this.#around, partitionOf(path), (read) => read !== path && current.reads.add(read), path);
        const result = loop.turn(scope, row);
        this.#heal(path);
        this.#note(path, current);
        return result;
      });
      this.#sleep(path, current, rest ?? undefined);
    } catch (error) {
      if (this.#strict) throw error;
      this.#record(path, current, error);
    }
  }

  /** A row that never comes to rest is a defect; it is slowed down, and never costs somebody his request. */
  #turnsTooOften(path: string, reader: Reader): boolean {
    const now = this.#clock.now();
    const since = this.#clock.mode === "virtual" ? now : Math.floor(now / 1000);
    const count = this.#counts.get(path);
    const turns = count?.since === since ? count.turns + 1 : 1;
    if (this.#counts.size > COUNTS_MAX) this.#counts.clear();
    this.#counts.set(path, { since, turns });
    if (turns <= TURNS_MAX) return false;
    const error = new Error(`${path} does not come to rest: ${TURNS_MAX} turns without time passing`);
    if (this.#strict) throw error;
    this.#counts.delete(path);
    this.#record(path, reader, error);
    return true;
  }

  #record(path: string, reader: Reader, error: unknown): void {
    const now = this.#clock.now();
    const text = errorText(error);
    this.#around.store.commit(() => {
      const scope = scopeOf(this.#around, { account: "", region: "" });
      const known = defects.get(scope, path);
      const failures = (known?.failures ?? 0) + 1;
      defects.put(scope, { id: path, error: text, failures, firstAt: known?.firstAt ?? now, lastAt: now });
      const wakeAt = now + retryDelayMs(failures);
      this.#sleep(path, reader, { wakeAt, kind: "tick", because: `its turn failed ${failures} times: ${firstLine(text)}` });
    });
    this.#ready.delete(path);
  }

  /** A turn that succeeds ends what was recorded of those that failed. */
  #heal(path: string): void {
    const id = defects.path({ account: "", region: "" }, path);
    if (this.#around.store.get(defects, id) !== undefined) this.#around.store.put(defects, id, undefined);
  }

  #sleep(id: string, reader: Reader, rest: Rest | undefined): void {
    if (rest === undefined) delete reader.rest;
    else reader.rest = rest;
    if (rest === undefined && reader.reads.size === 0) this.#readers.delete(id);
    else this.#readers.set(id, reader);
    if (rest?.wakeAt === undefined) this.#clock.cancel(id);
    else this.#clock.schedule(id, rest.wakeAt, rest.kind);
  }

  #note(id: string, { reads }: Reader): void {
    for (const read of reads) {
      let readers = this.#readersOf.get(read);
      if (readers === undefined) {
        readers = new Set();
        this.#readersOf.set(read, readers);
        if (read.endsWith("*")) this.#countPrefix(read, 1);
      }
      readers.add(id);
    }
  }

  #forget(id: string, reader: Reader): void {
    for (const read of reader.reads) {
      const readers = this.#readersOf.get(read);
      if (readers === undefined) continue;
      readers.delete(id);
      if (readers.size > 0) continue;
      this.#readersOf.delete(read);
      if (read.endsWith("*")) this.#countPrefix(read, -1);
    }
    reader.reads = new Set();
  }

  #countPrefix(note: string, by: number): void {
    const table = note.slice(0, note.indexOf(":"));
    let lengths = this.#prefixes.get(table);
    if (lengths === undefined) {
      lengths = new Map();
      this.#prefixes.set(table, lengths);
    }
    const length = note.length - 1;
    const count = (lengths.get(length) ?? 0) + by;
    if (count === 0) lengths.delete(length);
    else lengths.set(length, count);
  }
}
