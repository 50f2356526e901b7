import { createHmac, timingSafeEqual } from "node:crypto";
import { header } from "./headers.ts";
import type { SignedRequest } from "./sigv4.ts";

/**
 * Signature Version 2 of S3, where the query carries it: what `aws s3 presign` of the AWS CLI 1 and boto3 give by default in
 * us-east-1. https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html#RESTAuthenticationQueryStringAuth
 */
export interface QuerySignature {
  readonly accessKeyId: string | undefined;
  /** In seconds since 1970, as sent. */
  readonly expires: string | undefined;
  /** In base64. */
  readonly value: string | undefined;
  readonly sessionToken: string | undefined;
}

const PARAMETERS = ["AWSAccessKeyId", "Signature"];

/** The parameters that a client signs, by what they ask of S3; the others may be changed by anybody. */
const SIGNED_PARAMETERS: ReadonlySet<string> = new Set([
  ...["accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle", "location", "logging", "metrics"],
  ...["notification", "object-lock", "partNumber", "policy", "replication", "requestPayment", "restore", "select", "select-type"],
  ...["storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website"],
  ...["cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"].map(
    (name) => `response-${name}`,
  ),
]);

/** What a query says of who signed it; undefined where it says nothing. */
export function querySignatureOf(query: URLSearchParams): QuerySignature | undefined {
  if (!PARAMETERS.some((name) => query.has(name))) return undefined;
  return {
    accessKeyId: query.get("AWSAccessKeyId") ?? undefined,
    expires: query.get("Expires") ?? undefined,
    value: query.get("Signature") ?? undefined,
    sessionToken: amzParameters(query).get("x-amz-security-token"),
  };
}

/** Whether the signature is the one that the secret makes of the text. */
export function verifyQuerySignature(value: string, secret: string, text: string): boolean {
  const expected = createHmac("sha1", secret).update(text).digest();
  const given = Buffer.from(value, "base64");
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** What is signed. `path` has the bucket in it, wherever the client put that. */
export function queryStringToSign(
  { method, headers, rawQuery }: SignedRequest,
  query: URLSearchParams,
  path: string,
  expires: string,
): string {
  // A client that signs these before it knows who sends them puts them into the query.
  const positional = (name: string): string => header(headers, name) ?? query.get(name) ?? "";
  const amz = amzParameters(query);
  for (const name in headers) if (name.startsWith("x-amz-")) amz.set(name, header(headers, name)!);
  amz.delete("x-amz-date");
  const amzLines = [...amz].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, value]) => `${name}:${value.trim()}\n`);
  const lines = [method, positional("content-md5"), positional("content-type"), expires].map((line) => `${line}\n`);
  return `${lines.join("")}${amzLines.join("")}${path}${signedQuery(rawQuery)}`;
}

/** The headers that the query stands in for, in small letters. */
function amzParameters(query: URLSearchParams): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of query) {
    const small = name.toLowerCase();
    if (!small.startsWith("x-amz-")) continue;
    const before = found.get(small);
    found.set(small, before === undefined ? value : `${before},${value}`);
  }
  return found;
}

/** The parameters that were signed, by name, with their values as they are before they are escaped. */
function signedQuery(rawQuery: string): string {
  const signed = rawQuery.split("&").flatMap((pair) => {
    const [name, value] = split(pair);
    return SIGNED_PARAMETERS.has(name) ? [[name, value === undefined ? name : `${name}=${unescaped(value)}`] as const] : [];
  });
  signed.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  return signed.length === 0 ? "" : `?${signed.map(([, text]) => text).join("&")}`;
}

function split(pair: string): [name: string, value: string | undefined] {
  const equals = pair.indexOf("=");
  return equals < 0 ? [pair, undefined] : [pair.slice(0, equals), pair.slice(equals + 1)];
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
