import type { ResourceExample } from "../../testing/resource-example.ts";
import { setQueueAttributes, tagQueue } from "./queue.ts";

const policy = (Sid: string) => ({
  Version: "2012-10-17",
  Statement: [{ Sid, Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: "*" }],
});
const Tags = [{ Key: "a", Value: "b" }];
const DEAD = { Type: "AWS::SQS::Queue", Properties: { QueueName: "dead" } };
const OTHER = { Type: "AWS::SQS::Queue" };
const deadArn = { "Fn::GetAtt": ["Dead", "Arn"] };
const attribute = (name: string, value: string): NonNullable<ResourceExample["byHand"]>[string] => {
  return (cloud, QueueUrl) => cloud.call(setQueueAttributes, { QueueUrl, Attributes: { [name]: value } });
};

export const sqsExamples: readonly ResourceExample[] = [
  {
    type: "AWS::SQS::Queue",
    around: { Dead: DEAD },
    properties: {
      QueueName: "orders",
      DelaySeconds: 1,
      MaximumMessageSize: 2048,
      MessageRetentionPeriod: 120,
      ReceiveMessageWaitTimeSeconds: 3,
      VisibilityTimeout: 40,
      RedrivePolicy: { deadLetterTargetArn: deadArn, maxReceiveCount: 3 },
      RedriveAllowPolicy: { redrivePermission: "denyAll" },
      SqsManagedSseEnabled: false,
      KmsMasterKeyId: "alias/aws/sqs",
      KmsDataKeyReusePeriodSeconds: 60,
      Tags,
    },
    updates: [
      { DelaySeconds: 2 },
      { MaximumMessageSize: 4096 },
      { MessageRetentionPeriod: 240 },
      { ReceiveMessageWaitTimeSeconds: 4 },
      { VisibilityTimeout: 50 },
      { RedrivePolicy: { deadLetterTargetArn: deadArn, maxReceiveCount: 5 } },
      { RedrivePolicy: undefined },
      { RedriveAllowPolicy: { redrivePermission: "allowAll" } },
      { KmsDataKeyReusePeriodSeconds: 90 },
      { KmsMasterKeyId: undefined, SqsManagedSseEnabled: true },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/DelaySeconds": attribute("DelaySeconds", "9"),
      "/VisibilityTimeout": attribute("VisibilityTimeout", "9"),
      "/RedrivePolicy": attribute("RedrivePolicy", ""),
      "/Tags/0/Value": (cloud, QueueUrl) => cloud.call(tagQueue, { QueueUrl, Tags: { a: "by hand" } }),
    },
  },
  {
    type: "AWS::SQS::Queue",
    properties: {
      QueueName: "orders.fifo",
      FifoQueue: true,
      ContentBasedDeduplication: true,
      DeduplicationScope: "messageGroup",
      FifoThroughputLimit: "perMessageGroupId",
    },
    updates: [{ ContentBasedDeduplication: false }, { FifoThroughputLimit: "perQueue" }, { DeduplicationScope: "queue" }],
  },
  {
    type: "AWS::SQS::QueuePolicy",
    around: { Dead: DEAD, Other: OTHER },
    properties: { Queues: [{ Ref: "Dead" }], PolicyDocument: policy("one") },
    updates: [{ PolicyDocument: policy("two") }, { Queues: [{ Ref: "Dead" }, { Ref: "Other" }] }, { Queues: [{ Ref: "Other" }] }],
    byHand: {
      "/PolicyDocument/Statement/0/Sid": (cloud) =>
        cloud.call(setQueueAttributes, { QueueUrl: "dead", Attributes: { Policy: JSON.stringify(policy("by hand")) } }),
    },
  },
  {
    type: "AWS::SQS::QueueInlinePolicy",
    around: { Dead: DEAD },
    properties: { Queue: { Ref: "Dead" }, PolicyDocument: policy("one") },
    updates: [{ PolicyDocument: policy("two") }],
  },
];
