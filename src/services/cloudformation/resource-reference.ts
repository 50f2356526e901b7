import type { Scope } from "../../kernel/scope.ts";
import { identifierNames } from "./live-model.ts";
import { specificationOf } from "./type-knowledge.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

/** A resource as others may name it. */
export interface Named {
  readonly logicalId: string;
  readonly type: string;
  readonly model: JsonObject;
}

/** How a text names a resource: as Ref gives it, or as its ARN. */
export type Naming = { readonly named: Named; readonly how: "Ref" | "Arn" };

/**
 * How a value of a property names one of these resources. An ARN or a URL says by itself what it names; a mere name counts only
 * where the property is called after the type, such as Role, or after what identifies it, such as LogGroupName.
 */
export function namingOf(scope: Scope, property: string, value: string, others: readonly Named[]): Naming | undefined {
  for (const named of others) {
    const { type, model } = named;
    if (model["Arn"] === value && specificationOf(scope, type).type(type)?.attributes.includes("Arn")) return { named, how: "Arn" };
    const [ref, ...more] = specificationOf(scope, type).type(type)?.ref ?? [];
    if (ref === undefined || more.length > 0 || model[ref] !== value) continue;
    const kind = type.slice(type.lastIndexOf(":") + 1).toLowerCase();
    if (value.includes(":") || property === ref || property.toLowerCase().includes(kind)) return { named, how: "Ref" };
  }
  return undefined;
}

/** Replace the texts in the properties of a resource; what identifies the resource itself stays. */
export function mapTexts(scope: Scope, type: string, properties: JsonObject, change: (property: string, text: string) => Json): JsonObject {
  const own = new Set(identifierNames(scope, type));
  const walk = (property: string, value: Json): Json => {
    if (typeof value === "string") return change(property, value);
    if (isList(value)) return value.map((item) => walk(property, item));
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, walk(name, member)])) : value;
  };
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, own.has(name) ? value : walk(name, value)]));
}

/** Whether a resource names another. */
export function names(scope: Scope, one: Named, other: Named): boolean {
  let found = false;
  mapTexts(scope, one.type, one.model, (property, text) => {
    found ||= namingOf(scope, property, text, [other]) !== undefined;
    return text;
  });
  return found;
}
