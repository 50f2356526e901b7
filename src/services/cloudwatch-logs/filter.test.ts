import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { deliveries } from "../../kernel/delivery.ts";
import { metricSeries, metrics } from "../../kernel/facts.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { putLogEvents } from "./event.ts";
import { compileFilter } from "./filter-pattern.ts";
import { createLogGroup, deleteLogGroup } from "./group.ts";
import { cloudwatchLogs } from "./index.ts";
import { describeMetricFilters, putMetricFilter, testMetricFilter } from "./metric-filter.ts";
import { createLogStream } from "./stream.ts";
import { putSubscriptionFilter } from "./subscription-filter.ts";

const world = (): World => new World({ services: [cloudwatchLogs], start: Date.UTC(2026, 0, 1) });
const SHOP = { logGroupName: "/shop" };
const METRIC = { metricNamespace: "Shop", metricName: "Latency" };

async function shop(): Promise<World> {
  const cloud = world();
  await prepare(cloud);
  return cloud;
}

async function prepare(cloud: World): Promise<void> {
  await cloud.call(createLogGroup, SHOP);
  await cloud.call(createLogStream, { ...SHOP, logStreamName: "s" });
}

const write = (cloud: World, ...messages: string[]) =>
  cloud.call(putLogEvents, {
    ...SHOP,
    logStreamName: "s",
    logEvents: messages.map((message) => ({ timestamp: cloud.clock.now(), message })),
  });

const measured = (cloud: World, dimensions = {}) =>
  metrics
    .peek(cloud.scope(), metricSeries({ namespace: "Shop", name: "Latency", dimensions }))
    .map(({ value }) => [value.value, value.unit]);

describe("a filter pattern", () => {
  const LINE = '127.0.0.1 - bob [10/Oct/2026:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';
  const EVENT = '{"level":"error","code":500,"user":{"names":["a","b"],"admin":true,"gone":null},"x y":"z"}';

  test.each([
    ["ERROR -debug", "an ERROR", true],
    ["ERROR -debug", "a debug ERROR", false],
    ["?ERROR ?WARN", "WARN", true],
    ["%E[RS]+OR%", "an ERROR", true],
    ["{ $.level = error }", EVENT, true],
    ['{ $.level = "err*" && $.code >= 500 }', EVENT, true],
    ["{ ($.code = 404 || $.code = 5*) && ($.level != info) }", EVENT, true],
    ["{ $.code = 404 || ($.code = 500 && $.level = info) }", EVENT, false],
    ["{ $.code = 5e2 }", EVENT, true],
    ["{ $.user.names[1] = b }", EVENT, true],
    ["{ $.user.names[*] = b }", EVENT, true],
    ['{ $["x y"] = z }', EVENT, true],
    ["{ $.user.admin IS TRUE }", EVENT, true],
    ["{ $.user.gone IS NULL }", EVENT, true],
    ["{ $.user.other NOT EXISTS }", EVENT, true],
    ["{ $.user.gone NOT EXISTS }", EVENT, false],
    ["{ $.level = %err.r% }", EVENT, true],
    ["{ $.level = error }", "error", false],
    ["[ip, id, user, time, request, status = 4*, bytes]", LINE, true],
    ["[ip, id, user, time, request, status = 4*, bytes > 2000]", LINE, false],
    ["[ip, ..., status = 404 || status = 410, bytes]", LINE, true],
    ['[..., request = "*html*", status, bytes]', LINE, true],
    ["[ip, user]", LINE, false],
  ])("%s looks at %s: %s", (pattern, line, matches) => {
    expect(compileFilter(pattern)!(line) !== undefined).toBe(matches);
  });

  test.each(["{ $.a }", "{ $.a = 1", "{ $.a = 1 && }", "[a, ..., ...]", "[a = ]"])("%s is none", (pattern) => {
    expect(compileFilter(pattern)).toBeUndefined();
  });

  test("is tried on lines", async () => {
    const answer = await world().call(testMetricFilter, { filterPattern: "[a, b = 2]", logEventMessages: ["1 1", "1 2"] });
    expect(answer.matches).toEqual([{ eventNumber: 2, eventMessage: "1 2", extractedValues: { $a: "1", $b: "2" } }]);
  });
});

