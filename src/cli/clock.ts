import { formatDuration } from "../kernel/time.ts";
import { ask, parse, partitionOf, print, remote } from "./client.ts";
import { UsageError } from "./command.ts";

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parse(args, { ...remote, mode: { type: "string" }, advance: { type: "string" }, until: { type: "string" } });
  const { mode, advance, until } = values;
  const change = mode !== undefined || advance !== undefined || until !== undefined;
  const body = { ...(mode && { mode }), ...(advance && { advance }), ...(until && { until: parsePattern(until) }) };
  const answer = await ask(values, "clock", partitionOf(values), change ? body : undefined);
  return print(values, answer, () => [
    ...(answer.advanced ? [`advanced ${formatDuration(answer.advanced.ms)}`] : []),
    `${answer.now} (${answer.mode})`,
    ...answer.heldBy.map((task: string) => `held by ${task}`),
    ...answer.waits.map((wait: Record<string, string>) => `${wait["until"]}  ${wait["because"]}`),
  ]);
}

function parsePattern(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError("--until is an EventBridge pattern in JSON");
  }
}
