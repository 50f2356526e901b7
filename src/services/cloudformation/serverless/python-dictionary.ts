import { isList, isSection, type Section, type Value } from "./draft.ts";
import { canonicalJson, type KeyChange, literal, orderAfter, orderOfPython27 } from "./python.ts";

/**
 * Definitions of REST APIs are dictionaries of Python 2.7 to SAM: the id of a deployment is a hash of such a dictionary as
 * Python showed it. There the order of members comes from their hashes, and a word from the template has a `u` before it,
 * because it is unicode, while a word that SAM writes itself has none. So a definition notes which words are SAM's own.
 * What is not marked here is taken as it stands: a member of the template.
 */
interface Marks {
  /** A dictionary of today's Python keeps its order. */
  readonly keepsOrder: boolean;
  readonly names: Set<string>;
  readonly words: Set<string>;
  /** What came and went, where something went. */
  changes?: KeyChange[];
}

const MARKS = Symbol("marks");

const marksOf = (value: object): Marks | undefined => (value as { [MARKS]?: Marks })[MARKS];

function mark<T extends object>(value: T, marks: Marks): T {
  Object.defineProperty(value, MARKS, { value: marks });
  return value;
}

/** A word that SAM writes itself. */
export class Own {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export const own = (text: string): Own => new Own(text);

/** What is put into a definition: something of the template, or a word of SAM's own. */
export type Written = Value | Own;

/** A dictionary of Python 2.7 whose names SAM writes. */
export const dictionary = (members: Readonly<Record<string, Written>> = {}): Section => filled({}, members, false);

/** The same, of today's Python: where SAM did not care for the order. */
export const plain = (members: Readonly<Record<string, Written>>): Section => filled({}, members, true);

function filled(section: Section, members: Readonly<Record<string, Written>>, keepsOrder: boolean): Section {
  mark(section, { keepsOrder, names: new Set(), words: new Set() });
  for (const [name, value] of Object.entries(members)) write(section, name, value);
  return section;
}

/** A list with words of SAM's own. */
export function list(...items: Written[]): Value[] {
  const words = new Set(items.flatMap((item, index) => (item instanceof Own ? [String(index)] : [])));
  return mark(items.map(textOf), { keepsOrder: true, names: new Set(), words });
}

export const textOf = (value: Written): Value => (value instanceof Own ? value.text : value);

/** Set a member whose name is SAM's word, unless the template has it already. */
export function write(section: Section, name: string, value: Written): void {
  if (!Object.hasOwn(section, name)) marksFor(section).names.add(name);
  put(section, name, value);
}

/** Set a member whose name is the template's. */
export function put(section: Section, name: string, value: Written): void {
  if (value instanceof Own) marksFor(section).words.add(name);
  else marksOf(section)?.words.delete(name);
  section[name] = textOf(value);
}

function marksFor(section: Section): Marks {
  return marksOf(section) ?? marksOf(mark(section, { keepsOrder: false, names: new Set(), words: new Set() }))!;
}

/** The value of a member, and whether it is SAM's word. */
export const wordAt = (section: Section, name: string): Written => {
  const value = section[name];
  return typeof value === "string" && marksOf(section)?.words.has(name) === true ? own(value) : value;
};

export function remove(section: Section, name: string): void {
  const marks = marksFor(section);
  marks.changes = [...changesOf(section), { key: name, isRemoved: true }];
  marks.names.delete(name);
  marks.words.delete(name);
  delete section[name];
}

function changesOf(section: Section): KeyChange[] {
  const known = marksOf(section)?.changes ?? [];
  const there = new Set<string>();
  for (const { key, isRemoved } of known) isRemoved ? there.delete(key) : there.add(key);
  const added = Object.keys(section).filter((key) => !there.has(key));
  return [...known, ...added.map((key) => ({ key, isRemoved: false }))];
}

/** The names in the order in which Python goes over them. */
export function namesOf(section: Section): string[] {
  const marks = marksOf(section);
  if (marks?.keepsOrder === true) return Object.keys(section);
  return marks?.changes === undefined ? orderOfPython27(Object.keys(section)) : orderAfter(changesOf(section));
}

export const entriesOf = (section: Section): [string, Value][] => namesOf(section).map((name) => [name, section[name]]);

/** A deep copy. It is not quite the same: members are put into a new dictionary in the order in which they are gone over. */
export function copyOfDictionary<T extends Value>(value: T): T {
  if (isList(value)) return withMarks(value.map(copyOfDictionary), value) as T;
  if (!isSection(value)) return value;
  const names = namesOf(value);
  return withMarks(Object.fromEntries(names.map((name) => [name, copyOfDictionary(value[name])])), value) as T;
}

/** A copy of the dictionary itself: its members stay the same. */
export const shallowCopy = (section: Section): Section => withMarks(Object.fromEntries(entriesOf(section)), section);

/** The members of both, of the second where both have one, in a dictionary of today's Python. */
export function merged(one: Section, other: Section): Section {
  const both = plain({});
  for (const section of [one, other]) {
    for (const name of namesOf(section)) {
      const set = marksOf(section)?.names.has(name) === true ? write : put;
      set(both, name, wordAt(section, name));
    }
  }
  return both;
}

function withMarks<T extends object>(copy: T, of: object): T {
  const marks = marksOf(of);
  return marks === undefined
    ? copy
    : mark(copy, { keepsOrder: marks.keepsOrder, names: new Set(marks.names), words: new Set(marks.words) });
}

/** What Python 2.7 showed of a dictionary. */
export function shown(value: Value, isOwn = false): string {
  if (typeof value === "string") return isOwn ? literal(value) : unicode(value);
  if (typeof value !== "object" || value === null) return literal(value);
  const words = marksOf(value)?.words;
  if (isList(value)) return `[${value.map((item, index) => shown(item, words?.has(String(index)))).join(", ")}]`;
  const names = marksOf(value)?.names;
  const members = entriesOf(value).map(
    ([name, each]) => `${shown(name, names?.has(name))}: ${isVersion(name, each) ? `${each}.0` : shown(each, words?.has(name))}`,
  );
  return `{${members.join(", ")}}`;
}

/** What json.dumps(value) writes. */
export function jsonOf(value: Value): string {
  if (isList(value)) return `[${value.map(jsonOf).join(", ")}]`;
  if (!isSection(value)) return canonicalJson(value);
  return `{${entriesOf(value)
    .filter(([, each]) => each !== undefined)
    .map(([name, each]) => `${canonicalJson(name)}: ${jsonOf(each)}`)
    .join(", ")}}`;
}

/** To Python `swagger: 2.0` is no integer. JSON does not tell 2 from 2.0, and nobody writes 2. */
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
