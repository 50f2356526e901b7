import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { endpointOf, parse, partitionOf, remote } from "./client.ts";
import { UsageError } from "./command.ts";

/** As sources, or bundled. */
const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const AGENT = fileURLToPath(new URL(`../instance/codedeploy-agent${EXTENSION}`, import.meta.url));

/** Runs the CodeDeploy agent of this machine until it is told to stop. */
export async function run(args: readonly string[]): Promise<number> {
  const options = { ...remote, instance: { type: "string" }, config: { type: "string" }, home: { type: "string" } } as const;
  const { values } = parse(args, options);
  const { instance, config, home } = values;
  if ((instance === undefined) === (config === undefined)) throw new UsageError("slipway agent needs --instance NAME or --config FILE");
  const { account, region } = partitionOf(values) as { account: string; region: string };
  const own = process.env["AWS_ACCESS_KEY_ID"] === undefined ? { AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: "slipway" } : {};
  const env = {
    ...process.env,
    ...own,
    AWS_ENDPOINT_URL: endpointOf(values),
    AWS_REGION: region,
    ...(instance !== undefined && { CODEDEPLOY_INSTANCE_NAME: instance }),
    ...(config !== undefined && { CODEDEPLOY_ON_PREMISES_CONFIG: resolve(config) }),
    ...(home !== undefined && { CODEDEPLOY_AGENT_HOME: resolve(home) }),
  };
  const child = spawn(process.execPath, [AGENT], { env, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  const [code] = await once(child, "exit");
  return code ?? 0;
}
