import { describe, expect, test } from "vitest";
import { deliveries } from "../../kernel/delivery.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { putMetricAlarm, setAlarmState } from "../cloudwatch/alarm.ts";
import { terminateInstances } from "../ec2/instance-state.ts";
import { balance } from "../elastic-load-balancing-v2/elastic-load-balancing-v2.fixture.ts";
import { registerTargets } from "../elastic-load-balancing-v2/target.ts";
import { deploymentOf, ensureDeployment } from "./api.ts";
import { createDeploymentConfig } from "./config.ts";
import { stopDeployment } from "./deployment-control.ts";
import { instancesOf } from "./deployment-instance.ts";
import { deleteDeploymentGroup, getDeploymentGroup, updateDeploymentGroup } from "./group.ts";
import { agents, createFleetGroup, deployTo, infoOf, LIVE, launchFleet, serverWorld, statusesOf, told } from "./server.fixture.ts";
import { batchGetDeploymentTargets, getDeploymentInstance, listDeploymentInstances, listDeploymentTargets } from "./target.ts";

const ROLLING_BACK = { autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"] } };
const HALF = { deploymentConfigName: "CodeDeployDefault.HalfAtATime" };

describe("in place", () => {
  test("goes through a fleet one instance at a time, each through the events of its life-cycle", async () => {
    const cloud = serverWorld();
    const ids = (await launchFleet(cloud, 3)).sort();
    await createFleetGroup(cloud);
    const id = await deployTo(cloud, "one.zip");
    expect(statusesOf(cloud, id)).toEqual(["InProgress", "Pending", "Pending"]);
    await cloud.advance("6s");
    expect(statusesOf(cloud, id)).toEqual(["Succeeded", "InProgress", "Pending"]);
    await cloud.advance("12s");
    expect(await infoOf(cloud, id)).toMatchObject({
      status: "Succeeded",
      deploymentOverview: { Succeeded: 3, Pending: 0, Failed: 0 },
      deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" },
    });
    expect((await cloud.call(listDeploymentTargets, { deploymentId: id })).targetIds).toEqual(ids);
    const { instanceSummary } = await cloud.call(getDeploymentInstance, { deploymentId: id, instanceId: ids[0]! });
    expect(instanceSummary!.instanceId).toBe(`arn:aws:ec2:eu-west-1:111122223333:instance/${ids[0]}`);
    expect(instanceSummary!.lifecycleEvents!.map(({ lifecycleEventName }) => lifecycleEventName)).toEqual([
      "ApplicationStop",
      "DownloadBundle",
      "BeforeInstall",
      "Install",
      "AfterInstall",
      "ApplicationStart",
      "ValidateService",
    ]);
    expect(instanceSummary!.lifecycleEvents![3]).toMatchObject({
      status: "Succeeded",
      diagnostics: { errorCode: "Success", message: "Succeeded" },
    });
    expect(told(cloud, "CodeDeploy Instance State-change Notification")).toEqual([
      "START",
      "SUCCESS",
      "START",
      "SUCCESS",
      "START",
      "SUCCESS",
    ]);
    await expect(deployTo(cloud, "two.zip")).resolves.toBeDefined();
    await expect(deployTo(cloud, "three.zip")).rejects.toMatchObject({
      name: "DeploymentLimitExceededException",
      message: expect.stringMatching(/^The Deployment Group 'live' already has an active Deployment 'd-[A-Z0-9]{9}'$/),
    });
  });

  test("a bad release stops at half of the fleet, and the good one comes back", async () => {
    const bad = new Set<string>();
    const cloud = serverWorld(agents((_, event, deployment) => event === "ValidateService" && bad.has(deployment)));
    await launchFleet(cloud, 4);
    await createFleetGroup(cloud, { ...LIVE, ...HALF, ...ROLLING_BACK });
    const good = await deployTo(cloud, "good.zip");
    await cloud.advance("12s");
    expect((await infoOf(cloud, good)).status).toBe("Succeeded");
    const id = await deployTo(cloud, "bad.zip");
    bad.add(id);
    await cloud.advance("6s");
    expect(statusesOf(cloud, id)).toEqual(["Failed", "Failed", "Skipped", "Skipped"]);
    const { status, errorInformation, rollbackInfo } = await infoOf(cloud, id);
    expect(status).toBe("Failed");
    expect(errorInformation).toEqual({
      code: "HEALTH_CONSTRAINTS",
      message:
        "The overall deployment failed because too many individual instances failed deployment, too few healthy instances are available for deployment, or some instances in your deployment group are experiencing problems.",
    });
    const [failed] = instancesOf(cloud.scope(), id);
    expect(failed!.events.at(-1)!.diagnostics).toEqual({
      errorCode: "ScriptFailed",
      scriptName: "scripts/ValidateService.sh",
      message: "it does not start",
      logTail: "[stderr]it does not start\n",
    });
    const rollbackId = rollbackInfo!.rollbackDeploymentId!;
    // Those that failed come first: they cannot become any worse.
    expect(
      instancesOf(cloud.scope(), rollbackId)
        .filter((instance) => instance.status === "InProgress")
        .map(({ wasHealthy }) => wasHealthy),
    ).toEqual([false, false]);
    await cloud.advance("30s");
    expect(await infoOf(cloud, rollbackId)).toMatchObject({
      status: "Succeeded",
      creator: "codeDeployRollback",
      revision: { s3Location: { key: "good.zip" } },
      rollbackInfo: { rollbackTriggeringDeploymentId: id },
    });
    const { deploymentGroupInfo } = await cloud.call(getDeploymentGroup, { applicationName: "web", deploymentGroupName: "live" });
    expect(deploymentGroupInfo!.targetRevision).toMatchObject({ s3Location: { key: "good.zip" } });
  });

  test("the last of one at a time may fail", async () => {
    const ids: string[] = [];
    const cloud = serverWorld(agents((instance, event) => event === "Install" && instance === ids.at(-1)));
    ids.push(...(await launchFleet(cloud, 2)).sort());
    await createFleetGroup(cloud);
    const id = await deployTo(cloud, "one.zip");
    await cloud.advance("1m");
    expect(statusesOf(cloud, id)).toEqual(["Succeeded", "Failed"]);
    expect((await infoOf(cloud, id)).status).toBe("Succeeded");
  });

  test("what stops the old application may fail where that is to be ignored", async () => {
    const cloud = serverWorld(agents((_, event) => event === "ApplicationStop"));
    await launchFleet(cloud, 1);
    await createFleetGroup(cloud);
    const strict = await deployTo(cloud, "one.zip");
    await cloud.advance("10s");
    expect((await infoOf(cloud, strict)).status).toBe("Failed");
    const lenient = await deployTo(cloud, "one.zip", { ignoreApplicationStopFailures: true });
    await cloud.advance("10s");
    expect((await infoOf(cloud, lenient)).status).toBe("Succeeded");
  });

  test("only what is outdated is updated where that is asked for", async () => {
    const cloud = serverWorld();
    await launchFleet(cloud, 1);
    await createFleetGroup(cloud);
    await deployTo(cloud, "one.zip");
    await cloud.advance("10s");
    const [fresh] = await launchFleet(cloud, 1);
    const id = await deployTo(cloud, "one.zip", { updateOutdatedInstancesOnly: true });
    await cloud.advance("10s");
    expect((await cloud.call(listDeploymentInstances, { deploymentId: id })).instancesList).toEqual([fresh]);
  });

  test("without instances, without an agent, with too few to spare, it fails and says why", async () => {
    const cloud = serverWorld({ deploys: () => "silence" });
    await createFleetGroup(cloud);
    const none = await infoOf(cloud, await deployTo(cloud, "one.zip"));
    expect(none.errorInformation).toMatchObject({
      code: "NO_INSTANCES",
      message: expect.stringContaining("no instances were found for your deployment group"),
    });
    const [target] = await launchFleet(cloud, 1);
    const silent = await deployTo(cloud, "one.zip");
    await cloud.advance("61m");
    const { deploymentTargets } = await cloud.call(batchGetDeploymentTargets, { deploymentId: silent, targetIds: [target!] });
    expect(deploymentTargets![0]!.instanceTarget!.lifecycleEvents![0]!.diagnostics!.message).toMatch(
      /^CodeDeploy agent was not able to receive the lifecycle event/,
    );
    expect((await infoOf(cloud, silent)).errorInformation!.code).toBe("HEALTH_CONSTRAINTS");
    await cloud.call(createDeploymentConfig, { deploymentConfigName: "all", minimumHealthyHosts: { type: "HOST_COUNT", value: 2 } });
    await launchFleet(cloud, 1);
    const gone = await deployTo(cloud, "one.zip", { deploymentConfigName: "all" });
    expect((await infoOf(cloud, gone)).errorInformation!.code).toBe("HEALTH_CONSTRAINTS_INVALID");
  });

  test("stops after what it is at; an alarm stops it, and takes it back", async () => {
    const cloud = serverWorld();
    await launchFleet(cloud, 2);
    const rule = { Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanOrEqualToThreshold" } as const;
    await cloud.call(putMetricAlarm, {
      AlarmName: "errors",
      Namespace: "Web",
      MetricName: "Errors",
      Statistic: "Sum",
      TreatMissingData: "notBreaching",
      ...rule,
    });
    await createFleetGroup(cloud, { ...LIVE, ...ROLLING_BACK, alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] } });
    const first = await deployTo(cloud, "one.zip");
    await cloud.advance("1m");
    const stopped = await deployTo(cloud, "two.zip");
    await cloud.call(stopDeployment, { deploymentId: stopped });
    expect((await infoOf(cloud, stopped)).status).toBe("InProgress");
    await cloud.advance("1s");
    expect(await infoOf(cloud, stopped)).toMatchObject({
      status: "Stopped",
      errorInformation: { code: "MANUAL_STOP" },
      deploymentOverview: { Skipped: 2 },
    });
    const alarmed = await deployTo(cloud, "two.zip");
    await cloud.advance("2s");
    await cloud.call(setAlarmState, { AlarmName: "errors", StateValue: "ALARM", StateReason: "test" });
    await cloud.advance("1s");
    const { errorInformation, rollbackInfo } = await infoOf(cloud, alarmed);
    expect(errorInformation!.code).toBe("ALARM_ACTIVE");
    expect((await infoOf(cloud, rollbackInfo!.rollbackDeploymentId!)).revision).toEqual((await infoOf(cloud, first)).revision);
  });

  test("an instance that is terminated meanwhile has failed", async () => {
    const cloud = serverWorld();
    const ids = (await launchFleet(cloud, 2)).sort();
    await createFleetGroup(cloud, { ...LIVE, deploymentConfigName: "CodeDeployDefault.AllAtOnce" });
    const id = await deployTo(cloud, "one.zip");
    await cloud.call(terminateInstances, { InstanceIds: [ids[0]!] });
    await cloud.advance("10s");
    expect(statusesOf(cloud, id)).toEqual(["Failed", "Succeeded"]);
  });

  test("zone by zone, with a time to look at each", async () => {
    const cloud = serverWorld();
    await cloud.call(createDeploymentConfig, {
      deploymentConfigName: "zonal",
      minimumHealthyHosts: { type: "HOST_COUNT", value: 0 },
      zonalConfig: { firstZoneMonitorDurationInSeconds: 600, monitorDurationInSeconds: 60 },
    });
    await zones(cloud);
    await createFleetGroup(cloud, { ...LIVE, deploymentConfigName: "zonal" });
    const id = await deployTo(cloud, "one.zip");
    const states = (): string[] =>
      instancesOf(cloud.scope(), id)
        .map(({ zone, status }) => `${zone!.slice(-1)} ${status}`)
        .sort();
    expect(states()).toEqual(["a InProgress", "b Pending", "c Pending"]);
    await cloud.advance("9m");
    expect(states()).toEqual(["a Succeeded", "b Pending", "c Pending"]);
    await cloud.advance("1m30s");
    expect(states()).toEqual(["a Succeeded", "b Succeeded", "c Pending"]);
    await cloud.advance("1m");
    expect((await infoOf(cloud, id)).status).toBe("Succeeded");
  });
});

