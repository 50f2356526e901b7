import type { Context } from "../context.ts";
import { asSection, given, isAbsent, isList, isSame, isTruthy, member, type Section, unlessEmpty, type Value } from "../draft.ts";
import { eventOwner, expectMap } from "../expect.ts";
import { isIntrinsic, join, ref } from "../intrinsic.ts";
import { invalidEvent } from "../invalid.ts";
import { boolean, integer, list, map, may, type PropertyRules, passed, text } from "../property.ts";
import { type Resource, resource } from "../resource.ts";
import { allowing, managedPolicyArn } from "../role.ts";
import type { DeclaredEvent, EventSource, Invoked } from "./event-source.ts";

/** A source that Lambda reads from by an event source mapping. */
export interface MappedSource {
  readonly type: string;
  /** Besides those that all have. */
  readonly properties: PropertyRules;
  /** The property that has the ARN of what is read. */
  readonly arn?: string;
  readonly managedPolicy?: string;
  /** What the mapping says besides. */
  further?(event: DeclaredEvent): Section;
  /** What the role must allow besides. */
  policies?(event: DeclaredEvent, context: Context): Section[];
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-eventsourcemapping.html */
const COMMON: PropertyRules = {
  BatchSize: may(integer),
  StartingPosition: passed,
  StartingPositionTimestamp: passed,
  Enabled: may(boolean),
  MaximumBatchingWindowInSeconds: may(integer),
  MaximumRetryAttempts: may(integer),
  BisectBatchOnFunctionError: may(boolean),
  MaximumRecordAgeInSeconds: may(integer),
  DestinationConfig: may(map),
  ParallelizationFactor: may(integer),
  Topics: may(list),
  Queues: may(list),
  SourceAccessConfigurations: may(list),
  SecretsManagerKmsKeyId: may(text),
  TumblingWindowInSeconds: may(integer),
  FunctionResponseTypes: may(list),
  KafkaBootstrapServers: may(list),
  FilterCriteria: may(map),
  KmsKeyArn: passed,
  ConsumerGroupId: may(text),
  ScalingConfig: may(map),
  ProvisionedPollerConfig: may(map),
  SchemaRegistryConfig: may(map),
  MetricsConfig: may(map),
  LoggingConfig: may(map),
};
const ELSEWHERE = ["SecretsManagerKmsKeyId", "KafkaBootstrapServers", "ConsumerGroupId", "SchemaRegistryConfig"];
const AS_GIVEN = Object.keys(COMMON).filter((name) => !ELSEWHERE.includes(name));

export const mapped = (source: MappedSource): EventSource => ({
  type: source.type,
  properties: { ...COMMON, ...source.properties },
  transform: (event, invoked, context) => mapping(event, source, invoked, context),
});

export function mapping(event: DeclaredEvent, source: MappedSource, { target, role, passedOn }: Invoked, context: Context): Resource[] {
  const { id, properties } = event;
  checkFilters(event);
  const { KafkaBootstrapServers } = properties;
  const kafka = kafkaConfig(event, source.type);
  const failing = destinationPolicy(event);
  const made: Section = {
    ...given(properties, AS_GIVEN),
    FunctionName: ref(target.id),
    EventSourceArn: source.arn === undefined ? undefined : properties[source.arn],
    SelfManagedEventSource: isTruthy(KafkaBootstrapServers) ? { Endpoints: { KafkaBootstrapServers } } : undefined,
    ...(isTruthy(kafka) ? { [KAFKA[source.type]!]: kafka } : {}),
    // An empty one is left out; its type of destination is SAM's own.
    DestinationConfig: unlessEmpty(properties["DestinationConfig"]),
    ...source.further?.(event),
  };
  allow(role, source.managedPolicy === undefined ? undefined : managedPolicyArn(context, `service-role/${source.managedPolicy}`), [
    ...(source.policies?.(event, context) ?? []),
    ...failing,
  ]);
  return [resource("AWS::Lambda::EventSourceMapping", id, made, passedOn)];
}

function checkFilters({ name, properties }: DeclaredEvent): void {
  const criteria = properties["FilterCriteria"];
  if (!isTruthy(criteria) || isIntrinsic(criteria)) return;
  const names = Object.keys(asSection(criteria));
  if (names.length !== 1 || names[0] !== "Filters") throw invalidEvent(name, "FilterCriteria field has a wrong format");
}

/** Where the mapping says what is Kafka's own. */
const KAFKA: Readonly<Record<string, string>> = {
  MSK: "AmazonManagedKafkaEventSourceConfig",
  SelfManagedKafka: "SelfManagedKafkaEventSourceConfig",
};

function kafkaConfig({ id, properties }: DeclaredEvent, type: string): Section {
  const { ConsumerGroupId, SchemaRegistryConfig } = properties;
  if (isTruthy(ConsumerGroupId) && !Object.hasOwn(KAFKA, type)) {
    throw invalidEvent(id, `Property ConsumerGroupId not defined for resource of type ${type}.`);
  }
  if (!Object.hasOwn(KAFKA, type)) return {};
  return { ...(isTruthy(ConsumerGroupId) ? { ConsumerGroupId } : {}), ...(isTruthy(SchemaRegistryConfig) ? { SchemaRegistryConfig } : {}) };
}

/** That the function may send on what it cannot process. The type of the destination is taken out: the mapping has none. */
function destinationPolicy({ id, properties }: DeclaredEvent): Section[] {
  const config = properties["DestinationConfig"];
  if (!isTruthy(config)) return [];
  const failure = expectMap(member(config, "OnFailure"), eventOwner(id), "DestinationConfig.OnFailure");
  const { Destination, Type } = failure;
  if (!isTruthy(Type)) return [];
  delete failure["Type"];
  switch (Type) {
    case "SQS":
      return [allowing(`${id}SQSPolicy`, "sqs:SendMessage", Destination)];
    case "SNS":
      return [allowing(`${id}SNSPolicy`, "sns:publish", Destination)];
    case "S3":
      return [bucketPolicy(`${id}S3Policy`, Destination)];
    case "Kafka":
      return [];
    default:
      throw invalidEvent(id, "The only valid values for 'Type' are 'SQS', 'SNS', 'S3', and 'Kafka'");
  }
}

/** That events may be written to a bucket. */
export const bucketPolicy = (name: string, bucket: Value): Section => ({
  PolicyName: name,
  PolicyDocument: {
    Statement: [
      { Action: "s3:PutObject", Effect: "Allow", Resource: join("/", [bucket, "*"]) },
      { Action: "s3:ListBucket", Effect: "Allow", Resource: bucket },
    ],
  },
});

/** Add to the role what it does not allow yet. */
function allow({ properties }: Resource, arn: string | undefined, policies: readonly Section[]): void {
  const arns = properties["ManagedPolicyArns"];
  if (arn !== undefined && isList(arns) && !arns.includes(arn)) arns.push(arn);
  for (const policy of policies) {
    if (isAbsent(properties["Policies"])) properties["Policies"] = [];
    const there = properties["Policies"] as Value[];
    if (!there.some((one) => isSame(member(one, "PolicyDocument"), policy["PolicyDocument"]))) there.push(policy);
  }
}
