import type { Consumer } from "../../kernel/consumer.ts";
import { type LogLine, logLines, parseLogSeries } from "../../kernel/facts.ts";
import { logGroups, newGroup } from "./group.ts";
import { measureLine } from "./metric-filter.ts";
import { ensureStream } from "./stream.ts";
import { sendLine } from "./subscription-filter.ts";

/** Lines that services and jobs write make the group and the stream that they go to, and meet the filters of the group. */
export const linesArrive: Consumer<LogLine> = {
  name: "cloudwatch-logs/streams",
  stream: logLines,
  consume(scope, entry) {
    const { group, stream } = parseLogSeries(entry.series);
    if (logGroups.get(scope, group) === undefined) newGroup(scope, group);
    ensureStream(scope, group, stream);
    measureLine(scope, group, entry);
    sendLine(scope, group, stream, entry);
  },
};
