import { type Datum, metricSeries, metrics, parseMetricSeries } from "../../kernel/facts.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import {
  type Dimension,
  GetMetricData$,
  GetMetricStatistics$,
  InvalidNextToken,
  InvalidParameterCombinationException,
  InvalidParameterValueException,
  ListMetrics$,
  type Metric,
  type MetricDatum,
  PutMetricData$,
} from "../../sdk/cloudwatch.js";
import { queryData } from "./query.ts";
import { sampleOf, statistic } from "./statistics.ts";

const DATA_MAX = 1000;
const VALUES_MAX = 150;
const DIMENSIONS_MAX = 30;
const TWO_WEEKS_MS = 14 * 86_400_000;
const TWO_HOURS_MS = 2 * 3_600_000;
const THREE_HOURS_MS = 3 * 3_600_000;

export const putMetricData = operation(PutMetricData$, (scope, { Namespace, MetricData = [], EntityMetricData = [] }) => {
  if (Namespace!.startsWith("AWS/")) {
    fault(InvalidParameterValueException, "The value AWS/ for parameter Namespace is invalid.");
  }
  const data = [...MetricData, ...EntityMetricData.flatMap(({ MetricData: more = [] }) => more)];
  if (data.length > DATA_MAX)
    fault(InvalidParameterValueException, `The collection MetricData must not have a size greater than ${DATA_MAX}.`);
  const now = scope.clock.now();
  for (const datum of data) checkDatum(datum, now);
  for (const datum of data) {
    const metric = { namespace: Namespace!, name: datum.MetricName!, dimensions: dimensionsOf(datum.Dimensions) };
    scope.measure(metric, storedDatum(datum), datum.Timestamp?.getTime());
  }
  return {};
});

/** Metrics that had data in the last two weeks. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html */
export const listMetrics = operation(ListMetrics$, (scope, { Namespace, MetricName, Dimensions = [], RecentlyActive, NextToken }) => {
  const prefix =
    Namespace === undefined ? "" : `[${JSON.stringify(Namespace)},${MetricName === undefined ? "" : `${JSON.stringify(MetricName)}`}`;
  const since = scope.clock.now() - (RecentlyActive === undefined ? TWO_WEEKS_MS : THREE_HOURS_MS);
  const found = metrics.series(scope, prefix).filter((series) => {
    const { name, dimensions } = parseMetricSeries(series);
    if (MetricName !== undefined && name !== MetricName) return false;
    if (!Dimensions.every(({ Name, Value }) => (Value === undefined ? Name! in dimensions : dimensions[Name!] === Value))) return false;
    return metrics.peek(scope, series, { from: since, limit: 1 }).length > 0;
  });
  const { items, nextToken } = page(
    found,
    (series) => series,
    500,
    NextToken,
    () => fault(InvalidNextToken, "Invalid token"),
  );
  return { Metrics: items.map(shownMetric), ...(nextToken && { NextToken: nextToken }) };
});

