import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type DeleteMarkerEntry, ListObjectVersions$, type ObjectVersion, type ObjectVersionStorageClass } from "../../sdk/s3.js";
import { type Bucket, requireBucket } from "./bucket.ts";
import { algorithmsOf } from "./checksum.ts";
import { lastModified, quoted } from "./condition.ts";
import { checkedMax } from "./list-objects.ts";
import { delimiterOf, encoder, isBefore, listPage, type Shelf } from "./listing.ts";
import { ownerOf } from "./owner.ts";
import { invalidArgument } from "./refusal.ts";
import { isLatest, objectId, objects, olderVersions, positionOf, type Version, versionOf } from "./version.ts";

const VERSIONS_MAX = 1000;

export const listObjectVersions = operation(ListObjectVersions$, (scope, input) => {
  const { bucket, home } = requireBucket(scope, input);
  const { Prefix: prefix = "", KeyMarker = "", VersionIdMarker = "", EncodingType } = input;
  const maxKeys = checkedMax(input.MaxKeys);
  const delimiter = delimiterOf(input.Delimiter);
  const after = positionAfter(home, bucket, KeyMarker, VersionIdMarker, delimiter);
  const { items, prefixes, last } = listPage(versionShelf(home, bucket.id), {
    prefix,
    delimiter,
    after,
    limit: Math.min(maxKeys, VERSIONS_MAX),
  });
  const shown = encoder(EncodingType);
  const owner = ownerOf(bucket.account);
  const identity = (version: Version) => ({
    Key: shown(version.key),
    VersionId: version.versionId,
    IsLatest: isLatest(version),
    LastModified: lastModified(version),
    Owner: owner,
  });
  const isMarker = ({ deleteMarker }: Version): boolean => deleteMarker === true;
  return {
    Name: bucket.id,
    Prefix: shown(prefix),
    KeyMarker: shown(KeyMarker),
    VersionIdMarker,
    MaxKeys: maxKeys,
    IsTruncated: last !== undefined,
    ...(delimiter !== undefined && { Delimiter: shown(delimiter) }),
    ...(EncodingType !== undefined && { EncodingType }),
    ...(typeof last === "string" && { NextKeyMarker: shown(last) }),
    ...(typeof last === "object" && { NextKeyMarker: shown(last.key), NextVersionIdMarker: last.versionId }),
    Versions: items.filter((item) => !isMarker(item)).map((version): ObjectVersion => ({ ...identity(version), ...substance(version) })),
    DeleteMarkers: items.filter(isMarker).map((version): DeleteMarkerEntry => identity(version)),
    ...(prefixes.length > 0 && { CommonPrefixes: prefixes.map((Prefix) => ({ Prefix: shown(Prefix) })) }),
  };
});

function substance({ etag, size, storageClass, checksums, checksumKind }: Version) {
  const algorithms = algorithmsOf(checksums);
  return {
    ETag: quoted(etag),
    Size: size,
    StorageClass: storageClass as ObjectVersionStorageClass,
    ...(algorithms.length > 0 && { ChecksumAlgorithm: algorithms, ChecksumType: checksumKind ?? ("FULL_OBJECT" as const) }),
  };
}

/** Every version of a bucket's keys: by key, newest first. */
export const versionShelf = (home: Scope, bucket: string): Shelf<Version> => ({
  read(prefix, after, limit) {
    const options = { limit, ...(after !== undefined && { after: objectId(bucket, after) }) };
    const current = objects.list(home, objectId(bucket, prefix), options);
    const older = olderVersions.list(home, objectId(bucket, prefix), options);
    return merged(current, older).slice(0, limit);
  },
  position: (version) => positionOf(bucket, version),
});

/** The rows of both lists in the order of their ids: an object's id comes right before those of its older versions. */
function merged(current: readonly Version[], older: readonly Version[]): Version[] {
  if (older.length === 0) return [...current];
  const rows: Version[] = [];
  let next = 0;
  for (const version of older) {
    while (next < current.length && isBefore(current[next]!.id, version.id)) rows.push(current[next++]!);
    rows.push(version);
  }
  return [...rows, ...current.slice(next)];
}

/** Where the versions begin that were not yet shown. */
function positionAfter(home: Scope, bucket: Bucket, key: string, versionId: string, delimiter: string | undefined): string | undefined {
  if (key === "") {
    return versionId === ""
      ? undefined
      : invalidArgument("A version-id marker cannot be specified without a key marker.", "version-id-marker", versionId);
  }
  // A common prefix is skipped as a whole; of a key, all versions lie before NUL and a tilde.
  if (versionId === "") return delimiter !== undefined && key.endsWith(delimiter) ? key : `${key}\0~`;
  const version = versionOf(home, bucket.id, key, versionId);
  return version === undefined ? `${key}\0~` : positionOf(bucket.id, version);
}
