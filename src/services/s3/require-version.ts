import type { Scope } from "../../kernel/scope.ts";
import { type Bucket, requireBucket } from "./bucket.ts";
import { invalidArgument, noSuchKey, refuse } from "./refusal.ts";
import { NULL, objectId, objects, type Version, versionOf } from "./version.ts";

/** An object, or one version of it, as requests name it. */
export interface Named {
  readonly Bucket: string | undefined;
  readonly Key: string | undefined;
  readonly VersionId?: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
}

export interface Found {
  readonly bucket: Bucket;
  readonly home: Scope;
  readonly version: Version;
  /** How an answer names the version: not at all in a bucket that never had versions. */
  readonly shownId: { readonly VersionId?: string };
}

/** The version that a request names; the current one where it names none. */
export function requireVersion(scope: Scope, named: Named): Found {
  const { bucket, home } = requireBucket(scope, named);
  const version = findVersion(home, bucket, named.Key!, named.VersionId);
  return { bucket, home, version, shownId: shownIdOf(bucket, version) };
}

export const shownIdOf = ({ versioning }: Bucket, { versionId }: Version): { VersionId?: string } =>
  versioning === undefined ? {} : { VersionId: versionId };

/** Refuses what is not there, and what is a delete marker. */
export function findVersion(home: Scope, bucket: Bucket, key: string, versionId: string | undefined): Version {
  if (versionId === undefined) return objects.get(home, objectId(bucket.id, key)) ?? noSuchKey(key);
  const found = findAnyVersion(home, bucket, key, versionId);
  if (found === undefined) return refuse("NoSuchVersion", "The specified version does not exist.", 404, { Key: key, VersionId: versionId });
  if (!found.deleteMarker) return found;
  return refuse("MethodNotAllowed", "The specified method is not allowed against this resource.", 405, { ResourceType: "DeleteMarker" });
}

/** A version by its id, be it a delete marker. */
export function findAnyVersion(home: Scope, bucket: Bucket, key: string, versionId: string): Version | undefined {
  if (versionId !== NULL && !/^[A-Za-z0-9._]{32}$/.test(versionId)) {
    invalidArgument("Invalid version id specified", "versionId", versionId);
  }
  return versionOf(home, bucket.id, key, versionId);
}
