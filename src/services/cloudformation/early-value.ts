import { isFault } from "../../kernel/fault.ts";
import type { EvaluationContext } from "./evaluate.ts";
import { strictFunctions } from "./function.ts";
import { intrinsic, substitutions } from "./intrinsic.ts";
import { asText, isList, isObject, type Json } from "./value.ts";

/** Why AWS::LanguageExtensions cannot process a template. */
export class UnfitExtension extends Error {}

export const refuse = (message: string): never => {
  throw new UnfitExtension(message);
};

/** What is known before anything is made. */
export interface EarlyContext {
  readonly mappings: EvaluationContext["template"]["Mappings"];
  readonly parameters: Readonly<Record<string, Json>>;
  readonly conditions: Readonly<Record<string, boolean>>;
}

const isNoValue = (value: Json): boolean => isObject(value) && value["Ref"] === "AWS::NoValue" && Object.keys(value).length === 1;

/** These wait for what only the stack's operation can know. */
const LATE: readonly string[] = ["Fn::GetAtt", "Fn::ImportValue", "Fn::GetAZs", "Fn::Cidr"];
/** A truth is no text that a JSON string could hold. */
const NOT_IN_JSON: readonly string[] = ["Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Condition"];

/**
 * A value with all functions resolved that can be before anything is made; the others stay, with their arguments resolved.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html
 */
export function earlyValue(json: Json, context: EarlyContext): Json {
  if (isList(json)) return json.map((item) => earlyValue(item, context)).filter((item) => !isNoValue(item));
  if (!isObject(json)) return json;
  const call = intrinsic(json);
  if (call !== undefined) return apply(call.name, call.argument, context);
  const members = Object.entries(json).map(([name, member]) => [name, earlyValue(member, context)] as const);
  return Object.fromEntries(members.filter(([, member]) => !isNoValue(member)));
}

function apply(name: string, argument: Json, context: EarlyContext): Json {
  const misshapen = (): never => refuse(`${name} layout is incorrect`);
  switch (name) {
    case "Ref": {
      const target = earlyValue(argument, context);
      if (typeof target !== "string") return misshapen();
      return context.parameters[target] ?? { Ref: target };
    }
    case "Fn::If":
      return choose(argument, context) ?? misshapen();
    case "Fn::Sub":
      return sub(argument, context) ?? misshapen();
    case "Fn::FindInMap":
      return findInMap(argument, context) ?? misshapen();
    case "Fn::ToJsonString":
      return toJsonString(argument, context) ?? misshapen();
    case "Fn::Length": {
      const list = earlyValue(argument, context);
      if (!isList(list)) return isLate(list) ? refuse("Unable to resolve Fn::Length intrinsic function") : misshapen();
      return list.length;
    }
    case "Fn::Select":
      return select(argument, context) ?? misshapen();
    default: {
      const resolved = earlyValue(argument, context);
      const strict = strictFunctions[name];
      if (strict === undefined || LATE.includes(name) || isLate(resolved)) return { [name]: resolved };
      return plainly(name, () => strict(resolved, evaluationOf(context)));
    }
  }
}

/** Without the words that stand before what is wrong with a template; of a wrong form, only that it is one. */
function plainly<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isFault(error)) throw error;
    const message = error.message.replace(/^Template (format )?error: /, "");
    return refuse(message.startsWith("every ") || message.includes(" requires ") ? `${name} layout is incorrect` : message);
  }
}

const evaluationOf = ({ mappings, parameters, conditions }: EarlyContext): EvaluationContext => ({
  template: { Mappings: mappings, Transform: ["AWS::LanguageExtensions"] },
  parameters,
  conditions,
  resource: () => undefined,
  importValue: () => undefined,
  availabilityZones: () => [],
});

/** Whether a value still has functions in it. */
export function isLate(value: Json): boolean {
  if (isList(value)) return value.some(isLate);
  if (!isObject(value)) return false;
  return intrinsic(value) !== undefined || Object.values(value).some(isLate);
}

