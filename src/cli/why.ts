import { ask, parse, print, remote } from "./client.ts";

export async function run(args: readonly string[]): Promise<number> {
  const { values, rest } = parse(args, remote, 1);
  const answer = await ask(values, "why", rest[0] === undefined ? {} : { arn: rest[0] });
  return print(values, answer, () =>
    answer.waits.length === 0
      ? ["nothing waits"]
      : answer.waits.map(
          ({ what, because, until }: Record<string, string>) => `${what}\n  waits${until ? ` until ${until}` : ""}: ${because}`,
        ),
  );
}
