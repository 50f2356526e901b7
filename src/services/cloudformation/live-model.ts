import type { ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { withoutPaths } from "./registry-schema.ts";
import { schemaOf, specificationOf } from "./type-knowledge.ts";
import { isObject, type JsonObject } from "./value.ts";

/** A resource as it is, with what its service gave it and without what is only written; undefined where there is none. */
export function liveModel(scope: Scope, type: ResourceType, id: string): JsonObject | undefined {
  const live = type.read(scope, id) as JsonObject | undefined;
  if (live === undefined) return undefined;
  const schema = schemaOf(scope, type.type);
  const attributes = (type.attributes?.(scope, id) ?? {}) as JsonObject;
  const given = (schema?.readOnly ?? []).filter((name) => live[name] === undefined && attributes[name] !== undefined);
  const shown = withoutPaths(live, new Set(schema?.writeOnly));
  return { ...shown, ...Object.fromEntries(given.map((name) => [name, attributes[name]!])) };
}

/** Of a model, what somebody can declare: neither what is only read, nor what the schema does not know. */
export function declarable(scope: Scope, type: string, model: JsonObject): JsonObject {
  const schema = schemaOf(scope, type);
  const known = schema?.schema["properties"];
  const members = Object.entries(model).filter(([name]) => !isObject(known) || Object.hasOwn(known, name));
  return specificationOf(scope, type).coerce(type, withoutPaths(Object.fromEntries(members), new Set(schema?.readOnly)));
}

/** The names of the properties that identify a resource of a type. */
export const identifierNames = (scope: Scope, type: string): readonly string[] =>
  specificationOf(scope, type).type(type)?.primaryIdentifier ?? schemaOf(scope, type)?.primaryIdentifier ?? [];

/** What identifies a resource of which this is the model; undefined where the model does not tell. */
export function identifierIn(scope: Scope, type: string, model: JsonObject | undefined): string | undefined {
  const values = identifierNames(scope, type).map((name) => model?.[name]);
  return values.length === 0 || values.some((value) => value === undefined) ? undefined : values.join("|");
}
