import { metrics } from "../../kernel/facts.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Alarm, alarms, type CompositeSettings, endOfPeriod, type MetricSettings, periodMsOf, queriesOf } from "./alarm.ts";
import { parseAlarmRule } from "./alarm-rule.ts";
import { type Query, queryData, seriesOf } from "./query.ts";
import { transition, type Verdict } from "./transition.ts";

/** Brings an alarm into the state that its metrics, or the alarms of its rule, put it in. */
export const alarmLoop: Loop<Alarm> = {
  table: alarms,
  turn: (scope, alarm) =>
    alarm.kind === "metric" ? evaluateMetric(scope, alarm, alarm.settings) : evaluateRule(scope, alarm, alarm.settings),
};

/** Periods looked at beyond those that decide, so that late data and gaps do not hide the newest data. */
const SPARE_PERIODS = 2;

/**
 * A metric alarm looks at the whole periods that have passed, at the end of each, as things stood then: data of theirs
 * that come late are judged at the end of the period in which they come, and not before, whatever else gives it a turn.
 * Where none of them, nor the one that runs, has data, nothing can change until a datum comes: then it asks for no
 * instant, and the datum wakes it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
 */
function evaluateMetric(scope: Scope, alarm: Alarm, settings: MetricSettings): Rest | void {
  const now = scope.clock.now();
  if (alarm.heldUntil !== undefined && now < alarm.heldUntil) {
    return { wakeAt: alarm.heldUntil, kind: "tick", because: "somebody set its state, which stays until the period is over" };
  }
  const queries = queriesOf(settings);
  const periodMs = periodMsOf(settings);
  const next = endOfPeriod(settings, now);
  const to = next - periodMs;
  const from = to - (settings.EvaluationPeriods! + SPARE_PERIODS) * periodMs;
  const values = queryData(scope, queries, { from, to, asOf: to })[0]?.values ?? new Map<number, number>();
  const state = judge(settings, values) ?? alarm.state;
  if (state !== alarm.state) transition(scope, alarm, explain(settings, values, state));
  if (anyData(scope, queries, from)) return { wakeAt: next, kind: "tick", because: "the end of the period that runs" };
}

/** Whether there are data from the instant on. Where there are none, whoever asked is woken by the first. */
function anyData(scope: Scope, queries: readonly Query[], from: number): boolean {
  const series = seriesOf(queries);
  if (series.some((one) => metrics.peek(scope, one, { from }).length > 0)) return true;
  for (const one of series) metrics.read(scope, one, { from });
  return false;
}

/** What the newest periods that have data say. */
interface Findings {
  /** Newest first; at most as many as decide. */
  readonly newest: readonly (readonly [number, number])[];
  readonly breaching: number;
  readonly absent: number;
}

function findingsOf(settings: MetricSettings, values: ReadonlyMap<number, number>): Findings {
  const { EvaluationPeriods: periods = 1 } = settings;
  const newest = [...values].sort(([one], [other]) => other - one).slice(0, periods);
  const breaching = newest.filter(([, value]) => breaches(settings, value)).length;
  return { newest, breaching, absent: periods - newest.length };
}

/**
 * M of the last N periods that have data; those that lack data count as `TreatMissingData` says. Undefined: it stays as it is.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function judge(settings: MetricSettings, values: ReadonlyMap<number, number>): Verdict["state"] | undefined {
  const { EvaluationPeriods: periods = 1, DatapointsToAlarm: needed = periods, TreatMissingData: missing = "missing" } = settings;
  const { newest, breaching, absent } = findingsOf(settings, values);
  if (missing === "breaching") return breaching + absent >= needed ? "ALARM" : "OK";
  if (missing === "notBreaching") return breaching >= needed ? "ALARM" : "OK";
  if (newest.length === 0) return missing === "ignore" ? undefined : "INSUFFICIENT_DATA";
  if (breaching >= needed) return "ALARM";
  const allBreach = absent > 0 && breaching === newest.length;
  if (!allBreach) return "OK";
  return missing === "ignore" ? undefined : "ALARM";
}

/** Why an alarm is in the state that it was found to be in. */
function explain(settings: MetricSettings, values: ReadonlyMap<number, number>, state: Verdict["state"]): Verdict {
  const { TreatMissingData: missing = "missing", Threshold: threshold = 0 } = settings;
  const { newest, breaching, absent } = findingsOf(settings, values);
  const count = state === "ALARM" ? breaching + (missing === "breaching" ? absent : 0) : newest.length - breaching + absent;
  const recentDatapoints = newest.map(([, value]) => value).reverse();
  return {
    state,
    reason: reasonFor(settings, newest, count, state),
    reasonData: JSON.stringify({ version: "1.0", recentDatapoints, threshold }),
  };
}

