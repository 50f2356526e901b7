import type { ResourceExample } from "../../testing/resource-example.ts";
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
    properties: { ComputePlatform: "Server", MinimumHealthyHosts: { Type: "HOST_COUNT", Value: 1 } },
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
];
