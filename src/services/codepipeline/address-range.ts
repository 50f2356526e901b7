/** Addresses of IPv4: the first, and how many bits of it count. */
export interface AddressRange {
  readonly first: number;
  readonly bits: number;
}

/** Such as 10.0.0.0/8; undefined where it is none. */
export function parseRange(text: string): AddressRange | undefined {
  const [, address, length = "32"] = /^([\d.]+)(?:\/(\d{1,2}))?$/.exec(text) ?? [];
  const first = address === undefined ? undefined : addressNumber(address);
  const bits = Number(length);
  return first === undefined || bits > 32 ? undefined : { first, bits };
}

export function isWithin({ first, bits }: AddressRange, address: string): boolean {
  const number = addressNumber(address.replace(/^::ffff:/, ""));
  const size = 2 ** (32 - bits);
  return number !== undefined && Math.floor(number / size) === Math.floor(first / size);
}

function addressNumber(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((number, part) => number * 256 + Number(part), 0);
}
