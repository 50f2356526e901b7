import { describe, expect, test } from "vitest";
import type { InvokeSpec, Job } from "../../compute/job.ts";
import { type SimulatedOutcome, simulatedHands } from "../../compute/simulated.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { receiveMessage, sendMessage } from "../sqs/exchange.ts";
import { createQueue, getQueueAttributes } from "../sqs/queue.ts";
import { batches } from "./event-batch.ts";
import {
  createEventSourceMapping,
  deleteEventSourceMapping,
  getEventSourceMapping,
  listEventSourceMappings,
  mappings,
  updateEventSourceMapping,
} from "./event-source.ts";
import { createShop, lambdaWorld, measured } from "./lambda.fixture.ts";

const SOURCE = "arn:aws:sqs:eu-west-1:111122223333:orders";

/** A function that fails at a batch with "broken" in it, and reports the messages "odd" as failed. */
function worker({ spec }: Job): SimulatedOutcome {
  const { Records } = JSON.parse((spec as InvokeSpec).payload) as { Records: { messageId: string; body: string }[] };
  const log = { logTail: "", durationMs: 100, maxMemoryMb: 64 };
  if (Records.some(({ body }) => body === "broken")) {
    const payload = JSON.stringify({ errorType: "Error", errorMessage: "broken" });
    return { afterMs: 100, status: "FAILED", result: { invocation: { payload, functionError: "Unhandled", ...log } } };
  }
  const strange = Records.some(({ body }) => body === "strange");
  const failures = Records.filter(({ body }) => body === "odd").map(({ messageId }) => ({ itemIdentifier: messageId }));
  const batchItemFailures = strange ? [{ itemIdentifier: "" }] : failures;
  return { afterMs: 100, status: "SUCCEEDED", result: { invocation: { payload: JSON.stringify({ batchItemFailures }), ...log } } };
}

const world = (): World => lambdaWorld({ hands: simulatedHands(worker) });

interface Scene {
  readonly mapping?: object;
  readonly queue?: Record<string, string>;
}

/** Queues `orders` and `dead`, and the function `shop` that works on the orders. */
async function prepare(cloud: World, { mapping = {}, queue = {} }: Scene = {}): Promise<string> {
  await createShop(cloud);
  await cloud.call(createQueue, { QueueName: "dead" });
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: "arn:aws:sqs:eu-west-1:111122223333:dead", maxReceiveCount: 2 });
  await cloud.call(createQueue, { QueueName: "orders", Attributes: { VisibilityTimeout: "30", RedrivePolicy, ...queue } });
  const { UUID } = await cloud.call(createEventSourceMapping, { FunctionName: "shop", EventSourceArn: SOURCE, ...mapping });
  return UUID!;
}

async function prepared(scene: Scene = {}): Promise<{ cloud: World; UUID: string }> {
  const cloud = world();
  return { cloud, UUID: await prepare(cloud, scene) };
}

async function send(cloud: World, ...bodies: string[]): Promise<void> {
  for (const MessageBody of bodies) await cloud.call(sendMessage, { QueueUrl: "orders", MessageBody });
}

async function left(cloud: World, queue = "orders"): Promise<(string | undefined)[]> {
  const { Attributes = {} } = await cloud.call(getQueueAttributes, { QueueUrl: queue, AttributeNames: ["All"] });
  return [Attributes["ApproximateNumberOfMessages"], Attributes["ApproximateNumberOfMessagesNotVisible"]];
}

