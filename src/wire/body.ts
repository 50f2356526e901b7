import { hash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import type { Blobs } from "../kernel/blob.ts";
import type { StreamedBlob } from "./backend.ts";
import { BodyDigests, namesChecksum, verifyDigests } from "./checksum.ts";
import { ChunkedDecoder } from "./chunked.ts";
import { Malformed, WireFault } from "./errors.ts";
import { header } from "./headers.ts";
import type { ChunkSignatures } from "./sigv4.ts";

const MIB = 1024 * 1024;
/** What is not streamed is held in memory: a function's package in base64 is the largest that AWS takes. */
const WHOLE_BODY_AT_MOST = 128 * MIB;
/** A streamed body up to this size never touches a draft file. */
const KEPT_IN_MEMORY = MIB / 4;
const EMPTY = Buffer.alloc(0);

const hasBody = (headers: IncomingHttpHeaders): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] !== undefined && headers["content-length"] !== "0");

/** A whole body as sent; at once where there is none. */
export function readWhole(request: IncomingMessage): Buffer | Promise<Buffer> {
  if (!hasBody(request.headers)) return EMPTY;
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    request.on("data", (piece: Buffer) => {
      size += piece.length;
      if (size <= WHOLE_BODY_AT_MOST) pieces.push(piece);
    });
    request.on("end", () => {
      if (size > WHOLE_BODY_AT_MOST)
        reject(new WireFault("RequestEntityTooLargeException", `A request holds at most ${WHOLE_BODY_AT_MOST} bytes.`, 413));
      else resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
    });
    request.on("error", () => reject(cutOff()));
  });
}

/** Take off what only transport needed: aws-chunked framing, and gzip where it is not the object's own encoding. */
export async function unpackWhole(raw: Buffer, headers: IncomingHttpHeaders, isS3: boolean, signatures?: ChunkSignatures): Promise<Buffer> {
  let body = raw;
  if (isChunked(headers)) {
    const decoder = new ChunkedDecoder(signatures);
    body = Buffer.concat([...decoder.decode(raw)]);
    decoder.finish();
    unframe(headers, decoder);
  }
  if (isS3) await verifyWhole(body, headers);
  else if (headers["content-encoding"] === "gzip") body = gunzip(body);
  return body;
}

async function verifyWhole(body: Buffer, headers: IncomingHttpHeaders): Promise<void> {
  if (!namesChecksum(headers)) return;
  const digests = new BodyDigests(headers);
  digests.update(body);
  verifyDigests(headers, await digests.finish());
}

function gunzip(body: Buffer): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: WHOLE_BODY_AT_MOST });
  } catch {
    throw new Malformed("The request body is not valid gzip.");
  }
}

const isChunked = (headers: IncomingHttpHeaders): boolean =>
  (header(headers, "x-amz-content-sha256") ?? "").startsWith("STREAMING-") ||
  (header(headers, "content-encoding") ?? "").split(",").some((encoding) => encoding.trim() === "aws-chunked");

/** Make the headers those of the body without its framing; trailers become headers, as S3 treats them. */
function unframe(headers: IncomingHttpHeaders, { trailers }: ChunkedDecoder): void {
  const encodings = (header(headers, "content-encoding") ?? "").split(",").map((encoding) => encoding.trim());
  const own = encodings.filter((encoding) => encoding !== "aws-chunked" && encoding !== "").join(",");
  if (own === "") delete headers["content-encoding"];
  else headers["content-encoding"] = own;
  const length = header(headers, "x-amz-decoded-content-length");
  if (length !== undefined) headers["content-length"] = length;
  Object.assign(headers, trailers);
}

/**
 * Write a body to a blob while it arrives, so that memory stays flat; verify its checksums, trailers and declared hash on
 * the way.
 */
export async function readIntoBlob(request: IncomingMessage, blobs: Blobs, signatures?: ChunkSignatures): Promise<StreamedBlob> {
  const { headers } = request;
  const digests = new BodyDigests(headers);
  const sink = new BlobSink(blobs);
  const decoder = isChunked(headers) ? new ChunkedDecoder(signatures) : undefined;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      for (const part of decoder === undefined ? [piece] : decoder.decode(piece)) {
        digests.update(part);
        await sink.write(part);
      }
    }
    if (decoder !== undefined) {
      decoder.finish();
      unframe(headers, decoder);
    }
    const finished = await digests.finish();
    verifyLength(headers, sink.size);
    if (decoder === undefined) compareHashes(headers, finished.sha256);
    verifyDigests(headers, finished);
    const ref = await sink.finish(`sha256:${finished.sha256}`);
    return { ...ref, md5: finished.md5, checksums: finished.checksums };
  } catch (error) {
    await sink.discard();
    throw request.errored === null ? error : cutOff();
  }
}

/** The client hung up in the middle of its request: nobody will read this. */
const cutOff = (): WireFault => new WireFault("IncompleteBody", "The request body terminated unexpectedly.");

function verifyLength(headers: IncomingHttpHeaders, size: number): void {
  const decoded = header(headers, "x-amz-decoded-content-length");
  if (decoded === undefined || Number(decoded) === size) return;
  throw new WireFault("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header.");
}

/** A body must have the hash that its request declared, whoever signed it. */
export function verifyDeclaredHash(headers: IncomingHttpHeaders, body: Buffer): void {
  if (headers["x-amz-content-sha256"] !== undefined) compareHashes(headers, sha256Hex(body));
}

function compareHashes(headers: IncomingHttpHeaders, sha256: string): void {
  const declared = header(headers, "x-amz-content-sha256");
  if (declared === undefined || !/^[0-9a-f]{64}$/.test(declared) || declared === sha256) return;
  throw new WireFault("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.", 400, {
    ClientComputedContentSHA256: declared,
    S3ComputedContentSHA256: sha256,
  });
}

export const sha256Hex = (bytes: Uint8Array): string => hash("sha256", bytes, "hex");

/** A blob in the making: in memory while it is small, then in a draft file. */
class BlobSink {
  readonly #blobs: Blobs;
  #pieces: Buffer[] = [];
  #draft: string | undefined;
  #file: FileHandle | undefined;
  size = 0;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  async write(piece: Buffer): Promise<void> {
    this.size += piece.length;
    this.#pieces.push(piece);
    if (this.size <= KEPT_IN_MEMORY) return;
    if (this.#file === undefined) {
      this.#draft = this.#blobs.draft();
      this.#file = await open(this.#draft, "w");
    }
    await this.#file.writev(this.#pieces);
    this.#pieces = [];
  }

  async finish(digest: string): Promise<{ digest: string; size: number }> {
    if (this.#file === undefined) return this.#blobs.write(Buffer.concat(this.#pieces));
    await this.#file.close();
    return this.#blobs.adopt(this.#draft!, { digest, size: this.size });
  }

  /** Leave nothing behind of a body that was refused or cut off. */
  async discard(): Promise<void> {
    await this.#file?.close().catch(() => {});
    if (this.#draft !== undefined) await rm(this.#draft, { force: true });
  }
}
