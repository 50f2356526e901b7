import { CloudWatchClient, PutMetricAlarmCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, test } from "vitest";
import { startCloud } from "./running.ts";

const START = "2026-01-01T00:00:00Z";

describe.each([false, true])("a cloud for tests, in a process of its own: %s", (isolated) => {
  test("lets time pass when it is told to, and forgets what it is told to", async () => {
    await using cloud = await startCloud({ startAt: START, isolated });
    const client = new SSMClient(cloud.client);
    await client.send(new PutParameterCommand({ Name: "/a", Value: "1", Type: "String" }));
    await cloud.advance("30m");
    expect((await cloud.control("clock")).now).toBe("2026-01-01T00:30:00.000Z");
    await cloud.reset(cloud.account);
    await expect(client.send(new GetParameterCommand({ Name: "/a" }))).rejects.toMatchObject({ name: "ParameterNotFound" });
  });
});

test.each([
  false,
  true,
])("a cloud for tests that checks signatures has a key for its clients, in a process of its own: %s", async (isolated) => {
  await using cloud = await startCloud({ trust: "signed", isolated });
  const { Account } = await new STSClient(cloud.client).send(new GetCallerIdentityCommand({}));
  expect(Account).toBe(cloud.account);
});

test("a cloud for tests waits for events, sends traffic, and says why something waits", async () => {
  await using cloud = await startCloud({ startAt: START });
  const watch = new CloudWatchClient(cloud.client);
  const metric = { Namespace: "Shop", MetricName: "Failed" };
  const rule = { Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 1 } as const;
  const ComparisonOperator = "GreaterThanOrEqualToThreshold" as const;
  await watch.send(new PutMetricAlarmCommand({ AlarmName: "failed", ...metric, ...rule, ComparisonOperator }));
  await watch.send(
    new PutMetricDataCommand({ Namespace: "Shop", MetricData: [{ MetricName: "Failed", Value: 1, Timestamp: new Date(START) }] }),
  );
  expect(await cloud.why(`arn:aws:cloudwatch:${cloud.region}:${cloud.account}:alarm:failed`)).toMatchObject([
    { because: "the end of the period that runs", until: "2026-01-01T00:01:00.000Z" },
  ]);
  await cloud.advanceUntil({ source: ["aws.cloudwatch"], detail: { alarmName: ["failed"], state: { value: ["ALARM"] } } }, "5m");
  expect((await cloud.control("clock")).now).toBe("2026-01-01T00:01:00.000Z");
  await expect(cloud.advanceUntil({ source: ["nobody"] }, "5m")).rejects.toThrow("no such event within 5m");

  const traffic = await cloud.traffic(`${cloud.endpoint}/_slipway/health`, { rate: "30/m", for: "1m" });
  await cloud.advance("2m");
  expect(await traffic.stop()).toMatchObject({ sent: 30, answers: { 200: 30 } });
});
