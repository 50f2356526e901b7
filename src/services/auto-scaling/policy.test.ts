import { describe, expect, test } from "vitest";
import { handsThat } from "../../testing/hands.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { putMetricAlarm } from "../cloudwatch/alarm.ts";
import { cloudwatch } from "../cloudwatch/index.ts";
import { putMetricData } from "../cloudwatch/metric.ts";
import { ec2 } from "../ec2/index.ts";
import { elasticLoadBalancingV2 } from "../elastic-load-balancing-v2/index.ts";
import { iam } from "../iam/index.ts";
import { ssm } from "../ssm/index.ts";
import { describeScalingActivities } from "./activity.ts";
import { group, scale } from "./auto-scaling.fixture.ts";
import { deleteAutoScalingGroup, setDesiredCapacity } from "./group.ts";
import { autoScaling } from "./index.ts";
import { deletePolicy, describePolicies, executePolicy, putScalingPolicy } from "./policy.ts";
import { suspendProcesses } from "./process.ts";

const G = { AutoScalingGroupName: "web" };

const newWorld = (): World =>
  new World({ services: [iam, ssm, cloudwatch, ec2, elasticLoadBalancingV2, autoScaling], hands: handsThat({}) });

const put = async (cloud: World, PolicyName: string, more: object): Promise<string> =>
  (await cloud.call(putScalingPolicy, { ...G, PolicyName, AdjustmentType: "ChangeInCapacity", ...more })).PolicyARN!;

/** An alarm above ten requests a minute. */
const watch = (cloud: World, arn: string) =>
  cloud.call(putMetricAlarm, {
    AlarmName: "busy",
    Namespace: "web",
    MetricName: "requests",
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 10,
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "notBreaching",
    AlarmActions: [arn],
  });

/** So many requests in each of so many minutes. */
async function requests(cloud: World, Value: number, minutes: number): Promise<void> {
  for (let nth = 0; nth < minutes; nth++) {
    await cloud.call(putMetricData, { Namespace: "web", MetricData: [{ MetricName: "requests", Value }] });
    await cloud.advance("1m");
  }
}

const size = async (cloud: World) => (await group(cloud)).DesiredCapacity;

describe("a simple policy", () => {
  test("is carried out by its alarm, again after each cooldown, and no further than the group may grow", async () => {
    const cloud = newWorld();
    await scale(cloud, 1);
    const arn = await put(cloud, "out", { ScalingAdjustment: 2, Cooldown: 150 });
    await watch(cloud, arn);
    const { ScalingPolicies } = await cloud.call(describePolicies, G);
    expect(ScalingPolicies).toMatchObject([{ PolicyName: "out", PolicyType: "SimpleScaling", Alarms: [{ AlarmName: "busy" }] }]);
    await requests(cloud, 20, 1);
    expect(await size(cloud)).toBe(3);
    await requests(cloud, 20, 2);
    expect(await size(cloud)).toBe(3);
    await requests(cloud, 20, 1);
    expect(await size(cloud)).toBe(5);
    await requests(cloud, 20, 3);
    expect(await size(cloud)).toBe(6);
    const { Activities } = await cloud.call(describeScalingActivities, G);
    expect(Activities![0]!.Cause).toMatch(
      /^At \S+ a monitor alarm busy in state ALARM triggered policy out changing the desired capacity from 5 to 6\. {2}At \S+ an instance was started/,
    );
    // Once the alarm is over, the policy is not carried out any more.
    await cloud.advance("5m");
    await cloud.call(setDesiredCapacity, { ...G, DesiredCapacity: 2 });
    await cloud.advance("10m");
    expect(await size(cloud)).toBe(2);
  });

  test("is carried out by hand, unless the cooldown is to be heeded; and does nothing where it is told so", async () => {
    const cloud = newWorld();
    await scale(cloud, 2);
    const arn = await put(cloud, "out", { ScalingAdjustment: 1 });
    await cloud.call(executePolicy, { ...G, PolicyName: "out" });
    await cloud.call(executePolicy, { PolicyName: arn });
    expect(await size(cloud)).toBe(4);
    const again = cloud.call(executePolicy, { ...G, PolicyName: "out", HonorCooldown: true });
    await expect(again).rejects.toMatchObject({ name: "ScalingActivityInProgressFault" });
    const set = cloud.call(setDesiredCapacity, { ...G, DesiredCapacity: 1, HonorCooldown: true });
    await expect(set).rejects.toMatchObject({ name: "ScalingActivityInProgressFault" });
    await cloud.advance("5m");
    await cloud.call(setDesiredCapacity, { ...G, DesiredCapacity: 1, HonorCooldown: true });
    await watch(cloud, arn);
    await cloud.call(suspendProcesses, { ...G, ScalingProcesses: ["AlarmNotification"] });
    await requests(cloud, 20, 2);
    expect(await size(cloud)).toBe(1);
    await cloud.call(deletePolicy, { ...G, PolicyName: "out" });
    await expect(cloud.call(executePolicy, { ...G, PolicyName: "out" })).rejects.toThrow("PolicyName not found");
  });

  test("goes with its group", async () => {
    const cloud = newWorld();
    await scale(cloud, 0);
    await put(cloud, "out", { ScalingAdjustment: 1 });
    await cloud.call(deleteAutoScalingGroup, G);
    expect((await cloud.call(describePolicies, {})).ScalingPolicies).toEqual([]);
  });

  test("of a kind that there is not is refused", async () => {
    const cloud = newWorld();
    await scale(cloud, 0);
    const track = put(cloud, "track", { PolicyType: "TargetTrackingScaling" });
    await expect(track).rejects.toThrow("A scaling policy of the type TargetTrackingScaling is not implemented");
    await expect(put(cloud, "none", {})).rejects.toThrow("You must specify a ScalingAdjustment");
  });
});

describe("a step policy", () => {
  const steps = {
    PolicyType: "StepScaling",
    EstimatedInstanceWarmup: 150,
    StepAdjustments: [
      { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 20, ScalingAdjustment: 1 },
      { MetricIntervalLowerBound: 20, ScalingAdjustment: 3 },
    ],
  };

  test("adds what the breach asks for, beyond what warms up already", async () => {
    const cloud = newWorld();
    await scale(cloud, 1);
    await put(cloud, "out", steps);
    const breach = (MetricValue: number) => cloud.call(executePolicy, { ...G, PolicyName: "out", MetricValue, BreachThreshold: 10 });
    await breach(15);
    expect(await size(cloud)).toBe(2);
    await breach(15);
    expect(await size(cloud)).toBe(2);
    await breach(40);
    expect(await size(cloud)).toBe(4);
    await cloud.advance("150s");
    await breach(15);
    expect(await size(cloud)).toBe(5);
    await expect(cloud.call(executePolicy, { ...G, PolicyName: "out" })).rejects.toThrow("Both MetricValue and BreachThreshold");
  });

  test("is carried out by its alarm, whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(newWorld, async (cloud) => {
      await scale(cloud, 1);
      await watch(cloud, await put(cloud, "out", steps));
      await requests(cloud, 35, 4);
      expect(await size(cloud)).toBe(6);
    });
  });
});
