import type { DeliveryTarget } from "../../kernel/delivery.ts";
import { fault, isFault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  BatchEntryIdsNotDistinctException,
  EmptyBatchRequestException,
  InvalidParameterException,
  type MessageAttributeValue,
  Publish$,
  PublishBatch$,
  TooManyEntriesInBatchRequestException,
} from "../../sdk/sns.js";
import { compileFilterPolicy } from "./filter-policy.ts";
import { httpDeliveries } from "./http-delivery.ts";
import { deadLetterOf } from "./redrive.ts";
import { type Subscription, subscriptionArn, subscriptions } from "./subscription.ts";
import { requireTopic, topicArn, topics } from "./topic.ts";

/** A message as it was published. */
interface Message {
  readonly id: string;
  readonly topic: string;
  readonly message: string;
  readonly subject?: string;
  readonly structure?: string;
  readonly attributes: Readonly<Record<string, { readonly type: string; readonly value: string }>>;
  readonly groupId?: string;
}

const MESSAGE_BYTES_MAX = 262_144;

export const publish = operation(
  Publish$,
  (scope, input) => {
    const {
      TopicArn,
      TargetArn,
      PhoneNumber,
      Message: message = "",
      Subject,
      MessageStructure,
      MessageAttributes = {},
      MessageGroupId,
    } = input;
    if (PhoneNumber !== undefined) fault("NotImplemented", "Publishing to a phone number is not implemented.", 501);
    const arn = TopicArn ?? TargetArn;
    if (arn === undefined)
      fault(InvalidParameterException, "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter");
    const id = send(scope, arn!, { message, Subject, MessageStructure, MessageAttributes, MessageGroupId });
    return { MessageId: id };
  },
  { partial: "a FIFO topic keeps the order of a group, and does not deduplicate" },
);

