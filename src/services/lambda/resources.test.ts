import { describe, expect, test } from "vitest";
import { digestOf } from "../../kernel/blob.ts";
import type { Progress, ResourceRequest } from "../../kernel/resource.ts";
import { service } from "../../kernel/service.ts";
import type { World } from "../../testing/world.ts";
import { iam } from "../iam/index.ts";
import { lambda } from "./index.ts";
import { archive, call, createShop, lambdaWorld } from "./lambda.fixture.ts";

/** Objects of buckets, as the S3 service offers them to others. */
const s3 = service({
  name: "s3",
  operations: [],
  tables: [],
  references: [
    {
      kind: "s3",
      resolve: (_scope, name) =>
        name === "artifacts/code.zip"
          ? { state: "value", value: digestOf(archive("from a bucket")) }
          : { state: "absent", reason: "The specified key does not exist." },
    },
  ],
});

const ROLE = "arn:aws:iam::111122223333:role/worker";
const INLINE = { Role: ROLE, Runtime: "nodejs22.x", Handler: "index.handler", Code: { ZipFile: "exports.handler = async () => 1;" } };

function request(logicalId: string): ResourceRequest {
  const generatedName = `Shop-${logicalId}-ABCDEFGHIJKL`;
  return {
    token: `t-${logicalId}`,
    generatedName,
    logicalId,
    stackId: "arn:aws:cloudformation:::stack/Shop",
    tags: [{ Key: "a", Value: "b" }],
  };
}

/** Make a resource be as declared, as CloudFormation would. */
function ensure(cloud: World, type: string, declared: object, id?: string): Progress {
  const resource = cloud.kernel.registry.resource(type)!;
  return cloud.change((scope) => resource.ensure(scope, declared, id, request(type.split("::")[2]!)));
}

const read = (cloud: World, type: string, id: string) => cloud.kernel.registry.resource(type)!.read(cloud.scope(), id);

async function prepared(): Promise<World> {
  const cloud = lambdaWorld({ services: [iam, s3, lambda] });
  cloud.blobs.write(archive("from a bucket"));
  await createShop(cloud, "by hand", { FunctionName: "unrelated" });
  return cloud;
}

describe("in a template", () => {
  test("a function has inline code, a name of the stack's, and changes in place", async () => {
    const cloud = await prepared();
    expect(ensure(cloud, "AWS::Lambda::Function", { ...INLINE, Timeout: "10" })).toEqual({
      state: "done",
      id: "Shop-Function-ABCDEFGHIJKL",
    });
    const id = "Shop-Function-ABCDEFGHIJKL";
    expect(read(cloud, "AWS::Lambda::Function", id)).toMatchObject({ Timeout: 10, Tags: [{ Key: "a", Value: "b" }] });
    ensure(cloud, "AWS::Lambda::Function", { ...INLINE, Environment: { Variables: { A: 1 } }, ReservedConcurrentExecutions: 5 }, id);
    expect(read(cloud, "AWS::Lambda::Function", id)).toMatchObject({
      Timeout: 3,
      Environment: { Variables: { A: "1" } },
      ReservedConcurrentExecutions: 5,
    });
    expect((await call(cloud, id)).answer.env).toEqual({ A: "1" });
    expect(ensure(cloud, "AWS::Lambda::Function", { ...INLINE, FunctionName: "unrelated" })).toEqual({
      state: "failed",
      code: "ResourceConflictException",
      reason: "Function already exist: unrelated",
    });
  });

  test("a function's code comes from a bucket", async () => {
    const cloud = await prepared();
    const from = (S3Key: string) => ensure(cloud, "AWS::Lambda::Function", { ...INLINE, Code: { S3Bucket: "artifacts", S3Key } });
    expect(from("none.zip")).toMatchObject({
      state: "failed",
      reason: "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
    });
    expect(from("code.zip")).toMatchObject({ state: "done" });
  });

  test("a version needs a changed function", async () => {
    const cloud = await prepared();
    ensure(cloud, "AWS::Lambda::Function", { ...INLINE, FunctionName: "shop" });
    const first = ensure(cloud, "AWS::Lambda::Version", { FunctionName: "shop", Description: "one" });
    const arn = "arn:aws:lambda:eu-west-1:111122223333:function:shop:1";
    expect(first).toEqual({ state: "done", id: arn });
    expect(read(cloud, "AWS::Lambda::Version", arn)).toMatchObject({ Version: "1" });
    expect(ensure(cloud, "AWS::Lambda::Version", { FunctionName: "shop", Description: "two" })).toMatchObject({
      state: "failed",
      reason: "A version for this Lambda function exists ( 1 ). Modify the function to create a new version.",
    });
    ensure(cloud, "AWS::Lambda::Function", { ...INLINE, Environment: { Variables: { RELEASE: "2" } } }, "shop");
    expect(ensure(cloud, "AWS::Lambda::Version", { FunctionName: "shop" })).toMatchObject({ id: arn.replace(/1$/, "2") });
  });

  test("an alias, its permissions and its URL", async () => {
    const cloud = await prepared();
    ensure(cloud, "AWS::Lambda::Function", { ...INLINE, FunctionName: "shop" });
    ensure(cloud, "AWS::Lambda::Version", { FunctionName: "shop" });
    const alias = "arn:aws:lambda:eu-west-1:111122223333:function:shop:live";
    const declared = { FunctionName: "shop", Name: "live", FunctionVersion: "1" };
    expect(ensure(cloud, "AWS::Lambda::Alias", declared)).toEqual({ state: "done", id: alias });
    expect(ensure(cloud, "AWS::Lambda::Alias", declared, alias)).toEqual({ state: "done", id: alias });
    const permission = { FunctionName: alias, Action: "lambda:InvokeFunction", Principal: "*", InvokedViaFunctionUrl: "true" };
    const granted = ensure(cloud, "AWS::Lambda::Permission", permission);
    expect(granted).toEqual({ state: "done", id: "Shop-Permission-ABCDEFGHIJKL" });
    expect(read(cloud, "AWS::Lambda::Permission", granted.id!)).toMatchObject({ FunctionName: alias, InvokedViaFunctionUrl: true });
    const url = { TargetFunctionArn: "arn:aws:lambda:eu-west-1:111122223333:function:shop", Qualifier: "live", AuthType: "NONE" };
    expect(ensure(cloud, "AWS::Lambda::Url", url)).toMatchObject({ state: "busy", id: alias });
    expect(ensure(cloud, "AWS::Lambda::Url", url, alias)).toEqual({ state: "done", id: alias });
    expect(read(cloud, "AWS::Lambda::Url", alias)).toMatchObject({ FunctionArn: alias, FunctionUrl: "http://127.0.0.1:49152/" });
    for (const [type, id] of [
      ["AWS::Lambda::Url", alias],
      ["AWS::Lambda::Permission", granted.id!],
      ["AWS::Lambda::Alias", alias],
    ] as const) {
      const resource = cloud.kernel.registry.resource(type)!;
      expect(cloud.change((scope) => resource.remove(scope, id, request("x")))).toMatchObject({ state: "done" });
      expect(read(cloud, type, id)).toBeUndefined();
    }
  });
});
