import type { KeyObject } from "node:crypto";
import type { Caller, KnownKey } from "../kernel/caller.ts";
import { AuthFaults, hasExpired, MAXIMUM_SKEW_MS } from "./auth-faults.ts";
import type { Backend } from "./backend.ts";
import { header } from "./headers.ts";
import type { ProtocolName } from "./model.ts";
import type { RequestHead } from "./request.ts";
import { bucketPath } from "./rest-route.ts";
import { type QuerySignature, queryStringToSign, verifyQuerySignature } from "./sigv2.ts";
import { canonicalRequest, instantOf, type Signature, SigningKeys, stringToSign, verifySignature } from "./sigv4.ts";

/** The account of whoever does not say which. */
export const DEFAULT_ACCOUNT = "000000000000";
const DEFAULT_REGION = "us-east-1";
const WEEK_SECONDS = 7 * 24 * 60 * 60;

/** Who calls; where signatures are checked, also what to check the body's part of it with. */
export interface Authenticated {
  readonly caller: Caller;
  readonly check?: SignatureCheck;
}

/** A signature whose key is known, to be compared once the body's hash is. */
export interface SignatureCheck {
  readonly signature: Signature;
  readonly key: KeyObject;
  /** Refuse the request unless the signature is right for this hash of its body. */
  verify(payloadHash: string): void;
}

/** What of the backend decides who calls. */
export type Trusting = Pick<Backend, "trust" | "identify" | "now">;

/** Finds out who calls. Reusable by rooms that serve signed requests of their own, such as git over HTTP. */
export class Authenticator {
  readonly #backend: Trusting;
  readonly #allowRealKeys: boolean;
  readonly #keys = new SigningKeys();

  constructor(backend: Trusting, allowRealKeys: boolean) {
    this.#backend = backend;
    this.#allowRealKeys = allowRealKeys;
  }

