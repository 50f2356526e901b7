import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { GetBucketLogging$, type LoggingEnabled, PutBucketLogging$ } from "../../sdk/s3.js";
import { type Bucket, buckets, requireBucket } from "./bucket.ts";
import { malformedXml, refuse } from "./refusal.ts";

export const putBucketLogging = operation(
  PutBucketLogging$,
  (scope, input) => {
    const { bucket } = requireBucket(scope, input);
    buckets.patch(scope, bucket.id, { logging: loggingOf(scope, bucket, input.BucketLoggingStatus?.LoggingEnabled) });
    return {};
  },
  { partial: "the setting is kept and shown; no access logs are written" },
);

export const getBucketLogging = operation(GetBucketLogging$, (scope, input) => {
  const { logging } = requireBucket(scope, input).bucket;
  return logging === undefined ? {} : { LoggingEnabled: logging as LoggingEnabled };
});

/** Where access logs go: a bucket of the same owner in the same region. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html */
export function loggingOf(
  scope: Scope,
  { account, region }: Bucket,
  wanted: LoggingEnabled | undefined,
): Stored<LoggingEnabled> | undefined {
  if (wanted === undefined) return undefined;
  const { TargetBucket, TargetPrefix } = wanted;
  if (TargetBucket === undefined || TargetPrefix === undefined) malformedXml();
  const invalid = (message: string): never => refuse("InvalidTargetBucketForLogging", message, 400, { TargetBucket: TargetBucket! });
  const target = buckets.get(scope, TargetBucket!);
  if (target === undefined) return invalid("The target bucket for logging does not exist");
  if (target.account !== account) invalid("The owner for the bucket to be logged and the target bucket must be the same.");
  if (target.region !== region) invalid("The target bucket for logging must be in the same region as the source bucket.");
  return stored(wanted);
}
