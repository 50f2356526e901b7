import { expect, test } from "vitest";
import type { ActionDeclaration } from "../../../sdk/codepipeline.js";
import { endsTheSameWheneverThePowerIsCut } from "../../../testing/power.ts";
import type { World } from "../../../testing/world.ts";
import { putMetricAlarm, setAlarmState } from "../../cloudwatch/alarm.ts";
import { createAlias, getAlias } from "../../lambda/alias.ts";
import { createFunction } from "../../lambda/function-change.ts";
import { publishVersion } from "../../lambda/version.ts";
import {
  actionsOf,
  create,
  latest,
  pipelineName,
  pipelineOf,
  prepare,
  putSource,
  roleArn,
  source,
  start,
  world,
} from "../codepipeline.fixture.ts";
import { stopPipelineExecution } from "../stop.ts";
import { zipOf } from "../zip.ts";

const deploy = (configuration: Record<string, string> = {}, more: Partial<ActionDeclaration> = {}): ActionDeclaration => ({
  name: "Function",
  actionTypeId: { category: "Deploy", owner: "AWS", provider: "Lambda", version: "1" },
  configuration: { FunctionName: "shop", ...configuration },
  inputArtifacts: [{ name: "Source" }],
  ...more,
});

/** A function whose alias leads to its version 1. */
async function withFunction(action: ActionDeclaration, cloud = world()): Promise<World> {
  await prepare(cloud);
  const Code = { ZipFile: zipOf("index.js", Buffer.from("old")) };
  await cloud.call(createFunction, { FunctionName: "shop", Role: roleArn, Runtime: "nodejs22.x", Handler: "index.handler", Code });
  await cloud.call(publishVersion, { FunctionName: "shop" });
  await cloud.call(createAlias, { FunctionName: "shop", Name: "live", FunctionVersion: "1" });
  await create(cloud, pipelineOf([source, action], { pipelineType: "V2" }));
  return cloud;
}

async function leadsTo(cloud: World): Promise<unknown> {
  const { FunctionVersion, RoutingConfig } = await cloud.call(getAlias, { FunctionName: "shop", Name: "live" });
  return [FunctionVersion, RoutingConfig?.AdditionalVersionWeights ?? {}];
}
const CANARY = { FunctionAlias: "live", DeployStrategy: "Canary20Percent5Minutes" };

test("new code is published, and without an alias that is all", async () => {
  const cloud = await withFunction(deploy());
  expect((await actionsOf(cloud))[0]).toMatchObject({ status: "Succeeded", output: { outputVariables: { FunctionVersion: "2" } } });
  expect(await leadsTo(cloud)).toEqual(["1", {}]);
  await start(cloud);
  expect((await actionsOf(cloud))[0]).toMatchObject({ output: { outputVariables: { FunctionVersion: "2" } } });
});

test("the traffic of an alias moves in steps", async () => {
  const cloud = await withFunction(deploy(CANARY));
  expect(await leadsTo(cloud)).toEqual(["1", { 2: 0.2 }]);
  await cloud.advance("5m");
  expect(await leadsTo(cloud)).toEqual(["2", {}]);
  expect((await latest(cloud)).status).toBe("Succeeded");
  const linear = await withFunction(deploy({ FunctionAlias: "live", DeployStrategy: "Linear40PercentEvery1Minute" }));
  const seen = [await leadsTo(linear)];
  for (const _ of [1, 2]) {
    await linear.advance("1m");
    seen.push(await leadsTo(linear));
  }
  expect(seen).toEqual([
    ["1", { 2: 0.4 }],
    ["1", { 2: 0.8 }],
    ["2", {}],
  ]);
});

test("an alarm puts the alias back, and so does whoever abandons the execution", async () => {
  const cloud = await withFunction(deploy({ ...CANARY, Alarms: "errors, slow" }));
  const metric = { Namespace: "Shop", MetricName: "Errors", Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 1 } as const;
  await cloud.call(putMetricAlarm, { AlarmName: "slow", ComparisonOperator: "GreaterThanThreshold", ...metric });
  await cloud.call(setAlarmState, { AlarmName: "slow", StateValue: "ALARM", StateReason: "It is slow" });
  expect(await leadsTo(cloud)).toEqual(["1", {}]);
  expect((await actionsOf(cloud))[0]!.output!.executionResult!.errorDetails!.message).toBe(
    "The alarm slow is in the state ALARM; the alias live leads to version 1 again.",
  );
  await cloud.call(setAlarmState, { AlarmName: "slow", StateValue: "OK", StateReason: "It is well" });
  await start(cloud);
  expect(await leadsTo(cloud)).toEqual(["1", { 2: 0.2 }]);
  const { pipelineExecutionId } = await latest(cloud);
  await cloud.call(stopPipelineExecution, { pipelineName, pipelineExecutionId: pipelineExecutionId!, abandon: true });
  expect(await leadsTo(cloud)).toEqual(["1", {}]);
});

test("a version that was published may be deployed instead; what is wrong is told of", async () => {
  const cloud = await withFunction(deploy({ FunctionAlias: "live", PublishedTargetVersion: "7" }, { inputArtifacts: [] }));
  const why = async () => (await actionsOf(cloud))[0]!.output!.executionResult!.errorDetails?.message;
  expect(await why()).toBe("The function shop has no published version 7.");
  const declared = (configuration: Record<string, string>) =>
    create(cloud, pipelineOf([source, deploy(configuration)], { name: "other", pipelineType: "V2" }));
  await expect(declared({ DeployStrategy: "AllAtOnce" })).rejects.toThrow("invalid value 'AllAtOnce' for 'DeployStrategy'");
  await expect(declared({ FunctionAlias: "live", DeployStrategy: "Canary10Percent3000Minutes" })).rejects.toThrow(
    "Canary10Percent3000Minutes",
  );
});

test("it ends the same whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
    await withFunction(deploy(CANARY), cloud);
    await cloud.advance("6m");
    putSource(cloud, "{}");
    await start(cloud);
    await cloud.advance("6m");
    expect(await leadsTo(cloud)).toEqual(["3", {}]);
  });
});
