import type { ResourceExample } from "../../testing/resource-example.ts";
import { putLogGroupDeletionProtection, putRetentionPolicy, tagLogGroup } from "./group.ts";
import { putMetricFilter } from "./metric-filter.ts";
import { describeQueryDefinitions, putQueryDefinition } from "./query-definition.ts";
import { putResourcePolicy } from "./resource-policy.ts";
import { putSubscriptionFilter } from "./subscription-filter.ts";

const GROUP = { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "/shop" } };
const policy = (Sid: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Sid, Effect: "Allow", Principal: { Service: "es.amazonaws.com" }, Action: "logs:PutLogEvents", Resource: "*" }],
  });
const transformation = (MetricValue: string, more: object = {}) => ({
  MetricName: "Latency",
  MetricNamespace: "Shop",
  MetricValue,
  Unit: "Milliseconds",
  ...more,
});
const functionArn = (name: string): string => `arn:aws:lambda:eu-west-1:111122223333:function:${name}`;

export const logsExamples: readonly ResourceExample[] = [
  {
    type: "AWS::Logs::LogGroup",
    properties: {
      LogGroupName: "/shop",
      LogGroupClass: "INFREQUENT_ACCESS",
      RetentionInDays: 7,
      KmsKeyId: "arn:aws:kms:eu-west-1:111122223333:key/a",
      DeletionProtectionEnabled: true,
      BearerTokenAuthenticationEnabled: false,
      Tags: [{ Key: "a", Value: "b" }],
    },
    unchangeable: ["LogGroupClass"],
    updates: [
      { RetentionInDays: 14 },
      { KmsKeyId: "arn:aws:kms:eu-west-1:111122223333:key/b" },
      { Tags: [{ Key: "a", Value: "c" }] },
      { DeletionProtectionEnabled: false },
    ],
    byHand: {
      "/RetentionInDays": (cloud, logGroupName) => cloud.call(putRetentionPolicy, { logGroupName, retentionInDays: 1 }),
      "/DeletionProtectionEnabled": (cloud, logGroupIdentifier) =>
        cloud.call(putLogGroupDeletionProtection, { logGroupIdentifier, deletionProtectionEnabled: false }),
      "/Tags/0/Value": (cloud, logGroupName) => cloud.call(tagLogGroup, { logGroupName, tags: { a: "by hand" } }),
    },
  },
  {
    type: "AWS::Logs::LogStream",
    around: { Group: GROUP },
    properties: { LogGroupName: { Ref: "Group" }, LogStreamName: "one" },
  },
  {
    type: "AWS::Logs::MetricFilter",
    around: { Group: GROUP },
    properties: {
      LogGroupName: { Ref: "Group" },
      FilterName: "latency",
      FilterPattern: "{ $.latency = * }",
      MetricTransformations: [transformation("$.latency", { Dimensions: [{ Key: "Stage", Value: "$.stage" }] })],
      ApplyOnTransformedLogs: false,
    },
    updates: [{ FilterPattern: "{ $.latency > 10 }" }, { MetricTransformations: [transformation("1", { DefaultValue: 0 })] }],
    byHand: {
      "/FilterPattern": (cloud) =>
        cloud.call(putMetricFilter, {
          logGroupName: "/shop",
          filterName: "latency",
          filterPattern: "ERROR",
          metricTransformations: [
            {
              metricName: "Latency",
              metricNamespace: "Shop",
              metricValue: "$.latency",
              unit: "Milliseconds",
              dimensions: { Stage: "$.stage" },
            },
          ],
        }),
    },
  },
  {
    type: "AWS::Logs::SubscriptionFilter",
    around: { Group: GROUP },
    properties: {
      LogGroupName: { Ref: "Group" },
      FilterName: "errors",
      FilterPattern: "ERROR",
      DestinationArn: functionArn("one"),
      Distribution: "ByLogStream",
      RoleArn: "arn:aws:iam::111122223333:role/a",
      ApplyOnTransformedLogs: false,
    },
    updates: [
      { FilterPattern: "WARN" },
      { DestinationArn: functionArn("two") },
      { Distribution: "Random" },
      { RoleArn: "arn:aws:iam::111122223333:role/b" },
    ],
    byHand: {
      "/DestinationArn": (cloud) =>
        cloud.call(putSubscriptionFilter, {
          logGroupName: "/shop",
          filterName: "errors",
          filterPattern: "ERROR",
          destinationArn: functionArn("three"),
          roleArn: "arn:aws:iam::111122223333:role/a",
        }),
    },
  },
  {
    type: "AWS::Logs::ResourcePolicy",
    properties: { PolicyName: "search", PolicyDocument: policy("one") },
    updates: [{ PolicyDocument: policy("two") }],
    byHand: {
      "/PolicyDocument/Statement/0/Sid": (cloud, policyName) =>
        cloud.call(putResourcePolicy, { policyName, policyDocument: policy("by hand") }),
    },
  },
  {
    type: "AWS::Logs::QueryDefinition",
    properties: { Name: "errors", QueryString: "fields @message", QueryLanguage: "CWLI", LogGroupNames: ["/shop"] },
    updates: [{ Name: "all" }, { QueryString: "SELECT 1" }, { QueryLanguage: "SQL" }, { LogGroupNames: ["/shop", "/store"] }],
    byHand: {
      "/QueryString": async (cloud, queryDefinitionId) => {
        const { queryDefinitions: [found] = [] } = await cloud.call(describeQueryDefinitions, {});
        await cloud.call(putQueryDefinition, { name: found!.name, queryString: "fields a", logGroupNames: ["/shop"], queryDefinitionId });
      },
    },
  },
];
