import { stringify } from "yaml";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { WarningDetail } from "../../sdk/cloudformation.js";
import { declarable } from "./live-model.ts";
import type { RegistrySchema } from "./registry-schema.ts";
import { mapTexts, type Named, namingOf } from "./resource-reference.ts";
import { schemaOf } from "./type-knowledge.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

/** A resource as a generated template declares it. */
export interface Generated {
  readonly properties: JsonObject;
  /** By name, the parameters that stand for what can not be read. */
  readonly parameters: JsonObject;
  readonly warnings: readonly WarningDetail[];
}

type WarningType = NonNullable<WarningDetail["Type"]>;

/**
 * Declare a resource as it is. What is only written becomes parameters where it is required, and is told of.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/generate-IaC-write-only-properties.html
 */
export function generate(scope: Scope, logicalId: string, type: string, model: JsonObject): Generated {
  const schema = schemaOf(scope, type);
  const properties = withoutEmpty(declarable(scope, type, model));
  const parameters: Record<string, Json> = {};
  const told = new Map<WarningType, { PropertyPath: string; Required: boolean }[]>();
  const warn = (kind: WarningType, path: string, Required: boolean): void => {
    told.set(kind, [...(told.get(kind) ?? []), { PropertyPath: path, Required }]);
  };
  const ask = (path: string, oneOf: boolean): Json => {
    const suffix = oneOf ? `OneOf${idsFrom(`${logicalId} ${path}`).text(5, LETTERS)}` : "";
    const name = `${logicalId}${path.replaceAll(/[^A-Za-z0-9]/g, "")}${suffix}`;
    const description = oneOf ? { Description: "This property can be replaced with other exclusive properties" } : {};
    parameters[name] = { NoEcho: "true", Type: "String", ...description };
    return { Ref: name };
  };
  let declared: JsonObject = properties;
  for (const one of wantedOf(schema, properties)) {
    if (one.value === "omitted") warn("UNSUPPORTED_PROPERTIES", one.path, one.required);
    else {
      declared = withMember(declared, one.path.split("/"), ask(one.path, one.value === "exclusive"));
      if (one.value === "exclusive") warn("MUTUALLY_EXCLUSIVE_PROPERTIES", one.path, one.required);
      if (one.value === "ambiguous") warn("MUTUALLY_EXCLUSIVE_TYPES", one.path, one.required);
    }
  }
  return { properties: declared, parameters, warnings: [...told].map(([Type, Properties]) => ({ Type, Properties })) };
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

interface WriteOnly {
  readonly path: string;
  readonly required: boolean;
  /** What becomes of it: a parameter, one of several ways to say it, a parameter of one of several types, nothing. */
  readonly value: "parameter" | "exclusive" | "ambiguous" | "omitted";
}

function wantedOf(schema: RegistrySchema | undefined, properties: JsonObject): WriteOnly[] {
  const paths = (schema?.writeOnly ?? []).filter((path) => !path.includes("*"));
  // Of a property that is named as a whole, the members are not told of.
  const whole = paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
  const exclusive = new Map<string, string[]>();
  const found: WriteOnly[] = [];
  for (const path of whole) {
    const parent = path.split("/")[0]!;
    const isOnlyWritten = path.includes("/") && schema!.isRequired([parent]) && properties[parent] === undefined;
    if (isOnlyWritten) exclusive.set(parent, [...(exclusive.get(parent) ?? []), path]);
    else found.push(...wantedAt(schema!, path));
  }
  for (const [, members] of exclusive) found.push(...oneWay(schema!, members));
  return found;
}

/** One of the sets of members by which a property can be said: those that are required, those of an object in S3, or the first. */
function oneWay(schema: RegistrySchema, members: readonly string[]): WriteOnly[] {
  const required = members.filter((path) => schema.isRequired(path.split("/").slice(0, 1)) && schema.isRequired(path.split("/")));
  const s3 = members.filter((path) => /\/S3(Bucket|Key)$/.test(path));
  const chosen = required.length > 0 ? required : s3.length === 2 ? s3 : members.slice(0, 1);
  const value = chosen.length === members.length ? "parameter" : "exclusive";
  return chosen.map((path) => ({ path, required: schema.isRequired(path.split("/")), value }));
}

function wantedAt(schema: RegistrySchema, path: string): WriteOnly[] {
  const steps = path.split("/");
  const described = schema.at(steps) ?? {};
  const required = schema.isRequired(steps);
  const { type } = described;
  if (!required || type === "array") return [{ path, required, value: "omitted" }];
  if (isList(type) || isList(described["oneOf"]) || isList(described["anyOf"])) return [{ path, required, value: "ambiguous" }];
  if (!isObject(described["properties"])) return [{ path, required, value: type === "object" ? "omitted" : "parameter" }];
  const members = Object.keys(described["properties"]).filter((name) => schema.isRequired([...steps, name]));
  return members.flatMap((name) => wantedAt(schema, `${path}/${name}`));
}

/** What says nothing is left out of a template. */
function withoutEmpty(object: JsonObject): JsonObject {
  const kept = Object.entries(object).map(([name, value]) => [name, isObject(value) ? withoutEmpty(value) : value] as const);
  return Object.fromEntries(kept.filter(([, value]) => !isObject(value) || Object.keys(value).length > 0));
}

function withMember(object: JsonObject, [name, ...rest]: readonly string[], value: Json): JsonObject {
  const member = object[name!];
  return { ...object, [name!]: rest.length === 0 ? value : withMember(isObject(member) ? member : {}, rest, value) };
}

/** A name for a resource that nobody gave one. */
export function generatedLogicalId(type: string, identifier: string): string {
  const [, service = "", kind = ""] = type.split("::");
  const name = identifier.slice(identifier.search(/[^/:]*$/)).replaceAll(/[^A-Za-z0-9]/g, "");
  return `${service}${kind}00${name.slice(0, 100)}00${idsFrom(`${type} ${identifier}`).text(5, LETTERS)}`;
}

export interface TemplateParts {
  readonly base: JsonObject;
  readonly metadata: JsonObject;
  readonly deletionPolicy: string;
  readonly updateReplacePolicy: string;
  readonly resources: readonly (Named & Generated)[];
}

/** The template of generated resources, on top of what was there; where one names another, it refers to it. */
export function generatedTemplate(
  scope: Scope,
  { base, metadata, deletionPolicy, updateReplacePolicy, resources }: TemplateParts,
): JsonObject {
  const needs = new Map<string, Set<string>>();
  const reaches = (from: string, to: string): boolean => from === to || [...(needs.get(from) ?? [])].some((next) => reaches(next, to));
  const declare = ({ logicalId, type, properties }: Named & Generated): JsonObject => {
    const others = resources.filter((other) => other.logicalId !== logicalId);
    const Properties = mapTexts(scope, type, properties, (property, text) => {
      const naming = namingOf(scope, property, text, others);
      if (naming === undefined || reaches(naming.named.logicalId, logicalId)) return text;
      needs.set(logicalId, new Set([...(needs.get(logicalId) ?? []), naming.named.logicalId]));
      return naming.how === "Ref" ? { Ref: naming.named.logicalId } : { "Fn::GetAtt": [naming.named.logicalId, "Arn"] };
    });
    return { UpdateReplacePolicy: updateReplacePolicy, Type: type, DeletionPolicy: deletionPolicy, Properties };
  };
  const section = (name: string): JsonObject => (isObject(base[name]) ? (base[name] as JsonObject) : {});
  const parameters = { ...section("Parameters"), ...Object.assign({}, ...resources.map((one) => one.parameters)) };
  return {
    ...base,
    Metadata: { ...section("Metadata"), ...metadata },
    ...(Object.keys(parameters).length > 0 && { Parameters: parameters }),
    Resources: { ...section("Resources"), ...Object.fromEntries(resources.map((one) => [one.logicalId, declare(one)])) },
  };
}

export const written = (template: JsonObject, format: "JSON" | "YAML"): string =>
  format === "JSON" ? JSON.stringify(template, undefined, 2) : stringify(template, { aliasDuplicateObjects: false });
