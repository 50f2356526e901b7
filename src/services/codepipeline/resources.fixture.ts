import type { ResourceExample } from "../../testing/resource-example.ts";
import { TRUST } from "./codepipeline.fixture.ts";
import { getPipeline, updatePipeline } from "./pipeline.ts";
import { enableStageTransition } from "./stage.ts";
import { tagResource } from "./tag.ts";

const role = (RoleName: string) => ({
  Type: "AWS::IAM::Role",
  Properties: { RoleName, AssumeRolePolicyDocument: JSON.parse(TRUST) },
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

const rule = (Provider: string, more: object) => ({
  Name: Provider,
  RuleTypeId: { Category: "Rule", Owner: "AWS", Provider, Version: "1" },
  InputArtifacts: [],
  ...more,
});
const check = (Value: string) =>
  rule("VariableCheck", { Configuration: { Variable: "#{variables.STAGE}", Value, Operator: "EQ" }, Region: "eu-west-1" });
const rules = (value: string) => [
  check(value),
  rule("Commands", {
    Commands: ["make test"],
    InputArtifacts: [{ Name: "Source" }],
    RoleArn: { "Fn::GetAtt": ["Two", "Arn"] },
  }),
];
const conditional = (value: string) => [
  {
    Name: "Source",
    Actions: [
      {
        Name: "App",
        ActionTypeId: { Category: "Source", Owner: "AWS", Provider: "CodeStarSourceConnection", Version: "1" },
        Configuration: { ConnectionArn: { Ref: "Connection" }, FullRepositoryId: "acme/shop", BranchName: "main" },
        OutputArtifacts: [{ Name: "Source" }],
      },
    ],
  },
  {
    Name: "Run",
    Actions: [
      {
        Name: "Run",
        ActionTypeId: { Category: "Compute", Owner: "AWS", Provider: "Commands", Version: "1" },
        Commands: ["make"],
        EnvironmentVariables: [{ Name: "STAGE", Value: value, Type: "PLAINTEXT" }],
        InputArtifacts: [{ Name: "Source" }],
        OutputArtifacts: [{ Name: "Built", Files: ["out/**"] }],
        OutputVariables: ["RELEASE"],
      },
    ],
    BeforeEntry: { Conditions: [{ Result: "FAIL", Rules: rules(value) }] },
    OnSuccess: { Conditions: [{ Result: "FAIL", Rules: rules(value) }] },
    OnFailure: { Conditions: [{ Result: "ROLLBACK", Rules: rules(value) }] },
  },
  {
    Name: "Again",
    Actions: [{ Name: "Agree", ActionTypeId: { Category: "Approval", Owner: "AWS", Provider: "Manual", Version: "1" } }],
    OnFailure: { Result: "RETRY", RetryConfiguration: { RetryMode: "ALL_ACTIONS" } },
  },
];
const trigger = (GitConfiguration: object) => [
  { ProviderType: "CodeStarSourceConnection", GitConfiguration: { SourceActionName: "App", ...GitConfiguration } },
];
const pushed = trigger({
  Push: [
    { Branches: { Includes: ["main"], Excludes: ["old"] }, FilePaths: { Includes: ["src/**"], Excludes: ["**.md"] } },
    { Tags: { Includes: ["v*"], Excludes: ["v0"] } },
  ],
});
const requested = trigger({
  PullRequest: [
    {
      Events: ["OPEN", "UPDATED"],
      Branches: { Includes: ["main"], Excludes: ["old"] },
      FilePaths: { Includes: ["src/**"], Excludes: ["**.md"] },
    },
  ],
});
const connection = { Type: "AWS::CodeConnections::Connection", Properties: { ConnectionName: "hub", ProviderType: "GitHub" } };
const hooked = (Name: string, source: string, more: object = {}) => {
  const [first, ...rest] = stages("Really?");
  const Stages = [{ ...first, Actions: [{ ...first!.Actions[0], Name: source, ...more }] }, ...rest];
  const Properties = { Name, RoleArn: { "Fn::GetAtt": ["One", "Arn"] }, ArtifactStore: store("store"), Stages };
  return { Type: "AWS::CodePipeline::Pipeline", Properties };
};

const BY_TOKEN = {
  ActionTypeId: { Category: "Source", Owner: "ThirdParty", Provider: "GitHub", Version: "1" },
  Configuration: { Owner: "acme", Repo: "shop", Branch: "main", OAuthToken: "gho_1", PollForSourceChanges: "false" },
};

export const codepipelineExamples: readonly ResourceExample[] = [
  {
    type: "AWS::CodePipeline::Pipeline",
    around: { ...AROUND, Connection: connection },
    properties: {
      RoleArn: { "Fn::GetAtt": ["One", "Arn"] },
      ArtifactStore: store("store"),
      PipelineType: "V2",
      Variables: [{ Name: "STAGE", DefaultValue: "live" }],
      Stages: conditional("live"),
      Triggers: pushed,
    },
    updates: [{ Stages: conditional("test") }, { Triggers: requested }],
  },
  {
    type: "AWS::CodePipeline::CustomActionType",
    properties: {
      Category: "Test",
      Provider: "Jenkins",
      Version: "1",
      ConfigurationProperties: [
        { Name: "Project", Description: "Which", Key: true, Queryable: true, Required: true, Secret: false, Type: "String" },
      ],
      InputArtifactDetails: { MinimumCount: 0, MaximumCount: 1 },
      OutputArtifactDetails: { MinimumCount: 0, MaximumCount: 1 },
      Settings: {
        EntityUrlTemplate: "http://jenkins/{Config:Project}",
        ExecutionUrlTemplate: "http://jenkins/{ExternalExecutionId}",
        RevisionUrlTemplate: "http://jenkins/revision",
        ThirdPartyConfigurationUrl: "http://jenkins/sign-up",
      },
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [{ Tags: [{ Key: "a", Value: "c" }] }],
  },
  {
    type: "AWS::CodePipeline::Webhook",
    around: { ...AROUND, Hooked: hooked("hooked", "App"), Second: hooked("second", "Other", BY_TOKEN) },
    properties: {
      Name: "push",
      TargetPipeline: { Ref: "Hooked" },
      TargetPipelineVersion: 1,
      TargetAction: "App",
      Authentication: "GITHUB_HMAC",
      AuthenticationConfiguration: { SecretToken: "hush" },
      Filters: [{ JsonPath: "$.ref", MatchEquals: "refs/heads/{S3Bucket}" }],
      RegisterWithThirdParty: false,
    },
    updates: [
      { Authentication: "IP", AuthenticationConfiguration: { AllowedIPRange: "10.0.0.0/8" } },
      { Filters: [{ JsonPath: "$.ref" }] },
      { TargetPipeline: { Ref: "Second" }, TargetAction: "Other", TargetPipelineVersion: 2 },
      { RegisterWithThirdParty: true },
    ],
  },
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
