import type { Delivered, DeliveryTarget } from "../../kernel/delivery.ts";
import { alreadyExists, attempt, type ResourceType } from "../../kernel/resource.ts";
import { tagsOf } from "../../kernel/tag.ts";
import { dropMessages, send } from "./message.ts";
import { createQueue, isFifo, queues, queueUrl, requireQueue, setAttributes } from "./queue.ts";

type Properties = Readonly<Record<string, any>>;

const TEXTS = [
  "DelaySeconds",
  "MaximumMessageSize",
  "MessageRetentionPeriod",
  "ReceiveMessageWaitTimeSeconds",
  "VisibilityTimeout",
  "KmsMasterKeyId",
  "KmsDataKeyReusePeriodSeconds",
  "SqsManagedSseEnabled",
  "FifoQueue",
  "ContentBasedDeduplication",
  "DeduplicationScope",
  "FifoThroughputLimit",
];
const OBJECTS = ["RedrivePolicy", "RedriveAllowPolicy"];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html; its id is its URL. */
export const queueResource: ResourceType<Properties> = {
  type: "AWS::SQS::Queue",
  ensure: (scope, declared, id, { generatedName, tags, previous = {} }) =>
    attempt(scope, () => {
      const attributes = attributesOf(declared);
      const fifo = String(declared["FifoQueue"]) === "true";
      const name = id === undefined ? (declared["QueueName"] ?? shorten(generatedName, fifo)) : nameOf(id);
      const known = queues.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::SQS::Queue", name);
      const allTags = { ...tagsOf(tags), ...tagsOf(declared["Tags"]) };
      if (known === undefined) createQueue.handle(scope, { QueueName: name, Attributes: attributes, tags: allTags });
      else {
        const gone = Object.keys(attributesOf(previous)).filter((key) => !(key in attributes));
        setAttributes(scope, known, { ...Object.fromEntries(gone.map((key) => [key, ""])), ...attributes });
        queues.patch(scope, name, { tags: allTags });
      }
      return queueUrl(scope, name);
    }),
  read(scope, id) {
    const queue = queues.get(scope, nameOf(id));
    if (queue === undefined) return undefined;
    const { Policy: _, ...attributes } = queue.attributes;
    const parsed = Object.entries(attributes).map(([key, value]) => [key, OBJECTS.includes(key) ? JSON.parse(value) : natural(value)]);
    const Tags = Object.entries(queue.tags).map(([Key, Value]) => ({ Key, Value }));
    return { QueueName: queue.id, ...Object.fromEntries(parsed), ...(Tags.length > 0 && { Tags }) };
  },
  remove(scope, id) {
    dropMessages(scope, nameOf(id));
    queues.remove(scope, nameOf(id));
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Arn: scope.arn("sqs", nameOf(id)), QueueName: nameOf(id), QueueUrl: id }),
};

/** Its id is a name that stands for the pair of policy and queues. */
export const queuePolicyResource: ResourceType<Properties> = {
  type: "AWS::SQS::QueuePolicy",
  ensure: (scope, declared, id, { generatedName }) =>
    attempt(scope, () => {
      for (const url of declared["Queues"] as string[]) {
        const { queue, scope: home } = requireQueue(scope, url);
        setAttributes(home, queue, { Policy: JSON.stringify(declared["PolicyDocument"]) });
      }
      return id ?? generatedName;
    }),
  read: () => undefined,
  remove(scope, id, { previous }) {
    for (const url of (previous?.["Queues"] ?? []) as string[]) {
      const queue = queues.get(scope, nameOf(url));
      if (queue !== undefined) setAttributes(scope, queue, { Policy: "" });
    }
    return { state: "done", id };
  },
};

/** What SNS, EventBridge and S3 send to a queue. */
export const queueTarget: DeliveryTarget = {
  service: "sqs",
  deliver(scope, { arn, payload, context }): Delivered {
    const queue = queues.get(scope, nameOf(arn));
    if (queue === undefined)
      return { state: "failed", reason: "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist.", final: true };
    const groupId = context?.messageGroupId;
    if (isFifo(queue) && groupId === undefined)
      return { state: "failed", reason: "The request must contain the parameter MessageGroupId.", final: true };
    const attributes = Object.entries(context?.attributes ?? {}).map(([name, text]) => [name, { dataType: "String", text }]);
    send(scope, queue, {
      body: payload,
      ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
      ...(groupId !== undefined && { groupId, ...(isFifo(queue) && { deduplicationId: scope.id.uuid() }) }),
    });
    return { state: "done" };
  },
};

function attributesOf(declared: Properties): Record<string, string> {
  const texts = TEXTS.filter((name) => declared[name] !== undefined).map((name) => [name, String(declared[name])]);
  const objects = OBJECTS.filter((name) => declared[name] !== undefined).map((name) => [name, JSON.stringify(declared[name])]);
  return Object.fromEntries([...texts, ...objects]);
}

const natural = (value: string): unknown =>
  value === "true" ? true : value === "false" ? false : /^\d+$/.test(value) ? Number(value) : value;

/** Of a URL or an ARN. */
const nameOf = (id: string): string => id.split(/[/:]/).at(-1)!;

const shorten = (generated: string, fifo: boolean): string => (fifo ? `${generated.slice(-75)}.fifo` : generated.slice(-80));
