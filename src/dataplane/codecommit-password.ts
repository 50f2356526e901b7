import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** What git is given as user name and password by AWS's credential helper. */
export interface HelperCredentials {
  readonly accessKeyId: string;
  readonly sessionToken?: string;
  /** Such as 20260131T235959Z, which the signature is over, and nobody keeps secret. */
  readonly signedAt: string;
  /** 64 hex digits. */
  readonly signature: string;
}

/** What was signed, which the password does not say. */
export interface HelperRequest {
  /** Of the request, without the port. */
  readonly host: string;
  /** Of the repository, such as /v1/repos/app. */
  readonly path: string;
  readonly region: string;
  readonly secretAccessKey: string;
}

/** How long a password may be used, in milliseconds. */
export const HELPER_VALID_MS = 15 * 60_000;

/** The parts of a user name and password that `aws codecommit credential-helper` made; undefined where it did not. */
export function parseHelperCredentials(username: string, password: string): HelperCredentials | undefined {
  const name = /^([^%]+)(?:%(.+))?$/s.exec(username);
  const secret = /^(\d{8}T\d{6}Z)([0-9a-f]{64})$/.exec(password);
  if (name === null || secret === null) return undefined;
  return { accessKeyId: name[1]!, ...(name[2] && { sessionToken: name[2] }), signedAt: secret[1]!, signature: secret[2]! };
}

/**
 * Whether the password was signed for the request, with the secret, not longer than its validity ago. The helper signs
 * the host without its port, and a time without the Z that it then writes (awscli's customizations/codecommit.py).
 */
export function verifyHelperCredentials(credentials: HelperCredentials, request: HelperRequest, now: number): boolean {
  const { signedAt, signature } = credentials;
  if (Math.abs(now - instantOf(signedAt)) > HELPER_VALID_MS) return false;
  return timingSafeEqual(Buffer.from(signature, "hex"), signatureOf(signedAt.slice(0, -1), request));
}

function signatureOf(timestamp: string, { host, path, region, secretAccessKey }: HelperRequest): Buffer {
  const canonicalRequest = `GIT\n${path}\n\nhost:${host}\n\nhost\n`;
  const day = timestamp.slice(0, 8);
  const scope = `${day}/${region}/codecommit/aws4_request`;
  const stringToSign = ["AWS4-HMAC-SHA256", timestamp, scope, createHash("sha256").update(canonicalRequest).digest("hex")].join("\n");
  const key = [day, region, "codecommit", "aws4_request"].reduce<Buffer | string>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, stringToSign);
}

const hmac = (key: Buffer | string, text: string): Buffer => createHmac("sha256", key).update(text).digest();

function instantOf(signedAt: string): number {
  return Date.parse(signedAt.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
