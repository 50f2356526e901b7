import { createReadStream } from "node:fs";
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { BlobSlice, Blobs } from "../kernel/blob.ts";
import type { Reply } from "./protocol/protocol.ts";

/** Smaller blobs are read at once: opening a stream costs more. */
const READ_AT_ONCE = 64 * 1024;

/** Send an answer; resolves once it is on its way or the client has gone. */
export async function send(reply: Reply, response: ServerResponse, method: string, blobs: Blobs): Promise<void> {
  const { body } = reply;
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, headerText(value));
  response.statusCode = reply.status;
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) sendWhole(body, response, method);
  else if (isSlices(body)) await sendSlices(body, response, method, blobs);
  else await pipeline(body, response);
}

function sendWhole(body: string | Uint8Array | undefined, response: ServerResponse, method: string): void {
  // A HEAD's length is that of the answer to a GET, where an operation gives it.
  const mayHaveLength = response.statusCode !== 204 && response.statusCode !== 304;
  if (method !== "HEAD" && mayHaveLength) response.setHeader("content-length", body === undefined ? 0 : Buffer.byteLength(body));
  if (method === "HEAD" || body === undefined) response.end();
  else response.end(typeof body === "string" ? Buffer.from(body) : body);
}

const isSlices = (body: object): body is readonly BlobSlice[] => Array.isArray(body);

async function sendSlices(slices: readonly BlobSlice[], response: ServerResponse, method: string, blobs: Blobs): Promise<void> {
  response.setHeader(
    "content-length",
    slices.reduce((total, slice) => total + lengthOf(slice), 0),
  );
  if (method === "HEAD") {
    response.end();
    return;
  }
  const [first] = slices;
  if (slices.length === 1 && lengthOf(first!) <= READ_AT_ONCE && first!.size <= READ_AT_ONCE) {
    response.end(inMemory(first!, blobs));
    return;
  }
  await pipeline(bytesOfSlices(slices, blobs), response);
}

const lengthOf = ({ size, start = 0, end = size }: BlobSlice): number => Math.max(0, end - start);

async function* bytesOfSlices(slices: readonly BlobSlice[], blobs: Blobs): AsyncGenerator<Uint8Array> {
  for (const slice of slices) {
    if (lengthOf(slice) === 0) continue;
    const path = blobs.path(slice.digest);
    const { start = 0, end = slice.size } = slice;
    if (path === undefined) yield inMemory(slice, blobs);
    else yield* createReadStream(path, { start, end: end - 1, highWaterMark: 256 * 1024 });
  }
}

const inMemory = ({ digest, size, start = 0, end = size }: BlobSlice, blobs: Blobs): Uint8Array => blobs.read(digest).subarray(start, end);

const NOT_IN_HEADERS = /[^\t\x20-\x7e\x80-\xff]/;

/** Text that HTTP cannot carry goes as RFC 2047 has it, which is what S3 does with metadata. */
const headerText = (value: string): string => (NOT_IN_HEADERS.test(value) ? `=?UTF-8?B?${Buffer.from(value).toString("base64")}?=` : value);
