import { parseArgs } from "node:util";
import { UsageError } from "./command.ts";

type Options = Readonly<Record<string, { readonly type: "string" | "boolean" }>>;

/** Options that every command which talks to a running cloud has. */
export const remote = {
  endpoint: { type: "string" },
  json: { type: "boolean" },
  account: { type: "string" },
  region: { type: "string" },
} as const satisfies Options;

/** The values of the options, and what else was given: no more than `most`. */
export function parse(args: readonly string[], options: Options, most = 0): { values: Record<string, any>; rest: string[] } {
  const { values, positionals: rest } = parseWords(args, options);
  if (rest.length > most) throw new UsageError(`there is no place for ${rest[most]} in this command`);
  return { values, rest };
}

function parseWords(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // Node goes on with advice that fits few of these commands.
    throw new UsageError((error as Error).message.split(/\. To |\n/)[0]!);
  }
}

export const endpointOf = ({ endpoint }: Record<string, any>): string =>
  (endpoint ?? process.env["SLIPWAY_ENDPOINT"] ?? process.env["AWS_ENDPOINT_URL"] ?? "http://127.0.0.1:4566").replace(/\/$/, "");

/** The account of the shell, where its access key is one: that of `slipway env --account`. */
const keyAccount = (): string | undefined => /^\d{12}$/.exec(process.env["AWS_ACCESS_KEY_ID"] ?? "")?.[0];

export const partitionOf = ({ account, region }: Record<string, any>): Record<string, string> => ({
  account: account ?? keyAccount() ?? "000000000000",
  region: region ?? process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"] ?? "us-east-1",
});

/** No Slipway answers; exit code 3. */
class UnreachableError extends Error {
  readonly exitCode = 3;
}

/** Ask /_slipway something. A body makes it a POST. */
export async function ask(values: Record<string, any>, path: string, query: Record<string, string> = {}, body?: object): Promise<any> {
  const endpoint = endpointOf(values);
  const url = `${endpoint}/_slipway/${path}?${new URLSearchParams(query)}`;
  const task = process.env["SLIPWAY_PROCESS"];
  const headers = { "content-type": "application/json", ...(task !== undefined && { "x-slipway-task": task }) };
  const response = await fetch(url, { headers, ...(body && { method: "POST", body: JSON.stringify(body) }) }).catch(() => {
    throw new UnreachableError(`no Slipway answers at ${endpoint}; slipway start runs one`);
  });
  const answer = (await response.json()) as any;
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/** Print the answer as JSON where that was asked for, otherwise as people read it. */
export function print(values: Record<string, any>, answer: unknown, lines: () => readonly string[]): number {
  process.stdout.write(values["json"] ? `${JSON.stringify(answer)}\n` : `${lines().join("\n")}\n`);
  return 0;
}
