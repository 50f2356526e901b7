import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { header } from "./headers.ts";

/** What a request says about who signed it, and how. */
export interface Signature {
  readonly accessKeyId: string;
  /** yyyymmdd */
  readonly date: string;
  readonly region: string;
  /** The signing name, such as monitoring. */
  readonly service: string;
  /** date/region/service/aws4_request */
  readonly scope: string;
  readonly signedHeaders: readonly string[];
  /** In hex. */
  readonly value: string;
  /** yyyymmddThhmmssZ */
  readonly amzDate: string;
  readonly sessionToken: string | undefined;
  /** Present where the query carries the signature: seconds from `amzDate`. */
  readonly presignedForSeconds: number | undefined;
}

/** The parts of a request that a signature covers, besides its body. */
export interface SignedRequest {
  readonly method: string;
  /** As sent, still escaped. */
  readonly path: string;
  readonly rawQuery: string;
  readonly headers: IncomingHttpHeaders;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,]+)\/(\d{8})\/([^/]*)\/([^/]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]+)/;

export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";
export const EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** The signature of a request, out of its header or its query; undefined where it has none that we can read. */
export function signatureOf(headers: IncomingHttpHeaders, query: URLSearchParams): Signature | undefined {
  const authorization = headers.authorization;
  if (authorization !== undefined) {
    const found = AUTHORIZATION.exec(authorization);
    if (found === null) return undefined;
    const [, accessKeyId, date, region, service, signedHeaders, value] = found as unknown as string[];
    return {
      accessKeyId: accessKeyId!,
      date: date!,
      region: region!,
      service: service!,
      scope: `${date}/${region}/${service}/aws4_request`,
      signedHeaders: signedHeaders!.split(";"),
      value: value!,
      amzDate: header(headers, "x-amz-date") ?? amzDateOf(Date.parse(headers.date ?? "")),
      sessionToken: header(headers, "x-amz-security-token"),
      presignedForSeconds: undefined,
    };
  }
  return query.has("X-Amz-Signature") ? presignatureOf(query) : undefined;
}

function presignatureOf(query: URLSearchParams): Signature | undefined {
  const credential = (query.get("X-Amz-Credential") ?? "").split("/");
  // An access key may hold a slash; the scope does not.
  const [date, region, service, terminal] = credential.slice(-4);
  if (terminal !== "aws4_request" || credential.length < 5) return undefined;
  return {
    accessKeyId: credential.slice(0, -4).join("/"),
    date: date!,
    region: region!,
    service: service!,
    scope: `${date}/${region}/${service}/aws4_request`,
    signedHeaders: (query.get("X-Amz-SignedHeaders") ?? "").split(";"),
    value: query.get("X-Amz-Signature") ?? "",
    amzDate: query.get("X-Amz-Date") ?? "",
    sessionToken: query.get("X-Amz-Security-Token") ?? undefined,
    presignedForSeconds: Number(query.get("X-Amz-Expires") ?? Number.NaN),
  };
}

/** The instant of a yyyymmddThhmmssZ, in milliseconds; NaN where it is none. */
export function instantOf(amzDate: string): number {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate);
  if (found === null) return Number.NaN;
  const [, year, month, day, hour, minute, second] = found.map(Number) as number[];
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!);
}

/** An instant as yyyymmddThhmmssZ; empty where it is none. */
export const amzDateOf = (at: number): string => (Number.isNaN(at) ? "" : `${new Date(at).toISOString().replace(/[-:]|\.\d+/g, "")}`);

/** A Buffer for a key is five times as slow as either of these. */
const hmac = (key: string | KeyObject, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const sha256Hex = (text: string): string => hash("sha256", text, "hex");

const KEYS_AT_MOST = 1000;

/** Derived signing keys, by secret and scope: one derivation a day and client, not one a request. */
export class SigningKeys {
  readonly #keys = new Map<string, KeyObject>();

  of(secret: string, { date, region, service, scope }: Signature): KeyObject {
    const id = `${scope}/${secret}`;
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    const derive = (from: string | KeyObject, text: string): KeyObject => createSecretKey(hmac(from, text));
    const key = derive(derive(derive(derive(`AWS4${secret}`, date), region), service), "aws4_request");
    if (this.#keys.size >= KEYS_AT_MOST) this.#keys.clear();
    this.#keys.set(id, key);
    return key;
  }
}

/** Whether the signature is the one that the key makes of the request; `payloadHash` is in hex, or UNSIGNED-PAYLOAD and its like. */
export function verifySignature(signature: Signature, key: KeyObject, request: SignedRequest, payloadHash: string): boolean {
  return sameHex(hmac(key, stringToSign(signature, canonicalRequest(signature, request, payloadHash))), signature.value);
}

/** What is signed: S3 tells the client when it disagrees. */
export const stringToSign = ({ amzDate, scope }: Signature, canonical: string): string =>
  `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${sha256Hex(canonical)}`;

export function canonicalRequest(signature: Signature, request: SignedRequest, payloadHash: string): string {
  const { service, signedHeaders } = signature;
  let canonicalHeaders = "";
  for (const name of signedHeaders) canonicalHeaders += `${name}:${(header(request.headers, name) ?? "").trim().replace(/ +/g, " ")}\n`;
  // Every service but S3 escapes the path a second time.
  const path = service === "s3" ? request.path : request.path.split("/").map(escapeUri).join("/");
  return `${request.method}\n${path}\n${canonicalQuery(request.rawQuery)}\n${canonicalHeaders}\n${signedHeaders.join(";")}\n${payloadHash}`;
}

function canonicalQuery(rawQuery: string): string {
  if (rawQuery === "") return "";
  const pairs: [string, string][] = [];
  for (const pair of rawQuery.split("&")) {
    const equals = pair.indexOf("=");
    const name = normalized(equals < 0 ? pair : pair.slice(0, equals));
    if (pair === "" || name === "X-Amz-Signature") continue;
    pairs.push([name, equals < 0 ? "" : normalized(pair.slice(equals + 1))]);
  }
  pairs.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

function normalized(text: string): string {
  try {
    return escapeUri(decodeURIComponent(text.replaceAll("+", "%20")));
  } catch {
    return text;
  }
}

const escapeUri = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

function sameHex(expected: Buffer, hex: string): boolean {
  const given = Buffer.from(hex, "hex");
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** The running signature of an aws-chunked body: each chunk's covers the one before. */
export class ChunkSignatures {
  readonly #signature: Signature;
  readonly #key: KeyObject;
  #previous: string;

  constructor(signature: Signature, key: KeyObject) {
    this.#signature = signature;
    this.#key = key;
    this.#previous = signature.value;
  }

  /** Whether the next chunk's signature is right; `sha256` is its hash in hex. */
  chunk(sha256: string, given: string): boolean {
    return this.#next("AWS4-HMAC-SHA256-PAYLOAD", `${EMPTY_HASH}\n${sha256}`, given);
  }

  /** Whether the trailers' signature is right; `sha256` is their hash in hex. */
  trailer(sha256: string, given: string): boolean {
    return this.#next("AWS4-HMAC-SHA256-TRAILER", sha256, given);
  }

  #next(algorithm: string, text: string, given: string): boolean {
    const { amzDate, scope } = this.#signature;
    const matches = sameHex(hmac(this.#key, `${algorithm}\n${amzDate}\n${scope}\n${this.#previous}\n${text}`), given);
    this.#previous = given;
    return matches;
  }
}
