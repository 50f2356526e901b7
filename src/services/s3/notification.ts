import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { GetBucketNotificationConfiguration$, type NotificationConfiguration, PutBucketNotificationConfiguration$ } from "../../sdk/s3.js";
import { type Bucket, buckets, requireBucket } from "./bucket.ts";
import { destinationsOf, overlap } from "./destination.ts";
import { deliver } from "./event.ts";
import { refuse } from "./refusal.ts";

export const putBucketNotificationConfiguration = operation(
  PutBucketNotificationConfiguration$,
  (scope, input) => {
    const { bucket, home } = requireBucket(scope, input);
    setNotification(home, bucket, input.NotificationConfiguration ?? {}, input.SkipDestinationValidation ?? false);
    return {};
  },
  { partial: "that a destination lets S3 in is not checked; events other than created, removed and expired objects never come" },
);

export const getBucketNotificationConfiguration = operation(GetBucketNotificationConfiguration$, (scope, input) => ({
  ...(requireBucket(scope, input).bucket.notification as NotificationConfiguration | undefined),
}));

/** Notify these from now on. As S3 does, tell new queues and topics so with a test event. */
export function setNotification(home: Scope, bucket: Bucket, wanted: NotificationConfiguration, trusting: boolean): Bucket {
  const notification = withIds(home, stored(wanted) as Stored<NotificationConfiguration>);
  check(home, notification, trusting);
  const isEmpty = Object.keys(notification).length === 0;
  const known = new Set(bucket.notification === undefined ? [] : destinationsOf(bucket.notification).map(({ arn }) => arn));
  for (const { arn } of destinationsOf(notification)) {
    if (!known.has(arn) && !trusting && !arn.startsWith("arn:aws:lambda:")) deliver(home, bucket, arn, testEvent(home, bucket));
  }
  return buckets.patch(home, bucket.id, { notification: isEmpty ? undefined : notification });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
const testEvent = (home: Scope, { id }: Bucket): string =>
  JSON.stringify({
    Service: "Amazon S3",
    Event: "s3:TestEvent",
    Time: new Date(home.clock.now()).toISOString(),
    Bucket: id,
    RequestId: home.id.hex(16).toUpperCase(),
    HostId: home.id.hex(32),
  });

function check(home: Scope, notification: Stored<NotificationConfiguration>, trusting: boolean): void {
  const destinations = destinationsOf(notification);
  if (!trusting && destinations.some(({ arn }) => home.registry.target(arn) === undefined)) {
    refuse("InvalidArgument", "Unable to validate the following destination configurations");
  }
  if (destinations.some((one, index) => destinations.slice(index + 1).some((other) => overlap(one, other)))) {
    refuse("InvalidArgument", "Configurations overlap. Configurations on the same bucket cannot share a common event type.");
  }
}

/** A configuration without an id gets one. Lists without members are left out. */
function withIds(
  home: Scope,
  { EventBridgeConfiguration, ...lists }: Stored<NotificationConfiguration>,
): Stored<NotificationConfiguration> {
  const filled = Object.entries(lists).flatMap(([name, list]) =>
    Array.isArray(list) && list.length > 0 ? [[name, list.map((one) => ({ ...one, Id: one.Id ?? home.id.uuid() }))]] : [],
  );
  return { ...Object.fromEntries(filled), ...(EventBridgeConfiguration !== undefined && { EventBridgeConfiguration: {} }) };
}
