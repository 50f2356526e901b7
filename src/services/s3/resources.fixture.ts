import type { ResourceExample } from "../../testing/resource-example.ts";
import { putPublicAccessBlock } from "./access.ts";
import { deleteBucketCors } from "./cors.ts";
import { putBucketEncryption } from "./encryption.ts";
import { putBucketLifecycleConfiguration } from "./lifecycle.ts";
import { putBucketNotificationConfiguration } from "./notification.ts";
import { putBucketPolicy } from "./policy.ts";
import { putBucketTagging } from "./tagging.ts";
import { putBucketVersioning } from "./versioning.ts";

const policy = (Sid: string) => ({
  Version: "2012-10-17",
  Statement: [
    {
      Sid,
      Effect: "Deny",
      Principal: { AWS: "arn:aws:iam::111122223333:root" },
      Action: "s3:PutObject",
      Resource: "arn:aws:s3:::shop-files/*",
    },
  ],
});
const QUEUES = { Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: "changes" } }, Topic: { Type: "AWS::SNS::Topic" } };
const blocked = (BlockPublicAcls: boolean) => ({
  BlockPublicAcls,
  BlockPublicPolicy: true,
  IgnorePublicAcls: true,
  RestrictPublicBuckets: true,
});
const encrypted = (KMSMasterKeyID: string) => ({
  ServerSideEncryptionConfiguration: [
    { ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID }, BucketKeyEnabled: true },
  ],
});
const cors = (MaxAge: number) => ({
  CorsRules: [{ Id: "all", AllowedMethods: ["GET"], AllowedOrigins: ["*"], AllowedHeaders: ["*"], ExposedHeaders: ["ETag"], MaxAge }],
});
const FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:f";
const under = (Value: string) => ({ S3Key: { Rules: [{ Name: "prefix", Value }] } });
const notified = (Event: string) => ({
  EventBridgeConfiguration: { EventBridgeEnabled: true },
  QueueConfigurations: [
    {
      Event,
      Queue: { "Fn::GetAtt": ["Queue", "Arn"] },
      Filter: under("in/"),
    },
  ],
  LambdaConfigurations: [{ Event: "s3:ObjectTagging:*", Function: FUNCTION, Filter: under("tags/") }],
  TopicConfigurations: [{ Event: "s3:ObjectRemoved:*", Topic: { Ref: "Topic" }, Filter: under("in/") }],
});

/** What buckets with metadata tables have. */
const METADATA = [
  "MetadataTableConfiguration.S3TablesDestination.TableNamespace",
  "MetadataTableConfiguration.S3TablesDestination.TableArn",
  "MetadataConfiguration.Destination",
  "MetadataConfiguration.JournalTableConfiguration.TableName",
  "MetadataConfiguration.JournalTableConfiguration.TableArn",
  "MetadataConfiguration.InventoryTableConfiguration.TableName",
  "MetadataConfiguration.InventoryTableConfiguration.TableArn",
  "MetadataConfiguration.AnnotationTableConfiguration.TableName",
  "MetadataConfiguration.AnnotationTableConfiguration.TableArn",
];

