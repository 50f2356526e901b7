import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { Rack } from "../../src/instance/codedeploy/rack.fixture.ts";

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

beforeAll(() => node("scripts/bundle.mjs"));

test("the bundled package exports the test library", async () => {
  const said = await node("--input-type=module", "--eval", SCRIPT);
  expect(said.trim().split("\n")).toEqual([
    "2026-01-01T00:30:00.000Z",
    "2026-01-01T00:30:00.000Z",
    "F CREATE_COMPLETE,FRole CREATE_COMPLETE",
    "true",
  ]);
});

test("what runs in instances can be read", async () => {
  for (const program of readdirSync(`${root}dist/instance`)) await node("--check", `dist/instance/${program}`);
});

test("the bundled agent deploys a revision", async () => {
  await using rack = await Rack.start({ clock: "real" });
  rack.startAgent({ main: `${root}dist/main.js` });
  const hooks = "hooks:\n  AfterInstall:\n    - location: tell.sh\n";
  const site = join(rack.folder, "site");
  const files = `files:\n  - source: page\n    destination: ${site}\n`;
  const tell = `#!/bin/sh\necho "$LIFECYCLE_EVENT" > ${site}/told\n`;
  const revision = { "appspec.yml": `version: 0.0\nos: linux\n${files}${hooks}`, page: "here", "tell.sh": tell };
  expect(await rack.deploy(revision)).toEqual({ deploymentId: expect.any(String) });
  expect([readFileSync(join(site, "page"), "utf8"), readFileSync(join(site, "told"), "utf8")]).toEqual(["here", "AfterInstall\n"]);
});
