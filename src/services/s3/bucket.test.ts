import { describe, expect, test } from "vitest";
import { EVENTS, events } from "../../kernel/facts.ts";
import { World } from "../../testing/world.ts";
import { receiveMessage } from "../sqs/exchange.ts";
import { sqs } from "../sqs/index.ts";
import { createQueue } from "../sqs/queue.ts";
import { getBucketAcl, getPublicAccessBlock, putBucketAcl, putBucketOwnershipControls, putPublicAccessBlock } from "./access.ts";
import { createBucket, deleteBucket, getBucketLocation, headBucket, listBuckets } from "./bucket.ts";
import { deleteObject } from "./delete.ts";
import { getBucketEncryption, putBucketEncryption } from "./encryption.ts";
import { headObject } from "./get.ts";
import { s3 } from "./index.ts";
import { getBucketLogging, putBucketLogging } from "./logging.ts";
import { getBucketNotificationConfiguration, putBucketNotificationConfiguration } from "./notification.ts";
import { getBucketPolicyStatus, putBucketPolicy } from "./policy.ts";
import { putObject } from "./put.ts";
import { bucketPolicyResource, bucketResource } from "./resources.ts";
import { bodyOfText, bucketIn } from "./s3.fixture.ts";
import { getBucketTagging } from "./tagging.ts";

const world = (): World => new World({ services: [sqs, s3] });
const Bucket = "shop-artifacts";

