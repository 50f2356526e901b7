import { parseDocument, visit } from "yaml";

/** What is wrong with a buildspec, in a sentence for its phase context. */
export class BuildspecProblem extends Error {}

export type Mapping = Readonly<Record<string, unknown>>;

/**
 * The YAML of a buildspec; JSON is YAML too. Numbers and flags are the texts that they are written as: a version 3.10 is not 3.1.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/runtime-versions.html
 */
export function readBuildspec(text: string): Mapping {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw new BuildspecProblem(document.errors[0]!.message.split("\n", 1)[0]!);
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === "number" || typeof scalar.value === "boolean") scalar.value = scalar.source;
    },
  });
  return mapping(document.toJS(), "buildspec");
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

/** In CodeBuild's own words: an unquoted colon makes a mapping of a command. */
export function commands(value: unknown): string[] {
  return asList(value).map((command, index) => {
    if (typeof command === "string") return command;
    throw new BuildspecProblem(
      command === null
        ? `Expected Commands[${index}] to be of string type: found null`
        : `Expected Commands[${index}] to be of string type: found subkeys instead`,
    );
  });
}
