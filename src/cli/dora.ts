import { formatDuration } from "../kernel/time.ts";
import { ask, parse, partitionOf, print, remote } from "./client.ts";

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parse(args, { ...remote, window: { type: "string" }, pipeline: { type: "string" } });
  const { window, pipeline } = values;
  const report = await ask(values, "dora", { ...partitionOf(values), ...(window && { window }), ...(pipeline && { pipeline }) });
  return print(values, report, () => doraLines(report));
}

/** The five metrics, each with what it was computed from. */
export function doraLines(report: any): string[] {
  const metrics: any[] = Object.values(report.metrics);
  return metrics.flatMap(({ name, value, unit, from }) => [
    `${name}: ${amount(value, unit)}`,
    ...from.map(({ at, what }: Record<string, string>) => `    ${at}  ${what}`),
  ]);
}

function amount(value: number | undefined, unit: string): string {
  if (value === undefined) return "nothing to compute it from";
  if (unit === "seconds") return formatDuration(value * 1000);
  return unit === "percent" ? `${value.toFixed(0)} %` : `${value.toFixed(1)} ${unit}`;
}
