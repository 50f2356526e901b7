import { present } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import { checkAttributes, idOf, newSubscription, subscriptionArn, subscriptions } from "./subscription.ts";
import { nameOf, requireTopic, topicArn } from "./topic.ts";

type Properties = Readonly<Record<string, any>>;

const OBJECTS = ["FilterPolicy", "DeliveryPolicy", "RedrivePolicy"];
const TEXTS = ["RawMessageDelivery", "FilterPolicyScope"];

/**
 * Its id is its ARN; the topic may be in another region.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html
 */
export const subscriptionResource: ResourceType<Properties> = {
  type: "AWS::SNS::Subscription",
  absent: { ReplayPolicy: [], SubscriptionRoleArn: [] },
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const { TopicArn, Protocol, Endpoint = "" } = declared;
      const { scope: home } = requireTopic(scope, TopicArn);
      const attributes = attributesOf(declared);
      checkAttributes(attributes);
      const found = newSubscription(home, nameOf(TopicArn), Protocol, Endpoint, {});
      subscriptions.patch(home, found.id, { attributes });
      return id ?? subscriptionArn(home, found);
    }),
  read(scope, id) {
    const home = scope.at(id);
    const found = subscriptions.get(home, idOf(id));
    if (found === undefined) return undefined;
    const { FilterPolicy, DeliveryPolicy, RedrivePolicy, RawMessageDelivery = "false", FilterPolicyScope } = found.attributes;
    return present({
      Arn: id,
      TopicArn: topicArn(home, found.topic),
      Protocol: found.protocol,
      Endpoint: found.endpoint,
      FilterPolicy: FilterPolicy && JSON.parse(FilterPolicy),
      FilterPolicyScope: FilterPolicyScope ?? (FilterPolicy && "MessageAttributes"),
      DeliveryPolicy: DeliveryPolicy && JSON.parse(DeliveryPolicy),
      RedrivePolicy: RedrivePolicy && JSON.parse(RedrivePolicy),
      RawMessageDelivery: RawMessageDelivery === "true",
    });
  },
  remove(scope, id) {
    subscriptions.remove(scope.at(id), idOf(id));
    return { state: "done", id };
  },
  list: (scope) => subscriptions.list(scope).map((subscription) => subscriptionArn(scope, subscription)),
};

const attributesOf = (declared: Properties): Record<string, string> =>
  Object.fromEntries([
    ...OBJECTS.filter((name) => declared[name] !== undefined).map((name) => [
      name,
      typeof declared[name] === "string" ? declared[name] : JSON.stringify(declared[name]),
    ]),
    ...TEXTS.filter((name) => declared[name] !== undefined).map((name) => [name, String(declared[name])]),
  ]);
