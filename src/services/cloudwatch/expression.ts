/** Values by the instant at which their period begins, in milliseconds. */
export type Series = ReadonlyMap<number, number>;

/** What an expression gives: one number, or one or more series. */
export type Value = number | Series | readonly Series[];

export interface ExpressionContext {
  /** The query of that id. */
  get(id: string): Value | undefined;
  /** Every metric among the queries, in order; those whose id holds the text, where one is given. */
  metrics(containing?: string): readonly Series[];
  /** The instants of the periods in question, in order. */
  readonly instants: readonly number[];
  /** seconds */
  readonly period: number;
}

/** An expression that CloudWatch would not take. */
export class ExpressionError extends Error {}

type Node = (context: ExpressionContext) => Value;

/** Compile a metric math expression. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html */
export function compileExpression(text: string): Node {
  const tokens = tokenize(text);
  let at = 0;
  const peek = (): string | undefined => tokens[at];
  const take = (expected?: string): string => {
    const token = tokens[at++];
    if (token === undefined || (expected !== undefined && token !== expected)) {
      throw new ExpressionError(`Invalid syntax at '${token ?? "end of expression"}'`);
    }
    return token;
  };
  const level = (operators: readonly string[], next: () => Node) => (): Node => {
    let left = next();
    while (operators.includes(peek() ?? "")) {
      const apply = BINARY[take()]!;
      const one = left;
      const other = next();
      left = (context) => zip(one(context), other(context), apply);
    }
    return left;
  };
  const unary = (): Node => {
    if (peek() !== "-") return primary();
    take();
    const operand = unary();
    return (context) => zip(0, operand(context), (a, b) => a - b);
  };
  const primary = (): Node => {
    const token = take();
    if (token === "(") {
      const inner = or();
      take(")");
      return inner;
    }
    if (/^[\d.]/.test(token)) return () => Number(token);
    if (/^["']/.test(token)) return () => Number.NaN;
    return peek() === "(" ? call(token) : (context) => context.get(token) ?? refuse(`Unknown id ${token}`);
  };
  const call = (name: string): Node => {
    take("(");
    const texts: (string | undefined)[] = [];
    const args: Node[] = [];
    while (peek() !== ")") {
      const start = peek()!;
      texts.push(/^["']/.test(start) ? start.slice(1, -1) : /^[A-Z]+$/.test(start) ? start : undefined);
      if (start === "REPEAT" || start === "LINEAR") {
        take();
        args.push(() => Number.NaN);
      } else args.push(or());
      if (peek() === ",") take();
    }
    take(")");
    const body = FUNCTIONS[name] ?? refuse(`Unsupported function ${name}`);
    return (context) =>
      body(
        args.map((arg) => arg(context)),
        context,
        texts,
      );
  };
  const power = level(["^"], unary);
  const product = level(["*", "/"], power);
  const sum = level(["+", "-"], product);
  const comparison = level(["<=", ">=", "==", "!=", "<", ">"], sum);
  const and = level(["AND", "&&"], comparison);
  const or = level(["OR", "||"], and);
  const root = or();
  if (at < tokens.length) refuse(`Invalid syntax at '${tokens[at]}'`);
  return root;
}

/** The ids that an expression mentions. */
export const idsIn = (text: string): string[] => tokenize(text).filter((token) => /^[a-z]\w*$/.test(token));

const refuse = (message: string): never => {
  throw new ExpressionError(message);
};

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  const pattern = /\s*(?:(\d+(?:\.\d+)?|\.\d+)|([A-Za-z_]\w*)|("[^"]*"|'[^']*')|(<=|>=|==|!=|&&|\|\||[-+*/^()<>,[\]]))/y;
  while (pattern.lastIndex < text.trimEnd().length) {
    const match = pattern.exec(text);
    if (match === null) return refuse(`Invalid syntax in expression ${text}`);
    const token = match[1] ?? match[2] ?? match[3] ?? match[4]!;
    if (token !== "[" && token !== "]") tokens.push(token);
  }
  return tokens;
}

type Apply = (one: number, other: number) => number;

const BINARY: Readonly<Record<string, Apply>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
  "<": (a, b) => Number(a < b),
  ">": (a, b) => Number(a > b),
  "<=": (a, b) => Number(a <= b),
  ">=": (a, b) => Number(a >= b),
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
  AND: (a, b) => Number(a !== 0 && b !== 0),
  "&&": (a, b) => Number(a !== 0 && b !== 0),
  OR: (a, b) => Number(a !== 0 || b !== 0),
  "||": (a, b) => Number(a !== 0 || b !== 0),
};

type Body = (args: readonly Value[], context: ExpressionContext, texts: readonly (string | undefined)[]) => Value;

const FUNCTIONS: Readonly<Record<string, Body>> = {
  METRICS: (_args, { metrics }, [containing]) => metrics(containing),
  SUM: ([value]) => reduce(value!, (all) => all.reduce((a, b) => a + b, 0)),
  AVG: ([value]) => reduce(value!, (all) => all.reduce((a, b) => a + b, 0) / all.length),
  MIN: ([value]) => reduce(value!, (all) => Math.min(...all)),
  MAX: ([value]) => reduce(value!, (all) => Math.max(...all)),
  ABS: ([value]) => map(value!, Math.abs),
  CEIL: ([value]) => map(value!, Math.ceil),
  FLOOR: ([value]) => map(value!, Math.floor),
  LOG: ([value]) => map(value!, Math.log),
  PERIOD: (_args, { period }) => period,
  DIFF: ([value]) => steps(value!, (now, before) => now - before),
  RATE: ([value]) => steps(value!, (now, before, seconds) => (now - before) / seconds),
  RUNNING_SUM: ([value]) => {
    let total = 0;
    return map(value!, (one) => (total += one));
  },
  IF: ([condition, yes, no]) => choose(condition!, yes!, no),
  FILL: ([value, filler], { instants }, [, word]) =>
    fill(value!, word === "REPEAT" || word === "LINEAR" ? "REPEAT" : (filler as number), instants),
};

const isSeries = (value: Value): value is Series => value instanceof Map;

/** Apply to both; where one is a number, to each value of the other; instants that one of them lacks are left out. */
function zip(one: Value, other: Value, apply: Apply): Value {
  if (Array.isArray(one)) return (one as Series[]).map((series) => zip(series, other, apply) as Series);
  if (Array.isArray(other)) return (other as Series[]).map((series) => zip(one, series, apply) as Series);
  if (typeof one === "number" && typeof other === "number") return apply(one, other);
  const result = new Map<number, number>();
  const instants = isSeries(one) ? one.keys() : (other as Series).keys();
  for (const instant of instants) {
    const a = isSeries(one) ? one.get(instant) : (one as number);
    const b = isSeries(other) ? other.get(instant) : (other as number);
    const value = a === undefined || b === undefined ? undefined : apply(a, b);
    if (value !== undefined && Number.isFinite(value)) result.set(instant, value);
  }
  return result;
}

function map(value: Value, change: (one: number) => number): Value {
  if (typeof value === "number") return change(value);
  if (isSeries(value)) return new Map([...value].map(([instant, one]) => [instant, change(one)]));
  return value.map((series) => map(series, change) as Series);
}

/** Of several series, one whose values are those of each instant reduced; of one, its values reduced to a number. */
function reduce(value: Value, change: (all: number[]) => number): Value {
  if (typeof value === "number") return value;
  if (isSeries(value)) return value.size === 0 ? new Map() : change([...value.values()]);
  const instants = [...new Set(value.flatMap((series) => [...series.keys()]))].sort((one, other) => one - other);
  return new Map(instants.map((instant) => [instant, change(value.flatMap((series) => series.get(instant) ?? []))]));
}

function steps(value: Value, change: (now: number, before: number, seconds: number) => number): Value {
  if (typeof value === "number") return 0;
  if (!isSeries(value)) return value.map((series) => steps(series, change) as Series);
  const entries = [...value];
  return new Map(
    entries.slice(1).map(([instant, now], index) => [instant, change(now, entries[index]![1], (instant - entries[index]![0]) / 1000)]),
  );
}

function choose(condition: Value, yes: Value, no: Value | undefined): Value {
  if (typeof condition === "number") return condition !== 0 ? yes : (no ?? new Map());
  const result = new Map<number, number>();
  for (const [instant, holds] of condition as Series) {
    const chosen = holds !== 0 ? yes : no;
    const value = chosen === undefined || typeof chosen === "number" ? chosen : (chosen as Series).get(instant);
    if (value !== undefined) result.set(instant, value);
  }
  return result;
}

function fill(value: Value, filler: number | "REPEAT", instants: readonly number[]): Value {
  if (typeof value === "number") return value;
  if (!isSeries(value)) return value.map((series) => fill(series, filler, instants) as Series);
  const result = new Map<number, number>();
  let last: number | undefined;
  for (const instant of instants) {
    last = value.get(instant) ?? (filler === "REPEAT" ? last : filler);
    if (last !== undefined) result.set(instant, last);
  }
  return result;
}
