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

/** Operations that write a branch, and which of their members name it. */
const BRANCH_OF: Readonly<Record<string, readonly string[]>> = {
  CreateBranch: ["branchName"],
  DeleteBranch: ["branchName"],
  PutFile: ["branchName"],
  DeleteFile: ["branchName"],
  CreateCommit: ["branchName"],
  MergeBranchesByFastForward: ["targetBranch", "destinationCommitSpecifier"],
  MergeBranchesBySquash: ["targetBranch", "destinationCommitSpecifier"],
  MergeBranchesByThreeWay: ["targetBranch", "destinationCommitSpecifier"],
};

/**
 * What else of a call policies may ask for. The branch that a pull request merges into is not in the call: the service
 * judges it. https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-conditional-branch.html
 */
export function contextOf({ name, service }: OperationModel, input: Readonly<Record<string, unknown>>): Record<string, string> {
  if (service.facts.signingName !== "codecommit") return {};
  const branch = (BRANCH_OF[name] ?? []).map((member) => input[member]).find((value) => typeof value === "string");
  return branch === undefined ? {} : { "codecommit:References": `refs/heads/${String(branch).replace(/^refs\/heads\//, "")}` };
}
