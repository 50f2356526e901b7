import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type ChecksumAlgorithm, ListMultipartUploads$, ListParts$ } from "../../sdk/s3.js";
import { requireBucket } from "./bucket.ts";
import { quoted } from "./condition.ts";
import { delimiterOf, encoder, listPage, type Shelf } from "./listing.ts";
import { ownerOf } from "./owner.ts";
import { partId, parts, requireUpload, type Upload, uploads } from "./upload.ts";
import { objectId, positionOf } from "./version.ts";

const UPLOADS_MAX = 1000;
const PARTS_MAX = 1000;

export const listMultipartUploads = operation(ListMultipartUploads$, (scope, input) => {
  const { bucket, home } = requireBucket(scope, input);
  const { Prefix: prefix = "", KeyMarker = "", UploadIdMarker = "", MaxUploads = UPLOADS_MAX, EncodingType } = input;
  const delimiter = delimiterOf(input.Delimiter);
  const after = KeyMarker === "" ? undefined : `${KeyMarker}\0${UploadIdMarker === "" ? "~" : UploadIdMarker}`;
  const limit = Math.min(MaxUploads, UPLOADS_MAX);
  const { items, prefixes, last } = listPage(uploadShelf(home, bucket.id), { prefix, delimiter, after, limit });
  const shown = encoder(EncodingType);
  return {
    Bucket: bucket.id,
    Prefix: shown(prefix),
    KeyMarker: shown(KeyMarker),
    UploadIdMarker,
    MaxUploads,
    IsTruncated: last !== undefined,
    ...(delimiter !== undefined && { Delimiter: shown(delimiter) }),
    ...(EncodingType !== undefined && { EncodingType }),
    ...(typeof last === "string" && { NextKeyMarker: shown(last) }),
    ...(typeof last === "object" && { NextKeyMarker: shown(last.key), NextUploadIdMarker: last.uploadId }),
    ...(items.length > 0 && {
      Uploads: items.map((upload) => ({
        Key: shown(upload.key),
        UploadId: upload.uploadId,
        Initiated: new Date(upload.initiatedAt),
        Owner: ownerOf(bucket.account),
        ...common(upload),
      })),
    }),
    ...(prefixes.length > 0 && { CommonPrefixes: prefixes.map((Prefix) => ({ Prefix: shown(Prefix) })) }),
  };
});

export const listParts = operation(ListParts$, (scope, input) => {
  const { bucket, home } = requireBucket(scope, input);
  const upload = requireUpload(home, bucket.id, input.Key!, input.UploadId!);
  const { PartNumberMarker = "0", MaxParts = PARTS_MAX } = input;
  const limit = Math.min(MaxParts, PARTS_MAX);
  const found = parts.list(home, `${upload.uploadId}/`, { after: partId(upload.uploadId, Number(PartNumberMarker)), limit: limit + 1 });
  const shown = found.slice(0, limit);
  return {
    Bucket: bucket.id,
    Key: upload.key,
    UploadId: upload.uploadId,
    PartNumberMarker,
    NextPartNumberMarker: String(shown.at(-1)?.partNumber ?? 0),
    MaxParts,
    IsTruncated: found.length > shown.length,
    Owner: ownerOf(bucket.account),
    ...common(upload),
    ...(shown.length > 0 && {
      Parts: shown.map(({ partNumber, etag, size, modifiedAt, checksums }) => ({
        PartNumber: partNumber,
        ETag: quoted(etag),
        Size: size,
        LastModified: new Date(modifiedAt),
        ...checksums,
      })),
    }),
  };
});

const uploadShelf = (home: Scope, bucket: string): Shelf<Upload> => ({
  read: (prefix, after, limit) =>
    uploads.list(home, objectId(bucket, prefix), { limit, ...(after !== undefined && { after: objectId(bucket, after) }) }),
  position: (upload) => positionOf(bucket, upload),
});

const common = ({ initiator, description, checksumAlgorithm, checksumKind }: Upload) => ({
  Initiator: initiator,
  StorageClass: description.storageClass,
  ...(checksumKind !== undefined && { ChecksumAlgorithm: checksumAlgorithm as ChecksumAlgorithm, ChecksumType: checksumKind }),
});
