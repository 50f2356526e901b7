import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { type QuerySignature, querySignatureOf } from "./sigv2.ts";
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
  /** Undefined where nobody signed by version 2, which only S3 knows. */
  readonly querySignature: QuerySignature | undefined;
  readonly sourceIp: string;
}

const NO_QUERY = new URLSearchParams();

export function headOf(request: IncomingMessage, id: string): RequestHead {
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  const rawQuery = mark < 0 ? "" : url.slice(mark + 1);
  const query = rawQuery === "" ? NO_QUERY : new URLSearchParams(rawQuery);
  const signature = signatureOf(request.headers, query);
  return {
    id,
    method: request.method ?? "GET",
    path: mark < 0 ? url : url.slice(0, mark),
    rawQuery,
    query,
    headers: request.headers,
    signature,
    querySignature: signature === undefined ? querySignatureOf(query) : undefined,
    sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
  };
}

const SIGNATURE_PARAMETERS = new Set(
  ["algorithm", "credential", "date", "expires", "signedheaders", "signature", "security-token"].map((name) => `x-amz-${name}`),
);

/**
 * The checksum of a body, as the SDK for JavaScript puts that of no body into every URL that it presigns for an upload: S3
 * heeds it only as a header. https://github.com/aws/aws-sdk-go-v2/issues/2610
 */
const CHECKSUM = /^x-amz-checksum-(?!algorithm$|mode$|type$)/;

/** What version 2 may carry in the query besides. */
const CONTENT_HEADERS: ReadonlySet<string> = new Set(["content-type", "content-md5"]);

/** A presigned request may carry its x-amz- headers in the query; put them where everything looks for them. */
export function hoistHeaders({ headers, query, signature, querySignature }: RequestHead): void {
  if (signature?.presignedForSeconds === undefined && querySignature === undefined) return;
  for (const [parameter, value] of query) {
    const name = parameter.toLowerCase();
    const isHeader = name.startsWith("x-amz-") || (querySignature !== undefined && CONTENT_HEADERS.has(name));
    if (!isHeader || CHECKSUM.test(name) || SIGNATURE_PARAMETERS.has(name)) continue;
    headers[name] ??= value;
  }
}