describe("a metric filter", () => {
  test("measures what the lines say, by dimension", async () => {
    const cloud = await shop();
    const transformation = { ...METRIC, metricValue: "$.ms", unit: "Milliseconds" as const, dimensions: { Stage: "$.stage" } };
    await cloud.call(putMetricFilter, {
      ...SHOP,
      filterName: "f",
      filterPattern: "{ $.ms = * }",
      metricTransformations: [transformation],
    });
    await write(cloud, '{"ms":12.5,"stage":"live"}', '{"ms":"x","stage":"live"}', '{"ms":1}', "other", '{"ms":7,"stage":"test"}');
    expect([measured(cloud, { Stage: "live" }), measured(cloud, { Stage: "test" }), measured(cloud)]).toEqual([
      [[12.5, "Milliseconds"]],
      [[7, "Milliseconds"]],
      [],
    ]);
  });

  test("measures its default value once in a minute of lines that do not match", async () => {
    const cloud = await shop();
    const transformation = { ...METRIC, metricValue: "1", defaultValue: 0 };
    await cloud.call(putMetricFilter, { ...SHOP, filterName: "f", filterPattern: "ERROR", metricTransformations: [transformation] });
    await write(cloud, "fine", "fine");
    await cloud.advance("1m");
    await write(cloud, "ERROR", "fine", "ERROR");
    expect(measured(cloud).map(([value]) => value)).toEqual([0, 1, 1]);
  });

  test("goes with its group", async () => {
    const cloud = await shop();
    await cloud.call(putMetricFilter, {
      ...SHOP,
      filterName: "f",
      filterPattern: "",
      metricTransformations: [{ ...METRIC, metricValue: "1" }],
    });
    expect((await cloud.call(describeMetricFilters, SHOP)).metricFilters).toHaveLength(1);
    await cloud.call(deleteLogGroup, SHOP);
    expect((await cloud.call(describeMetricFilters, {})).metricFilters).toEqual([]);
  });

  test("is refused where it makes no sense", async () => {
    const cloud = await shop();
    const put = (filterPattern: string, more: object) =>
      cloud.call(putMetricFilter, {
        ...SHOP,
        filterName: "f",
        filterPattern,
        metricTransformations: [{ ...METRIC, metricValue: "1", ...more }],
      });
    await expect(put("{ $.a", {})).rejects.toThrow("Invalid filter pattern");
    await expect(put("", { metricValue: "many" })).rejects.toThrow("Invalid metric value: many");
    await expect(put("", { defaultValue: 0, dimensions: { a: "$.a" } })).rejects.toThrow("mutually exclusive");
  });
});

describe("a subscription filter", () => {
  const DESTINATION = "arn:aws:lambda:eu-west-1:111122223333:function:f";
  const subscribe = (cloud: World, destinationArn = DESTINATION) =>
    cloud.call(putSubscriptionFilter, { ...SHOP, filterName: "f", filterPattern: "{ $.a = 1 }", destinationArn });

  test("sends the lines that it looks for, zipped, to a function", async () => {
    const cloud = await shop();
    await subscribe(cloud);
    await write(cloud, '{"a":1}', '{"a":2}');
    const sent = deliveries.list(cloud.scope());
    expect(sent.map(({ arn, from }) => [arn, from])).toEqual([[DESTINATION, "logs.amazonaws.com"]]);
    const { data } = JSON.parse(sent[0]!.payload).awslogs;
    expect(JSON.parse(gunzipSync(Buffer.from(data, "base64")).toString())).toMatchObject({
      messageType: "DATA_MESSAGE",
      owner: cloud.account,
      logGroup: "/shop",
      logStream: "s",
      subscriptionFilters: ["f"],
      logEvents: [{ timestamp: cloud.clock.now(), message: '{"a":1}', extractedFields: { "$.a": "1" } }],
    });
  });

  test("to anything else is refused by name", async () => {
    await expect(subscribe(await shop(), "arn:aws:kinesis:eu-west-1:111122223333:stream/s")).rejects.toThrow(
      "Slipway does not implement subscriptions to arn:aws:kinesis:eu-west-1:111122223333:stream/s: only functions are destinations.",
    );
  });
});

test("lines meet the filters once, whenever the power is cut", () =>
  endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
    await prepare(cloud);
    await cloud.call(putMetricFilter, {
      ...SHOP,
      filterName: "f",
      filterPattern: "ERROR",
      metricTransformations: [{ ...METRIC, metricValue: "1", defaultValue: 0 }],
    });
    await write(cloud, "ERROR", "fine");
    await cloud.advance("2m");
  }));
