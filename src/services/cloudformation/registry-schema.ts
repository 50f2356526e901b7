import { createRequire } from "node:module";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

/**
 * What the registry says of a type of resource, as JSON Schema.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
 */
export class RegistrySchema {
  readonly schema: JsonObject;
  /** Names of properties, or paths such as AccessConfig/Policy, that live resources do not show. */
  readonly writeOnly: readonly string[];
  /** Names of properties that nobody declares. */
  readonly readOnly: readonly string[];
  /** Names of properties, or paths, that can not be changed in place. */
  readonly createOnly: readonly string[];
  /** The names of the properties whose values, in this order, identify a resource. */
  readonly primaryIdentifier: readonly string[];

  constructor(schema: JsonObject) {
    this.schema = schema;
    this.writeOnly = pathsOf(schema["writeOnlyProperties"]);
    this.readOnly = pathsOf(schema["readOnlyProperties"]);
    this.createOnly = pathsOf(schema["createOnlyProperties"]);
    this.primaryIdentifier = pathsOf(schema["primaryIdentifier"]);
  }

  /** The property that holds the tags. */
  get tags(): string {
    const tagging = this.schema["tagging"];
    const path = isObject(tagging) ? tagging["tagProperty"] : undefined;
    return typeof path === "string" ? path.slice("/properties/".length) : "Tags";
  }

  /** Whether the order of a list means nothing; the path is of names, with numbers for the items of lists. */
  isUnordered(path: readonly string[]): boolean {
    const found = this.at(path);
    return found !== undefined && found["insertionOrder"] === false;
  }

  /** Whether a property is required by that in which it is. */
  isRequired(path: readonly string[]): boolean {
    const required = this.at(path.slice(0, -1))?.["required"];
    return isList(required) && required.includes(path.at(-1)!);
  }

  /** The part of the schema that describes a value. */
  at(path: readonly string[]): JsonObject | undefined {
    let found: JsonObject | undefined = this.schema;
    for (const step of path) {
      found = found && this.#resolved(found);
      const members: Json | undefined = found?.["properties"];
      const member: Json | undefined = /^\d+$/.test(step) ? found?.["items"] : isObject(members) ? members[step] : undefined;
      found = isObject(member) ? member : undefined;
    }
    return found && this.#resolved(found);
  }

  #resolved(schema: JsonObject): JsonObject | undefined {
    const reference = schema["$ref"];
    if (typeof reference !== "string") return schema;
    let found: Json | undefined = this.schema;
    for (const name of reference.slice(2).split("/")) found = isObject(found) ? found[name] : undefined;
    return isObject(found) ? { ...found, ...withoutReference(schema) } : undefined;
  }
}

const withoutReference = ({ $ref: _, ...rest }: JsonObject): JsonObject => rest;

const pathsOf = (pointers: Json | undefined): string[] =>
  isList(pointers)
    ? pointers.map((pointer) =>
        String(pointer)
          .replace(/^\/properties\//, "")
          .replaceAll("/properties/", "/"),
      )
    : [];

/** Properties without those at the paths. What the paths take everything from is left empty; * is every item of a list. */
export function withoutPaths(properties: JsonObject, paths: ReadonlySet<string>, prefix = ""): JsonObject {
  const inside = (value: Json, path: string): Json => {
    if (isList(value)) return value.map((item) => inside(item, `${path}/*`));
    return isObject(value) ? withoutPaths(value, paths, `${path}/`) : value;
  };
  const kept = Object.entries(properties).filter(([name]) => !paths.has(`${prefix}${name}`));
  return Object.fromEntries(kept.map(([name, value]) => [name, inside(value, `${prefix}${name}`)]));
}

/** The schemas of a release; read from the disk when one is asked for first. */
export class RegistrySchemas {
  readonly #read: () => Readonly<Record<string, JsonObject>>;
  readonly #known = new Map<string, RegistrySchema>();
  #file: Readonly<Record<string, JsonObject>> | undefined;

  constructor(read: () => Readonly<Record<string, JsonObject>>) {
    this.#read = read;
  }

  /** The schema of a type; undefined where it has none. */
  of(type: string): RegistrySchema | undefined {
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    this.#file ??= this.#read();
    const schema = this.#file[type];
    if (schema === undefined) return undefined;
    const found = new RegistrySchema(schema);
    this.#known.set(type, found);
    return found;
  }
}

export const registrySchemas = new RegistrySchemas(
  () => createRequire(import.meta.url)("../../../data/resource-schemas.json") as Record<string, JsonObject>,
);
