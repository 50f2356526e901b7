import { createRequire } from "node:module";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

/** What a change of a property does to the resource; Conditional where it depends on the value. */
export type Mutability = "Mutable" | "Immutable" | "Conditional";

/** What the resource specification says of a type of resource, besides what its service says by its code. */
export interface TypeSpecification {
  readonly type: string;
  /** The properties whose values, in this order, are the physical id. */
  readonly primaryIdentifier: readonly string[];
  /** The properties or attributes that Ref gives. */
  readonly ref: readonly string[];
  readonly tagsProperty: string | undefined;
  readonly properties: ReadonlyMap<string, PropertySpecification>;
  /** The names that Fn::GetAtt takes besides those of the properties. */
  readonly attributes: readonly string[];
}

export interface PropertySpecification {
  readonly type: ValueType;
  readonly required: boolean;
  readonly mutability: Mutability;
}

export type ValueType =
  | { readonly kind: "string" | "boolean" | "integer" | "number" | "json" | "tag" }
  | { readonly kind: "list" | "map"; readonly item: ValueType }
  | { readonly kind: "union"; readonly types: readonly ValueType[] }
  | { readonly kind: "object"; readonly properties: () => ReadonlyMap<string, PropertySpecification> };

/**
 * data/resource-types.json, a slice of @aws-cdk/aws-service-spec. A property is written as its type and its flags: s b i n j t
 * for the scalars, [ list of, { map of, #n the n-th definition, (a|b) either; ! required, * immutable, ? conditional.
 */
export interface SpecificationFile {
  readonly types: Readonly<
    Record<string, { id: string[]; ref?: string[]; tags?: string; properties: Record<string, string>; attributes?: string[] }>
  >;
  readonly definitions: readonly Readonly<Record<string, string>>[];
}

/** The types of resource that the specification knows; read from the disk when it is asked for the first time. */
export class Specification {
  readonly #read: () => SpecificationFile;
  readonly #types = new Map<string, TypeSpecification | undefined>();
  #file: SpecificationFile | undefined;

  constructor(read: () => SpecificationFile) {
    this.#read = read;
  }

