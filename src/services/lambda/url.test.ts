import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { createAlias } from "./alias.ts";
import { invokeFunctionUrl } from "./api.ts";
import { putFunctionConcurrency } from "./concurrency.ts";
import { createShop, lambdaWorld, measured } from "./lambda.fixture.ts";
import { addPermission, getPolicy, removePermission } from "./permission.ts";
import { createFunctionUrlConfig, deleteFunctionUrlConfig, getFunctionUrlConfig, updateFunctionUrlConfig, urls } from "./url.ts";
import { publishVersion } from "./version.ts";

const LIVE = { FunctionName: "shop", Qualifier: "live" };

/** A function behind a URL of its alias `live`, and the id of the URL's listener. */
async function shopWithUrl(cloud: World, AuthType: "NONE" | "AWS_IAM" = "NONE"): Promise<string> {
  await createShop(cloud);
  await cloud.call(publishVersion, { FunctionName: "shop" });
  await cloud.call(createAlias, { FunctionName: "shop", Name: "live", FunctionVersion: "1" });
  await cloud.call(createFunctionUrlConfig, { ...LIVE, AuthType });
  return urls.list(cloud.scope())[0]!.urlId;
}

async function letAnyoneIn(cloud: World): Promise<void> {
  const anyone = { ...LIVE, Principal: "*" };
  await cloud.call(addPermission, { ...anyone, StatementId: "url", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" });
  await cloud.call(addPermission, { ...anyone, StatementId: "invoke", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true });
}

const request = (cloud: World, listenerId: string, event: object = {}) =>
  cloud.call(invokeFunctionUrl, { listenerId, event: JSON.stringify(event) }, { type: "anonymous" });

describe("a function URL", () => {
  test("is there with its port", async () => {
    const cloud = lambdaWorld();
    await shopWithUrl(cloud);
    const config = await cloud.call(getFunctionUrlConfig, LIVE);
    expect(config).toMatchObject({
      FunctionUrl: "http://127.0.0.1:49152/",
      FunctionArn: "arn:aws:lambda:eu-west-1:111122223333:function:shop:live",
      AuthType: "NONE",
      InvokeMode: "BUFFERED",
    });
    await expect(cloud.call(createFunctionUrlConfig, { ...LIVE, AuthType: "NONE" })).rejects.toThrow(
      "FunctionUrlConfig exists for this Lambda function",
    );
    const changed = await cloud.call(updateFunctionUrlConfig, { ...LIVE, Cors: { AllowOrigins: ["*"] } });
    expect(changed).toMatchObject({ FunctionUrl: config.FunctionUrl, Cors: { AllowOrigins: ["*"] } });
    await cloud.call(deleteFunctionUrlConfig, LIVE);
    await expect(cloud.call(getFunctionUrlConfig, LIVE)).rejects.toThrow("The resource you requested does not exist.");
  });

  test("lets in whom the policy of its alias lets in", async () => {
    const cloud = lambdaWorld();
    const listenerId = await shopWithUrl(cloud);
    expect(await request(cloud, listenerId)).toMatchObject({ status: 403, payload: expect.stringContaining('{"Message":"Forbidden.') });
    await letAnyoneIn(cloud);
    const { status, payload } = await request(cloud, listenerId, { rawPath: "/" });
    expect([status, JSON.parse(payload)]).toEqual([200, { event: { rawPath: "/" }, version: "1", env: {} }]);
    await cloud.call(removePermission, { ...LIVE, StatementId: "invoke" });
    expect((await request(cloud, listenerId)).status).toBe(403);
  });

  test("with IAM lets in whoever signs", async () => {
    const cloud = lambdaWorld();
    const listenerId = await shopWithUrl(cloud, "AWS_IAM");
    expect((await request(cloud, listenerId)).status).toBe(403);
    expect((await cloud.call(invokeFunctionUrl, { listenerId, event: "{}" })).status).toBe(200);
  });

  test("counts requests and failures", async () => {
    const cloud = lambdaWorld();
    const listenerId = await shopWithUrl(cloud);
    await letAnyoneIn(cloud);
    await request(cloud, listenerId, { takes: 300 });
    expect(await request(cloud, listenerId, { throws: "x" })).toEqual({
      status: 502,
      payload: '{"Message":"Internal Server Error"}',
      functionError: "Unhandled",
    });
    await cloud.call(putFunctionConcurrency, { FunctionName: "shop", ReservedConcurrentExecutions: 0 });
    expect((await request(cloud, listenerId)).status).toBe(429);
    const live = { FunctionName: "shop", Resource: "shop:live" };
    expect(measured(cloud, "UrlRequestCount", live).sum).toBe(3);
    expect(measured(cloud, "Url4xxCount", live).sum).toBe(1);
    expect(measured(cloud, "Url5xxCount", live).sum).toBe(1);
    expect(measured(cloud, "UrlRequestLatency", live).sum).toBe(400);
    expect(measured(cloud, "Errors", { ...live, ExecutedVersion: "1" }).sum).toBe(1);
  });

  test("comes to be the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(lambdaWorld, async (cloud) => {
      await createShop(cloud);
      await cloud.call(createFunctionUrlConfig, { FunctionName: "shop", AuthType: "NONE" }).catch(() => {});
    });
  });
});

describe("a resource policy", () => {
  test("says who may do what, when", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    const { Statement } = await cloud.call(addPermission, {
      FunctionName: "shop",
      StatementId: "alarm",
      Action: "lambda:InvokeFunction",
      Principal: "lambda.alarms.cloudwatch.amazonaws.com",
      SourceAccount: "111122223333",
      SourceArn: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a",
    });
    expect(JSON.parse(Statement!)).toEqual({
      Sid: "alarm",
      Effect: "Allow",
      Principal: { Service: "lambda.alarms.cloudwatch.amazonaws.com" },
      Action: "lambda:InvokeFunction",
      Resource: "arn:aws:lambda:eu-west-1:111122223333:function:shop",
      Condition: {
        StringEquals: { "AWS:SourceAccount": "111122223333" },
        ArnLike: { "AWS:SourceArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a" },
      },
    });
    const { Policy } = await cloud.call(getPolicy, { FunctionName: "shop" });
    expect(JSON.parse(Policy!)).toMatchObject({ Version: "2012-10-17", Id: "default", Statement: [{ Sid: "alarm" }] });
    const again = { FunctionName: "shop", StatementId: "alarm", Action: "lambda:InvokeFunction", Principal: "*" };
    await expect(cloud.call(addPermission, again)).rejects.toThrow("The statement id (alarm) provided already exists.");
    await cloud.call(removePermission, { FunctionName: "shop", StatementId: "alarm" });
    await expect(cloud.call(getPolicy, { FunctionName: "shop" })).rejects.toThrow("The resource you requested does not exist.");
  });
});
