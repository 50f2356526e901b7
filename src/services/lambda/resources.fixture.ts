import { createHash } from "node:crypto";
import type { ResourceExample } from "../../testing/resource-example.ts";
import type { World } from "../../testing/world.ts";
import { putObject } from "../s3/api.ts";
import { createBucket } from "../s3/bucket.ts";
import { updateAlias } from "./alias.ts";
import { deleteFunctionConcurrency } from "./concurrency.ts";
import { putFunctionEventInvokeConfig } from "./event-invoke-config.ts";
import { updateEventSourceMapping } from "./event-source.ts";
import { updateFunctionConfiguration } from "./function-change.ts";
import { inlineArchive } from "./inline.ts";
import { archive, createShop } from "./lambda.fixture.ts";
import { publishLayerVersion } from "./layer.ts";
import { tagResource } from "./tag.ts";
import { updateFunctionUrlConfig } from "./url.ts";
import { publishVersion } from "./version.ts";

const role = (RoleName: string) => ({
  Type: "AWS::IAM::Role",
  Properties: { RoleName, AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] } },
});
const queueArn = (name: string): string => `arn:aws:sqs:eu-west-1:111122223333:${name}`;
const CODE = { ZipFile: "exports.handler = async () => 1;" };
const SHA256 = createHash("sha256").update(inlineArchive("nodejs22.x", CODE.ZipFile)!).digest("base64");
const ONE = { "Fn::GetAtt": ["One", "Arn"] };
const shop = (Description: string) => ({
  Type: "AWS::Lambda::Function",
  Properties: { FunctionName: "shop", Description, Role: ONE, Runtime: "nodejs22.x", Handler: "index.handler", Code: CODE },
});
const AROUND = { One: role("one"), Fn: shop("shop") };
const VERSION = { Type: "AWS::Lambda::Version", Properties: { FunctionName: { Ref: "Fn" } } };
const SHOP = { Ref: "Fn" };
const SHOP_ARN = { "Fn::GetAtt": ["Fn", "Arn"] };
const LAYER = "arn:aws:lambda:eu-west-1:111122223333:layer:tools:1";
const logging = (LogGroup: string) => ({ LogFormat: "JSON", ApplicationLogLevel: "INFO", SystemLogLevel: "WARN", LogGroup });

