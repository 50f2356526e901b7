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
  PutBucketAcl$,
  type PutBucketAclRequest,
  PutBucketOwnershipControls$,
  PutObjectAcl$,
  type PutObjectAclRequest,
  PutPublicAccessBlock$,
} from "../../sdk/s3.js";
import { type Bucket, buckets, requireBucket } from "./bucket.ts";
import { ownerOf } from "./owner.ts";
import { malformedXml, notImplemented, refuse } from "./refusal.ts";
import { requireVersion } from "./require-version.ts";

const PRIVATE_ONLY = "no access control list but the private one, which everything has";

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

export const putBucketAcl = operation(
  PutBucketAcl$,
  (scope, input) => {
    checkAcl(requireBucket(scope, input).bucket, input);
    return {};
  },
  { partial: PRIVATE_ONLY },
);

export const putObjectAcl = operation(
  PutObjectAcl$,
  (scope, input) => {
    checkAcl(requireVersion(scope, input).bucket, input);
    return {};
  },
  { partial: PRIVATE_ONLY },
);

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

/**
 * Take the list that is there, in any of its three forms, and no other.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
function checkAcl(bucket: Bucket, input: PutBucketAclRequest | PutObjectAclRequest): void {
  if (bucket.ownership === "BucketOwnerEnforced") refuse("AccessControlListNotSupported", "The bucket does not allow ACLs");
  const { ACL, AccessControlPolicy: policy, GrantFullControl, GrantRead, GrantReadACP, GrantWrite, GrantWriteACP } = input;
  const headers = [GrantRead, GrantReadACP, GrantWrite, GrantWriteACP].filter((grant) => grant !== undefined);
  const { ID } = ownerOf(bucket.account);
  const isPrivate =
    headers.length === 0 &&
    (GrantFullControl === undefined || GrantFullControl === `id=${ID}` || GrantFullControl === `id="${ID}"`) &&
    (ACL === undefined || ACL === "private" || ACL === "bucket-owner-full-control") &&
    (policy === undefined || (policy.Grants?.length === 1 && isFullControl(policy.Grants[0]!, ID)));
  if (!isPrivate) notImplemented("An ACL other than private");
  if (ACL === undefined && policy === undefined && GrantFullControl === undefined)
    refuse("MissingSecurityHeader", "Your request was missing a required header", 400, { MissingHeaderName: "x-amz-acl" });
}

const isFullControl = ({ Grantee, Permission }: Grant, id: string): boolean => Grantee?.ID === id && Permission === "FULL_CONTROL";
