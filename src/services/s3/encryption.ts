import { stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import {
  DeleteBucketEncryption$,
  GetBucketEncryption$,
  PutBucketEncryption$,
  type ServerSideEncryption,
  type ServerSideEncryptionRule,
} from "../../sdk/s3.js";
import { type Bucket, buckets, ENCRYPTION_BY_DEFAULT, requireBucket } from "./bucket.ts";
import { malformedXml, notImplemented } from "./refusal.ts";
import type { Encryption } from "./version.ts";

export const putBucketEncryption = operation(PutBucketEncryption$, (scope, input) => {
  const { bucket } = requireBucket(scope, input);
  buckets.patch(scope, bucket.id, { encryption: encryptionRules(input.ServerSideEncryptionConfiguration?.Rules) });
  return {};
});

export const getBucketEncryption = operation(GetBucketEncryption$, (scope, input) => ({
  ServerSideEncryptionConfiguration: { Rules: [...requireBucket(scope, input).bucket.encryption] },
}));

/** Back to what every bucket has. */
export const deleteBucketEncryption = operation(DeleteBucketEncryption$, (scope, input) => {
  buckets.patch(scope, requireBucket(scope, input).bucket.id, { encryption: ENCRYPTION_BY_DEFAULT });
  return {};
});

export function encryptionRules(rules: readonly ServerSideEncryptionRule[] = []): Bucket["encryption"] {
  if (rules.length !== 1) malformedXml();
  return rules.map((rule) => stored({ ...rule, BucketKeyEnabled: rule.BucketKeyEnabled ?? false }));
}

/** What a request says of encryption. */
export interface EncryptionWish {
  readonly ServerSideEncryption?: ServerSideEncryption | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly BucketKeyEnabled?: boolean | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
}

/** How an object is encrypted: as its request says, else as the bucket's rule does. */
export function encryptionOf({ encryption: [rule] }: Bucket, wish: EncryptionWish): Encryption {
  if (wish.SSECustomerAlgorithm !== undefined) notImplemented("Encryption with keys that the customer provides");
  const byDefault = rule?.ApplyServerSideEncryptionByDefault;
  const algorithm = wish.ServerSideEncryption ?? byDefault?.SSEAlgorithm ?? "AES256";
  if (algorithm === "AES256") return { ServerSideEncryption: algorithm };
  const isDefault = algorithm === byDefault?.SSEAlgorithm;
  const keyId = wish.SSEKMSKeyId ?? (isDefault ? byDefault.KMSMasterKeyID : undefined);
  const bucketKey = wish.BucketKeyEnabled ?? (isDefault ? rule?.BucketKeyEnabled : undefined);
  return { ServerSideEncryption: algorithm, ...(keyId && { SSEKMSKeyId: keyId }), ...(bucketKey && { BucketKeyEnabled: true }) };
}
