import { createHash } from "node:crypto";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  AbortMultipartUpload$,
  type CompletedPart,
  CompleteMultipartUpload$,
  CreateMultipartUpload$,
  UploadPart$,
  UploadPartCopy$,
} from "../../sdk/s3.js";
import { requireBucket } from "./bucket.ts";
import { bytesOf } from "./bytes.ts";
import { type Checksums, checksumsOf, claimedChecksums, multipartChecksum, multipartKind, shownChecksums } from "./checksum.ts";
import { bareTag, checkWrite, quoted } from "./condition.ts";
import { describe } from "./content.ts";
import { requireSource } from "./copy.ts";
import { initiatorOf } from "./owner.ts";
import { bodyOf, tooLarge, write } from "./put.ts";
import { parseRange } from "./range.ts";
import { invalidArgument, malformedXml, refuse } from "./refusal.ts";
import { shownIdOf } from "./require-version.ts";
import { dropUpload, type Part, partId, parts, requireUpload, type Upload, uploadRowId, uploads } from "./upload.ts";
import { objectId, objects } from "./version.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const PART_NUMBER_MAX = 10_000;
const PART_BYTES_MIN = 5 * 1024 ** 2;
const PART_BYTES_MAX = 5 * 1024 ** 3;

const UPLOAD_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

export const createMultipartUpload = operation(
  CreateMultipartUpload$,
  (scope, input) => {
    const { bucket, home } = requireBucket(scope, input);
    const { ChecksumAlgorithm, ChecksumType } = input;
    const description = describe(bucket, input);
    const checksum =
      ChecksumAlgorithm === undefined
        ? {}
        : { checksumAlgorithm: ChecksumAlgorithm, checksumKind: multipartKind(ChecksumAlgorithm, ChecksumType) };
    const uploadId = home.id.text(64, UPLOAD_ID_LETTERS);
    const id = uploadRowId(bucket.id, input.Key!, uploadId);
    const initiator = initiatorOf(scope);
    uploads.put(home, { id, uploadId, key: input.Key!, description, initiator, initiatedAt: home.clock.now(), ...checksum });
    return {
      Bucket: bucket.id,
      Key: input.Key!,
      UploadId: uploadId,
      ...description.encryption,
      ...(checksum.checksumKind && { ChecksumAlgorithm: ChecksumAlgorithm!, ChecksumType: checksum.checksumKind }),
    };
  },
  { partial: "no Object Lock, no ACLs but private, no keys that the customer provides" },
);

export const uploadPart = operation(UploadPart$, (scope, input) => {
  const { bucket, home } = requireBucket(scope, input);
  const upload = requireUpload(home, bucket.id, input.Key!, input.UploadId!);
  const { digest, size, md5, checksums } = bodyOf(scope, input.Body);
  const part = putPart(home, upload, input.PartNumber!, { digest, size, etag: md5, checksums: checksumsOf(checksums) });
  return { ETag: quoted(part.etag), ...part.checksums, ...upload.description.encryption };
});

export const uploadPartCopy = operation(
  UploadPartCopy$,
  (scope, input) => {
    const { bucket, home } = requireBucket(scope, input);
    const upload = requireUpload(home, bucket.id, input.Key!, input.UploadId!);
    const { version: source, shownId } = requireSource(scope, input);
    const { CopySourceRange } = input;
    const whole = { start: 0, end: source.size };
    const range = CopySourceRange === undefined ? whole : (parseRange(CopySourceRange, source.size) ?? badRange(CopySourceRange));
    const bytes = bytesOf(scope.blobs, source.pieces, range);
    const etag = createHash("md5").update(bytes).digest("hex");
    const part = putPart(home, upload, input.PartNumber!, { ...scope.blobs.write(bytes), etag, checksums: {} });
    return {
      CopyPartResult: { ETag: quoted(part.etag), LastModified: new Date(part.modifiedAt) },
      ...(shownId.VersionId !== undefined && { CopySourceVersionId: shownId.VersionId }),
      ...upload.description.encryption,
    };
  },
  { partial: "the copied part has no checksum but its ETag" },
);

