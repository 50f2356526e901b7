/**
 * A template while it is being rewritten: JSON that may be changed. SAM writes into what it was given, at places from
 * which it reads later, and what comes out depends on it; so here, too. A member that is undefined or null is not there.
 */
export type Value = undefined | null | boolean | number | string | Value[] | Section;

export interface Section {
  [name: string]: Value;
}

export const isSection = (value: unknown): value is Section => typeof value === "object" && value !== null && !Array.isArray(value);

export const isList = (value: unknown): value is Value[] => Array.isArray(value);

export const isText = (value: unknown): value is string => typeof value === "string";

/** Python's None, and what is not there. */
export const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

/** Whether a value counts as given where SAM merely asks "if value": an empty text, list or map, 0 and false do not. */
export function isTruthy<T>(value: T): value is Exclude<T, undefined | null | false | 0 | ""> {
  if (Array.isArray(value)) return value.length > 0;
  if (isSection(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** A member of what may be a map. */
export const member = (value: Value, name: string): Value => (isSection(value) && Object.hasOwn(value, name) ? value[name] : undefined);

export const hasMember = (value: Value, name: string): boolean => isSection(value) && Object.hasOwn(value, name);

/** The map itself, or an empty one: where SAM has checked the type before, or where a wrong one has nothing to say. */
export const asSection = (value: Value): Section => (isSection(value) ? value : {});

export const asList = (value: Value): Value[] => (isList(value) ? value : isAbsent(value) ? [] : [value]);

/** What counts as not given is taken as not there. */
export const unlessEmpty = (value: Value): Value => (isTruthy(value) ? value : undefined);

/** The members of these names that are there. */
export const given = (section: Section, names: readonly string[]): Section =>
  Object.fromEntries(names.filter((name) => !isAbsent(section[name])).map((name) => [name, section[name]]));

export const copyOf = <T>(value: T): T => structuredClone(value);

/** Equality as Python has it between JSON values. */
export function isSame(one: Value, other: Value): boolean {
  if (isList(one) && isList(other)) return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  if (isSection(one) && isSection(other)) {
    const names = Object.keys(one);
    return (
      names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && isSame(one[name], other[name]))
    );
  }
  return one === other;
}