export const publishBatch = operation(PublishBatch$, (scope, { TopicArn, PublishBatchRequestEntries: entries = [] }) => {
  if (entries.length === 0) fault(EmptyBatchRequestException, "The batch request doesn't contain any entries.");
  if (entries.length > 10) fault(TooManyEntriesInBatchRequestException, "The batch request contains more entries than permissible.");
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length)
    fault(BatchEntryIdsNotDistinctException, "Two or more batch entries in the request have the same Id.");
  const Successful: { Id: string; MessageId: string }[] = [];
  const Failed: { Id: string; Code: string; Message: string; SenderFault: boolean }[] = [];
  for (const { Id, Message: message = "", ...entry } of entries) {
    try {
      Successful.push({ Id: Id!, MessageId: send(scope, TopicArn!, { message, MessageAttributes: {}, ...entry }) });
    } catch (error) {
      if (!isFault(error)) throw error;
      Failed.push({ Id: Id!, Code: error.name, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
});

/** What alarms, rules, pipelines and stacks send to a topic. */
export const topicTarget: DeliveryTarget = {
  service: "sns",
  deliver(scope, { arn, payload, context }) {
    if (topics.get(scope, arn.split(":")[5] ?? "") === undefined) return { state: "failed", reason: "Topic does not exist", final: true };
    const MessageAttributes = Object.fromEntries(
      Object.entries(context?.attributes ?? {}).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
    );
    send(scope, arn, { message: payload, Subject: context?.subject, MessageAttributes, MessageGroupId: context?.messageGroupId });
    return { state: "done" };
  },
};

/** Ask an HTTP endpoint to confirm that it wants to be subscribed. */
export function askToConfirm(scope: Scope, subscription: Subscription): void {
  const arn = topicArn(scope, subscription.topic);
  const token = subscription.pendingToken!;
  const query = new URLSearchParams({ Action: "ConfirmSubscription", Version: "2010-03-31", TopicArn: arn, Token: token });
  const body = {
    Type: "SubscriptionConfirmation",
    MessageId: scope.id.uuid(),
    Token: token,
    TopicArn: arn,
    Message: `You have chosen to subscribe to the topic ${arn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    SubscribeURL: `${scope.settings.endpoint}/?${query}`,
    ...signed(scope),
  };
  post(scope, subscription, "SubscriptionConfirmation", body.MessageId, JSON.stringify(body));
}

interface Said {
  readonly message: string;
  readonly Subject?: string | undefined;
  readonly MessageStructure?: string | undefined;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttributeValue>> | undefined;
  readonly MessageGroupId?: string | undefined;
}

/** Send a message to everybody who is subscribed and wants it; answers its id. */
function send(scope: Scope, arn: string, { message, Subject, MessageStructure, MessageAttributes = {}, MessageGroupId }: Said): string {
  const { topic, scope: home } = requireTopic(scope, arn);
  if (message === "") fault(InvalidParameterException, "Invalid parameter: Empty message");
  if (Buffer.byteLength(message) > MESSAGE_BYTES_MAX) fault(InvalidParameterException, "Invalid parameter: Message too long");
  if (Subject !== undefined && (Subject === "" || Subject.length > 100 || /[\n\r]/.test(Subject)))
    fault(InvalidParameterException, "Invalid parameter: Subject");
  if (topic.id.endsWith(".fifo") && MessageGroupId === undefined)
    fault(InvalidParameterException, "Invalid parameter: The MessageGroupId parameter is required for FIFO topics");
  const attributes = Object.entries(MessageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
    name,
    { type: DataType!, value: StringValue ?? Buffer.from(BinaryValue ?? []).toString("base64") },
  ]);
  const published: Message = {
    id: scope.id.uuid(),
    topic: topic.id,
    message,
    ...(Subject !== undefined && { subject: Subject }),
    ...(MessageStructure !== undefined && { structure: MessageStructure }),
    attributes: Object.fromEntries(attributes),
    ...(MessageGroupId !== undefined && { groupId: MessageGroupId }),
  };
  const dimensions = { TopicName: topic.id };
  home.measure({ namespace: "AWS/SNS", name: "NumberOfMessagesPublished", dimensions }, { value: 1, unit: "Count" });
  home.measure({ namespace: "AWS/SNS", name: "PublishSize", dimensions }, { value: Buffer.byteLength(message), unit: "Bytes" });
  for (const subscription of subscriptions.by(home, "topic", topic.id)) {
    if (subscription.pendingToken === undefined && wants(subscription, published)) hand(home, subscription, published);
  }
  return published.id;
}

function wants({ attributes }: Subscription, { message, attributes: given }: Message): boolean {
  const policy = attributes["FilterPolicy"];
  if (policy === undefined) return true;
  const filter = compileFilterPolicy(policy)!;
  if (attributes["FilterPolicyScope"] === "MessageBody") {
    const body = parse(message);
    return body !== undefined && filter(body);
  }
  const values = Object.entries(given).map(([name, { type, value }]) => [
    name,
    type === "Number" ? Number(value) : type === "String.Array" ? parse(value) : value,
  ]);
  return filter(Object.fromEntries(values));
}

/** Give a message to one subscriber, in its protocol's form. */
function hand(scope: Scope, subscription: Subscription, published: Message): void {
  const { protocol, endpoint, attributes } = subscription;
  const id = `sns/${published.id}/${subscription.id}`;
  const text = textFor(protocol, published);
  const raw = attributes["RawMessageDelivery"] === "true";
  const sourceArn = topicArn(scope, published.topic);
  const redrive = attributes["RedrivePolicy"] === undefined ? undefined : deadLetterOf(attributes["RedrivePolicy"]);
  const deadLetter = redrive && { deadLetter: { arn: redrive } };
  switch (protocol) {
    case "sqs": {
      const payload = raw ? text : JSON.stringify(notification(scope, subscription, published, text));
      const rawAttributes = Object.fromEntries(Object.entries(published.attributes).map(([name, { value }]) => [name, value]));
      const context = {
        sourceArn,
        ...(raw && { attributes: rawAttributes }),
        ...deadLetter,
        ...(published.groupId !== undefined && { messageGroupId: published.groupId }),
      };
      scope.deliver(id, endpoint, payload, { from: "sns.amazonaws.com", context, attemptsMax: 100 });
      return;
    }
    case "lambda":
      scope.deliver(id, endpoint, record(scope, subscription, published, text), {
        from: "sns.amazonaws.com",
        context: { sourceArn, ...deadLetter },
        attemptsMax: 100,
      });
      return;
    default:
      post(
        scope,
        subscription,
        "Notification",
        published.id,
        raw ? text : JSON.stringify(notification(scope, subscription, published, text)),
        redrive,
      );
  }
}

function post(
  scope: Scope,
  subscription: Subscription,
  type: string,
  messageId: string,
  body: string,
  deadLetterArn?: string | undefined,
): void {
  const headers = {
    "content-type": "text/plain; charset=UTF-8",
    "user-agent": "Amazon Simple Notification Service Agent",
    "x-amz-sns-message-type": type,
    "x-amz-sns-message-id": messageId,
    "x-amz-sns-topic-arn": topicArn(scope, subscription.topic),
    ...(type === "Notification" && { "x-amz-sns-subscription-arn": subscriptionArn(scope, subscription) }),
  };
  httpDeliveries.put(scope, {
    id: `${messageId}/${subscription.id}`,
    url: subscription.endpoint,
    headers,
    body,
    attempt: 0,
    ...(deadLetterArn !== undefined && { deadLetterArn }),
  });
}

/** Of a message with a structure, the text for the protocol. */
function textFor(protocol: string, { message, structure }: Message): string {
  if (structure !== "json") return message;
  const texts = parse(message);
  if (texts?.["default"] === undefined)
    fault(InvalidParameterException, "Invalid parameter: Message Structure - No default entry in JSON message body");
  return String(texts![protocol] ?? texts!["default"]);
}

const attributesOf = ({ attributes }: Message) =>
  Object.fromEntries(Object.entries(attributes).map(([name, { type, value }]) => [name, { Type: type, Value: value }]));

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
const notification = (scope: Scope, subscription: Subscription, published: Message, text: string) => ({
  Type: "Notification",
  MessageId: published.id,
  TopicArn: topicArn(scope, published.topic),
  ...(published.subject !== undefined && { Subject: published.subject }),
  Message: text,
  ...signed(scope),
  UnsubscribeURL: `${scope.settings.endpoint}/?Action=Unsubscribe&Version=2010-03-31&SubscriptionArn=${subscriptionArn(scope, subscription)}`,
  ...(Object.keys(published.attributes).length > 0 && { MessageAttributes: attributesOf(published) }),
});

/** What a function is given. */
function record(scope: Scope, subscription: Subscription, published: Message, text: string): string {
  const { Timestamp, SignatureVersion, Signature, SigningCertURL } = signed(scope);
  const Sns = {
    Type: "Notification",
    MessageId: published.id,
    TopicArn: topicArn(scope, published.topic),
    Subject: published.subject ?? null,
    Message: text,
    Timestamp,
    SignatureVersion,
    Signature,
    SigningCertUrl: SigningCertURL,
    UnsubscribeUrl: "",
    MessageAttributes: attributesOf(published),
  };
  return JSON.stringify({
    Records: [{ EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn: subscriptionArn(scope, subscription), Sns }],
  });
}

/** There is no certificate to sign with; the members are there, and say so. */
const signed = (scope: Scope) => ({
  Timestamp: new Date(scope.clock.now()).toISOString(),
  SignatureVersion: "1",
  Signature: "UNSIGNED",
  SigningCertURL: `${scope.settings.endpoint}/unsigned.pem`,
});

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
