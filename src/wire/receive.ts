import { hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Blobs } from "../kernel/blob.ts";
import type { SignatureCheck } from "./authenticate.ts";
import type { StreamedBlob } from "./backend.ts";
import { readIntoBlob, readWhole, sha256Hex, unpackWhole, verifyDeclaredHash } from "./body.ts";
import { header } from "./headers.ts";
import type { OperationModel } from "./model.ts";
import type { RequestHead } from "./request.ts";
import { ChunkSignatures, UNSIGNED_PAYLOAD } from "./sigv4.ts";

/** A body as protocols read it; one of the two is empty. */
export interface ReceivedBody {
  readonly body: Buffer;
  readonly blob: StreamedBlob | undefined;
}

/** What is to be received, and what is known about it. */
export interface Receiving {
  readonly request: IncomingMessage;
  readonly head: RequestHead;
  readonly operation: OperationModel;
  /** Present where signatures are checked. */
  readonly check: SignatureCheck | undefined;
  /** The body, where it had to be read to find the operation. */
  readonly bodyRead: Buffer | undefined;
}

const EMPTY = Buffer.alloc(0);

/** Read a request's body, and check it and the signature against each other. */
export async function receive(receiving: Receiving, blobs: Blobs): Promise<ReceivedBody> {
  const { request, head, operation, check, bodyRead } = receiving;
  const declared = declaredHash(head);
  const chunks =
    check !== undefined && declared?.startsWith("STREAMING-AWS4-HMAC-SHA256") ? new ChunkSignatures(check.signature, check.key) : undefined;
  const isStreaming = operation.streamingInput !== undefined;
  if (isStreaming && bodyRead === undefined && (check === undefined || declared !== undefined)) {
    check?.verify(declared!);
    return { body: EMPTY, blob: await readIntoBlob(request, blobs, chunks) };
  }
  const raw = bodyRead ?? (await readWhole(request));
  const { isS3 } = operation.service;
  if (check !== undefined) check.verify(declared ?? sha256Hex(raw));
  if (check !== undefined || isS3) verifyDeclaredHash(head.headers, raw);
  const body = raw.length === 0 ? raw : await unpackWhole(raw, head.headers, isS3, chunks);
  return isStreaming ? { body: EMPTY, blob: { ...blobs.write(body), md5: md5Hex(body) } } : { body, blob: undefined };
}

/** The hash that the client signed, where the head says: S3's presigned requests leave the body out. */
function declaredHash({ headers, signature }: RequestHead): string | undefined {
  const declared = header(headers, "x-amz-content-sha256");
  return declared ?? (signature?.presignedForSeconds !== undefined && signature.service === "s3" ? UNSIGNED_PAYLOAD : undefined);
}

const md5Hex = (bytes: Uint8Array): string => hash("md5", bytes, "hex");
