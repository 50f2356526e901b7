import type { ResourceExample } from "../../testing/resource-example.ts";
import { defaultId } from "../ec2/default-network.ts";
import { tagResource } from "./application.ts";
import { updateDeploymentGroup } from "./group.ts";

const role = (RoleName: string) => ({
  Type: "AWS::IAM::Role",
  Properties: { RoleName, AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] } },
});
const APPLICATION = { Type: "AWS::CodeDeploy::Application", Properties: { ApplicationName: "shop", ComputePlatform: "Lambda" } };
const Tags = [{ Key: "a", Value: "b" }];
const trigger = (TriggerName: string) => ({
  TriggerName,
  TriggerTargetArn: "arn:aws:sns:eu-west-1:111122223333:news",
  TriggerEvents: ["DeploymentFailure"],
});
const arn = (name: string): string => `arn:aws:codedeploy:eu-west-1:111122223333:${name}`;
const G = { applicationName: "shop", currentDeploymentGroupName: "live" };

const tag = (Key: string) => ({ Key, Value: "live", Type: "KEY_AND_VALUE" });
const HERE = { account: "111122223333", region: "eu-west-1" };
const SERVERS = { Type: "AWS::CodeDeploy::Application", Properties: { ApplicationName: "servers" } };
const ImageId = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
const TEMPLATE = {
  Type: "AWS::EC2::LaunchTemplate",
  Properties: { LaunchTemplateName: "deployed", LaunchTemplateData: { ImageId, InstanceType: "t3.micro" } },
};
const LaunchTemplate = { LaunchTemplateId: { Ref: "Template" }, Version: { "Fn::GetAtt": ["Template", "LatestVersionNumber"] } };
const FLEET = {
  Type: "AWS::AutoScaling::AutoScalingGroup",
  Properties: {
    AutoScalingGroupName: "deployed",
    MinSize: "0",
    MaxSize: "1",
    LaunchTemplate,
    VPCZoneIdentifier: [defaultId(HERE, "subnet", "eu-west-1a")],
  },
};
const TARGETS = {
  Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
  Properties: { Name: "fleet", Protocol: "HTTP", Port: 80, VpcId: defaultId(HERE, "vpc") },
};