export const completeMultipartUpload = operation(CompleteMultipartUpload$, (scope, input) => {
  const { bucket, home } = requireBucket(scope, input);
  const upload = requireUpload(home, bucket.id, input.Key!, input.UploadId!);
  checkWrite(objects.get(home, objectId(bucket.id, input.Key!)), input.Key!, input);
  const listed = chosenParts(home, upload, input.MultipartUpload?.Parts);
  const size = listed.reduce((sum, part) => sum + part.size, 0);
  if (input.MpuObjectSize !== undefined && Number(input.MpuObjectSize) !== size) {
    refuse("InvalidRequest", "The provided 'x-amz-mp-object-size' header does not match what was computed.");
  }
  const version = write(home, bucket, "CompleteMultipartUpload", {
    ...upload.description,
    size,
    etag: `${md5OfMd5s(listed)}-${listed.length}`,
    pieces: listed.map(({ digest, size: partSize, partNumber, checksums }) => ({ digest, size: partSize, partNumber, checksums })),
    ...checksumOf(upload, listed, claimedChecksums({ ...input })),
  });
  dropUpload(home, upload);
  return {
    Location: `${scope.settings.endpoint}/${bucket.id}/${encodeURIComponent(upload.key)}`,
    Bucket: bucket.id,
    Key: upload.key,
    ETag: quoted(version.etag),
    ...shownChecksums(version.checksums, version.checksumKind),
    ...version.encryption,
    ...(bucket.versioning === "Enabled" && shownIdOf(bucket, version)),
  };
});

export const abortMultipartUpload = operation(AbortMultipartUpload$, (scope, input) => {
  const { bucket, home } = requireBucket(scope, input);
  dropUpload(home, requireUpload(home, bucket.id, input.Key!, input.UploadId!));
  return {};
});

function putPart(home: Scope, { uploadId }: Upload, partNumber: number, part: Pick<Part, "digest" | "size" | "etag" | "checksums">): Part {
  if (partNumber < 1 || partNumber > PART_NUMBER_MAX) {
    invalidArgument(`Part number must be an integer between 1 and ${PART_NUMBER_MAX}, inclusive`, "partNumber", String(partNumber));
  }
  if (part.size > PART_BYTES_MAX) tooLarge(part.size, PART_BYTES_MAX);
  return parts.put(home, { id: partId(uploadId, partNumber), partNumber, modifiedAt: home.clock.now(), ...part });
}

/** The parts that a request names: there, in order, with the right tags, and none but the last too small. */
function chosenParts(home: Scope, { uploadId }: Upload, named: readonly CompletedPart[] = []): Part[] {
  if (named.length === 0) malformedXml();
  const chosen = named.map((wanted) => {
    const part = parts.get(home, partId(uploadId, wanted.PartNumber ?? 0));
    if (part === undefined || part.etag !== bareTag(wanted.ETag ?? "") || !agrees(part.checksums, claimedChecksums({ ...wanted })))
      return invalidPart(uploadId, wanted);
    return part;
  });
  chosen.forEach(({ partNumber, size, etag }, index) => {
    const next = chosen[index + 1];
    if (next === undefined) return;
    if (next.partNumber <= partNumber) {
      refuse("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.", 400, {
        UploadId: uploadId,
      });
    }
    if (size < PART_BYTES_MIN) {
      const members = { ProposedSize: size, MinSizeAllowed: PART_BYTES_MIN, PartNumber: partNumber, ETag: etag };
      refuse("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400, members);
    }
  });
  return chosen;
}

const invalidPart = (UploadId: string, { PartNumber = 0, ETag = "" }: CompletedPart): never =>
  refuse(
    "InvalidPart",
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    400,
    { UploadId, PartNumber, ETag },
  );

/** A part without a checksum of its own agrees with anything. */
const agrees = (known: Checksums, claimed: Checksums): boolean =>
  Object.entries(claimed).every(([member, value]) => (known[member as keyof Checksums] ?? value) === value);

function checksumOf({ checksumAlgorithm, checksumKind }: Upload, listed: readonly Part[], claimed: Checksums) {
  if (checksumAlgorithm === undefined || checksumKind === undefined) return {};
  const checksums = multipartChecksum(checksumAlgorithm, checksumKind, listed);
  for (const [member, value] of Object.entries(claimed)) {
    const known = checksums[member as keyof Checksums];
    if (known === undefined || known === value || known === `${value}-${listed.length}`) continue;
    refuse("BadDigest", `The ${checksumAlgorithm.toLowerCase()} you specified did not match the calculated checksum.`);
  }
  return { checksums, checksumKind };
}

const md5OfMd5s = (listed: readonly Part[]): string =>
  createHash("md5")
    .update(Buffer.concat(listed.map(({ etag }) => Buffer.from(etag, "hex"))))
    .digest("hex");

const badRange = (value: string): never =>
  invalidArgument(
    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
    "x-amz-copy-source-range",
    value,
  );
