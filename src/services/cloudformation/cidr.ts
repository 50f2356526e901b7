/**
 * What Fn::Cidr gives: `count` blocks out of `block`, each with `bits` bits for its hosts; undefined where they do not fit.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-cidr.html
 */
export function subnets(block: string, count: number, bits: number): string[] | undefined {
  const [address, prefixText] = block.split("/");
  const version = address?.includes(":") ? 6 : 4;
  const width = version === 6 ? 128 : 32;
  const start = address === undefined ? undefined : version === 6 ? readIpv6(address) : readIpv4(address);
  const prefix = Number(prefixText);
  if (start === undefined || prefixText === undefined || !/^\d+$/.test(prefixText) || prefix > width) return undefined;
  if (bits < 1 || bits > width - prefix) return undefined;
  if (BigInt(count) > 1n << BigInt(width - prefix - bits)) return undefined;
  const base = (start >> BigInt(width - prefix)) << BigInt(width - prefix);
  const write = version === 6 ? writeIpv6 : writeIpv4;
  return Array.from({ length: count }, (_, index) => `${write(base + (BigInt(index) << BigInt(bits)))}/${width - bits}`);
}

function readIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

const writeIpv4 = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");

function readIpv6(text: string): bigint | undefined {
  const [head, tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const left = head === "" || head === undefined ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = 8 - left.length - right.length;
  if (tail === undefined ? gap !== 0 : gap < 1) return undefined;
  const groups = [...left, ...Array<string>(tail === undefined ? 0 : gap).fill("0"), ...right];
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

/** With the longest run of zero groups left out, as RFC 5952 has it. */
function writeIpv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  const runs = groups.map((_, start) => {
    const end = groups.findIndex((group, index) => index >= start && group !== "0");
    return { start, length: (end === -1 ? groups.length : end) - start };
  });
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best));
  if (longest.length < 2) return groups.join(":");
  return `${groups.slice(0, longest.start).join(":")}::${groups.slice(longest.start + longest.length).join(":")}`;
}
