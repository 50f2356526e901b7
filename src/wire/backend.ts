import type { IncomingMessage, ServerResponse } from "node:http";
import type { BlobRef, Blobs } from "../kernel/blob.ts";
import type { Caller, KnownKey } from "../kernel/caller.ts";
import type { Operation } from "../kernel/operation.ts";
import type { Service } from "../kernel/service.ts";

/** open: any key is taken at its word. signed: signatures must verify. enforced: IAM policies decide as well. */
export type Trust = "open" | "signed" | "enforced";

/** What the wire needs of the cloud behind it; the kernel is one. */
export interface Backend {
  /** The implemented services; `Service.operations` are the implemented operations. */
  readonly services: readonly Service[];
  readonly blobs: Blobs;
  readonly trust: Trust;
  /** Real time, in milliseconds since 1970, for whatever a client signs by its own watch. */
  now(): number;
  identify(accessKeyId: string, sessionToken?: string): KnownKey | undefined;
  /** The sentence to refuse a call with, or undefined where it is allowed. */
  authorize(caller: Caller, action: string, resource: string, context: Readonly<Record<string, string>>): string | undefined;
  /** Commits, settles, makes durable, and answers; late where the operation is. `signal` aborts when the client hangs up. */
  call(service: Service, operation: Operation, input: unknown, caller: Caller, signal: AbortSignal): unknown | Promise<unknown>;
}

/** What is served by another room on the same port, and is asked before AWS's API is. */
export interface Route {
  match(request: IncomingMessage): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

/** The algorithms of the `x-amz-checksum-*` headers. */
export type ChecksumAlgorithm =
  | "crc32"
  | "crc32c"
  | "crc64nvme"
  | "sha1"
  | "sha256"
  | "sha512"
  | "md5"
  | "xxhash64"
  | "xxhash3"
  | "xxhash128";

/** What a handler finds in a streaming input member: the bytes are a blob already. */
export interface StreamedBlob extends BlobRef {
  /** In base64, by algorithm: those that the client named, all verified where it gave a value. */
  readonly checksums?: Readonly<Partial<Record<ChecksumAlgorithm, string>>>;
  /** In hex; what S3 makes ETags of. */
  readonly md5: string;
}
