import { createHash } from "node:crypto";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { PutObject$ } from "../../sdk/s3.js";
import { type Bucket, requireBucket } from "./bucket.ts";
import { checksumsOf, shownChecksums } from "./checksum.ts";
import { checkWrite, quoted } from "./condition.ts";
import { describe } from "./content.ts";
import { announce } from "./event.ts";
import { notImplemented, refuse } from "./refusal.ts";
import { shownIdOf } from "./require-version.ts";
import { type Content, objectId, objects, place, type Version } from "./version.ts";

/** A streamed body as a handler finds it: the bytes are a blob already, and were digested on their way. */
export interface StreamedBody {
  readonly digest: string;
  readonly size: number;
  /** In hex. */
  readonly md5: string;
  /** In base64, by algorithm. */
  readonly checksums?: Readonly<Partial<Record<string, string>>>;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html: 5 GB in one operation. */
const PUT_BYTES_MAX = 5 * 1024 ** 3;

export const putObject = operation(
  PutObject$,
  (scope, input) => {
    const { bucket, home } = requireBucket(scope, input);
    if (input.WriteOffsetBytes !== undefined) notImplemented("Appending to an object");
    const body = bodyOf(scope, input.Body);
    if (body.size > PUT_BYTES_MAX) tooLarge(body.size, PUT_BYTES_MAX);
    checkWrite(objects.get(home, objectId(bucket.id, input.Key!)), input.Key!, input);
    const checksums = checksumsOf(body.checksums);
    const version = write(home, bucket, "PutObject", {
      ...describe(bucket, input),
      size: body.size,
      etag: body.md5,
      pieces: [{ digest: body.digest, size: body.size }],
      checksums,
      checksumKind: "FULL_OBJECT",
    });
    return {
      ETag: quoted(version.etag),
      ...shownChecksums(checksums, "FULL_OBJECT"),
      ...version.encryption,
      ...(bucket.versioning === "Enabled" && shownIdOf(bucket, version)),
    };
  },
  { partial: "no Object Lock, no ACLs but private, no appending, no keys that the customer provides" },
);

/** Make the content the current version of its key, and tell whoever listens. */
export function write(home: Scope, bucket: Bucket, reason: WriteReason, content: Content): Version {
  const version = place(home, bucket, content);
  announce(home, bucket, version, { kind: "created", reason });
  return version;
}

export type WriteReason = "PutObject" | "CopyObject" | "CompleteMultipartUpload";

/** The body of a request; without one, no bytes. */
export function bodyOf({ blobs }: Scope, body: unknown): StreamedBody {
  if (body !== undefined) return body as StreamedBody;
  return { ...blobs.write(new Uint8Array()), md5: createHash("md5").digest("hex") };
}

export const tooLarge = (ProposedSize: number, MaxSizeAllowed: number): never =>
  refuse("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400, { ProposedSize, MaxSizeAllowed });
