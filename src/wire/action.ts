import type { OperationModel } from "./model.ts";

/** Signing names that are not the prefix of their service's IAM actions. */
const PREFIXES: Readonly<Record<string, string>> = { cloudcontrolapi: "cloudformation", monitoring: "cloudwatch", tagging: "tag" };

/** S3's actions that are not called after the operation: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const S3_ACTIONS: Readonly<Record<string, string>> = {
  ListBuckets: "ListAllMyBuckets",
  HeadBucket: "ListBucket",
  ListObjects: "ListBucket",
  ListObjectsV2: "ListBucket",
  ListObjectVersions: "ListBucketVersions",
  HeadObject: "GetObject",
  CopyObject: "PutObject",
  CreateMultipartUpload: "PutObject",
  UploadPart: "PutObject",
  UploadPartCopy: "PutObject",
  CompleteMultipartUpload: "PutObject",
  ListParts: "ListMultipartUploadParts",
  ListMultipartUploads: "ListBucketMultipartUploads",
  DeleteObjects: "DeleteObject",
  GetBucketEncryption: "GetEncryptionConfiguration",
  PutBucketEncryption: "PutEncryptionConfiguration",
  DeleteBucketEncryption: "PutEncryptionConfiguration",
  GetBucketLifecycleConfiguration: "GetLifecycleConfiguration",
  PutBucketLifecycleConfiguration: "PutLifecycleConfiguration",
  DeleteBucketLifecycle: "PutLifecycleConfiguration",
  GetBucketNotificationConfiguration: "GetBucketNotification",
  PutBucketNotificationConfiguration: "PutBucketNotification",
  GetBucketReplication: "GetReplicationConfiguration",
  PutBucketReplication: "PutReplicationConfiguration",
  DeleteBucketReplication: "PutReplicationConfiguration",
  GetBucketCors: "GetBucketCORS",
  PutBucketCors: "PutBucketCORS",
  DeleteBucketCors: "PutBucketCORS",
  DeleteBucketTagging: "PutBucketTagging",
  GetPublicAccessBlock: "GetBucketPublicAccessBlock",
  PutPublicAccessBlock: "PutBucketPublicAccessBlock",
  DeletePublicAccessBlock: "PutBucketPublicAccessBlock",
};

const LAMBDA_ACTIONS: Readonly<Record<string, string>> = {
  Invoke: "InvokeFunction",
  InvokeAsync: "InvokeFunction",
  InvokeWithResponseStream: "InvokeFunction",
};

/** The IAM action of an operation, such as codepipeline:StartPipelineExecution. */
export function actionOf({ name, service }: OperationModel): string {
  const { signingName } = service.facts;
  const renamed = service.isS3 ? S3_ACTIONS : signingName === "lambda" ? LAMBDA_ACTIONS : {};
  return `${PREFIXES[signingName] ?? signingName}:${renamed[name] ?? name}`;
}

/** What a call is about, as far as its input alone says: an S3 object, a member that is an ARN, or anything (*). */
export function resourceOf({ service }: OperationModel, input: Readonly<Record<string, unknown>>): string {
  if (service.isS3) return s3Resource(input);
  for (const [name, value] of Object.entries(input)) {
    if (typeof value === "string" && value.startsWith("arn:") && !/role/i.test(name)) return value;
  }
  return "*";
}

function s3Resource({ Bucket, Key }: Readonly<Record<string, unknown>>): string {
  if (typeof Bucket !== "string") return "*";
  return typeof Key === "string" ? `arn:aws:s3:::${Bucket}/${Key}` : `arn:aws:s3:::${Bucket}`;
}
