import { type Doings, handsThat } from "../../testing/hands.ts";
import { World } from "../../testing/world.ts";
import { ec2 } from "../ec2/index.ts";
import { createLaunchTemplate } from "../ec2/launch-template.ts";
import { describeSubnets } from "../ec2/subnet.ts";
import { elasticLoadBalancingV2 } from "../elastic-load-balancing-v2/index.ts";
import { iam } from "../iam/index.ts";
import { ssm } from "../ssm/index.ts";
import { createAutoScalingGroup, describeAutoScalingGroups } from "./group.ts";
import { autoScaling } from "./index.ts";

export const scalingWorld = (instance: NonNullable<Doings["instance"]> = {}): World =>
  new World({ services: [iam, ssm, ec2, elasticLoadBalancingV2, autoScaling], hands: handsThat({ instance }) });

const ImageId = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";

/** A group of so many, over the zones of the default VPC. */
export async function scale(cloud: World, desired: number, more: object = {}): Promise<void> {
  await cloud.call(createLaunchTemplate, { LaunchTemplateName: "web", LaunchTemplateData: { ImageId, InstanceType: "t3.micro" } });
  const { Subnets } = await cloud.call(describeSubnets, {});
  await cloud.call(createAutoScalingGroup, {
    AutoScalingGroupName: "web",
    MinSize: 0,
    MaxSize: 6,
    DesiredCapacity: desired,
    LaunchTemplate: { LaunchTemplateName: "web" },
    VPCZoneIdentifier: Subnets!.map(({ SubnetId }) => SubnetId).join(","),
    ...more,
  });
}

export const group = async (cloud: World) =>
  (await cloud.call(describeAutoScalingGroups, { AutoScalingGroupNames: ["web"] })).AutoScalingGroups![0]!;

/** Where its instances are in their life-cycle. */
export const lifecycles = async (cloud: World): Promise<string[]> =>
  (await group(cloud)).Instances!.map(({ LifecycleState }) => LifecycleState!).sort();

export const ids = async (cloud: World): Promise<string[]> => (await group(cloud)).Instances!.map(({ InstanceId }) => InstanceId!);
