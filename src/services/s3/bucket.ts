import type { Stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  type BucketLocationConstraint,
  type CORSRule,
  CreateBucket$,
  type CreateBucketRequest,
  DeleteBucket$,
  GetBucketLocation$,
  HeadBucket$,
  ListBuckets$,
  type LoggingEnabled,
  type NotificationConfiguration,
  type ObjectOwnership,
  type PublicAccessBlockConfiguration,
  type ServerSideEncryptionRule,
} from "../../sdk/s3.js";
import { lifecycles } from "./lifecycle-rule.ts";
import { ownerOf } from "./owner.ts";
import { invalidArgument, noSuchBucket, notImplemented, refuse } from "./refusal.ts";
import { dropUploads } from "./upload.ts";
import { holdsAnything } from "./version.ts";

/** A bucket, by its name, which nobody else in the world may have. Its objects live in the partition that it names. */
export interface Bucket extends Row {
  readonly account: string;
  readonly region: string;
  readonly createdAt: number;
  /** The CloudFormation request that made it. */
  readonly madeBy?: string;
  /** Absent until versioning was enabled for the first time. */
  readonly versioning?: "Enabled" | "Suspended";
  readonly encryption: readonly Stored<ServerSideEncryptionRule>[];
  readonly publicAccess?: Stored<PublicAccessBlockConfiguration>;
  readonly ownership?: ObjectOwnership;
  readonly policy?: string;
  readonly cors?: readonly Stored<CORSRule>[];
  readonly logging?: Stored<LoggingEnabled>;
  readonly tags?: Tags;
  readonly notification?: Stored<NotificationConfiguration>;
}

export const buckets = new Table<Bucket>("s3/bucket", {
  reach: "global",
  indexes: { account: ({ account }) => account },
  arn: ({ id }) => bucketArn(id),
});

export const bucketArn = (name: string): string => `arn:aws:s3:::${name}`;

/** What every bucket has until somebody says otherwise: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html */
export const ENCRYPTION_BY_DEFAULT: Bucket["encryption"] = [
  { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false },
];

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html: on for new buckets since April 2023. */
export const ALL_BLOCKED = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };

export const createBucket = operation(CreateBucket$, (scope, input) => {
  const region = regionOf(scope, input.CreateBucketConfiguration?.LocationConstraint);
  const name = input.Bucket!;
  const known = buckets.get(scope, name);
  if (known !== undefined && !isHarmlessRepetition(scope, known, region)) refuseTaken(scope, known);
  if (known === undefined) makeBucket(scope, name, region, input);
  return { Location: region === "us-east-1" ? `/${name}` : `http://${name}.s3.amazonaws.com/`, BucketArn: bucketArn(name) };
});

export const headBucket = operation(HeadBucket$, (scope, input) => {
  const known = buckets.get(scope, input.Bucket!);
  if (known === undefined) refuse("NotFound", "Not Found", 404);
  const { bucket } = requireBucket(scope, input);
  return { BucketRegion: bucket.region, BucketArn: bucketArn(bucket.id), AccessPointAlias: false };
});

export const deleteBucket = operation(DeleteBucket$, (scope, input) => {
  const { bucket, home } = requireBucket(scope, input);
  dropBucket(home, bucket);
  return {};
});

export const listBuckets = operation(ListBuckets$, (scope, { Prefix = "", BucketRegion, MaxBuckets = 10_000, ContinuationToken }) => {
  const mine = buckets
    .by(scope, "account", scope.account)
    .filter(({ id, region }) => id.startsWith(Prefix) && (BucketRegion === undefined || region === BucketRegion));
  const invalid = (): never =>
    invalidArgument("The continuation token provided is incorrect", "continuation-token", ContinuationToken ?? "");
  const { items, nextToken } = page(mine, ({ id }) => id, MaxBuckets, ContinuationToken, invalid);
  return {
    Buckets: items.map(({ id, region, createdAt }) => ({
      Name: id,
      CreationDate: new Date(createdAt),
      BucketRegion: region,
      BucketArn: bucketArn(id),
    })),
    Owner: ownerOf(scope.account),
    ...(Prefix !== "" && { Prefix }),
    ...(nextToken !== undefined && { ContinuationToken: nextToken }),
  };
});