test("a pipeline's deployment waits for its turn, and is asked for once", async () => {
  const cloud = serverWorld();
  await launchFleet(cloud, 1);
  await createFleetGroup(cloud);
  const first = await deployTo(cloud, "one.zip");
  const revision = { revisionType: "S3", s3Location: { bucket: "releases", key: "two.zip", bundleType: "zip" } } as const;
  const wish = { applicationName: "web", deploymentGroupName: "live", revision };
  const ensure = () => cloud.change((scope) => ensureDeployment(scope, "d-PIPELINE1", wish));
  expect(ensure()).toEqual({ id: "d-PIPELINE1", status: "Created" });
  await cloud.advance("6s");
  expect((await infoOf(cloud, first)).status).toBe("Succeeded");
  expect(ensure().status).toBe("InProgress");
  await cloud.advance("6s");
  expect(deploymentOf(cloud.scope(), "d-PIPELINE1")).toEqual({ id: "d-PIPELINE1", status: "Succeeded" });
});

test("a deployment whose group is deleted ends, and is not taken back", async () => {
  const cloud = serverWorld();
  await launchFleet(cloud, 2);
  await createFleetGroup(cloud, { ...LIVE, ...ROLLING_BACK });
  await deployTo(cloud, "one.zip");
  await cloud.advance("1m");
  const id = await deployTo(cloud, "two.zip");
  await expect(cloud.call(listDeploymentInstances, { deploymentId: id, instanceTypeFilter: ["Blue"] })).rejects.toMatchObject({
    name: "InvalidDeploymentInstanceTypeException",
  });
  await cloud.call(deleteDeploymentGroup, { applicationName: "web", deploymentGroupName: "live" });
  await cloud.advance("1m");
  expect(await infoOf(cloud, id)).toMatchObject({
    status: "Failed",
    errorInformation: { code: "DEPLOYMENT_GROUP_MISSING" },
    rollbackInfo: { rollbackMessage: "There is no deployment group any more to roll back." },
  });
});

