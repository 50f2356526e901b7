/** The values that a selector finds: none where there is nothing, several where it has a star. */
export type Select = (selector: string) => readonly unknown[];
export type Condition = (select: Select) => boolean;

/** A condition, and the selectors that it names. */
export interface ParsedCondition {
  readonly holds: Condition;
  readonly selectors: readonly string[];
}

const SPACE = /\s*/y;
const COMPARISON = /\s*(!=|<=|>=|=|<|>|IS\b|NOT\s+EXISTS\b|EXISTS\b)\s*/y;
const VALUE = /"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)+)%|([^\s()&|,\]}]+)/y;

/**
 * Read a condition: comparisons with && and ||, in parentheses where they are wanted. `selector` is how one is written, as a
 * sticky regular expression. Undefined where the text is no condition.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function parseCondition(text: string, selector: RegExp): ParsedCondition | undefined {
  const selectors = new Set<string>();
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found ?? undefined;
  };
  const takeText = (wanted: string): boolean => {
    take(SPACE);
    if (!text.startsWith(wanted, at)) return false;
    at += wanted.length;
    return true;
  };
  const joined =
    (operator: string, part: () => Condition | undefined, combine: (parts: Condition[]) => Condition) => (): Condition | undefined => {
      const parts: Condition[] = [];
      do {
        const one = part();
        if (one === undefined) return undefined;
        parts.push(one);
      } while (takeText(operator));
      return combine(parts);
    };
  const comparison = (): Condition | undefined => {
    if (takeText("(")) {
      const inner = either();
      return inner !== undefined && takeText(")") ? inner : undefined;
    }
    take(SPACE);
    const name = take(selector)?.[0];
    const operator = take(COMPARISON)?.[1]?.replace(/\s+/, " ");
    if (name === undefined || operator === undefined) return undefined;
    selectors.add(name);
    if (operator.endsWith("EXISTS")) return (select) => select(name).length > 0 === (operator === "EXISTS");
    const value = take(VALUE);
    const test = value && testOf(operator, value);
    return test && ((select) => test(select(name)));
  };
  const both = joined("&&", comparison, (parts) => (select) => parts.every((part) => part(select)));
  const either = joined("||", both, (parts) => (select) => parts.some((part) => part(select)));
  const holds = either();
  take(SPACE);
  return holds !== undefined && at === text.length ? { holds, selectors: [...selectors] } : undefined;
}

type Test = (values: readonly unknown[]) => boolean;

function testOf(operator: string, [, quoted, regex, bare]: RegExpExecArray): Test | undefined {
  const some =
    (test: (value: unknown) => boolean): Test =>
    (values) =>
      values.some(test);
  if (operator === "IS") return some(IS[bare ?? ""] ?? (() => false));
  const number = bare === undefined ? Number.NaN : Number(bare);
  switch (operator) {
    case "=":
      return some(equalTo(quoted, regex, bare, number));
    case "!=": {
      const equal = equalTo(quoted, regex, bare, number);
      return (values) => !values.some(equal);
    }
    case "<":
      return some((value) => numberOf(value) < number);
    case "<=":
      return some((value) => numberOf(value) <= number);
    case ">":
      return some((value) => numberOf(value) > number);
    default:
      return some((value) => numberOf(value) >= number);
  }
}

const IS: Readonly<Record<string, (value: unknown) => boolean>> = {
  NULL: (value) => value === null,
  TRUE: (value) => value === true,
  FALSE: (value) => value === false,
};

/** Texts with stars, regular expressions between percent signs, and numbers however they are written. */
function equalTo(quoted: string | undefined, regex: string | undefined, bare: string | undefined, number: number) {
  const expression =
    regex === undefined
      ? new RegExp(`^${(quoted?.replace(/\\(.)/g, "$1") ?? bare!).split("*").map(literally).join(".*")}$`, "s")
      : new RegExp(regex);
  return (value: unknown): boolean =>
    isScalar(value) && (expression.test(String(value)) || (!Number.isNaN(number) && numberOf(value) === number));
}

const isScalar = (value: unknown): boolean => typeof value !== "object" || value === null;

const numberOf = (value: unknown): number =>
  typeof value === "number" ? value : typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
