import { createHash } from "node:crypto";
import type { BlobRef, BlobSlice, Blobs } from "../../kernel/blob.ts";
import type { Piece } from "./version.ts";

/** From `start` up to but not including `end`, of all the bytes of an object. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What of which blobs a range is made of. */
export function slicesOf(pieces: readonly Piece[], { start, end }: Range): BlobSlice[] {
  const slices: BlobSlice[] = [];
  let at = 0;
  for (const { digest, size } of pieces) {
    const from = Math.max(0, start - at);
    const to = Math.min(size, end - at);
    if (from < to) slices.push({ digest, size, start: from, end: to });
    at += size;
  }
  return slices;
}

/** The bytes of a range. */
export function bytesOf(blobs: Blobs, pieces: readonly Piece[], range: Range): Buffer {
  const parts = slicesOf(pieces, range).map(({ digest, start, end }) => blobs.read(digest).subarray(start, end));
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

/** All the bytes as one blob, which is written where there is none. */
export function oneBlob(blobs: Blobs, { pieces, size }: { readonly pieces: readonly Piece[]; readonly size: number }): BlobRef {
  const [first] = pieces;
  if (pieces.length === 1) return { digest: first!.digest, size };
  return blobs.write(bytesOf(blobs, pieces, { start: 0, end: size }));
}

/** In hex, of bytes that lie in several blobs. */
export function md5Of(blobs: Blobs, pieces: readonly BlobRef[]): string {
  const hash = createHash("md5");
  for (const { digest } of pieces) hash.update(blobs.read(digest));
  return hash.digest("hex");
}
