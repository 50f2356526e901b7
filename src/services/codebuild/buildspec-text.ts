import { isNode, LineCounter, parseDocument, visit, type YAMLParseError } from "yaml";

/** What is wrong with a buildspec, in a sentence for its phase context. */
export class BuildspecProblem extends Error {}

export type Mapping = Readonly<Record<string, unknown>>;

/** The members of a buildspec, and on which line something in it stands. */
export interface BuildspecText {
  readonly root: Mapping;
  lineOf(path: readonly (string | number)[]): number;
}

/**
 * The YAML of a buildspec; JSON is YAML too. Of two members of the same name the last is meant. Numbers and flags are the texts that they
 * are written as: a version 3.10 is not 3.1. https://docs.aws.amazon.com/codebuild/latest/userguide/runtime-versions.html
 */
export function readBuildspec(text: string): BuildspecText {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: false });
  const [problem] = document.errors;
  if (problem !== undefined) throw new BuildspecProblem(sentenceOf(problem));
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === "number" || typeof scalar.value === "boolean") scalar.value = scalar.source;
    },
  });
  return {
    root: mapping(
      read(() => document.toJS()),
      "buildspec",
    ),
    lineOf(path) {
      const node = document.getIn(path, true);
      return lineCounter.linePos(isNode(node) ? (node.range?.[0] ?? 0) : 0).line;
    },
  };
}

/** An anchor that is nowhere is noticed only now. */
function read(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    const [, anchor] = /: (\S+)$/.exec((error as Error).message) ?? [];
    throw new BuildspecProblem(`unknown anchor '${anchor}' referenced`);
  }
}

/** What is wrong, in the words of the reader that CodeBuild has; ours has codes for the same. */
function sentenceOf({ code, message, linePos }: YAMLParseError): string {
  const line = linePos?.[0].line ?? 0;
  switch (code) {
    case "TAB_AS_INDENT":
    case "BAD_SCALAR_START":
      return `found character that cannot start any token at line ${line}`;
    case "BAD_INDENT":
      if (message.startsWith("Flow")) return `did not find expected ',' or '${message.startsWith("Flow map") ? "}" : "]"}' at line ${line}`;
      return `did not find expected key at line ${line}`;
    case "BLOCK_AS_IMPLICIT_KEY":
      if (message.startsWith("Nested")) return `mapping values are not allowed in this context at line ${line}`;
      return `did not find expected key at line ${line}`;
    case "MULTILINE_IMPLICIT_KEY":
      return `mapping values are not allowed in this context at line ${line + 1}`;
    case "MISSING_CHAR":
      return message.startsWith("Missing closing")
        ? `found unexpected end of stream at line ${line}`
        : `could not find expected ':' at line ${line}`;
    case "BAD_DQ_ESCAPE":
      return `found unknown escape character at line ${line}`;
    case "UNEXPECTED_TOKEN":
      return `did not find expected key at line ${line}`;
    default:
      return message.split("\n", 1)[0]!;
  }
}

export function mapping(value: unknown, where: string): Mapping {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new BuildspecProblem(`Expected ${where} to be a mapping`);
  return value as Mapping;
}

export function texts(value: unknown, where: string): Record<string, string> {
  return Object.fromEntries(Object.entries(mapping(value, where)).map(([name, text]) => [name, text === null ? "" : String(text)]));
}

export const asList = (value: unknown): unknown[] => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]);

export function list(value: unknown, where: string): string[] {
  return asList(value).map((item) => {
    if (typeof item === "object") throw new BuildspecProblem(`Expected the items of ${where} to be of string type`);
    return String(item);
  });
}

/** yes and no are texts in today's YAML. */
export const flag = (value: unknown): boolean => ["yes", "true"].includes(String(value ?? "no").toLowerCase());

/** In CodeBuild's own words: an unquoted colon makes a mapping of a command. `lineOf` says where a command stands. */
export function commands(value: unknown, lineOf: (index: number) => number): string[] {
  return asList(value).map((command, index) => {
    if (typeof command === "string") return command;
    throw new BuildspecProblem(
      command === null
        ? `Expected Commands[${index}] to be of string type: found null`
        : `Expected Commands[${index}] to be of string type: found subkeys instead at line ${lineOf(index)}, value of the key tag on line ${lineOf(index) - 1} might be empty`,
    );
  });
}
