import { EVENTS, events } from "../../kernel/facts.ts";
import { handsThat } from "../../testing/hands.ts";
import type { InstanceDoings } from "../../testing/instance.ts";
import { World } from "../../testing/world.ts";
import { autoScaling } from "../auto-scaling/index.ts";
import { cloudwatch } from "../cloudwatch/index.ts";
import { ec2 } from "../ec2/index.ts";
import { runInstances } from "../ec2/run.ts";
import { elasticLoadBalancingV2 } from "../elastic-load-balancing-v2/index.ts";
import { iam } from "../iam/index.ts";
import { createRole } from "../iam/role.ts";
import { lambda } from "../lambda/index.ts";
import { ssm } from "../ssm/index.ts";
import { createApplication } from "./application.ts";
import { getDeployment } from "./deployment.ts";
import { createDeployment } from "./deployment-create.ts";
import { instancesOf } from "./deployment-instance.ts";
import { createDeploymentGroup } from "./group.ts";
import { codedeploy } from "./index.ts";

/** Agents whose scripts take a second each, and fail where told. */
export const agents = (failsIn?: (instanceId: string, event: string, deploymentId: string) => boolean): InstanceDoings => ({
  answer: () => ({ status: 200 }),
  deploys: (instanceId, event, deploymentId) => {
    if (event === "BeforeInstall") return "nothing";
    return failsIn?.(instanceId, event, deploymentId) ? { takesMs: 1_000, fails: "it does not start" } : { takesMs: 1_000 };
  },
});

export const serverWorld = (instance: InstanceDoings = agents()): World =>
  new World({
    services: [iam, ssm, cloudwatch, ec2, elasticLoadBalancingV2, autoScaling, lambda, codedeploy],
    hands: handsThat({ instance }),
  });

const ImageId = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";

/** So many instances with the tag stage=live. */
export async function launchFleet(cloud: World, count: number, stage = "live", zone?: string): Promise<string[]> {
  const Tags = [{ Key: "stage", Value: stage }];
  const TagSpecifications = [{ ResourceType: "instance" as const, Tags }];
  const input = {
    ImageId,
    InstanceType: "t3.micro" as const,
    MinCount: count,
    MaxCount: count,
    TagSpecifications,
    ...(zone && { Placement: { AvailabilityZone: zone } }),
  };
  return (await cloud.call(runInstances, input)).Instances!.map(({ InstanceId }) => InstanceId!);
}

export const LIVE = { ec2TagFilters: [{ Key: "stage", Value: "live", Type: "KEY_AND_VALUE" as const }] };

/** An application and a group of it. */
export async function createFleetGroup(cloud: World, more: object = LIVE): Promise<void> {
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [] });
  await cloud.call(createRole, { RoleName: "deployer", AssumeRolePolicyDocument });
  await cloud.call(createApplication, { applicationName: "web" });
  await cloud.call(createDeploymentGroup, {
    applicationName: "web",
    deploymentGroupName: "live",
    serviceRoleArn: `arn:aws:iam::${cloud.account}:role/deployer`,
    deploymentConfigName: "CodeDeployDefault.OneAtATime",
    ...more,
  });
}

export async function deployTo(cloud: World, key: string, more: object = {}): Promise<string> {
  const revision = { revisionType: "S3", s3Location: { bucket: "releases", key, bundleType: "zip" } } as const;
  const input = { applicationName: "web", deploymentGroupName: "live", revision, ...more };
  return (await cloud.call(createDeployment, input)).deploymentId!;
}

export const infoOf = async (cloud: World, deploymentId: string) => (await cloud.call(getDeployment, { deploymentId })).deploymentInfo!;

/** How each instance of a deployment stands, in the order of their ids. */
export const statusesOf = (cloud: World, deploymentId: string): string[] =>
  instancesOf(cloud.scope(), deploymentId).map(({ status }) => status);

export const told = (cloud: World, detailType: string): string[] =>
  events
    .read(cloud.scope(), EVENTS)
    .filter(({ value }) => value.detailType === detailType)
    .map(({ value }) => (value.detail as { state: string }).state);
