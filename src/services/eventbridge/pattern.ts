import { fault } from "../../kernel/fault.ts";
import { InvalidEventPatternException } from "../../sdk/eventbridge.js";
import { type Address, inRange, parseAddress, parseRange } from "./address.ts";
import { compileWildcard } from "./wildcard.ts";

/** A pattern made ready to look at many events. */
export interface EventPattern {
  matches(event: unknown): boolean;
}

type Scalar = string | number | boolean | null;
type Matcher = (value: Scalar) => boolean;

/** Looks at a value, of the whole event that it is in. */
type Test = (value: unknown, event: unknown) => boolean;

/** The names that no field inside of a $or may have. */
const RESERVED_IN_OR = new Set([
  ...["exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr"],
  ...["=", "<", "<=", ">=", ">", "regex", "not-wildcard", "not-equals-ignore-case"],
  ...[
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
  ],
]);

const invalid = (reason: string): never => fault(InvalidEventPatternException, `Event pattern is not valid. Reason: ${reason}`);

/**
 * Compile an event pattern, or refuse it as EventBridge does. The rules and their words are those of event-ruler.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function compilePattern(text: string): EventPattern {
  const pattern = parse(text);
  if (!isObject(pattern)) return invalid("Filter is not an object");
  const test = compileObject(pattern, [], false);
  return {
    matches(event) {
      const unfolded = unfold(event);
      return test(unfolded, unfolded);
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return invalid((error as Error).message);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** All fields have to match, within one element where the value is a list of objects. */
function compileObject(pattern: Record<string, unknown>, path: readonly string[], insideOr: boolean): Test {
  const entries = Object.entries(pattern);
  if (entries.length === 0) invalid("Empty objects are not allowed");
  const tests = entries.map(([name, value]) => (name === "$or" ? compileOr(value, path) : compileField(name, value, path, insideOr)));
  const all: Test = (value, event) => tests.every((test) => test(value, event));
  return (value, event) => (Array.isArray(value) && value.length > 0 ? value.some((element) => all(element, event)) : all(value, event));
}

function compileOr(value: unknown, path: readonly string[]): Test {
  if (!Array.isArray(value)) return invalid("It must be an Array followed with $or.");
  const tests = value.map((branch) =>
    isObject(branch) ? compileObject(branch, path, true) : invalid("Only JSON object is allowed in array of $or relationship."),
  );
  if (tests.length < 2) invalid("There must have at least 2 Objects in $or relationship.");
  return (object, event) => tests.some((test) => test(object, event));
}

function compileField(name: string, value: unknown, path: readonly string[], insideOr: boolean): Test {
  if (insideOr && RESERVED_IN_OR.has(name)) invalid(`${name} is Ruler reserved fieldName which cannot be used inside $or.`);
  // A dot in a name is a step, in the pattern as in the event.
  const steps = name.split(".");
  const inner = [...path, ...steps];
  const test = Array.isArray(value)
    ? compileLeaf(value, inner)
    : isObject(value)
      ? compileObject(value, inner, insideOr)
      : invalid(`"${name}" must be an object or an array`);
  return (object, event) => reach(object, steps).some((found) => test(found, event));
}

/** What lies at the end of the steps: one value or, through lists, several; one undefined for none. */
function reach(value: unknown, steps: readonly string[]): readonly unknown[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [value];
  if (Array.isArray(value)) return orNothing(value.flatMap((element) => reach(element, steps)));
  return isObject(value) && Object.hasOwn(value, step) ? reach(value[step], rest) : [undefined];
}

const orNothing = (found: readonly unknown[]): readonly unknown[] => {
  const there = found.filter((value) => value !== undefined);
  return there.length > 0 ? there : [undefined];
};

/** The event with each name that has dots as the steps that it is to EventBridge. */
function unfold(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unfold);
  if (!isObject(value)) return value;
  const unfolded: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const [first, ...rest] = name.split(".") as [string, ...string[]];
    merge(
      unfolded,
      first,
      rest.reduceRight<unknown>((inner, step) => ({ [step]: inner }), unfold(member)),
    );
  }
  return unfolded;
}

