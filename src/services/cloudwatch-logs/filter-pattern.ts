/** A filter pattern, ready to look at lines. */
export type LineFilter = (message: string) => boolean;

/**
 * Compile terms ("ERROR -debug ?WARN"), a regular expression (%…%) or JSON selectors ({ $.level = "error" && $.code >= 500 });
 * undefined where it is none of them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function compileFilter(pattern: string): LineFilter | undefined {
  const text = pattern.trim();
  if (text === "") return () => true;
  if (text.startsWith("{")) return text.endsWith("}") ? jsonFilter(text.slice(1, -1)) : undefined;
  if (text.startsWith("[")) return undefined;
  return termFilter(text);
}

const TERM = /([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|(\S+))/g;

/** All plain terms, none with a minus; of those with a question mark, one. */
function termFilter(text: string): LineFilter {
  const all: LineFilter[] = [];
  const none: LineFilter[] = [];
  const some: LineFilter[] = [];
  for (const [, sign, quoted, regex, bare] of text.matchAll(TERM)) {
    const has = regex === undefined ? contains(quoted?.replace(/\\(.)/g, "$1") ?? bare!) : matching(regex);
    (sign === "-" ? none : sign === "?" ? some : all).push(has);
  }
  return (message) =>
    all.every((has) => has(message)) &&
    !none.some((has) => has(message)) &&
    (some.length === 0 || all.length > 0 || some.some((has) => has(message)));
}

const contains =
  (term: string): LineFilter =>
  (message) =>
    message.includes(term);

function matching(source: string): LineFilter {
  const regex = new RegExp(source);
  return (message) => regex.test(message);
}

type Selector = (value: unknown) => boolean;

const CONDITION = /^\s*(\$[\w.$[\]*"'-]*)\s*(=|!=|<=|>=|<|>|IS|NOT EXISTS)\s*(.*?)\s*$/s;

function jsonFilter(text: string): LineFilter | undefined {
  const either = splitOutside(text, "||").map((part) => splitOutside(part, "&&").map(condition));
  if (either.some((parts) => parts.some((part) => part === undefined))) return undefined;
  return (message) => {
    const value = parse(message);
    return value !== undefined && either.some((parts) => parts.every((holds) => holds!(value)));
  };
}

function condition(text: string): Selector | undefined {
  const bare = text.trim().replace(/^\((.*)\)$/s, "$1");
  const [, path, operator, operand = ""] = CONDITION.exec(bare) ?? [];
  if (path === undefined) return undefined;
  const find = (value: unknown): unknown =>
    path
      .split(/[.[\]]+/)
      .slice(1)
      .filter(Boolean)
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
  const literal = operand.replace(/^"(.*)"$/s, "$1");
  const number = Number(literal);
  const wildcard = new RegExp(`^${literal.split("*").map(literally).join(".*")}$`, "s");
  switch (operator) {
    case "=":
      return (value) => find(value) !== undefined && wildcard.test(String(find(value)));
    case "!=":
      return (value) => !wildcard.test(String(find(value)));
    case "IS":
      return (value) => (literal === "NULL" ? find(value) === null : String(find(value)) === literal.toLowerCase());
    case "NOT EXISTS":
      return (value) => find(value) === undefined;
    case "<":
      return (value) => Number(find(value)) < number;
    case ">":
      return (value) => Number(find(value)) > number;
    case "<=":
      return (value) => Number(find(value)) <= number;
    default:
      return (value) => Number(find(value)) >= number;
  }
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Split at a separator that is in no quotes. */
function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted;
    if (quoted || !text.startsWith(separator, at)) continue;
    parts.push(text.slice(start, at));
    start = at + separator.length;
  }
  return [...parts, text.slice(start)];
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
