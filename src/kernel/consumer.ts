import { defects, errorText, firstLine, retryDelayMs } from "./defect.ts";
import type { Place } from "./disk.ts";
import type { Loop, Rest } from "./loop.ts";
import type { Scope } from "./scope.ts";
import type { Entry, Stream } from "./stream.ts";
import { type Row, Table } from "./table.ts";

/**
 * Somebody who is shown every entry of a stream once, in order, in the entry's own partition. What it writes and the
 * place it has come to are one commit. The stream's entries must be appended in the order of their instants; one that is
 * appended behind the place is not shown. An entry at which it throws is shown again, later and later, and then skipped:
 * what is wrong with one must not keep the others.
 */
export interface Consumer<T = any> {
  /** Unique, such as eventbridge/rules. */
  readonly name: string;
  readonly stream: Stream<T>;
  consume(scope: Scope, entry: Entry<T>): void;
}

/** There is one while a consumer has something to be shown: who has seen all of a series costs nothing. */
interface Cursor extends Row {
  readonly consumer: string;
  readonly series: string;
  /** The last that it was shown. */
  readonly place?: Place;
  /** How often it has thrown at the entry behind its place. */
  readonly failing?: Failing;
}

interface Failing {
  readonly error: string;
  readonly failures: number;
  readonly firstAt: number;
  readonly retryAt: number;
}

export const cursors = new Table<Cursor>("kernel/cursor");

const BATCH_MAX = 100;
const FAILURES_MAX = 4;
const SKIPPED_MAX = 100;

/** Shows each consumer what it has not yet seen. `strict`: what it throws ends the run. */
export function consumerLoop(consumers: readonly Consumer[], strict: boolean): Loop<Cursor> {
  const byName = new Map(consumers.map((consumer) => [consumer.name, consumer]));
  return {
    table: cursors,
    turn(scope, cursor) {
      const consumer = byName.get(cursor.consumer);
      if (consumer === undefined) return cursors.remove(scope, cursor.id);
      const now = scope.clock.now();
      let { place, failing } = cursor;
      if (failing !== undefined && now < failing.retryAt) return untilRetry(cursor, failing);
      const entries = consumer.stream.read(scope, cursor.series, { limit: BATCH_MAX, ...(place && { after: place }) });
      // What it appends to the series itself begins a new one.
      cursors.remove(scope, cursor.id);
      for (const entry of entries) {
        const error = thrownBy(scope, consumer, entry, strict);
        if (error !== undefined) {
          const failures = (failing?.failures ?? 0) + 1;
          failing = { error, failures, firstAt: failing?.firstAt ?? now, retryAt: now + retryDelayMs(failures) };
          if (failures < FAILURES_MAX) break;
          recordSkipped(scope, cursor, entry, failing);
        }
        failing = undefined;
        place = { at: entry.at, seq: entry.seq };
      }
      if (failing === undefined && entries.length < BATCH_MAX) return;
      cursors.put(scope, {
        id: cursor.id,
        consumer: cursor.consumer,
        series: cursor.series,
        ...(place && { place }),
        ...(failing && { failing }),
      });
      return failing && untilRetry(cursor, failing);
    },
  };
}

/** Show an entry; what it threw, where it did. Then nothing of it has happened. */
function thrownBy(scope: Scope, consumer: Consumer, entry: Entry<unknown>, strict: boolean): string | undefined {
  try {
    scope.attempt(() => consumer.consume(scope, entry));
    return undefined;
  } catch (error) {
    if (strict) throw error;
    return errorText(error);
  }
}

const untilRetry = ({ consumer }: Cursor, { error, failures, retryAt }: Failing): Rest => ({
  wakeAt: retryAt,
  kind: "tick",
  because: `${consumer} failed ${failures} times at one entry: ${firstLine(error)}`,
});

/** The newest of a consumer's skipped entries are kept. */
function recordSkipped(scope: Scope, cursor: Cursor, { series, at, seq }: Entry<unknown>, { error, failures, firstAt }: Failing): void {
  const prefix = `${cursors.path(scope, cursor.id)}@`;
  const known = defects.list(scope, prefix).sort((one, other) => one.lastAt - other.lastAt);
  if (known.length >= SKIPPED_MAX) defects.remove(scope, known[0]!.id);
  const skipped = { consumer: cursor.consumer, series, at, seq };
  defects.put(scope, { id: `${prefix}${at}.${seq}`, error, failures, firstAt, lastAt: scope.clock.now(), skipped });
}

/** Make sure that the stream's consumers are shown what the open commit appends to the series. */
export function ensureCursors(scope: Scope, consumers: readonly Consumer[], stream: Stream<any>, series: string): void {
  let last: readonly Place[] | undefined;
  for (const consumer of consumers) {
    if (consumer.stream !== stream) continue;
    const id = `${consumer.name}|${series}`;
    if (cursors.get(scope, id) !== undefined) continue;
    last ??= stream.peek(scope, series, { newestFirst: true, limit: 1 }).map(({ at, seq }) => ({ at, seq }));
    cursors.put(scope, { id, consumer: consumer.name, series, ...(last[0] && { place: last[0] }) });
  }
}
