import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  ConfirmSubscription$,
  GetSubscriptionAttributes$,
  InvalidParameterException,
  ListSubscriptions$,
  ListSubscriptionsByTopic$,
  NotFoundException,
  SetSubscriptionAttributes$,
  Subscribe$,
  Unsubscribe$,
} from "../../sdk/sns.js";
import { compileFilterPolicy } from "./filter-policy.ts";
import { askToConfirm } from "./publish.ts";
import { deadLetterOf } from "./redrive.ts";
import { nameOf, requireTopic, topicArn } from "./topic.ts";

export type Protocol = "sqs" | "lambda" | "http" | "https";

/** A subscription, by topic and id. */
export interface Subscription extends Row {
  readonly topic: string;
  readonly protocol: Protocol;
  readonly endpoint: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** An HTTP endpoint has to send this back before it is given anything. */
  readonly pendingToken?: string;
}

export const subscriptions = new Table<Subscription>("sns/subscription", {
  indexes: { topic: ({ topic }) => topic },
  arn: ({ id }, { account, region }) => `arn:aws:sns:${region}:${account}:${id.replace("/", ":")}`,
});

const SETTABLE = ["DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy", "SubscriptionRoleArn"];
const NOT_IMPLEMENTED = ["email", "email-json", "sms", "application", "firehose"];

export const subscribe = operation(
  Subscribe$,
  (scope, { TopicArn, Protocol: protocol, Endpoint, Attributes = {}, ReturnSubscriptionArn }) => {
    const { topic, scope: home } = requireTopic(scope, TopicArn!);
    const subscription = newSubscription(home, topic.id, protocol!, Endpoint ?? "", Attributes);
    const pending = subscription.pendingToken !== undefined && !ReturnSubscriptionArn;
    return { SubscriptionArn: pending ? "pending confirmation" : subscriptionArn(home, subscription) };
  },
  { partial: "the protocols sqs, lambda, http and https" },
);

export const confirmSubscription = operation(ConfirmSubscription$, (scope, { TopicArn, Token }) => {
  const { topic, scope: home } = requireTopic(scope, TopicArn!);
  const subscription = subscriptions.by(home, "topic", topic.id).find(({ pendingToken }) => pendingToken === Token);
  if (subscription === undefined) return fault(InvalidParameterException, "Invalid parameter: Token");
  subscriptions.patch(home, subscription.id, { pendingToken: undefined });
  return { SubscriptionArn: subscriptionArn(home, subscription) };
});

export const unsubscribe = operation(Unsubscribe$, (scope, { SubscriptionArn }) => {
  subscriptions.remove(scope.at(SubscriptionArn!), idOf(SubscriptionArn!));
  return {};
});

export const listSubscriptions = operation(ListSubscriptions$, (scope, { NextToken }) =>
  listed(scope, subscriptions.list(scope), NextToken),
);

export const listSubscriptionsByTopic = operation(ListSubscriptionsByTopic$, (scope, { TopicArn, NextToken }) => {
  const { topic, scope: home } = requireTopic(scope, TopicArn!);
  return listed(home, subscriptions.by(home, "topic", topic.id), NextToken);
});

export const getSubscriptionAttributes = operation(GetSubscriptionAttributes$, (scope, { SubscriptionArn }) => {
  const { subscription, scope: home } = requireSubscription(scope, SubscriptionArn!);
  const { topic, protocol, endpoint, attributes, pendingToken } = subscription;
  return {
    Attributes: {
      SubscriptionArn: SubscriptionArn!,
      TopicArn: topicArn(home, topic),
      Owner: home.account,
      Protocol: protocol,
      Endpoint: endpoint,
      PendingConfirmation: String(pendingToken !== undefined),
      ConfirmationWasAuthenticated: "true",
      RawMessageDelivery: "false",
      SubscriptionPrincipal: `arn:aws:iam::${home.account}:root`,
      ...attributes,
    },
  };
});

