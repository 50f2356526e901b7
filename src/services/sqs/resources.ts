import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { dropMessages } from "./message.ts";
import { createQueue, queues, queueUrl, setAttributes, settledAttributes } from "./queue.ts";
import { queueInlinePolicyResource, queuePolicyResource } from "./resource-policy.ts";

type Properties = Readonly<Record<string, any>>;

const NUMBERS = [
  "DelaySeconds",
  "MaximumMessageSize",
  "MessageRetentionPeriod",
  "ReceiveMessageWaitTimeSeconds",
  "VisibilityTimeout",
  "KmsDataKeyReusePeriodSeconds",
];
const BOOLEANS = ["SqsManagedSseEnabled", "FifoQueue", "ContentBasedDeduplication"];
const TEXTS = ["KmsMasterKeyId", "DeduplicationScope", "FifoThroughputLimit"];
const OBJECTS = ["RedrivePolicy", "RedriveAllowPolicy"];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html; its id is its URL. */
const queueResource: ResourceType<Properties> = {
  type: "AWS::SQS::Queue",
  ensure: (scope, declared, id, { generatedName, logicalId, tags, previous = {} }) =>
    attempt(scope, () => {
      const attributes = attributesOf(declared);
      const fifo = String(declared["FifoQueue"]) === "true";
      const name =
        id === undefined
          ? (declared["QueueName"] ??
            (fifo ? `${nameWithin(75, generatedName, logicalId)}.fifo` : nameWithin(80, generatedName, logicalId)))
          : nameOf(id);
      const known = queues.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::SQS::Queue", name);
      const all = allTags(tags, declared["Tags"]);
      if (known === undefined) createQueue.handle(scope, { QueueName: name, Attributes: attributes, tags: all });
      else {
        const gone = Object.keys(attributesOf(previous)).filter((key) => !(key in attributes));
        setAttributes(scope, known, { ...Object.fromEntries(gone.map((key) => [key, ""])), ...attributes });
        queues.patch(scope, name, { tags: all });
      }
      return queueUrl(scope, name);
    }),
  read(scope, id) {
    const queue = queues.get(scope, nameOf(id));
    if (queue === undefined) return undefined;
    const { Policy: _, ...attributes } = settledAttributes(queue);
    return present({
      QueueName: queue.id,
      QueueUrl: queueUrl(scope, queue.id),
      Arn: scope.arn("sqs", queue.id),
      ...Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, natural(key, value)])),
      Tags: tagList(queue.tags),
    });
  },
  remove(scope, id) {
    dropMessages(scope, nameOf(id));
    queues.remove(scope, nameOf(id));
    return { state: "done", id };
  },
  list: (scope) => queues.list(scope).map(({ id }) => queueUrl(scope, id)),
};

export const sqsResources = [queueResource, queuePolicyResource, queueInlinePolicyResource];

function attributesOf(declared: Properties): Record<string, string> {
  const texts = [...NUMBERS, ...BOOLEANS, ...TEXTS].filter((name) => declared[name] !== undefined);
  const objects = OBJECTS.filter((name) => declared[name] !== undefined);
  return Object.fromEntries([
    ...texts.map((name) => [name, String(declared[name])]),
    ...objects.map((name) => [name, typeof declared[name] === "string" ? declared[name] : JSON.stringify(declared[name])]),
  ]);
}

function natural(name: string, value: string): unknown {
  if (NUMBERS.includes(name)) return Number(value);
  if (BOOLEANS.includes(name)) return value === "true";
  return OBJECTS.includes(name) ? JSON.parse(value) : value;
}

const nameOf = (url: string): string => url.slice(url.lastIndexOf("/") + 1);
