import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { filterLogEvents, getLogEvents, putLogEvents } from "./event.ts";
import { compileFilter } from "./filter-pattern.ts";
import { createLogGroup, describeLogGroups, putRetentionPolicy } from "./group.ts";
import { cloudwatchLogs } from "./index.ts";
import { createLogStream, describeLogStreams } from "./stream.ts";

const world = (): World => new World({ services: [cloudwatchLogs] });
const place = { logGroupName: "/shop", logStreamName: "one" };

async function withStream(): Promise<World> {
  const cloud = world();
  await cloud.call(createLogGroup, { logGroupName: "/shop" });
  await cloud.call(createLogStream, place);
  return cloud;
}

const write = (cloud: World, ...messages: string[]) =>
  cloud.call(putLogEvents, { ...place, logEvents: messages.map((message, index) => ({ message, timestamp: cloud.clock.now() + index })) });

describe("a log stream", () => {
  test("is read from either end, with tokens", async () => {
    const cloud = await withStream();
    await write(cloud, "a", "b", "c");
    const head = await cloud.call(getLogEvents, { ...place, startFromHead: true, limit: 2 });
    expect(head.events!.map(({ message }) => message)).toEqual(["a", "b"]);
    const next = await cloud.call(getLogEvents, { ...place, nextToken: head.nextForwardToken });
    expect(next.events!.map(({ message }) => message)).toEqual(["c"]);
    const end = await cloud.call(getLogEvents, { ...place, nextToken: next.nextForwardToken });
    expect(end).toMatchObject({ events: [], nextForwardToken: next.nextForwardToken });
    expect((await cloud.call(getLogEvents, { ...place, limit: 1 })).events).toMatchObject([{ message: "c" }]);
  });

  test("comes to be when a service writes to it", async () => {
    const cloud = world();
    cloud.change((scope) => scope.log({ group: "/aws/lambda/shop", stream: "x", message: "hello" }));
    expect((await cloud.call(describeLogGroups, {})).logGroups).toMatchObject([{ logGroupName: "/aws/lambda/shop" }]);
    expect((await cloud.call(describeLogStreams, { logGroupName: "/aws/lambda/shop" })).logStreams).toMatchObject([{ logStreamName: "x" }]);
  });

  test("is filtered across streams", async () => {
    const cloud = await withStream();
    await cloud.call(createLogStream, { ...place, logStreamName: "two" });
    await write(cloud, "ERROR one", "fine");
    await cloud.call(putLogEvents, {
      ...place,
      logStreamName: "two",
      logEvents: [{ message: "ERROR two", timestamp: cloud.clock.now() + 1 }],
    });
    const { events } = await cloud.call(filterLogEvents, { logGroupName: "/shop", filterPattern: "ERROR" });
    expect(events!.map(({ message }) => message)).toEqual(["ERROR one", "ERROR two"]);
  });

  test("forgets what is older than its group's retention, whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await cloud.call(createLogGroup, { logGroupName: "/shop" });
      await cloud.call(createLogStream, place);
      await cloud.call(putRetentionPolicy, { logGroupName: "/shop", retentionInDays: 1 });
      await write(cloud, "old");
      await cloud.advance("40h");
      await write(cloud, "young");
      await cloud.advance("8h");
      expect((await cloud.call(getLogEvents, place)).events!.map(({ message }) => message)).toEqual(["young"]);
    });
  });
});

test.each([
  ["ERROR -debug", "an ERROR here", true],
  ["ERROR -debug", "an ERROR in debug", false],
  ["?WARN ?ERROR", "WARN", true],
  ['"two words"', "has two words", true],
  ["%5\\d\\d%", "status 503", true],
  ['{ $.level = "err*" && $.code >= 500 }', '{"level":"error","code":503}', true],
  ['{ $.level = "err*" && $.code >= 500 }', '{"level":"error","code":404}', false],
  ["{ $.a.b IS TRUE }", '{"a":{"b":true}}', true],
])("%s on %s: %s", (pattern, message, expected) => {
  expect(compileFilter(pattern)!(message) !== undefined).toBe(expected);
});