export const setSubscriptionAttributes = operation(
  SetSubscriptionAttributes$,
  (scope, { SubscriptionArn, AttributeName, AttributeValue = "" }) => {
    const { subscription, scope: home } = requireSubscription(scope, SubscriptionArn!);
    checkAttributes({ [AttributeName!]: AttributeValue });
    const { [AttributeName!]: _, ...others } = subscription.attributes;
    subscriptions.patch(home, subscription.id, {
      attributes: AttributeValue === "" ? others : { ...others, [AttributeName!]: AttributeValue },
    });
    return {};
  },
);

/** Subscribe an endpoint; one that is subscribed stays as it is. */
export function newSubscription(
  scope: Scope,
  topic: string,
  protocol: string,
  endpoint: string,
  attributes: Readonly<Record<string, string>>,
): Subscription {
  if (NOT_IMPLEMENTED.includes(protocol)) fault("NotImplemented", `Subscriptions of the protocol ${protocol} are not implemented.`, 501);
  const valid =
    protocol === "sqs" || protocol === "lambda"
      ? endpoint.startsWith(`arn:aws:${protocol}:`)
      : /^https?$/.test(protocol) && endpoint.startsWith(`${protocol}://`);
  if (!valid)
    fault(
      InvalidParameterException,
      `Invalid parameter: ${/^(sqs|lambda|https?)$/.test(protocol) ? `Endpoint: ${endpoint}` : `Does not support this protocol string: ${protocol}`}`,
    );
  checkAttributes(attributes);
  const known = subscriptions.by(scope, "topic", topic).find((other) => other.protocol === protocol && other.endpoint === endpoint);
  if (known !== undefined) return known;
  const pending = protocol === "http" || protocol === "https" ? { pendingToken: scope.id.hex(128) } : {};
  const subscription = subscriptions.put(scope, {
    id: `${topic}/${scope.id.uuid()}`,
    topic,
    protocol: protocol as Protocol,
    endpoint,
    attributes,
    ...pending,
  });
  if (subscription.pendingToken !== undefined) askToConfirm(scope, subscription);
  return subscription;
}

export const subscriptionArn = (scope: Scope, { id }: Subscription): string => scope.arn("sns", id.replace("/", ":"));

/** arn:aws:sns:REGION:ACCOUNT:TOPIC:ID is TOPIC/ID. */
export const idOf = (arn: string): string => `${nameOf(arn)}/${arn.split(":")[6]}`;

function requireSubscription(scope: Scope, arn: string): { subscription: Subscription; scope: Scope } {
  const home = scope.at(arn);
  const subscription = subscriptions.get(home, idOf(arn));
  return subscription === undefined ? fault(NotFoundException, "Subscription does not exist") : { subscription, scope: home };
}

export function checkAttributes(attributes: Readonly<Record<string, string>>): void {
  const unknown = Object.keys(attributes).find((name) => !SETTABLE.includes(name));
  if (unknown !== undefined) fault(InvalidParameterException, "Invalid parameter: AttributeName");
  const redrive = attributes["RedrivePolicy"];
  if (redrive && deadLetterOf(redrive) === undefined)
    fault(InvalidParameterException, "Invalid parameter: RedrivePolicy: deadLetterTargetArn is not a valid ARN of a queue.");
  const policy = attributes["FilterPolicy"];
  if (policy && compileFilterPolicy(policy) === undefined)
    fault(InvalidParameterException, "Invalid parameter: FilterPolicy: failed to parse JSON.");
}

function listed(scope: Scope, rows: readonly Subscription[], token: string | undefined) {
  const { items, nextToken } = page(
    rows,
    ({ id }) => id,
    100,
    token,
    () => fault(InvalidParameterException, "Invalid parameter: NextToken"),
  );
  const Subscriptions = items.map((subscription) => ({
    SubscriptionArn: subscription.pendingToken === undefined ? subscriptionArn(scope, subscription) : "PendingConfirmation",
    Owner: scope.account,
    Protocol: subscription.protocol,
    Endpoint: subscription.endpoint,
    TopicArn: topicArn(scope, subscription.topic),
  }));
  return { Subscriptions, ...(nextToken && { NextToken: nextToken }) };
}
