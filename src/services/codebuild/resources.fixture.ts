import type { ResourceExample } from "../../testing/resource-example.ts";
import { defaultId } from "../ec2/default-network.ts";
import { updateFleet } from "./fleet.ts";
import { updateProject } from "./project.ts";
import { updateReportGroup } from "./report-group.ts";
import { importSourceCredentials } from "./source-credential.ts";
import { deleteWebhook } from "./webhook.ts";

const role = (RoleName: string) => ({
  Type: "AWS::IAM::Role",
  Properties: { RoleName, AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] } },
});
const source = (SourceIdentifier: string) => ({
  Type: "S3",
  Location: "sources/app.zip",
  SourceIdentifier,
  Auth: { Type: "OAUTH", Resource: "token" },
  BuildSpec: "buildspec.yml",
  BuildStatusConfig: { Context: "build", TargetUrl: "https://example.com" },
  GitCloneDepth: 1,
  GitSubmodulesConfig: { FetchSubmodules: true },
  InsecureSsl: false,
  ReportBuildStatus: false,
});
const artifacts = (ArtifactIdentifier: string) => ({
  Type: "S3",
  Location: "artifacts",
  Name: "app.zip",
  Packaging: "ZIP",
  ArtifactIdentifier,
  EncryptionDisabled: true,
  NamespaceType: "BUILD_ID",
  OverrideArtifactName: true,
  Path: "builds",
});
const environment = (Value: string) => ({
  Type: "LINUX_CONTAINER",
  Image: "registry.example.com/builder:1",
  ComputeType: "BUILD_GENERAL1_SMALL",
  ImagePullCredentialsType: "SERVICE_ROLE",
  Certificate: "certificates/ca.pem",
  PrivilegedMode: true,
  Fleet: { FleetArn: "arn:aws:codebuild:eu-west-1:111122223333:fleet/machines" },
  RegistryCredential: { Credential: "registry", CredentialProvider: "SECRETS_MANAGER" },
  EnvironmentVariables: [
    { Name: "STAGE", Value, Type: "PLAINTEXT" },
    { Name: "TOKEN", Value: "/token", Type: "PARAMETER_STORE" },
  ],
});
const logs = (GroupName: string) => ({
  CloudWatchLogs: { Status: "ENABLED", GroupName, StreamName: "s" },
  S3Logs: { Status: "DISABLED", EncryptionDisabled: true, Location: "logs/builds" },
});
const HERE = { account: "111122223333", region: "eu-west-1" };
const VpcId = defaultId(HERE, "vpc");
const vpc = (zone: string) => ({
  VpcId,
  Subnets: [defaultId(HERE, "subnet", `eu-west-1${zone}`)],
  SecurityGroupIds: [defaultId(HERE, "sg", VpcId)],
});

const batches = (MaximumBuildsAllowed: number) => ({
  ServiceRole: { "Fn::GetAtt": ["One", "Arn"] },
  CombineArtifacts: true,
  TimeoutInMins: 60,
  BatchReportMode: "REPORT_INDIVIDUAL_BUILDS",
  Restrictions: { MaximumBuildsAllowed, ComputeTypesAllowed: ["BUILD_GENERAL1_SMALL"] },
});
const triggers = (Pattern: string) => ({
  Webhook: true,
  BuildType: "BUILD",
  FilterGroups: [
    [
      { Type: "EVENT", Pattern: "PUSH" },
      { Type: "HEAD_REF", Pattern, ExcludeMatchedPattern: false },
    ],
  ],
  PullRequestBuildPolicy: { RequiresCommentApproval: "ALL_PULL_REQUESTS", ApproverRoles: ["GITHUB_WRITE"] },
});
const shownExport = {
  bucket: "results",
  bucketOwner: "111122223333",
  path: "a",
  packaging: "ZIP",
  encryptionKey: "k",
  encryptionDisabled: false,
} as const;
const exported = (Path: string) => ({
  ExportConfigType: "S3",
  S3Destination: { Bucket: "results", BucketOwner: "111122223333", Path, Packaging: "ZIP", EncryptionKey: "k", EncryptionDisabled: false },
});

