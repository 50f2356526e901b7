import { setFlagsFromString } from "node:v8";
import type { Constraint } from "./constraint-table.ts";

// Models hold patterns that backtrack for ever on the wrong text. V8 then goes over to its engine that takes linear time.
setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks");

/** One thing that a value has to be, and AWS's words for it. */
export interface Rule {
  readonly isBroken: (value: unknown) => boolean;
  /** Such as: Member must have length less than or equal to 100. */
  readonly rule: string;
}

/** What a constraint says about a value itself, in the order in which AWS says it. */
export function rulesOf({ min, max, pattern, enum: values, unique }: Constraint, isNumeric: boolean): Rule[] {
  const what = isNumeric ? "value" : "length";
  const rules: Rule[] = [];
  if (max !== undefined)
    rules.push({ isBroken: (value) => sizeOf(value) > max, rule: `Member must have ${what} less than or equal to ${max}` });
  if (min !== undefined)
    rules.push({ isBroken: (value) => sizeOf(value) < min, rule: `Member must have ${what} greater than or equal to ${min}` });
  if (pattern !== undefined) rules.push(patternRule(pattern));
  if (values !== undefined) rules.push(enumRule(values));
  if (unique) rules.push({ isBroken: hasRepeats, rule: "Member must have unique values" });
  return rules;
}

function sizeOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "string") return lengthOf(value);
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : Number(value);
}

const SURROGATE = /[\ud800-\udfff]/;

/** Lengths count code points. */
const lengthOf = (text: string): number => (SURROGATE.test(text) ? [...text].length : text.length);

function enumRule(values: readonly string[]): Rule {
  const allowed = new Set<unknown>(values);
  return { isBroken: (value) => !allowed.has(value), rule: `Member must satisfy enum value set: [${values.join(", ")}]` };
}

function patternRule(pattern: string): Rule {
  let expression: RegExp | undefined;
  const isBroken = (value: unknown): boolean => {
    expression ??= compile(pattern);
    return typeof value === "string" && !expression.test(value);
  };
  return { isBroken, rule: `Member must satisfy regular expression pattern: ${pattern}` };
}

const ANYTHING = /(?:)/;

/** The pattern, of the whole text. Some are Java's, which JavaScript cannot compile; those are not checked. */
function compile(pattern: string): RegExp {
  const needsUnicode = /\\[pPu]|[\ud800-\udfff]/.test(pattern);
  for (const flags of needsUnicode ? ["u", ""] : ["", "u"]) {
    try {
      return new RegExp(`^(?:${pattern})$`, flags);
    } catch {
      // Try the other way.
    }
  }
  return ANYTHING;
}

const hasRepeats = (values: unknown): boolean => {
  const texts = (values as unknown[]).map((value) => JSON.stringify(value));
  return new Set(texts).size < texts.length;
};
