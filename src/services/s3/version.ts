import type { BlobRef } from "../../kernel/blob.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { Tags } from "../../kernel/tag.ts";
import type { ServerSideEncryption, StorageClass } from "../../sdk/s3.js";
import type { Bucket } from "./bucket.ts";
import type { ChecksumKind, Checksums } from "./checksum.ts";

/** Some of an object's bytes: all of them, or a part of a multipart upload. */
export interface Piece extends BlobRef {
  /** Of a multipart upload. */
  readonly partNumber?: number;
  readonly checksums?: Checksums;
}

/** What an object is, whichever version of it. */
export interface Content {
  readonly key: string;
  /** bytes */
  readonly size: number;
  /** Without its quotes: the MD5 of the bytes in hex, or md5-of-md5s-N. */
  readonly etag: string;
  /** In the order of the bytes. */
  readonly pieces: readonly Piece[];
  readonly checksums?: Checksums;
  readonly checksumKind?: ChecksumKind;
  readonly contentType: string;
  /** The other headers that are kept with it and given back, by their members' names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expires?: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass: StorageClass;
  readonly encryption: Encryption;
  readonly tags?: Tags;
}

/** How S3 says that the bytes are encrypted. */
export interface Encryption {
  readonly ServerSideEncryption: ServerSideEncryption;
  readonly SSEKMSKeyId?: string;
  readonly BucketKeyEnabled?: boolean;
}

/** A version of an object. Delete markers are versions, too. */
export interface Version extends Row, Content {
  /** "null" where it was put without versioning. */
  readonly versionId: string;
  /** The higher, the newer; of one key. */
  readonly sequence: number;
  readonly modifiedAt: number;
  readonly deleteMarker?: true;
  /** Since when there is a newer one. */
  readonly noncurrentAt?: number;
}

export const NULL = "null";
const ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
const SEQUENCE_DIGITS = 7;
const SEQUENCE_MAX = 36 ** SEQUENCE_DIGITS - 1;

/** The objects that a GET without a version finds, by bucket/key: in UTF-8 order, as S3 lists them. */
export const objects = new Table<Version>("s3/object", { stored: true });

/** Older versions and delete markers, by bucket/key, NUL and how new they are: newest first, right behind the object. */
export const olderVersions = new Table<Version>("s3/version", {
  stored: true,
  indexes: { null: ({ id, versionId }) => (versionId === NULL ? id.slice(0, id.indexOf("\0")) : undefined) },
});

export const objectId = (bucket: string, key: string): string => `${bucket}/${key}`;

/** Where in the list of a bucket's versions one stands; texts in UTF-8 order. */
export const positionOf = (bucket: string, { id }: Row): string => id.slice(bucket.length + 1);

/** Whether it is the one that a GET without a version sees, even if it sees that there is none. */
export const isLatest = ({ noncurrentAt }: Version): boolean => noncurrentAt === undefined;

export const holdsAnything = (home: Scope, bucket: string): boolean =>
  objects.list(home, `${bucket}/`, { limit: 1 }).length > 0 || olderVersions.list(home, `${bucket}/`, { limit: 1 }).length > 0;

/** The version that is current, be it a delete marker. */
export const newest = (home: Scope, { id, versioning }: Bucket, key: string): Version | undefined =>
  objects.get(home, objectId(id, key)) ?? (versioning === undefined ? undefined : newestOlder(home, objectId(id, key)));

/** The version of that id. */
export function versionOf(home: Scope, bucket: string, key: string, versionId: string): Version | undefined {
  const id = objectId(bucket, key);
  const current = objects.get(home, id);
  if (current?.versionId === versionId) return current;
  if (versionId === NULL) return olderVersions.by(home, "null", id, { limit: 1 })[0];
  const found = olderVersions.get(home, `${id}\0${versionId.slice(-SEQUENCE_DIGITS)}`);
  return found?.versionId === versionId ? found : undefined;
}

/** Make the content the current version of its key, in place of the one before or above it, as the bucket's versioning has it. */
export function place(home: Scope, bucket: Bucket, content: Content): Version {
  const id = objectId(bucket.id, content.key);
  const { versionId, sequence } = stepAside(home, bucket, content.key);
  return objects.put(home, { ...content, id, versionId, sequence, modifiedAt: home.clock.now() });
}

/** Put a delete marker above a key, in a bucket that has versions. */
export function placeMarker(home: Scope, bucket: Bucket, key: string): Version {
  const id = objectId(bucket.id, key);
  const { versionId, sequence } = stepAside(home, bucket, key);
  objects.remove(home, id);
  return olderVersions.put(home, {
    id: olderId(id, sequence),
    key,
    versionId,
    sequence,
    modifiedAt: home.clock.now(),
    deleteMarker: true,
    ...NOTHING,
  });
}

/** Remove a version for good; the one below it, if it was the newest, becomes current. */
export function erase(home: Scope, bucket: Bucket, version: Version): void {
  const id = objectId(bucket.id, version.key);
  if (version.id === id) objects.remove(home, id);
  else olderVersions.remove(home, version.id);
  if (bucket.versioning === undefined || objects.get(home, id) !== undefined) return;
  const below = newestOlder(home, id);
  if (below?.noncurrentAt === undefined) return;
  const { noncurrentAt: _, ...current } = below;
  if (below.deleteMarker) {
    olderVersions.put(home, current);
    return;
  }
  olderVersions.remove(home, below.id);
  objects.put(home, { ...current, id });
}

const NOTHING = {
  size: 0,
  etag: "",
  pieces: [],
  contentType: "",
  headers: {},
  metadata: {},
  storageClass: "STANDARD",
  encryption: { ServerSideEncryption: "AES256" },
} as const;

/** Make room for a new version of a key: keep the current one where versioning says so. Answers what the new one is called. */
function stepAside(home: Scope, bucket: Bucket, key: string): { versionId: string; sequence: number } {
  if (bucket.versioning === undefined) return { versionId: NULL, sequence: 1 };
  const id = objectId(bucket.id, key);
  const current = objects.get(home, id);
  const before = current ?? newestOlder(home, id);
  const sequence = (before?.sequence ?? 0) + 1;
  const isNull = bucket.versioning === "Suspended";
  const noncurrentAt = home.clock.now();
  if (current !== undefined && !(isNull && current.versionId === NULL))
    olderVersions.put(home, { ...current, id: olderId(id, current.sequence), noncurrentAt });
  else if (current === undefined && before !== undefined) olderVersions.put(home, { ...before, noncurrentAt });
  if (!isNull) return { versionId: home.id.text(32 - SEQUENCE_DIGITS, ID_LETTERS) + orderText(sequence), sequence };
  for (const older of olderVersions.by(home, "null", id)) olderVersions.remove(home, older.id);
  return { versionId: NULL, sequence };
}

const newestOlder = (home: Scope, id: string): Version | undefined => olderVersions.list(home, `${id}\0`, { limit: 1 })[0];

const olderId = (id: string, sequence: number): string => `${id}\0${orderText(sequence)}`;

/** The newer, the smaller; a version's id ends in it, so that the row is found without an index. */
const orderText = (sequence: number): string => (SEQUENCE_MAX - sequence).toString(36).padStart(SEQUENCE_DIGITS, "0");