  /** The caller, or a WireFault in the words of the protocol. Operations that need no signature say so. */
  authenticate(head: RequestHead, protocol: ProtocolName, isS3: boolean, needsSignature: boolean): Authenticated {
    const faults = new AuthFaults(protocol, isS3);
    const { signature, querySignature } = head;
    if (isS3 && querySignature !== undefined) return { caller: this.#signedByQuery(head, querySignature, faults) };
    if (signature === undefined) return { caller: this.#unsigned(head, faults, needsSignature) };
    const known = this.#backend.identify(signature.accessKeyId, signature.sessionToken);
    if (this.#backend.trust === "open") return { caller: this.#takenAtItsWord(head, signature, known, faults) };
    requireGoodKey(known, signature, this.#backend.now(), faults);
    verifyTime(signature, this.#backend.now(), faults);
    const key = this.#keys.of(known.secret, signature);
    return {
      caller: callerOf(head, signature, known),
      check: { signature, key, verify: (hash) => verifyWith(head, signature, key, hash, faults) },
    };
  }

  /** Version 2 says nothing of a region, nor of the body. */
  #signedByQuery(head: RequestHead, { accessKeyId, expires, value, sessionToken }: QuerySignature, faults: AuthFaults): Caller {
    if (accessKeyId === undefined || expires === undefined || value === undefined) throw faults.incompleteQuery();
    const signer = { accessKeyId, sessionToken, region: DEFAULT_REGION };
    const known = this.#backend.identify(accessKeyId, sessionToken);
    if (this.#backend.trust === "open") return this.#takenAtItsWord(head, signer, known, faults);
    const now = this.#backend.now();
    requireGoodKey(known, signer, now, faults);
    if (!/^\d+$/.test(expires)) throw faults.unreadableExpiry(expires);
    if (now > Number(expires) * 1000) throw faults.expired(Number(expires) * 1000, now);
    const texts = signedPaths(bucketPath(head)).map((path) => queryStringToSign(head, head.query, path, expires));
    if (!texts.some((text) => verifyQuerySignature(value, known.secret, text))) throw faults.queryMismatch(accessKeyId, value, texts[0]!);
    return callerOf(head, signer, known);
  }

  #unsigned(head: RequestHead, faults: AuthFaults, needsSignature: boolean): Caller {
    const authorization = header(head.headers, "authorization");
    if (this.#backend.trust !== "open") {
      if (authorization !== undefined) throw faults.unreadable();
      if (needsSignature) throw faults.missing();
    }
    return {
      accountId: DEFAULT_ACCOUNT,
      region: DEFAULT_REGION,
      arn: "",
      userId: "anonymous",
      type: "anonymous",
      sourceIp: head.sourceIp,
      requestId: head.id,
    };
  }

  #takenAtItsWord(head: RequestHead, signature: Signer, known: KnownKey | undefined, faults: AuthFaults): Caller {
    const { accessKeyId } = signature;
    if (known !== undefined) return callerOf(head, signature, known);
    if (looksReal(accessKeyId) && !this.#allowRealKeys) throw faults.unknownKey(accessKeyId, realKeySentence(accessKeyId));
    const accountId = /^\d{12}$/.test(accessKeyId) ? accessKeyId : DEFAULT_ACCOUNT;
    return callerOf(head, signature, { accountId, arn: `arn:aws:iam::${accountId}:root`, userId: accountId, type: "root" });
  }
}

/** A bucket is signed as /bucket/ where it is in the host, and by boto3 also where it is all of the path, /bucket. */
const signedPaths = (path: string): string[] => (/^\/[^/]+$/.test(path) ? [path, `${path}/`] : [path]);

/** Who somebody says that they are. */
type Signer = Pick<Signature, "accessKeyId" | "sessionToken" | "region">;

/** The key is one that we issued, with the session token that belongs to it, and still good. */
function requireGoodKey(known: KnownKey | undefined, signer: Signer, now: number, faults: AuthFaults): asserts known is KnownKey {
  if (known === undefined) throw faults.unknownKey(signer.accessKeyId);
  if (known.sessionToken !== signer.sessionToken) throw faults.wrongToken(signer.accessKeyId);
  if (hasExpired(known, now)) throw faults.expiredToken();
}

function callerOf(head: RequestHead, signature: Signer, owner: Pick<KnownKey, "accountId" | "arn" | "userId" | "type">): Caller {
  return {
    accountId: owner.accountId,
    region: signature.region || DEFAULT_REGION,
    arn: owner.arn,
    userId: owner.userId,
    accessKeyId: signature.accessKeyId,
    type: owner.type,
    sourceIp: head.sourceIp,
    requestId: head.id,
  };
}

/** AWS's own keys; those of its documentation, such as AKIAIOSFODNN7EXAMPLE, are nobody's. */
const looksReal = (accessKeyId: string): boolean => /^(AKIA|ASIA)[A-Z0-9]{12,}$/.test(accessKeyId) && !accessKeyId.includes("EXAMPLE");

const realKeySentence = (accessKeyId: string): string =>
  `The access key ${accessKeyId} looks like a key of a real AWS account, and this Slipway did not issue it. ` +
  "It is refused so that credentials of a real account are not used here by mistake: use any other key (such as test), or start Slipway with --allow-real-keys.";

function verifyTime(signature: Signature, now: number, faults: AuthFaults): void {
  const at = instantOf(signature.amzDate);
  const seconds = signature.presignedForSeconds;
  if (Number.isNaN(at)) throw faults.unreadable();
  if (seconds === undefined) {
    if (Math.abs(now - at) > MAXIMUM_SKEW_MS) throw faults.skewed(signature, now);
    return;
  }
  if (!(seconds >= 0 && seconds <= WEEK_SECONDS)) throw faults.unreadable();
  if (at - now > MAXIMUM_SKEW_MS) throw faults.skewed(signature, now);
  if (now > at + seconds * 1000) throw faults.presignExpired(signature, now);
}

function verifyWith(head: RequestHead, signature: Signature, key: KeyObject, payloadHash: string, faults: AuthFaults): void {
  if (verifySignature(signature, key, head, payloadHash)) return;
  const canonical = canonicalRequest(signature, head, payloadHash);
  throw faults.mismatch(signature, stringToSign(signature, canonical), canonical);
}
