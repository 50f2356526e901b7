import { attempt, type ResourceType } from "../../kernel/resource.ts";
import { tagList, tagsOf } from "../../kernel/tag.ts";
import { idOf, newSubscription, subscriptionArn, subscriptions } from "./subscription.ts";
import { nameOf, removeTopic, requireTopic, topicArn, topics } from "./topic.ts";

type Properties = Readonly<Record<string, any>>;

const TEXTS = [
  "DisplayName",
  "KmsMasterKeyId",
  "FifoTopic",
  "ContentBasedDeduplication",
  "TracingConfig",
  "SignatureVersion",
  "FifoThroughputScope",
];

/** Its id is its ARN. */
const topic: ResourceType<Properties> = {
  type: "AWS::SNS::Topic",
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const fifo = String(declared["FifoTopic"]) === "true";
      const name = id === undefined ? (declared["TopicName"] ?? `${generatedName.slice(-250)}${fifo ? ".fifo" : ""}`) : nameOf(id);
      const known = topics.get(scope, name);
      if (id === undefined && known !== undefined && declared["TopicName"] !== undefined) throw new Exists(name);
      const attributes = Object.fromEntries(
        TEXTS.filter((text) => declared[text] !== undefined).map((text) => [text, String(declared[text])]),
      );
      const policy = known?.attributes["Policy"];
      topics.put(scope, {
        id: name,
        attributes: { ...attributes, ...(policy && { Policy: policy }) },
        tags: { ...tagsOf(tags), ...tagsOf(declared["Tags"]) },
      });
      for (const { Protocol, Endpoint } of declared["Subscription"] ?? []) newSubscription(scope, name, Protocol, Endpoint, {});
      return topicArn(scope, name);
    }),
  read(scope, id) {
    const found = topics.get(scope, nameOf(id));
    if (found === undefined) return undefined;
    const { Policy: _, ...attributes } = found.attributes;
    return { TopicArn: id, TopicName: found.id, ...attributes, ...(Object.keys(found.tags).length > 0 && { Tags: tagList(found.tags) }) };
  },
  remove(scope, id) {
    removeTopic(scope, nameOf(id));
    return { state: "done", id };
  },
  attributes: (_scope, id) => ({ TopicArn: id, TopicName: nameOf(id) }),
};

const subscription: ResourceType<Properties> = {
  type: "AWS::SNS::Subscription",
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const { TopicArn, Protocol, Endpoint } = declared;
      const home = requireTopic(scope, TopicArn).scope;
      const found = newSubscription(home, nameOf(TopicArn), Protocol, Endpoint, {});
      subscriptions.patch(home, found.id, { attributes: attributesOf(declared) });
      return id ?? subscriptionArn(home, found);
    }),
  read(scope, id) {
    const found = subscriptions.get(scope, idOf(id));
    if (found === undefined) return undefined;
    const { FilterPolicy, RedrivePolicy, RawMessageDelivery, FilterPolicyScope } = found.attributes;
    return {
      Arn: id,
      TopicArn: topicArn(scope, found.topic),
      Protocol: found.protocol,
      Endpoint: found.endpoint,
      ...(FilterPolicy !== undefined && { FilterPolicy: JSON.parse(FilterPolicy) }),
      ...(RedrivePolicy !== undefined && { RedrivePolicy: JSON.parse(RedrivePolicy) }),
      ...(FilterPolicyScope !== undefined && { FilterPolicyScope }),
      ...(RawMessageDelivery !== undefined && { RawMessageDelivery: RawMessageDelivery === "true" }),
    };
  },
  remove(scope, id) {
    subscriptions.remove(scope.at(id), idOf(id));
    return { state: "done", id };
  },
};

/** Its id is a name that stands for the pair of policy and topics. */
const policy: ResourceType<Properties> = {
  type: "AWS::SNS::TopicPolicy",
  ensure: (scope, declared, id, { generatedName }) =>
    attempt(scope, () => {
      for (const arn of declared["Topics"] as string[]) {
        const found = requireTopic(scope, arn);
        topics.patch(found.scope, found.topic.id, {
          attributes: { ...found.topic.attributes, Policy: JSON.stringify(declared["PolicyDocument"]) },
        });
      }
      return id ?? generatedName;
    }),
  read: () => undefined,
  remove(scope, id, { previous }) {
    for (const arn of (previous?.["Topics"] ?? []) as string[]) {
      const found = topics.get(scope.at(arn), nameOf(arn));
      if (found === undefined) continue;
      const { Policy: _, ...attributes } = found.attributes;
      topics.patch(scope.at(arn), found.id, { attributes });
    }
    return { state: "done", id };
  },
};

export const snsResources = [topic, subscription, policy];

class Exists extends Error {
  readonly $fault = "client";
  constructor(name: string) {
    super(`${name} already exists`);
  }
}

function attributesOf(declared: Properties): Record<string, string> {
  const objects = ["FilterPolicy", "RedrivePolicy", "DeliveryPolicy"]
    .filter((name) => declared[name] !== undefined)
    .map((name) => [name, JSON.stringify(declared[name])]);
  const texts = ["RawMessageDelivery", "FilterPolicyScope", "SubscriptionRoleArn"]
    .filter((name) => declared[name] !== undefined)
    .map((name) => [name, String(declared[name])]);
  return Object.fromEntries([...objects, ...texts]);
}