export const getBucketLocation = operation(GetBucketLocation$, (scope, input) => {
  const { region } = requireBucket(scope, input).bucket;
  return region === "us-east-1" ? {} : { LocationConstraint: region as BucketLocationConstraint };
});

/** The bucket that a request names, and the scope of the partition that its objects live in. */
export function requireBucket(
  scope: Scope,
  { Bucket, ExpectedBucketOwner }: { Bucket: string | undefined; ExpectedBucketOwner?: string | undefined },
): { bucket: Bucket; home: Scope } {
  const bucket = buckets.get(scope, Bucket!) ?? noSuchBucket(Bucket!);
  if (ExpectedBucketOwner !== undefined && ExpectedBucketOwner !== bucket.account) refuse("AccessDenied", "Access Denied", 403);
  return { bucket, home: scope.in(bucket) };
}

/** A new bucket with what a request says of it. */
export function makeBucket(
  scope: Scope,
  name: string,
  region: string,
  {
    ACL,
    ObjectOwnership = "BucketOwnerEnforced",
    ObjectLockEnabledForBucket,
    CreateBucketConfiguration,
  }: Omit<CreateBucketRequest, "Bucket">,
): Bucket {
  checkName(name);
  if (ObjectLockEnabledForBucket) notImplemented("Object Lock");
  if (ACL !== undefined && ACL !== "private") refuseAcl(ObjectOwnership);
  const tags = tagsOf(CreateBucketConfiguration?.Tags);
  return buckets.put(scope, {
    id: name,
    account: scope.account,
    region,
    createdAt: scope.clock.now(),
    encryption: ENCRYPTION_BY_DEFAULT,
    publicAccess: ALL_BLOCKED,
    ownership: ObjectOwnership,
    ...(Object.keys(tags).length > 0 && { tags }),
  });
}

/** Remove a bucket, which must hold nothing. */
export function dropBucket(home: Scope, bucket: Bucket): void {
  if (holdsAnything(home, bucket.id)) {
    const more = bucket.versioning === undefined ? "" : ". You must delete all versions in the bucket.";
    refuse("BucketNotEmpty", `The bucket you tried to delete is not empty${more}`, 409, { BucketName: bucket.id });
  }
  dropUploads(home, bucket.id);
  lifecycles.remove(home, bucket.id);
  buckets.remove(home, bucket.id);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html: creating again in us-east-1 what one owns is no error. */
const isHarmlessRepetition = (scope: Scope, known: Bucket, region: string): boolean =>
  known.account === scope.account && known.region === "us-east-1" && region === "us-east-1";

function refuseTaken(scope: Scope, { id, account }: Bucket): never {
  if (account === scope.account) {
    return refuse("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.", 409, {
      BucketName: id,
    });
  }
  const message =
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.";
  return refuse("BucketAlreadyExists", message, 409, { BucketName: id });
}

function refuseAcl(ownership: ObjectOwnership): never {
  if (ownership !== "BucketOwnerEnforced") return notImplemented("An ACL other than private");
  return refuse("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");
}

function regionOf(scope: Scope, constraint: string | undefined): string {
  const wanted = constraint === "EU" ? "eu-west-1" : constraint;
  if (wanted === "us-east-1") refuse("InvalidLocationConstraint", "The specified location-constraint is not valid");
  if (scope.region === "us-east-1") return wanted ?? scope.region;
  if (wanted === scope.region) return wanted;
  return refuse(
    "IllegalLocationConstraintException",
    `The ${wanted ?? "unspecified"} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function checkName(name: string): void {
  const isValid =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes("..") &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);
  if (!isValid) refuse("InvalidBucketName", "The specified bucket is not valid.", 400, { BucketName: name });
}