export const codedeployExamples: readonly ResourceExample[] = [
  {
    type: "AWS::CodeDeploy::Application",
    properties: { ApplicationName: "shop", ComputePlatform: "Lambda", Tags },
    updates: [{ Tags: [{ Key: "a", Value: "c" }] }],
    byHand: {
      "/Tags/0/Value": (cloud, name) =>
        cloud.call(tagResource, { ResourceArn: arn(`application:${name}`), Tags: [{ Key: "a", Value: "by hand" }] }),
    },
  },
  {
    type: "AWS::CodeDeploy::DeploymentConfig",
    properties: {
      DeploymentConfigName: "quick",
      ComputePlatform: "Lambda",
      TrafficRoutingConfig: { Type: "TimeBasedCanary", TimeBasedCanary: { CanaryPercentage: 20, CanaryInterval: 1 } },
    },
  },
  {
    type: "AWS::CodeDeploy::DeploymentConfig",
    properties: {
      ComputePlatform: "Lambda",
      TrafficRoutingConfig: { Type: "TimeBasedLinear", TimeBasedLinear: { LinearPercentage: 20, LinearInterval: 1 } },
    },
  },
  {
    type: "AWS::CodeDeploy::DeploymentConfig",
    properties: {
      ComputePlatform: "Server",
      MinimumHealthyHosts: { Type: "HOST_COUNT", Value: 1 },
      ZonalConfig: {
        FirstZoneMonitorDurationInSeconds: 60,
        MonitorDurationInSeconds: 30,
        MinimumHealthyHostsPerZone: { Type: "FLEET_PERCENT", Value: 50 },
      },
    },
  },
  {
    type: "AWS::CodeDeploy::DeploymentGroup",
    around: { App: APPLICATION, One: role("one"), Two: role("two") },
    properties: {
      ApplicationName: { Ref: "App" },
      DeploymentGroupName: "live",
      DeploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
      ServiceRoleArn: { "Fn::GetAtt": ["One", "Arn"] },
      AlarmConfiguration: { Enabled: true, IgnorePollAlarmFailure: true, Alarms: [{ Name: "slow" }] },
      AutoRollbackConfiguration: { Enabled: true, Events: ["DEPLOYMENT_FAILURE"] },
      DeploymentStyle: { DeploymentType: "BLUE_GREEN", DeploymentOption: "WITH_TRAFFIC_CONTROL" },
      TriggerConfigurations: [trigger("one")],
      OutdatedInstancesStrategy: "UPDATE",
      TerminationHookEnabled: false,
      Tags,
    },
    updates: [
      { DeploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce" },
      { ServiceRoleArn: { "Fn::GetAtt": ["Two", "Arn"] } },
      { AlarmConfiguration: { Enabled: false, Alarms: [{ Name: "slow" }, { Name: "broken" }] } },
      { AutoRollbackConfiguration: { Enabled: true, Events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"] } },
      { DeploymentStyle: undefined },
      { DeploymentStyle: { DeploymentType: "BLUE_GREEN", DeploymentOption: "WITH_TRAFFIC_CONTROL" } },
      { TriggerConfigurations: [trigger("two")] },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/DeploymentConfigName": (cloud) =>
        cloud.call(updateDeploymentGroup, { ...G, deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce" }),
      "/AutoRollbackConfiguration/Enabled": (cloud) =>
        cloud.call(updateDeploymentGroup, { ...G, autoRollbackConfiguration: { enabled: false, events: ["DEPLOYMENT_FAILURE"] } }),
      "/Tags/0/Value": (cloud) =>
        cloud.call(tagResource, { ResourceArn: arn("deploymentgroup:shop/live"), Tags: [{ Key: "a", Value: "by hand" }] }),
    },
  },
  {
    type: "AWS::CodeDeploy::DeploymentGroup",
    around: { App: SERVERS, One: role("one"), Template: TEMPLATE, Fleet: FLEET, Targets: TARGETS },
    properties: {
      ApplicationName: { Ref: "App" },
      DeploymentGroupName: "fleet",
      ServiceRoleArn: { "Fn::GetAtt": ["One", "Arn"] },
      AutoScalingGroups: [{ Ref: "Fleet" }],
      Ec2TagFilters: [tag("stage")],
      OnPremisesInstanceTagFilters: [tag("place")],
      DeploymentStyle: { DeploymentType: "BLUE_GREEN", DeploymentOption: "WITH_TRAFFIC_CONTROL" },
      LoadBalancerInfo: { TargetGroupInfoList: [{ Name: "fleet" }] },
      BlueGreenDeploymentConfiguration: {
        DeploymentReadyOption: { ActionOnTimeout: "STOP_DEPLOYMENT", WaitTimeInMinutes: 60 },
        GreenFleetProvisioningOption: { Action: "COPY_AUTO_SCALING_GROUP" },
        TerminateBlueInstancesOnDeploymentSuccess: { Action: "TERMINATE", TerminationWaitTimeInMinutes: 5 },
      },
      OutdatedInstancesStrategy: "IGNORE",
      TerminationHookEnabled: true,
    },
    updates: [
      { Ec2TagFilters: [tag("other")] },
      { Ec2TagFilters: undefined, Ec2TagSet: { Ec2TagSetList: [{ Ec2TagGroup: [tag("stage"), tag("other")] }] } },
      { OnPremisesInstanceTagFilters: undefined, OnPremisesTagSet: { OnPremisesTagSetList: [{ OnPremisesTagGroup: [tag("place")] }] } },
      { BlueGreenDeploymentConfiguration: { GreenFleetProvisioningOption: { Action: "DISCOVER_EXISTING" } } },
      { OutdatedInstancesStrategy: "UPDATE" },
      { TerminationHookEnabled: false },
      { LoadBalancerInfo: undefined, DeploymentStyle: undefined, BlueGreenDeploymentConfiguration: undefined },
      { AutoScalingGroups: undefined },
    ],
  },
  {
    type: "AWS::CodeDeploy::DeploymentGroup",
    around: {
      App: { Type: "AWS::CodeDeploy::Application", Properties: { ApplicationName: "tasks", ComputePlatform: "ECS" } },
      One: role("one"),
    },
    properties: {
      ApplicationName: { Ref: "App" },
      DeploymentGroupName: "service",
      DeploymentConfigName: "CodeDeployDefault.ECSAllAtOnce",
      ServiceRoleArn: { "Fn::GetAtt": ["One", "Arn"] },
      ECSServices: [{ ClusterName: "cluster", ServiceName: "web" }],
      LoadBalancerInfo: {
        TargetGroupPairInfoList: [
          {
            TargetGroups: [{ Name: "one" }, { Name: "two" }],
            ProdTrafficRoute: { ListenerArns: [arn("production")] },
            TestTrafficRoute: { ListenerArns: [arn("test")] },
          },
        ],
      },
      BlueGreenDeploymentConfiguration: {
        DeploymentReadyOption: { ActionOnTimeout: "CONTINUE_DEPLOYMENT" },
        TerminateBlueInstancesOnDeploymentSuccess: { Action: "TERMINATE", TerminationWaitTimeInMinutes: 5 },
      },
      DeploymentStyle: { DeploymentType: "BLUE_GREEN", DeploymentOption: "WITH_TRAFFIC_CONTROL" },
    },
    updates: [{ ECSServices: [{ ClusterName: "cluster", ServiceName: "other" }] }],
  },
  {
    type: "AWS::CodeDeploy::DeploymentGroup",
    around: {
      App: SERVERS,
      One: role("one"),
      Server: { Type: "AWS::EC2::Instance", Properties: { ImageId, InstanceType: "t3.micro", Tags: [{ Key: "stage", Value: "live" }] } },
    },
    properties: {
      ApplicationName: { Ref: "App" },
      DeploymentGroupName: "first",
      ServiceRoleArn: { "Fn::GetAtt": ["One", "Arn"] },
      Ec2TagFilters: [tag("stage")],
    },
    updates: [
      {
        Deployment: {
          Description: "the first release",
          IgnoreApplicationStopFailures: true,
          Revision: { RevisionType: "S3", S3Location: { Bucket: "releases", Key: "one.zip", BundleType: "zip", ETag: "e", Version: "1" } },
        },
      },
      { Deployment: { Revision: { RevisionType: "GitHub", GitHubLocation: { Repository: "owner/name", CommitId: "0".repeat(40) } } } },
    ],
  },
];
