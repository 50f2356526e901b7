import type { ResourceExample } from "../../testing/resource-example.ts";
import { updateProject } from "./project.ts";

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
  Image: "aws/codebuild/standard:7.0",
  ComputeType: "BUILD_GENERAL1_SMALL",
  ImagePullCredentialsType: "CODEBUILD",
  Certificate: "certificates/ca.pem",
  PrivilegedMode: true,
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
const vpc = (id: string) => ({ VpcId: id, Subnets: ["subnet-1"], SecurityGroupIds: ["sg-1"] });

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
      VpcConfig: vpc("vpc-1"),
      TimeoutInMinutes: 30,
      QueuedTimeoutInMinutes: 60,
      ConcurrentBuildLimit: 2,
      AutoRetryLimit: 1,
      BadgeEnabled: true,
      Triggers: { Webhook: false },
      Visibility: "PRIVATE",
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
      { VpcConfig: vpc("vpc-2") },
      { TimeoutInMinutes: 40 },
      { QueuedTimeoutInMinutes: 70 },
      { ConcurrentBuildLimit: 3 },
      { AutoRetryLimit: 2 },
      { BadgeEnabled: false },
      { Triggers: { Webhook: false, BuildType: "BUILD" } },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/TimeoutInMinutes": (cloud, name) => cloud.call(updateProject, { name, timeoutInMinutes: 90 }),
      "/Description": (cloud, name) => cloud.call(updateProject, { name, description: "by hand" }),
      "/Tags/0/Value": (cloud, name) => cloud.call(updateProject, { name, tags: [{ key: "a", value: "by hand" }] }),
      "/Cache/Type": (cloud, name) => cloud.call(updateProject, { name, cache: { type: "NO_CACHE", modes: ["LOCAL_SOURCE_CACHE"] } }),
    },
  },
];
