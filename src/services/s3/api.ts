import { isFault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { buckets, requireBucket } from "./bucket.ts";
import { md5Of, oneBlob } from "./bytes.ts";
import { describe } from "./content.ts";
import { write } from "./put.ts";
import { requireVersion } from "./require-version.ts";
import { objectId, objects } from "./version.ts";

/** An object for services that stand below: its bytes are one blob. */
export interface ReadObject {
  readonly digest: string;
  /** bytes */
  readonly size: number;
  /** "null" where it was put without versioning. */
  readonly versionId: string;
  /** Without its quotes. */
  readonly etag: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly modifiedAt: number;
}

/** The object, or one version of it; undefined where there is no such bucket, object or version. */
export function readObject(scope: Scope, bucket: string, key: string, versionId?: string): ReadObject | undefined {
  try {
    const { version } = requireVersion(scope, { Bucket: bucket, Key: key, VersionId: versionId });
    const { etag, contentType, metadata, modifiedAt } = version;
    return { ...oneBlob(scope.blobs, version), versionId: version.versionId, etag, contentType, metadata, modifiedAt };
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

/** The objects whose keys begin with the prefix, in order of their keys; none where there is no such bucket. */
export function readObjects(scope: Scope, bucketName: string, prefix: string): { key: string; digest: string; size: number }[] {
  const bucket = buckets.get(scope, bucketName);
  if (bucket === undefined) return [];
  const home = scope.in({ account: bucket.account, region: bucket.region });
  return objects.list(home, objectId(bucket.id, prefix)).map((version) => ({ key: version.key, ...oneBlob(scope.blobs, version) }));
}

/** What may be said of an object besides its bytes. */
export interface ObjectSettings {
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly cacheControl?: string;
  /** Such as private. */
  readonly acl?: string;
  /** The key of KMS to encrypt it with. */
  readonly kmsKey?: string;
}

/** Put an object as PutObject does, with the events of it. Refuses where there is no such bucket. */
export function putObject(
  scope: Scope,
  bucketName: string,
  key: string,
  body: { readonly digest: string; readonly size: number; readonly md5?: string },
  about: ObjectSettings = {},
): { versionId: string; etag: string } {
  const { bucket, home } = requireBucket(scope, { Bucket: bucketName });
  const { digest, size } = body;
  const version = write(home, bucket, "PutObject", {
    ...describe(bucket, {
      Key: key,
      ContentType: about.contentType,
      Metadata: about.metadata,
      CacheControl: about.cacheControl,
      ACL: about.acl,
      ...(about.kmsKey !== undefined && { ServerSideEncryption: "aws:kms" as const, SSEKMSKeyId: about.kmsKey }),
    }),
    size,
    etag: body.md5 ?? md5Of(scope.blobs, [{ digest, size }]),
    pieces: [{ digest, size }],
  });
  return { versionId: version.versionId, etag: version.etag };
}

/** Whose a bucket is, where it is, and whether it keeps versions; undefined where there is no such bucket. */
export function bucketNamed(scope: Scope, name: string): { account: string; region: string; isVersioned: boolean } | undefined {
  const bucket = buckets.get(scope, name);
  return bucket && { account: bucket.account, region: bucket.region, isVersioned: bucket.versioning === "Enabled" };
}
