/** A cron expression of six fields made ready: which instants it names, in UTC. */
export interface Cron {
  /** The first named minute after an instant in milliseconds; undefined where there is none until 2199. */
  next(after: number): number | undefined;
}

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MINUTES: Field = { min: 0, max: 59 };
const HOURS: Field = { min: 0, max: 23 };
const DAYS: Field = { min: 1, max: 31 };
const MONTHS: Field = { min: 1, max: 12, names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"] };
const WEEKDAYS: Field = { min: 1, max: 7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] };
const YEARS: Field = { min: 1970, max: 2199 };

const MINUTE = 60_000;
const DAY = 86_400_000;
const SATURDAY = 7;

/** The days of a month that a day field names, ascending. */
type DaysOfMonth = (year: number, month: number) => readonly number[];

/**
 * Read the fields minutes, hours, day of month, month, day of week, year; undefined where they are none of AWS's. (The packages
 * that do this take what AWS refuses, and go wrong on 29 February and on lists that do not ascend.)
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions
 */
export function parseCron(expression: string): Cron | undefined {
  const fields = expression.trim().toUpperCase().split(/\s+/);
  if (fields.length !== 6) return undefined;
  const [minuteText, hourText, dayText, monthText, weekdayText, yearText] = fields as [string, string, string, string, string, string];
  const [minutes, hours, months, years] = [
    values(minuteText, MINUTES),
    values(hourText, HOURS),
    values(monthText, MONTHS),
    values(yearText, YEARS),
  ];
  // One of the two days says which; the other has to leave it open.
  if ((dayText === "?") === (weekdayText === "?")) return undefined;
  const days = dayText === "?" ? readWeekday(weekdayText) : readDay(dayText);
  if (!minutes || !hours || !months || !years || !days) return undefined;
  return { next: (after) => firstAfter(after, minutes, hours, days, months, years) };
}

function firstAfter(
  after: number,
  minutes: readonly number[],
  hours: readonly number[],
  days: DaysOfMonth,
  months: readonly number[],
  years: readonly number[],
): number | undefined {
  const from = (Math.floor(after / MINUTE) + 1) * MINUTE;
  for (const year of years) {
    if (Date.UTC(year + 1, 0) <= from) continue;
    for (const month of months) {
      if (Date.UTC(year, month) <= from) continue;
      for (const day of days(year, month)) {
        const midnight = Date.UTC(year, month - 1, day);
        if (midnight + DAY <= from) continue;
        const minute = hours
          .flatMap((hour) => minutes.map((minute) => midnight + (hour * 60 + minute) * MINUTE))
          .find((instant) => instant >= from);
        if (minute !== undefined) return minute;
      }
    }
  }
  return undefined;
}

/** The numbers of a field: lists, ranges, steps; undefined where it is none. */
function values(text: string, field: Field): readonly number[] | undefined {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [, all, first, last, step] = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part) ?? [];
    if (all === undefined && first === undefined) return undefined;
    const from = all ? field.min : number(first!, field);
    const to = all || (last === undefined && step !== undefined) ? field.max : number(last ?? first!, field);
    const by = step === undefined ? 1 : Number(step);
    if (from === undefined || to === undefined || from > to || by < 1) return undefined;
    for (let value = from; value <= to; value += by) found.add(value);
  }
  return [...found].sort((one, other) => one - other);
}

function number(text: string, { min, max, names }: Field): number | undefined {
  const index = names?.indexOf(text) ?? -1;
  const value = index >= 0 ? index + 1 : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** L is the last day, L-3 three days before it, 15W the weekday nearest to the 15th. */
function readDay(text: string): DaysOfMonth | undefined {
  const before = /^L(?:-(\d+))?$/.exec(text);
  if (before !== null) {
    const distance = Number(before[1] ?? 0);
    return distance > 30 ? undefined : (year, month) => [lengthOf(year, month) - distance].filter((day) => day >= 1);
  }
  const weekday = /^(\d+)W$/.exec(text)?.[1];
  if (weekday !== undefined) {
    const near = number(weekday, DAYS);
    return near === undefined ? undefined : (year, month) => nearestWeekday(year, month, near);
  }
  const days = values(text, DAYS);
  return days && ((year, month) => days.filter((day) => day <= lengthOf(year, month)));
}

function nearestWeekday(year: number, month: number, near: number): readonly number[] {
  const length = lengthOf(year, month);
  if (near > length) return [];
  const candidates = [near, near - 1, near + 1, near + 2, near - 2];
  return candidates
    .filter((day) => day >= 1 && day <= length && weekdayOf(year, month, day) > 1 && weekdayOf(year, month, day) < SATURDAY)
    .slice(0, 1);
}

/** L is Saturday, 6L the last Friday of the month, 3#2 its second Tuesday. */
function readWeekday(text: string): DaysOfMonth | undefined {
  const [, lastText] = /^(\w+)L$/.exec(text) ?? [];
  const [, nthText, nth] = /^(\w+)#([1-5])$/.exec(text) ?? [];
  const single = lastText ?? nthText;
  if (single !== undefined) {
    const weekday = number(single, WEEKDAYS);
    if (weekday === undefined) return undefined;
    return (year, month) => {
      const all = daysOn(year, month, [weekday]);
      return nth === undefined ? all.slice(-1) : all.slice(Number(nth) - 1, Number(nth));
    };
  }
  const weekdays = text === "L" ? [SATURDAY] : values(text, WEEKDAYS);
  return weekdays && ((year, month) => daysOn(year, month, weekdays));
}

const daysOn = (year: number, month: number, weekdays: readonly number[]): number[] =>
  Array.from({ length: lengthOf(year, month) }, (_, index) => index + 1).filter((day) => weekdays.includes(weekdayOf(year, month, day)));

const lengthOf = (year: number, month: number): number => (Date.UTC(year, month) - Date.UTC(year, month - 1)) / DAY;

/** Sunday is 1, as AWS counts; the first day of 1970 was a Thursday. */
const weekdayOf = (year: number, month: number, day: number): number => ((Date.UTC(year, month - 1, day) / DAY + 4) % 7) + 1;
