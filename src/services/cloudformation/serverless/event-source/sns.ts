import type { Context } from "../context.ts";
import { asSection, given, isText, isTruthy, type Section, unlessEmpty, type Value } from "../draft.ts";
import { eventOwner, expectMap } from "../expect.ts";
import { getAtt, logicalIdOf, ref } from "../intrinsic.ts";
import { invalidEvent, invalidResource } from "../invalid.ts";
import { boolean, map, may, must, oneOf, passed, text } from "../property.ts";
import { display } from "../python.ts";
import { type Resource, resource } from "../resource.ts";
import { arnOf, type DeclaredEvent, type EventSource, type Invoked, permission } from "./event-source.ts";
import { mapping } from "./mapping.ts";
import { queuePolicy } from "./rule.ts";
import { sqs } from "./stream.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-sns.html */
export const sns: EventSource = {
  type: "SNS",
  properties: {
    Topic: must(text),
    Region: may(text),
    FilterPolicy: passed,
    FilterPolicyScope: passed,
    SqsSubscription: may(oneOf(boolean, map)),
    RedrivePolicy: may(map),
  },
  transform(event, invoked, context) {
    const { SqsSubscription, Topic } = event.properties;
    if (!isTruthy(SqsSubscription)) {
      return [
        permission(event, invoked, { principal: "sns.amazonaws.com", sourceArn: Topic }),
        subscription(event, "lambda", arnOf(invoked.target), invoked),
      ];
    }
    if (typeof SqsSubscription === "boolean") {
      const fifo = isFifo(Topic, context);
      const queue = resource("AWS::SQS::Queue", `${event.id}Queue`, isTruthy(fifo) ? { FifoQueue: fifo } : {}, invoked.passedOn);
      const between = { arn: getAtt(queue.id, "Arn"), url: ref(queue.id) };
      return [...through(event, between, invoked, context), queue];
    }
    const config = expectMap(SqsSubscription, eventOwner(event.name), "SqsSubscription");
    const { BatchSize, QueueArn, QueuePolicyLogicalId, QueueUrl } = config;
    if (!isTruthy(QueueArn) || !isTruthy(QueueUrl)) throw invalidEvent(event.name, "No QueueARN or QueueURL provided.");
    return through(event, { arn: QueueArn, url: QueueUrl, policyId: QueuePolicyLogicalId, batchSize: BatchSize }, invoked, context);
  },
};

interface Between {
  readonly arn: Value;
  readonly url: Value;
  readonly policyId?: Value;
  readonly batchSize?: Value;
}

/** The topic sends to a queue, and the function reads from that. */
function through(event: DeclaredEvent, queue: Between, invoked: Invoked, context: Context): Resource[] {
  const statement = {
    Action: "sqs:SendMessage",
    Effect: "Allow",
    Principal: "*",
    Resource: queue.arn,
    Condition: { ArnEquals: { "aws:SourceArn": event.properties["Topic"] } },
  };
  const policyId = unlessEmpty(queue.policyId) ?? `${event.id}QueuePolicy`;
  if (!isText(policyId)) throw invalidResource(display(policyId), "Logical ids must be alphanumeric.");
  // Whether the mapping is enabled SAM asks, and does not heed.
  const read = { Queue: queue.arn, BatchSize: unlessEmpty(queue.batchSize) ?? 10, Enabled: true };
  return [
    ...mapping({ id: `${event.id}EventSourceMapping`, name: event.name, properties: read }, sqs, invoked, context),
    queuePolicy(policyId, statement, queue.url, invoked.passedOn),
    subscription(event, "sqs", queue.arn, invoked),
  ];
}

function isFifo(topic: Value, context: Context): Value {
  const id = logicalIdOf(topic);
  const declared = id === undefined ? {} : asSection(asSection(context.declared["Resources"])[id]);
  return context.resolve(asSection(declared["Properties"])["FifoTopic"] ?? false);
}

function subscription({ id, properties }: DeclaredEvent, protocol: string, endpoint: Value, { passedOn }: Invoked): Resource {
  const made: Section = {
    Endpoint: endpoint,
    Protocol: protocol,
    TopicArn: properties["Topic"],
    ...given(properties, ["Region", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy"]),
  };
  return resource("AWS::SNS::Subscription", id, made, passedOn);
}
