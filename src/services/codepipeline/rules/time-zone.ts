const MINUTE_MS = 60_000;
const OFFSET = /^(?:UTC|GMT)([+-])(\d{1,2})(?::?(\d{2}))?$/;

/** Such as America/New_York, UTC or GMT+02:00. */
export function isTimeZone(name: string): boolean {
  if (OFFSET.test(name)) return true;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What a clock on the wall there shows, written as if it were UTC; milliseconds. */
export const wallClockIn = (zone: string, instant: number): number => instant + offsetAt(zone, instant);

/** The instant at which a clock there shows it. One that is skipped in spring comes as much later. */
export function instantIn(zone: string, wallClock: number): number {
  const guess = wallClock - offsetAt(zone, wallClock);
  return wallClock - offsetAt(zone, guess);
}

function offsetAt(zone: string, instant: number): number {
  const [, sign, hours, minutes = "0"] = OFFSET.exec(zone) ?? [];
  if (hours !== undefined) return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
  const fields = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" } as const;
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...fields }).formatToParts(instant);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)!.value);
  const shown = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return shown - Math.floor(instant / 1000) * 1000;
}
