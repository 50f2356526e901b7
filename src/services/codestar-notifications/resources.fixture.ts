import type { ResourceExample } from "../../testing/resource-example.ts";
import { updateNotificationRule } from "./rule.ts";

const ARN = "eu-west-1:111122223333";
const topic = (name: string) => ({ TargetType: "SNS", TargetAddress: `arn:aws:sns:${ARN}:${name}` });

export const notificationExamples: readonly ResourceExample[] = [
  {
    type: "AWS::CodeStarNotifications::NotificationRule",
    properties: {
      Name: "failures",
      Resource: `arn:aws:codepipeline:${ARN}:release`,
      EventTypeIds: ["codepipeline-pipeline-pipeline-execution-failed"],
      DetailType: "BASIC",
      Status: "DISABLED",
      CreatedBy: "ann",
      Targets: [topic("one")],
      Tags: { a: "b" },
    },
    updates: [
      { EventTypeIds: ["codepipeline-pipeline-stage-execution-failed"] },
      { DetailType: "FULL" },
      { Status: "ENABLED" },
      { CreatedBy: "bob" },
      { Targets: [topic("one"), topic("two")] },
      { Tags: { a: "c" } },
      { Name: "other" },
    ],
    byHand: {
      "/Status": (cloud, Arn) => cloud.call(updateNotificationRule, { Arn, Status: "ENABLED" }),
      "/DetailType": (cloud, Arn) => cloud.call(updateNotificationRule, { Arn, DetailType: "FULL" }),
    },
  },
];
