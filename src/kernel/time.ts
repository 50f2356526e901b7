const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** A duration in milliseconds, out of texts such as 90s, 1h30m, 7d, 250ms; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|s|m|h|d|w)/g)) total += Number(amount) * UNITS[unit!]!;
  return total;
}

/** A duration as people write it: 5m, 1h 30m, 12.5s. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))}s`;
  const parts: string[] = [];
  for (const [unit, size] of [
    ["d", UNITS["d"]!],
    ["h", UNITS["h"]!],
    ["m", UNITS["m"]!],
    ["s", UNITS["s"]!],
  ] as const) {
    const amount = Math.floor(ms / size);
    ms -= amount * size;
    if (amount > 0) parts.push(`${amount}${unit}`);
  }
  return parts.slice(0, 2).join(" ");
}

/** An instant as a line of a build's log begins with it, such as 2026/01/31 09:00:00. */
export const logStamp = (at: number): string => new Date(at).toISOString().slice(0, 19).replaceAll("-", "/").replace("T", " ");
