import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudFormationClient, DescribeStackEventsCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { BatchGetDeploymentsCommand, CodeDeployClient, ListDeploymentsCommand } from "@aws-sdk/client-codedeploy";
import { CodePipelineClient, ListActionExecutionsCommand, ListPipelineExecutionsCommand } from "@aws-sdk/client-codepipeline";
import { expect, onTestFinished, test } from "vitest";
import { Demo } from "../../src/cli/demo.ts";
import { describeAlarms } from "../../src/services/cloudwatch/alarm.ts";
import { startCloud } from "../../src/testing/index.ts";
import "../../src/testing/matchers.ts";
import { Shop } from "./shop/shop.ts";

// The story of examples/shop, twice: a good release, one whose code throws for some requests, and its fix.

const ALARM = /shop-canary-errors/;

test("a canary that throws rolls itself back, and the fix goes out: on simulated hands", async () => {
  const shop = new Shop();
  const { cloud } = shop;
  await shop.deploy();

  const good = shop.push();
  await cloud.advance("5m");
  expect(await shop.execution(good)).toHaveSucceeded();
  const url = await shop.url();

  const bad = shop.push();
  shop.bad.add(bad);
  cloud.traffic(url, { rate: "1/s", for: "10m" });
  await cloud.advance("30m");
  expect(await shop.canary()).toHaveRolledBack({ because: "ALARM_ACTIVE" });
  expect(await shop.canary()).toHaveRolledBack({ because: ALARM });
  expect(await shop.stack()).toBeInState("UPDATE_ROLLBACK_COMPLETE");
  expect(await shop.stackEvents()).toHaveRolledBack({ because: ALARM });
  expect(await shop.execution(bad)).toHaveFailed();
  expect(await shop.actions(bad)).toHaveFailed({ because: ALARM });
  expect((await cloud.call(describeAlarms, { AlarmNames: ["shop-canary-errors"] })).MetricAlarms![0]!.StateValue).toBe("OK");

  const fix = shop.push();
  cloud.traffic(url, { rate: "1/s", for: "10m" });
  await cloud.advance("30m");
  expect(await shop.canary()).toHaveSucceeded();
  expect(await shop.execution(fix)).toHaveSucceeded();
  expect(await shop.stack()).toBeInState("UPDATE_COMPLETE");
});

test("a canary that throws rolls itself back, and the fix goes out: through cdk, git and the AWS SDK", { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-story-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await using cloud = await startCloud({ clock: "auto", folder: join(folder, "data"), isolated: true });
  const told: string[] = [];
  const { recovered } = await new Demo(cloud.endpoint, folder, (line) => told.push(line)).play().catch((error) => {
    throw new Error(told.join("\n"), { cause: error });
  });
  expect(recovered).toBe(true);

  const pipelines = new CodePipelineClient(cloud.client);
  const { pipelineExecutionSummaries } = await pipelines.send(new ListPipelineExecutionsCommand({ pipelineName: "shop" }));
  const [fix, bad, good] = pipelineExecutionSummaries!;
  expect(good).toHaveSucceeded();
  expect(bad).toHaveFailed();
  expect(fix).toHaveSucceeded();
  const filter = { pipelineExecutionId: bad!.pipelineExecutionId! };
  expect(await pipelines.send(new ListActionExecutionsCommand({ pipelineName: "shop", filter }))).toHaveFailed({ because: ALARM });

  const deploys = new CodeDeployClient(cloud.client);
  const group = { applicationName: "shop", deploymentGroupName: "live" };
  const { deployments } = await deploys.send(new ListDeploymentsCommand(group));
  const { deploymentsInfo } = await deploys.send(new BatchGetDeploymentsCommand({ deploymentIds: deployments! }));
  const canaries = deploymentsInfo!.filter(({ creator }) => creator !== "codeDeployRollback");
  const [first, second] = canaries.sort((one, other) => one.createTime!.getTime() - other.createTime!.getTime());
  expect(first).toHaveRolledBack({ because: ALARM });
  expect(second).toHaveSucceeded();

  const stacks = new CloudFormationClient(cloud.client);
  expect(await stacks.send(new DescribeStacksCommand({ StackName: "Shop" }))).toBeInState("UPDATE_COMPLETE");
  expect(await stacks.send(new DescribeStackEventsCommand({ StackName: "Shop" }))).toHaveSucceeded();
});
