import type { KnownKey } from "../kernel/caller.ts";
import { WireFault } from "./errors.ts";
import type { ProtocolName } from "./model.ts";
import { amzDateOf, instantOf, type Signature } from "./sigv4.ts";

/** AWS words its refusals of a signature in three ways. */
export type Dialect = "s3" | "query" | "json";

export function dialectOf(protocol: ProtocolName, isS3: boolean): Dialect {
  if (isS3) return "s3";
  return protocol === "awsQuery" || protocol === "ec2Query" || protocol === "restXml" ? "query" : "json";
}

/** JSON-RPC answers 400 where everything else answers 403. */
export const jsonStatus = (protocol: ProtocolName): number => (protocol === "restJson1" ? 403 : 400);

export const MAXIMUM_SKEW_MS = 15 * 60 * 1000;

/** Refusals of who calls, in AWS's own words for the protocol at hand. */
export class AuthFaults {
  readonly #dialect: Dialect;
  readonly #status: number;

  constructor(protocol: ProtocolName, isS3: boolean) {
    this.#dialect = dialectOf(protocol, isS3);
    this.#status = this.#dialect === "json" ? jsonStatus(protocol) : 403;
  }

  missing(): WireFault {
    switch (this.#dialect) {
      case "s3":
        return this.denied("Access Denied");
      case "query":
        return new WireFault("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
      case "json":
        return new WireFault("MissingAuthenticationTokenException", "Missing Authentication Token", this.#status);
    }
  }

  /** Nobody has this key, or its session token is another's. */
  unknownKey(accessKeyId: string, sentence?: string): WireFault {
    switch (this.#dialect) {
      case "s3":
        return new WireFault("InvalidAccessKeyId", sentence ?? "The AWS Access Key Id you provided does not exist in our records.", 403, {
          AWSAccessKeyId: accessKeyId,
        });
      case "query":
        return new WireFault("InvalidClientTokenId", sentence ?? "The security token included in the request is invalid", 403);
      case "json":
        return new WireFault(
          "UnrecognizedClientException",
          sentence ?? "The security token included in the request is invalid.",
          this.#status,
        );
    }
  }

  wrongToken(accessKeyId: string): WireFault {
    return this.#dialect === "s3"
      ? new WireFault("InvalidToken", "The provided token is malformed or otherwise invalid.", 400)
      : this.unknownKey(accessKeyId);
  }

  expiredToken(): WireFault {
    switch (this.#dialect) {
      case "s3":
        return new WireFault("ExpiredToken", "The provided token has expired.", 400);
      case "query":
        return new WireFault("ExpiredToken", "The security token included in the request is expired", 403);
      case "json":
        return new WireFault("ExpiredTokenException", "The security token included in the request is expired", this.#status);
    }
  }

  mismatch({ accessKeyId, value }: Signature, stringToSign: string, canonicalRequest: string): WireFault {
    if (this.#dialect === "s3") {
      return this.#s3Mismatch({
        AWSAccessKeyId: accessKeyId,
        StringToSign: stringToSign,
        SignatureProvided: value,
        CanonicalRequest: canonicalRequest,
      });
    }
    return this.#badSignature(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  }

  /** The client's watch and ours are more than 15 minutes apart. */
  skewed({ amzDate }: Signature, now: number): WireFault {
    if (this.#dialect === "s3") {
      return new WireFault("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", 403, {
        RequestTime: amzDate,
        ServerTime: new Date(now).toISOString().replace(/\.\d+/, ""),
        MaxAllowedSkewMilliseconds: MAXIMUM_SKEW_MS,
      });
    }
    const current = amzDateOf(now);
    return instantOf(amzDate) < now
      ? this.#badSignature(`Signature expired: ${amzDate} is now earlier than ${amzDateOf(now - MAXIMUM_SKEW_MS)} (${current} - 15 min.)`)
      : this.#badSignature(
          `Signature not yet current: ${amzDate} is still later than ${amzDateOf(now + MAXIMUM_SKEW_MS)} (${current} + 15 min.)`,
        );
  }

  presignExpired({ presignedForSeconds, amzDate }: Signature, now: number): WireFault {
    const expiresAt = instantOf(amzDate) + (presignedForSeconds ?? 0) * 1000;
    if (this.#dialect !== "s3")
      return this.#badSignature(`Signature expired: ${amzDateOf(expiresAt)} is now earlier than ${amzDateOf(now)}`);
    return this.expired(expiresAt, now, { "X-Amz-Expires": presignedForSeconds });
  }

  /** S3's words for a presigned request that comes too late. */
  expired(expiresAt: number, now: number, more: Readonly<Record<string, unknown>> = {}): WireFault {
    const said = (at: number): string => new Date(at).toISOString().replace(/\.\d+/, "");
    return new WireFault("AccessDenied", "Request has expired", 403, { ...more, Expires: said(expiresAt), ServerTime: said(now) });
  }

  /** The three that version 2 puts into a query belong together. */
  incompleteQuery(): WireFault {
    return this.denied("Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters");
  }

  unreadableExpiry(expires: string): WireFault {
    return this.denied(`Invalid date (should be seconds since epoch): ${expires}`);
  }

  queryMismatch(accessKeyId: string, value: string, stringToSign: string): WireFault {
    return this.#s3Mismatch({ AWSAccessKeyId: accessKeyId, StringToSign: stringToSign, SignatureProvided: value });
  }

  /** The header or query says it is signed, and not how. */
  unreadable(): WireFault {
    if (this.#dialect === "s3")
      return new WireFault("AuthorizationHeaderMalformed", "The authorization header that you provided is not valid.", 400);
    return new WireFault(
      this.#dialect === "query" ? "IncompleteSignature" : "IncompleteSignatureException",
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
      this.#dialect === "query" ? 400 : this.#status,
    );
  }

  /** IAM's sentence. */
  denied(sentence: string): WireFault {
    return this.#dialect === "json"
      ? new WireFault("AccessDeniedException", sentence, this.#status)
      : new WireFault("AccessDenied", sentence, 403);
  }

  #s3Mismatch(details: Readonly<Record<string, string>>): WireFault {
    const sentence = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
    return new WireFault("SignatureDoesNotMatch", sentence, 403, details);
  }

  #badSignature(sentence: string): WireFault {
    return this.#dialect === "json"
      ? new WireFault("InvalidSignatureException", sentence, this.#status)
      : new WireFault("SignatureDoesNotMatch", sentence, 403);
  }
}

export const hasExpired = ({ expiresAt }: KnownKey, now: number): boolean => expiresAt !== undefined && now >= expiresAt;
