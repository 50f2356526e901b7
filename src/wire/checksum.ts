import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { crc32 } from "node:zlib";
import { Crc32c, Crc64Nvme } from "@aws-sdk/checksums/crc";
import { Xxh3_64, Xxh3_128, Xxh64 } from "@aws-sdk/checksums/xxh";
import type { ChecksumAlgorithm } from "./backend.ts";
import { WireFault } from "./errors.ts";
import { header } from "./headers.ts";

/** A digest that is fed piece by piece. */
interface Digest {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array | Promise<Uint8Array>;
}

/** CRC-32 by zlib, which is an order of magnitude faster than the SDK's. */
class Crc32 implements Digest {
  #value = 0;

  update(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value);
  }

  digest(): Uint8Array {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.#value);
    return bytes;
  }
}

const DIGESTS: Readonly<Record<ChecksumAlgorithm, () => Digest>> = {
  crc32: () => new Crc32(),
  crc32c: () => new Crc32c(),
  crc64nvme: () => new Crc64Nvme(),
  sha1: () => createHash("sha1"),
  sha256: () => createHash("sha256"),
  sha512: () => createHash("sha512"),
  md5: () => createHash("md5"),
  xxhash64: () => new Xxh64(),
  xxhash3: () => new Xxh3_64(),
  xxhash128: () => new Xxh3_128(),
};

const PREFIX = "x-amz-checksum-";
const isAlgorithm = (name: string): name is ChecksumAlgorithm => Object.hasOwn(DIGESTS, name);

/** The algorithms that a request's headers name, whether with a value, in a trailer, or as what the client wants. */
export function namedAlgorithms(headers: IncomingHttpHeaders): ChecksumAlgorithm[] {
  const names = new Set<string>();
  for (const name in headers) if (name.startsWith(PREFIX)) names.add(name.slice(PREFIX.length));
  for (const name of trailerNames(headers)) if (name.startsWith(PREFIX)) names.add(name.slice(PREFIX.length));
  for (const wish of ["x-amz-sdk-checksum-algorithm", "x-amz-checksum-algorithm"]) {
    const name = header(headers, wish);
    if (name !== undefined) names.add(name.toLowerCase());
  }
  return [...names].filter(isAlgorithm);
}

/** The headers that a request says will follow its body. */
export const trailerNames = (headers: IncomingHttpHeaders): string[] =>
  (header(headers, "x-amz-trailer") ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");

/** Everything that is to be known about a body while it passes: its checksums, MD5 and SHA-256. */
export class BodyDigests {
  readonly #named: ReadonlyMap<ChecksumAlgorithm, Digest>;
  readonly #md5 = createHash("md5");
  readonly #sha256 = createHash("sha256");

  constructor(headers: IncomingHttpHeaders) {
    this.#named = new Map(namedAlgorithms(headers).map((name) => [name, DIGESTS[name]()]));
  }

  update(bytes: Uint8Array): void {
    this.#md5.update(bytes);
    this.#sha256.update(bytes);
    for (const digest of this.#named.values()) digest.update(bytes);
  }

  async finish(): Promise<FinishedDigests> {
    const checksums: Partial<Record<ChecksumAlgorithm, string>> = {};
    for (const [name, digest] of this.#named) checksums[name] = Buffer.from(await digest.digest()).toString("base64");
    return { checksums, md5: this.#md5.digest("hex"), sha256: this.#sha256.digest("hex") };
  }
}

export interface FinishedDigests {
  readonly checksums: Readonly<Partial<Record<ChecksumAlgorithm, string>>>;
  /** In hex. */
  readonly md5: string;
  /** In hex. */
  readonly sha256: string;
}

/** Whether a request has anything to compare its body with. */
export const namesChecksum = (headers: IncomingHttpHeaders): boolean =>
  headers["content-md5"] !== undefined || headers["x-amz-trailer"] !== undefined || namedAlgorithms(headers).length > 0;

/** Refuse a body that is not the one its headers, or the trailers behind it, describe. */
export function verifyDigests(headers: IncomingHttpHeaders, { checksums, md5 }: FinishedDigests): void {
  const contentMd5 = header(headers, "content-md5");
  if (contentMd5 !== undefined) {
    const expected = Buffer.from(contentMd5, "base64");
    if (expected.length !== 16)
      throw new WireFault("InvalidDigest", "The Content-MD5 you specified was invalid.", 400, { "Content-MD5": contentMd5 });
    if (expected.toString("hex") !== md5) throw new WireFault("BadDigest", "The Content-MD5 you specified did not match what we received.");
  }
  for (const [name, value] of Object.entries(checksums)) {
    const expected = header(headers, PREFIX + name);
    if (expected === undefined || expected === value) continue;
    throw new WireFault("BadDigest", `The ${name.toUpperCase()} you specified did not match the calculated checksum.`);
  }
}
