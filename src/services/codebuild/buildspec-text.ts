import { parse, YAMLParseError } from "yaml";

/** What is wrong with a buildspec, in a sentence for its phase context. */
export class BuildspecProblem extends Error {}

export type Mapping = Readonly<Record<string, unknown>>;

/** The YAML of a buildspec; JSON is YAML too. */
export function readBuildspec(text: string): Mapping {
  try {
    return mapping(parse(text), "buildspec");
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new BuildspecProblem(error.message.split("\n", 1)[0]!);
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

/** In CodeBuild's own words: an unquoted colon makes a mapping of a command. */
export function commands(value: unknown): string[] {
  return asList(value).map((command, index) => {
    if (typeof command === "string" || typeof command === "number" || typeof command === "boolean") return String(command);
    throw new BuildspecProblem(
      command === null
        ? `Expected Commands[${index}] to be of string type: found null`
        : `Expected Commands[${index}] to be of string type: found subkeys instead`,
    );
  });
}
