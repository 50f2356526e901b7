import { expect, test } from "vitest";
import { handsThat } from "../../testing/hands.ts";
import { World } from "../../testing/world.ts";
import { describeStackEvents } from "../cloudformation/event.ts";
import { createStack, updateStack } from "../cloudformation/operation.ts";
import { describeStacks } from "../cloudformation/stack.ts";
import { defaultId } from "../ec2/default-network.ts";
import { describeTargetHealth } from "../elastic-load-balancing-v2/target.ts";
import { describeTargetGroups } from "../elastic-load-balancing-v2/target-group.ts";
import { services } from "../index.ts";
import { describeAutoScalingGroups, setDesiredCapacity } from "./group.ts";

const HERE = { account: "111122223333", region: "eu-west-1" };
const subnets = ["a", "b"].map((zone) => defaultId(HERE, "subnet", `eu-west-1${zone}`));

/** A page behind a balancer, on as many instances as said. */
const template = (size: number, updatePolicy: object = {}): string =>
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
        Properties: { LaunchTemplateData: { ImageId: { Ref: "Image" }, InstanceType: "t3.micro" } },
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

  await cloud.call(updateStack, { ...S, TemplateBody: template(2, { AutoScalingRollingUpdate: { MaxBatchSize: 1 } }) });
  await rest();
  const { StackEvents } = await cloud.call(describeStackEvents, S);
  expect(StackEvents!.map(({ ResourceStatusReason }) => ResourceStatusReason)).toContain(
    "Slipway does not implement the update policy AutoScalingRollingUpdate",
  );
  expect([(await stack()).StackStatus, (await group()).MinSize]).toEqual(["UPDATE_ROLLBACK_COMPLETE", 3]);
});
