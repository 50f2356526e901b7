import { describe, expect, test } from "vitest";
import { metrics } from "../../kernel/facts.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { receiveMessage } from "../sqs/exchange.ts";
import { sqs } from "../sqs/index.ts";
import { createQueue } from "../sqs/queue.ts";
import { judge } from "./alarm.loop.ts";
import { alarms, deleteAlarms, describeAlarms, type MetricSettings, putCompositeAlarm, putMetricAlarm, setAlarmState } from "./alarm.ts";
import { describeAlarmHistory } from "./history.ts";
import { cloudwatch } from "./index.ts";
import { getMetricData, getMetricStatistics, listMetrics, putMetricData } from "./metric.ts";

const world = (): World => new World({ services: [cloudwatch, sqs] });

const errors = { Namespace: "Shop", MetricName: "Errors", Dimensions: [{ Name: "Version", Value: "2" }] };
const put = (cloud: World, ...values: number[]) =>
  cloud.call(putMetricData, { Namespace: "Shop", MetricData: values.map((Value) => ({ ...errors, Namespace: undefined, Value }) as any) });
const alarmOn = (cloud: World, settings: object = {}) =>
  cloud.call(putMetricAlarm, {
    AlarmName: "errors",
    ...errors,
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
    TreatMissingData: "notBreaching",
    ...settings,
  });
const stateOf = async (cloud: World, name = "errors") => {
  const { MetricAlarms, CompositeAlarms } = await cloud.call(describeAlarms, {
    AlarmNames: [name],
    AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
  });
  return [...MetricAlarms!, ...CompositeAlarms!][0]!.StateValue;
};

describe("metrics", () => {
  test("have statistics per period", async () => {
    const cloud = world();
    const StartTime = new Date(cloud.clock.now());
    await put(cloud, 1, 2, 3, 4);
    await cloud.advance("5m");
    const { Datapoints } = await cloud.call(getMetricStatistics, {
      ...errors,
      StartTime,
      EndTime: new Date(cloud.clock.now()),
      Period: 60,
      Statistics: ["Sum", "Average", "SampleCount"],
      ExtendedStatistics: ["p50", "tm50", "PR(1:3)"],
    });
    expect(Datapoints).toEqual([
      {
        Timestamp: StartTime,
        Sum: 10,
        Average: 2.5,
        SampleCount: 4,
        ExtendedStatistics: { p50: 2.5, tm50: 1.5, "PR(1:3)": 50 },
        Unit: "None",
      },
    ]);
    expect((await cloud.call(listMetrics, { Namespace: "Shop" })).Metrics).toEqual([errors]);
  });

  test("are listed for two weeks after their last datum, and gone after fifteen months", async () => {
    const cloud = world();
    const StartTime = new Date(cloud.clock.now());
    const listed = async (more: { RecentlyActive?: "PT3H" } = {}) =>
      (await cloud.call(listMetrics, { Namespace: "Shop", ...more })).Metrics;
    const data = async () => {
      const input = { ...errors, StartTime, EndTime: new Date(cloud.clock.now() + 1), Period: 86_400, Statistics: ["Sum" as const] };
      return (await cloud.call(getMetricStatistics, input)).Datapoints;
    };
    await put(cloud, 1);
    expect(await listed({ RecentlyActive: "PT3H" })).toEqual([errors]);
    await cloud.advance("14d");
    expect([await listed(), await listed({ RecentlyActive: "PT3H" })]).toEqual([[errors], []]);
    await cloud.advance("1m");
    expect(await listed()).toEqual([]);
    await cloud.advance("441d");
    expect(await data()).toHaveLength(1);
    await cloud.advance("1d");
    expect([await data(), metrics.series(cloud.scope(), '["Shop"')]).toEqual([[], []]);
  });

  test("can be computed with", async () => {
    const cloud = world();
    const StartTime = new Date(cloud.clock.now());
    await put(cloud, 2);
    await cloud.advance("1m");
    await put(cloud, 6);
    await cloud.advance("2m");
    const Metric = errors;
    const { MetricDataResults } = await cloud.call(getMetricData, {
      StartTime,
      EndTime: new Date(cloud.clock.now()),
      ScanBy: "TimestampAscending",
      MetricDataQueries: [
        { Id: "m", MetricStat: { Metric, Period: 60, Stat: "Sum" }, ReturnData: false },
        { Id: "share", Expression: "100 * FILL(m, 0) / MAX(m)" },
        { Id: "high", Expression: "IF(m > 3, m)" },
      ],
    });
    expect(MetricDataResults!.map(({ Values }) => Values)).toEqual([[expect.closeTo(33.33), 100, 0], [6]]);
  });
});

