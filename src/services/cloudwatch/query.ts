import { type Datum, metricSeries, metrics } from "../../kernel/facts.ts";
import { fault } from "../../kernel/fault.ts";
import type { Stored } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Entry } from "../../kernel/stream.ts";
import type { MetricDataQuery } from "../../sdk/cloudwatch.js";
import { compileExpression, ExpressionError, idsIn, type Series, type Value } from "./expression.ts";
import { dimensionsOf } from "./metric.ts";
import { type Sample, sampleOf, statistic } from "./statistics.ts";

/** Queries as the API has them, from a call or from a row. */
export type Query = MetricDataQuery | Stored<MetricDataQuery>;

export interface QueryResult {
  readonly id: string;
  readonly label: string;
  /** By the instant at which the period begins. */
  readonly values: Series;
}

export interface Window {
  readonly from: number;
  readonly to: number;
  /** Without what was taken in at this instant or later; and without being woken by it. */
  readonly asOf?: number;
}

/** What each query that returns data gives in the window; periods begin at multiples of themselves. */
export function queryData(scope: Scope, queries: readonly Query[], window: Window): QueryResult[] {
  const evaluator = new Evaluator(scope, queries, window);
  return queries
    .filter(({ ReturnData }) => ReturnData !== false)
    .flatMap((query) =>
      evaluator.seriesOf(query).map((values, index, all) => ({
        id: query.Id!,
        label: query.Label ?? query.MetricStat?.Metric?.MetricName ?? (all.length > 1 ? `${query.Id} ${index + 1}` : query.Id!),
        values,
      })),
    );
}

/** The period of a query in seconds: its own, or the longest of those that it is computed from. */
export function periodOf(queries: readonly Query[], query: Query): number {
  const own = query.MetricStat?.Period ?? query.Period;
  if (own !== undefined) return own;
  const used = queries.filter(
    ({ Id, MetricStat }) => MetricStat && (idsIn(query.Expression ?? "").includes(Id!) || /METRICS\(/.test(query.Expression ?? "")),
  );
  return Math.max(60, ...used.map(({ MetricStat }) => MetricStat!.Period!));
}

/** The series that the queries read. */
export const seriesOf = (queries: readonly Query[]): string[] =>
  queries.flatMap(({ MetricStat }) => {
    const metric = MetricStat?.Metric;
    return metric
      ? [metricSeries({ namespace: metric.Namespace!, name: metric.MetricName!, dimensions: dimensionsOf(metric.Dimensions as any) })]
      : [];
  });

class Evaluator {
  readonly #scope: Scope;
  readonly #queries: readonly Query[];
  readonly #window: Window;
  readonly #known = new Map<string, Value>();

  constructor(scope: Scope, queries: readonly Query[], window: Window) {
    this.#scope = scope;
    this.#queries = queries;
    this.#window = window;
  }

  seriesOf(query: Query): Series[] {
    const value = this.#valueOf(query);
    if (typeof value !== "number") return Array.isArray(value) ? (value as Series[]) : [value as Series];
    return [new Map(this.#instants(periodOf(this.#queries, query)).map((at) => [at, value]))];
  }

  #valueOf(query: Query): Value {
    const known = this.#known.get(query.Id!);
    if (known !== undefined) return known;
    const value = query.MetricStat === undefined ? this.#evaluate(query) : this.#measured(query.MetricStat as any);
    this.#known.set(query.Id!, value);
    return value;
  }

  #evaluate(query: Query): Value {
    const period = periodOf(this.#queries, query);
    try {
      return compileExpression(query.Expression!)({
        get: (id) => {
          const other = this.#queries.find(({ Id }) => Id === id);
          return other && this.#valueOf(other);
        },
        metrics: (containing = "") =>
          this.#queries
            .filter(({ MetricStat, Id }) => MetricStat && Id!.includes(containing))
            .map((other) => this.#valueOf(other) as Series),
        instants: this.#instants(period),
        period,
      });
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return fault("ValidationError", `Error in expression '${query.Id}': ${error.message}`);
    }
  }

  #measured({ Metric, Period, Stat, Unit }: NonNullable<MetricDataQuery["MetricStat"]>): Series {
    const of =
      statistic(Stat!) ??
      fault("ValidationError", `The value ${Stat} for parameter MetricDataQueries.member.1.MetricStat.Stat is not supported.`);
    const series = metricSeries({ namespace: Metric!.Namespace!, name: Metric!.MetricName!, dimensions: dimensionsOf(Metric!.Dimensions) });
    const values = new Map<number, number>();
    for (const [at, sample] of samples(this.#scope, series, Period! * 1000, this.#window, Unit)) values.set(at, of(sample));
    return values;
  }

  #instants(period: number): number[] {
    const step = period * 1000;
    const first = Math.floor(this.#window.from / step) * step;
    return Array.from({ length: Math.max(0, Math.ceil((this.#window.to - first) / step)) }, (_, index) => first + index * step);
  }
}

/** The data of a series per period that begins in the window, in order. */
export function samples(scope: Scope, series: string, periodMs: number, { from, to, asOf }: Window, unit?: string): Map<number, Sample> {
  const first = Math.floor(from / periodMs) * periodMs;
  const query = { from: first, to };
  const entries = asOf === undefined ? metrics.read(scope, series, query) : takenInBefore(asOf, metrics.peek(scope, series, query));
  const result = new Map<number, Sample>();
  let start = 0;
  while (start < entries.length) {
    const at = Math.floor(entries[start]!.at / periodMs) * periodMs;
    let end = start;
    while (end < entries.length && entries[end]!.at < at + periodMs) end++;
    const data = entries.slice(start, end).map(({ value }) => value);
    const sample = sampleOf(unit === undefined ? data : data.filter((datum) => (datum.unit ?? "None") === unit));
    if (sample !== undefined) result.set(at, sample);
    start = end;
  }
  return result;
}

const takenInBefore = (instant: number, entries: readonly Entry<Datum>[]): readonly Entry<Datum>[] =>
  entries.some(({ value: { ingestedAt = 0 } }) => ingestedAt >= instant)
    ? entries.filter(({ value: { ingestedAt = 0 } }) => ingestedAt < instant)
    : entries;
