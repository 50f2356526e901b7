import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  CreateQueue$,
  DeleteQueue$,
  GetQueueAttributes$,
  GetQueueUrl$,
  InvalidAddress,
  InvalidAttributeName,
  InvalidAttributeValue,
  ListDeadLetterSourceQueues$,
  ListQueues$,
  ListQueueTags$,
  PurgeQueue$,
  QueueDoesNotExist,
  QueueNameExists,
  SetQueueAttributes$,
  TagQueue$,
  UntagQueue$,
} from "../../sdk/sqs.js";
import { countMessages, dropMessages } from "./message.ts";

/** A queue, by its name. Attributes are texts, as the API has them; those that were never set have their defaults. */
export interface Queue extends Row {
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Tags;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export const queues = new Table<Queue>("sqs/queue", { arn: ({ id }, { account, region }) => `arn:aws:sqs:${region}:${account}:${id}` });

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html: defaults and ranges. */
const NUMBERS: Readonly<Record<string, { readonly byDefault: number; readonly min: number; readonly max: number }>> = {
  DelaySeconds: { byDefault: 0, min: 0, max: 900 },
  MaximumMessageSize: { byDefault: 1_048_576, min: 1024, max: 1_048_576 },
  MessageRetentionPeriod: { byDefault: 345_600, min: 60, max: 1_209_600 },
  ReceiveMessageWaitTimeSeconds: { byDefault: 0, min: 0, max: 20 },
  VisibilityTimeout: { byDefault: 30, min: 0, max: 43_200 },
};
const OTHERS = [
  "Policy",
  "RedrivePolicy",
  "RedriveAllowPolicy",
  "KmsMasterKeyId",
  "KmsDataKeyReusePeriodSeconds",
  "SqsManagedSseEnabled",
  "FifoQueue",
  "ContentBasedDeduplication",
  "DeduplicationScope",
  "FifoThroughputLimit",
];

export const createQueue = operation(CreateQueue$, (scope, { QueueName, Attributes = {}, tags = {} }) => {
  const fifo = Attributes["FifoQueue"] === "true";
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(QueueName!.replace(/\.fifo$/, "")) || QueueName!.length > 80 || fifo !== QueueName!.endsWith(".fifo")) {
    fault(
      "InvalidParameterValue",
      fifo
        ? "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
        : "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
    );
  }
  checkAttributes(scope, Attributes);
  const known = queues.get(scope, QueueName!);
  if (known !== undefined) {
    const differs = Object.entries(Attributes).find(([name, value]) => attributeOf(known, name) !== value);
    if (differs) fault(QueueNameExists, `A queue already exists with the same name and a different value for attribute ${differs[0]}`);
  } else {
    const now = scope.clock.now();
    queues.put(scope, { id: QueueName!, attributes: settled(Attributes), tags, createdAt: now, modifiedAt: now });
  }
  return { QueueUrl: queueUrl(scope, QueueName!) };
});

export const deleteQueue = operation(DeleteQueue$, (scope, { QueueUrl }) => {
  const { queue, scope: home } = requireQueue(scope, QueueUrl);
  dropMessages(home, queue.id);
  queues.remove(home, queue.id);
  return {};
});

export const getQueueUrl = operation(GetQueueUrl$, (scope, { QueueName, QueueOwnerAWSAccountId }) => {
  const home = scope.in({ ...(QueueOwnerAWSAccountId && { account: QueueOwnerAWSAccountId }) });
  if (queues.get(home, QueueName!) === undefined) noSuchQueue();
  return { QueueUrl: queueUrl(home, QueueName!) };
});

export const listQueues = operation(ListQueues$, (scope, { QueueNamePrefix = "", MaxResults = 1000, NextToken }) => {
  const invalid = (): never => fault(InvalidAddress, "Invalid NextToken");
  const { items, nextToken } = page(queues.list(scope, QueueNamePrefix), ({ id }) => id, MaxResults, NextToken, invalid);
  return { ...(items.length > 0 && { QueueUrls: items.map(({ id }) => queueUrl(scope, id)) }), ...(nextToken && { NextToken: nextToken }) };
});

