import { hasMember, isAbsent, isList, isSection, isText, type Value } from "./draft.ts";
import { invalidResource } from "./invalid.ts";

/** What is wrong at one place inside of a property. */
export interface Fault {
  readonly path: readonly string[];
  readonly message: string;
}

/** Says what is wrong with a value and its members. SAM has such shapes for its newer types only. */
export type Shape = (value: Value, path: readonly string[]) => Fault[];

/** A value of one of some kinds; `named` is how the message names them. */
const kinds =
  (is: (value: Value) => boolean, named: string): Shape =>
  (value, path) =>
    is(value) ? [] : [{ path, message: `value must be ${named}` }];

export const anyShape: Shape = () => [];
// A function may stand for each.
export const listShape = kinds((value) => isSection(value) || isList(value), "dictionary or list");
export const integerShape = kinds((value) => isSection(value) || isNumber(value, /^[+-]?\d+$/), "dictionary or integer");
export const numberShape = kinds((value) => isSection(value) || isNumber(value, /^[+-]?\d+(\.\d+)?$/), "dictionary or number");

// To Python a boolean is a number, too; and what is written as one will do.
const isNumber = (value: Value, written: RegExp): boolean =>
  typeof value === "number" || typeof value === "boolean" || (isText(value) && written.test(value));

/** A map with just these members. */
export function mapShape(members: Readonly<Record<string, Shape>>, required: readonly string[] = []): Shape {
  return (given, path) => {
    // An empty list or text makes an empty map in Python.
    const value = given === "" || (isList(given) && given.length === 0) ? {} : given;
    if (!isSection(value)) return [{ path, message: "value is not a valid dict" }];
    const known = Object.entries(members).flatMap(([name, shape]) => {
      const its = value[name];
      if (!isAbsent(its)) return shape(its, [...path, name]);
      if (!required.includes(name)) return [];
      return [{ path: [...path, name], message: hasMember(value, name) ? "none is not an allowed value" : "is required" }];
    });
    const others = Object.keys(value)
      .filter((name) => !Object.hasOwn(members, name))
      .sort();
    return [...known, ...others.map((name) => ({ path: [...path, name], message: "is an invalid property" }))];
  };
}

/** That a value is of a shape; all that is wrong in one message. */
export function checkShape(id: string, value: Value, shape: Shape): void {
  const faults = shape(value, []);
  if (faults.length === 0) return;
  throw invalidResource(id, faults.map(({ path, message }) => `Property '${path.join(".")}' ${message}.`).join(" "));
}
