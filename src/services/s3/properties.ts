import type { CORSRule, LifecycleRule, LoggingEnabled, NotificationConfiguration, ServerSideEncryptionRule } from "../../sdk/s3.js";
import type { Bucket } from "./bucket.ts";
import type { Lifecycle } from "./lifecycle-rule.ts";

// How CloudFormation writes what the API writes another way; both ways, so that what was declared can be compared with what is.

export type Properties = Readonly<Record<string, any>>;

export const encryptionFrom = (declared: Properties): ServerSideEncryptionRule[] =>
  (declared["ServerSideEncryptionConfiguration"] as Properties[]).map((rule) => ({
    ApplyServerSideEncryptionByDefault: rule["ServerSideEncryptionByDefault"],
    ...(rule["BucketKeyEnabled"] !== undefined && { BucketKeyEnabled: isTrue(rule["BucketKeyEnabled"]) }),
  }));

export const encryptionTo = (rules: Bucket["encryption"]): Properties => ({
  ServerSideEncryptionConfiguration: rules.map(({ ApplyServerSideEncryptionByDefault, BucketKeyEnabled }) => ({
    ServerSideEncryptionByDefault: ApplyServerSideEncryptionByDefault,
    BucketKeyEnabled,
  })),
});

export const corsFrom = (declared: Properties): CORSRule[] =>
  (declared["CorsRules"] as Properties[]).map(({ Id, ExposedHeaders, MaxAge, AllowedMethods, AllowedOrigins, AllowedHeaders }) => ({
    AllowedMethods,
    AllowedOrigins,
    ...(AllowedHeaders !== undefined && { AllowedHeaders }),
    ...(ExposedHeaders !== undefined && { ExposeHeaders: ExposedHeaders }),
    ...(Id !== undefined && { ID: Id }),
    ...(MaxAge !== undefined && { MaxAgeSeconds: Number(MaxAge) }),
  }));

/** Without a bucket named, a bucket's logs go to itself. */
export const loggingFrom = (
  bucket: Bucket,
  { DestinationBucketName, LogFilePrefix, TargetObjectKeyFormat }: Properties,
): LoggingEnabled => ({
  TargetBucket: DestinationBucketName ?? bucket.id,
  TargetPrefix: LogFilePrefix ?? "",
  ...(TargetObjectKeyFormat !== undefined && { TargetObjectKeyFormat }),
});

export const loggingTo = ({ TargetBucket, TargetPrefix, TargetObjectKeyFormat }: NonNullable<Bucket["logging"]>): Properties => ({
  DestinationBucketName: TargetBucket,
  LogFilePrefix: TargetPrefix,
  ...(TargetObjectKeyFormat && { TargetObjectKeyFormat }),
});

export const corsTo = (rules: NonNullable<Bucket["cors"]>): Properties => ({
  CorsRules: rules.map(({ ID, ExposeHeaders, MaxAgeSeconds, ...rule }) => ({
    ...rule,
    ...(ExposeHeaders !== undefined && { ExposedHeaders: ExposeHeaders }),
    ...(ID !== undefined && { Id: ID }),
    ...(MaxAgeSeconds !== undefined && { MaxAge: MaxAgeSeconds }),
  })),
});

export const notificationFrom = (declared: Properties): NotificationConfiguration => ({
  ...(declared["EventBridgeConfiguration"] !== undefined &&
    isTrue(declared["EventBridgeConfiguration"].EventBridgeEnabled ?? true) && { EventBridgeConfiguration: {} }),
  LambdaFunctionConfigurations: eventsFrom(declared["LambdaConfigurations"], "Function", "LambdaFunctionArn") as never,
  QueueConfigurations: eventsFrom(declared["QueueConfigurations"], "Queue", "QueueArn") as never,
  TopicConfigurations: eventsFrom(declared["TopicConfigurations"], "Topic", "TopicArn") as never,
});