  get #content(): SpecificationFile {
    this.#file ??= this.#read();
    return this.#file;
  }

  /** Undefined for a type that it does not know, and for custom resources of a name of their own. */
  type(name: string): TypeSpecification | undefined {
    if (!this.#types.has(name))
      this.#types.set(name, this.#decode(name.startsWith("Custom::") ? "AWS::CloudFormation::CustomResource" : name));
    return this.#types.get(name);
  }

  /** What a change at a path does to a resource; of a type that is not known, and of members that are not, nothing is immutable. */
  mutability(type: string, path: readonly string[]): Mutability {
    let properties = this.type(type)?.properties;
    let found: Mutability = "Mutable";
    for (const step of path) {
      if (/^\d+$/.test(step)) continue;
      const property = properties?.get(step);
      if (property === undefined) break;
      if (property.mutability !== "Mutable") found = property.mutability;
      if (found === "Immutable") break;
      properties = membersOf(property.type);
    }
    return found;
  }

  /** The required properties, also inside of those that are there, that a resource lacks: as paths such as Code/S3Bucket. */
  missing(type: string, properties: JsonObject): string[] {
    const specification = this.type(type);
    return specification === undefined ? [] : missingIn(specification.properties, properties, "");
  }

  /** The properties that the type does not have. Custom resources have whatever is declared. */
  unknown(type: string, properties: JsonObject): string[] {
    const specification = this.type(type);
    if (specification === undefined || takesAnyProperty(type)) return [];
    return Object.keys(properties).filter((name) => !specification.properties.has(name));
  }

  /** The property that Fn::GetAtt of this name shows, where it is one; an attribute of its own otherwise. */
  attribute(type: string, name: string): "property" | "attribute" | undefined {
    const specification = this.type(type);
    if (specification === undefined || takesAnyProperty(type)) return "attribute";
    if (type === "AWS::CloudFormation::Stack" && name.startsWith("Outputs.")) return "attribute";
    if (specification.properties.has(name.split(".")[0]!)) return "property";
    return specification.attributes.includes(name) ? "attribute" : undefined;
  }

  /** Evaluated properties with numbers, booleans and text as the type has them: CloudFormation takes "true" for true, and 1 for "1". */
  coerce(type: string, properties: JsonObject): JsonObject {
    const specification = this.type(type);
    return specification === undefined ? properties : coerceMembers(specification.properties, properties);
  }

  #decode(name: string): TypeSpecification | undefined {
    const entry = this.#content.types[name];
    if (entry === undefined) return undefined;
    return {
      type: name,
      primaryIdentifier: entry.id,
      ref: entry.ref ?? entry.id,
      tagsProperty: entry.tags,
      properties: this.#members(entry.properties),
      attributes: entry.attributes ?? [],
    };
  }

  #members(written: Readonly<Record<string, string>>): ReadonlyMap<string, PropertySpecification> {
    return new Map(Object.entries(written).map(([name, code]) => [name, this.#property(code)]));
  }

  #property(code: string): PropertySpecification {
    const [, type = "", flags = ""] = /^(.*?)([!*?]*)$/.exec(code) ?? [];
    const mutability = flags.includes("*") ? "Immutable" : flags.includes("?") ? "Conditional" : "Mutable";
    return { type: this.#valueType(type), required: flags.includes("!"), mutability };
  }

  #valueType(code: string): ValueType {
    switch (code[0]) {
      case "[":
        return { kind: "list", item: this.#valueType(code.slice(1)) };
      case "{":
        return { kind: "map", item: this.#valueType(code.slice(1)) };
      case "(":
        return {
          kind: "union",
          types: code
            .slice(1, -1)
            .split("|")
            .map((one) => this.#valueType(one)),
        };
      case "#": {
        let members: ReadonlyMap<string, PropertySpecification> | undefined;
        const written = this.#content.definitions[Number(code.slice(1))]!;
        return { kind: "object", properties: () => (members ??= this.#members(written)) };
      }
      default:
        return { kind: SCALARS[code] ?? "json" };
    }
  }
}

const takesAnyProperty = (type: string): boolean => type.startsWith("Custom::") || type === "AWS::CloudFormation::CustomResource";

const SCALARS: Readonly<Record<string, "string" | "boolean" | "integer" | "number" | "json" | "tag">> = {
  s: "string",
  b: "boolean",
  i: "integer",
  n: "number",
  j: "json",
  t: "tag",
};

function membersOf(type: ValueType): ReadonlyMap<string, PropertySpecification> | undefined {
  switch (type.kind) {
    case "object":
      return type.properties();
    case "list":
    case "map":
      return membersOf(type.item);
    case "union":
      return type.types.map(membersOf).find((members) => members !== undefined);
    default:
      return undefined;
  }
}

function missingIn(specified: ReadonlyMap<string, PropertySpecification>, value: JsonObject, path: string): string[] {
  return [...specified].flatMap(([name, { type, required }]) => {
    const member = value[name];
    if (member === undefined) return required ? [`${path}${name}`] : [];
    return missingInValue(type, member, `${path}${name}/`);
  });
}

function missingInValue(type: ValueType, value: Json, path: string): string[] {
  if (type.kind === "object" && isObject(value)) return missingIn(type.properties(), value, path);
  if (type.kind === "list" && isList(value)) return value.flatMap((item, index) => missingInValue(type.item, item, `${path}${index}/`));
  if (type.kind === "map" && isObject(value))
    return Object.entries(value).flatMap(([key, item]) => missingInValue(type.item, item, `${path}${key}/`));
  return [];
}

const coerceMembers = (specified: ReadonlyMap<string, PropertySpecification>, value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const type = specified.get(name)?.type;
      return [name, type === undefined ? member : coerceValue(type, member)];
    }),
  );

function coerceValue(type: ValueType, value: Json): Json {
  switch (type.kind) {
    case "string":
      return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    case "boolean":
      return value === "true" ? true : value === "false" ? false : value;
    case "integer":
    case "number":
      return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
    case "list":
      return isList(value) ? value.map((item) => coerceValue(type.item, item)) : value;
    case "map":
      return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coerceValue(type.item, item)])) : value;
    case "object":
      return isObject(value) ? coerceMembers(type.properties(), value) : value;
    case "tag":
      return isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, typeof item === "object" ? item : String(item)]))
        : value;
    case "union":
    case "json":
      return value;
  }
}

/** The specification of this release. */
export const specification = new Specification(
  () => createRequire(import.meta.url)("../../../data/resource-types.json") as SpecificationFile,
);
