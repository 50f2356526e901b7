import { expect, test } from "vitest";
import { nextOccurrence, parseSchedule } from "./schedule.ts";

const at = (text: string): number => Date.parse(`${text}Z`);
const next = (expression: string, after: string): string | undefined => {
  const found = nextOccurrence(parseSchedule(expression), at(after), at(after));
  return found === undefined ? undefined : new Date(found).toISOString().slice(0, 16);
};

test.each([
  ["cron(0 10 * * ? *)", "2026-03-01T10:00", "2026-03-02T10:00"],
  ["cron(0/15 * * * ? *)", "2026-03-01T10:07", "2026-03-01T10:15"],
  ["cron(0 18 ? * MON-FRI *)", "2026-03-06T18:00", "2026-03-09T18:00"],
  ["cron(0 8 1 * ? *)", "2026-03-02T00:00", "2026-04-01T08:00"],
  ["cron(0 8 L * ? *)", "2026-02-01T00:00", "2026-02-28T08:00"],
  ["cron(0 8 15W * ? *)", "2026-02-01T00:00", "2026-02-16T08:00"],
  ["cron(0 8 1W * ? *)", "2026-02-01T00:00", "2026-02-02T08:00"],
  ["cron(0 8 31W * ? *)", "2026-04-01T00:00", "2026-05-29T08:00"],
  ["cron(0 8 L-3 * ? *)", "2026-02-01T00:00", "2026-02-25T08:00"],
  ["cron(0 8 ? * 6L *)", "2026-03-01T00:00", "2026-03-27T08:00"],
  ["cron(0 8 ? * L *)", "2026-03-01T00:00", "2026-03-07T08:00"],
  ["cron(0 2 ? * SAT#3 *)", "2026-03-01T00:00", "2026-03-21T02:00"],
  ["cron(35,5 14 * * ? *)", "2026-03-01T00:00", "2026-03-01T14:05"],
  ["cron(0/30 8-9,20 1,15 JAN,jul ? 2026/2)", "2026-07-15T20:30", "2028-01-01T08:00"],
  ["cron(0 0 ? 2 SUN#5 *)", "2026-03-01T00:00", "2032-02-29T00:00"],
  ["cron(0 0 29 2 ? *)", "2026-03-01T00:00", "2028-02-29T00:00"],
  ["cron(15 10 ? * 6L 2002-2005)", "2026-03-01T00:00", undefined],
])("%s after %s is %s", (expression, after, expected) => expect(next(expression, after)).toBe(expected));

test("a rate counts from when the rule began", () => {
  const schedule = parseSchedule("rate(5 minutes)");
  expect(nextOccurrence(schedule, at("2026-03-01T10:07"), at("2026-03-01T10:01"))).toBe(at("2026-03-01T10:11"));
  expect(nextOccurrence(schedule, at("2026-03-01T10:11"), at("2026-03-01T10:01"))).toBe(at("2026-03-01T10:16"));
});

test.each([
  ...["rate(10 seconds)", "rate(1 minutes)", "rate(10 minute)", "rate()", "rate(0 minutes)", "rate(10 MINUTES)", " rate(10 minutes)"],
  ...[
    "cron(INVALID)",
    "cron(0 dummy ? * MON-FRI *)",
    "cron(7 20 * * NOT *)",
    "cron(71 8 1 * ? *)",
    "cron(0 1 * * * *)",
    "cron(0 1 ? * ? *)",
    "cron(0 1 * * ?)",
    "cron(0 0 5-1 * ? *)",
    "cron(0 0 ? * 8 *)",
  ],
])("%s is refused", (expression) => {
  expect(() => parseSchedule(expression)).toThrow("Parameter ScheduleExpression is not valid.");
});
