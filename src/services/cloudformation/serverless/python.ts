import { isList, isSection, type Value } from "./draft.ts";
import { entriesOf, isMarked, marksOf } from "./python-marks.ts";

/**
 * SAM is written in Python, and some of what it gives out are texts that Python makes of values: hashes of JSON in
 * logical ids, values in messages. Since 2016 it promises that ids stay the same, so it still follows, for templates
 * with a REST API, the order that a dictionary had in Python 2.7. https://github.com/aws/serverless-application-model
 */

/** What json.dumps(value, separators=(",", ":"), sort_keys=True) writes. */
export const canonicalJson = (value: Value): string => sortedJson(value, { colon: ":", indent: "", line: "" });

/** What json.dumps(value, separators=(",", ": "), sort_keys=True, indent=4) writes. */
export const indentedJson = (value: Value): string => sortedJson(value, { colon: ": ", indent: "    ", line: "\n" });

/** `line` begins the line of a member; `indent` is what each level adds. */
function sortedJson(value: Value, { colon, indent, line }: { colon: string; indent: string; line: string }): string {
  const deeper = { colon, indent, line: line + indent };
  const around = (open: string, members: string[], close: string): string =>
    members.length === 0 ? open + close : open + members.map((one) => deeper.line + one).join(",") + line + close;
  if (isList(value))
    return around(
      "[",
      value.map((each) => sortedJson(each, deeper)),
      "]",
    );
  if (isSection(value)) {
    const names = Object.keys(value).filter((name) => value[name] !== undefined);
    return around(
      "{",
      names.sort().map((name) => asciiJson(name) + colon + sortedJson(value[name], deeper)),
      "}",
    );
  }
  return typeof value === "string" ? asciiJson(value) : JSON.stringify(value ?? null);
}

const asciiJson = (text: string): string =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (character) =>
    character === "\u007f" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** What str(value) writes, which is how a value stands in a message. */
export const display = (value: Value): string => (typeof value === "string" ? value : literal(value));

/** What repr(value) writes: as Python 2.7 did, where the value is marked as one of its. */
export const literal = (value: Value): string => (isMarked(value) ? shown(value) : today(value));

function today(value: Value): string {
  if (isList(value)) return `[${value.map(today).join(", ")}]`;
  if (isSection(value)) {
    const members = Object.entries(value).filter(([, each]) => each !== undefined);
    return `{${members.map(([name, each]) => `${quoted(name)}: ${today(each)}`).join(", ")}}`;
  }
  if (typeof value === "string") return quoted(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null || value === undefined ? "None" : String(value);
}

const quoted = (text: string): string => {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  return mark + text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t").replaceAll(mark, `\\${mark}`) + mark;
};

/** What Python 2.7 showed of a dictionary. */
export function shown(value: Value, isOwn = false): string {
  if (typeof value === "string") return isOwn ? quoted(value) : unicode(value);
  if (typeof value !== "object" || value === null) return today(value);
  const words = marksOf(value)?.words;
  if (isList(value)) return `[${value.map((item, index) => shown(item, words?.has(String(index)))).join(", ")}]`;
  const names = marksOf(value)?.names;
  const members = entriesOf(value).map(
    ([name, each]) => `${shown(name, names?.has(name))}: ${isVersion(name, each) ? `${each}.0` : shown(each, words?.has(name))}`,
  );
  return `{${members.join(", ")}}`;
}

/** To Python `swagger: 2.0` is no integer. JSON does not tell 2 from 2.0, of which the latter is what is written. */
const isVersion = (name: string, value: Value): boolean => (name === "swagger" || name === "openapi") && Number.isInteger(value);

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function unicode(text: string): string {
  const escaped = text.replace(/[\\\p{Cc}]|[^\p{ASCII}]/gu, (character) => ESCAPES[character] ?? numbered(character.codePointAt(0)!));
  const quote = escaped.includes("'") && !escaped.includes('"') ? '"' : "'";
  return `u${quote}${escaped.replaceAll(quote, `\\${quote}`)}${quote}`;
}

function numbered(code: number): string {
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** What json.dumps(value) writes of a dictionary of Python 2.7. */
export function jsonOf(value: Value): string {
  if (isList(value)) return `[${value.map(jsonOf).join(", ")}]`;
  if (!isSection(value)) return canonicalJson(value);
  const members = entriesOf(value).filter(([, each]) => each !== undefined);
  return `{${members.map(([name, each]) => `${canonicalJson(name)}: ${jsonOf(each)}`).join(", ")}}`;
}

/** The name that Python has for the type of a value. */
export function typeName(value: Value): string {
  if (isList(value)) return "list";
  if (isSection(value)) return "dict";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  return typeof value === "number" ? (Number.isInteger(value) ? "int" : "float") : "NoneType";
}
