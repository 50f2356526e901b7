import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  CreateTopic$,
  DeleteTopic$,
  GetTopicAttributes$,
  InvalidParameterException,
  ListTagsForResource$,
  ListTopics$,
  NotFoundException,
  ResourceNotFoundException,
  SetTopicAttributes$,
  TagResource$,
  UntagResource$,
} from "../../sdk/sns.js";
import { subscriptions } from "./subscription.ts";

/** A topic, by its name. */
export interface Topic extends Row {
  /** Those that were set: DisplayName, Policy, FifoTopic and so on. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Tags;
  /** The ids of the subscriptions that its template declares with it. */
  readonly subscriptions?: readonly string[];
}

export const topics = new Table<Topic>("sns/topic", { arn: ({ id }, { account, region }) => `arn:aws:sns:${region}:${account}:${id}` });

const SETTABLE = [
  ...["DeliveryPolicy", "DisplayName", "Policy", "TracingConfig", "KmsMasterKeyId", "SignatureVersion", "ArchivePolicy"],
  ...["FifoTopic", "ContentBasedDeduplication", "FifoThroughputScope"],
];

export const createTopic = operation(CreateTopic$, (scope, { Name, Attributes = {}, Tags }) => {
  checkName(Name!, Attributes["FifoTopic"] === "true");
  checkAttributes(Attributes);
  const known = topics.get(scope, Name!);
  if (known === undefined) topics.put(scope, { id: Name!, attributes: Attributes, tags: tagsOf(Tags) });
  else if (Object.entries(Attributes).some(([name, value]) => known.attributes[name] !== value)) {
    fault(InvalidParameterException, "Invalid parameter: Attributes Reason: Topic already exists with different attributes");
  }
  return { TopicArn: topicArn(scope, Name!) };
});

export const deleteTopic = operation(DeleteTopic$, (scope, { TopicArn }) => {
  const home = scope.at(TopicArn!);
  removeTopic(home, nameOf(TopicArn!));
  return {};
});

export const getTopicAttributes = operation(GetTopicAttributes$, (scope, { TopicArn }) => {
  const { topic, scope: home } = requireTopic(scope, TopicArn!);
  const confirmed = subscriptions.by(home, "topic", topic.id).filter(({ pendingToken }) => pendingToken === undefined).length;
  const all = subscriptions.by(home, "topic", topic.id).length;
  return {
    Attributes: {
      TopicArn: TopicArn!,
      Owner: home.account,
      Policy: defaultPolicy(home, topic.id),
      EffectiveDeliveryPolicy: DELIVERY_POLICY,
      SubscriptionsConfirmed: String(confirmed),
      SubscriptionsPending: String(all - confirmed),
      SubscriptionsDeleted: "0",
      ...topic.attributes,
    },
  };
});

export const setTopicAttributes = operation(SetTopicAttributes$, (scope, { TopicArn, AttributeName, AttributeValue = "" }) => {
  const { topic, scope: home } = requireTopic(scope, TopicArn!);
  checkAttributes({ [AttributeName!]: AttributeValue });
  topics.patch(home, topic.id, { attributes: { ...topic.attributes, [AttributeName!]: AttributeValue } });
  return {};
});

export const listTopics = operation(ListTopics$, (scope, { NextToken }) => {
  const { items, nextToken } = page(
    topics.list(scope),
    ({ id }) => id,
    100,
    NextToken,
    () => fault(InvalidParameterException, "Invalid parameter: NextToken"),
  );
  return { Topics: items.map(({ id }) => ({ TopicArn: topicArn(scope, id) })), ...(nextToken && { NextToken: nextToken }) };
});

export const tagResource = operation(TagResource$, (scope, { ResourceArn, Tags }) => {
  const { topic, scope: home } = requireTagged(scope, ResourceArn!);
  topics.patch(home, topic.id, { tags: withTags(topic.tags, tagsOf(Tags)) });
  return {};
});

export const untagResource = operation(UntagResource$, (scope, { ResourceArn, TagKeys }) => {
  const { topic, scope: home } = requireTagged(scope, ResourceArn!);
  topics.patch(home, topic.id, { tags: withoutTags(topic.tags, TagKeys!) });
  return {};
});

export const listTagsForResource = operation(ListTagsForResource$, (scope, { ResourceArn }) => ({
  Tags: tagList(requireTagged(scope, ResourceArn!).topic.tags),
}));

export function checkName(name: string, fifo: boolean): void {
  if (!/^[A-Za-z0-9_-]{1,256}(\.fifo)?$/.test(name) || name.endsWith(".fifo") !== fifo)
    fault(InvalidParameterException, "Invalid parameter: Topic Name");
}

export function removeTopic(scope: Scope, name: string): void {
  for (const { id } of subscriptions.by(scope, "topic", name)) subscriptions.remove(scope, id);
  topics.remove(scope, name);
}

export function requireTopic(scope: Scope, arn: string): { topic: Topic; scope: Scope } {
  const home = scope.at(arn);
  const topic = topics.get(home, nameOf(arn));
  return topic === undefined ? fault(NotFoundException, "Topic does not exist") : { topic, scope: home };
}

export const topicArn = (scope: Scope, name: string): string => scope.arn("sns", name);

export const nameOf = (arn: string): string => arn.split(":")[5] ?? "";

function requireTagged(scope: Scope, arn: string): { topic: Topic; scope: Scope } {
  const home = scope.at(arn);
  const topic = topics.get(home, nameOf(arn));
  return topic === undefined ? fault(ResourceNotFoundException, "Resource does not exist") : { topic, scope: home };
}

function checkAttributes(attributes: Readonly<Record<string, string>>): void {
  const unknown = Object.keys(attributes).find((name) => !SETTABLE.includes(name) && !/FeedbackRoleArn$|FeedbackSampleRate$/.test(name));
  if (unknown !== undefined) fault(InvalidParameterException, "Invalid parameter: AttributeName");
}

const DELIVERY_POLICY = JSON.stringify({
  http: {
    defaultHealthyRetryPolicy: {
      minDelayTarget: 20,
      maxDelayTarget: 20,
      numRetries: 3,
      numMaxDelayRetries: 0,
      numNoDelayRetries: 0,
      numMinDelayRetries: 0,
      backoffFunction: "linear",
    },
    disableSubscriptionOverrides: false,
    defaultRequestPolicy: { headerContentType: "text/plain; charset=UTF-8" },
  },
});

const ACTIONS = [
  "GetTopicAttributes",
  "SetTopicAttributes",
  "AddPermission",
  "RemovePermission",
  "DeleteTopic",
  "Subscribe",
  "ListSubscriptionsByTopic",
  "Publish",
];

const defaultPolicy = (scope: Scope, name: string): string =>
  JSON.stringify({
    Version: "2008-10-17",
    Id: "__default_policy_ID",
    Statement: [
      {
        Sid: "__default_statement_ID",
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: ACTIONS.map((action) => `SNS:${action}`),
        Resource: topicArn(scope, name),
        Condition: { StringEquals: { "AWS:SourceOwner": scope.account } },
      },
    ],
  });
