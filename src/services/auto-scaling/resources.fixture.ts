import type { ResourceExample } from "../../testing/resource-example.ts";
import { defaultId } from "../ec2/default-network.ts";
import { setDesiredCapacity } from "./group.ts";
import { putLifecycleHook } from "./lifecycle-hook.ts";

const HERE = { account: "111122223333", region: "eu-west-1" };
const subnet = (zone: string): string => defaultId(HERE, "subnet", `eu-west-1${zone}`);

const TEMPLATE = {
  Type: "AWS::EC2::LaunchTemplate",
  Properties: {
    LaunchTemplateName: "web",
    LaunchTemplateData: {
      ImageId: "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
      InstanceType: "t3.micro",
    },
  },
};
const TARGETS = {
  Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
  Properties: { Name: "web", Protocol: "HTTP", Port: 80, VpcId: defaultId(HERE, "vpc") },
};
const TOPIC = { Type: "AWS::SNS::Topic", Properties: { TopicName: "hooks" } };
const template = { LaunchTemplateId: { Ref: "Template" }, Version: { "Fn::GetAtt": ["Template", "LatestVersionNumber"] } };
const hook = {
  LifecycleHookName: "check",
  LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
  HeartbeatTimeout: 60,
  DefaultResult: "CONTINUE",
  NotificationMetadata: "m",
  NotificationTargetARN: { Ref: "Topic" },
  RoleARN: "arn:aws:iam::111122223333:role/hooks",
};
const GROUP = {
  Type: "AWS::AutoScaling::AutoScalingGroup",
  Properties: { AutoScalingGroupName: "web", MinSize: "0", MaxSize: "2", LaunchTemplate: template, VPCZoneIdentifier: [subnet("a")] },
};

export const autoScalingExamples: readonly ResourceExample[] = [
  {
    type: "AWS::AutoScaling::AutoScalingGroup",
    around: { Template: TEMPLATE, Targets: TARGETS, Topic: TOPIC },
    properties: {
      AutoScalingGroupName: "web",
      MinSize: "0",
      MaxSize: "2",
      DesiredCapacity: "0",
      Cooldown: "60",
      LaunchTemplate: template,
      VPCZoneIdentifier: [subnet("a"), subnet("b")],
      HealthCheckType: "ELB",
      HealthCheckGracePeriod: 30,
      TargetGroupARNs: [{ Ref: "Targets" }],
      TerminationPolicies: ["OldestInstance"],
      NewInstancesProtectedFromScaleIn: true,
      ServiceLinkedRoleARN: "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
      LifecycleHookSpecificationList: [hook],
      Tags: [{ Key: "a", Value: "b", PropagateAtLaunch: true }],
    },
    updates: [
      { MaxSize: "3" },
      { DesiredCapacity: "1" },
      { MinSize: "1" },
      { Cooldown: "30" },
      { HealthCheckType: "EC2" },
      { HealthCheckGracePeriod: 10 },
      { TerminationPolicies: ["NewestInstance"] },
      { NewInstancesProtectedFromScaleIn: false },
      { LaunchTemplate: { LaunchTemplateName: "web", Version: "1" } },
      { LifecycleHookSpecificationList: [{ ...hook, HeartbeatTimeout: 30 }] },
      { TargetGroupARNs: undefined },
      { TrafficSources: [{ Identifier: { Ref: "Targets" }, Type: "elbv2" }] },
      { VPCZoneIdentifier: [subnet("b")] },
      { Tags: [{ Key: "a", Value: "c", PropagateAtLaunch: false }] },
      { VPCZoneIdentifier: undefined, AvailabilityZones: ["eu-west-1a"] },
    ],
    unchangeable: ["ServiceLinkedRoleARN"],
    byHand: {
      "/DesiredCapacity": (cloud, AutoScalingGroupName) => cloud.call(setDesiredCapacity, { AutoScalingGroupName, DesiredCapacity: 1 }),
    },
  },
  {
    type: "AWS::AutoScaling::LifecycleHook",
    around: { Template: TEMPLATE, Group: GROUP, Topic: TOPIC },
    properties: { AutoScalingGroupName: { Ref: "Group" }, ...hook },
    updates: [
      { LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING" },
      { HeartbeatTimeout: 90 },
      { DefaultResult: "ABANDON" },
      { NotificationMetadata: "n" },
      { NotificationTargetARN: undefined },
      { RoleARN: undefined },
    ],
    byHand: {
      "/HeartbeatTimeout": (cloud, id) =>
        cloud.call(putLifecycleHook, {
          AutoScalingGroupName: id.split("|")[0]!,
          LifecycleHookName: "check",
          HeartbeatTimeout: 77,
        }),
    },
  },
];
