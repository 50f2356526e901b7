import type { ResourceExample } from "../../testing/resource-example.ts";
import { disableAlarmActions, putMetricAlarm } from "./alarm.ts";
import { putDashboard } from "./dashboard.ts";
import { tagResource } from "./tag.ts";

const topic = (name: string): string => `arn:aws:sns:eu-west-1:111122223333:${name}`;
const Tags = [{ Key: "a", Value: "b" }];
const ACTIONS = { ActionsEnabled: true, AlarmActions: [topic("a")], OKActions: [topic("b")], InsufficientDataActions: [topic("c")] };
const ACTION_UPDATES = [
  { ActionsEnabled: false },
  { AlarmActions: [topic("d"), topic("e")] },
  { OKActions: [topic("f")] },
  { InsufficientDataActions: undefined },
  { AlarmDescription: "changed" },
  { Tags: [{ Key: "a", Value: "c" }] },
];
const metric = (Id: string, Stat: string) => ({
  Id,
  MetricStat: {
    Metric: { Namespace: "Shop", MetricName: "Latency", Dimensions: [{ Name: "Stage", Value: "live" }] },
    Period: 60,
    Stat,
    Unit: "Milliseconds",
  },
  ReturnData: false,
});
const other = (name: string) => ({
  Type: "AWS::CloudWatch::Alarm",
  Properties: {
    AlarmName: name,
    Namespace: "Shop",
    MetricName: "Errors",
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanThreshold",
  },
});

export const cloudwatchExamples: readonly ResourceExample[] = [
  {
    type: "AWS::CloudWatch::Alarm",
    properties: {
      AlarmName: "slow",
      AlarmDescription: "It is slow",
      Namespace: "Shop",
      MetricName: "Latency",
      Dimensions: [{ Name: "Stage", Value: "live" }],
      Statistic: "Average",
      Unit: "Milliseconds",
      Period: 60,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      Threshold: 10,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "notBreaching",
      ...ACTIONS,
      Tags,
    },
    updates: [
      { Namespace: "Store" },
      { MetricName: "Duration" },
      { Dimensions: [{ Name: "Stage", Value: "test" }] },
      { Statistic: undefined, ExtendedStatistic: "p99" },
      { ExtendedStatistic: "p95" },
      { Unit: "Seconds" },
      { Period: 120 },
      { EvaluationPeriods: 4 },
      { DatapointsToAlarm: 3 },
      { Threshold: 20 },
      { ComparisonOperator: "LessThanThreshold" },
      { TreatMissingData: "breaching" },
      ...ACTION_UPDATES,
      { ExtendedStatistic: undefined, Statistic: "Sum" },
    ],
    byHand: {
      "/ActionsEnabled": (cloud, name) => cloud.call(disableAlarmActions, { AlarmNames: [name] }),
      "/Threshold": (cloud) =>
        cloud.call(putMetricAlarm, {
          AlarmName: "slow",
          AlarmDescription: "It is slow",
          Namespace: "Shop",
          MetricName: "Latency",
          Dimensions: [{ Name: "Stage", Value: "live" }],
          Statistic: "Average",
          Unit: "Milliseconds",
          Period: 60,
          EvaluationPeriods: 3,
          DatapointsToAlarm: 2,
          Threshold: 99,
          ComparisonOperator: "GreaterThanThreshold",
          TreatMissingData: "notBreaching",
          ...ACTIONS,
        }),
      "/Tags/0/Value": (cloud) =>
        cloud.call(tagResource, {
          ResourceARN: `arn:aws:cloudwatch:${cloud.region}:${cloud.account}:alarm:slow`,
          Tags: [{ Key: "a", Value: "by hand" }],
        }),
    },
  },
  {
    type: "AWS::CloudWatch::Alarm",
    properties: {
      Metrics: [
        { Id: "e", Expression: "a / b", Label: "ratio", Period: 60, ReturnData: true },
        metric("a", "Sum"),
        metric("b", "SampleCount"),
      ],
      EvaluationPeriods: 1,
      Threshold: 0.5,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      EvaluateLowSampleCountPercentile: "evaluate",
    },
    updates: [
      {
        Metrics: [{ Id: "e", Expression: "a * b", Label: "ratio", ReturnData: true }, metric("a", "Sum"), metric("b", "SampleCount")],
      },
    ],
  },
  {
    type: "AWS::CloudWatch::CompositeAlarm",
    around: { One: other("one"), Two: other("two") },
    properties: {
      AlarmName: "both",
      AlarmDescription: "Both",
      AlarmRule: { "Fn::Sub": "ALARM(${One}) AND ALARM(${Two})" },
      ...ACTIONS,
      Tags,
    },
    updates: [{ AlarmRule: { "Fn::Sub": "ALARM(${One}) OR ALARM(${Two})" } }, ...ACTION_UPDATES],
    byHand: { "/ActionsEnabled": (cloud, name) => cloud.call(disableAlarmActions, { AlarmNames: [name] }) },
  },
  {
    type: "AWS::CloudWatch::Dashboard",
    properties: { DashboardName: "shop", DashboardBody: '{"widgets":[]}' },
    updates: [{ DashboardBody: '{"widgets":[{"type":"text"}]}' }],
    byHand: {
      "/DashboardBody/widgets/0": (cloud, DashboardName) =>
        cloud.call(putDashboard, { DashboardName, DashboardBody: '{"widgets":[{"type":"text"}]}' }),
    },
  },
];