describe("a bucket", () => {
  test("lives in a region, under a name that nobody else may have", async () => {
    const cloud = world();
    await bucketIn(cloud, Bucket);
    expect(await cloud.call(getBucketLocation, { Bucket })).toEqual({ LocationConstraint: "eu-west-1" });
    expect((await cloud.call(listBuckets, {})).Buckets).toMatchObject([{ Name: Bucket, BucketRegion: "eu-west-1" }]);
    expect((await cloud.call(listBuckets, {}, { accountId: "444455556666" })).Buckets).toEqual([]);
    const again = { Bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" as const } };
    await expect(cloud.call(createBucket, again)).rejects.toMatchObject({ name: "BucketAlreadyOwnedByYou", status: 409 });
    await expect(cloud.call(createBucket, again, { accountId: "444455556666" })).rejects.toMatchObject({ name: "BucketAlreadyExists" });
    await expect(cloud.call(headBucket, { Bucket, ExpectedBucketOwner: "444455556666" })).rejects.toMatchObject({ status: 403 });
    await expect(cloud.call(headBucket, { Bucket: "none" })).rejects.toMatchObject({ name: "NotFound", status: 404 });
  });

  test("is refused for a bad name or another region, as S3 refuses it", async () => {
    const cloud = world();
    await expect(cloud.call(createBucket, { Bucket })).rejects.toThrow(
      "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.",
    );
    await expect(bucketIn(cloud, "Shop")).rejects.toThrow("The specified bucket is not valid.");
    expect(await cloud.call(createBucket, { Bucket }, { region: "us-east-1" })).toMatchObject({ Location: `/${Bucket}` });
    expect(await cloud.call(createBucket, { Bucket }, { region: "us-east-1" })).toMatchObject({ Location: `/${Bucket}` });
    expect(await cloud.call(getBucketLocation, { Bucket })).toEqual({});
  });

  test("is deleted only when nothing is in it", async () => {
    const cloud = world();
    await bucketIn(cloud, Bucket);
    await cloud.call(putObject, { Bucket, Key: "a", Body: bodyOfText(cloud, "a") });
    await expect(cloud.call(deleteBucket, { Bucket })).rejects.toMatchObject({ name: "BucketNotEmpty", status: 409 });
    await cloud.call(deleteObject, { Bucket, Key: "a" });
    await cloud.call(deleteBucket, { Bucket });
    await expect(cloud.call(getBucketLocation, { Bucket })).rejects.toThrow("The specified bucket does not exist");
  });

  test("is private and encrypted until somebody says otherwise", async () => {
    const cloud = world();
    await bucketIn(cloud, Bucket);
    expect((await cloud.call(getPublicAccessBlock, { Bucket })).PublicAccessBlockConfiguration).toMatchObject({ BlockPublicPolicy: true });
    expect((await cloud.call(getBucketAcl, { Bucket })).Grants).toMatchObject([{ Permission: "FULL_CONTROL" }]);
    const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" as const, KMSMasterKeyID: "alias/shop" } }];
    await cloud.call(putBucketEncryption, { Bucket, ServerSideEncryptionConfiguration: { Rules } });
    expect((await cloud.call(getBucketEncryption, { Bucket })).ServerSideEncryptionConfiguration?.Rules).toMatchObject(Rules);
    await cloud.call(putObject, { Bucket, Key: "a", Body: bodyOfText(cloud, "a") });
    expect(await cloud.call(headObject, { Bucket, Key: "a" })).toMatchObject({
      ServerSideEncryption: "aws:kms",
      SSEKMSKeyId: "alias/shop",
    });
  });

  test("takes the private ACL where ACLs are on, and no other", async () => {
    const cloud = world();
    await bucketIn(cloud, Bucket);
    await expect(cloud.call(putBucketAcl, { Bucket, ACL: "private" })).rejects.toMatchObject({ name: "AccessControlListNotSupported" });
    const Rules = [{ ObjectOwnership: "BucketOwnerPreferred" as const }];
    await cloud.call(putBucketOwnershipControls, { Bucket, OwnershipControls: { Rules } });
    await cloud.call(putBucketAcl, { Bucket, ACL: "private" });
    const { Owner, Grants } = await cloud.call(getBucketAcl, { Bucket });
    await cloud.call(putBucketAcl, { Bucket, AccessControlPolicy: { Owner, Grants } });
    await expect(cloud.call(putBucketAcl, { Bucket })).rejects.toMatchObject({ name: "MissingSecurityHeader" });
    await expect(cloud.call(putBucketAcl, { Bucket, ACL: "public-read" })).rejects.toMatchObject({ name: "NotImplemented", status: 501 });
    const shared = [...Grants!, { Grantee: { ID: "somebody", Type: "CanonicalUser" as const }, Permission: "READ" as const }];
    await expect(cloud.call(putBucketAcl, { Bucket, AccessControlPolicy: { Owner, Grants: shared } })).rejects.toMatchObject({
      status: 501,
    });
  });

  test("logs to a bucket of its owner in its region", async () => {
    const cloud = world();
    await bucketIn(cloud, Bucket);
    const put = (TargetBucket: string) =>
      cloud.call(putBucketLogging, { Bucket, BucketLoggingStatus: { LoggingEnabled: { TargetBucket, TargetPrefix: "logs/" } } });
    await expect(put("nowhere")).rejects.toMatchObject({ name: "InvalidTargetBucketForLogging", status: 400 });
    await put(Bucket);
    expect(await cloud.call(getBucketLogging, { Bucket })).toEqual({ LoggingEnabled: { TargetBucket: Bucket, TargetPrefix: "logs/" } });
    await cloud.call(putBucketLogging, { Bucket, BucketLoggingStatus: {} });
    expect(await cloud.call(getBucketLogging, { Bucket })).toEqual({});
  });

  test("takes no public policy while public policies are blocked", async () => {
    const cloud = world();
    await bucketIn(cloud, Bucket);
    const statement = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await expect(cloud.call(putBucketPolicy, { Bucket, Policy })).rejects.toMatchObject({ name: "AccessDenied", status: 403 });
    await cloud.call(putPublicAccessBlock, { Bucket, PublicAccessBlockConfiguration: {} });
    await cloud.call(putBucketPolicy, { Bucket, Policy });
    expect(await cloud.call(getBucketPolicyStatus, { Bucket })).toEqual({ PolicyStatus: { IsPublic: true } });
    await expect(cloud.call(putBucketPolicy, { Bucket, Policy: Policy.replaceAll(Bucket, "other") })).rejects.toThrow(
      "Policy has invalid resource",
    );
  });
});

describe("the events of a bucket", () => {
  test("go to EventBridge and, filtered, to a queue", async () => {
    const cloud = world();
    await bucketIn(cloud, Bucket);
    const QueueUrl = (await cloud.call(createQueue, { QueueName: "uploads" })).QueueUrl!;
    const NotificationConfiguration = {
      EventBridgeConfiguration: {},
      QueueConfigurations: [
        {
          QueueArn: cloud.scope().arn("sqs", "uploads"),
          Events: ["s3:ObjectCreated:*" as const],
          Filter: { Key: { FilterRules: [{ Name: "prefix" as const, Value: "in/" }] } },
        },
      ],
    };
    await cloud.call(putBucketNotificationConfiguration, { Bucket, NotificationConfiguration });
    expect(await cloud.call(getBucketNotificationConfiguration, { Bucket })).toMatchObject(NotificationConfiguration);
    await cloud.call(putObject, { Bucket, Key: "out/a", Body: bodyOfText(cloud, "a") });
    await cloud.call(putObject, { Bucket, Key: "in/a b", Body: bodyOfText(cloud, "a") });
    await cloud.call(deleteObject, { Bucket, Key: "in/a b" });
    const { Messages = [] } = await cloud.call(receiveMessage, { QueueUrl, MaxNumberOfMessages: 10 });
    expect(Messages.map(({ Body }) => JSON.parse(Body!))).toMatchObject([
      { Event: "s3:TestEvent", Bucket },
      { Records: [{ eventName: "ObjectCreated:Put", s3: { bucket: { name: Bucket }, object: { key: "in/a+b", size: 1 } } }] },
    ]);
    const facts = events.read(cloud.scope(), EVENTS).map(({ value }) => value);
    expect(facts).toMatchObject([
      { source: "aws.s3", detailType: "Object Created", detail: { object: { key: "out/a" }, reason: "PutObject" } },
      { detailType: "Object Created", detail: { object: { key: "in/a b", size: 1 } } },
      { detailType: "Object Deleted", detail: { "deletion-type": "Permanently Deleted" } },
    ]);
  });

  test("cannot go to nowhere, nor twice for the same", async () => {
    const cloud = world();
    await bucketIn(cloud, Bucket);
    const to = (QueueArn: string) => ({ QueueArn, Events: ["s3:ObjectCreated:*" as const] });
    const queue = cloud.scope().arn("sqs", "uploads");
    const nowhere = { QueueConfigurations: [to("arn:aws:nothing:eu-west-1:111122223333:x")] };
    await expect(cloud.call(putBucketNotificationConfiguration, { Bucket, NotificationConfiguration: nowhere })).rejects.toThrow(
      "Unable to validate the following destination configurations",
    );
    const twice = { QueueConfigurations: [to(queue), to(queue)] };
    await expect(cloud.call(putBucketNotificationConfiguration, { Bucket, NotificationConfiguration: twice })).rejects.toThrow(
      "Configurations overlap.",
    );
  });
});

describe("AWS::S3::Bucket", () => {
  const request = {
    token: "t1",
    generatedName: "Shop-Artifacts-0ABCDEF",
    logicalId: "Artifacts",
    stackId: "s",
    tags: [{ Key: "team", Value: "shop" }],
  };
  const declared = {
    BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" } }] },
    VersioningConfiguration: { Status: "Enabled" },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: "true",
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    LifecycleConfiguration: {
      Rules: [
        {
          Id: "old",
          Status: "Enabled",
          NoncurrentVersionExpiration: { NoncurrentDays: 30 },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
      ],
    },
    CorsConfiguration: { CorsRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"], MaxAge: 60 }] },
    NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
  };

  test("is kept as declared, and read as it is", async () => {
    const cloud = world();
    const made = cloud.change((scope) => bucketResource.ensure(scope, declared, undefined, request));
    expect(made).toEqual({ state: "done", id: "shop-artifacts-0abcdef" });
    const id = "shop-artifacts-0abcdef";
    expect(cloud.change((scope) => bucketResource.ensure(scope, declared, undefined, request))).toEqual(made);
    expect(bucketResource.read(cloud.scope(), id)).toMatchObject({
      ...declared,
      PublicAccessBlockConfiguration: { BlockPublicPolicy: true },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" } }] },
    });
    expect((await cloud.call(getBucketTagging, { Bucket: id })).TagSet).toEqual([{ Key: "team", Value: "shop" }]);
    expect(bucketResource.read(cloud.scope(), id)).toMatchObject({
      Arn: `arn:aws:s3:::${id}`,
      RegionalDomainName: `${id}.s3.eu-west-1.amazonaws.com`,
    });
    cloud.change((scope) => bucketResource.ensure(scope, {}, id, { ...request, token: "t2", previous: declared }));
    expect(bucketResource.read(cloud.scope(), id)).toMatchObject({ VersioningConfiguration: { Status: "Suspended" } });
    expect(bucketResource.read(cloud.scope(), id)).not.toHaveProperty("LifecycleConfiguration");
  });

  test("fails where the name is taken, a property is unknown, or objects are left", async () => {
    const cloud = world();
    await bucketIn(cloud, Bucket);
    const taken = cloud.change((scope) => bucketResource.ensure(scope, { BucketName: Bucket }, undefined, request));
    expect(taken).toEqual({ state: "failed", reason: "shop-artifacts already exists" });
    const type = cloud.kernel.registry.resource("AWS::S3::Bucket")!;
    const unknown = cloud.change((scope) => type.ensure(scope, { WebsiteConfiguration: { IndexDocument: "a" } }, undefined, request));
    expect(unknown).toMatchObject({ state: "failed", reason: expect.stringContaining("WebsiteConfiguration") });
    await cloud.call(putObject, { Bucket, Key: "a", Body: bodyOfText(cloud, "a") });
    expect(cloud.change((scope) => bucketResource.remove(scope, Bucket, request))).toEqual({
      state: "failed",
      reason: "The bucket you tried to delete is not empty (Service: S3, Status Code: 409)",
    });
  });

  test("has its policy as a resource of its own", async () => {
    const cloud = world();
    await bucketIn(cloud, Bucket);
    const PolicyDocument = { Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [`arn:aws:s3:::${Bucket}`] }] };
    const made = cloud.change((scope) => bucketPolicyResource.ensure(scope, { Bucket, PolicyDocument }, undefined, request));
    expect(made).toEqual({ state: "done", id: Bucket });
    expect(bucketPolicyResource.read(cloud.scope(), Bucket)).toEqual({ Bucket, PolicyDocument });
    cloud.change((scope) => bucketPolicyResource.remove(scope, Bucket, request));
    expect(bucketPolicyResource.read(cloud.scope(), Bucket)).toBeUndefined();
  });
});
