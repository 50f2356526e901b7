import type { Scope } from "../../kernel/scope.ts";
import { RegistrySchema, registrySchemas } from "./registry-schema.ts";
import { Specification, specification } from "./specification.ts";
import { specificationOfSchema } from "./specification-of-schema.ts";
import { usedVersion } from "./type-version.ts";
import type { JsonObject } from "./value.ts";

const schemas = new WeakMap<JsonObject, RegistrySchema>();
const specifications = new WeakMap<RegistrySchema, Specification>();

/** What the registry says of a type of resource: AWS's own, or one of this account's. */
export function schemaOf(scope: Scope, type: string): RegistrySchema | undefined {
  const written = isOwn(scope, type) ? usedVersion(scope, "RESOURCE", type)?.schema : undefined;
  return written === undefined ? registrySchemas.of(type) : registeredSchema(written);
}

/** The schema of a version of an extension, read once. */
export function registeredSchema(written: JsonObject): RegistrySchema {
  const known = schemas.get(written) ?? new RegistrySchema(written);
  schemas.set(written, known);
  return known;
}

/** The specification that knows a type of resource; that of an account's own type derives from its schema. */
export function specificationOf(scope: Scope, type: string): Specification {
  const schema = isOwn(scope, type) ? schemaOf(scope, type) : undefined;
  if (schema === undefined) return specification;
  const known = specifications.get(schema) ?? new Specification(() => specificationOfSchema(type, schema));
  specifications.set(schema, known);
  return known;
}

/** Whether the name can be that of a type which AWS does not provide. */
const isOwn = (scope: Scope, type: string): boolean => !/^(AWS|Custom)::/.test(type) && scope.registry.resource(type) === undefined;