function choose(argument: Json, context: EarlyContext): Json | undefined {
  const [condition, whenTrue, whenFalse, ...rest] = isList(argument) ? argument : [];
  if (typeof condition !== "string" || whenTrue === undefined || whenFalse === undefined || rest.length > 0) return undefined;
  const truth = context.conditions[condition] ?? refuse(`unresolved condition dependency ${condition} in Fn::If`);
  return earlyValue(truth ? whenTrue : whenFalse, context);
}

function select(argument: Json, context: EarlyContext): Json | undefined {
  if (!isList(argument) || argument.length !== 2) return undefined;
  const [index, list] = [earlyValue(argument[0]!, context), earlyValue(argument[1]!, context)];
  if (isObject(index) || isObject(list)) return isLate(index) || isLate(list) ? { "Fn::Select": [index, list] } : undefined;
  if (!/^\d+$/.test(asText(index) ?? "") || !isList(list)) return undefined;
  return list[Number(index)] ?? refuse(`Fn::Select cannot select nonexistent value at index ${Number(index)}`);
}

function findInMap(argument: Json, context: EarlyContext): Json | undefined {
  if (!isList(argument) || argument.length < 3 || argument.length > 4) return undefined;
  const keys = argument.slice(0, 3).map((key) => asText(earlyValue(key, context)));
  if (keys.includes(undefined)) return undefined;
  const [map, top, second] = keys as [string, string, string];
  const found = context.mappings[map]?.[top]?.[second];
  if (found !== undefined) return found;
  const options = argument[3];
  if (options !== undefined)
    return isObject(options) && "DefaultValue" in options ? earlyValue(options["DefaultValue"]!, context) : undefined;
  return plainly("Fn::FindInMap", () => strictFunctions["Fn::FindInMap"]!([map, top, second], evaluationOf(context)));
}

function toJsonString(argument: Json, context: EarlyContext): Json | undefined {
  if (typeof argument !== "object" || argument === null) return undefined;
  checkForJson(argument);
  const resolved = earlyValue(argument, context);
  if (typeof resolved !== "object" || resolved === null) return undefined;
  return isLate(resolved) ? { "Fn::ToJsonString": resolved } : JSON.stringify(resolved);
}

function checkForJson(value: Json): void {
  if (isList(value)) return value.forEach(checkForJson);
  if (!isObject(value)) return;
  const [name, ...rest] = Object.keys(value);
  if (name !== undefined && rest.length === 0) {
    if (name === "Ref" && value[name] === "AWS::NotificationARNs")
      refuse("Fn::ToJsonString does not support AWS::NotificationARNs pseudo parameter");
    if (NOT_IN_JSON.includes(name)) refuse(`Fn::ToJsonString does not support ${name} intrinsic function`);
  }
  Object.values(value).forEach(checkForJson);
}

/** A text whose variables are put in as far as they are known; the variables that are not stay. */
function sub(argument: Json, context: EarlyContext): Json | undefined {
  const [text, variables = {}, ...rest] = isList(argument) ? argument : [argument];
  if (typeof text !== "string" || !isObject(variables) || rest.length > 0) return undefined;
  const own = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, earlyValue(value, context)]));
  const known = (name: string): string | undefined => asText(Object.hasOwn(own, name) ? own[name] : context.parameters[name]);
  const complete = substitutions(text).every((name) => known(name) !== undefined);
  const written = text.replace(/\$\{(!?)([^{}]*)\}/g, (whole, literal: string, name: string) => {
    if (literal) return complete ? `\${${name}}` : whole;
    const value = known(name.trim());
    // What is put in must not be read as variables afterwards.
    return value === undefined ? whole : complete ? value : value.replaceAll("${", "${!");
  });
  if (complete) return written;
  const left = Object.entries(own).filter(([name]) => substitutions(written).includes(name));
  return { "Fn::Sub": left.length === 0 ? written : [written, Object.fromEntries(left)] };
}
