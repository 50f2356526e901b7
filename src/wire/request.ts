import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { type Signature, signatureOf } from "./sigv4.ts";

/** The head of a request, in the form that everything in this room reads. */
export interface RequestHead {
  /** Ours, for this request: what x-amzn-requestid answers. */
  readonly id: string;
  readonly method: string;
  /** As sent: still escaped, without the query. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Undefined where nobody signed. */
  readonly signature: Signature | undefined;
  readonly sourceIp: string;
}

const NO_QUERY = new URLSearchParams();

export function headOf(request: IncomingMessage, id: string): RequestHead {
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  const rawQuery = mark < 0 ? "" : url.slice(mark + 1);
  const query = rawQuery === "" ? NO_QUERY : new URLSearchParams(rawQuery);
  return {
    id,
    method: request.method ?? "GET",
    path: mark < 0 ? url : url.slice(0, mark),
    rawQuery,
    query,
    headers: request.headers,
    signature: signatureOf(request.headers, query),
    sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
  };
}

const SIGNATURE_PARAMETERS = new Set(
  ["algorithm", "credential", "date", "expires", "signedheaders", "signature", "security-token"].map((name) => `x-amz-${name}`),
);

/** The checksum of a body, as the SDK for JavaScript puts that of no body into every URL that it presigns for an upload: S3 ignores it there. */
const CHECKSUM = /^x-amz-checksum-(?!algorithm$|mode$|type$)/;

/** A presigned request may carry its x-amz- headers in the query; put them where everything looks for them. */
export function hoistHeaders({ headers, query, signature }: RequestHead): void {
  if (signature?.presignedForSeconds === undefined) return;
  for (const [parameter, value] of query) {
    const name = parameter.toLowerCase();
    if (!name.startsWith("x-amz-") || CHECKSUM.test(name) || SIGNATURE_PARAMETERS.has(name)) continue;
    headers[name] ??= value;
  }
}
