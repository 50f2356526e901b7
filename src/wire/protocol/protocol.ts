import type { BlobSlice } from "../../kernel/blob.ts";
import type { StreamedBlob } from "../backend.ts";
import type { Refusal } from "../errors.ts";
import type { OperationModel } from "../model.ts";
import type { RequestHead } from "../request.ts";
import type { FormNode } from "../shape/form.ts";

/** A request, read but for its shape. */
export interface Incoming {
  readonly head: RequestHead;
  /** The URI's labels, still escaped. */
  readonly labels: Readonly<Record<string, string>>;
  /** Empty where the body was written to `blob`. */
  readonly body: Buffer;
  readonly blob: StreamedBlob | undefined;
  /** The body, or the query of a GET, as the query protocols found their action in it. */
  readonly form: FormNode | undefined;
}

/** Bytes in memory, bytes of blobs, or frames that come as things happen. */
export type ReplyBody = string | Uint8Array | readonly BlobSlice[] | AsyncIterable<Uint8Array>;

/** An answer as HTTP has it. */
export interface Reply {
  status: number;
  readonly headers: Record<string, string>;
  body?: ReplyBody | undefined;
}

/** One AWS protocol, as one service speaks it. */
export interface Protocol {
  read(operation: OperationModel, incoming: Incoming): Record<string, unknown>;
  write(operation: OperationModel, output: Record<string, unknown>, requestId: string): Reply;
  refuse(refusal: Refusal, requestId: string): Reply;
}

/** A serializer's bytes as a Buffer; its own class of bytes warns when it is copied. */
export const bytesOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The error header of services that once spoke the query protocol, by which old clients know the code. */
export const queryErrorHeader = ({ queryCode, fault }: Refusal): Record<string, string> => ({
  "x-amzn-query-error": `${queryCode};${fault === "client" ? "Sender" : "Receiver"}`,
});
