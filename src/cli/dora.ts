import { formatDuration } from "../kernel/time.ts";
import { ask, parse, partitionOf, print, remote } from "./client.ts";

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parse(args, {
    ...remote,
    window: { type: "string" },
    pipeline: { type: "string" },
    stage: { type: "string" },
    "rollback-is-failure": { type: "string" },
    keep: { type: "boolean" },
  });
  const { window, pipeline, stage, "rollback-is-failure": rollbackIsFailure } = values;
  const said = { pipeline, stage, rollbackIsFailure };
  const policy = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  if (values["keep"]) await ask(values, "dora/policy", partitionOf(values), policy);
  const report = await ask(values, "dora", { ...partitionOf(values), ...policy, ...(window && { window }) });
  return print(values, report, () => doraLines(report));
}

/** The five metrics, each with what it was computed from. */
export function doraLines(report: any): string[] {
  const metrics: any[] = Object.values(report.metrics);
  const { pipeline, stage, rollbackIsFailure } = report.policy;
  const counted = [
    pipeline === undefined ? "deployments of every pipeline" : `deployments of pipelines with ${pipeline} in their names`,
    ...(stage === undefined ? [] : [`in the stage ${stage}`]),
    rollbackIsFailure ? "what is rolled back has failed" : "what is rolled back has not failed",
  ].join(", ");
  const lines = metrics.flatMap(({ name, value, unit, from }) => [
    `${name}: ${amount(value, unit)}`,
    ...from.map(({ at, what }: Record<string, string>) => `    ${at}  ${what}`),
  ]);
  return [...lines, `counted: ${counted}`];
}

function amount(value: number | undefined, unit: string): string {
  if (value === undefined) return "nothing to compute it from";
  if (unit === "seconds") return formatDuration(value * 1000);
  return unit === "percent" ? `${value.toFixed(0)} %` : `${Number(value.toPrecision(2))} ${unit}`;
}
