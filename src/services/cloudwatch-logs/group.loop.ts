import { logLines, logSeries } from "../../kernel/facts.ts";
import type { Loop } from "../../kernel/loop.ts";
import { expiryOf, forget } from "../../kernel/retention.ts";
import { type LogGroup, logGroups } from "./group.ts";
import { logStreams } from "./stream.ts";

const DAY_MS = 86_400_000;

/** A group with a retention forgets, at most once a day, the lines that are older. */
export const retentionLoop: Loop<LogGroup> = {
  table: logGroups,
  turn(scope, { id, retentionDays, oldestAt }) {
    if (retentionDays === undefined) return;
    const keepMs = retentionDays * DAY_MS;
    if (oldestAt !== undefined) {
      const wakeAt = expiryOf(oldestAt, keepMs);
      if (scope.clock.now() < wakeAt) return { wakeAt, kind: "tick", because: `lines older than ${retentionDays} days go` };
    }
    const series = logStreams.by(scope, "group", id).map(({ name }) => logSeries(id, name));
    const oldest = forget(scope, logLines, series, keepMs);
    logGroups.patch(scope, id, { oldestAt: oldest });
    // Nothing is left: the first line that comes wakes it.
    if (oldest === undefined) for (const one of series) logLines.read(scope, one, { limit: 1 });
  },
};
