import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { topicInlinePolicyResource, topicPolicyResource } from "./resource-policy.ts";
import { subscriptionResource } from "./resource-subscription.ts";
import { newSubscription, subscriptions } from "./subscription.ts";
import { checkName, nameOf, removeTopic, type Topic, topicArn, topics } from "./topic.ts";

type Properties = Readonly<Record<string, any>>;

const TEXTS = ["DisplayName", "KmsMasterKeyId", "TracingConfig", "SignatureVersion", "FifoThroughputScope"];
const BOOLEANS = ["FifoTopic", "ContentBasedDeduplication"];
const FEEDBACK = ["SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"];
/** How the names of attributes begin that say where deliveries of a protocol are logged. */
const FEEDBACK_PROTOCOLS: Readonly<Record<string, string>> = {
  "http/s": "HTTP",
  sqs: "SQS",
  lambda: "Lambda",
  firehose: "Firehose",
  application: "Application",
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html; its id is its ARN. */
const topicResource: ResourceType<Properties> = {
  type: "AWS::SNS::Topic",
  absent: { ArchivePolicy: [], DataProtectionPolicy: [], MaximumMessageSize: [] },
  ensure: (scope, declared, id, { generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const fifo = String(declared["FifoTopic"]) === "true";
      const name =
        id === undefined ? (declared["TopicName"] ?? `${nameWithin(250, generatedName, logicalId)}${fifo ? ".fifo" : ""}`) : nameOf(id);
      const known = topics.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::SNS::Topic", name);
      checkName(name, fifo);
      const { Policy, DeliveryPolicy } = known?.attributes ?? {};
      const others = present({ Policy, DeliveryPolicy });
      topics.put(scope, { id: name, attributes: { ...attributesOf(declared), ...others }, tags: allTags(tags, declared["Tags"]) });
      topics.patch(scope, name, { subscriptions: subscribe(scope, name, declared["Subscription"] ?? [], known?.subscriptions ?? []) });
      return topicArn(scope, name);
    }),
  read(scope, id) {
    const topic = topics.get(scope, nameOf(id));
    return topic && live(scope, topic);
  },
  remove(scope, id) {
    removeTopic(scope, nameOf(id));
    return { state: "done", id };
  },
  list: (scope) => topics.list(scope).map((topic) => topicArn(scope, topic.id)),
};

export const snsResources = [topicResource, subscriptionResource, topicPolicyResource, topicInlinePolicyResource];

/** Subscribe what the topic declares, and take away what it declared before; answers the ids. */
function subscribe(scope: Scope, topic: string, declared: readonly Properties[], before: readonly string[]): string[] {
  const now = declared.map(({ Protocol, Endpoint }) => newSubscription(scope, topic, Protocol, Endpoint, {}).id);
  for (const id of before.filter((one) => !now.includes(one))) subscriptions.remove(scope, id);
  return now;
}

function attributesOf(declared: Properties): Record<string, string> {
  const own = [...TEXTS, ...BOOLEANS].filter((name) => declared[name] !== undefined).map((name) => [name, String(declared[name])]);
  const logging = ((declared["DeliveryStatusLogging"] ?? []) as Properties[]).flatMap((one) =>
    FEEDBACK.filter((name) => one[name] !== undefined).map((name) => [`${FEEDBACK_PROTOCOLS[one["Protocol"]]}${name}`, String(one[name])]),
  );
  return Object.fromEntries([...own, ...logging]);
}

function live(scope: Scope, { id, attributes, tags, subscriptions: own = [] }: Topic): Properties {
  const booleans = BOOLEANS.filter((name) => attributes[name] !== undefined).map((name) => [name, attributes[name] === "true"]);
  return present({
    TopicArn: topicArn(scope, id),
    TopicName: id,
    ...Object.fromEntries(TEXTS.map((name) => [name, attributes[name]])),
    ...Object.fromEntries(booleans),
    DeliveryStatusLogging: Object.entries(FEEDBACK_PROTOCOLS).flatMap(([Protocol, prefix]) => {
      const said = present(Object.fromEntries(FEEDBACK.map((name) => [name, attributes[`${prefix}${name}`]])));
      return Object.keys(said).length > 0 ? [{ Protocol, ...said }] : [];
    }),
    Subscription: own.flatMap((one) => {
      const found = subscriptions.get(scope, one);
      return found === undefined ? [] : [{ Protocol: found.protocol, Endpoint: found.endpoint }];
    }),
    Tags: tagList(tags),
  });
}