export const codebuildExamples: readonly ResourceExample[] = [
  {
    type: "AWS::CodeBuild::Project",
    around: { One: role("one"), Two: role("two") },
    properties: {
      Name: "shop",
      Description: "It builds the shop",
      ServiceRole: { "Fn::GetAtt": ["One", "Arn"] },
      Source: source("main"),
      SourceVersion: "v1",
      SecondarySources: [source("more")],
      SecondarySourceVersions: [{ SourceIdentifier: "more", SourceVersion: "v1" }],
      Artifacts: artifacts("app"),
      SecondaryArtifacts: [artifacts("other")],
      Environment: environment("live"),
      Cache: { Type: "LOCAL", Modes: ["LOCAL_SOURCE_CACHE"] },
      EncryptionKey: "alias/mine",
      LogsConfig: logs("/builds"),
      VpcConfig: vpc("a"),
      TimeoutInMinutes: 30,
      QueuedTimeoutInMinutes: 60,
      ConcurrentBuildLimit: 2,
      AutoRetryLimit: 1,
      BadgeEnabled: true,
      Triggers: { Webhook: false },
      Visibility: "PRIVATE",
      BuildBatchConfig: batches(10),
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [
      { Description: "It builds the store" },
      { ServiceRole: { "Fn::GetAtt": ["Two", "Arn"] } },
      { Source: { Type: "NO_SOURCE", BuildSpec: "version: 0.2" } },
      { SourceVersion: "v2" },
      { SecondarySourceVersions: [{ SourceIdentifier: "more", SourceVersion: "v2" }] },
      { SecondarySources: undefined, SecondarySourceVersions: undefined },
      { Artifacts: { Type: "NO_ARTIFACTS" } },
      { SecondaryArtifacts: undefined },
      { Environment: environment("test") },
      { Cache: { Type: "S3", Location: "cache", CacheNamespace: "shop" } },
      { EncryptionKey: "alias/other" },
      { LogsConfig: logs("/other") },
      { VpcConfig: vpc("b") },
      { TimeoutInMinutes: 40 },
      { QueuedTimeoutInMinutes: 70 },
      { ConcurrentBuildLimit: 3 },
      { AutoRetryLimit: 2 },
      { BadgeEnabled: false },
      { Triggers: { Webhook: false, BuildType: "BUILD" } },
      { Visibility: "PUBLIC_READ", ResourceAccessRole: { "Fn::GetAtt": ["One", "Arn"] } },
      { BuildBatchConfig: batches(20) },
      { BuildBatchConfig: undefined },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/TimeoutInMinutes": (cloud, name) => cloud.call(updateProject, { name, timeoutInMinutes: 90 }),
      "/Description": (cloud, name) => cloud.call(updateProject, { name, description: "by hand" }),
      "/Tags/0/Value": (cloud, name) => cloud.call(updateProject, { name, tags: [{ key: "a", value: "by hand" }] }),
      "/Cache/Type": (cloud, name) => cloud.call(updateProject, { name, cache: { type: "NO_CACHE", modes: ["LOCAL_SOURCE_CACHE"] } }),
    },
  },
  {
    type: "AWS::CodeBuild::Project",
    around: { One: role("one") },
    properties: {
      Name: "web",
      ServiceRole: { "Fn::GetAtt": ["One", "Arn"] },
      Source: { Type: "GITHUB", Location: "https://git.example.com/us/web.git" },
      Artifacts: { Type: "NO_ARTIFACTS" },
      Environment: { Type: "LINUX_CONTAINER", Image: "aws/codebuild/standard:7.0", ComputeType: "BUILD_GENERAL1_SMALL" },
      Triggers: triggers("main"),
    },
    updates: [{ Triggers: triggers("dev") }, { Triggers: undefined }],
    byHand: {
      "/Triggers/Webhook": (cloud, projectName) => cloud.call(deleteWebhook, { projectName }),
    },
  },
  {
    type: "AWS::CodeBuild::Project",
    around: { One: role("one") },
    properties: {
      Name: "all",
      ServiceRole: { "Fn::GetAtt": ["One", "Arn"] },
      Source: { Type: "GITHUB_ENTERPRISE", Location: "CODEBUILD_DEFAULT_WEBHOOK_SOURCE_LOCATION" },
      Artifacts: { Type: "NO_ARTIFACTS" },
      Environment: { Type: "LINUX_CONTAINER", Image: "aws/codebuild/standard:7.0", ComputeType: "BUILD_GENERAL1_SMALL" },
      Triggers: { ...triggers("main"), ScopeConfiguration: { Name: "us", Domain: "hub.example.com", Scope: "GITHUB_ORGANIZATION" } },
    },
  },
  {
    type: "AWS::CodeBuild::Fleet",
    properties: {
      Name: "machines",
      BaseCapacity: 1,
      EnvironmentType: "LINUX_CONTAINER",
      ComputeType: "ATTRIBUTE_BASED_COMPUTE",
      ComputeConfiguration: { vCpu: 2, memory: 4, disk: 10, machineType: "GENERAL", instanceType: "t3.medium" },
      OverflowBehavior: "QUEUE",
      FleetServiceRole: "arn:aws:iam::111122223333:role/fleet",
      FleetVpcConfig: vpc("a"),
      FleetProxyConfiguration: { DefaultBehavior: "ALLOW_ALL", OrderedProxyRules: [{ Type: "DOMAIN", Effect: "ALLOW", Entities: ["a"] }] },
      ImageId: "ami-1",
      ScalingConfiguration: {
        MaxCapacity: 3,
        ScalingType: "TARGET_TRACKING_SCALING",
        TargetTrackingScalingConfigs: [{ MetricType: "FLEET_UTILIZATION_RATE", TargetValue: 80 }],
      },
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [
      { BaseCapacity: 2 },
      { OverflowBehavior: "ON_DEMAND" },
      { FleetServiceRole: "arn:aws:iam::111122223333:role/other" },
      { ScalingConfiguration: undefined },
      { FleetVpcConfig: undefined, FleetProxyConfiguration: undefined },
      { ImageId: "ami-2" },
      { EnvironmentType: "ARM_CONTAINER", ComputeType: "BUILD_GENERAL1_SMALL", ComputeConfiguration: undefined },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: { "/BaseCapacity": (cloud, arn) => cloud.call(updateFleet, { arn, baseCapacity: 0 }) },
  },
  {
    type: "AWS::CodeBuild::ReportGroup",
    properties: { Name: "unit", Type: "TEST", ExportConfig: exported("a"), DeleteReports: true, Tags: [{ Key: "a", Value: "b" }] },
    updates: [
      { ExportConfig: exported("b") },
      { ExportConfig: { ExportConfigType: "NO_EXPORT" } },
      { DeleteReports: false },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/ExportConfig/ExportConfigType": (cloud, arn) =>
        cloud.call(updateReportGroup, { arn, exportConfig: { exportConfigType: "NO_EXPORT", s3Destination: shownExport } }),
    },
  },
  {
    type: "AWS::CodeBuild::SourceCredential",
    properties: { ServerType: "BITBUCKET", AuthType: "BASIC_AUTH", Token: "secret", Username: "ann" },
    updates: [{ Token: "other" }, { Username: "bob" }, { AuthType: "OAUTH" }],
    byHand: {
      "/Username": (cloud) =>
        cloud.call(importSourceCredentials, { serverType: "BITBUCKET", authType: "BASIC_AUTH", token: "secret", username: "eve" }),
    },
  },
];