export const getMetricStatistics = operation(GetMetricStatistics$, (scope, input) => {
  const { Namespace, MetricName, Dimensions, StartTime, EndTime, Period, Statistics = [], ExtendedStatistics = [], Unit } = input;
  checkPeriod(Period!);
  if (StartTime!.getTime() >= EndTime!.getTime()) {
    fault(InvalidParameterValueException, "The parameter StartTime must be less than the parameter EndTime.");
  }
  if (Statistics.length === 0 && ExtendedStatistics.length === 0) {
    fault(InvalidParameterCombinationException, "At least one of the parameters Statistics and ExtendedStatistics must be specified.");
  }
  const periodMs = Period! * 1000;
  const count = Math.ceil((EndTime!.getTime() - StartTime!.getTime()) / periodMs);
  if (count > 1440) {
    fault(
      InvalidParameterCombinationException,
      `You have requested up to ${count} datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
  }
  const extended = ExtendedStatistics.map(
    (name) =>
      [
        name,
        statistic(name) ?? fault(InvalidParameterValueException, `The value ${name} for parameter ExtendedStatistics is not supported.`),
      ] as const,
  );
  const series = metricSeries({ namespace: Namespace!, name: MetricName!, dimensions: dimensionsOf(Dimensions) });
  const from = Math.floor(StartTime!.getTime() / 60_000) * 60_000;
  const buckets = new Map<number, Datum[]>();
  let unit: string | undefined;
  for (const { at, value } of metrics.read(scope, series, { from, to: EndTime!.getTime() })) {
    if (Unit !== undefined && (value.unit ?? "None") !== Unit) continue;
    unit ??= value.unit;
    const start = from + Math.floor((at - from) / periodMs) * periodMs;
    buckets.set(start, [...(buckets.get(start) ?? []), value]);
  }
  const Datapoints = [...buckets].map(([start, data]) => {
    const sample = sampleOf(data)!;
    const plain = Statistics.map((name) => [name, statistic(name)!(sample)]);
    return {
      Timestamp: new Date(start),
      ...Object.fromEntries(plain),
      ...(extended.length > 0 && { ExtendedStatistics: Object.fromEntries(extended.map(([name, of]) => [name, of(sample)])) }),
      Unit: (unit ?? "None") as "None",
    };
  });
  return { Label: MetricName!, Datapoints };
});

export const getMetricData = operation(
  GetMetricData$,
  (scope, { MetricDataQueries = [], StartTime, EndTime, ScanBy = "TimestampDescending" }) => {
    if (StartTime!.getTime() >= EndTime!.getTime())
      fault("ValidationError", "The parameter StartTime must be less than the parameter EndTime.");
    const results = queryData(scope, MetricDataQueries, { from: StartTime!.getTime(), to: EndTime!.getTime() });
    const shown = results.map(({ id, label, values }) => {
      const entries = [...values].sort(([one], [other]) => (ScanBy === "TimestampAscending" ? one - other : other - one));
      return {
        Id: id,
        Label: label,
        Timestamps: entries.map(([at]) => new Date(at)),
        Values: entries.map(([, value]) => value),
        StatusCode: "Complete" as const,
      };
    });
    return { MetricDataResults: shown, Messages: [] };
  },
  { partial: "one page; SEARCH and anomaly detection are not evaluated" },
);

export const dimensionsOf = (dimensions: readonly Dimension[] = []): Record<string, string> =>
  Object.fromEntries(dimensions.map(({ Name, Value }) => [Name!, Value!]));

/** 1, 5, 10, 20, 30, or a multiple of 60 seconds. */
export function checkPeriod(seconds: number): void {
  if (seconds > 0 && ([1, 5, 10, 20, 30].includes(seconds) || seconds % 60 === 0)) return;
  fault(InvalidParameterValueException, "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
}

const shownMetric = (series: string): Metric => {
  const { namespace, name, dimensions } = parseMetricSeries(series);
  return { Namespace: namespace, MetricName: name, Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })) };
};

function checkDatum({ MetricName, Dimensions = [], Timestamp, Value, Values, Counts, StatisticValues }: MetricDatum, now: number): void {
  const refuse = (message: string): never => fault(InvalidParameterValueException, message);
  if ([Value, Values, StatisticValues].filter((one) => one !== undefined).length !== 1) {
    fault(
      InvalidParameterCombinationException,
      `The parameters MetricData.member.1.Value, Values and StatisticValues are mutually exclusive, and one of them is required for ${MetricName}.`,
    );
  }
  if (Dimensions.length > DIMENSIONS_MAX)
    refuse(`The collection MetricData.member.1.Dimensions must not have a size greater than ${DIMENSIONS_MAX}.`);
  if (Values !== undefined && (Values.length > VALUES_MAX || (Counts !== undefined && Counts.length !== Values.length))) {
    refuse(`The collection MetricData.member.1.Values must not have a size greater than ${VALUES_MAX}, and as many Counts as Values.`);
  }
  const numbers = [...(Value === undefined ? [] : [Value]), ...(Values ?? [])];
  if (numbers.some((number) => !Number.isFinite(number) || Math.abs(number) > 2 ** 360))
    refuse("The value for parameter MetricData.member.1.Value is invalid.");
  const at = Timestamp?.getTime() ?? now;
  if (at < now - TWO_WEEKS_MS || at > now + TWO_HOURS_MS) {
    refuse(
      "The parameter MetricData.member.1.Timestamp must specify a time no more than two weeks in the past and no more than two hours in the future.",
    );
  }
}

function storedDatum({ Value, Values, Counts, StatisticValues, Unit }: MetricDatum): Datum {
  const unit = Unit === undefined ? {} : { unit: Unit };
  if (Value !== undefined) return { value: Value, ...unit };
  if (Values !== undefined) return { values: Values, ...(Counts !== undefined && { counts: Counts }), ...unit };
  const { SampleCount, Sum, Minimum, Maximum } = StatisticValues!;
  return { statistics: { sampleCount: SampleCount!, sum: Sum!, minimum: Minimum!, maximum: Maximum! }, ...unit };
}