/** Two values at one place are both looked at. */
function merge(into: Record<string, unknown>, name: string, value: unknown): void {
  const there = into[name];
  if (there === undefined) into[name] = value;
  else if (isObject(there) && isObject(value)) for (const [inner, member] of Object.entries(value)) merge(there, inner, member);
  else into[name] = [there, value].flat();
}

function compileLeaf(patterns: readonly unknown[], path: readonly string[]): Test {
  if (patterns.length === 0) invalid("Empty arrays are not allowed");
  const matchers: Matcher[] = [];
  let takesAbsence = false;
  for (const pattern of patterns) {
    if (Array.isArray(pattern)) invalid("Match value must be String, number, true, false, or null");
    const matcher = isObject(pattern) ? compileExpression(pattern) : equals(pattern as Scalar);
    if (matcher === "absent") takesAbsence = true;
    else matchers.push(matcher);
  }
  return (value, event) => {
    const scalars = scalarsOf(value);
    if (scalars.some((scalar) => matchers.some((matches) => matches(scalar)))) return true;
    return takesAbsence && scalars.length === 0 && reach(event, path).every((other) => scalarsOf(other).length === 0);
  };
}

/** Lists match where one of their elements does; objects and what is not there have nothing to match. */
function scalarsOf(value: unknown): readonly Scalar[] {
  if (Array.isArray(value)) return value.flatMap(scalarsOf);
  return value === undefined || isObject(value) ? [] : [value as Scalar];
}

const equals =
  (expected: Scalar): Matcher =>
  (value) =>
    value === expected;

const ofText =
  (matches: (text: string) => boolean): Matcher =>
  (value) =>
    typeof value === "string" && matches(value);

function compileExpression(pattern: Record<string, unknown>): Matcher | "absent" {
  const [entry, ...more] = Object.entries(pattern);
  if (entry === undefined) return invalid("Match expression name not found");
  const matcher = compileOperator(...entry);
  if (more.length > 0) invalid("Only one key allowed in match expression");
  return matcher;
}

function compileOperator(operator: string, argument: unknown): Matcher | "absent" {
  switch (operator) {
    case "exactly":
      return equals(text(argument, "exact match pattern must be a string"));
    case "prefix":
    case "suffix":
      return compileAffix(operator, argument);
    case "equals-ignore-case":
      return equalsIgnoringCase(text(argument, "equals-ignore-case match pattern must be a string"));
    case "wildcard":
      return ofText(compileWildcard(text(argument, "wildcard match pattern must be a string"), invalid));
    case "numeric":
      return compileNumeric(argument);
    case "cidr":
      return compileCidr(text(argument, "prefix match pattern must be a string"));
    case "anything-but":
      return compileAnythingBut(argument);
    case "exists":
      if (typeof argument !== "boolean") return invalid("exists match pattern must be either true or false.");
      return argument ? () => true : "absent";
    default:
      return invalid(`Unrecognized match type ${operator}`);
  }
}

const text = (value: unknown, otherwise: string): string => (typeof value === "string" ? value : invalid(otherwise));

function equalsIgnoringCase(expected: string): Matcher {
  const folded = expected.toLowerCase();
  return ofText((value) => value.toLowerCase() === folded);
}

