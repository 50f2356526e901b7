import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Entry, Stream } from "../../kernel/stream.ts";
import { DescribeAlarmHistory$, type HistoryItemType, InvalidNextToken } from "../../sdk/cloudwatch.js";
import type { Alarm } from "./alarm.ts";

/** One thing that happened to an alarm. */
interface HistoryItem {
  readonly alarm: string;
  readonly kind: Alarm["kind"];
  readonly type: HistoryItemType;
  readonly summary: string;
  readonly data: string;
}

/**
 * One series for all alarms of a partition, kept for thirty days.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
 */
export const history = new Stream<HistoryItem>("cloudwatch/alarm-history", { keepMs: 30 * 86_400_000 });
const ALL = "all";

export const describeAlarmHistory = operation(DescribeAlarmHistory$, (scope, input) => {
  const { AlarmName, HistoryItemType, StartDate, EndDate, MaxRecords = 100, NextToken, ScanBy = "TimestampDescending" } = input;
  const newestFirst = ScanBy === "TimestampDescending";
  const after = NextToken === undefined ? undefined : placeOf(NextToken);
  const found: Entry<HistoryItem>[] = [];
  const range = { ...(StartDate && { from: StartDate.getTime() }), ...(EndDate && { to: EndDate.getTime() }), ...(after && { after }) };
  for (const entry of history.read(scope, ALL, { ...range, newestFirst })) {
    if (AlarmName !== undefined && entry.value.alarm !== AlarmName) continue;
    if (HistoryItemType !== undefined && entry.value.type !== HistoryItemType) continue;
    found.push(entry);
    if (found.length > MaxRecords) break;
  }
  const shown = found.slice(0, MaxRecords);
  const last = found.length > MaxRecords ? shown.at(-1)! : undefined;
  const AlarmHistoryItems = shown.map(({ at, value: { alarm, kind, type, summary, data } }) => ({
    AlarmName: alarm,
    AlarmType: kind === "metric" ? ("MetricAlarm" as const) : ("CompositeAlarm" as const),
    Timestamp: new Date(at),
    HistoryItemType: type,
    HistorySummary: summary,
    HistoryData: data,
  }));
  return { AlarmHistoryItems, ...(last && { NextToken: `${last.at}.${last.seq}` }) };
});

/** Note something that happened to an alarm. */
export function record(scope: Scope, alarm: Pick<Alarm, "id" | "kind">, type: HistoryItemType, summary: string, data: object): void {
  history.append(scope, ALL, scope.clock.now(), { alarm: alarm.id, kind: alarm.kind, type, summary, data: JSON.stringify(data) });
}

function placeOf(token: string): { at: number; seq: number } {
  const [at, seq] = token.split(".").map(Number);
  return Number.isInteger(at) && Number.isInteger(seq) ? { at: at!, seq: seq! } : fault(InvalidNextToken, "Invalid token");
}
