import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = async (...args: string[]): Promise<string> => (await promisify(execFile)(process.execPath, args, { cwd: root })).stdout;

/** As a user of the package writes it: the name of the package, and what its `exports` lead to. */
const SCRIPT = `
  import { startCloud } from "slipway/testing";
  for (const isolated of [false, true]) {
    await using cloud = await startCloud({ isolated, startAt: "2026-01-01T00:00:00Z" });
    await cloud.advance("30m");
    console.log((await cloud.control("clock")).now);
  }
  // What the bundle loads only when it is asked for.
  await using cloud = await startCloud();
  const { CloudFormationClient, CreateStackCommand, DescribeStackResourcesCommand } = await import("@aws-sdk/client-cloudformation");
  const stacks = new CloudFormationClient(cloud.client);
  const F = { Type: "AWS::Serverless::Function", Properties: { InlineCode: "exports.handler = 1", Handler: "index.handler", Runtime: "nodejs22.x" } };
  const TemplateBody = JSON.stringify({ Transform: "AWS::Serverless-2016-10-31", Resources: { F } });
  await stacks.send(new CreateStackCommand({ StackName: "s", TemplateBody, Capabilities: ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"] }));
  await cloud.advance("1m");
  const { StackResources } = await stacks.send(new DescribeStackResourcesCommand({ StackName: "s" }));
  console.log(StackResources.map((one) => one.LogicalResourceId + " " + one.ResourceStatus).sort().join());
  console.log(import.meta.resolve("slipway/testing/matchers").endsWith("/dist/matchers.js"));
`;

test("the bundled package exports the test library", async () => {
  await node("scripts/bundle.mjs");
  const said = await node("--input-type=module", "--eval", SCRIPT);
  expect(said.trim().split("\n")).toEqual([
    "2026-01-01T00:30:00.000Z",
    "2026-01-01T00:30:00.000Z",
    "F CREATE_COMPLETE,FRole CREATE_COMPLETE",
    "true",
  ]);
  // Programs of instances are read by nobody here: at least each can be.
  for (const program of readdirSync(`${root}dist/instance`)) await node("--check", `dist/instance/${program}`);
});