function compileAffix(operator: "prefix" | "suffix", argument: unknown): Matcher {
  const has = (value: string, affix: string): boolean => (operator === "prefix" ? value.startsWith(affix) : value.endsWith(affix));
  if (!isObject(argument)) {
    const affix = text(argument, `${operator} match pattern must be a string`);
    return ofText((value) => has(value, affix));
  }
  const [name, inner] = Object.entries(argument)[0] ?? invalid(`${operator === "prefix" ? "Prefix" : "Suffix"} expression name not found`);
  if (name !== "equals-ignore-case") invalid(`Unsupported ${operator} pattern: ${name}`);
  const affix = text(inner, "equals-ignore-case match pattern must be a string").toLowerCase();
  if (Object.keys(argument).length > 1) invalid("Only one key allowed in match expression");
  return ofText((value) => has(value.toLowerCase(), affix));
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  "=": (value, bound) => value === bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

function compileNumeric(argument: unknown): Matcher {
  if (!Array.isArray(argument)) return invalid("Value of numeric must be an array.");
  const [operator, bound, secondOperator, secondBound] = argument as unknown[];
  if (typeof operator !== "string") return invalid(`Invalid member in numeric match: ${operator === undefined ? "]" : String(operator)}`);
  const compare = COMPARISONS[operator] ?? invalid(`Unrecognized numeric range operator: ${operator}`);
  const isNumeric = (value: unknown): value is number => typeof value === "number";
  if (!isNumeric(bound)) return invalid(`Value of ${operator === "=" ? "equals" : operator} must be numeric`);
  if (argument.length === 2) return (value) => isNumeric(value) && compare(value, bound);
  if (operator !== ">" && operator !== ">=") return invalid("Too many elements in numeric expression");
  if (typeof secondOperator !== "string") return invalid(`Bad value in numeric range: ${String(secondOperator)}`);
  if (secondOperator !== "<" && secondOperator !== "<=") return invalid(`Bad numeric range operator: ${secondOperator}`);
  if (!isNumeric(secondBound)) return invalid(`Value of ${secondOperator} must be numeric`);
  if (argument.length > 4) return invalid("Too many terms in numeric range expression");
  if (bound >= secondBound) return invalid("Bottom must be less than top");
  return (value) => isNumeric(value) && compare(value, bound) && COMPARISONS[secondOperator]!(value, secondBound);
}

function compileCidr(block: string): Matcher {
  const range = parseRange(block, invalid);
  return ofText((value) => {
    const address: Address | undefined = parseAddress(value);
    return address !== undefined && inRange(address, range);
  });
}

/** The operators that anything-but takes, and what it says of an argument that is no text. */
const NEGATED: Readonly<Record<string, { compile: (text: string) => Matcher; otherwise: string }>> = {
  "equals-ignore-case": {
    compile: equalsIgnoringCase,
    otherwise: "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
  },
  prefix: { compile: (affix) => compileAffix("prefix", filled(affix)), otherwise: "prefix/suffix match pattern must be a string" },
  suffix: { compile: (affix) => compileAffix("suffix", filled(affix)), otherwise: "prefix/suffix match pattern must be a string" },
  wildcard: { compile: (pattern) => ofText(compileWildcard(pattern, invalid)), otherwise: "wildcard match pattern must be a string" },
};

const filled = (affix: string): string => (affix === "" ? invalid("Null prefix/suffix not allowed") : affix);

function compileAnythingBut(argument: unknown): Matcher {
  const negate =
    (matchers: readonly Matcher[]): Matcher =>
    (value) =>
      !matchers.some((matches) => matches(value));
  if (!isObject(argument)) return negate(exceptions(argument).map(equals));
  const [name, inner] = Object.entries(argument)[0] ?? invalid("Anything-But expression name not found");
  const { compile, otherwise } = NEGATED[name] ?? invalid(`Unsupported anything-but pattern: ${name}`);
  if (!Array.isArray(inner) && typeof inner !== "string" && typeof inner !== "number")
    return invalid("Value of anything-but must be an array or single string/number value.");
  const matchers = [inner].flat().map((one) => compile(text(one, otherwise)));
  if (Object.keys(argument).length > 1) invalid("Only one key allowed in match expression");
  return negate(matchers);
}

function exceptions(argument: unknown): readonly (string | number)[] {
  const list = Array.isArray(argument) ? argument : [argument];
  for (const one of list) {
    if (typeof one === "string" || typeof one === "number") continue;
    invalid(
      Array.isArray(argument)
        ? "Inside anything but list, start|null|boolean is not supported."
        : "Value of anything-but must be an array or single string/number value.",
    );
  }
  if (new Set(list.map((one) => typeof one)).size !== 1)
    invalid("Inside anything but list, either all values are number or string, mixed type is not supported");
  return list as readonly (string | number)[];
}
