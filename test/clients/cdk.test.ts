import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CloudFormationClient, DescribeStackResourcesCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CodePipelineClient, GetPipelineCommand } from "@aws-sdk/client-codepipeline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attempt, type Ended, REGION, run, Server } from "./server.ts";

// The unmodified cdk on the unmodified example, as a CDK user goes about it.

const ACCOUNT = "111122223333";
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CDK = join(dirname(createRequire(import.meta.url).resolve("aws-cdk/package.json")), "bin", "cdk");

/** Two stacks, before and after: one assembly each, so that the app runs only once. */
const APP = `
import { App, CfnResource, Stack } from "aws-cdk-lib/core";
for (const outdir of ["before", "after"]) {
  const app = new App({ outdir, analyticsReporting: false });
  const env = { account: "${ACCOUNT}", region: "${REGION}" };
  const [one, two] = ["One", "Two"].map((name) => new Stack(app, name, { env }));
  const queue = (stack, id, QueueName) => new CfnResource(stack, id, { type: "AWS::SQS::Queue", properties: { QueueName } });
  queue(two, "Stays", "stays");
  const orders = outdir === "before" ? queue(one, "Queue", "orders") : queue(two, "Renamed", "orders");
  new CfnResource(one, "Topic", { type: "AWS::SNS::Topic", properties: { DisplayName: orders.getAtt("QueueName") } });
  app.synth();
}
`;

describe("cdk, on examples/shop", { timeout: 180_000 }, () => {
  let server: Server;
  let shop: string;
  let stacks: CloudFormationClient;
  let pipelines: CodePipelineClient;

  beforeAll(async () => {
    server = await Server.start("--clock", "auto");
    const config = { endpoint: server.endpoint, region: REGION, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "slipway" } };
    stacks = new CloudFormationClient(config);
    pipelines = new CodePipelineClient(config);
    shop = join(server.folder, "shop");
    cpSync(join(ROOT, "examples", "shop"), shop, { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(server.folder, "node_modules"));
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const cdk = async (...args: string[]): Promise<Ended> => {
    const surroundings = { env: server.environment(ACCOUNT), cwd: shop };
    const ended = await attempt(process.execPath, [CDK, ...args, "--no-notices", "--ci"], surroundings);
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    return ended;
  };
  const stack = async (name: string) => (await stacks.send(new DescribeStacksCommand({ StackName: name }))).Stacks![0]!;

  // Each step goes on from the one before.
  it("bootstraps, and a second time finds nothing to do", async () => {
    await cdk("bootstrap", `aws://${ACCOUNT}/${REGION}`);
    const { StackStatus, Outputs } = await stack("CDKToolkit");
    expect(StackStatus).toBe("CREATE_COMPLETE");
    expect(Outputs!.find(({ OutputKey }) => OutputKey === "BootstrapVersion")!.OutputValue).toMatch(/^\d+$/);
    expect((await cdk("bootstrap", `aws://${ACCOUNT}/${REGION}`)).stdout).toContain("(no changes)");
  });

  it("deploys, sees no difference, and deploys nothing", async () => {
    await cdk("deploy", "ShopPipeline", "--require-approval", "never", "--progress", "events");
    expect((await stack("ShopPipeline")).StackStatus).toBe("CREATE_COMPLETE");
    const { pipeline } = await pipelines.send(new GetPipelineCommand({ name: "shop" }));
    expect(pipeline!.stages!.map(({ name }) => name)).toEqual(["Source", "BuildAndTest", "Deploy"]);
    const cloud = "cdk.out";
    expect((await cdk("diff", "ShopPipeline", "--app", cloud)).stdout).toContain("Number of stacks with differences: 0");
    expect((await cdk("deploy", "ShopPipeline", "--app", cloud)).stdout).toContain("ShopPipeline (no changes)");
  });

  it("destroys", async () => {
    await cdk("destroy", "ShopPipeline", "--force", "--app", "cdk.out");
    await expect(stack("ShopPipeline")).rejects.toThrow("Stack with id ShopPipeline does not exist");
    await expect(pipelines.send(new GetPipelineCommand({ name: "shop" }))).rejects.toMatchObject({ name: "PipelineNotFoundException" });
  });

  it("refactors: a queue changes its stack and its name, and what refers to it follows", async () => {
    const folder = join(server.folder, "refactored");
    mkdirSync(folder);
    writeFileSync(join(folder, "app.mjs"), APP);
    await run(process.execPath, ["app.mjs"], { cwd: folder, env: server.environment(ACCOUNT) });
    const app = (name: string) => ["--app", join(folder, name)];
    await cdk("deploy", "--all", "--require-approval", "never", ...app("before"));
    const { stdout, stderr } = await cdk("refactor", "--unstable=refactor", "--force", ...app("after"));
    expect(stdout + stderr).toMatch(/AWS::SQS::Queue +│ One.Queue +│ Two.Renamed/);
    expect(stdout + stderr).toContain("Stack refactor complete");
    const find = async (PhysicalResourceId: string) =>
      (await stacks.send(new DescribeStackResourcesCommand({ PhysicalResourceId }))).StackResources!.find(
        ({ ResourceType }) => ResourceType === "AWS::SQS::Queue",
      );
    expect(await find(`${server.endpoint}/${ACCOUNT}/orders`)).toMatchObject({ StackName: "Two", LogicalResourceId: "Renamed" });
    expect((await cdk("diff", ...app("after"))).stdout).toContain("Number of stacks with differences: 0");
  });
});