/** An archive in a bucket, and a layer of it. */
async function prepared(cloud: World): Promise<void> {
  await cloud.call(createBucket, { Bucket: "archives", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  cloud.change((scope) => putObject(scope, "archives", "app.zip", scope.blobs.write(archive("one"))));
  await cloud.call(publishLayerVersion, { LayerName: "tools", Content: { ZipFile: archive("tools") } });
}

/** A function with two versions. */
async function published(cloud: World): Promise<void> {
  await createShop(cloud, "one");
  for (const Timeout of [5, 6]) {
    await cloud.call(updateFunctionConfiguration, { FunctionName: "shop", Timeout });
    await cloud.call(publishVersion, { FunctionName: "shop" });
  }
}

export const lambdaExamples: readonly ResourceExample[] = [
  {
    type: "AWS::Lambda::Function",
    before: prepared,
    around: { One: role("one"), Two: role("two") },
    properties: {
      FunctionName: "shop",
      Description: "The shop",
      Role: ONE,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Code: CODE,
      Architectures: ["arm64"],
      DeadLetterConfig: { TargetArn: queueArn("dead") },
      Environment: { Variables: { STAGE: "live", COUNT: 1 } },
      EphemeralStorage: { Size: 1024 },
      KmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/a",
      Layers: [LAYER],
      LoggingConfig: logging("/shop"),
      MemorySize: 256,
      PackageType: "Zip",
      PublishToLatestPublished: false,
      RecursiveLoop: "Allow",
      ReservedConcurrentExecutions: 5,
      RuntimeManagementConfig: { UpdateRuntimeOn: "Auto" },
      SnapStart: { ApplyOn: "None" },
      Timeout: 10,
      TracingConfig: { Mode: "Active" },
      VpcConfig: { SubnetIds: [], SecurityGroupIds: [] },
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [
      { Description: "The store" },
      { Role: { "Fn::GetAtt": ["Two", "Arn"] } },
      { Runtime: "nodejs24.x" },
      { Handler: "main.handler" },
      { Code: { S3Bucket: "archives", S3Key: "app.zip", S3ObjectVersion: "null" } },
      { Architectures: ["x86_64"] },
      { DeadLetterConfig: { TargetArn: queueArn("deader") } },
      { Environment: { Variables: { STAGE: "test" } } },
      { EphemeralStorage: { Size: 2048 } },
      { KmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/b" },
      { Layers: undefined },
      { LoggingConfig: logging("/store") },
      { MemorySize: 512 },
      { ReservedConcurrentExecutions: 6 },
      { RuntimeManagementConfig: undefined },
      { SnapStart: undefined },
      { Timeout: 20 },
      { TracingConfig: { Mode: "PassThrough" } },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    withoutAttributes: ["SnapStartResponse"],
    byHand: {
      "/Timeout": (cloud, FunctionName) => cloud.call(updateFunctionConfiguration, { FunctionName, Timeout: 99 }),
      "/Environment/Variables/STAGE": (cloud, FunctionName) =>
        cloud.call(updateFunctionConfiguration, { FunctionName, Environment: { Variables: { STAGE: "by hand", COUNT: "1" } } }),
      "/ReservedConcurrentExecutions": (cloud, FunctionName) => cloud.call(deleteFunctionConcurrency, { FunctionName }),
      "/Tags/0/Value": (cloud, name) =>
        cloud.call(tagResource, {
          Resource: `arn:aws:lambda:${cloud.region}:${cloud.account}:function:${name}`,
          Tags: { a: "by hand" },
        }),
    },
  },
  {
    type: "AWS::Lambda::Version",
    around: AROUND,
    properties: {
      FunctionName: SHOP_ARN,
      Description: "one",
      CodeSha256: SHA256,
      RuntimePolicy: { UpdateRuntimeOn: "Auto" },
    },
  },
  {
    type: "AWS::Lambda::Alias",
    before: published,
    around: { One: role("one") },
    properties: {
      FunctionName: "shop",
      Name: "live",
      FunctionVersion: "1",
      Description: "What is live",
      RoutingConfig: { AdditionalVersionWeights: [{ FunctionVersion: "2", FunctionWeight: 0.1 }] },
    },
    updates: [{ Description: "What was live" }, { RoutingConfig: undefined }, { FunctionVersion: "$LATEST" }],
    byHand: {
      "/Description": (cloud) => cloud.call(updateAlias, { FunctionName: "shop", Name: "live", Description: "by hand" }),
      "/RoutingConfig": (cloud) =>
        cloud.call(updateAlias, { FunctionName: "shop", Name: "live", RoutingConfig: { AdditionalVersionWeights: {} } }),
    },
  },
  {
    type: "AWS::Lambda::Permission",
    around: AROUND,
    properties: {
      FunctionName: SHOP,
      Action: "lambda:InvokeFunction",
      Principal: "s3.amazonaws.com",
      SourceArn: "arn:aws:s3:::files",
      SourceAccount: "111122223333",
    },
  },
  {
    type: "AWS::Lambda::Permission",
    around: AROUND,
    properties: {
      FunctionName: SHOP_ARN,
      Action: "lambda:InvokeFunctionUrl",
      Principal: "444455556666",
      FunctionUrlAuthType: "AWS_IAM",
      InvokedViaFunctionUrl: true,
      PrincipalOrgID: "o-abcdefghij",
      EventSourceToken: "token",
    },
  },
  {
    type: "AWS::Lambda::Url",
    around: AROUND,
    properties: {
      TargetFunctionArn: SHOP,
      AuthType: "AWS_IAM",
      InvokeMode: "BUFFERED",
      Cors: {
        AllowCredentials: true,
        AllowHeaders: ["x-a"],
        AllowMethods: ["GET"],
        AllowOrigins: ["https://example.com"],
        ExposeHeaders: ["x-b"],
        MaxAge: 60,
      },
    },
    updates: [{ AuthType: "NONE" }, { Cors: { AllowOrigins: ["*"] } }],
    byHand: { "/AuthType": (cloud) => cloud.call(updateFunctionUrlConfig, { FunctionName: "shop", AuthType: "NONE" }) },
  },
  {
    type: "AWS::Lambda::Url",
    around: {
      ...AROUND,
      Version: VERSION,
      Alias: {
        Type: "AWS::Lambda::Alias",
        Properties: { FunctionName: SHOP, Name: "live", FunctionVersion: { "Fn::GetAtt": ["Version", "Version"] } },
      },
    },
    properties: {
      TargetFunctionArn: SHOP_ARN,
      Qualifier: { "Fn::Select": [7, { "Fn::Split": [":", { Ref: "Alias" }] }] },
      AuthType: "NONE",
    },
  },
  {
    type: "AWS::Lambda::EventInvokeConfig",
    around: AROUND,
    properties: {
      FunctionName: SHOP,
      Qualifier: "$LATEST",
      MaximumEventAgeInSeconds: 60,
      MaximumRetryAttempts: 1,
      DestinationConfig: { OnSuccess: { Destination: queueArn("good") }, OnFailure: { Destination: queueArn("bad") } },
    },
    updates: [
      { MaximumEventAgeInSeconds: 90 },
      { MaximumRetryAttempts: 0 },
      { DestinationConfig: { OnFailure: { Destination: queueArn("worse") } } },
    ],
    byHand: {
      "/DestinationConfig": (cloud) =>
        cloud.call(putFunctionEventInvokeConfig, {
          FunctionName: "shop",
          Qualifier: "$LATEST",
          MaximumEventAgeInSeconds: 60,
          MaximumRetryAttempts: 1,
        }),
    },
  },
  {
    type: "AWS::Lambda::EventSourceMapping",
    around: {
      ...AROUND,
      Other: { Type: "AWS::Lambda::Function", Properties: { ...shop("other").Properties, FunctionName: "other" } },
      Queue: { Type: "AWS::SQS::Queue" },
    },
    properties: {
      EventSourceArn: { "Fn::GetAtt": ["Queue", "Arn"] },
      FunctionName: SHOP_ARN,
      BatchSize: 20,
      MaximumBatchingWindowInSeconds: 5,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      FilterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["new"]}}' }] },
      ScalingConfig: { MaximumConcurrency: 3 },
      Enabled: true,
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [
      { FunctionName: { Ref: "Other" } },
      { BatchSize: 30 },
      { MaximumBatchingWindowInSeconds: 6 },
      { FunctionResponseTypes: undefined },
      { FunctionResponseTypes: ["ReportBatchItemFailures"] },
      { FilterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["old"]}}' }] } },
      { FilterCriteria: undefined },
      { ScalingConfig: { MaximumConcurrency: 4 } },
      { Enabled: false },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/BatchSize": (cloud, UUID) => cloud.call(updateEventSourceMapping, { UUID, BatchSize: 5 }),
      "/Enabled": (cloud, UUID) => cloud.call(updateEventSourceMapping, { UUID, Enabled: false }),
      "/Tags/0/Value": (cloud, id) =>
        cloud.call(tagResource, {
          Resource: `arn:aws:lambda:${cloud.region}:${cloud.account}:event-source-mapping:${id}`,
          Tags: { a: "by hand" },
        }),
    },
  },
  {
    type: "AWS::Lambda::LayerVersion",
    before: prepared,
    properties: {
      LayerName: "tools",
      Description: "Tools",
      Content: { S3Bucket: "archives", S3Key: "app.zip", S3ObjectVersion: "null" },
      CompatibleRuntimes: ["nodejs22.x"],
      CompatibleArchitectures: ["arm64"],
      LicenseInfo: "MIT",
    },
  },
  {
    type: "AWS::Lambda::LayerVersionPermission",
    before: prepared,
    properties: { LayerVersionArn: LAYER, Action: "lambda:GetLayerVersion", Principal: "*", OrganizationId: "o-abcdefghij" },
  },
];
