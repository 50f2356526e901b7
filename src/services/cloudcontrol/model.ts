import { fault } from "../../kernel/fault.ts";
import type { ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { InvalidRequestException, TypeNotFoundException, UnsupportedActionException } from "../../sdk/cloudcontrol.js";
import {
  identifierNames,
  isObject,
  type Json,
  type JsonObject,
  registeredType,
  schemaOf,
  specificationOf,
  violationsOf,
} from "../cloudformation/api.ts";

export type Action = "CREATE" | "READ" | "UPDATE" | "DELETE" | "LIST";

/** The type of a name, where it can be acted on by itself: what belongs to an engine alone can not. */
export function requireType(scope: Scope, name: string, action: Action): ResourceType {
  const type = registeredType(scope, name);
  if (type !== undefined && !/^AWS::(CloudFormation|CDK)::/.test(name)) {
    if (action === "LIST" && type.list === undefined)
      fault(UnsupportedActionException, `Resource type ${name} does not support LIST action`);
    return type;
  }
  if (type !== undefined || specificationOf(scope, name).type(name) !== undefined || schemaOf(scope, name) !== undefined)
    return fault(UnsupportedActionException, `Resource type ${name} does not support ${action} action. Slipway does not implement it.`);
  return fault(TypeNotFoundException, `The type '${name}' cannot be found. Slipway does not implement it.`);
}

/**
 * An identifier as it is given, the value or the values with | between, or as JSON, in the one form by which resources are found.
 * https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-identifier.html
 */
export function readIdentifier(scope: Scope, type: string, text: string): string {
  if (!text.startsWith("{")) return text;
  let given: Json;
  try {
    given = JSON.parse(text) as Json;
  } catch {
    return text;
  }
  const names = identifierNames(scope, type);
  const values = names.map((name) => (isObject(given) ? (given[name] ?? given[`/properties/${name}`]) : undefined));
  if (values.length === 0 || values.includes(undefined))
    return fault(
      InvalidRequestException,
      `Identifier ${text} is not valid for identifier [${names.map((name) => `/properties/${name}`).join(", ")}]`,
    );
  return values.join("|");
}

/** Refuses what the type's schema does not take. */
export function checkModel(scope: Scope, type: string, model: JsonObject): void {
  const violations = violationsOf(scope, type, model);
  if (violations.length > 0)
    fault("ValidationException", `Model validation failed (${violations.map(({ path, message }) => `#${path}: ${message}`).join("\n")})`);
}

/** The paths of these that are in a model. */
export const pathsIn = (model: JsonObject, paths: readonly string[]): string[] =>
  paths.filter((path) => memberAt(model, path) !== undefined);

/** The member of a model at a path of names, such as Code/S3Bucket. */
export function memberAt(model: Json | undefined, path: string): Json | undefined {
  let found = model;
  for (const name of path.split("/")) found = isObject(found) ? found[name] : undefined;
  return found;
}

/** The properties that a change would have to make the resource anew for. */
export const createOnlyOf = (scope: Scope, { type, replaceOn = [] }: ResourceType): readonly string[] => [
  ...new Set([...(schemaOf(scope, type)?.createOnly ?? []), ...replaceOn]),
];
