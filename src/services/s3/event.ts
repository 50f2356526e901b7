import type { Scope } from "../../kernel/scope.ts";
import { type Bucket, bucketArn } from "./bucket.ts";
import { type Destination, destinationsFor } from "./destination.ts";
import { ownerOf } from "./owner.ts";
import { NULL, type Version } from "./version.ts";

/** What happened to an object. */
export type Happening =
  | { readonly kind: "created"; readonly reason: "PutObject" | "CopyObject" | "CompleteMultipartUpload" }
  | { readonly kind: "deleted" | "marked"; readonly reason: "DeleteObject" | "Lifecycle Expiration" };

const ATTEMPTS_MAX = 3;

/** Tell whoever the bucket's notification configuration names: EventBridge, functions, queues and topics. */
export function announce(home: Scope, bucket: Bucket, version: Version, happening: Happening): void {
  const { notification } = bucket;
  if (notification === undefined) return;
  if (notification.EventBridgeConfiguration !== undefined) emit(home, bucket, version, happening);
  const name = recordName(happening);
  for (const destination of destinationsFor(notification, name, version.key)) {
    const payload = JSON.stringify({ Records: [record(home, bucket, version, name, destination)] });
    deliver(home, bucket, destination.arn, payload);
  }
}

/** Send something of a bucket to a destination. */
export function deliver(home: Scope, bucket: Bucket, arn: string, payload: string): void {
  home.deliver(`s3/${bucket.id}/${home.id.uuid()}`, arn, payload, {
    from: "s3.amazonaws.com",
    context: { sourceArn: bucketArn(bucket.id), subject: "Amazon S3 Notification" },
    attemptsMax: ATTEMPTS_MAX,
  });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
function emit(home: Scope, bucket: Bucket, version: Version, happening: Happening): void {
  const { key, size, etag, versionId } = version;
  const isCreated = happening.kind === "created";
  const isLifecycle = happening.reason === "Lifecycle Expiration";
  home.emit({
    source: "aws.s3",
    detailType: isCreated ? "Object Created" : "Object Deleted",
    resources: [bucketArn(bucket.id)],
    detail: {
      version: "0",
      bucket: { name: bucket.id },
      object: {
        key,
        ...(isCreated && { size, etag }),
        ...(happening.kind === "marked" && { etag }),
        ...(versionId !== NULL && { "version-id": versionId }),
        sequencer: sequencerOf(home, version),
      },
      "request-id": requestIdOf(home),
      requester: isLifecycle ? "s3.amazonaws.com" : home.caller.accountId,
      ...(!isLifecycle && { "source-ip-address": home.caller.sourceIp }),
      reason: happening.reason,
      ...(!isCreated && { "deletion-type": happening.kind === "marked" ? "Delete Marker Created" : "Permanently Deleted" }),
    },
  });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html */
function recordName({ kind, reason }: Happening): string {
  if (kind === "created") return `ObjectCreated:${CREATED[reason]}`;
  const family = reason === "Lifecycle Expiration" ? "LifecycleExpiration" : "ObjectRemoved";
  return `${family}:${kind === "marked" ? "DeleteMarkerCreated" : "Delete"}`;
}

const CREATED = { PutObject: "Put", CopyObject: "Copy", CompleteMultipartUpload: "CompleteMultipartUpload" } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
function record(home: Scope, bucket: Bucket, version: Version, eventName: string, { id }: Destination) {
  const { key, size, etag, versionId } = version;
  const requestId = requestIdOf(home);
  return {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    awsRegion: bucket.region,
    eventTime: new Date(home.clock.now()).toISOString(),
    eventName,
    userIdentity: { principalId: `AWS:${home.caller.userId}` },
    requestParameters: { sourceIPAddress: home.caller.sourceIp },
    responseElements: { "x-amz-request-id": requestId, "x-amz-id-2": Buffer.from(requestId).toString("base64") },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: id,
      bucket: { name: bucket.id, ownerIdentity: { principalId: ownerOf(bucket.account).ID }, arn: bucketArn(bucket.id) },
      object: {
        key: encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+"),
        ...(eventName.startsWith("ObjectCreated:") && { size, eTag: etag }),
        ...(versionId !== NULL && { versionId }),
        sequencer: sequencerOf(home, version),
      },
    },
  };
}

/** Sixteen hexadecimal digits that look like S3's request ids. */
const requestIdOf = (home: Scope): string => home.id.hex(16).toUpperCase();

/** The greater, the later, of one key. */
const sequencerOf = (home: Scope, { sequence }: Version): string =>
  (home.clock.now().toString(16).padStart(12, "0") + sequence.toString(16).padStart(6, "0")).toUpperCase();