export const notificationTo = (notification: NonNullable<Bucket["notification"]>): Properties => ({
  EventBridgeConfiguration: { EventBridgeEnabled: notification.EventBridgeConfiguration !== undefined },
  ...eventsTo(notification.LambdaFunctionConfigurations, "LambdaConfigurations", "Function", "LambdaFunctionArn"),
  ...eventsTo(notification.QueueConfigurations, "QueueConfigurations", "Queue", "QueueArn"),
  ...eventsTo(notification.TopicConfigurations, "TopicConfigurations", "Topic", "TopicArn"),
});

const eventsFrom = (declared: readonly Properties[] = [], from: string, to: string): Properties[] =>
  declared.map((one) => ({
    [to]: one[from],
    Events: [one["Event"]],
    ...(one["Filter"] !== undefined && { Filter: { Key: { FilterRules: one["Filter"].S3Key.Rules } } }),
  }));

function eventsTo(list: readonly object[] | undefined, name: string, to: string, from: string): Properties {
  const declared = ((list ?? []) as readonly Properties[]).flatMap((one) =>
    (one["Events"] as string[]).map((event) => ({
      [to]: one[from],
      Event: event,
      ...(one["Filter"] !== undefined && { Filter: { S3Key: { Rules: one["Filter"].Key?.FilterRules ?? [] } } }),
    })),
  );
  return declared.length > 0 ? { [name]: declared } : {};
}

export const lifecycleFrom = (declared: Properties): LifecycleRule[] => (declared["Rules"] as Properties[]).map(ruleFrom);

function ruleFrom(rule: Properties): LifecycleRule {
  const noncurrent = rule["NoncurrentVersionExpiration"] ?? daysOf(rule["NoncurrentVersionExpirationInDays"]);
  const abort = rule["AbortIncompleteMultipartUpload"]?.DaysAfterInitiation;
  const transitions = [...(rule["Transitions"] ?? []), ...(rule["Transition"] ? [rule["Transition"]] : [])] as Properties[];
  const older = [
    ...(rule["NoncurrentVersionTransitions"] ?? []),
    ...(rule["NoncurrentVersionTransition"] ? [rule["NoncurrentVersionTransition"]] : []),
  ];
  const expiration = expirationFrom(rule);
  return {
    Status: rule["Status"],
    ...(rule["Id"] !== undefined && { ID: rule["Id"] }),
    Filter: filterFrom(rule),
    ...(Object.keys(expiration).length > 0 && { Expiration: expiration }),
    ...(noncurrent !== undefined && {
      NoncurrentVersionExpiration: {
        NoncurrentDays: Number(noncurrent.NoncurrentDays),
        ...(noncurrent.NewerNoncurrentVersions !== undefined && { NewerNoncurrentVersions: Number(noncurrent.NewerNoncurrentVersions) }),
      },
    }),
    ...(abort !== undefined && { AbortIncompleteMultipartUpload: { DaysAfterInitiation: Number(abort) } }),
    ...(transitions.length > 0 && { Transitions: transitions.map(transitionFrom) }),
    ...(older.length > 0 && {
      NoncurrentVersionTransitions: older.map(({ TransitionInDays, ...rest }) => ({ ...rest, NoncurrentDays: Number(TransitionInDays) })),
    }),
  };
}

const daysOf = (days: unknown) => (days === undefined ? undefined : { NoncurrentDays: days });

const expirationFrom = ({ ExpirationInDays, ExpirationDate, ExpiredObjectDeleteMarker }: Properties) => ({
  ...(ExpirationInDays !== undefined && { Days: Number(ExpirationInDays) }),
  ...(ExpirationDate !== undefined && { Date: new Date(ExpirationDate) }),
  ...(ExpiredObjectDeleteMarker !== undefined && { ExpiredObjectDeleteMarker: isTrue(ExpiredObjectDeleteMarker) }),
});

