import { expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { receiveMessage } from "../sqs/exchange.ts";
import { sqs } from "../sqs/index.ts";
import { createQueue } from "../sqs/queue.ts";
import { createArchive, describeArchive, updateArchive } from "./archive.ts";
import { createEventBus } from "./bus.ts";
import { putEvents } from "./event.ts";
import { eventbridge } from "./index.ts";
import { cancelReplay, describeReplay, startReplay } from "./replay.ts";
import { putRule } from "./rule.ts";
import { putTargets } from "./target.ts";

const START = Date.UTC(2026, 0, 1);
const world = (): World => new World({ services: [sqs, eventbridge], start: START });
const BUS = "arn:aws:events:eu-west-1:111122223333:event-bus/shop";
const ARCHIVE = "arn:aws:events:eu-west-1:111122223333:archive/orders";
const rule = (name: string): string => `arn:aws:events:eu-west-1:111122223333:rule/shop/${name}`;

/** A bus with an archive of the orders, and two rules with a queue each. */
async function prepare(cloud: World): Promise<void> {
  await cloud.call(createEventBus, { Name: "shop" });
  await cloud.call(createArchive, { ArchiveName: "orders", EventSourceArn: BUS, EventPattern: '{"detail-type":["Order"]}' });
  for (const Name of ["one", "two"]) {
    await cloud.call(createQueue, { QueueName: Name });
    await cloud.call(putRule, { Name, EventBusName: "shop", EventPattern: '{"source":["shop"]}' });
    await cloud.call(putTargets, { Rule: Name, EventBusName: "shop", Targets: [{ Id: "1", Arn: cloud.scope().arn("sqs", Name) }] });
  }
  for (const DetailType of ["Order", "Visit", "Order"]) {
    await cloud.call(putEvents, { Entries: [{ Source: "shop", DetailType, Detail: "{}", EventBusName: "shop" }] });
    await cloud.advance("1m");
  }
}

const replay = (cloud: World, more: object = {}) =>
  cloud.call(startReplay, {
    ReplayName: "again",
    EventSourceArn: ARCHIVE,
    EventStartTime: new Date(START),
    EventEndTime: new Date(START + 3_600_000),
    Destination: { Arn: BUS },
    ...more,
  });

async function replayed(cloud: World, queue: string): Promise<string[]> {
  const { Messages = [] } = await cloud.call(receiveMessage, { QueueUrl: queue, MaxNumberOfMessages: 10 });
  return Messages.map(({ Body }) => JSON.parse(Body!))
    .filter((event) => event["replay-name"] === "again")
    .map((event) => `${event["detail-type"]} ${event.time}`);
}

const ORDERS = ["Order 2026-01-01T00:00:00Z", "Order 2026-01-01T00:02:00Z"];

test("what the archive has goes to the rules of its bus once more", async () => {
  const cloud = world();
  await prepare(cloud);
  expect(await cloud.call(describeArchive, { ArchiveName: "orders" })).toMatchObject({ EventCount: 2, State: "ENABLED" });
  await replay(cloud);
  expect([await replayed(cloud, "one"), await replayed(cloud, "two")]).toEqual([ORDERS, ORDERS]);
  expect(await cloud.call(describeReplay, { ReplayName: "again" })).toMatchObject({
    State: "COMPLETED",
    EventLastReplayedTime: new Date(START + 120_000),
  });
});

test("a replay is for some rules, and for what happened in its time", async () => {
  const cloud = world();
  await prepare(cloud);
  await replay(cloud, { EventStartTime: new Date(START + 60_000), Destination: { Arn: BUS, FilterArns: [rule("two")] } });
  expect([await replayed(cloud, "one"), await replayed(cloud, "two")]).toEqual([[], ORDERS.slice(1)]);
});

test("an archive forgets what is older than it keeps", async () => {
  const cloud = world();
  await prepare(cloud);
  await cloud.call(updateArchive, { ArchiveName: "orders", RetentionDays: 1 });
  await cloud.advance("2d");
  expect((await cloud.call(describeArchive, { ArchiveName: "orders" })).EventCount).toBe(0);
});

test.each([
  [{ Destination: { Arn: "arn:aws:events:eu-west-1:111122223333:event-bus/default" } }, "Cross event bus replay is not permitted."],
  [{ EventSourceArn: `${ARCHIVE}2` }, "Archive orders2 does not exist."],
  [{ EventEndTime: new Date(START) }, "EventStartTime must be before EventEndTime."],
])("%j is refused", async (more, message) => {
  const cloud = world();
  await prepare(cloud);
  await expect(replay(cloud, more)).rejects.toThrow(message);
});

test("what is over cannot be cancelled", async () => {
  const cloud = world();
  await prepare(cloud);
  await replay(cloud);
  await expect(cloud.call(cancelReplay, { ReplayName: "again" })).rejects.toThrow("is not in a valid state");
});

test("ends the same whenever the power is cut", () =>
  endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
    await prepare(cloud);
    await replay(cloud);
    await cloud.advance("1m");
  }));
