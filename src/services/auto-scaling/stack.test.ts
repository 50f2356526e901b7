import { expect, test } from "vitest";
import { handsThat } from "../../testing/hands.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { describeStackEvents } from "../cloudformation/event.ts";
import { cancelUpdateStack, createStack, updateStack } from "../cloudformation/operation.ts";
import { describeStacks } from "../cloudformation/stack.ts";
import { defaultId } from "../ec2/default-network.ts";
import { instances } from "../ec2/instance.ts";
import { describeTargetHealth } from "../elastic-load-balancing-v2/target.ts";
import { describeTargetGroups } from "../elastic-load-balancing-v2/target-group.ts";
import { services } from "../index.ts";
import { describeAutoScalingGroups, groups, setDesiredCapacity } from "./group.ts";

const HERE = { account: "111122223333", region: "eu-west-1" };
const subnets = ["a", "b"].map((zone) => defaultId(HERE, "subnet", `eu-west-1${zone}`));

/** A page behind a balancer, on as many instances as said. */
const template = (size: number, updatePolicy: object = {}, InstanceType = "t3.micro"): string =>
  JSON.stringify({
    Parameters: {
      Image: {
        Type: "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
        Default: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
      },
    },
    Resources: {
      Template: {
        Type: "AWS::EC2::LaunchTemplate",
        Properties: { LaunchTemplateData: { ImageId: { Ref: "Image" }, InstanceType } },
      },
      Targets: {
        Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
        Properties: { Protocol: "HTTP", Port: 80, VpcId: defaultId(HERE, "vpc") },
      },
      Balancer: { Type: "AWS::ElasticLoadBalancingV2::LoadBalancer", Properties: { Subnets: subnets } },
      Listener: {
        Type: "AWS::ElasticLoadBalancingV2::Listener",
        Properties: {
          LoadBalancerArn: { Ref: "Balancer" },
          Port: 80,
          Protocol: "HTTP",
          DefaultActions: [{ Type: "forward", TargetGroupArn: { Ref: "Targets" } }],
        },
      },
      Group: {
        Type: "AWS::AutoScaling::AutoScalingGroup",
        UpdatePolicy: updatePolicy,
        Properties: {
          MinSize: String(size),
          MaxSize: "5",
          VPCZoneIdentifier: subnets,
          TargetGroupARNs: [{ Ref: "Targets" }],
          LaunchTemplate: { LaunchTemplateId: { Ref: "Template" }, Version: { "Fn::GetAtt": ["Template", "LatestVersionNumber"] } },
        },
      },
    },
    Outputs: { Url: { Value: { "Fn::Sub": "http://${Balancer.DNSName}/" } } },
  });

const S = { StackName: "s" };

test("a stack has its instances behind its balancer; sizes stay as scaling left them, and what would be pretended is refused", async () => {
  const cloud = new World({ services, hands: handsThat({ instance: { answer: () => ({ status: 200 }) } }) });
  const stack = async () => (await cloud.call(describeStacks, S)).Stacks![0]!;
  const rest = () => cloud.advanceUntil(() => !cloud.waits().some((line) => line.startsWith("cloudformation/stack:")), "1h");
  await cloud.call(createStack, { ...S, TemplateBody: template(2) });
  await rest();
  const { StackStatus, Outputs } = await stack();
  expect([StackStatus, Outputs![0]!.OutputValue]).toEqual(["CREATE_COMPLETE", expect.stringMatching(/^http:\/\/127\.[\d.]+\/$/)]);
  const TargetGroupArn = (await cloud.call(describeTargetGroups, {})).TargetGroups![0]!.TargetGroupArn!;
  const health = async () =>
    (await cloud.call(describeTargetHealth, { TargetGroupArn })).TargetHealthDescriptions!.map((one) => one.TargetHealth!.State);
  expect(await health()).toEqual(["healthy", "healthy"]);

  const group = async () => (await cloud.call(describeAutoScalingGroups, {})).AutoScalingGroups![0]!;
  const AutoScalingGroupName = (await group()).AutoScalingGroupName!;
  await cloud.call(setDesiredCapacity, { AutoScalingGroupName, DesiredCapacity: 4 });
  await cloud.call(updateStack, {
    ...S,
    TemplateBody: template(3, { AutoScalingScheduledAction: { IgnoreUnmodifiedGroupSizeProperties: true } }),
  });
  await rest();
  const { MinSize, DesiredCapacity } = await group();
  expect([(await stack()).StackStatus, MinSize, DesiredCapacity]).toEqual(["UPDATE_COMPLETE", 3, 4]);

  await cloud.call(updateStack, { ...S, TemplateBody: template(2, { AutoScalingReplacingUpdate: { WillReplace: true } }) });
  await rest();
  const { StackEvents } = await cloud.call(describeStackEvents, S);
  expect(StackEvents!.map(({ ResourceStatusReason }) => ResourceStatusReason)).toContain(
    "Slipway does not implement the update policy AutoScalingReplacingUpdate",
  );
  expect([(await stack()).StackStatus, (await group()).MinSize]).toEqual(["UPDATE_ROLLBACK_COMPLETE", 3]);
});

