import { isList, isSection, type Section, type Value } from "./draft.ts";
import { entriesOf, type Marks, mark, marksOf, namesOf, noMarks, noteChange } from "./python-marks.ts";
import { copied } from "./python-order.ts";

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
  mark(section, noMarks(keepsOrder));
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
  return marksOf(section) ?? marksOf(mark(section, noMarks()))!;
}

/** The value of a member, and whether it is SAM's word. */
export const wordAt = (section: Section, name: string): Written => {
  const value = section[name];
  return typeof value === "string" && marksOf(section)?.words.has(name) === true ? own(value) : value;
};

export function remove(section: Section, name: string): void {
  const marks = marksFor(section);
  noteChange(section, { key: name, isRemoved: true });
  marks.names.delete(name);
  marks.words.delete(name);
  delete section[name];
}

/** A deep copy. It is not quite the same: members are put into a new dictionary in the order in which they are gone over. */
export function copyOfDictionary<T extends Value>(value: T): T {
  if (isList(value)) return withMarks(value.map(copyOfDictionary), value) as T;
  if (!isSection(value)) return value;
  const names = namesOf(value);
  return withMarks(Object.fromEntries(names.map((name) => [name, copyOfDictionary(value[name])])), value) as T;
}

/** A copy of the dictionary itself: its members stay the same. */
export function shallowCopy(section: Section): Section {
  const copy = withMarks(Object.fromEntries(entriesOf(section)), section);
  marksFor(copy).changes = copied(Object.keys(copy));
  return copy;
}

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