test("the group's topics are told of deployments and of instances", async () => {
  const cloud = serverWorld();
  const [target] = await launchFleet(cloud, 1);
  const triggerTargetArn = "arn:aws:sns:eu-west-1:111122223333:news";
  const triggerEvents = ["DeploymentStart", "DeploymentSuccess", "InstanceSuccess"] as const;
  await createFleetGroup(cloud, { ...LIVE, triggerConfigurations: [{ triggerName: "news", triggerTargetArn, triggerEvents }] });
  const id = await deployTo(cloud, "one.zip");
  await cloud.advance("10s");
  const sent = deliveries.list(cloud.scope(), "codedeploy/").map(({ arn, payload }) => ({ arn, ...JSON.parse(payload) }));
  const about = { arn: triggerTargetArn, eventTriggerName: "news", deploymentId: id, accountId: "111122223333", region: "eu-west-1" };
  expect(sent).toMatchObject([
    { ...about, status: "CREATED", applicationName: "web", deploymentGroupName: "live", completeTime: null },
    { ...about, status: "SUCCEEDED", createTime: expect.stringMatching(/^\w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}$/) },
    { ...about, instanceId: `arn:aws:ec2:eu-west-1:111122223333:instance/${target}`, instanceStatus: "SUCCEEDED" },
  ]);
  expect(JSON.parse(sent[2].lifecycleEvents)[0]).toMatchObject({ LifecycleEvent: "ApplicationStop", LifecycleEventStatus: "Succeeded" });
});

