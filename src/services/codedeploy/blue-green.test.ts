import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { ids, scale } from "../auto-scaling/auto-scaling.fixture.ts";
import { describeAutoScalingGroups } from "../auto-scaling/group.ts";
import { describeInstances } from "../ec2/instance.ts";
import { balance } from "../elastic-load-balancing-v2/elastic-load-balancing-v2.fixture.ts";
import { registerTargets, targets } from "../elastic-load-balancing-v2/target.ts";
import { continueDeployment, skipWaitTimeForInstanceTermination } from "./deployment-control.ts";
import { getDeploymentGroup } from "./group.ts";
import { agents, createFleetGroup, deployTo, infoOf, LIVE, launchFleet, serverWorld } from "./server.fixture.ts";
import { listDeploymentTargets } from "./target.ts";

const STYLE = {
  deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
  loadBalancerInfo: { targetGroupInfoList: [{ name: "web" }] },
  deploymentConfigName: "CodeDeployDefault.AllAtOnce",
} as const;
const READY = { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 60 } as const;
const TERMINATE = { action: "TERMINATE", terminationWaitTimeInMinutes: 30 } as const;

/** Two instances that have the traffic. */
async function blue(cloud: World, blueGreen: object): Promise<string[]> {
  const live = (await launchFleet(cloud, 2)).sort();
  const { groupArn } = await balance(cloud, { HealthCheckIntervalSeconds: 10 });
  await cloud.call(registerTargets, { TargetGroupArn: groupArn, Targets: live.map((Id) => ({ Id })) });
  await createFleetGroup(cloud, {
    ...LIVE,
    ...STYLE,
    blueGreenDeploymentConfiguration: { terminateBlueInstancesOnDeploymentSuccess: TERMINATE, ...blueGreen },
  });
  await cloud.advance("1m");
  return live;
}

const GREEN = { targetInstances: { tagFilters: [{ Key: "stage", Value: "next", Type: "KEY_AND_VALUE" as const }] } };
const inTraffic = (cloud: World): string[] =>
  targets
    .list(cloud.scope())
    .filter(({ state }) => state === "healthy")
    .map(({ targetId }) => targetId)
    .sort();
const stateOf = async (cloud: World, id: string) =>
  (await cloud.call(describeInstances, { InstanceIds: [id] })).Reservations![0]!.Instances![0]!.State!.Name;

describe("to instances that are there", () => {
  test("traffic moves when somebody says so; the original goes after a while", async () => {
    const cloud = serverWorld();
    const before = await blue(cloud, { deploymentReadyOption: READY });
    const next = (await launchFleet(cloud, 2, "next")).sort();
    const id = await deployTo(cloud, "one.zip", GREEN);
    await cloud.advance("10s");
    expect(await infoOf(cloud, id)).toMatchObject({ status: "Ready", deploymentOverview: { Ready: 2, Pending: 2 } });
    expect(inTraffic(cloud)).toEqual(before);
    expect(
      (await cloud.call(listDeploymentTargets, { deploymentId: id, targetFilters: { ServerInstanceLabel: ["Green"] } })).targetIds,
    ).toEqual(next);
    await cloud.call(continueDeployment, { deploymentId: id });
    await cloud.advance("8m");
    expect(inTraffic(cloud)).toEqual(next);
    expect(await infoOf(cloud, id)).toMatchObject({ status: "InProgress", instanceTerminationWaitTimeStarted: true });
    expect(await stateOf(cloud, before[0]!)).toBe("running");
    await cloud.advance("30m");
    expect((await infoOf(cloud, id)).status).toBe("Succeeded");
    expect(await stateOf(cloud, before[0]!)).toBe("terminated");
    const { deploymentGroupInfo } = await cloud.call(getDeploymentGroup, { applicationName: "web", deploymentGroupName: "live" });
    expect(deploymentGroupInfo!.ec2TagFilters).toEqual(GREEN.targetInstances.tagFilters);
  });

  test("nobody says so in time, and it stops", async () => {
    const cloud = serverWorld();
    const before = await blue(cloud, { deploymentReadyOption: READY });
    await launchFleet(cloud, 1, "next");
    const id = await deployTo(cloud, "one.zip", GREEN);
    await cloud.advance("62m");
    expect(await infoOf(cloud, id)).toMatchObject({ status: "Stopped", errorInformation: { code: "TIMEOUT" } });
    expect(inTraffic(cloud)).toEqual(before);
  });

  test("what fails after traffic has moved gives it back", async () => {
    const cloud = serverWorld(agents((_, event) => event === "AfterAllowTraffic"));
    const before = await blue(cloud, {});
    await launchFleet(cloud, 2, "next");
    const id = await deployTo(cloud, "one.zip", { ...GREEN, autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] } });
    await cloud.advance("2m");
    const { status, rollbackInfo } = await infoOf(cloud, id);
    expect(status).toBe("Failed");
    await cloud.advance("10m");
    const rollback = await infoOf(cloud, rollbackInfo!.rollbackDeploymentId!);
    expect(rollback).toMatchObject({ creator: "codeDeployRollback", deploymentStyle: { deploymentType: "BLUE_GREEN" } });
    expect(inTraffic(cloud)).toEqual(before);
  });

  test("what fails before is not taken back: nothing has moved", async () => {
    const cloud = serverWorld(agents((_, event) => event === "Install"));
    await blue(cloud, {});
    await launchFleet(cloud, 1, "next");
    const id = await deployTo(cloud, "one.zip", { ...GREEN, autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] } });
    await cloud.advance("2m");
    expect((await infoOf(cloud, id)).rollbackInfo).toEqual({ rollbackMessage: expect.stringMatching(/^No traffic had been rerouted/) });
  });
});

