import { isList, type Section, type Value } from "./draft.ts";
import { type KeyChange, orderAfter, orderOfPython27 } from "./python-order.ts";

/**
 * Definitions of REST APIs are dictionaries of Python 2.7 to SAM: the id of a deployment is a hash of such a dictionary as
 * Python showed it. There the order of members comes from their hashes, and a word from the template has a `u` before it,
 * because it is unicode, while a word that SAM writes itself has none. So a definition notes which words are SAM's own.
 * What is not marked in a definition is taken as it stands: a member of the template.
 */
export interface Marks {
  /** A dictionary of today's Python keeps its order. */
  readonly keepsOrder: boolean;
  readonly names: Set<string>;
  readonly words: Set<string>;
  /** What came and went, where something went. */
  changes?: KeyChange[];
}

const MARKS = Symbol("marks");

export const isMarked = (value: Value): boolean => typeof value === "object" && value !== null && marksOf(value) !== undefined;

export const marksOf = (value: object): Marks | undefined => (value as { [MARKS]?: Marks })[MARKS];

export function mark<T extends object>(value: T, marks: Marks): T {
  Object.defineProperty(value, MARKS, { value: marks });
  return value;
}

export const noMarks = (keepsOrder = false): Marks => ({ keepsOrder, names: new Set(), words: new Set() });

/** Mark a value of the template, and all in it, as one of Python 2.7. */
export function markAll(value: Value): void {
  if (typeof value !== "object" || value === null || isMarked(value)) return;
  mark(value, noMarks());
  for (const each of isList(value) ? value : Object.values(value)) markAll(each);
}

/** The names in the order in which Python goes over them. */
export function namesOf(section: Section): string[] {
  const marks = marksOf(section);
  if (marks?.keepsOrder === true) return Object.keys(section);
  return marks?.changes === undefined ? orderOfPython27(Object.keys(section)) : orderAfter(changesOf(section));
}

export const entriesOf = (section: Section): [string, Value][] => namesOf(section).map((name) => [name, section[name]]);

/** The members of a map: of one of Python 2.7 in its order, of any other as they stand. */
export const membersOf = (section: Section): [string, Value][] => (isMarked(section) ? entriesOf(section) : Object.entries(section));

function changesOf(section: Section): KeyChange[] {
  const known = marksOf(section)?.changes ?? [];
  const there = new Set<string>();
  for (const change of known) {
    if ("expected" in change) continue;
    change.isRemoved ? there.delete(change.key) : there.add(change.key);
  }
  const added = Object.keys(section).filter((key) => !there.has(key));
  return [...known, ...added.map((key) => ({ key, isRemoved: false }))];
}

/** Note something of a dictionary that its members do not show. */
export function noteChange(section: Section, change: KeyChange): void {
  const marks = marksOf(section);
  if (marks !== undefined) marks.changes = [...changesOf(section), change];
}

/** A copy in which everything is as it was, its marks, too. */
export function exactCopy<T extends Value>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  const copy = isList(value)
    ? value.map(exactCopy)
    : Object.fromEntries(Object.entries(value).map(([name, each]) => [name, exactCopy(each)] as const));
  const marks = marksOf(value);
  if (marks !== undefined) mark(copy, { ...marks, names: new Set(marks.names), words: new Set(marks.words) });
  return copy as T;
}
