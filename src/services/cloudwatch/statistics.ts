import type { Datum } from "../../kernel/facts.ts";

/** What was measured in one period: every value with how often it was, and sets of which only the statistics are known. */
export interface Sample {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Pairs of value and count, as they came. */
  readonly values: readonly (readonly [number, number])[];
}

/** Put the data of one period together; undefined where there are none. */
export function sampleOf(data: Iterable<Datum>): Sample | undefined {
  let count = 0;
  let sum = 0;
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  const values: [number, number][] = [];
  const add = (value: number, times: number): void => {
    count += times;
    sum += value * times;
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
    values.push([value, times]);
  };
  for (const { value, values: many, counts, statistics } of data) {
    if (value !== undefined) add(value, 1);
    many?.forEach((one, index) => void add(one, counts?.[index] ?? 1));
    if (statistics !== undefined && statistics.sampleCount > 0) {
      count += statistics.sampleCount;
      sum += statistics.sum;
      minimum = Math.min(minimum, statistics.minimum);
      maximum = Math.max(maximum, statistics.maximum);
      values.push([statistics.sum / statistics.sampleCount, statistics.sampleCount]);
    }
  }
  return count === 0 ? undefined : { count, sum, minimum, maximum, values };
}

/** A statistic of a period by its name: Sum, p99.9, tm90, TM(10%:90%), PR(:100) and so on. */
export type Statistic = (sample: Sample) => number;

const SIMPLE: Readonly<Record<string, Statistic>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
  IQM: (sample) => trimmed(sample, 0.25, 0.75).mean,
};

/** Undefined where there is no such statistic. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html */
export function statistic(name: string): Statistic | undefined {
  const simple = SIMPLE[name];
  if (simple !== undefined) return simple;
  const percentile = /^p(\d+(?:\.\d+)?)$/.exec(name);
  if (percentile) return (sample) => percentileOf(sample, Number(percentile[1]) / 100);
  const short = /^(tm|wm|tc|ts)(\d+(?:\.\d+)?)$/.exec(name);
  if (short) return (sample) => trimmedStatistic(short[1]!, sample, 0, Number(short[2]) / 100);
  const long = /^(TM|WM|TC|TS)\((\d+(?:\.\d+)?)?%?:(\d+(?:\.\d+)?)?%?\)$/.exec(name);
  if (long && name.includes("%")) {
    return (sample) => trimmedStatistic(long[1]!.toLowerCase(), sample, Number(long[2] ?? 0) / 100, Number(long[3] ?? 100) / 100);
  }
  const rank = /^PR\((-?\d+(?:\.\d+)?)?:(-?\d+(?:\.\d+)?)?\)$/.exec(name);
  if (rank) return (sample) => rankOf(sample, Number(rank[1] ?? Number.NEGATIVE_INFINITY), Number(rank[2] ?? Number.POSITIVE_INFINITY));
  return undefined;
}

const sorted = ({ values }: Sample): (readonly [number, number])[] => [...values].sort(([one], [other]) => one - other);

/** The value below which the share lies, between the two values around it. */
function percentileOf(sample: Sample, share: number): number {
  const ordered = sorted(sample);
  const rank = share * (sample.count - 1);
  const at = (position: number): number => {
    let seen = 0;
    for (const [value, times] of ordered) {
      seen += times;
      if (position < seen) return value;
    }
    return ordered.at(-1)![0];
  };
  const below = at(Math.floor(rank));
  return below + (at(Math.ceil(rank)) - below) * (rank - Math.floor(rank));
}

function trimmedStatistic(kind: string, sample: Sample, from: number, to: number): number {
  const { mean, count, sum } = trimmed(sample, from, to);
  if (kind === "tm") return mean;
  if (kind === "tc") return count;
  if (kind === "ts") return sum;
  const low = percentileOf(sample, from);
  const high = percentileOf(sample, to);
  return sample.values.reduce((total, [value, times]) => total + Math.min(Math.max(value, low), high) * times, 0) / sample.count;
}

function trimmed(sample: Sample, from: number, to: number): { mean: number; count: number; sum: number } {
  const low = from * sample.count;
  const high = to * sample.count;
  let seen = 0;
  let count = 0;
  let sum = 0;
  for (const [value, times] of sorted(sample)) {
    const part = Math.max(0, Math.min(seen + times, high) - Math.max(seen, low));
    count += part;
    sum += value * part;
    seen += times;
  }
  return { mean: count === 0 ? sample.sum / sample.count : sum / count, count, sum };
}

const rankOf = ({ values, count }: Sample, from: number, to: number): number =>
  (100 * values.reduce((total, [value, times]) => total + (value > from && value <= to ? times : 0), 0)) / count;