const COPY = { greenFleetProvisioningOption: { action: "COPY_AUTO_SCALING_GROUP" } };
const scalingGroups = async (cloud: World): Promise<string[]> =>
  (await cloud.call(describeAutoScalingGroups, {})).AutoScalingGroups!.map(({ AutoScalingGroupName }) => AutoScalingGroupName!);

/** An Auto Scaling group that has the traffic, and a group of it. */
async function scaled(cloud: World, blueGreen: object = {}): Promise<void> {
  const { groupArn } = await balance(cloud);
  await scale(cloud, 2, { TargetGroupARNs: [groupArn] });
  await cloud.advance("1m");
  const blueGreenDeploymentConfiguration = { ...COPY, terminateBlueInstancesOnDeploymentSuccess: TERMINATE, ...blueGreen };
  await createFleetGroup(cloud, { autoScalingGroups: ["web"], ...STYLE, blueGreenDeploymentConfiguration });
}

describe("to a copy of an Auto Scaling group", () => {
  test("the copy takes the place of the original", async () => {
    const cloud = serverWorld();
    await scaled(cloud);
    const before = (await ids(cloud)).sort();
    const id = await deployTo(cloud, "one.zip");
    await cloud.advance("10m");
    const after = inTraffic(cloud);
    expect(after).toHaveLength(2);
    expect(after.some((instance) => before.includes(instance))).toBe(false);
    expect(await scalingGroups(cloud)).toEqual([`CodeDeploy_live_${id}`, "web"]);
    await cloud.call(skipWaitTimeForInstanceTermination, { deploymentId: id });
    await cloud.advance("5m");
    expect((await infoOf(cloud, id)).status).toBe("Succeeded");
    expect(await scalingGroups(cloud)).toEqual([`CodeDeploy_live_${id}`]);
    expect(inTraffic(cloud)).toEqual(after);
    const { deploymentGroupInfo } = await cloud.call(getDeploymentGroup, { applicationName: "web", deploymentGroupName: "live" });
    expect(deploymentGroupInfo!.autoScalingGroups).toMatchObject([
      { name: `CodeDeploy_live_${id}`, hook: expect.stringMatching(/^CodeDeploy-managed-/) },
    ]);
    const again = await deployTo(cloud, "two.zip");
    await cloud.advance("1h");
    expect((await infoOf(cloud, again)).status).toBe("Succeeded");
  });
});

test("whenever the power is cut, it ends the same", async () => {
  await endsTheSameWheneverThePowerIsCut(serverWorld, async (cloud) => {
    const live = await launchFleet(cloud, 1);
    const { groupArn } = await balance(cloud, { HealthCheckIntervalSeconds: 300 });
    await cloud.call(registerTargets, { TargetGroupArn: groupArn, Targets: live.map((Id) => ({ Id })) });
    const terminateBlueInstancesOnDeploymentSuccess = { action: "TERMINATE", terminationWaitTimeInMinutes: 1 };
    await createFleetGroup(cloud, { ...LIVE, ...STYLE, blueGreenDeploymentConfiguration: { terminateBlueInstancesOnDeploymentSuccess } });
    await launchFleet(cloud, 1, "next");
    await deployTo(cloud, "one.zip", GREEN);
    await cloud.advance("8m");
  });
});