const ROLLING = { MinInstancesInService: 2, MaxBatchSize: 1, PauseTime: "PT5M", SuspendProcesses: ["AlarmNotification"] };

/** The types of the instances that the only group counts, and what is suspended of it. */
async function members(cloud: World): Promise<{ types: string; suspended: (string | undefined)[] }> {
  const { Instances, SuspendedProcesses } = (await cloud.call(describeAutoScalingGroups, {})).AutoScalingGroups![0]!;
  const there = Instances!.filter(({ LifecycleState }) => !LifecycleState!.startsWith("Terminating"));
  const types = there.map(({ InstanceType }) => InstanceType).sort();
  return { types: types.join(" "), suspended: SuspendedProcesses!.map(({ ProcessName }) => ProcessName) };
}

const status = async (cloud: World) => (await cloud.call(describeStacks, S)).Stacks![0]!.StackStatus;

const rolled = (InstanceType: string): string => template(3, { AutoScalingRollingUpdate: ROLLING }, InstanceType);

test("an update rolls through the instances, a batch and a pause at a time, and back where it fails", async () => {
  const bad = "t3.nano";
  const cloud: World = new World({
    services,
    hands: handsThat({
      instance: { answer: () => ({ status: 200 }), boots: (id) => instances.get(cloud.scope(), id)?.instanceType !== bad },
    }),
  });
  const rest = () => cloud.advanceUntil(() => !cloud.waits().some((line) => line.startsWith("cloudformation/stack:")), "3h");
  await cloud.call(createStack, { ...S, TemplateBody: template(3) });
  await rest();
  await cloud.call(updateStack, { ...S, TemplateBody: rolled("t3.small") });
  await cloud.advance("1s");
  expect(await members(cloud)).toEqual({ types: "t3.micro t3.micro t3.small", suspended: ["AlarmNotification"] });
  await cloud.advance("4m");
  expect((await members(cloud)).types).toBe("t3.micro t3.micro t3.small");
  await cloud.advance("7m");
  expect([(await members(cloud)).types, await status(cloud)]).toEqual(["t3.small t3.small t3.small", "UPDATE_IN_PROGRESS"]);
  await rest();
  expect([await status(cloud), await members(cloud)]).toEqual(["UPDATE_COMPLETE", { types: "t3.small t3.small t3.small", suspended: [] }]);

  await cloud.call(updateStack, { ...S, TemplateBody: rolled(bad) });
  await rest();
  expect([await status(cloud), await members(cloud)]).toEqual([
    "UPDATE_ROLLBACK_COMPLETE",
    { types: "t3.small t3.small t3.small", suspended: [] },
  ]);
});

test("an update that is called off leaves the group to itself", async () => {
  const cloud = new World({ services, hands: handsThat({ instance: { answer: () => ({ status: 200 }) } }) });
  await cloud.call(createStack, { ...S, TemplateBody: template(3) });
  await cloud.advance("10m");
  await cloud.call(updateStack, { ...S, TemplateBody: rolled("t3.small") });
  await cloud.advance("1s");
  expect((await members(cloud)).suspended).toEqual(["AlarmNotification"]);
  await cloud.call(cancelUpdateStack, S);
  await cloud.advance("30m");
  expect([await status(cloud), (await members(cloud)).suspended]).toEqual(["UPDATE_ROLLBACK_COMPLETE", []]);
  expect(groups.list(cloud.scope()).map(({ rolling }) => rolling)).toEqual([undefined]);
});

test("a rolling update comes to the same end whenever the power is cut", async () => {
  const { Parameters, Resources } = JSON.parse(template(2, { AutoScalingRollingUpdate: { MaxBatchSize: 2 } }));
  const { Template, Group } = Resources;
  delete Group.Properties.TargetGroupARNs;
  const bare = (InstanceType: string): string => {
    const LaunchTemplateData = { ...Template.Properties.LaunchTemplateData, InstanceType };
    return JSON.stringify({ Parameters, Resources: { Template: { ...Template, Properties: { LaunchTemplateData } }, Group } });
  };
  const some = services.filter(({ name }) => /^(iam|ssm|ec2|elastic-load-balancing-v2|auto-scaling|cloudformation)$/.test(name));
  const commits = await endsTheSameWheneverThePowerIsCut(
    () => new World({ services: some, hands: handsThat({}) }),
    async (cloud) => {
      await cloud.call(createStack, { ...S, TemplateBody: bare("t3.micro") });
      await cloud.advance("1m");
      await cloud.call(updateStack, { ...S, TemplateBody: bare("t3.small") });
      await cloud.advance("5m");
      expect([await status(cloud), (await members(cloud)).types]).toEqual(["UPDATE_COMPLETE", "t3.small t3.small"]);
    },
  );
  expect(commits).toBeGreaterThan(30);
});
