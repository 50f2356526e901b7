import { resolve } from "node:path";
import { ask, parse, partitionOf, print, remote } from "./client.ts";
import { UsageError } from "./command.ts";

export async function run(args: readonly string[]): Promise<number> {
  const options = {
    ...remote,
    url: { type: "string" },
    path: { type: "string" },
    codecommit: { type: "boolean" },
    api: { type: "string" },
  } as const;
  const { values, rest } = parse(args, options, 2);
  const [verb, name] = rest;
  const query = partitionOf(values);
  switch (verb) {
    case "list": {
      const answer = await ask(values, "connections", query);
      return print(values, answer, () => answer.connections.map(line));
    }
    case "complete": {
      if (name === undefined) throw new UsageError("slipway connection complete needs the name or the ARN of a connection");
      const { url, path, codecommit, api } = values;
      const server = { ...(url && { url }), ...(path && { path: resolve(path) }), ...(codecommit && { codecommit }), ...(api && { api }) };
      const body = { connection: name, ...server };
      const answer = await ask(values, "connections", query, body);
      return print(values, answer, () => [line(answer)]);
    }
    case "push": {
      if (name === undefined) throw new UsageError("slipway connection push needs a repository, such as owner/name");
      const answer = await ask(values, "connections/push", values["account"] ? query : {}, { repository: name });
      return print(values, answer, () => [`${name} is fetched for ${answer.noticed}`]);
    }
    default:
      throw new UsageError("slipway connection can list, complete and push");
  }
}

const line = ({ name, arn, providerType, status, server }: any): string => `${name}  ${status}  ${providerType}  ${server ?? "-"}  ${arn}`;
