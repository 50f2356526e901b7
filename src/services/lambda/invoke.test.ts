import { describe, expect, test } from "vitest";
import { jobs } from "../../compute/job.ts";
import { EVENTS, events } from "../../kernel/facts.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { receiveMessage } from "../sqs/exchange.ts";
import { createQueue } from "../sqs/queue.ts";
import { createAlias } from "./alias.ts";
import { putFunctionConcurrency } from "./concurrency.ts";
import { putFunctionEventInvokeConfig } from "./event-invoke-config.ts";
import { updateFunctionConfiguration } from "./function-change.ts";
import { invocations } from "./invocation.ts";
import { invoke } from "./invoke.ts";
import { call, createShop, lambdaWorld, measured, type Orders } from "./lambda.fixture.ts";
import { publishVersion } from "./version.ts";

const send = (cloud: World, orders: Orders = {}) =>
  cloud.call(invoke, { FunctionName: "shop", InvocationType: "Event", Payload: Buffer.from(JSON.stringify(orders)) });

const inQueue = async (cloud: World, QueueUrl: string) =>
  (await cloud.call(receiveMessage, { QueueUrl, MessageAttributeNames: ["All"] })).Messages ?? [];

describe("an invocation that is waited for", () => {
  test("answers what the function answers, and leaves nothing behind", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    const start = cloud.clock.now();
    const { answer, ...rest } = await call(cloud, "shop", { takes: 2500 });
    expect(answer).toMatchObject({ event: { takes: 2500 }, version: "$LATEST" });
    expect(rest).toMatchObject({ StatusCode: 200, ExecutedVersion: "$LATEST" });
    expect(rest.FunctionError).toBeUndefined();
    expect(cloud.clock.now() - start).toBe(2500);
    expect([invocations.list(cloud.scope()), jobs.list(cloud.scope())]).toEqual([[], []]);
  });

  test("that fails is an answer, too", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    const failed = await call(cloud, "shop", { throws: "no discount" });
    expect(failed).toMatchObject({ StatusCode: 200, FunctionError: "Unhandled", answer: { errorMessage: "no discount" } });
    const lost = await call(cloud, "shop", { lost: true });
    expect(lost).toMatchObject({ FunctionError: "Unhandled", answer: { errorType: "Runtime.ExitError" } });
  });

  test("that was cut off as an event is run again at once, as the same attempt", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    await send(cloud, { takes: 5000 });
    await cloud.advance("2s");
    await cloud.change((scope) => jobs.patch(scope, jobs.list(scope)[0]!.id, { status: "LOST", endedAt: scope.clock.now() }));
    expect(invocations.list(cloud.scope())).toMatchObject([{ status: "RUNNING", attempts: 1 }]);
    await cloud.advance("5s");
    expect([invocations.list(cloud.scope()), jobs.list(cloud.scope())]).toEqual([[], []]);
    expect(measured(cloud, "Errors")).toEqual({ sum: 0, count: 1 });
  });

  test("tells its log where it is asked to", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    const { LogResult } = await cloud.call(invoke, { FunctionName: "shop", LogType: "Tail" });
    expect(Buffer.from(LogResult!, "base64").toString()).toMatch(/^START RequestId: [0-9a-f-]{36}\n$/);
  });

  test("is measured by function, by what was called, and by version", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    await cloud.call(publishVersion, { FunctionName: "shop" });
    await cloud.call(createAlias, { FunctionName: "shop", Name: "live", FunctionVersion: "1" });
    await call(cloud, "shop", { throws: "x" });
    await call(cloud, "shop:live", { takes: 40 });
    await call(cloud, "shop:live", { throws: "x" });
    const FunctionName = "shop";
    const live = { FunctionName, Resource: "shop:live" };
    expect(measured(cloud, "Invocations")).toEqual({ sum: 3, count: 3 });
    expect(measured(cloud, "Errors", { FunctionName })).toEqual({ sum: 2, count: 3 });
    expect(measured(cloud, "Errors", { FunctionName, Resource: "shop" })).toEqual({ sum: 1, count: 1 });
    expect(measured(cloud, "Errors", live)).toEqual({ sum: 1, count: 2 });
    expect(measured(cloud, "Errors", { ...live, ExecutedVersion: "1" })).toEqual({ sum: 1, count: 2 });
    expect(measured(cloud, "Duration", { ...live, ExecutedVersion: "1" }).sum).toBe(140);
  });

  test("is throttled where there is no room", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    await cloud.call(putFunctionConcurrency, { FunctionName: "shop", ReservedConcurrentExecutions: 1 });
    await send(cloud, { takes: 1000 });
    await expect(call(cloud)).rejects.toMatchObject({
      name: "TooManyRequestsException",
      message: "Rate Exceeded.",
      Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
    });
    expect(measured(cloud, "Throttles", { FunctionName: "shop" }).sum).toBe(1);
    await cloud.advance("1s");
    expect((await call(cloud)).StatusCode).toBe(200);
  });

  test("refuses as Lambda does", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    const bytes = (Payload: Uint8Array, InvocationType?: "Event") =>
      cloud.call(invoke, { FunctionName: "shop", Payload, ...(InvocationType && { InvocationType }) });
    await expect(bytes(Buffer.from("{"))).rejects.toThrow("Could not parse request body into json: Could not parse payload into json: ");
    await expect(bytes(Buffer.alloc(6_291_457, "1"))).rejects.toThrow(
      "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)",
    );
    await expect(bytes(Buffer.alloc(1_048_577, "1"), "Event")).rejects.toThrow("1048577 byte payload is too large for the Event");
    await expect(call(cloud, "none")).rejects.toThrow("Function not found: arn:aws:lambda:eu-west-1:111122223333:function:none");
    expect(await cloud.call(invoke, { FunctionName: "shop", InvocationType: "DryRun" })).toEqual({ StatusCode: 204 });
  });

  test("ends the same whenever the power is cut, though the caller is gone", async () => {
    await endsTheSameWheneverThePowerIsCut(lambdaWorld, async (cloud) => {
      await createShop(cloud);
      await call(cloud).catch(() => {});
      await cloud.advance("5m");
    });
  });
});