function breaches({ ComparisonOperator, Threshold = 0 }: MetricSettings, value: number): boolean {
  switch (ComparisonOperator) {
    case "GreaterThanThreshold":
      return value > Threshold;
    case "LessThanThreshold":
      return value < Threshold;
    case "LessThanOrEqualToThreshold":
      return value <= Threshold;
    default:
      return value >= Threshold;
  }
}

const WORDS: Readonly<Record<string, readonly [string, string]>> = {
  GreaterThanOrEqualToThreshold: ["greater than or equal to", "not greater than or equal to"],
  GreaterThanThreshold: ["greater than", "not greater than"],
  LessThanThreshold: ["less than", "not less than"],
  LessThanOrEqualToThreshold: ["less than or equal to", "not less than or equal to"],
};

/** The sentence that CloudWatch writes: "Threshold Crossed: 1 datapoint [2.0 (21/11/26 10:00:00)] was greater than …". */
function reasonFor(
  settings: MetricSettings,
  newest: readonly (readonly [number, number])[],
  count: number,
  state: Verdict["state"],
): string {
  const { EvaluationPeriods: periods = 1, DatapointsToAlarm, ComparisonOperator, Threshold = 0, TreatMissingData } = settings;
  const points = newest.map(([at, value]) => `${decimal(value)} (${day(at)})`).join(", ");
  const [crossed, kept] = WORDS[ComparisonOperator!]!;
  if (newest.length === 0) {
    const what = periods === 1 ? "no datapoints were received for 1 period" : `no datapoints were received for ${periods} periods`;
    if (state === "INSUFFICIENT_DATA") return `Insufficient Data: ${periods} datapoint${periods === 1 ? " was" : "s were"} unknown.`;
    return `Threshold Crossed: ${what} and ${periods === 1 ? "1 missing datapoint was" : `${periods} missing datapoints were`} treated as [${TreatMissingData === "breaching" ? "Breaching" : "NonBreaching"}].`;
  }
  const total = DatapointsToAlarm === undefined || DatapointsToAlarm === periods ? "" : ` out of the last ${periods} datapoints`;
  const plural = newest.length === 1 ? "datapoint" : "datapoints";
  if (total !== "" && state === "ALARM") {
    return `Threshold Crossed: ${count}${total} [${points}] were ${crossed} the threshold (${decimal(Threshold)}) (minimum ${DatapointsToAlarm} datapoint${DatapointsToAlarm === 1 ? "" : "s"} for OK -> ALARM transition).`;
  }
  const verb = newest.length === 1 ? "was" : "were";
  return `Threshold Crossed: ${newest.length} ${plural} [${points}] ${verb} ${state === "ALARM" ? crossed : kept} the threshold (${decimal(Threshold)}).`;
}

const decimal = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

/** 21/11/26 10:00:00 */
const day = (at: number): string => {
  const [date, time] = new Date(at).toISOString().split("T") as [string, string];
  return `${date.slice(8)}/${date.slice(5, 7)}/${date.slice(2, 4)} ${time.slice(0, 8)}`;
};

/** A composite alarm is woken by the alarms that it reads. */
function evaluateRule(scope: Scope, alarm: Alarm, { AlarmRule }: CompositeSettings): void {
  const rule = parseAlarmRule(AlarmRule!)!;
  const holds = rule.holds((name) => alarms.get(scope, name)?.state);
  const state = holds ? "ALARM" : "OK";
  if (state === alarm.state) return;
  const causes = rule.names.flatMap((name) => {
    const other = alarms.get(scope, name);
    return other === undefined
      ? []
      : [`${scope.arn("cloudwatch", `alarm:${name}`)} transitioned to ${other.state} at ${new Date(other.changedAt).toUTCString()}`];
  });
  transition(scope, alarm, { state, reason: causes[0] ?? `The rule is ${holds ? "true" : "false"}.` });
}
