import type { ResourceExample } from "../../testing/resource-example.ts";
import { setSubscriptionAttributes } from "./subscription.ts";
import { setTopicAttributes, untagResource } from "./topic.ts";

const policy = (Sid: string) => ({
  Version: "2012-10-17",
  Statement: [{ Sid, Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sns:Publish", Resource: "*" }],
});
const queueArn = (name: string): string => `arn:aws:sqs:eu-west-1:111122223333:${name}`;
const TOPIC = { Type: "AWS::SNS::Topic", Properties: { TopicName: "news" } };
const OTHER = { Type: "AWS::SNS::Topic" };
const role = (name: string): string => `arn:aws:iam::111122223333:role/${name}`;

export const snsExamples: readonly ResourceExample[] = [
  {
    type: "AWS::SNS::Topic",
    properties: {
      TopicName: "news",
      DisplayName: "News",
      KmsMasterKeyId: "alias/aws/sns",
      TracingConfig: "Active",
      SignatureVersion: "2",
      DeliveryStatusLogging: [{ Protocol: "sqs", SuccessFeedbackRoleArn: role("a"), SuccessFeedbackSampleRate: "10" }],
      Subscription: [{ Protocol: "sqs", Endpoint: queueArn("one") }],
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [
      { DisplayName: "Old news" },
      { KmsMasterKeyId: "alias/mine" },
      { TracingConfig: "PassThrough" },
      { SignatureVersion: "1" },
      { DeliveryStatusLogging: [{ Protocol: "http/s", FailureFeedbackRoleArn: role("b") }] },
      { Subscription: [{ Protocol: "sqs", Endpoint: queueArn("two") }] },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/DisplayName": (cloud, TopicArn) =>
        cloud.call(setTopicAttributes, { TopicArn, AttributeName: "DisplayName", AttributeValue: "by hand" }),
      "/Tags/0": (cloud, ResourceArn) => cloud.call(untagResource, { ResourceArn, TagKeys: ["a"] }),
    },
  },
  {
    type: "AWS::SNS::Topic",
    properties: { TopicName: "news.fifo", FifoTopic: true, ContentBasedDeduplication: true, FifoThroughputScope: "Topic" },
    updates: [{ ContentBasedDeduplication: false }, { FifoThroughputScope: "MessageGroup" }],
  },
  {
    type: "AWS::SNS::Subscription",
    around: { Topic: TOPIC },
    properties: {
      TopicArn: { Ref: "Topic" },
      Protocol: "sqs",
      Endpoint: queueArn("one"),
      FilterPolicy: { kind: ["new"] },
      FilterPolicyScope: "MessageBody",
      DeliveryPolicy: { healthyRetryPolicy: { numRetries: 3 } },
      RedrivePolicy: { deadLetterTargetArn: queueArn("dead") },
      RawMessageDelivery: true,
      Region: "eu-west-1",
    },
    updates: [
      { FilterPolicy: { kind: ["old"] } },
      { FilterPolicyScope: "MessageAttributes" },
      { DeliveryPolicy: { healthyRetryPolicy: { numRetries: 5 } } },
      { RedrivePolicy: { deadLetterTargetArn: queueArn("deader") } },
      { RawMessageDelivery: false },
      { Region: undefined },
    ],
    byHand: {
      "/FilterPolicy/kind/0": (cloud, SubscriptionArn) =>
        cloud.call(setSubscriptionAttributes, { SubscriptionArn, AttributeName: "FilterPolicy", AttributeValue: '{"kind":["other"]}' }),
      "/RawMessageDelivery": (cloud, SubscriptionArn) =>
        cloud.call(setSubscriptionAttributes, { SubscriptionArn, AttributeName: "RawMessageDelivery", AttributeValue: "false" }),
    },
  },
  {
    type: "AWS::SNS::TopicPolicy",
    around: { Topic: TOPIC, Other: OTHER },
    properties: { Topics: [{ Ref: "Topic" }], PolicyDocument: policy("one") },
    updates: [{ PolicyDocument: policy("two") }, { Topics: [{ Ref: "Topic" }, { Ref: "Other" }] }, { Topics: [{ Ref: "Other" }] }],
    byHand: {
      "/PolicyDocument/Statement/0/Sid": (cloud) =>
        cloud.call(setTopicAttributes, {
          TopicArn: `arn:aws:sns:eu-west-1:${cloud.account}:news`,
          AttributeName: "Policy",
          AttributeValue: JSON.stringify(policy("by hand")),
        }),
    },
  },
  {
    type: "AWS::SNS::TopicInlinePolicy",
    around: { Topic: TOPIC },
    properties: { TopicArn: { Ref: "Topic" }, PolicyDocument: policy("one") },
    updates: [{ PolicyDocument: policy("two") }],
  },
];