describe("a queue as an event source", () => {
  test("its messages go to the function, and go when it has dealt with them", async () => {
    const { cloud, UUID } = await prepared();
    expect(await cloud.call(getEventSourceMapping, { UUID })).toMatchObject({ State: "Enabled", BatchSize: 10, EventSourceArn: SOURCE });
    await send(cloud, "one");
    expect(await left(cloud)).toEqual(["0", "1"]);
    await cloud.advance("1s");
    expect(await left(cloud)).toEqual(["0", "0"]);
    expect(measured(cloud, "Invocations", { FunctionName: "shop" }).sum).toBe(1);
    expect(batches.list(cloud.scope())).toEqual([]);
  });

  test("messages of a failed batch are seen again after the visibility timeout, and then go to the dead letters", async () => {
    const { cloud, UUID } = await prepared();
    await send(cloud, "broken");
    await cloud.advance("29s");
    expect(await left(cloud)).toEqual(["0", "1"]);
    expect((await cloud.call(getEventSourceMapping, { UUID })).LastProcessingResult).toBe("PROBLEM: Function call failed");
    await cloud.advance("2m");
    expect(await left(cloud)).toEqual(["0", "0"]);
    const { Messages = [] } = await cloud.call(receiveMessage, { QueueUrl: "dead" });
    expect(Messages.map(({ Body }) => Body)).toEqual(["broken"]);
    expect(measured(cloud, "Errors", { FunctionName: "shop" })).toEqual({ sum: 2, count: 2 });
  });

  test("a batch waits for more until its window is over or it is full", async () => {
    const { cloud } = await prepared({ mapping: { BatchSize: 3, MaximumBatchingWindowInSeconds: 20 } });
    await send(cloud, "one", "two");
    await cloud.advance("10s");
    expect(await left(cloud)).toEqual(["2", "0"]);
    await cloud.advance("11s");
    expect(await left(cloud)).toEqual(["0", "0"]);
    await send(cloud, "three", "four", "five");
    await cloud.advance("1s");
    expect(await left(cloud)).toEqual(["0", "0"]);
    expect(measured(cloud, "Invocations", { FunctionName: "shop" }).sum).toBe(2);
  });

  test.each([
    ["the messages that it names", ["good", "odd"], ["0", "1"]],
    ["all of them, where it names what it was not given", ["good", "strange"], ["0", "2"]],
    ["none, where it names none", ["good", "better"], ["0", "0"]],
  ])("a function that reports its failures fails at %s", async (_, bodies, expected) => {
    const mapping = { BatchSize: 2, MaximumBatchingWindowInSeconds: 5, FunctionResponseTypes: ["ReportBatchItemFailures"] };
    const { cloud } = await prepared({ mapping });
    await send(cloud, ...bodies);
    await cloud.advance("1s");
    expect(await left(cloud)).toEqual(expected);
  });

  test.each([
    ['{"body":{"kind":["new"]}}', 1],
    ['{"body":["text"]}', 1],
    ['{"body":[{"prefix":"t"}]}', 1],
    ['{"attributes":{"ApproximateReceiveCount":["1"]}}', 3],
    ['{"body":{"kind":["none"]}}', 0],
  ])("the function is given what the filter %s matches, and the rest is deleted", async (Pattern, count) => {
    const { cloud } = await prepared({ mapping: { BatchSize: 1, FilterCriteria: { Filters: [{ Pattern }] } } });
    await send(cloud, '{"kind":"new"}', '{"kind":"old"}', "text");
    await cloud.advance("1s");
    expect(measured(cloud, "Invocations", { FunctionName: "shop" }).sum).toBe(count);
    expect(await left(cloud)).toEqual(["0", "0"]);
  });

  test("no more batches at once than it may, and none while it is disabled", async () => {
    const { cloud, UUID } = await prepared({ mapping: { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } } });
    await send(cloud, "one", "two", "three");
    expect(await left(cloud)).toEqual(["1", "2"]);
    await cloud.advance("1s");
    expect(await left(cloud)).toEqual(["0", "0"]);
    await cloud.call(updateEventSourceMapping, { UUID, Enabled: false });
    expect((await cloud.call(getEventSourceMapping, { UUID })).State).toBe("Disabled");
    await send(cloud, "four");
    await cloud.advance("1m");
    expect(await left(cloud)).toEqual(["1", "0"]);
    await cloud.call(updateEventSourceMapping, { UUID, Enabled: true });
    await cloud.advance("1s");
    expect(await left(cloud)).toEqual(["0", "0"]);
  });

  test("it goes when what it gave has been dealt with", async () => {
    const { cloud, UUID } = await prepared();
    await send(cloud, "one");
    expect((await cloud.call(deleteEventSourceMapping, { UUID })).State).toBe("Deleting");
    expect((await cloud.call(listEventSourceMappings, { FunctionName: "shop" })).EventSourceMappings).toHaveLength(1);
    await cloud.advance("1s");
    expect(mappings.list(cloud.scope())).toEqual([]);
    expect(await left(cloud)).toEqual(["0", "0"]);
  });

  test.each([
    [{ EventSourceArn: "arn:aws:kinesis:eu-west-1:111122223333:stream/s" }, "An event source of the service kinesis"],
    [{ EventSourceArn: SOURCE, ParallelizationFactor: 2 }, "ParallelizationFactor of event source mappings"],
    [{ EventSourceArn: SOURCE, FilterCriteria: { Filters: [{ Pattern: "{" }] } }, "Invalid filter pattern definition."],
    [{ EventSourceArn: SOURCE, BatchSize: 11 }, "Maximum batch window in seconds must be greater than 0"],
    [{ EventSourceArn: `${SOURCE}2` }, "NonExistentQueue"],
    [{ EventSourceArn: SOURCE }, "already exists"],
  ])("%j is refused: %s", async (declared, message) => {
    const { cloud } = await prepared();
    await expect(cloud.call(createEventSourceMapping, { FunctionName: "shop", ...declared })).rejects.toThrow(message);
  });

  test("a function that may take longer than messages are hidden is refused", async () => {
    await expect(prepared({ queue: { VisibilityTimeout: "2" } })).rejects.toThrow(
      "Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds",
    );
  });

  test("ends the same whenever the power is cut", () =>
    endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      const UUID = await prepare(cloud, { mapping: { FunctionResponseTypes: ["ReportBatchItemFailures"] } });
      await send(cloud, "one", "odd", "broken");
      await cloud.advance("3m");
      await cloud.call(deleteEventSourceMapping, { UUID });
    }));
});
