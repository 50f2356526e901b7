import { type ParsedCondition, parseCondition, type Select } from "./pattern-condition.ts";

/** What a pattern found in a line. */
export interface Found {
  /** The text at a selector, such as $.latency or $status; undefined where there is none. */
  text(selector: string): string | undefined;
  /** By selector, what the pattern looked at. */
  readonly extracted: Readonly<Record<string, string>>;
}

/** A filter pattern, ready to look at lines. Undefined where a line is not what it looks for. */
export type LinePattern = (message: string) => Found | undefined;

/**
 * Compile terms ("ERROR -debug ?WARN"), a regular expression (%…%), JSON selectors ({ $.level = "error" && $.code >= 500 }) or the
 * fields of a line ([ip, user, ..., status = 5*]); undefined where it is none of them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function compileFilter(pattern: string): LinePattern | undefined {
  const text = pattern.trim();
  if (text === "") return () => BARE;
  if (text.startsWith("{")) return text.endsWith("}") ? jsonPattern(text.slice(1, -1)) : undefined;
  if (text.startsWith("[")) return text.endsWith("]") ? fieldPattern(text.slice(1, -1)) : undefined;
  return termPattern(text);
}

/** Of a line that has no parts to select. */
const BARE: Found = { text: () => undefined, extracted: {} };

const TERM = /([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|(\S+))/g;

type Test = (message: string) => boolean;

/** All plain terms, none with a minus; of those with a question mark, one. */
function termPattern(text: string): LinePattern {
  const all: Test[] = [];
  const none: Test[] = [];
  const some: Test[] = [];
  for (const [, sign, quoted, regex, bare] of text.matchAll(TERM)) {
    const has = regex === undefined ? contains(quoted?.replace(/\\(.)/g, "$1") ?? bare!) : matching(regex);
    (sign === "-" ? none : sign === "?" ? some : all).push(has);
  }
  return (message) =>
    all.every((has) => has(message)) &&
    !none.some((has) => has(message)) &&
    (some.length === 0 || all.length > 0 || some.some((has) => has(message)))
      ? BARE
      : undefined;
}

const contains =
  (term: string): Test =>
  (message) =>
    message.includes(term);

function matching(source: string): Test {
  const regex = new RegExp(source);
  return (message) => regex.test(message);
}

const JSON_SELECTOR = /\$(?:\.[\w*-]+|\[\s*(?:\d+|\*|"[^"]*"|'[^']*')\s*\])*/y;
const JSON_STEP = /\.([\w*-]+)|\[\s*(?:(\d+|\*)|"([^"]*)"|'([^']*)')\s*\]/g;

function jsonPattern(text: string): LinePattern | undefined {
  const condition = parseCondition(text, JSON_SELECTOR);
  if (condition === undefined) return undefined;
  return (message) => {
    const value = parse(message);
    return value === undefined ? undefined : foundBy(condition, (selector) => selectJson(value, selector));
  };
}

function selectJson(value: unknown, selector: string): unknown[] {
  let found = [value];
  for (const [, name, index, quoted, single] of selector.matchAll(JSON_STEP)) {
    const key = name ?? index ?? quoted ?? single!;
    found = found.flatMap((one) => {
      if (typeof one !== "object" || one === null) return [];
      if (key === "*") return Object.values(one);
      return Object.hasOwn(one, key) ? [(one as Record<string, unknown>)[key]] : [];
    });
  }
  return found;
}

const FIELD_NAME = /[\w$]+/y;
const REST = "...";
/** A field of a line is a word, or what stands between quotes or brackets. */
const FIELD = /"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)/g;

function fieldPattern(text: string): LinePattern | undefined {
  const fields = text.split(",").map((field) => field.trim());
  const rest = fields.indexOf(REST);
  const names = fields.map((field) => /^[\w$]*/.exec(field)![0]);
  const conditions = fields.map((field, index) =>
    field === names[index] || field === REST ? undefined : parseCondition(field, FIELD_NAME),
  );
  const isWrong = fields.some((field, index) => field !== REST && field !== names[index] && conditions[index] === undefined);
  if (isWrong || fields.indexOf(REST, rest + 1) > rest) return undefined;
  return (message) => {
    const values = [...message.matchAll(FIELD)].map(([, quoted, bracketed, word]) => quoted ?? bracketed ?? word!);
    const spare = values.length - fields.length + (rest < 0 ? 0 : 1);
    if (rest < 0 ? spare !== 0 : spare < 0) return undefined;
    const placed = fields.flatMap((field, index) => {
      if (field === REST) return [];
      return [[names[index]!, values[rest >= 0 && index > rest ? index + spare - 1 : index]!] as const];
    });
    const byName = new Map(placed);
    const select: Select = (name) => (byName.has(name) ? [byName.get(name)] : []);
    if (!conditions.every((condition) => condition?.holds(select) ?? true)) return undefined;
    return {
      text: (selector) => byName.get(selector.replace(/^\$/, "")),
      extracted: Object.fromEntries(placed.filter(([name]) => name !== "").map(([name, value]) => [`$${name}`, value])),
    };
  };
}

function foundBy({ holds, selectors }: ParsedCondition, select: Select): Found | undefined {
  if (!holds(select)) return undefined;
  const text = (selector: string): string | undefined => {
    const [value] = select(selector);
    return value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);
  };
  return { text, extracted: Object.fromEntries(selectors.map((selector) => [selector, text(selector) ?? ""])) };
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