describe("behind a balancer", () => {
  test("an instance leaves, is deployed to, and comes back when it is healthy", async () => {
    const cloud = serverWorld();
    const ids = (await launchFleet(cloud, 2)).sort();
    const { groupArn } = await balance(cloud);
    await cloud.call(registerTargets, { TargetGroupArn: groupArn, Targets: ids.map((Id) => ({ Id })) });
    await createFleetGroup(cloud, {
      ...LIVE,
      deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITH_TRAFFIC_CONTROL" },
      loadBalancerInfo: { targetGroupInfoList: [{ name: "web" }] },
    });
    await cloud.advance("1m");
    const id = await deployTo(cloud, "one.zip");
    await cloud.advance("4m");
    const [one] = instancesOf(cloud.scope(), id);
    expect(one!.events.map(({ name, status }) => `${name} ${status}`).slice(0, 4)).toEqual([
      "BeforeBlockTraffic Succeeded",
      "BlockTraffic InProgress",
      "AfterBlockTraffic Pending",
      "ApplicationStop Pending",
    ]);
    await cloud.advance("10m");
    expect(await infoOf(cloud, id)).toMatchObject({ status: "Succeeded", deploymentStyle: { deploymentOption: "WITH_TRAFFIC_CONTROL" } });
    expect(instancesOf(cloud.scope(), id)[1]!.events.at(-2)).toMatchObject({ name: "AllowTraffic", status: "Succeeded" });
  });
});

