import type { Loop } from "./loop.ts";
import type { Scope } from "./scope.ts";
import type { Stream } from "./stream.ts";
import { type Row, Table } from "./table.ts";
import { formatDuration } from "./time.ts";

/** That a partition has entries of a stream, by its name, which keeps them for a time only. */
interface Retention extends Row {
  /** As far as is known; one that came later may be older. */
  readonly oldestAt: number;
}

export const retentions = new Table<Retention>("kernel/retention");

const DAY_MS = 86_400_000;

/** Forgets what streams with a `keepMs` have kept for so long: at most once a day, and only where there is something to forget. */
export function retentionLoop(streams: readonly Stream<any>[]): Loop<Retention> {
  const byName = new Map(streams.map((stream) => [stream.name, stream]));
  return {
    table: retentions,
    turn(scope, { id, oldestAt }) {
      const stream = byName.get(id);
      if (stream?.keepMs === undefined) return retentions.remove(scope, id);
      const wakeAt = expiryOf(oldestAt, stream.keepMs);
      const because = `entries of ${id} go after ${formatDuration(stream.keepMs)}`;
      if (scope.clock.now() < wakeAt) return { wakeAt, kind: "tick", because };
      const oldest = forget(scope, stream, stream.series(scope), stream.keepMs);
      if (oldest === undefined) retentions.remove(scope, id);
      else retentions.patch(scope, id, { oldestAt: oldest });
    },
  };
}

/** Forget what is older in each of the series, and the series that have nothing else. Answers the instant of the oldest entry that stays. */
export function forget(scope: Scope, stream: Stream<any>, series: readonly string[], keepMs: number): number | undefined {
  const before = scope.clock.now() - keepMs;
  let oldest: number | undefined;
  for (const one of series) {
    const [first] = stream.peek(scope, one, { limit: 1 });
    if (first === undefined) continue;
    const kept = first.at >= before ? first : stream.peek(scope, one, { from: before, limit: 1 })[0];
    if (kept !== first) stream.trim(scope, one, kept && before);
    if (kept !== undefined) oldest = Math.min(oldest ?? kept.at, kept.at);
  }
  return oldest;
}

/** When an entry goes: with all others of its day. */
export const expiryOf = (at: number, keepMs: number): number => (Math.floor(at / DAY_MS) + 1) * DAY_MS + keepMs;
