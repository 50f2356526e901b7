import { isList, isSection, type Section, type Value } from "./draft.ts";

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

/** What repr(value) writes. */
export function literal(value: Value): string {
  if (isList(value)) return `[${value.map(literal).join(", ")}]`;
  if (isSection(value))
    return `{${Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([name, each]) => `${quoted(name)}: ${literal(each)}`)
      .join(", ")}}`;
  if (typeof value === "string") return quoted(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null || value === undefined ? "None" : String(value);
}

const quoted = (text: string): string => {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  return mark + text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t").replaceAll(mark, `\\${mark}`) + mark;
};

/** The name that Python has for the type of a value. */
export function typeName(value: Value): string {
  if (isList(value)) return "list";
  if (isSection(value)) return "dict";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  return typeof value === "number" ? (Number.isInteger(value) ? "int" : "float") : "NoneType";
}

const U64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** The hash of a text in Python 2.7 on 64 bits. */
function hashOf(text: string): bigint {
  const characters = [...text];
  if (characters.length === 0) return 0n;
  let hash = BigInt(characters[0]!.codePointAt(0)!) << 7n;
  for (const character of characters) hash = U64(1000003n * hash) ^ BigInt(character.codePointAt(0)!);
  return U64(hash ^ BigInt(characters.length));
}

const SMALLEST_TABLE = 8n;

/** A key that came into a dictionary, or left it. */
export interface KeyChange {
  readonly key: string;
  readonly isRemoved: boolean;
}

/** The order in which Python 2.7 iterates a dictionary that got these keys one after the other. */
export const orderOfPython27 = (keys: readonly string[]): string[] =>
  keys.length < 2 ? [...keys] : orderAfter(keys.map((key) => ({ key, isRemoved: false })));

/** The same for a dictionary that lost keys, too: a slot that had one is not quite free again. */
export function orderAfter(changes: readonly KeyChange[]): string[] {
  let mask = SMALLEST_TABLE - 1n;
  // A slot that was left holds undefined.
  let slots = new Map<bigint, string | undefined>();
  const slotOf = (key: string): bigint => {
    const hash = hashOf(key);
    let slot = hash & mask;
    let left = slots.has(slot) && slots.get(slot) === undefined ? slot : undefined;
    let walker = slot;
    for (let perturb = hash; slots.has(slot) && slots.get(slot) !== key; perturb >>= 5n) {
      walker = (walker << 2n) + walker + perturb + 1n;
      slot = walker & mask;
      if (slots.has(slot) && slots.get(slot) === undefined) left ??= slot;
    }
    return slots.has(slot) ? slot : (left ?? slot);
  };
  const inOrder = (): string[] =>
    [...slots.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).flatMap(([, key]) => (key === undefined ? [] : [key]));
  for (const { key, isRemoved } of changes) {
    const slot = slotOf(key);
    const isThere = slots.get(slot) === key;
    if (isRemoved && isThere) slots.set(slot, undefined);
    if (isRemoved || isThere) continue;
    slots.set(slot, key);
    if (BigInt(slots.size) * 3n < (mask + 1n) * 2n) continue;
    const kept = inOrder();
    let size = SMALLEST_TABLE;
    while (size <= BigInt(kept.length) * (kept.length > 50_000 ? 2n : 4n)) size <<= 1n;
    mask = size - 1n;
    slots = new Map();
    for (const one of kept) slots.set(slotOf(one), one);
  }
  return inOrder();
}

/** The same map with its members in the order of Python 2.7. */
export const inOrderOfPython27 = (section: Section): Section =>
  Object.fromEntries(orderOfPython27(Object.keys(section)).map((name) => [name, section[name]]));
