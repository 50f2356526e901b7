import { afterAll, beforeAll, expect, test } from "vitest";
import type { Cloud } from "../../cloud.ts";
import { rootCaller } from "../../kernel/caller.ts";
import { logLines } from "../../kernel/facts.ts";
import type { Operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { cloudOf } from "../../testing/cloud-of.ts";
import { cloudwatchLogs } from "../cloudwatch-logs/index.ts";
import { iam } from "../iam/index.ts";
import { createRole } from "../iam/role.ts";
import { createFunction } from "../lambda/function-change.ts";
import { lambda } from "../lambda/index.ts";
import { zipOf } from "../lambda/zip.ts";
import { putObject } from "../s3/api.ts";
import { createBucket } from "../s3/bucket.ts";
import { s3 } from "../s3/index.ts";
import { sts } from "../sts/index.ts";
import { BOAT, boatSchema, packageOf } from "./extension.fixture.ts";
import { hookResults } from "./hook-result.ts";
import { cloudformation } from "./index.ts";
import { createStack, deleteStack } from "./operation.ts";
import { findStack } from "./stack.ts";
import { setTypeConfiguration } from "./type-configuration.ts";
import { describeTypeRegistration, registerType } from "./type-registration.ts";

// A handler and a hook that really run.

const HERE = { account: "111122223333", region: "eu-west-1" };
const ROLE = `arn:aws:iam::${HERE.account}:role/worker`;

/** It keeps its boats in its memory, needs two callbacks to build one, and has to have credentials. */
const HANDLER = `
const boats = new Map();
exports.handle = async ({ action, requestData, callbackContext }) => {
  const { resourceProperties: wanted, callerCredentials, typeConfiguration } = requestData;
  const Id = wanted.Id ?? "boat-" + wanted.Name;
  console.log(action + " " + Id);
  if (!callerCredentials.sessionToken) return { status: "FAILED", errorCode: "AccessDenied", message: "no credentials" };
  const done = callbackContext?.done ?? 0;
  if (action === "CREATE" && done < 2)
    return { status: "IN_PROGRESS", resourceModel: { ...wanted, Id }, callbackContext: { done: done + 1 }, callbackDelaySeconds: 600 };
  if (action === "CREATE") boats.set(Id, { ...wanted, Id, Berth: { Code: typeConfiguration.Harbour + "-" + done } });
  if (action === "DELETE") boats.delete(Id);
  if (action === "READ" && !boats.has(Id)) return { status: "FAILED", errorCode: "NotFound", message: "no such boat" };
  return { status: "SUCCESS", resourceModel: boats.get(Id) };
};`;

/** It fetches the template that the stack is made of, and wants no secrets in it. */
const JUDGE = `
exports.handle = async ({ requestData }) => {
  const { template } = await (await fetch(requestData.payload)).json();
  if (template.includes("Secret")) return { hookStatus: "FAILED", errorCode: "NonCompliant", message: "there is a secret in it" };
  return { hookStatus: "SUCCESS", message: "read " + template.length };
};`;

let cloud: Cloud;

beforeAll(async () => {
  cloud = await cloudOf([iam, sts, cloudwatchLogs, s3, lambda, cloudformation], "auto");
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [] });
  call(createRole, { RoleName: "worker", AssumeRolePolicyDocument });
});

afterAll(() => cloud.close());

const call = <I, O>(operation: Operation<I, O>, input: I): O =>
  cloud.kernel.carryOut(operation, input, rootCaller(HERE.account, HERE.region));
const look = <R>(work: (scope: Scope) => R): R => cloud.kernel.commit(HERE, work);
const code = (source: string): Buffer => zipOf([{ name: "handler.js", bytes: Buffer.from(source) }]);
const stackIs = (StackName: string) => look((scope) => findStack(scope, StackName));
const settled = (StackName: string, status: string) =>
  expect.poll(() => stackIs(StackName)?.status ?? "DELETE_COMPLETE", { timeout: 20_000 }).toBe(status);

test("a handler package makes a resource, and takes it away again", async () => {
  const packed = packageOf(boatSchema, { "ResourceProvider.zip": code(HANDLER) });
  call(createBucket, { Bucket: "packages", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  look((scope) => putObject(scope, "packages", "boat.zip", scope.blobs.write(packed)));
  const { RegistrationToken } = call(registerType, {
    TypeName: BOAT,
    SchemaHandlerPackage: "s3://packages/boat.zip",
    ExecutionRoleArn: ROLE,
    LoggingConfig: { LogRoleArn: ROLE, LogGroupName: "boats" },
  });
  await expect.poll(() => call(describeTypeRegistration, { RegistrationToken }).ProgressStatus).toBe("COMPLETE");
  call(setTypeConfiguration, { Type: "RESOURCE", TypeName: BOAT, Configuration: '{"Harbour":"kiel"}' });
  const TemplateBody = JSON.stringify({
    Resources: { B: { Type: BOAT, Properties: { Name: "ida" } } },
    Outputs: { Code: { Value: { "Fn::GetAtt": ["B", "Berth.Code"] } } },
  });
  call(createStack, { StackName: "s", TemplateBody });
  await settled("s", "CREATE_COMPLETE");
  expect(stackIs("s")!.outputs).toMatchObject([{ OutputValue: "kiel-2" }]);
  call(deleteStack, { StackName: "s" });
  await settled("s", "DELETE_COMPLETE");
  const lines = look((scope) => logLines.series(scope, "boats").flatMap((series) => logLines.peek(scope, series)));
  expect(lines.filter(({ value }) => / boat-ida/.test(value.message)).length).toBeGreaterThanOrEqual(5);
});

test("a function that is a hook reads the template of a stack", async () => {
  call(createFunction, {
    FunctionName: "judge",
    Role: ROLE,
    Runtime: "nodejs22.x",
    Handler: "handler.handle",
    Code: { ZipFile: code(JUDGE) },
  });
  const Properties = {
    Alias: "Acme::Stack::Judge",
    LambdaFunction: "judge",
    ExecutionRole: ROLE,
    HookStatus: "ENABLED",
    FailureMode: "FAIL",
    TargetOperations: ["STACK"],
  };
  const Hook = { Type: "AWS::CloudFormation::LambdaHook", Properties };
  call(createStack, { StackName: "hooks", TemplateBody: JSON.stringify({ Resources: { Hook } }) });
  await settled("hooks", "CREATE_COMPLETE");
  const handle = (Description: string) =>
    JSON.stringify({ Description, Resources: { W: { Type: "AWS::CloudFormation::WaitConditionHandle" } } });
  call(createStack, { StackName: "good", TemplateBody: handle("Nothing to hide") });
  call(createStack, { StackName: "bad", TemplateBody: handle("Secret") });
  await settled("good", "CREATE_COMPLETE");
  await settled("bad", "ROLLBACK_COMPLETE");
  const said = look((scope) => hookResults.list(scope)).map(({ targetId, reason }) => `${targetId}: ${reason}`);
  expect(said.sort()).toEqual([
    "bad: Hook failed with message: there is a secret in it",
    `good: Hook succeeded with message: read ${handle("Nothing to hide").length}`,
  ]);
});