const transitionFrom = ({ TransitionInDays, TransitionDate, StorageClass }: Properties) => ({
  StorageClass,
  ...(TransitionInDays !== undefined && { Days: Number(TransitionInDays) }),
  ...(TransitionDate !== undefined && { Date: new Date(TransitionDate) }),
});

/** The API wants several conditions under And, and one alone. */
function filterFrom({ Prefix, TagFilters = [], ObjectSizeGreaterThan, ObjectSizeLessThan }: Properties) {
  const sizes = {
    ...(ObjectSizeGreaterThan !== undefined && { ObjectSizeGreaterThan: Number(ObjectSizeGreaterThan) }),
    ...(ObjectSizeLessThan !== undefined && { ObjectSizeLessThan: Number(ObjectSizeLessThan) }),
  };
  const prefix = Prefix === undefined ? {} : { Prefix };
  const conditions = Object.keys(sizes).length + Object.keys(prefix).length + TagFilters.length;
  if (conditions > 1) return { And: { ...prefix, ...sizes, ...(TagFilters.length > 0 && { Tags: TagFilters }) } };
  if (TagFilters.length === 1) return { Tag: TagFilters[0] };
  return conditions === 0 ? { Prefix: "" } : { ...prefix, ...sizes };
}

export const lifecycleTo = ({ rules, minimumSize }: Lifecycle): Properties => ({
  Rules: rules.map(ruleTo),
  TransitionDefaultMinimumObjectSize: minimumSize,
});

function ruleTo(rule: Lifecycle["rules"][number]): Properties {
  const { ID, Status, Filter, Expiration, NoncurrentVersionExpiration, AbortIncompleteMultipartUpload } = rule;
  const condition = { ...Filter, ...Filter?.And };
  const tags = condition.Tags ?? (condition.Tag === undefined ? [] : [condition.Tag]);
  const { ObjectSizeGreaterThan, ObjectSizeLessThan } = condition;
  const prefix = rule.Prefix ?? condition.Prefix;
  return {
    Id: ID,
    Status,
    ...(prefix !== undefined && prefix !== "" && { Prefix: prefix }),
    ...(tags.length > 0 && { TagFilters: tags }),
    ...(ObjectSizeGreaterThan !== undefined && { ObjectSizeGreaterThan: String(ObjectSizeGreaterThan) }),
    ...(ObjectSizeLessThan !== undefined && { ObjectSizeLessThan: String(ObjectSizeLessThan) }),
    ...(Expiration?.Days !== undefined && { ExpirationInDays: Expiration.Days }),
    ...(Expiration?.Date !== undefined && { ExpirationDate: new Date(Expiration.Date).toISOString() }),
    ...(Expiration?.ExpiredObjectDeleteMarker !== undefined && { ExpiredObjectDeleteMarker: Expiration.ExpiredObjectDeleteMarker }),
    ...(NoncurrentVersionExpiration !== undefined && { NoncurrentVersionExpiration }),
    ...(AbortIncompleteMultipartUpload !== undefined && { AbortIncompleteMultipartUpload }),
    ...transitionsTo(rule),
  };
}

const transitionsTo = ({ Transitions = [], NoncurrentVersionTransitions = [] }: Lifecycle["rules"][number]): Properties => ({
  ...(Transitions.length > 0 && {
    Transitions: Transitions.map(({ Days, Date: at, StorageClass }) => ({
      StorageClass,
      ...(Days !== undefined && { TransitionInDays: Days }),
      ...(at !== undefined && { TransitionDate: new Date(at).toISOString() }),
    })),
  }),
  ...(NoncurrentVersionTransitions.length > 0 && {
    NoncurrentVersionTransitions: NoncurrentVersionTransitions.map(({ NoncurrentDays, ...rest }) => ({
      ...rest,
      TransitionInDays: NoncurrentDays,
    })),
  }),
});

/** Booleans may arrive as text. */
export const isTrue = (value: unknown): boolean => String(value) === "true";
