import { BlockList, isIP } from "node:net";

export interface Address {
  readonly text: string;
  readonly family: "ipv4" | "ipv6";
}

/** An IP address, or undefined for a text that is none. */
export function parseAddress(text: string): Address | undefined {
  const version = isIP(text);
  return version === 0 ? undefined : { text, family: version === 4 ? "ipv4" : "ipv6" };
}

/** The addresses of a CIDR block. Says why where it is none, in the words of event-ruler. */
export function parseRange(block: string, invalid: (reason: string) => never): BlockList {
  const parts = block.split("/");
  if (parts.length !== 2) return invalid("Malformed CIDR, one '/' required");
  const [text, bitsText] = parts as [string, string];
  if (!/^[+-]?\d+$/.test(bitsText)) return invalid("Malformed CIDR, mask bits must be an integer");
  const bits = Number(bitsText);
  if (bits < 0) return invalid("Malformed CIDR, mask bits must not be negative");
  const address = parseAddress(text) ?? invalid(`Nonstandard IP address: ${text}`);
  if (address.family === "ipv4" && bits > 31) return invalid("IPv4 mask bits must be < 32");
  if (address.family === "ipv6" && bits > 127) return invalid("IPv6 mask bits must be < 128");
  const range = new BlockList();
  range.addSubnet(address.text, bits, address.family);
  return range;
}

export const inRange = (address: Address, range: BlockList): boolean => range.check(address.text, address.family);
