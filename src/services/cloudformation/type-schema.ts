import { validationOf } from "./property-validation.ts";
import { RegistrySchema } from "./registry-schema.ts";
import type { Kind } from "./type.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

const TYPE_NAME = /^[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}$/;
const POINTERS = [
  "primaryIdentifier",
  "readOnlyProperties",
  "writeOnlyProperties",
  "createOnlyProperties",
  "conditionalCreateOnlyProperties",
  "deprecatedProperties",
] as const;
const RESOURCE_MEMBERS = new Set([
  ...POINTERS,
  "$id",
  "$schema",
  "$comment",
  "type",
  "typeName",
  "title",
  "description",
  "sourceUrl",
  "documentationUrl",
  "taggable",
  "tagging",
  "replacementStrategy",
  "additionalProperties",
  "properties",
  "definitions",
  "handlers",
  "remote",
  "nonPublicProperties",
  "nonPublicDefinitions",
  "additionalIdentifiers",
  "required",
  "allOf",
  "anyOf",
  "oneOf",
  "resourceLink",
  "propertyTransform",
  "typeConfiguration",
]);
const HANDLERS: Readonly<Record<"RESOURCE" | "HOOK", readonly string[]>> = {
  RESOURCE: ["create", "read", "update", "delete", "list"],
  HOOK: ["preCreate", "preUpdate", "preDelete"],
};

/**
 * What is wrong with the schema of an extension, by the main rules of the registry's own schemas; undefined where nothing is.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
 */
export function schemaRefusal(kind: Kind, typeName: string, schema: JsonObject): string | undefined {
  return (
    nameRefusal(typeName, schema) ??
    handlersRefusal(kind === "HOOK" ? "HOOK" : "RESOURCE", schema) ??
    (kind === "HOOK" ? hookRefusal(schema) : resourceRefusal(schema))
  );
}

function nameRefusal(typeName: string, schema: JsonObject): string | undefined {
  const { typeName: written, description, additionalProperties } = schema;
  if (typeof written !== "string" || !TYPE_NAME.test(written)) return `#/typeName: [${written}] does not match pattern ${TYPE_NAME.source}`;
  if (written !== typeName) return `The type name ${typeName} does not match the type name ${written} in the schema`;
  if (typeof description !== "string" || description === "") return "#: required key [description] not found";
  if (additionalProperties !== false) return "#/additionalProperties: must be false";
  return undefined;
}

function handlersRefusal(kind: "RESOURCE" | "HOOK", { handlers = {} }: JsonObject): string | undefined {
  if (!isObject(handlers)) return "#/handlers: expected type: JSONObject";
  for (const [name, handler] of Object.entries(handlers)) {
    if (!HANDLERS[kind].includes(name)) return `#/handlers: extraneous key [${name}] is not permitted`;
    const wanted = kind === "HOOK" ? ["targetNames", "permissions"] : ["permissions"];
    const missing = wanted.find((one) => !isObject(handler) || !isList(handler[one]));
    if (missing !== undefined) return `#/handlers/${name}: required key [${missing}] not found`;
  }
  return undefined;
}

const hookRefusal = ({ typeConfiguration }: JsonObject): string | undefined =>
  isObject(typeConfiguration) ? configurationSchemaRefusal(typeConfiguration) : "#: required key [typeConfiguration] not found";

/** Names that begin with CloudFormation are the registry's own. */
function configurationSchemaRefusal({ properties }: JsonObject): string | undefined {
  const reserved = Object.keys(isObject(properties) ? properties : {}).find((name) => name.startsWith("CloudFormation"));
  return reserved === undefined ? undefined : `#/typeConfiguration/properties: extraneous key [${reserved}] is not permitted`;
}

function resourceRefusal(schema: JsonObject): string | undefined {
  const strange = Object.keys(schema).find((name) => !RESOURCE_MEMBERS.has(name));
  if (strange !== undefined) return `#: extraneous key [${strange}] is not permitted`;
  if (!isObject(schema["properties"]) || Object.keys(schema["properties"]).length === 0) return "#: required key [properties] not found";
  if (!isList(schema["primaryIdentifier"]) || schema["primaryIdentifier"].length === 0)
    return "#: required key [primaryIdentifier] not found";
  const registered = new RegistrySchema(schema);
  for (const member of POINTERS) {
    const pointers = schema[member];
    if (pointers === undefined) continue;
    const bad = isList(pointers) ? pointers.find((pointer) => !leadsSomewhere(registered, pointer)) : "";
    if (bad !== undefined) return `#/${member}: ${JSON.stringify(bad)} does not name a property of the schema`;
  }
  const both = registered.readOnly.find((path) => registered.isRequired(path.split("/")));
  if (both !== undefined) return `#/readOnlyProperties: /properties/${both} is required and can not be read only`;
  const configuration = schema["typeConfiguration"];
  return (isObject(configuration) ? configurationSchemaRefusal(configuration) : undefined) ?? compileRefusal(registered);
}

function leadsSomewhere(schema: RegistrySchema, pointer: Json): boolean {
  if (typeof pointer !== "string" || !pointer.startsWith("/properties/")) return false;
  const steps = pointer.slice("/properties/".length).replaceAll("/properties/", "/").split("/");
  return schema.at(steps.map((step) => (step === "*" ? "0" : step))) !== undefined;
}

/** A schema by which nothing can be judged is none. */
function compileRefusal(schema: RegistrySchema): string | undefined {
  try {
    validationOf(schema).violations({});
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
