import { fault, isFault } from "../../kernel/fault.ts";
import { lazyFunctions, strictFunctions } from "./function.ts";
import { intrinsic } from "./intrinsic.ts";
import type { Template } from "./template.ts";
import { absent, isUnknown, type Unfinished, unknown } from "./unfinished.ts";
import { isList, isObject, type Json } from "./value.ts";

/** What stands in a change set for a value that is known only when the change was carried out. */
export const KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}";

/** What evaluation looks at. It reads nothing else, so that it can be done again at any time. */
export interface EvaluationContext {
  readonly template: Pick<Template, "Mappings" | "Transform">;
  /** By name, what Ref gives of the template's parameters and of the pseudo parameters. */
  readonly parameters: Readonly<Record<string, Json>>;
  readonly conditions: Readonly<Record<string, boolean>>;
  /** The resource as it is; undefined where it does not exist yet. */
  resource(logicalId: string): ResourceValues | undefined;
  importValue(name: string): string | undefined;
  availabilityZones(region: string): readonly string[];
}

export interface ResourceValues {
  readonly ref: Json;
  /** Undefined where the type has no such attribute. */
  attribute(name: string): Json | undefined;
}

/**
 * What became of a value. One that depends on resources which do not exist yet has KNOWN_AFTER_APPLY in the places that do;
 * `awaited` names these resources. A value of undefined is AWS::NoValue.
 */
export type Evaluated<T = Json> =
  | { readonly state: "value"; readonly value: T | undefined }
  | { readonly state: "unknown"; readonly value: T; readonly awaited: readonly string[] }
  | { readonly state: "error"; readonly message: string };

/** How a function has its arguments evaluated. */
export interface Evaluator {
  readonly context: EvaluationContext;
  value(json: Json): Unfinished;
  /** Note that a resource is waited for. */
  await(logicalId: string): typeof unknown;
}

/**
 * Evaluate the functions in a value. Dynamic references stay as they are written: see dynamic.ts.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
 */
export function evaluate<T extends Json = Json>(context: EvaluationContext, json: T): Evaluated<T> {
  const awaited = new Set<string>();
  const evaluator: Evaluator = {
    context,
    value: (inner) => walk(inner, evaluator),
    await(logicalId) {
      awaited.add(logicalId);
      return unknown;
    },
  };
  try {
    const value = walk(json, evaluator);
    if (isUnknown(value)) return { state: "unknown", value: written(value) as T, awaited: [...awaited] };
    return { state: "value", value: value === absent ? undefined : (value as T) };
  } catch (error) {
    if (!isFault(error) || error.name !== "ValidationError") throw error;
    return { state: "error", message: error.message };
  }
}

function walk(json: Json, evaluator: Evaluator): Unfinished {
  if (isList(json)) return json.map((item) => walk(item, evaluator)).filter((item) => item !== absent);
  if (!isObject(json)) return json;
  const call = intrinsic(json);
  if (call !== undefined) return apply(call.name, call.argument, evaluator);
  const members = Object.entries(json).map(([name, member]) => [name, walk(member, evaluator)] as const);
  return Object.fromEntries(members.filter(([, member]) => member !== absent));
}

function apply(name: string, argument: Json, evaluator: Evaluator): Unfinished {
  const lazy = lazyFunctions[name];
  if (lazy !== undefined) return lazy(argument, evaluator);
  const strict = strictFunctions[name];
  if (strict === undefined) fault("ValidationError", `Template error: ${name} is not a function that can be used here`);
  const value = walk(argument, evaluator);
  return isUnknown(value) ? unknown : strict(value as Json, evaluator.context);
}

function written(value: Unfinished): Json {
  if (value === unknown) return KNOWN_AFTER_APPLY;
  if (Array.isArray(value)) return value.map(written);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, written(member)]));
  return value as Json;
}