export const getQueueAttributes = operation(GetQueueAttributes$, (scope, { QueueUrl, AttributeNames = [] }) => {
  const { queue, scope: home } = requireQueue(scope, QueueUrl);
  const all = allAttributes(home, queue);
  const wanted = (AttributeNames as string[]).includes("All") ? Object.keys(all) : (AttributeNames as string[]);
  const unknown = wanted.find((name) => all[name] === undefined && !OTHERS.includes(name));
  if (unknown !== undefined) fault(InvalidAttributeName, `Unknown Attribute ${unknown}.`);
  const shown = Object.fromEntries(wanted.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
  return Object.keys(shown).length > 0 ? { Attributes: shown } : {};
});

export const setQueueAttributes = operation(SetQueueAttributes$, (scope, { QueueUrl, Attributes = {} }) => {
  const { queue, scope: home } = requireQueue(scope, QueueUrl);
  checkAttributes(home, Attributes);
  if (Attributes["FifoQueue"] !== undefined && Attributes["FifoQueue"] !== attributeOf(queue, "FifoQueue")) {
    fault(InvalidAttributeValue, "You cannot modify the FifoQueue attribute of an existing queue.");
  }
  setAttributes(home, queue, Attributes);
  return {};
});

export const purgeQueue = operation(PurgeQueue$, (scope, { QueueUrl }) => {
  const { queue, scope: home } = requireQueue(scope, QueueUrl);
  dropMessages(home, queue.id);
  return {};
});

export const listQueueTags = operation(ListQueueTags$, (scope, { QueueUrl }) => {
  const { tags } = requireQueue(scope, QueueUrl).queue;
  return Object.keys(tags).length > 0 ? { Tags: tags } : {};
});

export const tagQueue = operation(TagQueue$, (scope, { QueueUrl, Tags }) => {
  const { queue, scope: home } = requireQueue(scope, QueueUrl);
  queues.patch(home, queue.id, { tags: withTags(queue.tags, Tags!) });
  return {};
});

export const untagQueue = operation(UntagQueue$, (scope, { QueueUrl, TagKeys }) => {
  const { queue, scope: home } = requireQueue(scope, QueueUrl);
  queues.patch(home, queue.id, { tags: withoutTags(queue.tags, TagKeys!) });
  return {};
});

export const listDeadLetterSourceQueues = operation(ListDeadLetterSourceQueues$, (scope, { QueueUrl }) => {
  const { queue, scope: home } = requireQueue(scope, QueueUrl);
  const arn = home.arn("sqs", queue.id);
  const sources = queues.list(home).filter((source) => redriveOf(source)?.deadLetterTargetArn === arn);
  return { queueUrls: sources.map(({ id }) => queueUrl(home, id)) };
});

export const queueUrl = (scope: Scope, name: string): string => `${scope.settings.endpoint}/${scope.account}/${name}`;

/** The queue that a URL (or, as older clients do, a bare name) means, and the scope of its partition. */
export function requireQueue(scope: Scope, url: string | undefined): { queue: Queue; scope: Scope } {
  const [name, account] = (url ?? "").split("/").reverse();
  const home = account !== undefined && /^\d{12}$/.test(account) ? scope.in({ account }) : scope;
  const queue = queues.get(home, name ?? "") ?? noSuchQueue();
  return { queue, scope: home };
}

export const noSuchQueue = (): never => fault(QueueDoesNotExist, "The specified queue does not exist.");

/** Set attributes; an empty text takes one away. */
export function setAttributes(scope: Scope, queue: Queue, attributes: Readonly<Record<string, string>>): Queue {
  return queues.patch(scope, queue.id, { attributes: settled({ ...queue.attributes, ...attributes }), modifiedAt: scope.clock.now() });
}

export const isFifo = ({ id }: Queue): boolean => id.endsWith(".fifo");

/** An attribute that holds a number, in its own unit (seconds, bytes). */
export const numberOf = (queue: Queue, name: string): number => Number(queue.attributes[name] ?? NUMBERS[name]!.byDefault);

/** After how many receives a message goes where. */
export function redriveOf({ attributes }: Queue): { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number } | undefined {
  const text = attributes["RedrivePolicy"];
  if (text === undefined) return undefined;
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(text);
  return { deadLetterTargetArn, maxReceiveCount: Number(maxReceiveCount) };
}

const settled = (attributes: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ""));

function attributeOf(queue: Queue, name: string): string | undefined {
  return queue.attributes[name] ?? (NUMBERS[name] === undefined ? undefined : String(NUMBERS[name].byDefault));
}

function allAttributes(scope: Scope, queue: Queue): Record<string, string> {
  const counts = countMessages(scope, queue.id);
  const seconds = (instant: number): string => String(Math.floor(instant / 1000));
  return {
    QueueArn: scope.arn("sqs", queue.id),
    ApproximateNumberOfMessages: String(counts.visible),
    ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
    ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    CreatedTimestamp: seconds(queue.createdAt),
    LastModifiedTimestamp: seconds(queue.modifiedAt),
    ...settledAttributes(queue),
  };
}

/** The attributes that can be set, those that nobody has set by their defaults. */
export const settledAttributes = (queue: Queue): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(NUMBERS).map(([name, { byDefault }]) => [name, String(byDefault)])),
  ...(queue.attributes["KmsMasterKeyId"] === undefined && { SqsManagedSseEnabled: "true" }),
  ...(isFifo(queue) && { ContentBasedDeduplication: "false", DeduplicationScope: "queue", FifoThroughputLimit: "perQueue" }),
  ...queue.attributes,
});

function checkAttributes(scope: Scope, attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    const range = NUMBERS[name];
    if (range !== undefined) {
      const number = Number(value);
      if (!Number.isInteger(number) || number < range.min || number > range.max) invalidValue(name);
    } else if (!OTHERS.includes(name)) fault(InvalidAttributeName, `Unknown Attribute ${name}.`);
    else if ((name === "Policy" || name === "RedrivePolicy" || name === "RedriveAllowPolicy") && value !== "")
      checkJson(scope, name, value);
  }
}

function checkJson(scope: Scope, name: string, value: string): void {
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(value);
  } catch {
    return invalidValue(name);
  }
  if (name !== "RedrivePolicy") return;
  const { deadLetterTargetArn, maxReceiveCount } = parsed as { deadLetterTargetArn?: string; maxReceiveCount?: number | string };
  if (deadLetterTargetArn === undefined || maxReceiveCount === undefined) return invalidValue(name);
  if (Number(maxReceiveCount) < 1 || Number(maxReceiveCount) > 1000) invalidValue(name);
  if (queues.get(scope.at(deadLetterTargetArn), deadLetterTargetArn.split(":").at(-1)!) === undefined) {
    fault("InvalidParameterValue", `Value ${value} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.`);
  }
}

const invalidValue = (name: string): never => fault(InvalidAttributeValue, `Invalid value for the parameter ${name}.`);
