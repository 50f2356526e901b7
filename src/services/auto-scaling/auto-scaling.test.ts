import { describe, expect, test } from "vitest";
import { EVENTS, events } from "../../kernel/facts.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { describeInstances } from "../ec2/instance.ts";
import { stopInstances, terminateInstances } from "../ec2/instance-state.ts";
import { describeSubnets } from "../ec2/subnet.ts";
import { balance } from "../elastic-load-balancing-v2/elastic-load-balancing-v2.fixture.ts";
import { describeTargetHealth } from "../elastic-load-balancing-v2/target.ts";
import { describeScalingActivities } from "./activity.ts";
import { copyGroup, lifecycleActionsOf, membersOf, removeGroup } from "./api.ts";
import { group, ids, lifecycles, scale, scalingWorld } from "./auto-scaling.fixture.ts";
import {
  createAutoScalingGroup,
  deleteAutoScalingGroup,
  describeAutoScalingGroups,
  setDesiredCapacity,
  updateAutoScalingGroup,
} from "./group.ts";
import { describeAccountLimits, describeScalingProcessTypes, describeTerminationPolicyTypes } from "./kinds.ts";
import { completeLifecycleAction, putLifecycleHook, recordLifecycleActionHeartbeat } from "./lifecycle-hook.ts";
import {
  attachInstances,
  detachInstances,
  enterStandby,
  exitStandby,
  setInstanceHealth,
  setInstanceProtection,
  terminateInstanceInAutoScalingGroup,
} from "./member.ts";
import { resumeProcesses, suspendProcesses } from "./process.ts";

const AutoScalingGroupName = "web";
const G = { AutoScalingGroupName };
const want = (cloud: World, DesiredCapacity: number) => cloud.call(setDesiredCapacity, { AutoScalingGroupName, DesiredCapacity });

const happened = (cloud: World): string[] =>
  events
    .read(cloud.scope(), EVENTS)
    .filter(({ value }) => value.source === "aws.autoscaling")
    .map(({ value }) => value.detailType);

