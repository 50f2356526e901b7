import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type _Object, ListObjects$, ListObjectsV2$, type ObjectStorageClass } from "../../sdk/s3.js";
import { type Bucket, requireBucket } from "./bucket.ts";
import { algorithmsOf } from "./checksum.ts";
import { lastModified, quoted } from "./condition.ts";
import { delimiterOf, encoder, type Listing, listPage, type Shelf } from "./listing.ts";
import { ownerOf } from "./owner.ts";
import { invalidArgument } from "./refusal.ts";
import { objectId, objects, type Version } from "./version.ts";

/** Of one page, whatever was asked for. */
const KEYS_MAX = 1000;

export const listObjectsV2 = operation(ListObjectsV2$, (scope, input) => {
  const { bucket, home } = requireBucket(scope, input);
  const { Prefix: prefix = "", StartAfter, ContinuationToken, EncodingType, FetchOwner = false } = input;
  const maxKeys = checkedMax(input.MaxKeys);
  const after = ContinuationToken === undefined ? StartAfter : tokenText(ContinuationToken);
  const delimiter = delimiterOf(input.Delimiter);
  const page = listPage(shelfOf(home, bucket), { prefix, delimiter, after, limit: Math.min(maxKeys, KEYS_MAX) });
  const shown = encoder(EncodingType);
  return {
    Name: bucket.id,
    Prefix: shown(prefix),
    MaxKeys: maxKeys,
    KeyCount: page.items.length + page.prefixes.length,
    IsTruncated: page.last !== undefined,
    ...(delimiter !== undefined && { Delimiter: shown(delimiter) }),
    ...(StartAfter !== undefined && { StartAfter: shown(StartAfter) }),
    ...(ContinuationToken !== undefined && { ContinuationToken }),
    ...(page.last !== undefined && { NextContinuationToken: Buffer.from(`1${keyOf(page.last)}`).toString("base64") }),
    ...(EncodingType !== undefined && { EncodingType }),
    ...contents(page, bucket, shown, FetchOwner),
  };
});

export const listObjects = operation(ListObjects$, (scope, input) => {
  const { bucket, home } = requireBucket(scope, input);
  const { Prefix: prefix = "", Marker = "", EncodingType } = input;
  const maxKeys = checkedMax(input.MaxKeys);
  const delimiter = delimiterOf(input.Delimiter);
  const page = listPage(shelfOf(home, bucket), {
    prefix,
    delimiter,
    after: Marker === "" ? undefined : Marker,
    limit: Math.min(maxKeys, KEYS_MAX),
  });
  const shown = encoder(EncodingType);
  return {
    Name: bucket.id,
    Prefix: shown(prefix),
    Marker: shown(Marker),
    MaxKeys: maxKeys,
    IsTruncated: page.last !== undefined,
    ...(delimiter !== undefined && { Delimiter: shown(delimiter) }),
    ...(page.last !== undefined && delimiter !== undefined && { NextMarker: shown(keyOf(page.last)) }),
    ...(EncodingType !== undefined && { EncodingType }),
    ...contents(page, bucket, shown, true),
  };
});

const shelfOf = (home: Scope, { id }: Bucket): Shelf<Version> => ({
  read: (prefix, after, limit) =>
    objects.list(home, objectId(id, prefix), { limit, ...(after !== undefined && { after: objectId(id, after) }) }),
  position: ({ key }) => key,
});

function contents({ items, prefixes }: Listing<Version>, { account }: Bucket, shown: (text: string) => string, withOwner: boolean) {
  return {
    ...(items.length > 0 && {
      Contents: items.map((version): _Object => {
        const algorithms = algorithmsOf(version.checksums);
        return {
          Key: shown(version.key),
          LastModified: lastModified(version),
          ETag: quoted(version.etag),
          ...(algorithms.length > 0 && { ChecksumAlgorithm: algorithms, ChecksumType: version.checksumKind ?? "FULL_OBJECT" }),
          Size: version.size,
          StorageClass: version.storageClass as ObjectStorageClass,
          ...(withOwner && { Owner: ownerOf(account) }),
        };
      }),
    }),
    ...(prefixes.length > 0 && { CommonPrefixes: prefixes.map((Prefix) => ({ Prefix: shown(Prefix) })) }),
  };
}

const keyOf = (last: Version | string): string => (typeof last === "string" ? last : last.key);

function tokenText(token: string): string {
  const text = Buffer.from(token, "base64").toString();
  return text.startsWith("1")
    ? text.slice(1)
    : invalidArgument("The continuation token provided is incorrect", "continuation-token", token);
}

/** How many were asked for. */
export function checkedMax(maxKeys = KEYS_MAX): number {
  return maxKeys >= 0
    ? maxKeys
    : invalidArgument("Argument maxKeys must be an integer between 0 and 2147483647", "maxKeys", String(maxKeys));
}
