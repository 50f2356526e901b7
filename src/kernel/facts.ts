import { Stream } from "./stream.ts";

/** Something that happened, as EventBridge's events tell it. */
export interface Fact {
  readonly id: string;
  /** Such as aws.codepipeline. */
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly resources: readonly string[];
  /** The event bus, where it is not the default one. */
  readonly bus?: string;
  /** When it happened, where whoever says so says another time than now; milliseconds. */
  readonly time?: number;
}

/** What was measured: one value, or a set of values with their counts, or only their statistics. */
export interface Datum {
  readonly value?: number;
  readonly values?: readonly number[];
  readonly counts?: readonly number[];
  readonly statistics?: { readonly sampleCount: number; readonly sum: number; readonly minimum: number; readonly maximum: number };
  readonly unit?: string;
  /** When it was taken in, where that was later than its own instant. */
  readonly ingestedAt?: number;
}

/** Which metric a datum belongs to. */
export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions?: Readonly<Record<string, string>>;
}

export interface LogLine {
  readonly message: string;
  /** When it was taken in; the entry's own instant is the line's. */
  readonly ingestedAt: number;
}

/** As long as CloudWatch keeps data, so that a year can be compared with the one before. */
const FIFTEEN_MONTHS_MS = 455 * 86_400_000;

/** One series, `events`, per partition. */
export const events = new Stream<Fact>("kernel/events", { keepMs: FIFTEEN_MONTHS_MS });
export const EVENTS = "events";

/** A series per metric, named by `metricSeries`. */
export const metrics = new Stream<Datum>("kernel/metrics", { keepMs: FIFTEEN_MONTHS_MS });

/** A series per log stream, named by `logSeries`. How long lines are kept is a setting of their log group. */
export const logLines = new Stream<LogLine>("kernel/log-lines");

/** The series of a metric: ["namespace","name",["dimension","value"],…], dimensions in order of their names. */
export function metricSeries({ namespace, name, dimensions = {} }: MetricName): string {
  const sorted = Object.keys(dimensions)
    .sort()
    .map((key) => [key, dimensions[key]]);
  return JSON.stringify([namespace, name, ...sorted]);
}

export function parseMetricSeries(series: string): Required<MetricName> {
  const [namespace, name, ...dimensions] = JSON.parse(series) as [string, string, ...[string, string][]];
  return { namespace, name, dimensions: Object.fromEntries(dimensions) };
}

/** The series of a log stream. Neither name can hold a colon and a star together, so no two are the same. */
export const logSeries = (group: string, stream: string): string => `${group}:*:${stream}`;

export function parseLogSeries(series: string): { group: string; stream: string } {
  const at = series.indexOf(":*:");
  return { group: series.slice(0, at), stream: series.slice(at + 3) };
}
