import { stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import {
  DeleteBucketOwnershipControls$,
  DeletePublicAccessBlock$,
  GetBucketAcl$,
  GetBucketOwnershipControls$,
  GetObjectAcl$,
  GetPublicAccessBlock$,
  type Grant,
  type PublicAccessBlockConfiguration,
  PutBucketOwnershipControls$,
  PutPublicAccessBlock$,
} from "../../sdk/s3.js";
import { type Bucket, buckets, requireBucket } from "./bucket.ts";
import { ownerOf } from "./owner.ts";
import { malformedXml, refuse } from "./refusal.ts";
import { requireVersion } from "./require-version.ts";

export const putPublicAccessBlock = operation(
  PutPublicAccessBlock$,
  (scope, input) => {
    const publicAccess = publicAccessOf(input.PublicAccessBlockConfiguration);
    buckets.patch(scope, requireBucket(scope, input).bucket.id, { publicAccess });
    return {};
  },
  { partial: "only BlockPublicPolicy has an effect" },
);

export const getPublicAccessBlock = operation(GetPublicAccessBlock$, (scope, input) => {
  const { id, publicAccess } = requireBucket(scope, input).bucket;
  if (publicAccess !== undefined) return { PublicAccessBlockConfiguration: publicAccess };
  return refuse("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", 404, { BucketName: id });
});

export const deletePublicAccessBlock = operation(DeletePublicAccessBlock$, (scope, input) => {
  buckets.patch(scope, requireBucket(scope, input).bucket.id, { publicAccess: undefined });
  return {};
});

export const putBucketOwnershipControls = operation(PutBucketOwnershipControls$, (scope, input) => {
  const ownership = input.OwnershipControls?.Rules?.[0]?.ObjectOwnership ?? malformedXml();
  buckets.patch(scope, requireBucket(scope, input).bucket.id, { ownership });
  return {};
});

export const getBucketOwnershipControls = operation(GetBucketOwnershipControls$, (scope, input) => {
  const { id, ownership } = requireBucket(scope, input).bucket;
  if (ownership !== undefined) return { OwnershipControls: { Rules: [{ ObjectOwnership: ownership }] } };
  return refuse("OwnershipControlsNotFoundError", "The bucket ownership controls were not found", 404, { BucketName: id });
});

export const deleteBucketOwnershipControls = operation(DeleteBucketOwnershipControls$, (scope, input) => {
  buckets.patch(scope, requireBucket(scope, input).bucket.id, { ownership: undefined });
  return {};
});

export const getBucketAcl = operation(GetBucketAcl$, (scope, input) => privateAcl(requireBucket(scope, input).bucket));

export const getObjectAcl = operation(GetObjectAcl$, (scope, input) => privateAcl(requireVersion(scope, input).bucket));

/** The settings that are not said are off. */
export const publicAccessOf = (wanted: PublicAccessBlockConfiguration = {}) =>
  stored({
    BlockPublicAcls: wanted.BlockPublicAcls ?? false,
    IgnorePublicAcls: wanted.IgnorePublicAcls ?? false,
    BlockPublicPolicy: wanted.BlockPublicPolicy ?? false,
    RestrictPublicBuckets: wanted.RestrictPublicBuckets ?? false,
  });

/** The only access control list there is: everything belongs to the bucket's owner, and nobody else is let in. */
function privateAcl({ account }: Bucket) {
  const owner = ownerOf(account);
  const Grants: Grant[] = [{ Grantee: { ...owner, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" }];
  return { Owner: owner, Grants };
}
