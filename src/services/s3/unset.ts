import { operation } from "../../kernel/operation.ts";
import {
  GetBucketAccelerateConfiguration$,
  GetBucketReplication$,
  GetBucketRequestPayment$,
  GetBucketWebsite$,
  GetObjectLockConfiguration$,
} from "../../sdk/s3.js";
import { requireBucket } from "./bucket.ts";
import { refuse } from "./refusal.ts";

// What no bucket here has, since the operations that would set it are not implemented. Tools that describe buckets ask for it.

export const getBucketAccelerateConfiguration = operation(GetBucketAccelerateConfiguration$, (scope, input) => {
  requireBucket(scope, input);
  return {};
});

export const getBucketRequestPayment = operation(GetBucketRequestPayment$, (scope, input) => {
  requireBucket(scope, input);
  return { Payer: "BucketOwner" as const };
});

export const getBucketWebsite = operation(GetBucketWebsite$, (scope, input) => {
  const BucketName = requireBucket(scope, input).bucket.id;
  return refuse("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration", 404, { BucketName });
});

export const getBucketReplication = operation(GetBucketReplication$, (scope, input) => {
  const BucketName = requireBucket(scope, input).bucket.id;
  return refuse("ReplicationConfigurationNotFoundError", "The replication configuration was not found", 404, { BucketName });
});

export const getObjectLockConfiguration = operation(GetObjectLockConfiguration$, (scope, input) => {
  const BucketName = requireBucket(scope, input).bucket.id;
  const message = "Object Lock configuration does not exist for this bucket";
  return refuse("ObjectLockConfigurationNotFoundError", message, 404, { BucketName });
});
