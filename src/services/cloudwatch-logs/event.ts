import { type LogLine, logLines, logSeries } from "../../kernel/facts.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Entry } from "../../kernel/stream.ts";
import {
  FilterLogEvents$,
  GetLogEvents$,
  type InputLogEvent,
  InvalidParameterException,
  PutLogEvents$,
  type RejectedLogEventsInfo,
} from "../../sdk/cloudwatch-logs.js";
import { compileFilter } from "./filter-pattern.ts";
import { type LogGroup, requireGroup } from "./group.ts";
import { logStreams, requireStream } from "./stream.ts";

const TWO_HOURS_MS = 7_200_000;
const FOURTEEN_DAYS_MS = 1_209_600_000;
const DAY_MS = 86_400_000;
const EVENTS_MAX = 10_000;

export const putLogEvents = operation(PutLogEvents$, (scope, { logGroupName, logStreamName, logEvents = [] }) => {
  const { group, name } = requireStream(scope, logGroupName, logStreamName!);
  const disorder = logEvents.some(({ timestamp }, index) => index > 0 && timestamp! < logEvents[index - 1]!.timestamp!);
  if (disorder) fault(InvalidParameterException, "Log events in a single PutLogEvents request must be in chronological order.");
  const rejected = rejections(scope, requireGroup(scope, group), logEvents);
  const { tooNewLogEventStartIndex: end = logEvents.length, tooOldLogEventEndIndex = 0, expiredLogEventEndIndex = 0 } = rejected;
  const start = Math.max(tooOldLogEventEndIndex, expiredLogEventEndIndex);
  const series = logSeries(group, name);
  for (const { timestamp, message } of logEvents.slice(start, end)) {
    logLines.append(scope, series, timestamp!, { message: message!, ingestedAt: scope.clock.now() });
  }
  count(scope, group, logEvents.slice(start, end));
  return {
    nextSequenceToken: "49039859596902479886512768417446437363439896",
    ...(Object.keys(rejected).length > 0 && { rejectedLogEventsInfo: rejected }),
  };
});

export const getLogEvents = operation(GetLogEvents$, (scope, input) => {
  const {
    logGroupName,
    logGroupIdentifier,
    logStreamName,
    startTime,
    endTime,
    startFromHead = false,
    limit = EVENTS_MAX,
    nextToken,
  } = input;
  const { group, name } = requireStream(scope, logGroupName ?? logGroupIdentifier, logStreamName!);
  const token = nextToken === undefined ? undefined : parseToken(nextToken);
  const forward = token === undefined ? startFromHead : token.forward;
  const window = { ...(startTime !== undefined && { from: startTime }), ...(endTime !== undefined && { to: endTime }) };
  const found = logLines.read(scope, logSeries(group, name), { ...window, limit, newestFirst: !forward, ...(token && { after: token }) });
  const inOrder = forward ? found : found.reverse();
  const first = inOrder[0] ?? token;
  const last = inOrder.at(-1) ?? token;
  return {
    events: inOrder.map(({ at, value: { message, ingestedAt } }) => ({ timestamp: at, message, ingestionTime: ingestedAt })),
    nextForwardToken: `f/${last?.at ?? 0}/${last?.seq ?? 0}`,
    nextBackwardToken: `b/${first?.at ?? Number.MAX_SAFE_INTEGER}/${first?.seq ?? 0}`,
  };
});

export const filterLogEvents = operation(FilterLogEvents$, (scope, input) => {
  const {
    logGroupName,
    logGroupIdentifier,
    logStreamNames,
    logStreamNamePrefix = "",
    startTime,
    endTime,
    filterPattern = "",
    limit = EVENTS_MAX,
    nextToken,
  } = input;
  const { id: group } = requireGroup(scope, logGroupName ?? logGroupIdentifier);
  const matches = compileFilter(filterPattern) ?? fault(InvalidParameterException, "Invalid filter pattern");
  const after = nextToken === undefined ? undefined : parseToken(nextToken);
  const window = { from: Math.max(startTime ?? 0, after?.at ?? 0), ...(endTime !== undefined && { to: endTime + 1 }) };
  const streams = logStreams
    .by(scope, "group", group)
    .filter(({ name }) => (logStreamNames === undefined ? name.startsWith(logStreamNamePrefix) : logStreamNames.includes(name)));
  const found: (Entry<LogLine> & { name: string })[] = [];
  for (const { name } of streams) {
    for (const entry of logLines.read(scope, logSeries(group, name), window)) {
      if (after !== undefined && entry.at === after.at && entry.seq <= after.seq) continue;
      if (matches(entry.value.message)) found.push({ ...entry, name });
    }
  }
  found.sort((one, other) => one.at - other.at || one.seq - other.seq);
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    events: shown.map(({ at, seq, name, value: { message, ingestedAt } }) => ({
      logStreamName: name,
      timestamp: at,
      message,
      ingestionTime: ingestedAt,
      eventId: String(seq).padStart(56, "0"),
    })),
    searchedLogStreams: [],
    ...(last && { nextToken: `f/${last.at}/${last.seq}` }),
  };
});

/** Which events at the beginning or the end are not taken. */
function rejections(scope: Scope, { retentionDays }: LogGroup, given: readonly InputLogEvent[]): RejectedLogEventsInfo {
  const now = scope.clock.now();
  const tooNew = given.findIndex(({ timestamp }) => timestamp! > now + TWO_HOURS_MS);
  const before = (instant: number): number => given.filter(({ timestamp }) => timestamp! < instant).length;
  const tooOld = before(now - FOURTEEN_DAYS_MS);
  const expired = retentionDays === undefined ? 0 : before(now - retentionDays * DAY_MS);
  return {
    ...(tooNew >= 0 && { tooNewLogEventStartIndex: tooNew }),
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(expired > 0 && { expiredLogEventEndIndex: expired }),
  };
}

function count(scope: Scope, LogGroupName: string, taken: readonly InputLogEvent[]): void {
  const dimensions = { LogGroupName };
  scope.measure({ namespace: "AWS/Logs", name: "IncomingLogEvents", dimensions }, { value: taken.length, unit: "None" });
  const bytes = taken.reduce((sum, { message }) => sum + Buffer.byteLength(message!) + 26, 0);
  scope.measure({ namespace: "AWS/Logs", name: "IncomingBytes", dimensions }, { value: bytes, unit: "Bytes" });
}

function parseToken(token: string): { forward: boolean; at: number; seq: number } {
  const [, direction, at, seq] =
    /^([fb])\/(\d+)\/(\d+)$/.exec(token) ?? fault(InvalidParameterException, "The specified nextToken is invalid.");
  return { forward: direction === "f", at: Number(at), seq: Number(seq) };
}
