import type { KeyObject } from "node:crypto";
import type { Caller, KnownKey } from "../kernel/caller.ts";
import { AuthFaults, hasExpired, MAXIMUM_SKEW_MS } from "./auth-faults.ts";
import type { Backend } from "./backend.ts";
import { header } from "./headers.ts";
import type { ProtocolName } from "./model.ts";
import type { RequestHead } from "./request.ts";
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
    const { signature } = head;
    if (signature === undefined) return { caller: this.#unsigned(head, faults, needsSignature) };
    const known = this.#backend.identify(signature.accessKeyId, signature.sessionToken);
    if (this.#backend.trust === "open") return { caller: this.#takenAtItsWord(head, signature, known, faults) };
    if (known === undefined) throw faults.unknownKey(signature.accessKeyId);
    if (known.sessionToken !== signature.sessionToken) throw faults.wrongToken(signature.accessKeyId);
    const now = this.#backend.now();
    if (hasExpired(known, now)) throw faults.expiredToken();
    verifyTime(signature, now, faults);
    const key = this.#keys.of(known.secret, signature);
    return {
      caller: callerOf(head, signature, known),
      check: { signature, key, verify: (hash) => verifyWith(head, signature, key, hash, faults) },
    };
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

  #takenAtItsWord(head: RequestHead, signature: Signature, known: KnownKey | undefined, faults: AuthFaults): Caller {
    const { accessKeyId } = signature;
    if (known !== undefined) return callerOf(head, signature, known);
    if (looksReal(accessKeyId) && !this.#allowRealKeys) throw faults.unknownKey(accessKeyId, realKeySentence(accessKeyId));
    const accountId = /^\d{12}$/.test(accessKeyId) ? accessKeyId : DEFAULT_ACCOUNT;
    return callerOf(head, signature, { accountId, arn: `arn:aws:iam::${accountId}:root`, userId: accountId, type: "root" });
  }
}

function callerOf(head: RequestHead, signature: Signature, owner: Pick<KnownKey, "accountId" | "arn" | "userId" | "type">): Caller {
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