describe("an alarm", () => {
  test("goes off at the end of the period that breaches, and is OK again when it no longer does", async () => {
    const cloud = world();
    await alarmOn(cloud);
    expect(await stateOf(cloud)).toBe("OK");
    await cloud.advance("30s");
    await put(cloud, 1);
    expect(await stateOf(cloud)).toBe("OK");
    await cloud.advance("30s");
    expect(await stateOf(cloud)).toBe("ALARM");
    await cloud.advance("5m");
    expect(await stateOf(cloud)).toBe("OK");
    const { AlarmHistoryItems } = await cloud.call(describeAlarmHistory, { AlarmName: "errors", HistoryItemType: "StateUpdate" });
    expect(AlarmHistoryItems!.map(({ HistorySummary }) => HistorySummary)).toEqual([
      "Alarm updated from ALARM to OK",
      "Alarm updated from OK to ALARM",
      "Alarm updated from INSUFFICIENT_DATA to OK",
    ]);
  });

  test("judges data that come late at the end of the period in which they came, whenever the power is cut", async () => {
    const late = async (cloud: World) => {
      await alarmOn(cloud);
      await put(cloud, 0);
      await cloud.advance("90s");
      const Timestamp = new Date(cloud.clock.now() - 60_000);
      const { MetricName, Dimensions } = errors;
      await cloud.call(putMetricData, { Namespace: "Shop", MetricData: [{ MetricName, Dimensions, Timestamp, Value: 5 }] });
      expect(await stateOf(cloud)).toBe("OK");
      await cloud.advance("29s");
      expect(await stateOf(cloud)).toBe("OK");
      await cloud.advance("1s");
      expect(await stateOf(cloud)).toBe("ALARM");
    };
    await endsTheSameWheneverThePowerIsCut(world, late);
    const changed = world();
    await late(changed);
    expect(alarms.get(changed.scope(), "errors")!.changedAt).toBe(changed.clock.now());
  });

  test("asks for no instant while there are no data", async () => {
    const cloud = world();
    const waiting = () => cloud.waits().filter((line) => line.startsWith("cloudwatch/alarm:"));
    await alarmOn(cloud);
    expect(waiting()).toEqual([]);
    await put(cloud, 0);
    expect(waiting()).toHaveLength(1);
    await cloud.advance("1h");
    expect(waiting()).toEqual([]);
  });

  test("takes its actions when its state changes", async () => {
    const cloud = world();
    const { QueueUrl } = await cloud.call(createQueue, { QueueName: "actions" });
    await alarmOn(cloud, { AlarmActions: [cloud.scope().arn("sqs", "actions")] });
    await put(cloud, 5);
    await cloud.advance("1m");
    const { Messages } = await cloud.call(receiveMessage, { QueueUrl });
    expect(JSON.parse(Messages![0]!.Body!)).toMatchObject({
      source: "aws.cloudwatch",
      alarmData: {
        alarmName: "errors",
        state: {
          value: "ALARM",
          reason: "Threshold Crossed: 1 datapoint [5.0 (01/01/26 00:00:00)] was greater than or equal to the threshold (1.0).",
        },
      },
    });
  });

  test("made anew takes its actions again, and its history says how they went", async () => {
    const cloud = world();
    await cloud.call(createQueue, { QueueName: "actions" });
    for (const action of ["actions", "nowhere"]) {
      await cloud.call(deleteAlarms, { AlarmNames: ["errors"] });
      await alarmOn(cloud, { AlarmActions: [cloud.scope().arn("sqs", action)] });
      await cloud.call(setAlarmState, { AlarmName: "errors", StateValue: "ALARM", StateReason: "test" });
      await cloud.advance("1m");
    }
    const { AlarmHistoryItems } = await cloud.call(describeAlarmHistory, { AlarmName: "errors", HistoryItemType: "Action" });
    expect(AlarmHistoryItems!.map(({ HistorySummary }) => HistorySummary!.split(" ", 1)[0])).toEqual(["Failed", "Successfully"]);
  });

  test("of others follows them", async () => {
    const cloud = world();
    await alarmOn(cloud);
    await cloud.call(putCompositeAlarm, { AlarmName: "both", AlarmRule: 'ALARM("errors") AND NOT FALSE' });
    expect(await stateOf(cloud, "both")).toBe("OK");
    await cloud.call(setAlarmState, { AlarmName: "errors", StateValue: "ALARM", StateReason: "test" });
    expect(await stateOf(cloud, "both")).toBe("ALARM");
    await expect(cloud.call(putCompositeAlarm, { AlarmName: "x", AlarmRule: "ALARM(none)" })).rejects.toThrow(
      "alarms [none] in the alarm rule do not exist",
    );
  });

  test("ends the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await cloud.call(createQueue, { QueueName: "actions" });
      await alarmOn(cloud, { AlarmActions: [cloud.scope().arn("sqs", "actions")] });
      await cloud.call(putCompositeAlarm, { AlarmName: "both", AlarmRule: "ALARM(errors)" });
      await put(cloud, 1);
      await cloud.advance("10m");
    });
  });
});

/** The tables of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html: 0 good, X bad, - missing. */
describe("missing data", () => {
  const treatments = ["missing", "ignore", "breaching", "notBreaching"] as const;
  const cases: [string, number, number, string[]][] = [
    ["0-X-X", 3, 3, ["OK", "OK", "OK", "OK"]],
    ["0----", 3, 3, ["OK", "OK", "OK", "OK"]],
    ["-----", 3, 3, ["INSUFFICIENT_DATA", "kept", "ALARM", "OK"]],
    ["0XX-X", 3, 3, ["ALARM", "ALARM", "ALARM", "ALARM"]],
    ["--X--", 3, 3, ["ALARM", "kept", "ALARM", "OK"]],
    ["0-X-X", 2, 3, ["ALARM", "ALARM", "ALARM", "ALARM"]],
    ["00X0X", 2, 3, ["ALARM", "ALARM", "ALARM", "ALARM"]],
    ["0-X--", 2, 3, ["OK", "OK", "ALARM", "OK"]],
    ["----0", 2, 3, ["OK", "OK", "ALARM", "OK"]],
    ["---X-", 2, 3, ["ALARM", "kept", "ALARM", "OK"]],
  ];
  test.each(cases)("%s, %i of %i", (points, DatapointsToAlarm, EvaluationPeriods, expected) => {
    const values = new Map(
      [...points].flatMap((point, index): [number, number][] => (point === "-" ? [] : [[index, point === "X" ? 1 : 0]])),
    );
    const settings = {
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      DatapointsToAlarm,
      EvaluationPeriods,
    } as MetricSettings;
    const states = treatments.map((TreatMissingData) => judge({ ...settings, TreatMissingData }, values) ?? "kept");
    expect(states).toEqual(expected);
  });
});
