import { isFault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type _Error, type DeletedObject, DeleteObject$, DeleteObjects$ } from "../../sdk/s3.js";
import { type Bucket, requireBucket } from "./bucket.ts";
import { bareTag, wholeSeconds } from "./condition.ts";
import { announce } from "./event.ts";
import { malformedXml, noSuchKey, preconditionFailed } from "./refusal.ts";
import { findAnyVersion } from "./require-version.ts";
import { erase, objectId, objects, placeMarker, type Version } from "./version.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const KEYS_MAX = 1000;

/** What is to be deleted, and what it must be for that. */
interface Target {
  readonly Key: string | undefined;
  readonly VersionId?: string | undefined;
  readonly etag?: string | undefined;
  readonly modifiedAt?: Date | undefined;
  readonly size?: number | undefined;
}

export const deleteObject = operation(
  DeleteObject$,
  (scope, input) => {
    const { bucket, home } = requireBucket(scope, input);
    const { IfMatch: etag, IfMatchLastModifiedTime: modifiedAt, IfMatchSize: size } = input;
    const { isMarker, versionId } = deleteOne(home, bucket, { ...input, etag, modifiedAt, size });
    return { ...(isMarker && { DeleteMarker: true }), ...(versionId !== undefined && { VersionId: versionId }) };
  },
  { partial: "MFA delete and governance are not asked for" },
);

export const deleteObjects = operation(DeleteObjects$, (scope, input) => {
  const { bucket, home } = requireBucket(scope, input);
  const { Objects = [], Quiet = false } = input.Delete ?? {};
  if (Objects.length === 0 || Objects.length > KEYS_MAX) malformedXml();
  const Deleted: DeletedObject[] = [];
  const Errors: _Error[] = [];
  for (const { Key, VersionId, ETag: etag, LastModifiedTime: modifiedAt, Size: size } of Objects) {
    try {
      const { isMarker, versionId } = deleteOne(home, bucket, { Key, VersionId, etag, modifiedAt, size });
      Deleted.push({
        Key,
        ...(VersionId !== undefined && { VersionId }),
        ...(isMarker && { DeleteMarker: true, DeleteMarkerVersionId: versionId }),
      });
    } catch (error) {
      if (!isFault(error)) throw error;
      Errors.push({ Key, ...(VersionId !== undefined && { VersionId }), Code: error.name, Message: error.message });
    }
  }
  return { ...(!Quiet && { Deleted }), ...(Errors.length > 0 && { Errors }) };
});

/** What was done: `isMarker` where a marker was put, or removed. */
interface Outcome {
  readonly isMarker: boolean;
  readonly versionId?: string;
}

/** Deleting what is not there is no error: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjects.html */
function deleteOne(home: Scope, bucket: Bucket, target: Target): Outcome {
  const { Key, VersionId } = target;
  if (VersionId !== undefined) return deleteVersion(home, bucket, target, findAnyVersion(home, bucket, Key!, VersionId));
  const current = objects.get(home, objectId(bucket.id, Key!));
  checkTarget(current, target);
  if (bucket.versioning === undefined) {
    if (current !== undefined) remove(home, bucket, current);
    return { isMarker: false };
  }
  const marker = placeMarker(home, bucket, Key!);
  announce(home, bucket, marker, { kind: "marked", reason: "DeleteObject" });
  return { isMarker: true, versionId: marker.versionId };
}

function deleteVersion(home: Scope, bucket: Bucket, target: Target, version: Version | undefined): Outcome {
  checkTarget(version, target);
  if (version !== undefined) remove(home, bucket, version);
  return { isMarker: version?.deleteMarker ?? false, versionId: target.VersionId! };
}

function remove(home: Scope, bucket: Bucket, version: Version): void {
  erase(home, bucket, version);
  announce(home, bucket, version, { kind: "deleted", reason: "DeleteObject" });
}

function checkTarget(version: Version | undefined, { Key, etag, modifiedAt, size }: Target): void {
  if (etag === undefined && modifiedAt === undefined && size === undefined) return;
  if (version === undefined) return noSuchKey(Key!);
  if (etag !== undefined && etag !== "*" && bareTag(etag) !== version.etag) preconditionFailed("If-Match");
  if (modifiedAt !== undefined && wholeSeconds(version.modifiedAt) !== modifiedAt.getTime())
    preconditionFailed("If-Match-Last-Modified-Time");
  if (size !== undefined && version.size !== size) preconditionFailed("If-Match-Size");
}
