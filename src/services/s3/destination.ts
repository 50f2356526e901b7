import type { Stored } from "../../kernel/json.ts";
import type { NotificationConfiguration, NotificationConfigurationFilter } from "../../sdk/s3.js";

/** Where events of some objects of a bucket go. */
export interface Destination {
  readonly id: string;
  readonly arn: string;
  /** Such as s3:ObjectCreated:*. */
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
}

/** The functions, queues and topics of a notification configuration. */
export function destinationsOf(notification: Stored<NotificationConfiguration>): Destination[] {
  const { LambdaFunctionConfigurations = [], QueueConfigurations = [], TopicConfigurations = [] } = notification;
  const named = [
    ...(LambdaFunctionConfigurations ?? []).map((one) => ({ ...one, arn: one.LambdaFunctionArn })),
    ...(QueueConfigurations ?? []).map((one) => ({ ...one, arn: one.QueueArn })),
    ...(TopicConfigurations ?? []).map((one) => ({ ...one, arn: one.TopicArn })),
  ];
  return named.map(({ Id, arn, Events, Filter }) => ({
    id: Id ?? "",
    arn: arn ?? "",
    events: Events ?? [],
    prefix: ruleOf(Filter, "prefix"),
    suffix: ruleOf(Filter, "suffix"),
  }));
}

/** The destinations of an event such as ObjectCreated:Put of an object. */
export const destinationsFor = (notification: Stored<NotificationConfiguration>, event: string, key: string): Destination[] =>
  destinationsOf(notification).filter(
    ({ events, prefix, suffix }) =>
      events.some((pattern) => covers(pattern, `s3:${event}`)) && key.startsWith(prefix) && key.endsWith(suffix),
  );

/** Whether some object's event would go to both, which S3 does not allow. */
export const overlap = (one: Destination, other: Destination): boolean =>
  one.events.some((event) => other.events.some((also) => covers(event, also) || covers(also, event))) &&
  (one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix)) &&
  (one.suffix.endsWith(other.suffix) || other.suffix.endsWith(one.suffix));

const covers = (pattern: string, event: string): boolean =>
  pattern.endsWith(":*") ? event.startsWith(pattern.slice(0, -1)) : pattern === event;

const ruleOf = (filter: Stored<NotificationConfigurationFilter> | undefined, name: string): string =>
  filter?.Key?.FilterRules?.find((rule) => rule.Name?.toLowerCase() === name)?.Value ?? "";
