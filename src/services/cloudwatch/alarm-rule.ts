import type { StateValue } from "../../sdk/cloudwatch.js";

/** A composite alarm's rule, ready to be evaluated. */
export interface AlarmRule {
  /** The alarms that it names. */
  readonly names: readonly string[];
  holds(stateOf: (name: string) => StateValue | undefined): boolean;
}

type Node = (stateOf: (name: string) => StateValue | undefined) => boolean;

const TOKEN = /\s*(\(|\)|"[^"]*"|[^\s()"]+)/y;

/**
 * Read ALARM("a") AND NOT (OK(b) OR FALSE); undefined where it is none.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 */
export function parseAlarmRule(text: string): AlarmRule | undefined {
  const tokens = [...tokensOf(text)];
  const names: string[] = [];
  let at = 0;
  let broken = false;
  const fail = (): Node => {
    broken = true;
    return () => false;
  };
  const or = (): Node => {
    let left = and();
    while (tokens[at] === "OR") {
      at++;
      const one = left;
      const other = and();
      left = (stateOf) => one(stateOf) || other(stateOf);
    }
    return left;
  };
  const and = (): Node => {
    let left = not();
    while (tokens[at] === "AND") {
      at++;
      const one = left;
      const other = not();
      left = (stateOf) => one(stateOf) && other(stateOf);
    }
    return left;
  };
  const not = (): Node => {
    if (tokens[at] !== "NOT") return primary();
    at++;
    const operand = not();
    return (stateOf) => !operand(stateOf);
  };
  const primary = (): Node => {
    const token = tokens[at++];
    if (token === "(") {
      const inner = or();
      return tokens[at++] === ")" ? inner : fail();
    }
    if (token === "TRUE" || token === "FALSE") return () => token === "TRUE";
    if (token !== "ALARM" && token !== "OK" && token !== "INSUFFICIENT_DATA") return fail();
    if (tokens[at++] !== "(") return fail();
    const name = nameOf(tokens[at++] ?? "");
    if (tokens[at++] !== ")") return fail();
    names.push(name);
    return (stateOf) => stateOf(name) === token;
  };
  const root = or();
  if (broken || at !== tokens.length) return undefined;
  return { names, holds: root };
}

function* tokensOf(text: string): Generator<string> {
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) yield match[1]!;
}

/** A name, in quotes or not, or the end of an ARN. */
const nameOf = (token: string): string => {
  const bare = token.replace(/^"|"$/g, "");
  return bare.startsWith("arn:") ? bare.split(":alarm:").at(-1)! : bare;
};