export const s3Examples: readonly ResourceExample[] = [
  {
    type: "AWS::S3::Bucket",
    around: QUEUES,
    properties: {
      BucketName: "shop-files",
      AbacStatus: "Disabled",
      AccessControl: "Private",
      BucketEncryption: encrypted("alias/one"),
      BucketNamespace: "global",
      CorsConfiguration: cors(60),
      LifecycleConfiguration: {
        Rules: [
          {
            Id: "old",
            Status: "Enabled",
            Prefix: "tmp/",
            TagFilters: [{ Key: "a", Value: "b" }],
            ExpirationInDays: 90,
            NoncurrentVersionExpiration: { NoncurrentDays: 7, NewerNoncurrentVersions: 2 },
            Transitions: [{ StorageClass: "GLACIER", TransitionInDays: 60 }],
          },
          {
            Id: "singular",
            Status: "Enabled",
            NoncurrentVersionExpirationInDays: 40,
            NoncurrentVersionTransition: { StorageClass: "GLACIER", TransitionInDays: 31, NewerNoncurrentVersions: 1 },
            Transition: { StorageClass: "STANDARD_IA", TransitionInDays: 30 },
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
          },
          { Id: "dated", Status: "Disabled", ExpirationDate: "2030-01-01T00:00:00Z" },
          { Id: "moved", Status: "Disabled", Transitions: [{ StorageClass: "GLACIER", TransitionDate: "2030-01-01T00:00:00Z" }] },
          { Id: "once", Status: "Disabled", Transition: { StorageClass: "GLACIER", TransitionDate: "2030-01-01T00:00:00Z" } },
          { Id: "markers", Status: "Enabled", ExpiredObjectDeleteMarker: true },
          {
            Id: "older",
            Status: "Enabled",
            NoncurrentVersionTransitions: [{ StorageClass: "GLACIER", TransitionInDays: 30, NewerNoncurrentVersions: 2 }],
          },
        ],
        TransitionDefaultMinimumObjectSize: "all_storage_classes_128K",
      },
      LoggingConfiguration: {
        DestinationBucketName: "shop-files",
        LogFilePrefix: "logs/",
        TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: "EventTime" } },
      },
      NotificationConfiguration: notified("s3:ObjectCreated:*"),
      ObjectLockEnabled: false,
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerPreferred" }] },
      PublicAccessBlockConfiguration: blocked(false),
      VersioningConfiguration: { Status: "Enabled" },
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [
      { BucketEncryption: encrypted("alias/two") },
      { CorsConfiguration: cors(90) },
      { CorsConfiguration: undefined },
      { LifecycleConfiguration: { Rules: [{ Id: "new", Status: "Enabled", ExpirationInDays: 1 }] } },
      { LifecycleConfiguration: undefined },
      {
        LoggingConfiguration: {
          DestinationBucketName: "shop-files",
          LogFilePrefix: "requests/",
          TargetObjectKeyFormat: { SimplePrefix: {} },
        },
      },
      { LoggingConfiguration: undefined },
      { NotificationConfiguration: notified("s3:ObjectCreated:Put") },
      { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: false } } },
      { OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] } },
      { PublicAccessBlockConfiguration: blocked(true) },
      { VersioningConfiguration: { Status: "Suspended" } },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    withoutAttributes: METADATA,
    contradictory: ["LifecycleConfiguration/Rules/ObjectSizeGreaterThan", "LifecycleConfiguration/Rules/ObjectSizeLessThan"],
    byHand: {
      "/VersioningConfiguration/Status": (cloud, Bucket) =>
        cloud.call(putBucketVersioning, { Bucket, VersioningConfiguration: { Status: "Suspended" } }),
      "/PublicAccessBlockConfiguration/BlockPublicAcls": (cloud, Bucket) =>
        cloud.call(putPublicAccessBlock, { Bucket, PublicAccessBlockConfiguration: blocked(true) }),
      "/CorsConfiguration": (cloud, Bucket) => cloud.call(deleteBucketCors, { Bucket }),
      "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID": (cloud, Bucket) =>
        cloud.call(putBucketEncryption, {
          Bucket,
          ServerSideEncryptionConfiguration: {
            Rules: [
              {
                ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: "alias/by-hand" },
                BucketKeyEnabled: true,
              },
            ],
          },
        }),
      "/NotificationConfiguration/TopicConfigurations": (cloud, Bucket) =>
        cloud.call(putBucketNotificationConfiguration, {
          Bucket,
          NotificationConfiguration: {
            EventBridgeConfiguration: {},
            LambdaFunctionConfigurations: [
              {
                LambdaFunctionArn: FUNCTION,
                Events: ["s3:ObjectTagging:*"],
                Filter: { Key: { FilterRules: [{ Name: "prefix", Value: "tags/" }] } },
              },
            ],
            QueueConfigurations: [
              {
                QueueArn: `arn:aws:sqs:${cloud.region}:${cloud.account}:changes`,
                Events: ["s3:ObjectCreated:*"],
                Filter: { Key: { FilterRules: [{ Name: "prefix", Value: "in/" }] } },
              },
            ],
          },
        }),
      "/Tags/0/Value": (cloud, Bucket) => cloud.call(putBucketTagging, { Bucket, Tagging: { TagSet: [{ Key: "a", Value: "by hand" }] } }),
    },
  },
  {
    type: "AWS::S3::Bucket",
    properties: { LifecycleConfiguration: { Rules: [{ Id: "old", Status: "Enabled", ExpirationInDays: 90 }] } },
    withoutAttributes: METADATA,
    byHand: {
      "/LifecycleConfiguration/Rules/0/ExpirationInDays": (cloud, Bucket) =>
        cloud.call(putBucketLifecycleConfiguration, {
          Bucket,
          LifecycleConfiguration: { Rules: [{ ID: "old", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 1 } }] },
        }),
    },
  },
  {
    type: "AWS::S3::BucketPolicy",
    around: { Bucket: { Type: "AWS::S3::Bucket", Properties: { BucketName: "shop-files" } } },
    properties: { Bucket: { Ref: "Bucket" }, PolicyDocument: policy("one") },
    updates: [{ PolicyDocument: policy("two") }],
    byHand: {
      "/PolicyDocument/Statement/0/Sid": (cloud, Bucket) =>
        cloud.call(putBucketPolicy, { Bucket, Policy: JSON.stringify(policy("by hand")) }),
    },
  },
];
