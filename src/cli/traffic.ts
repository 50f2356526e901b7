import { ask, parse, partitionOf, print, remote } from "./client.ts";
import { UsageError } from "./command.ts";

export async function run(args: readonly string[]): Promise<number> {
  const { values, rest } = parse(
    args,
    {
      ...remote,
      rate: { type: "string" },
      for: { type: "string" },
      stop: { type: "string" },
      list: { type: "boolean" },
    },
    1,
  );
  const query = partitionOf(values);
  if (values["list"]) {
    const answer = await ask(values, "traffic", query);
    return print(values, answer, () => answer.traffic.map(line));
  }
  if (values["stop"] === undefined && rest[0] === undefined) throw new UsageError("slipway traffic needs a URL, --list or --stop ID");
  const body = values["stop"]
    ? { stop: values["stop"] }
    : { url: rest[0], rate: values["rate"] ?? "1/s", ...(values["for"] && { for: values["for"] }) };
  const answer = await ask(values, "traffic", query, body);
  return print(values, answer, () => [line(answer)]);
}

const line = ({ id, url, everyMs, sent, answers }: any): string =>
  `${id}  ${url}  every ${everyMs} ms, ${sent} sent${Object.entries(answers)
    .map(([status, count]) => `, ${count} × ${status}`)
    .join("")}`;
