import { logLines, logSeries } from "../../kernel/facts.ts";
import type { Loop } from "../../kernel/loop.ts";
import { type LogGroup, logGroups } from "./group.ts";
import { logStreams } from "./stream.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A group with a retention forgets, at most once an hour, the lines that are older. */
export const retentionLoop: Loop<LogGroup> = {
  table: logGroups,
  turn(scope, { id, retentionDays }) {
    if (retentionDays === undefined) return;
    const before = scope.clock.now() - retentionDays * DAY_MS;
    let oldest: number | undefined;
    for (const { name } of logStreams.by(scope, "group", id)) {
      const series = logSeries(id, name);
      const first = logLines.peek(scope, series, { from: before, limit: 1 })[0] ?? logLines.read(scope, series, { limit: 1 })[0];
      if (first === undefined) continue;
      logLines.trim(scope, series, before);
      oldest = Math.min(oldest ?? first.at, first.at);
    }
    if (oldest === undefined) return;
    const wakeAt = (Math.floor(Math.max(oldest, before) / HOUR_MS) + 1) * HOUR_MS + retentionDays * DAY_MS;
    return { wakeAt, kind: "tick", because: `lines older than ${retentionDays} days go` };
  },
};