describe("a group", () => {
  test("launches what it wants, over all zones, with its tags", async () => {
    const cloud = scalingWorld();
    await scale(cloud, 3, { Tags: [{ Key: "app", Value: "shop", PropagateAtLaunch: true }] });
    const { Instances } = await group(cloud);
    expect(Instances!.map(({ AvailabilityZone }) => AvailabilityZone).sort()).toEqual(["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
    expect(await lifecycles(cloud)).toEqual(["InService", "InService", "InService"]);
    const Filters = [
      { Name: "tag:app", Values: ["shop"] },
      { Name: "tag:aws:autoscaling:groupName", Values: ["web"] },
    ];
    expect((await cloud.call(describeInstances, { Filters })).Reservations).toHaveLength(3);
    expect(happened(cloud)).toEqual(Array(3).fill("EC2 Instance Launch Successful"));
    const { Activities } = await cloud.call(describeScalingActivities, { AutoScalingGroupName });
    expect(Activities!.map(({ StatusCode }) => StatusCode)).toEqual(["Successful", "Successful", "Successful"]);
  });

  test("that was told its zones names no subnets, until it is told those", async () => {
    const cloud = scalingWorld();
    await scale(cloud, 1, { VPCZoneIdentifier: undefined, AvailabilityZones: ["eu-west-1b"] });
    const { Instances, ...first } = await group(cloud);
    expect(first).toMatchObject({ AvailabilityZones: ["eu-west-1b"], VPCZoneIdentifier: "" });
    expect(Instances).toMatchObject([{ AvailabilityZone: "eu-west-1b" }]);
    const { Subnets } = await cloud.call(describeSubnets, {});
    const VPCZoneIdentifier = Subnets!.at(-1)!.SubnetId!;
    await cloud.call(updateAutoScalingGroup, { AutoScalingGroupName, VPCZoneIdentifier });
    expect(await group(cloud)).toMatchObject({ VPCZoneIdentifier });
  });

  test("shrinks by ending whom its policy chooses and nobody protects, and grows no further than it may", async () => {
    const cloud = scalingWorld();
    await scale(cloud, 3, { TerminationPolicies: ["OldestInstance"] });
    const all = await ids(cloud);
    await cloud.call(setInstanceProtection, { AutoScalingGroupName, InstanceIds: all.slice(0, 2), ProtectedFromScaleIn: true });
    await want(cloud, 0);
    expect(await ids(cloud)).toEqual(all.slice(0, 2));
    await expect(want(cloud, 7)).rejects.toThrow("New SetDesiredCapacity value 7 is above max value 6 for the AutoScalingGroup.");
    await expect(cloud.call(deleteAutoScalingGroup, { AutoScalingGroupName })).rejects.toThrow("while there are instances");
    await cloud.call(updateAutoScalingGroup, { AutoScalingGroupName, MinSize: 3 });
    expect((await group(cloud)).Instances).toHaveLength(3);
    await cloud.call(deleteAutoScalingGroup, { AutoScalingGroupName, ForceDelete: true });
    expect((await cloud.call(describeAutoScalingGroups, {})).AutoScalingGroups).toEqual([]);
    const running = [{ Name: "instance-state-name", Values: ["running"] }];
    expect((await cloud.call(describeInstances, { Filters: running })).Reservations).toEqual([]);
  });

  test("wants a launch template that is there", async () => {
    const cloud = scalingWorld();
    const from = (LaunchTemplate: object) => scale(cloud, 1, { LaunchTemplate });
    await expect(from({ Version: "1" })).rejects.toThrow("either launchTemplateId or LaunchTemplateName");
    const other = cloud.call(createAutoScalingGroup, { ...G, MinSize: 0, MaxSize: 1, LaunchTemplate: { LaunchTemplateName: "other" } });
    await expect(other).rejects.toThrow(/^You must use a valid fully-formed launch template\. .*other.* does not exist/);
  });

  test("replaces whoever is not well", async () => {
    const cloud = scalingWorld();
    await scale(cloud, 2);
    const [stopped, sick] = (await ids(cloud)) as [string, string];
    await cloud.call(stopInstances, { InstanceIds: [stopped] });
    await cloud.call(setInstanceHealth, { InstanceId: sick, HealthStatus: "Unhealthy" });
    expect(await lifecycles(cloud)).toEqual(["InService", "InService"]);
    expect(await ids(cloud)).not.toContain(stopped);
    expect(await ids(cloud)).not.toContain(sick);
  });

  test("does not do what is suspended", async () => {
    const cloud = scalingWorld();
    await scale(cloud, 1);
    await cloud.call(suspendProcesses, { AutoScalingGroupName, ScalingProcesses: ["Launch"] });
    await want(cloud, 2);
    expect(await lifecycles(cloud)).toEqual(["InService"]);
    await cloud.call(resumeProcesses, { AutoScalingGroupName });
    expect(await lifecycles(cloud)).toEqual(["InService", "InService"]);
    await expect(cloud.call(suspendProcesses, { AutoScalingGroupName, ScalingProcesses: ["Sleep"] })).rejects.toThrow(
      "Invalid scaling process: Sleep",
    );
  });

  test("lets instances go and come: standby, detached, attached, ended", async () => {
    const cloud = scalingWorld();
    await scale(cloud, 2);
    const [one, other] = (await ids(cloud)) as [string, string];
    await cloud.call(enterStandby, { AutoScalingGroupName, InstanceIds: [one], ShouldDecrementDesiredCapacity: true });
    expect(await lifecycles(cloud)).toEqual(["InService", "Standby"]);
    await cloud.call(exitStandby, { AutoScalingGroupName, InstanceIds: [one] });
    expect(await lifecycles(cloud)).toEqual(["InService", "InService"]);
    await cloud.call(detachInstances, { AutoScalingGroupName, InstanceIds: [one], ShouldDecrementDesiredCapacity: true });
    expect(await ids(cloud)).toEqual([other]);
    await cloud.call(attachInstances, { AutoScalingGroupName, InstanceIds: [one] });
    expect((await group(cloud)).DesiredCapacity).toBe(2);
    await cloud.call(terminateInstanceInAutoScalingGroup, { InstanceId: other, ShouldDecrementDesiredCapacity: true });
    expect(await ids(cloud)).toEqual([one]);
  });

  test("tries again when an instance did not come up, and not at once", async () => {
    let boots = false;
    const cloud = scalingWorld({ boots: () => boots });
    await scale(cloud, 1);
    const { Activities } = await cloud.call(describeScalingActivities, { AutoScalingGroupName });
    expect(Activities!.map(({ StatusCode }) => StatusCode)).toEqual(["Failed"]);
    boots = true;
    await cloud.advance("1m");
    expect(await lifecycles(cloud)).toEqual(["InService"]);
  });

  test("tries a launch that failed again", async () => {
    const cloud = scalingWorld();
    await scale(cloud, 0);
    await cloud.call(updateAutoScalingGroup, { AutoScalingGroupName, LaunchTemplate: { LaunchTemplateName: "web", Version: "$Latest" } });
    const { createLaunchTemplateVersion } = await import("../ec2/launch-template-version.ts");
    const version = (KeyName: string | undefined) =>
      cloud.call(createLaunchTemplateVersion, {
        LaunchTemplateName: "web",
        ...(KeyName === undefined && { SourceVersion: "1" }),
        LaunchTemplateData: KeyName === undefined ? { EbsOptimized: false } : { ImageId: "ami-00000000" },
      });
    await version("gone");
    await want(cloud, 1);
    const { Activities } = await cloud.call(describeScalingActivities, { AutoScalingGroupName });
    expect(Activities).toMatchObject([{ StatusCode: "Failed", StatusMessage: expect.stringContaining("does not exist") }]);
    await version(undefined);
    await cloud.advance("60s");
    expect(await lifecycles(cloud)).toEqual(["InService"]);
  });
});

describe("a lifecycle hook", () => {
  const hook = (cloud: World, transition: "LAUNCHING" | "TERMINATING", more: object = {}) =>
    cloud.call(putLifecycleHook, {
      AutoScalingGroupName,
      LifecycleHookName: "check",
      LifecycleTransition: `autoscaling:EC2_INSTANCE_${transition}`,
      HeartbeatTimeout: 60,
      ...more,
    });

  test("holds an instance until it is answered", async () => {
    const cloud = scalingWorld();
    await scale(cloud, 0);
    await hook(cloud, "LAUNCHING");
    await want(cloud, 1);
    expect(await lifecycles(cloud)).toEqual(["Pending:Wait"]);
    expect(happened(cloud)).toEqual(["EC2 Instance-launch Lifecycle Action"]);
    const [InstanceId] = await ids(cloud);
    const action = { AutoScalingGroupName, LifecycleHookName: "check", InstanceId };
    await cloud.advance("50s");
    await cloud.call(recordLifecycleActionHeartbeat, action);
    await cloud.advance("50s");
    expect(await lifecycles(cloud)).toEqual(["Pending:Wait"]);
    await cloud.call(completeLifecycleAction, { ...action, LifecycleActionResult: "CONTINUE" });
    expect(await lifecycles(cloud)).toEqual(["InService"]);
    const again = cloud.call(completeLifecycleAction, { ...action, LifecycleActionResult: "CONTINUE" });
    await expect(again).rejects.toThrow(`No active Lifecycle Action found with instance ID ${InstanceId}`);
  });

  test("that nobody answers does as its default says: a launch is given up and tried anew", async () => {
    const cloud = scalingWorld();
    await scale(cloud, 0);
    await hook(cloud, "LAUNCHING");
    await want(cloud, 1);
    const [first] = await ids(cloud);
    await cloud.advance("60s");
    expect(await lifecycles(cloud)).toEqual(["Pending:Wait"]);
    expect(await ids(cloud)).not.toContain(first);
    await hook(cloud, "LAUNCHING", { DefaultResult: "CONTINUE" });
    await cloud.advance("2m");
    expect(await lifecycles(cloud)).toEqual(["InService"]);
  });

  test("holds an instance that is to end, too", async () => {
    const cloud = scalingWorld();
    await scale(cloud, 1);
    await hook(cloud, "TERMINATING");
    await want(cloud, 0);
    expect(await lifecycles(cloud)).toEqual(["Terminating:Wait"]);
    expect(lifecycleActionsOf(cloud.scope(), "web", "check")).toMatchObject([{ instanceId: (await ids(cloud))[0] }]);
    await cloud.advance("60s");
    expect(await ids(cloud)).toEqual([]);
  });
});

describe("behind a balancer", () => {
  test("a group's instances get traffic, are judged by it, and are drained before they end", async () => {
    let sick = "";
    const cloud = scalingWorld({ answer: (id) => ({ status: id === sick ? 500 : 200 }) });
    const { groupArn: TargetGroupArn } = await balance(cloud);
    await scale(cloud, 2, { TargetGroupARNs: [TargetGroupArn], HealthCheckType: "ELB", HealthCheckGracePeriod: 30 });
    const health = async () =>
      (await cloud.call(describeTargetHealth, { TargetGroupArn })).TargetHealthDescriptions!.map((one) => one.TargetHealth!.State);
    expect(await health()).toEqual(["healthy", "healthy"]);
    sick = (await ids(cloud))[0]!;
    await cloud.advance("25s");
    expect(await ids(cloud)).toContain(sick);
    await cloud.advance("10s");
    expect(await lifecycles(cloud)).toEqual(["InService", "InService", "Terminating"]);
    expect((await health()).sort()).toEqual(["draining", "healthy", "healthy"]);
    await cloud.advance("5m");
    expect(await lifecycles(cloud)).toEqual(["InService", "InService"]);
    expect(await ids(cloud)).not.toContain(sick);
  });
});

test("there is a choice of what groups may be told, and of how many there may be", async () => {
  const cloud = scalingWorld();
  await scale(cloud, 0);
  expect((await cloud.call(describeScalingProcessTypes, {})).Processes).toContainEqual({ ProcessName: "AlarmNotification" });
  for (const policy of (await cloud.call(describeTerminationPolicyTypes, {})).TerminationPolicyTypes!)
    await cloud.call(updateAutoScalingGroup, { AutoScalingGroupName, TerminationPolicies: [policy] });
  expect(await cloud.call(describeAccountLimits, {})).toMatchObject({ MaxNumberOfAutoScalingGroups: 500, NumberOfAutoScalingGroups: 1 });
});

test("a copy of a group is a group of its own, and goes with its instances", async () => {
  const cloud = scalingWorld();
  await scale(cloud, 2);
  cloud.change((scope) => void copyGroup(scope, "web", "web-green"));
  expect(membersOf(cloud.scope(), "web-green").map(({ lifecycle }) => lifecycle)).toEqual(["InService", "InService"]);
  cloud.change((scope) => removeGroup(scope, "web"));
  expect((await cloud.call(describeAutoScalingGroups, {})).AutoScalingGroups!.map(({ AutoScalingGroupName: name }) => name)).toEqual([
    "web-green",
  ]);
});

test("a group comes to the same end whenever the power is cut", async () => {
  const commits = await endsTheSameWheneverThePowerIsCut(
    () => scalingWorld({ answer: () => ({ status: 200 }) }),
    async (cloud) => {
      const { groupArn } = await balance(cloud, { HealthCheckIntervalSeconds: 60 });
      await scale(cloud, 2, { TargetGroupARNs: [groupArn] });
      await cloud.call(putLifecycleHook, {
        AutoScalingGroupName,
        LifecycleHookName: "check",
        LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
        HeartbeatTimeout: 30,
        DefaultResult: "CONTINUE",
      });
      await cloud.call(terminateInstances, { InstanceIds: (await ids(cloud)).slice(0, 1) });
      await cloud.advance("6m");
      await want(cloud, 1);
      await cloud.advance("6m");
    },
  );
  expect(commits).toBeGreaterThan(30);
});
