import type { NormalizedSchema } from "@smithy/core/schema";
import { NumericValue } from "@smithy/core/serde";
import type { Constraint, NumberType } from "../constraint-table.ts";
import { Malformed } from "../errors.ts";

/** How an instant is written: the schema's own numbers for its timestampFormat trait. */
export type TimestampFormat = 5 | 6 | 7;
export const DATE_TIME: TimestampFormat = 5;
export const HTTP_DATE: TimestampFormat = 6;
export const EPOCH_SECONDS: TimestampFormat = 7;
const UNSPECIFIED = 4;

const NOT_BASE64 = /[^A-Za-z0-9+/]/;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const INTEGER = /^-?\d+$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/i;
const RFC3339_WITH_OFFSET = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;
const RFC7231 =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d(?:\.\d+)? GMT$/;

const RANGES: Readonly<Record<"byte" | "short" | "integer" | "long", number>> = {
  byte: 2 ** 7,
  short: 2 ** 15,
  integer: 2 ** 31,
  long: 2 ** 63,
};

/** The format of a timestamp's schema, or what its place has for those that name none. */
export function timestampFormat(schema: NormalizedSchema, fallback: TimestampFormat): TimestampFormat {
  const own = schema.getSchema() as unknown as number;
  return own === UNSPECIFIED ? fallback : (own as TimestampFormat);
}

/** Looks for what does not belong there: a pattern for the whole would overflow the stack on a few megabytes. */
export function base64(text: string): Uint8Array {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  if (text.length % 4 !== 0 || NOT_BASE64.test(text.slice(0, text.length - padding))) throw new Malformed("The value is not valid base64.");
  return Buffer.from(text, "base64");
}

/** Refuse what is no number of the type; without a type, any number will do. */
export function numberOf(value: number, type: NumberType | undefined): number {
  if (type === undefined || type === "float" || type === "double") return value;
  const limit = RANGES[type];
  if (!Number.isInteger(value) || value < -limit || value >= limit + (type === "long" ? 1 : 0)) {
    throw new Malformed(`${value} is not a valid ${type === "integer" ? "int" : type}.`);
  }
  return value;
}

const NOT_FINITE = new Set(["NaN", "Infinity", "-Infinity"]);

/** The floating-point values that JSON has no number for. */
export function notFinite(text: string, type: NumberType | undefined): number | undefined {
  const allowed = NOT_FINITE.has(text) && (type === undefined || type === "float" || type === "double");
  return allowed ? Number(text) : undefined;
}

/** A timestamp as text, in the one format that its place has. */
export function instant(text: string, format: TimestampFormat): Date {
  const pattern = format === DATE_TIME ? RFC3339 : format === HTTP_DATE ? RFC7231 : NUMBER;
  if (!pattern.test(text)) throw new Malformed(`'${text}' is not a valid timestamp.`);
  return validDate(format === EPOCH_SECONDS ? epoch(Number(text)) : new Date(text), text);
}

/** A timestamp as query protocols take it: in whatever format it comes. */
export function instantOfAnyFormat(text: string): Date {
  if (NUMBER.test(text)) return validDate(epoch(Number(text)), text);
  if (!RFC3339_WITH_OFFSET.test(text) && !RFC7231.test(text)) throw new Malformed(`'${text}' is not a valid timestamp.`);
  return validDate(new Date(text), text);
}

/** Seconds since 1970, to the millisecond. */
export const epoch = (seconds: number): Date => new Date(Math.round(seconds * 1000));

function validDate(date: Date, text: string): Date {
  if (Number.isNaN(date.getTime())) throw new Malformed(`'${text}' is not a valid timestamp.`);
  return date;
}

function numberFromText(text: string, type: NumberType | undefined): number {
  const special = notFinite(text, type);
  if (special !== undefined) return special;
  const integral = type !== undefined && type !== "float" && type !== "double";
  if (!(integral ? INTEGER : NUMBER).test(text)) throw new Malformed(`'${text}' is not a valid number.`);
  return numberOf(Number(text), type);
}

/** A scalar out of a label, a query string, a header or an XML or form value. */
export function scalarFromText(
  schema: NormalizedSchema,
  text: string,
  constraint: Constraint | undefined,
  format: TimestampFormat,
): unknown {
  if (schema.isStringSchema()) return text;
  if (schema.isNumericSchema()) return numberFromText(text, constraint?.type);
  if (schema.isBooleanSchema()) return booleanFromText(text);
  if (schema.isTimestampSchema()) return instant(text, timestampFormat(schema, format));
  if (schema.isBlobSchema()) return base64(text);
  if (schema.isBigIntegerSchema()) return bigInteger(text);
  if (schema.isBigDecimalSchema()) return bigDecimal(text);
  return text;
}

function booleanFromText(text: string): boolean {
  if (text === "true") return true;
  if (text === "false") return false;
  throw new Malformed(`'${text}' is not a valid boolean.`);
}

export function bigInteger(text: string): bigint {
  if (!INTEGER.test(text)) throw new Malformed(`'${text}' is not a valid integer.`);
  return BigInt(text);
}

export function bigDecimal(text: string): NumericValue {
  if (!NUMBER.test(text)) throw new Malformed(`'${text}' is not a valid number.`);
  return new NumericValue(text, "bigDecimal");
}
