import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { BlobSlice } from "../../kernel/blob.ts";
import type { World } from "../../testing/world.ts";
import { createBucket } from "./bucket.ts";
import type { StreamedBody } from "./put.ts";

/** A bucket where the test stands. */
export const bucketIn = (cloud: World, Bucket: string) =>
  cloud.call(createBucket, { Bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });

/** A body as the wire hands it to a handler. */
export function bodyOfText(cloud: World, text: string): never {
  const bytes = Buffer.from(text);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  const body: StreamedBody = {
    ...cloud.blobs.write(bytes),
    md5: createHash("md5").update(bytes).digest("hex"),
    checksums: { crc32: sum.toString("base64") },
  };
  return body as never;
}

/** What the wire would send of an answer's body. */
export const textOf = (cloud: World, body: unknown): string =>
  (body as BlobSlice[]).map(({ digest, start, end }) => cloud.blobs.read(digest).subarray(start, end).toString()).join("");
