import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import * as cloudcontrol from "@aws-sdk/client-cloudcontrol";
import * as stacks from "@aws-sdk/client-cloudformation";
import * as codedeploy from "@aws-sdk/client-codedeploy";
import * as iam from "@aws-sdk/client-iam";
import * as lambda from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import * as sqs from "@aws-sdk/client-sqs";
import * as ssm from "@aws-sdk/client-ssm";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REGION, Server } from "./server.ts";
import { appSpecOf, HANDLER, trustOf } from "./story.ts";
import { zip } from "./zip.ts";

// The unmodified SDK for JavaScript v3, with what is more than a call: waiters, paginators, streams, exceptions.

const ACCOUNT = "111122223333";

let server: Server;
let config: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };

beforeAll(async () => {
  server = await Server.start("--clock", "auto");
  config = { endpoint: server.endpoint, region: REGION, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "slipway" } };
});
afterAll(() => server?.[Symbol.asyncDispose]());

const waiting = { maxWaitTime: 30, minDelay: 1, maxDelay: 1 };

describe("SDK v3", () => {
  it("uploads in parts, reads in ranges, and streams both ways", async () => {
    const client = new s3.S3Client({ ...config, forcePathStyle: true });
    const Bucket = "parts";
    await client.send(new s3.CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
    await s3.waitUntilBucketExists({ client, ...waiting }, { Bucket });
    const parts = [randomBytes(5 * 1024 * 1024), randomBytes(5 * 1024 * 1024), randomBytes(1000)];
    const target = { Bucket, Key: "a folder/größe.bin" };
    const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand({ ...target, ContentType: "application/x-parts" }));
    const upload = async (Body: Buffer, index: number) => {
      const { ETag } = await client.send(new s3.UploadPartCommand({ ...target, UploadId, PartNumber: index + 1, Body }));
      return { ETag, PartNumber: index + 1 };
    };
    const MultipartUpload = { Parts: await Promise.all(parts.map(upload)) };
    const { ETag } = await client.send(new s3.CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }));
    const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest();
    expect(ETag).toBe(`"${md5(Buffer.concat(parts.map(md5))).toString("hex")}-3"`);
    const whole = await client.send(new s3.GetObjectCommand(target));
    expect(whole.ContentType).toBe("application/x-parts");
    expect((await buffer(whole.Body as Readable)).equals(Buffer.concat(parts))).toBe(true);
    const end = await client.send(new s3.GetObjectCommand({ ...target, Range: "bytes=-1000" }));
    expect(Buffer.from(await end.Body!.transformToByteArray()).equals(parts[2]!)).toBe(true);
    expect(end.ContentRange).toBe("bytes 10485760-10486759/10486760");

    const streamed = { Bucket, Key: "streamed" };
    await client.send(
      new s3.PutObjectCommand({ ...streamed, Body: Readable.from([Buffer.from("one "), Buffer.from("two")]), ContentLength: 7 }),
    );
    const url = await getSignedUrl(client, new s3.GetObjectCommand(streamed), { expiresIn: 60 });
    expect(await (await fetch(url)).text()).toBe("one two");
    const put = await getSignedUrl(client, new s3.PutObjectCommand({ Bucket, Key: "put" }), { expiresIn: 60 });
    expect((await fetch(put, { method: "PUT", body: "by anybody" })).status).toBe(200);
  });

  it("turns pages", async () => {
    const client = new s3.S3Client({ ...config, forcePathStyle: true });
    await client.send(new s3.CreateBucketCommand({ Bucket: "pages" }));
    const keys = Array.from({ length: 25 }, (_, index) => `key-${String(index).padStart(2, "0")}`);
    await Promise.all(keys.map((Key) => client.send(new s3.PutObjectCommand({ Bucket: "pages", Key, Body: Key }))));
    const found: string[] = [];
    for await (const { Contents } of s3.paginateListObjectsV2({ client, pageSize: 10 }, { Bucket: "pages" })) {
      found.push(...Contents!.map(({ Key }) => Key!));
    }
    expect(found).toEqual(keys);
    const parameters = new ssm.SSMClient(config);
    await Promise.all(
      keys.map((key) => parameters.send(new ssm.PutParameterCommand({ Name: `/pages/${key}`, Type: "String", Value: key }))),
    );
    const values: string[] = [];
    for await (const { Parameters } of ssm.paginateGetParametersByPath({ client: parameters }, { Path: "/pages" })) {
      values.push(...Parameters!.map(({ Value }) => Value!));
    }
    expect(values.sort()).toEqual(keys);
  });

  it("throws the exceptions that it knows", async () => {
    const client = new s3.S3Client({ ...config, forcePathStyle: true });
    await client.send(new s3.CreateBucketCommand({ Bucket: "mine" }));
    const caught = (promise: Promise<unknown>) =>
      promise.then(
        () => undefined,
        (error: unknown) => error,
      );
    const functions = new lambda.LambdaClient(config);
    const queues = new sqs.SQSClient(config);
    const [key, bucket, owned, fn, queue, parameter, role] = await Promise.all([
      caught(client.send(new s3.GetObjectCommand({ Bucket: "mine", Key: "absent" }))),
      caught(client.send(new s3.ListObjectsV2Command({ Bucket: "nobodys" }))),
      caught(client.send(new s3.CreateBucketCommand({ Bucket: "mine" }))),
      caught(functions.send(new lambda.InvokeCommand({ FunctionName: "absent" }))),
      caught(queues.send(new sqs.GetQueueUrlCommand({ QueueName: "absent" }))),
      caught(new ssm.SSMClient(config).send(new ssm.GetParameterCommand({ Name: "absent" }))),
      caught(new iam.IAMClient(config).send(new iam.GetRoleCommand({ RoleName: "absent" }))),
    ]);
    expect(key).toBeInstanceOf(s3.NoSuchKey);
    expect(bucket).toMatchObject({ name: "NoSuchBucket", $metadata: { httpStatusCode: 404 } });
    expect(owned).toBeInstanceOf(s3.BucketAlreadyOwnedByYou);
    expect(fn).toBeInstanceOf(lambda.ResourceNotFoundException);
    expect(queue).toBeInstanceOf(sqs.QueueDoesNotExist);
    expect(parameter).toBeInstanceOf(ssm.ParameterNotFound);
    expect(role).toBeInstanceOf(iam.NoSuchEntityException);
  });

  it("waits for functions and moves an alias with a canary", async () => {
    const client = new lambda.LambdaClient(config);
    const roles = new iam.IAMClient(config);
    const role = async (RoleName: string, service: string) =>
      (await roles.send(new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trustOf(service) }))).Role!.Arn!;
    const [Role, serviceRoleArn] = await Promise.all([role("function", "lambda"), role("deploy", "codedeploy")]);
    const FunctionName = "greeter";
    const Code = { ZipFile: await zip({ "index.mjs": HANDLER }) };
    await client.send(
      new lambda.CreateFunctionCommand({ FunctionName, Role, Runtime: "nodejs22.x", Handler: "index.handler", Code, Publish: true }),
    );
    await lambda.waitUntilFunctionActiveV2({ client, ...waiting }, { FunctionName });
    const ZipFile = await zip({ "index.mjs": HANDLER, "news.txt": "the next version" });
    await client.send(new lambda.UpdateFunctionCodeCommand({ FunctionName, ZipFile, Publish: true }));
    await lambda.waitUntilFunctionUpdatedV2({ client, ...waiting }, { FunctionName });
    await client.send(new lambda.CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }));

    const deploys = new codedeploy.CodeDeployClient(config);
    const names = { applicationName: FunctionName, deploymentGroupName: "live" };
    await deploys.send(new codedeploy.CreateApplicationCommand({ ...names, computePlatform: "Lambda" }));
    await deploys.send(
      new codedeploy.CreateDeploymentGroupCommand({
        ...names,
        serviceRoleArn,
        deploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
      }),
    );
    const revision = appSpecOf(FunctionName);
    const { deploymentId } = await deploys.send(new codedeploy.CreateDeploymentCommand({ ...names, revision }));
    await codedeploy.waitUntilDeploymentSuccessful({ client: deploys, ...waiting }, { deploymentId });
    const invoked = await client.send(
      new lambda.InvokeCommand({ FunctionName, Qualifier: "live", Payload: '{"name":"Ann"}', LogType: "Tail" }),
    );
    expect(invoked.ExecutedVersion).toBe("2");
    expect(JSON.parse(JSON.parse(invoked.Payload!.transformToString()).body)).toEqual({ version: "2", name: "Ann" });
    expect(Buffer.from(invoked.LogResult!, "base64").toString()).toContain("asked for Ann");
  });

  it("waits for stacks, and is told why one failed", async () => {
    const client = new stacks.CloudFormationClient(config);
    const StackName = "queues";
    const template = (attributes: string) => `{"Resources":{"Queue":{"Type":"AWS::SQS::Queue","Properties":{${attributes}}}}}`;
    await client.send(new stacks.CreateStackCommand({ StackName, TemplateBody: template("") }));
    await stacks.waitUntilStackCreateComplete({ client, ...waiting }, { StackName });
    await client.send(new stacks.CreateStackCommand({ StackName: "wrong", TemplateBody: template('"VisibilityTimeout":99999999') }));
    const waited = stacks.waitUntilStackCreateComplete({ client, ...waiting }, { StackName: "wrong" });
    await expect(waited).rejects.toThrow("ROLLBACK_COMPLETE");
    const reasons: string[] = [];
    for await (const { StackEvents } of stacks.paginateDescribeStackEvents({ client }, { StackName: "wrong" })) {
      reasons.push(...StackEvents!.map(({ ResourceStatusReason = "" }) => ResourceStatusReason));
    }
    expect(reasons.join("\n")).toContain("VisibilityTimeout");
    // A stack takes over nothing that is there already.
    const queues = new sqs.SQSClient(config);
    await queues.send(new sqs.CreateQueueCommand({ QueueName: "taken" }));
    await client.send(new stacks.CreateStackCommand({ StackName: "greedy", TemplateBody: template('"QueueName":"taken"') }));
    const refused = stacks.waitUntilStackCreateComplete({ client, ...waiting }, { StackName: "greedy" });
    await expect(refused).rejects.toThrow("ROLLBACK_COMPLETE");
    expect((await queues.send(new sqs.GetQueueUrlCommand({ QueueName: "taken" }))).QueueUrl).toMatch(/taken$/);
    await client.send(new stacks.DeleteStackCommand({ StackName }));
    await stacks.waitUntilStackDeleteComplete({ client, ...waiting }, { StackName });
  });

  it("waits for Cloud Control to make, change and take away a resource", async () => {
    const client = new cloudcontrol.CloudControlClient(config);
    const TypeName = "AWS::Logs::LogGroup";
    const finished = async ({ ProgressEvent }: { ProgressEvent?: cloudcontrol.ProgressEvent | undefined }) => {
      const { RequestToken } = ProgressEvent!;
      const { reason } = await cloudcontrol.waitUntilResourceRequestSuccess({ client, ...waiting }, { RequestToken });
      return (reason as cloudcontrol.GetResourceRequestStatusCommandOutput).ProgressEvent!;
    };
    const DesiredState = JSON.stringify({ LogGroupName: "/by/hand", RetentionInDays: 7 });
    const made = await finished(await client.send(new cloudcontrol.CreateResourceCommand({ TypeName, DesiredState })));
    expect(made).toMatchObject({ Identifier: "/by/hand", OperationStatus: "SUCCESS" });
    const one = { TypeName, Identifier: made.Identifier };
    const PatchDocument = JSON.stringify([{ op: "replace", path: "/RetentionInDays", value: 14 }]);
    await finished(await client.send(new cloudcontrol.UpdateResourceCommand({ ...one, PatchDocument })));
    const { ResourceDescription } = await client.send(new cloudcontrol.GetResourceCommand(one));
    expect(JSON.parse(ResourceDescription!.Properties!)).toMatchObject({ RetentionInDays: 14 });
    const renaming = JSON.stringify([{ op: "replace", path: "/LogGroupName", value: "other" }]);
    const renamed = client.send(new cloudcontrol.UpdateResourceCommand({ ...one, PatchDocument: renaming }));
    await expect(renamed).rejects.toBeInstanceOf(cloudcontrol.NotUpdatableException);
    await finished(await client.send(new cloudcontrol.DeleteResourceCommand(one)));
    await expect(client.send(new cloudcontrol.GetResourceCommand(one))).rejects.toBeInstanceOf(cloudcontrol.ResourceNotFoundException);
  });

  it("polls long for a message, and lets go of it", async () => {
    const client = new sqs.SQSClient(config);
    const { QueueUrl } = await client.send(new sqs.CreateQueueCommand({ QueueName: "inbox" }));
    const received = client.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    await client.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: "at last" }));
    const [message] = (await received).Messages!;
    expect(message!.Body).toBe("at last");
    // Nothing comes before the message is visible again: the answer is that there is nothing.
    const { Messages } = await client.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
    expect(Messages).toBeUndefined();
    const abort = new AbortController();
    const given = client.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), { abortSignal: abort.signal });
    abort.abort();
    await expect(given).rejects.toMatchObject({ name: "AbortError" });
    await client.send(new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle: message!.ReceiptHandle! }));
    const { Attributes } = await client.send(new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: "0", ApproximateNumberOfMessagesNotVisible: "0" });
  });
});
