import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CloudFormationClient, DescribeStacksCommand, type Stack } from "@aws-sdk/client-cloudformation";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect } from "vitest";
import { attempt, type Ended, REGION, type Server } from "../server.ts";

/** The unmodified CLI. */
export const CLI = join(dirname(createRequire(import.meta.url).resolve("aws-cdk/package.json")), "bin", "cdk");

const APPS = fileURLToPath(new URL("apps", import.meta.url));

/** The command that runs one of the apps beside this file. */
export const appAt = (name: string, folder = APPS): string => `node ${join(folder, `${name}.mjs`)}`;

/** A user of the CDK: an account, a folder, and eyes to see what became of the cloud. */
export class CdkUser {
  readonly account: string;
  readonly folder: string;
  readonly config: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  readonly stacks: CloudFormationClient;
  readonly env: NodeJS.ProcessEnv;

  constructor(server: Server, account: string) {
    this.account = account;
    this.folder = server.makeFolder(account);
    this.config = { endpoint: server.endpoint, region: REGION, credentials: { accessKeyId: account, secretAccessKey: "slipway" } };
    this.stacks = new CloudFormationClient(this.config);
    // The CLI judges templates itself, for two seconds each time, and is compiled each time; once is enough.
    const faster = { CDK_VALIDATION: "false", NODE_COMPILE_CACHE: join(server.folder, "compiled") };
    this.env = { ...server.environment(account), ...faster };
  }

  /** Run the CLI, however it ends. */
  attempt(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = this.folder): Promise<Ended> {
    return attempt(process.execPath, [CLI, ...args, "--no-notices", "--ci"], { env: { ...this.env, ...env }, cwd });
  }

  /** Run the CLI, which has to end well; answers all that it printed. */
  async run(...args: string[]): Promise<string> {
    return printed(await this.attempt(args), 0);
  }

  /** Run the CLI, which has to fail; answers all that it printed. */
  async fail(...args: string[]): Promise<string> {
    return printed(await this.attempt(args), 1);
  }

  /** Synthesize an app into a folder of the user's; answers the folder's path. */
  async synth(app: string, output: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    printed(await this.attempt(["synth", "--quiet", "--app", app, "--output", output], env), 0);
    return join(this.folder, output);
  }

  bootstrap(...regions: string[]): Promise<string> {
    return this.run("bootstrap", ...(regions.length > 0 ? regions : [REGION]).map((region) => `aws://${this.account}/${region}`));
  }

  async stack(name: string): Promise<Stack> {
    return (await this.stacks.send(new DescribeStacksCommand({ StackName: name }))).Stacks![0]!;
  }

  async parameter(name: string): Promise<string | undefined> {
    return (await new SSMClient(this.config).send(new GetParameterCommand({ Name: name }))).Parameter!.Value;
  }
}

export function printed({ code, stdout, stderr }: Ended, expected: number): string {
  expect(code, stdout + stderr).toBe(expected);
  return stdout + stderr;
}
