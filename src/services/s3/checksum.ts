import { createHash } from "node:crypto";
import type { ChecksumAlgorithm, ChecksumType } from "../../sdk/s3.js";
import { combineCrc, crcOf } from "./crc.ts";
import { notImplemented, refuse } from "./refusal.ts";

/** Checksums in base64, by the members that hold them in requests and answers. */
export type Checksums = Readonly<Partial<Record<ChecksumMember, string>>>;

/** FULL_OBJECT: of all the bytes. COMPOSITE: of the parts' checksums. */
export type ChecksumKind = ChecksumType;

export type ChecksumMember = (typeof MEMBERS)[keyof typeof MEMBERS];

/** By the names that the wire gives the algorithms. */
const MEMBERS = {
  crc32: "ChecksumCRC32",
  crc32c: "ChecksumCRC32C",
  crc64nvme: "ChecksumCRC64NVME",
  sha1: "ChecksumSHA1",
  sha256: "ChecksumSHA256",
  sha512: "ChecksumSHA512",
  md5: "ChecksumMD5",
  xxhash64: "ChecksumXXHASH64",
  xxhash3: "ChecksumXXHASH3",
  xxhash128: "ChecksumXXHASH128",
} as const;

const NAMES = Object.keys(MEMBERS) as (keyof typeof MEMBERS)[];

/** What the wire computed while the bytes passed. */
export const checksumsOf = (computed: Readonly<Partial<Record<string, string>>> = {}): Checksums =>
  Object.fromEntries(NAMES.flatMap((name) => (computed[name] === undefined ? [] : [[MEMBERS[name], computed[name]]])));

/** The algorithms of some checksums, as lists name them. */
export const algorithmsOf = (checksums: Checksums = {}): ChecksumAlgorithm[] =>
  Object.keys(checksums).map((member) => member.slice("Checksum".length) as ChecksumAlgorithm);

/** What a request says a checksum should be. */
export const claimedChecksums = (input: Readonly<Record<string, unknown>>): Checksums =>
  Object.fromEntries(Object.values(MEMBERS).flatMap((member) => (typeof input[member] === "string" ? [[member, input[member]]] : [])));

/** The same checksums as an answer shows them. */
export const shownChecksums = (checksums: Checksums | undefined, kind: ChecksumKind | undefined) =>
  checksums === undefined || Object.keys(checksums).length === 0 ? {} : { ...checksums, ChecksumType: kind ?? "FULL_OBJECT" };

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html: what each algorithm can be of parts. */
const KINDS: Readonly<Record<string, readonly ChecksumKind[]>> = {
  CRC64NVME: ["FULL_OBJECT"],
  CRC32: ["COMPOSITE", "FULL_OBJECT"],
  CRC32C: ["COMPOSITE", "FULL_OBJECT"],
  SHA1: ["COMPOSITE"],
  SHA256: ["COMPOSITE"],
};

/** The kind of checksum that a multipart upload will have. */
export function multipartKind(algorithm: string, wanted: ChecksumKind | undefined): ChecksumKind {
  const kinds = KINDS[algorithm] ?? notImplemented(`A multipart upload with the checksum algorithm ${algorithm}`);
  if (wanted === undefined || kinds.includes(wanted)) return wanted ?? kinds[0]!;
  return refuse("InvalidRequest", `The ${wanted} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`);
}

/** The checksum of an object out of those of its parts. */
export function multipartChecksum(
  algorithm: string,
  kind: ChecksumKind,
  parts: readonly { readonly size: number; readonly checksums?: Checksums }[],
): Checksums {
  const member = MEMBERS[algorithm.toLowerCase() as keyof typeof MEMBERS];
  const values = parts.flatMap(({ size, checksums }) => {
    const value = checksums?.[member];
    return value === undefined ? [] : [{ size, bytes: Buffer.from(value, "base64") }];
  });
  if (values.length !== parts.length) return {};
  const value =
    kind === "FULL_OBJECT"
      ? combineCrc(algorithm, values).toString("base64")
      : `${digestOf(algorithm, Buffer.concat(values.map(({ bytes }) => bytes))).toString("base64")}-${parts.length}`;
  return { [member]: value };
}

const digestOf = (algorithm: string, bytes: Buffer): Buffer =>
  algorithm.startsWith("CRC") ? crcOf(algorithm, bytes) : createHash(algorithm.toLowerCase()).update(bytes).digest();
