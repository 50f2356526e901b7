import type { ResourceExample } from "../../testing/resource-example.ts";
import { updateArchive } from "./archive.ts";
import { putPermission, updateEventBus } from "./bus.ts";
import { disableRule, tagResource } from "./rule.ts";
import { removeTargets } from "./target.ts";

const queue = (name: string): string => `arn:aws:sqs:eu-west-1:111122223333:${name}`;
const role = (name: string): string => `arn:aws:iam::111122223333:role/${name}`;
const Tags = [{ Key: "a", Value: "b" }];
const statement = (Action: string) => ({
  Effect: "Allow",
  Principal: { AWS: "arn:aws:iam::444455556666:root" },
  Action,
  Resource: "arn:aws:events:eu-west-1:111122223333:event-bus/shop",
});
const BUS = { Type: "AWS::Events::EventBus", Properties: { Name: "shop" } };
const target = (more: object) => ({ Id: "queue", Arn: queue("one"), ...more });

export const eventbridgeExamples: readonly ResourceExample[] = [
  {
    type: "AWS::Events::Rule",
    around: { Bus: BUS },
    properties: {
      Name: "orders",
      EventBusName: { "Fn::GetAtt": ["Bus", "Arn"] },
      Description: "Orders",
      EventPattern: { source: ["shop"], detail: { price: [{ numeric: [">", 10] }] } },
      RoleArn: role("a"),
      State: "ENABLED",
      Targets: [
        target({
          InputTransformer: { InputPathsMap: { a: "$.detail" }, InputTemplate: "<a>" },
          DeadLetterConfig: { Arn: queue("dead") },
          RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 },
          SqsParameters: { MessageGroupId: "g" },
          RoleArn: role("b"),
        }),
        { Id: "other", Arn: queue("two"), InputPath: "$.detail" },
      ],
      Tags,
    },
    updates: [
      { Description: "Old orders" },
      { EventPattern: { source: ["store"] } },
      { RoleArn: role("c") },
      { State: "DISABLED" },
      { Targets: [target({ Input: "{}" })] },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/State": (cloud) => cloud.call(disableRule, { Name: "orders", EventBusName: "shop" }),
      "/Targets/1": (cloud) => cloud.call(removeTargets, { Rule: "orders", EventBusName: "shop", Ids: ["other"] }),
      "/Tags/0/Value": (cloud) =>
        cloud.call(tagResource, {
          ResourceARN: `arn:aws:events:${cloud.region}:${cloud.account}:rule/shop/orders`,
          Tags: [{ Key: "a", Value: "by hand" }],
        }),
    },
  },
  {
    type: "AWS::Events::Rule",
    properties: { ScheduleExpression: "rate(5 minutes)" },
    updates: [{ ScheduleExpression: "cron(0 12 * * ? *)" }],
  },
  {
    type: "AWS::Events::Archive",
    around: { Bus: BUS },
    properties: {
      ArchiveName: "orders",
      SourceArn: { "Fn::GetAtt": ["Bus", "Arn"] },
      Description: "Orders",
      EventPattern: { source: ["shop"] },
      RetentionDays: 7,
      KmsKeyIdentifier: "alias/mine",
    },
    updates: [
      { Description: "Old orders" },
      { EventPattern: { source: ["store"] } },
      { RetentionDays: 14 },
      { KmsKeyIdentifier: "alias/other" },
    ],
    byHand: {
      "/RetentionDays": (cloud, ArchiveName) => cloud.call(updateArchive, { ArchiveName, RetentionDays: 1 }),
    },
  },
  {
    type: "AWS::Events::EventBus",
    properties: {
      Name: "shop",
      Description: "The shop's",
      KmsKeyIdentifier: "alias/mine",
      Policy: { Version: "2012-10-17", Statement: [{ Sid: "a", ...statement("events:PutEvents") }] },
      Tags,
    },
    updates: [
      { Description: "The store's" },
      { KmsKeyIdentifier: "alias/other" },
      { Policy: { Version: "2012-10-17", Statement: [{ Sid: "a", ...statement("events:PutRule") }] } },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    withoutAttributes: ["Policy"],
    byHand: {
      "/Description": (cloud, Name) => cloud.call(updateEventBus, { Name, Description: "by hand" }),
      "/Policy/Statement/1": (cloud, EventBusName) =>
        cloud.call(putPermission, { EventBusName, StatementId: "b", Action: "events:PutEvents", Principal: "444455556666" }),
      "/Tags/0/Value": (cloud, Name) =>
        cloud.call(tagResource, {
          ResourceARN: `arn:aws:events:${cloud.region}:${cloud.account}:event-bus/${Name}`,
          Tags: [{ Key: "a", Value: "by hand" }],
        }),
    },
  },
  {
    type: "AWS::Events::EventBusPolicy",
    around: { Bus: BUS },
    properties: { EventBusName: { Ref: "Bus" }, StatementId: "others", Statement: statement("events:PutEvents") },
    updates: [{ Statement: statement("events:PutRule") }],
    byHand: {
      "/Statement/Action": (cloud) =>
        cloud.call(putPermission, { EventBusName: "shop", StatementId: "others", Action: "events:Other", Principal: "444455556666" }),
    },
  },
  {
    type: "AWS::Events::EventBusPolicy",
    // There is only one.
    unchangeable: ["Action"],
    properties: {
      StatementId: "others",
      Action: "events:PutEvents",
      Principal: "*",
      Condition: { Type: "StringEquals", Key: "aws:PrincipalOrgID", Value: "o-abcdefghij" },
    },
    updates: [{ Principal: "444455556666" }, { Condition: { Type: "StringEquals", Key: "aws:PrincipalOrgID", Value: "o-klmnopqrst" } }],
  },
];