describe("an event", () => {
  test("is tried again after one and two minutes, then goes to its destination and the dead letters", async () => {
    const cloud = lambdaWorld();
    const { QueueUrl: failures } = await cloud.call(createQueue, { QueueName: "failures" });
    const { QueueUrl: letters } = await cloud.call(createQueue, { QueueName: "letters" });
    await createShop(cloud, "one", { DeadLetterConfig: { TargetArn: cloud.scope().arn("sqs", "letters") } });
    const OnFailure = { Destination: cloud.scope().arn("sqs", "failures") };
    await cloud.call(putFunctionEventInvokeConfig, { FunctionName: "shop", DestinationConfig: { OnFailure } });
    expect((await send(cloud, { throws: "no", takes: 1000 })).StatusCode).toBe(202);
    await cloud.advance("61s");
    expect(measured(cloud, "Errors").sum).toBe(1);
    await cloud.advance("121s");
    expect([measured(cloud, "Errors").sum, await inQueue(cloud, failures!)]).toEqual([2, []]);
    await cloud.advance("1s");
    const [failure] = await inQueue(cloud, failures!);
    expect(JSON.parse(failure!.Body!)).toMatchObject({
      version: "1.0",
      requestContext: {
        functionArn: "arn:aws:lambda:eu-west-1:111122223333:function:shop:$LATEST",
        condition: "RetriesExhausted",
        approximateInvokeCount: 3,
      },
      requestPayload: { throws: "no" },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      responsePayload: { errorMessage: "no" },
    });
    const [letter] = await inQueue(cloud, letters!);
    expect(letter).toMatchObject({ Body: '{"throws":"no","takes":1000}', MessageAttributes: { ErrorMessage: { StringValue: "no" } } });
    expect(invocations.list(cloud.scope())).toEqual([]);
  });

  test("that succeeds tells an event bus", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    const OnSuccess = { Destination: cloud.scope().arn("events", "event-bus/orders") };
    await cloud.call(putFunctionEventInvokeConfig, { FunctionName: "shop", DestinationConfig: { OnSuccess } });
    await send(cloud);
    await cloud.advance("1s");
    expect(events.read(cloud.scope(), EVENTS).map(({ value }) => value)).toMatchObject([
      { source: "lambda", detailType: "Lambda Function Invocation Result - Success", bus: "orders" },
    ]);
  });

  test("waits while there is no room, until it is too old", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    await cloud.call(putFunctionConcurrency, { FunctionName: "shop", ReservedConcurrentExecutions: 0 });
    await cloud.call(putFunctionEventInvokeConfig, { FunctionName: "shop", MaximumEventAgeInSeconds: 60 });
    await send(cloud);
    await cloud.advance("59s");
    expect(invocations.list(cloud.scope())).toHaveLength(1);
    expect(measured(cloud, "Throttles").sum).toBe(6);
    await cloud.advance("1s");
    expect(invocations.list(cloud.scope())).toEqual([]);
    expect(measured(cloud, "AsyncEventsDropped").sum).toBe(1);
  });

  test("ends the same whenever the power is cut", async () => {
    const commits = await endsTheSameWheneverThePowerIsCut(lambdaWorld, async (cloud) => {
      await cloud.call(createQueue, { QueueName: "failures" });
      await createShop(cloud);
      const OnFailure = { Destination: cloud.scope().arn("sqs", "failures") };
      await cloud.call(putFunctionEventInvokeConfig, { FunctionName: "shop", DestinationConfig: { OnFailure } });
      await send(cloud, { throws: "no" });
      await cloud.advance("30s");
      await cloud.call(updateFunctionConfiguration, { FunctionName: "shop", Timeout: 9 });
      await cloud.advance("2d");
    });
    expect(commits).toBeGreaterThan(10);
  });
});
