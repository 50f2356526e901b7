import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { receiveMessage } from "../sqs/exchange.ts";
import { sqs } from "../sqs/index.ts";
import { createQueue } from "../sqs/queue.ts";
import { createEventBus } from "./bus.ts";
import { putEvents } from "./event.ts";
import { eventbridge } from "./index.ts";
import { deleteRule, disableRule, listTagsForResource, putRule, tagResource, untagResource } from "./rule.ts";
import { putTargets } from "./target.ts";

const world = (): World => new World({ services: [sqs, eventbridge] });

/** A cloud with a queue behind a rule, and how to read the queue. */
async function withRule(
  cloud: World,
  rule: { EventPattern?: string; ScheduleExpression?: string; EventBusName?: string },
  target: object = {},
) {
  const { QueueUrl } = await cloud.call(createQueue, { QueueName: "inbox" });
  await cloud.call(putRule, { Name: "rule", ...rule });
  const { EventBusName } = rule;
  await cloud.call(putTargets, { Rule: "rule", EventBusName, Targets: [{ Id: "1", Arn: cloud.scope().arn("sqs", "inbox"), ...target }] });
  return async (): Promise<any[]> =>
    ((await cloud.call(receiveMessage, { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 43_200 })).Messages ?? []).map(({ Body }) =>
      JSON.parse(Body!),
    );
}

const order = (detail: object) => ({ Source: "shop", DetailType: "Order Placed", Detail: JSON.stringify(detail) });

describe("a rule", () => {
  test("sends on what its pattern matches, and nothing else", async () => {
    const cloud = world();
    const inbox = await withRule(cloud, {
      EventPattern: JSON.stringify({ source: ["shop"], detail: { total: [{ numeric: [">", 10] }] } }),
    });
    expect(await cloud.call(putEvents, { Entries: [order({ total: 5 }), order({ total: 50 })] })).toMatchObject({ FailedEntryCount: 0 });
    expect(await inbox()).toMatchObject([
      { "detail-type": "Order Placed", detail: { total: 50 }, account: cloud.account, region: cloud.region },
    ]);
  });

  test("transforms what it sends", async () => {
    const cloud = world();
    const InputTransformer = {
      InputPathsMap: { total: "$.detail.total" },
      InputTemplate: '{"sum": <total>, "rule": "<aws.events.rule-name>"}',
    };
    const inbox = await withRule(cloud, { EventPattern: '{"source":["shop"]}' }, { InputTransformer });
    await cloud.call(putEvents, { Entries: [order({ total: 5 })] });
    expect(await inbox()).toEqual([{ sum: 5, rule: "rule" }]);
  });

  test("sends to the dead-letter queue what its target does not take, and says why", async () => {
    const cloud = world();
    const [inbox, nowhere] = ["inbox", "nowhere"].map((name) => cloud.scope().arn("sqs", name));
    await withRule(cloud, { EventPattern: '{"source":["shop"]}' }, { Arn: nowhere, DeadLetterConfig: { Arn: inbox } });
    await cloud.call(putEvents, { Entries: [order({ total: 5 })] });
    const { Messages = [] } = await cloud.call(receiveMessage, { QueueUrl: "inbox", MessageAttributeNames: ["All"] });
    expect(Messages.map(({ Body }) => JSON.parse(Body!).detail)).toEqual([{ total: 5 }]);
    expect(Messages[0]!.MessageAttributes).toMatchObject({
      RULE_ARN: { StringValue: cloud.scope().arn("events", "rule/rule") },
      TARGET_ARN: { StringValue: nowhere },
      ERROR_MESSAGE: { StringValue: expect.stringContaining("The specified queue does not exist.") },
    });
  });

  test("runs on its schedule until it is disabled", async () => {
    const cloud = world();
    const inbox = await withRule(cloud, { ScheduleExpression: "rate(5 minutes)" });
    await cloud.advance("16m");
    expect((await inbox()).map(({ time }) => time)).toEqual(["2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z", "2026-01-01T00:15:00Z"]);
    await cloud.call(disableRule, { Name: "rule" });
    await cloud.advance("1h");
    expect(await inbox()).toEqual([]);
  });

  test("on a bus of its own sees only that bus", async () => {
    const cloud = world();
    await cloud.call(createEventBus, { Name: "orders" });
    const inbox = await withRule(cloud, { EventBusName: "orders", EventPattern: '{"source":["shop"]}' });
    await cloud.call(putEvents, { Entries: [order({ at: "default" }), { ...order({ at: "orders" }), EventBusName: "orders" }] });
    expect(await inbox()).toMatchObject([{ detail: { at: "orders" } }]);
  });

  test("refuses as EventBridge does", async () => {
    const cloud = world();
    await withRule(cloud, { EventPattern: '{"source":["shop"]}' });
    await expect(cloud.call(deleteRule, { Name: "rule" })).rejects.toThrow("Rule can't be deleted since it has targets.");
    await expect(cloud.call(putRule, { Name: "x", ScheduleExpression: "rate(1 minutes)" })).rejects.toThrow(
      "Parameter ScheduleExpression is not valid.",
    );
    expect(await cloud.call(putEvents, { Entries: [{ ...order({}), Source: "aws.shop" }] })).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: "NotAuthorizedForSourceException" }],
    });
  });

  test("sends each event once, whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await withRule(cloud, { EventPattern: '{"source":["shop"]}' });
      await cloud.call(putRule, { Name: "tick", ScheduleExpression: "rate(1 minute)" });
      await cloud.call(putTargets, { Rule: "tick", Targets: [{ Id: "1", Arn: cloud.scope().arn("sqs", "inbox") }] });
      await cloud.call(putEvents, { Entries: [order({ total: 1 }), order({ total: 2 })] });
      await cloud.advance("3m");
    });
  });
});

test("a bus has tags, as a rule has", async () => {
  const cloud = world();
  const { EventBusArn } = await cloud.call(createEventBus, { Name: "shop", Tags: [{ Key: "team", Value: "a" }] });
  const { RuleArn } = await cloud.call(putRule, { Name: "rule", EventBusName: "shop", EventPattern: '{"source":["shop"]}' });
  for (const ResourceARN of [EventBusArn, RuleArn]) {
    await cloud.call(tagResource, { ResourceARN, Tags: [{ Key: "stage", Value: "test" }] });
    await cloud.call(untagResource, { ResourceARN, TagKeys: ["team"] });
    expect((await cloud.call(listTagsForResource, { ResourceARN })).Tags).toEqual([{ Key: "stage", Value: "test" }]);
  }
});
