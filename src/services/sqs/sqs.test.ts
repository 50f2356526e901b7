import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { deleteMessage, receiveMessage, sendMessage, sendMessageBatch } from "./exchange.ts";
import { sqs } from "./index.ts";
import { createQueue, getQueueAttributes } from "./queue.ts";

const world = (): World => new World({ services: [sqs] });
const queueIn = async (cloud: World, QueueName: string, Attributes: Record<string, string> = {}): Promise<string> =>
  (await cloud.call(createQueue, { QueueName, Attributes })).QueueUrl!;

describe("a queue", () => {
  test("gives a message once, until its visibility timeout is over", async () => {
    const cloud = world();
    const QueueUrl = await queueIn(cloud, "orders");
    await cloud.call(sendMessage, { QueueUrl, MessageBody: "one" });
    expect((await cloud.call(receiveMessage, { QueueUrl })).Messages).toMatchObject([{ Body: "one" }]);
    expect(await cloud.call(receiveMessage, { QueueUrl })).toEqual({});
    await cloud.advance("30s");
    expect((await cloud.call(receiveMessage, { QueueUrl, AttributeNames: ["All"] })).Messages).toMatchObject([
      { Body: "one", Attributes: { ApproximateReceiveCount: "2" } },
    ]);
  });

  test("a long poll ends with the first message, or with its time", async () => {
    const cloud = world();
    const QueueUrl = await queueIn(cloud, "orders");
    await cloud.call(sendMessage, { QueueUrl, MessageBody: "later", DelaySeconds: 7 });
    const start = cloud.clock.now();
    expect((await cloud.call(receiveMessage, { QueueUrl, WaitTimeSeconds: 20 })).Messages).toMatchObject([{ Body: "later" }]);
    expect(cloud.clock.now() - start).toBe(7000);
    expect(await cloud.call(receiveMessage, { QueueUrl, WaitTimeSeconds: 5 })).toEqual({});
    expect(cloud.clock.now() - start).toBe(12_000);
  });

  test("what is received too often goes to the dead-letter queue", async () => {
    const cloud = world();
    const dead = await queueIn(cloud, "dead");
    const deadLetterTargetArn = cloud.scope().arn("sqs", "dead");
    const QueueUrl = await queueIn(cloud, "orders", {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
      VisibilityTimeout: "1",
    });
    await cloud.call(sendMessage, { QueueUrl, MessageBody: "poison" });
    for (let times = 0; times < 2; times++) {
      expect((await cloud.call(receiveMessage, { QueueUrl })).Messages).toHaveLength(1);
      await cloud.advance("1s");
    }
    expect(await cloud.call(receiveMessage, { QueueUrl })).toEqual({});
    expect((await cloud.call(receiveMessage, { QueueUrl: dead })).Messages).toMatchObject([{ Body: "poison" }]);
  });

  test("a FIFO queue keeps the order of a group and takes a message once", async () => {
    const cloud = world();
    const QueueUrl = await queueIn(cloud, "orders.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
    const Entries = ["a1", "a2", "b1", "a1"].map((MessageBody, index) => ({
      Id: String(index),
      MessageBody,
      MessageGroupId: MessageBody[0]!,
    }));
    expect((await cloud.call(sendMessageBatch, { QueueUrl, Entries })).Successful).toHaveLength(4);
    const [first] = (await cloud.call(receiveMessage, { QueueUrl })).Messages!;
    expect(first!.Body).toBe("a1");
    expect((await cloud.call(receiveMessage, { QueueUrl, MaxNumberOfMessages: 10 })).Messages!.map(({ Body }) => Body)).toEqual(["b1"]);
    await cloud.call(deleteMessage, { QueueUrl, ReceiptHandle: first!.ReceiptHandle! });
    expect((await cloud.call(receiveMessage, { QueueUrl })).Messages).toMatchObject([{ Body: "a2" }]);
  });

  test("refuses as SQS does", async () => {
    const cloud = world();
    const QueueUrl = await queueIn(cloud, "orders");
    await expect(cloud.call(createQueue, { QueueName: "orders", Attributes: { DelaySeconds: "5" } })).rejects.toThrow(
      "A queue already exists with the same name and a different value for attribute DelaySeconds",
    );
    await expect(cloud.call(sendMessage, { QueueUrl: "http://x/111122223333/none", MessageBody: "x" })).rejects.toThrow(
      "The specified queue does not exist.",
    );
    await expect(cloud.call(getQueueAttributes, { QueueUrl, AttributeNames: ["Nonsense" as never] })).rejects.toThrow(
      "Unknown Attribute Nonsense.",
    );
  });

  test("the end is the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      const QueueUrl = await queueIn(cloud, "orders");
      await cloud.call(sendMessage, { QueueUrl, MessageBody: "one", DelaySeconds: 5 });
      await cloud.call(receiveMessage, { QueueUrl, WaitTimeSeconds: 10 });
      await cloud.advance("1m");
    });
  });
});
