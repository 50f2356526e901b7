import { isFault } from "../../kernel/fault.ts";
import type { TransformSurroundings } from "./built-in-transform.ts";
import { evaluateConditions } from "./condition.ts";
import { type EarlyContext, earlyValue, isLate, refuse } from "./early-value.ts";
import { expandLoops, type Loops } from "./for-each.ts";
import type { Template } from "./template.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

export { UnfitExtension } from "./early-value.ts";

/**
 * AWS::LanguageExtensions: loops are written out, and functions that can be resolved before anything is made are.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html
 */
export function extendLanguage(body: JsonObject, _: JsonObject, { parameters }: TransformSurroundings): JsonObject {
  const declared = isObject(body["Parameters"]) ? Object.keys(body["Parameters"]) : [];
  const mappings = (isObject(body["Mappings"]) ? body["Mappings"] : {}) as EarlyContext["mappings"];
  const early: EarlyContext = { mappings, parameters, conditions: {} };
  const loops: Loops = { parameters: new Set(declared), resolve: (collection) => earlyValue(collection, early), iterations: 0 };
  const Conditions = expanded(body, "Conditions", loops);
  // Loops over what a condition decides are written out when the conditions are known.
  const context: EarlyContext = { ...early, conditions: truthsOf(Conditions, early) };
  const later: Loops = { ...loops, resolve: (collection) => earlyValue(collection, context) };
  const Resources = expanded(body, "Resources", later);
  const Outputs = expanded(body, "Outputs", later);
  return {
    ...body,
    ...(Conditions && { Conditions: resolved(Conditions, (condition) => resolvedCondition(condition, context)) }),
    ...(Resources && { Resources: resolved(Resources, (resource, name) => resolvedResource(resource, name, context)) }),
    ...(Outputs && { Outputs: resolved(Outputs, (output) => (isLeftOut(output, context) ? output : earlyValue(output, context))) }),
  };
}

function expanded(body: JsonObject, section: string, loops: Loops): JsonObject | undefined {
  const value = body[section];
  if (value === undefined) return undefined;
  if (!isObject(value)) return refuse(`The ${section} section must be a mapping`);
  return expandLoops(value, loops) as JsonObject;
}

const resolved = (section: JsonObject, resolve: (member: Json, name: string) => Json): JsonObject =>
  Object.fromEntries(Object.entries(section).map(([name, member]) => [name, resolve(member, name)]));

function truthsOf(Conditions: JsonObject = {}, { mappings, parameters }: EarlyContext): Readonly<Record<string, boolean>> {
  const template = { Conditions, Mappings: mappings, Transform: ["AWS::LanguageExtensions"] } as unknown as Template;
  try {
    return evaluateConditions(template, { template, parameters, importValue: () => undefined, availabilityZones: () => [] });
  } catch (error) {
    if (!isFault(error)) throw error;
    return refuse(error.message.replace(/^Template (format )?error: /, ""));
  }
}

/** The operations stay, for the stack keeps the conditions; what they compare is resolved. */
function resolvedCondition(condition: Json, context: EarlyContext): Json {
  if (!isObject(condition)) return condition;
  const [name, argument] = Object.entries(condition)[0] ?? [];
  if (name === "Fn::Equals" && isList(argument)) return { [name]: argument.map((operand) => earlyValue(operand, context)) };
  if (["Fn::And", "Fn::Or", "Fn::Not"].includes(name!) && isList(argument))
    return { [name!]: argument.map((inner) => resolvedCondition(inner, context)) };
  return condition;
}

/** What a condition leaves out is not looked into: it may name what is not there. */
const isLeftOut = (member: Json, { conditions }: EarlyContext): boolean =>
  isObject(member) && typeof member["Condition"] === "string" && conditions[member["Condition"]] === false;

const POLICIES: readonly string[] = ["DeletionPolicy", "UpdateReplacePolicy"];
/** A policy cannot depend on these. */
const NOT_FOR_POLICIES = ["AWS::StackId", "AWS::StackName", "AWS::NotificationARNs", "AWS::URLSuffix", "AWS::NoValue"];

function resolvedResource(resource: Json, logicalId: string, context: EarlyContext): Json {
  if (!isObject(resource)) return refuse(`[/Resources/${logicalId}] resource definition is malformed`);
  if (isLeftOut(resource, context)) return withoutPolicyFunctions(resource);
  const attributes = Object.entries(resource).map(([name, value]) => {
    if (POLICIES.includes(name)) return [name, policy(name, value, logicalId, context)];
    return [name, name === "Type" || name === "Condition" || name === "DependsOn" ? value : earlyValue(value, context)];
  });
  return Object.fromEntries(attributes);
}

/** Of a resource that will not be, no policy counts. */
const withoutPolicyFunctions = (resource: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(resource).filter(([name, value]) => !(POLICIES.includes(name) && isLate(value))));

function policy(name: string, value: Json, logicalId: string, context: EarlyContext): Json {
  if (typeof value === "string") return value;
  if (!isObject(value)) return refuse(`Every ${name} member must be a string`);
  const target = value["Ref"];
  if (typeof target === "string" && NOT_FOR_POLICIES.includes(target))
    refuse(`${target} is not supported for DeletionPolicy or UpdateReplacePolicy`);
  const found = earlyValue(value, context);
  return typeof found === "string" ? found : refuse(`Unsupported expression for ${name} in resource ${logicalId}`);
}
