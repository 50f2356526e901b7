import { type Doings, handsThat } from "../../testing/hands.ts";
import { World } from "../../testing/world.ts";
import { ec2 } from "../ec2/index.ts";
import { runInstances } from "../ec2/run.ts";
import { describeSubnets } from "../ec2/subnet.ts";
import { iam } from "../iam/index.ts";
import { ssm } from "../ssm/index.ts";
import { getParameter } from "../ssm/parameter.ts";
import { elasticLoadBalancingV2 } from "./index.ts";
import { createListener } from "./listener.ts";
import { createLoadBalancer } from "./load-balancer.ts";
import { createTargetGroup } from "./target-group.ts";

/** A world whose instances answer as told. */
export const balancedWorld = (answer: NonNullable<Doings["instance"]>["answer"]): World =>
  new World({ services: [iam, ssm, ec2, elasticLoadBalancingV2], hands: handsThat({ instance: { ...(answer && { answer }) } }) });

export async function runSome(cloud: World, count: number): Promise<string[]> {
  const Name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
  const ImageId = (await cloud.call(getParameter, { Name })).Parameter!.Value!;
  const { Instances } = await cloud.call(runInstances, { ImageId, InstanceType: "t3.micro", MinCount: count, MaxCount: count });
  return Instances!.map(({ InstanceId }) => InstanceId!);
}

/** A balancer with a listener on port 80 that leads to a group. */
export async function balance(cloud: World, group: object = {}): Promise<{ balancerArn: string; listenerArn: string; groupArn: string }> {
  const { Subnets } = await cloud.call(describeSubnets, {});
  const { TargetGroups } = await cloud.call(createTargetGroup, {
    Name: "web",
    Protocol: "HTTP",
    Port: 80,
    VpcId: Subnets![0]!.VpcId!,
    HealthCheckIntervalSeconds: 10,
    HealthyThresholdCount: 2,
    ...group,
  });
  const groupArn = TargetGroups![0]!.TargetGroupArn!;
  const { LoadBalancers } = await cloud.call(createLoadBalancer, { Name: "web", Subnets: Subnets!.map(({ SubnetId }) => SubnetId!) });
  const balancerArn = LoadBalancers![0]!.LoadBalancerArn!;
  const DefaultActions = [{ Type: "forward" as const, TargetGroupArn: groupArn }];
  const { Listeners } = await cloud.call(createListener, { LoadBalancerArn: balancerArn, Protocol: "HTTP", Port: 80, DefaultActions });
  return { balancerArn, groupArn, listenerArn: Listeners![0]!.ListenerArn! };
}
