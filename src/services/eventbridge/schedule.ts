import { fault } from "../../kernel/fault.ts";
import { type Cron, parseCron } from "./cron.ts";

/** When a rule runs, in UTC: every so often, or at the minutes that a cron expression names. */
export type Schedule = { readonly kind: "rate"; readonly everyMilliseconds: number } | { readonly kind: "cron"; readonly cron: Cron };

const UNIT_MILLISECONDS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

const invalid = (): never => fault("ValidationException", "Parameter ScheduleExpression is not valid.");

/**
 * Read rate(…) or cron(…), or refuse it as EventBridge does.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export function parseSchedule(expression: string): Schedule {
  const [, kind, argument] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  if (kind === undefined || argument === undefined) return invalid();
  return kind === "rate" ? parseRate(argument) : { kind: "cron", cron: parseCron(argument) ?? invalid() };
}

/** The next instant after the given one; of a rate, counted from when the rule was made or enabled. Undefined: never again. */
export function nextOccurrence(schedule: Schedule, after: number, startedAt: number): number | undefined {
  if (schedule.kind === "cron") return schedule.cron.next(after);
  const elapsed = Math.max(after - startedAt, 0);
  return startedAt + (Math.floor(elapsed / schedule.everyMilliseconds) + 1) * schedule.everyMilliseconds;
}

/** One minute is singular, all else plural: AWS takes neither "1 minutes" nor "5 minute". */
function parseRate(argument: string): Schedule {
  const [, count, unit, plural] = /^(\d+) (minute|hour|day)(s?)$/.exec(argument) ?? [];
  const value = Number(count);
  if (unit === undefined || value < 1 || (value === 1) !== (plural === "")) return invalid();
  return { kind: "rate", everyMilliseconds: value * UNIT_MILLISECONDS[unit]! };
}
