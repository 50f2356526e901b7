/** A reflected CRC that begins and ends with all ones, as all of S3's are. */
interface Crc {
  readonly bits: number;
  /** The polynomial, its highest power in the lowest bit. */
  readonly polynomial: bigint;
}

const CRCS: Readonly<Record<string, Crc>> = {
  CRC32: { bits: 32, polynomial: 0xedb88320n },
  CRC32C: { bits: 32, polynomial: 0x82f63b78n },
  CRC64NVME: { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n },
};

/** The CRC of a few bytes, big-endian: of checksums, not of objects. */
export function crcOf(algorithm: string, bytes: Uint8Array): Buffer {
  const crc = CRCS[algorithm]!;
  const ones = (1n << BigInt(crc.bits)) - 1n;
  let value = ones;
  for (const byte of bytes) {
    value ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) value = timesX(crc, value);
  }
  return bytesOf(crc, value ^ ones);
}

/** The CRC of bytes out of the CRCs and sizes of their parts: that of what is before is moved over what comes behind. */
export function combineCrc(algorithm: string, parts: readonly { readonly size: number; readonly bytes: Uint8Array }[]): Buffer {
  const crc = CRCS[algorithm]!;
  let value = 0n;
  for (const { size, bytes } of parts) value = times(crc, value, powerOfX(crc, BigInt(size) * 8n)) ^ numberOf(bytes);
  return bytesOf(crc, value);
}

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`);

const bytesOf = ({ bits }: Crc, value: bigint): Buffer => Buffer.from(value.toString(16).padStart(bits / 4, "0"), "hex");

const timesX = ({ polynomial }: Crc, value: bigint): bigint => ((value & 1n) === 0n ? value >> 1n : (value >> 1n) ^ polynomial);

/** The product of two polynomials, modulo the CRC's. */
function times(crc: Crc, one: bigint, other: bigint): bigint {
  let product = 0n;
  let shifted = one;
  for (let bit = crc.bits - 1; bit >= 0; bit--) {
    if ((other >> BigInt(bit)) & 1n) product ^= shifted;
    shifted = timesX(crc, shifted);
  }
  return product;
}

/** x to the power of n, modulo the CRC's polynomial. */
function powerOfX(crc: Crc, n: bigint): bigint {
  let result = 1n << BigInt(crc.bits - 1);
  let square = result >> 1n;
  for (let rest = n; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = times(crc, result, square);
    square = times(crc, square, square);
  }
  return result;
}
