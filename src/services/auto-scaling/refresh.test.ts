import { describe, expect, test } from "vitest";
import { EVENTS, events } from "../../kernel/facts.ts";
import { handsThat } from "../../testing/hands.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { putMetricAlarm, setAlarmState } from "../cloudwatch/alarm.ts";
import { cloudwatch } from "../cloudwatch/index.ts";
import { ec2 } from "../ec2/index.ts";
import { createLaunchTemplateVersion } from "../ec2/launch-template-version.ts";
import { elasticLoadBalancingV2 } from "../elastic-load-balancing-v2/index.ts";
import { iam } from "../iam/index.ts";
import { ssm } from "../ssm/index.ts";
import { group, ids, lifecycles, scale } from "./auto-scaling.fixture.ts";
import { deleteAutoScalingGroup, describeAutoScalingGroups } from "./group.ts";
import { autoScaling } from "./index.ts";
import { setInstanceProtection } from "./member.ts";
import { cancelInstanceRefresh, describeInstanceRefreshes, rollbackInstanceRefresh, startInstanceRefresh } from "./refresh.ts";

const G = { AutoScalingGroupName: "web" };
const V1 = { LaunchTemplate: { LaunchTemplateName: "web", Version: "1" } };
const V2 = { LaunchTemplate: { LaunchTemplateName: "web", Version: "2" } };

const newWorld = (boots: (id: string) => boolean = () => true): World =>
  new World({ services: [iam, ssm, cloudwatch, ec2, elasticLoadBalancingV2, autoScaling], hands: handsThat({ instance: { boots } }) });

/** A group of so many from the first version of a template that has two. */
async function grown(cloud: World, size: number, more: object = {}): Promise<string[]> {
  await scale(cloud, size, { ...V1, ...more });
  const LaunchTemplateData = { InstanceType: "t3.small" as const };
  await cloud.call(createLaunchTemplateVersion, { LaunchTemplateName: "web", SourceVersion: "1", LaunchTemplateData });
  return ids(cloud);
}

const start = (cloud: World, Preferences: object = {}, DesiredConfiguration: object | null = V2) =>
  cloud.call(startInstanceRefresh, { ...G, Preferences, ...(DesiredConfiguration && { DesiredConfiguration }) });

const refresh = async (cloud: World) => (await cloud.call(describeInstanceRefreshes, G)).InstanceRefreshes![0]!;
const types = async (cloud: World): Promise<string> =>
  (await group(cloud))
    .Instances!.map(({ InstanceType }) => InstanceType)
    .sort()
    .join(" ");
const happened = (cloud: World): string[] =>
  events
    .read(cloud.scope(), EVENTS)
    .map(({ value }) => value.detailType)
    .filter((type) => type.includes("Refresh"))
    .map((type) => type.replace("EC2 Auto Scaling Instance Refresh ", ""));

