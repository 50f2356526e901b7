import type { Place } from "./disk.ts";
import type { Loop } from "./loop.ts";
import type { Scope } from "./scope.ts";
import type { Entry, Stream } from "./stream.ts";
import { type Row, Table } from "./table.ts";

/**
 * Somebody who is shown every entry of a stream once, in order, in the entry's own partition. What it writes and the
 * place it has come to are one commit. The stream's entries must be appended in the order of their instants; one that is
 * appended behind the place is not shown.
 */
export interface Consumer<T = any> {
  /** Unique, such as eventbridge/rules. */
  readonly name: string;
  readonly stream: Stream<T>;
  consume(scope: Scope, entry: Entry<T>): void;
}

interface Cursor extends Row {
  readonly consumer: string;
  readonly series: string;
  readonly place?: Place;
}

export const cursors = new Table<Cursor>("kernel/cursor");

const BATCH_MAX = 100;

/** Shows each consumer what it has not yet seen. */
export function consumerLoop(consumers: readonly Consumer[]): Loop<Cursor> {
  const byName = new Map(consumers.map((consumer) => [consumer.name, consumer]));
  return {
    table: cursors,
    turn(scope, cursor) {
      const consumer = byName.get(cursor.consumer);
      if (consumer === undefined) return cursors.remove(scope, cursor.id);
      const { place: after } = cursor;
      const entries = consumer.stream.read(scope, cursor.series, { limit: BATCH_MAX, ...(after && { after }) });
      for (const entry of entries) consumer.consume(scope, entry);
      const last = entries.at(-1);
      if (last !== undefined) cursors.patch(scope, cursor.id, { place: { at: last.at, seq: last.seq } });
    },
  };
}

/** Make sure that the stream's consumers have a place in the series. */
export function ensureCursors(scope: Scope, consumers: readonly Consumer[], stream: Stream<any>, series: string): void {
  for (const consumer of consumers) {
    if (consumer.stream !== stream) continue;
    const id = `${consumer.name}|${series}`;
    if (cursors.get(scope, id) === undefined) cursors.put(scope, { id, consumer: consumer.name, series });
  }
}
