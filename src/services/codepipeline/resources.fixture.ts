import type { ResourceExample } from "../../testing/resource-example.ts";
import { getPipeline, tagResource, updatePipeline } from "./pipeline.ts";
import { enableStageTransition } from "./stage.ts";

const role = (RoleName: string) => ({
  Type: "AWS::IAM::Role",
  Properties: { RoleName, AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] } },
});
const bucket = (BucketName: string) => ({
  Type: "AWS::S3::Bucket",
  Properties: { BucketName, VersioningConfiguration: { Status: "Enabled" } },
});
const AROUND = { One: role("one"), Two: role("two"), Store: bucket("store"), Other: bucket("other"), Source: bucket("source") };
const stages = (CustomData: string) => [
  {
    Name: "Source",
    Actions: [
      {
        Name: "App",
        ActionTypeId: { Category: "Source", Owner: "AWS", Provider: "S3", Version: "1" },
        Configuration: { S3Bucket: "source", S3ObjectKey: "app.zip", PollForSourceChanges: false },
        OutputArtifacts: [{ Name: "Source" }],
        Namespace: "App",
        RunOrder: 1,
      },
    ],
  },
  {
    Name: "Approval",
    Actions: [
      {
        Name: "Ask",
        ActionTypeId: { Category: "Approval", Owner: "AWS", Provider: "Manual", Version: "1" },
        Configuration: { CustomData },
        RoleArn: { "Fn::GetAtt": ["Two", "Arn"] },
        Region: "eu-west-1",
        TimeoutInMinutes: 10,
      },
      {
        Name: "Make",
        ActionTypeId: { Category: "Build", Owner: "AWS", Provider: "CodeBuild", Version: "1" },
        Configuration: { ProjectName: "shop" },
        InputArtifacts: [{ Name: "Source" }],
        RunOrder: 2,
      },
    ],
  },
];
const store = (Location: string) => ({ Type: "S3", Location, EncryptionKey: { Id: "alias/mine", Type: "KMS" } });

export const codepipelineExamples: readonly ResourceExample[] = [
  {
    type: "AWS::CodePipeline::Pipeline",
    around: AROUND,
    properties: {
      Name: "shop",
      RoleArn: { "Fn::GetAtt": ["One", "Arn"] },
      ArtifactStore: store("store"),
      Stages: stages("Really?"),
      PipelineType: "V2",
      ExecutionMode: "QUEUED",
      Variables: [{ Name: "STAGE", DefaultValue: "live", Description: "Where to" }],
      DisableInboundStageTransitions: [{ StageName: "Approval", Reason: "Not on Fridays" }],
      RestartExecutionOnUpdate: true,
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [
      { RoleArn: { "Fn::GetAtt": ["Two", "Arn"] } },
      { ArtifactStore: store("other") },
      { Stages: stages("Surely?") },
      { ExecutionMode: "SUPERSEDED" },
      { Variables: [{ Name: "STAGE", DefaultValue: "test" }] },
      { Variables: undefined, PipelineType: "V1" },
      { DisableInboundStageTransitions: [{ StageName: "Approval", Reason: "Not on Mondays" }] },
      { DisableInboundStageTransitions: undefined },
      { RestartExecutionOnUpdate: false },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/DisableInboundStageTransitions": (cloud, pipelineName) =>
        cloud.call(enableStageTransition, { pipelineName, stageName: "Approval", transitionType: "Inbound" }),
      "/ExecutionMode": async (cloud, name) => {
        const { pipeline } = await cloud.call(getPipeline, { name });
        await cloud.call(updatePipeline, { pipeline: { ...pipeline!, executionMode: "PARALLEL" } });
      },
      "/Tags/0/Value": (cloud, name) =>
        cloud.call(tagResource, {
          resourceArn: `arn:aws:codepipeline:${cloud.region}:${cloud.account}:${name}`,
          tags: [{ key: "a", value: "by hand" }],
        }),
    },
  },
  {
    type: "AWS::CodePipeline::Pipeline",
    around: AROUND,
    properties: {
      RoleArn: { "Fn::GetAtt": ["One", "Arn"] },
      ArtifactStores: [{ Region: "eu-west-1", ArtifactStore: store("store") }],
      Stages: stages("Really?"),
    },
    updates: [{ ArtifactStores: [{ Region: "eu-west-1", ArtifactStore: store("other") }] }],
  },
];
