import { isAbsent, isList, isSection, isText, type Section, type Value } from "./draft.ts";
import { invalidEvent, invalidResource } from "./invalid.ts";

/** Whose property is looked at: it heads the message when the property is wrong. */
export interface Owner {
  readonly id: string;
  readonly of: "resource" | "event" | "attribute";
}

export const resourceOwner = (id: string): Owner => ({ id, of: "resource" });
export const eventOwner = (id: string): Owner => ({ id, of: "event" });
export const attributeOwner = (id: string): Owner => ({ id, of: "attribute" });

const invalid = ({ id, of }: Owner, message: string) => (of === "event" ? invalidEvent(id, message) : invalidResource(id, message));

function expected<T>(is: (value: Value) => boolean, name: string): (value: Value, owner: Owner, path: string, message?: string) => T {
  return (value, owner, path, message) => {
    if (is(value)) return value as T;
    const noun = owner.of === "attribute" ? "Attribute" : "Property";
    throw invalid(owner, message ?? `${noun} '${path}' should be a ${name}.`);
  };
}

/** The value, which must be a map; and so on. `path` is the property as the message names it. */
export const expectMap = expected<Section>(isSection, "map");
export const expectList = expected<Value[]>(isList, "list");
export const expectText = expected<string>(isText, "string");
export const expectBoolean = expected<boolean>((value) => typeof value === "boolean", "boolean");
// To Python a boolean is an integer, too.
export const expectInteger = expected<number>((value) => Number.isInteger(value) || typeof value === "boolean", "integer");

/** A list whose every item is of one kind. */
export function expectListOf<T>(item: (value: Value, owner: Owner, path: string, message?: string) => T) {
  return (value: Value, owner: Owner, path: string, message?: string): T[] =>
    expectList(value, owner, path, message).map((each, index) => item(each, owner, `${path}[${index}]`, message));
}

export function expectGiven(value: Value, owner: Owner, path: string, message = `Property '${path}' is required.`): NonNullable<Value> {
  if (isAbsent(value)) throw invalid(owner, message);
  return value;
}