describe("an instance refresh", () => {
  test("replaces all, one warmed up after the other, and the group launches from what was desired", async () => {
    const cloud = newWorld();
    const before = await grown(cloud, 3);
    await start(cloud, { InstanceWarmup: 60 });
    await expect(start(cloud)).rejects.toMatchObject({ name: "InstanceRefreshInProgressFault" });
    expect(await types(cloud)).toBe("t3.micro t3.micro t3.small");
    expect(await refresh(cloud)).toMatchObject({ Status: "InProgress", PercentageComplete: 0, InstancesToUpdate: 3 });
    expect((await group(cloud)).LaunchTemplate!.Version).toBe("1");
    await cloud.advance("1m");
    expect(await types(cloud)).toBe("t3.micro t3.small t3.small");
    expect(await refresh(cloud)).toMatchObject({ PercentageComplete: 33, InstancesToUpdate: 2 });
    await cloud.advance("2m");
    expect(await refresh(cloud)).toMatchObject({ Status: "Successful", PercentageComplete: 100, InstancesToUpdate: 0 });
    expect(await types(cloud)).toBe("t3.small t3.small t3.small");
    expect((await ids(cloud)).filter((id) => before.includes(id))).toEqual([]);
    expect((await group(cloud)).LaunchTemplate!.Version).toBe("2");
    expect(happened(cloud)).toEqual(["Started", "Succeeded"]);
  });

  test("launches before it terminates, where more than all may be there", async () => {
    const cloud = newWorld();
    const before = await grown(cloud, 4);
    await start(cloud, { InstanceWarmup: 60, MinHealthyPercentage: 100, MaxHealthyPercentage: 150 });
    expect(await types(cloud)).toBe("t3.micro t3.micro t3.micro t3.micro t3.small t3.small");
    expect((await ids(cloud)).filter((id) => before.includes(id))).toHaveLength(4);
    await cloud.advance("1m");
    expect(await types(cloud)).toBe("t3.micro t3.micro t3.small t3.small t3.small t3.small");
    await cloud.advance("1m");
    expect(await types(cloud)).toBe("t3.small t3.small t3.small t3.small");
    expect((await refresh(cloud)).Status).toBe("Successful");
  });

  test("replaces as many at a time as need not be healthy, and skips what is as desired already", async () => {
    const cloud = newWorld();
    await grown(cloud, 4);
    await start(cloud, { InstanceWarmup: 60, MinHealthyPercentage: 50 });
    expect(await types(cloud)).toBe("t3.micro t3.micro t3.small t3.small");
    await cloud.advance("2m");
    const all = await ids(cloud);
    expect((await refresh(cloud)).Status).toBe("Successful");
    await start(cloud, { SkipMatching: true });
    expect([(await refresh(cloud)).Status, await ids(cloud)]).toEqual(["Successful", all]);
    await start(cloud, { MinHealthyPercentage: 0 }, null);
    expect((await ids(cloud)).filter((id) => all.includes(id))).toEqual([]);
  });

  test("waits at its checkpoints, and ends at the last of them; then bakes", async () => {
    const cloud = newWorld();
    await grown(cloud, 4);
    const preferences = { InstanceWarmup: 0, CheckpointPercentages: [25, 50], CheckpointDelay: 600, BakeTime: 300 };
    await start(cloud, preferences);
    expect(await types(cloud)).toBe("t3.micro t3.micro t3.micro t3.small");
    await cloud.advance("10m");
    expect(await types(cloud)).toBe("t3.micro t3.micro t3.small t3.small");
    await cloud.advance("10m");
    expect((await refresh(cloud)).Status).toBe("Baking");
    await cloud.advance("5m");
    expect(await refresh(cloud)).toMatchObject({ Status: "Successful", Preferences: preferences });
    expect(await types(cloud)).toBe("t3.micro t3.micro t3.small t3.small");
    expect(happened(cloud)).toEqual(["Started", "Checkpoint Reached", "Checkpoint Reached", "Succeeded"]);
  });

  test("is taken back when an alarm goes off", async () => {
    const cloud = newWorld();
    await grown(cloud, 3);
    const alarm = { AlarmName: "errors", Namespace: "web", MetricName: "errors", Statistic: "Sum" as const, Period: 60, Threshold: 1 };
    await cloud.call(putMetricAlarm, { ...alarm, EvaluationPeriods: 1, ComparisonOperator: "GreaterThanThreshold" });
    await start(cloud, { InstanceWarmup: 60, AutoRollback: true, AlarmSpecification: { Alarms: ["errors"] } });
    await cloud.advance("1m");
    expect(await types(cloud)).toBe("t3.micro t3.small t3.small");
    await cloud.call(setAlarmState, { AlarmName: "errors", StateValue: "ALARM", StateReason: "test" });
    expect(await refresh(cloud)).toMatchObject({
      Status: "RollbackInProgress",
      RollbackDetails: { RollbackReason: "The alarms errors are in the ALARM state.", PercentageCompleteOnRollback: 33 },
    });
    await cloud.advance("5m");
    expect([(await refresh(cloud)).Status, await types(cloud)]).toEqual(["RollbackSuccessful", "t3.micro t3.micro t3.micro"]);
    expect((await group(cloud)).LaunchTemplate!.Version).toBe("1");
  });

  test("is cancelled: what is there stays, and new ones are as before", async () => {
    const cloud = newWorld();
    await grown(cloud, 3);
    await start(cloud, { InstanceWarmup: 60 });
    await cloud.call(cancelInstanceRefresh, G);
    expect([(await refresh(cloud)).Status, await types(cloud)]).toEqual(["Cancelled", "t3.micro t3.micro t3.small"]);
    expect((await group(cloud)).LaunchTemplate!.Version).toBe("1");
    await expect(cloud.call(cancelInstanceRefresh, G)).rejects.toMatchObject({ name: "ActiveInstanceRefreshNotFoundFault" });
  });

  test("is taken back by hand, unless nothing says to what", async () => {
    const cloud = newWorld();
    await grown(cloud, 2);
    await start(cloud, { InstanceWarmup: 60 }, null);
    await expect(cloud.call(rollbackInstanceRefresh, G)).rejects.toMatchObject({ name: "IrreversibleInstanceRefreshFault" });
    await cloud.advance("2m");
    await start(cloud, { InstanceWarmup: 60 });
    await cloud.call(rollbackInstanceRefresh, G);
    await cloud.advance("5m");
    expect([(await refresh(cloud)).Status, await types(cloud)]).toEqual(["RollbackSuccessful", "t3.micro t3.micro"]);
  });

  test("fails after an hour at what is protected, unless it may replace or ignore that", async () => {
    const cloud = newWorld();
    const [one] = await grown(cloud, 2);
    await cloud.call(setInstanceProtection, { ...G, InstanceIds: [one!], ProtectedFromScaleIn: true });
    await start(cloud);
    expect(await types(cloud)).toBe("t3.micro t3.small");
    await cloud.advance("61m");
    expect((await refresh(cloud)).Status).toBe("Failed");
    await start(cloud, { ScaleInProtectedInstances: "Ignore" });
    expect([(await refresh(cloud)).Status, await ids(cloud)]).toEqual(["Successful", expect.arrayContaining([one])]);
    await start(cloud, { ScaleInProtectedInstances: "Refresh" });
    expect([(await refresh(cloud)).Status, await types(cloud)]).toEqual(["Successful", "t3.small t3.small"]);
  });

  test("wants what fits together", async () => {
    const cloud = newWorld();
    await grown(cloud, 1);
    await expect(start(cloud, { MinHealthyPercentage: 0, MaxHealthyPercentage: 150 })).rejects.toThrow("cannot be greater than 100");
    await expect(start(cloud, { CheckpointPercentages: [50, 20] })).rejects.toThrow("in ascending order");
    await expect(start(cloud, { CheckpointDelay: 5 })).rejects.toThrow("CheckpointDelay cannot be specified without");
    await expect(start(cloud, { AutoRollback: true }, null)).rejects.toThrow("AutoRollback needs a desired configuration");
  });

  test("goes with its group", async () => {
    const cloud = newWorld();
    await grown(cloud, 2);
    await start(cloud, { InstanceWarmup: 60, MinHealthyPercentage: 100, MaxHealthyPercentage: 200 });
    await cloud.call(deleteAutoScalingGroup, { ...G, ForceDelete: true });
    expect((await cloud.call(describeAutoScalingGroups, {})).AutoScalingGroups).toEqual([]);
  });
});

test("a refresh that is taken back comes to the same end whenever the power is cut", async () => {
  const commits = await endsTheSameWheneverThePowerIsCut(newWorld, async (cloud) => {
    await grown(cloud, 2);
    await start(cloud, {
      InstanceWarmup: 60,
      MinHealthyPercentage: 100,
      MaxHealthyPercentage: 150,
      CheckpointPercentages: [50, 100],
      CheckpointDelay: 60,
    });
    await cloud.advance("90s");
    await cloud.call(rollbackInstanceRefresh, G);
    await cloud.advance("10m");
    expect((await refresh(cloud)).Status).toBe("RollbackSuccessful");
    expect(await lifecycles(cloud)).toEqual(["InService", "InService"]);
  });
  expect(commits).toBeGreaterThan(30);
});