test("a group without a style is in place, and one that is told of no load balancer has none", async () => {
  const cloud = serverWorld();
  const loadBalancerInfo = { targetGroupInfoList: [{ name: "web" }] };
  await createFleetGroup(cloud, { ...LIVE, loadBalancerInfo });
  const names = { applicationName: "web", deploymentGroupName: "live" };
  const info = async () => (await cloud.call(getDeploymentGroup, names)).deploymentGroupInfo!;
  expect(await info()).toMatchObject({
    deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" },
    loadBalancerInfo,
  });
  await cloud.call(updateDeploymentGroup, { applicationName: "web", currentDeploymentGroupName: "live", loadBalancerInfo: {} });
  expect(await info()).not.toHaveProperty("loadBalancerInfo");
});

test("a group is changed: filters give way to sets, a name to another, and the history stays", async () => {
  const cloud = serverWorld();
  await launchFleet(cloud, 1);
  await createFleetGroup(cloud);
  await deployTo(cloud, "one.zip");
  await cloud.advance("10s");
  const ec2TagSet = { ec2TagSetList: [[{ Key: "stage", Value: "live", Type: "KEY_AND_VALUE" as const }]] };
  const names = { applicationName: "web", currentDeploymentGroupName: "live" };
  await cloud.call(updateDeploymentGroup, { ...names, newDeploymentGroupName: "prod", ec2TagSet });
  const { deploymentGroupInfo } = await cloud.call(getDeploymentGroup, { applicationName: "web", deploymentGroupName: "prod" });
  expect(deploymentGroupInfo).toMatchObject({ ec2TagSet, lastSuccessfulDeployment: { status: "Succeeded" } });
  expect(deploymentGroupInfo!.ec2TagFilters).toBeUndefined();
});

/** An instance in each zone. */
async function zones(cloud: Parameters<typeof launchFleet>[0]): Promise<void> {
  for (const zone of ["a", "b", "c"]) await launchFleet(cloud, 1, "live", `eu-west-1${zone}`);
}

describe("whenever the power is cut", () => {
  test("a bad release that is taken back ends the same", async () => {
    const bad = (_: string, event: string, deployment: string): boolean => event === "Install" && deployment === badId;
    let badId = "";
    await endsTheSameWheneverThePowerIsCut(
      () => serverWorld(agents(bad)),
      async (cloud) => {
        await launchFleet(cloud, 2);
        await createFleetGroup(cloud, { ...LIVE, ...ROLLING_BACK });
        await deployTo(cloud, "good.zip");
        await cloud.advance("20s");
        badId = await deployTo(cloud, "bad.zip");
        await cloud.advance("1m");
      },
    );
  });

  test("a zonal one ends the same", async () => {
    await endsTheSameWheneverThePowerIsCut(serverWorld, async (cloud) => {
      await cloud.call(createDeploymentConfig, {
        deploymentConfigName: "zonal",
        minimumHealthyHosts: { type: "HOST_COUNT", value: 0 },
        zonalConfig: { monitorDurationInSeconds: 60 },
      });
      await launchFleet(cloud, 1, "live", "eu-west-1a");
      await launchFleet(cloud, 1, "live", "eu-west-1b");
      await createFleetGroup(cloud, { ...LIVE, deploymentConfigName: "zonal" });
      await deployTo(cloud, "one.zip");
      await cloud.advance("5m");
    });
  });
});
