import { createRequire } from "node:module";
import type { Ajv, ErrorObject, ValidateFunction } from "ajv";
import type { Scope } from "../../kernel/scope.ts";
import { KNOWN_AFTER_APPLY } from "./evaluate.ts";
import type { RegistrySchema } from "./registry-schema.ts";
import { specification } from "./specification.ts";
import { schemaOf } from "./type-knowledge.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

/** A property that its type does not take: where, as a JSON pointer, and AWS's words. */
export interface Violation {
  readonly path: string;
  readonly message: string;
}

/**
 * Says what a schema has against properties, in the words of CloudFormation, which are those of the Java library that it
 * validates with. What is not known yet, and what is only named (a dynamic reference), is not judged.
 */
export class PropertyValidation {
  readonly #schema: JsonObject;
  #validate: ValidateFunction | undefined;

  constructor({ schema }: RegistrySchema) {
    this.#schema = schema;
  }

  violations(properties: JsonObject): Violation[] {
    // A library of 150 kB that most starts do without.
    const Library = createRequire(import.meta.url)("ajv").Ajv as typeof Ajv;
    this.#validate ??= new Library({ strict: false, allErrors: true, logger: false, verbose: true }).compile({
      type: "object",
      ...(portable(this.#schema) as JsonObject),
    });
    const validate = this.#validate;
    if (validate(properties)) return [];
    const told = (validate.errors ?? []).filter((error) => isJudged(properties, error)).flatMap(violationOf);
    return [...new Map(told.map((one) => [`${one.path} ${one.message}`, one])).values()];
  }
}

const known = new WeakMap<RegistrySchema, PropertyValidation>();

export function validationOf(schema: RegistrySchema): PropertyValidation {
  const found = known.get(schema) ?? new PropertyValidation(schema);
  known.set(schema, found);
  return found;
}

/** What the registry has against the properties of a type of resource. */
export function violationsOf(scope: Scope, type: string, properties: JsonObject): Violation[] {
  const schema = schemaOf(scope, type);
  return schema === undefined ? bySpecification(type, properties) : validationOf(schema).violations(properties);
}

/** Java's patterns are not all JavaScript's; one that is not can only be left out. */
function portable(schema: Json): Json {
  if (isList(schema)) return schema.map(portable);
  if (!isObject(schema)) return schema;
  const kept = Object.entries(schema).filter(([key, value]) => key !== "pattern" || typeof value !== "string" || isPattern(value));
  return Object.fromEntries(
    kept.map(([key, value]) => {
      if (key !== "patternProperties" || !isObject(value)) return [key, portable(value)];
      return [
        key,
        Object.fromEntries(
          Object.entries(value)
            .filter(([pattern]) => isPattern(pattern))
            .map(([name, one]) => [name, portable(one)]),
        ),
      ];
    }),
  );
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}

/** The specification knows types that have no schema; of custom resources it knows that they take anything. */
function bySpecification(type: string, properties: JsonObject): Violation[] {
  const unknown = specification
    .unknown(type, properties)
    .map((name) => ({ path: "", message: `extraneous key [${name}] is not permitted` }));
  const missing = specification.missing(type, properties).map((path) => {
    const at = path.lastIndexOf("/");
    return { path: at === -1 ? "" : `/${path.slice(0, at)}`, message: `required key [${path.slice(at + 1)}] not found` };
  });
  return [...unknown, ...missing];
}

/** Whether the value that an error is about says all of itself. */
function isJudged(properties: JsonObject, { instancePath, keyword }: ErrorObject): boolean {
  if (keyword === "additionalProperties" || keyword === "required") return true;
  let value: Json | undefined = properties;
  for (const step of instancePath.split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    value = isList(value) ? value[Number(name)] : isObject(value) ? value[name] : undefined;
  }
  const text = JSON.stringify(value ?? null);
  return !text.includes(KNOWN_AFTER_APPLY) && !text.includes("{{resolve:");
}

const JAVA_TYPES: Readonly<Record<string, string>> = {
  string: "String",
  object: "JSONObject",
  array: "JSONArray",
  integer: "Integer",
  number: "Number",
  boolean: "Boolean",
};

function violationOf({ instancePath: path, keyword, params, data }: ErrorObject): Violation[] {
  switch (keyword) {
    case "additionalProperties":
      return [{ path, message: `extraneous key [${params["additionalProperty"]}] is not permitted` }];
    case "required":
      return [{ path, message: `required key [${params["missingProperty"]}] not found` }];
    case "type":
      // A number or a truth where text is wanted is written out.
      if ([params["type"]].flat().includes("string") && typeof data !== "object") return [];
      return [{ path, message: `expected type: ${wanted(params["type"])}, found: ${JAVA_TYPES[kindOf(data)] ?? "null"}` }];
    case "oneOf":
      return [{ path, message: `${(params["passingSchemas"] ?? []).length} subschemas matched instead of one` }];
    case "anyOf":
      return [{ path, message: "no subschema matched" }];
    case "if":
    case "$ref":
      return [];
    default:
      return [{ path, message: `failed validation constraint for keyword [${keyword}]` }];
  }
}

const wanted = (types: string | readonly string[]): string =>
  [types]
    .flat()
    .map((type) => JAVA_TYPES[type] ?? type)
    .join(" or ");

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? "array" : value === null ? "null" : Number.isInteger(value) ? "integer" : typeof value;
