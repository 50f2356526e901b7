import { expect, test } from "vitest";
import { simulatedHands } from "../../compute/simulated.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { receiveMessage } from "../sqs/exchange.ts";
import { sqs } from "../sqs/index.ts";
import { createQueue } from "../sqs/queue.ts";
import { sns } from "./index.ts";
import { publish } from "./publish.ts";
import { confirmSubscription, listSubscriptions, subscribe, subscriptionArn, subscriptions, unsubscribe } from "./subscription.ts";
import { createTopic } from "./topic.ts";

/** HTTP endpoints that answer 500 to the first request, and then 200. */
const hands = simulatedHands(({ id }) => ({
  afterMs: 10,
  status: "SUCCEEDED",
  result: { response: { status: id.endsWith("/0") ? 500 : 200, headers: {}, body: "" } },
}));
const world = (): World => new World({ services: [sqs, sns], hands });

async function inbox(cloud: World, Attributes: Record<string, string> = {}) {
  const { QueueUrl } = await cloud.call(createQueue, { QueueName: "inbox" });
  const { TopicArn } = await cloud.call(createTopic, { Name: "news" });
  await cloud.call(subscribe, { TopicArn, Protocol: "sqs", Endpoint: cloud.scope().arn("sqs", "inbox"), Attributes });
  const read = async (): Promise<string[]> =>
    ((await cloud.call(receiveMessage, { QueueUrl, MaxNumberOfMessages: 10 })).Messages ?? []).map(({ Body }) => Body!);
  return { TopicArn, read };
}

test("a message reaches the queue that is subscribed, in an envelope or raw", async () => {
  for (const raw of [false, true]) {
    const cloud = world();
    const { TopicArn, read } = await inbox(cloud, { RawMessageDelivery: String(raw) });
    await cloud.call(publish, { TopicArn, Message: "hello", Subject: "greeting" });
    const [body] = await read();
    if (raw) expect(body).toBe("hello");
    else expect(JSON.parse(body!)).toMatchObject({ Type: "Notification", Message: "hello", Subject: "greeting", TopicArn });
  }
});

test("a filter policy lets through what it matches", async () => {
  const cloud = world();
  const { TopicArn, read } = await inbox(cloud, {
    RawMessageDelivery: "true",
    FilterPolicy: '{"price":[{"numeric":[">",10]}],"shop":["uk"]}',
  });
  const say = (Message: string, price: number) =>
    cloud.call(publish, {
      TopicArn,
      Message,
      MessageAttributes: { price: { DataType: "Number", StringValue: String(price) }, shop: { DataType: "String", StringValue: "uk" } },
    });
  await say("cheap", 5);
  await say("dear", 50);
  expect(await read()).toEqual(["dear"]);
});

test("a filter policy of bodies looks into arrays of objects", async () => {
  const cloud = world();
  const { TopicArn, read } = await inbox(cloud, {
    RawMessageDelivery: "true",
    FilterPolicyScope: "MessageBody",
    FilterPolicy: '{"Records":{"s3":{"object":{"size":[{"numeric":[">",0]}]}}}}',
  });
  const created = (size: number) => JSON.stringify({ Records: [{ s3: { object: { size } } }] });
  for (const Message of [created(0), created(5), '{"Event":"s3:TestEvent"}', '{"Records":[]}'])
    await cloud.call(publish, { TopicArn, Message });
  expect(await read()).toEqual([created(5)]);
});

test("an HTTP endpoint confirms before it is given anything", async () => {
  const cloud = world();
  const { TopicArn } = await cloud.call(createTopic, { Name: "news" });
  expect(await cloud.call(subscribe, { TopicArn, Protocol: "http", Endpoint: "http://localhost/x" })).toEqual({
    SubscriptionArn: "pending confirmation",
  });
  expect((await cloud.call(listSubscriptions, {})).Subscriptions).toMatchObject([{ SubscriptionArn: "PendingConfirmation" }]);
  const pendingToken = subscriptions.list(cloud.scope())[0]!.pendingToken!;
  await cloud.call(confirmSubscription, { TopicArn, Token: pendingToken });
  expect((await cloud.call(listSubscriptions, {})).Subscriptions).toMatchObject([
    { SubscriptionArn: expect.stringContaining(`${TopicArn}:`) },
  ]);
});

test("messages arrive once, and failed requests are tried again, whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
    const { TopicArn } = await inbox(cloud);
    await cloud.call(subscribe, { TopicArn, Protocol: "http", Endpoint: "http://localhost/x" });
    await cloud.call(publish, { TopicArn, Message: "hello" });
    await cloud.advance("2m");
  });
});

test("what cannot be delivered goes to the subscription's dead-letter queue", async () => {
  const refusing = simulatedHands(() => ({
    afterMs: 10,
    status: "SUCCEEDED",
    result: { response: { status: 500, headers: {}, body: "" } },
  }));
  const cloud = new World({ services: [sqs, sns], hands: refusing });
  const { TopicArn, read } = await inbox(cloud);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: cloud.scope().arn("sqs", "inbox") });
  const subscribed = (Protocol: string, Endpoint: string) =>
    cloud.call(subscribe, { TopicArn, Protocol, Endpoint, Attributes: { RedrivePolicy } });
  await cloud.call(unsubscribe, { SubscriptionArn: subscriptionArn(cloud.scope(), subscriptions.list(cloud.scope())[0]!) });
  await subscribed("sqs", cloud.scope().arn("sqs", "nowhere"));
  await subscribed("http", "http://localhost/x");
  cloud.change((scope) => subscriptions.list(scope).map(({ id }) => subscriptions.patch(scope, id, { pendingToken: undefined })));
  await cloud.call(publish, { TopicArn, Message: "hello" });
  await cloud.advance("2m");
  expect((await read()).map((body) => JSON.parse(body).Message)).toEqual(["hello", "hello"]);
});
