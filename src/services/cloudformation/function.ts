import { fault } from "../../kernel/fault.ts";
import { subnets } from "./cidr.ts";
import type { EvaluationContext, Evaluator } from "./evaluate.ts";
import { attributeOf, substitute, substitutions } from "./intrinsic.ts";
import { absent, isUnknown, type Unfinished, unknown } from "./unfinished.ts";
import { asText, isList, isObject, type Json } from "./value.ts";

/** A function of its evaluated argument; where that is not known yet, neither is the function. */
type StrictFunction = (argument: Json, context: EvaluationContext) => Json;

/** A function that evaluates only what it needs of its argument. */
type LazyFunction = (argument: Json, evaluator: Evaluator) => Unfinished;

const refuse = (message: string): never => fault("ValidationError", `Template error: ${message}`);

const extended = ({ template }: EvaluationContext): boolean => template.Transform.includes("AWS::LanguageExtensions");

const needsExtensions = (name: string, context: EvaluationContext): void => {
  if (!extended(context)) refuse(`${name} requires the transform AWS::LanguageExtensions`);
};

export const strictFunctions: Readonly<Record<string, StrictFunction>> = {
  "Fn::Base64": (argument) =>
    Buffer.from(asText(argument) ?? refuse("every Fn::Base64 object must have a String-typed value.")).toString("base64"),
  "Fn::Cidr": cidr,
  "Fn::FindInMap": findInMap,
  "Fn::GetAZs": (argument, context) => {
    const region = typeof argument === "string" ? argument : refuse("every Fn::GetAZs object must have a String-typed value.");
    return context.availabilityZones(region === "" ? String(context.parameters["AWS::Region"]) : region);
  },
  "Fn::ImportValue": (argument, context) => {
    const name = asText(argument) ?? refuse("the attribute in Fn::ImportValue must be a string or a function that returns a string");
    return context.importValue(name) ?? fault("ValidationError", `No export named ${name} found.`);
  },
  "Fn::Join": join,
  "Fn::Length": (argument, context) => {
    needsExtensions("Fn::Length", context);
    return isList(argument) ? argument.length : refuse("every Fn::Length object must have a list-typed value.");
  },
  "Fn::Split": split,
  "Fn::ToJsonString": (argument, context) => {
    needsExtensions("Fn::ToJsonString", context);
    return JSON.stringify(argument);
  },
};

export const lazyFunctions: Readonly<Record<string, LazyFunction>> = {
  Ref: (argument, evaluator) => ref(String(argument), evaluator),
  "Fn::GetAtt": (argument, evaluator) => {
    const named = attributeOf(argument);
    const attribute = named === undefined ? undefined : evaluator.value(named.attribute);
    if (attribute === unknown) return unknown;
    if (typeof named?.resource !== "string" || typeof attribute !== "string") {
      return refuse("every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute");
    }
    return getAtt(named.resource, attribute, evaluator);
  },
  "Fn::If": (argument, evaluator) => {
    const [condition, whenTrue, whenFalse, ...rest] = isList(argument) ? argument : [];
    if (typeof condition !== "string") return refuse("Fn::If requires a list argument with the first element being a condition");
    if (whenTrue === undefined || whenFalse === undefined || rest.length > 0)
      return refuse("Fn::If requires a list argument with three elements");
    const truth = evaluator.context.conditions[condition] ?? refuse(`unresolved condition dependency ${condition} in Fn::If`);
    return evaluator.value(truth ? whenTrue : whenFalse);
  },
  "Fn::Select": select,
  "Fn::Sub": sub,
  "Fn::Transform": (argument) => {
    const name = isObject(argument) ? argument["Name"] : undefined;
    return fault("NotImplemented", `Fn::Transform ${String(name)} must be carried out before a template is evaluated`, 501);
  },
};

function ref(name: string, { context, await: wait }: Evaluator): Unfinished {
  if (name === "AWS::NoValue") return absent;
  const parameter = context.parameters[name];
  if (parameter !== undefined) return parameter;
  if (name.startsWith("AWS::")) return refuse(`unresolved pseudo parameter ${name}`);
  return context.resource(name)?.ref ?? wait(name);
}

function getAtt(logicalId: string, attribute: string, { context, await: wait }: Evaluator): Unfinished {
  const resource = context.resource(logicalId);
  if (resource === undefined) return wait(logicalId);
  return resource.attribute(attribute) ?? refuse(`resource ${logicalId} does not support attribute type ${attribute} in Fn::GetAtt`);
}

function sub(argument: Json, evaluator: Evaluator): Unfinished {
  const [text, variables = {}] = isList(argument) ? argument : [argument];
  if (typeof text !== "string" || !isObject(variables)) {
    return refuse(
      "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, " +
        "and an optional second argument to specify a mapping of values to replace in the string",
    );
  }
  const values = new Map<string, Unfinished>(substitutions(text).map((name) => [name, substitution(name, variables, evaluator)]));
  if ([...values.values()].some((value) => isUnknown(value))) return unknown;
  return substitute(
    text,
    (name) => asText(values.get(name)) ?? refuse(`variable ${name} in Fn::Sub expression does not resolve to a string`),
  );
}

function substitution(name: string, variables: Readonly<Record<string, Json>>, evaluator: Evaluator): Unfinished {
  if (Object.hasOwn(variables, name)) return evaluator.value(variables[name]!);
  const dot = name.indexOf(".");
  return dot === -1 ? ref(name, evaluator) : getAtt(name.slice(0, dot), name.slice(dot + 1), evaluator);
}

function select(argument: Json, evaluator: Evaluator): Unfinished {
  const message = "Fn::Select requires a list argument with two elements: an integer index and a list";
  if (!isList(argument) || argument.length !== 2) return refuse(message);
  const index = evaluator.value(argument[0]!);
  const list = evaluator.value(argument[1]!);
  if (index === unknown || list === unknown) return unknown;
  if (!/^\d+$/.test(asText(index) ?? "") || !Array.isArray(list)) return refuse(message);
  return (list as readonly Unfinished[])[Number(index)] ?? refuse(`Fn::Select cannot select nonexistent value at index ${Number(index)}`);
}

function join(argument: Json): Json {
  const message =
    "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined " +
    "or a function that returns a list of strings (such as Fn::GetAZs) to be joined.";
  const [delimiter, list, ...rest] = isList(argument) ? argument : [];
  if (typeof delimiter !== "string" || !isList(list) || rest.length > 0) return refuse(message);
  return list.map((item) => asText(item) ?? refuse(message)).join(delimiter);
}

function split(argument: Json): Json {
  const [delimiter, text, ...rest] = isList(argument) ? argument : [];
  if (typeof delimiter !== "string" || delimiter === "" || asText(text) === undefined || rest.length > 0) {
    return refuse(
      "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.",
    );
  }
  return asText(text)!.split(delimiter);
}

function findInMap(argument: Json, context: EvaluationContext): Json {
  const message = "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value";
  const [map, key, attribute, fallback] = isList(argument) ? argument : [];
  const names = [map, key, attribute].map((name) => asText(name) ?? refuse(message)) as [string, string, string];
  if ((argument as readonly Json[]).length > (extended(context) ? 4 : 3)) return refuse(message);
  const otherwise = isObject(fallback) ? fallback["DefaultValue"] : undefined;
  const { Mappings: mappings } = context.template;
  if (!Object.hasOwn(mappings, names[0]) && otherwise === undefined)
    refuse(`Mapping named '${names[0]}' is not present in the 'Mappings' section of template.`);
  return mappings[names[0]]?.[names[1]]?.[names[2]] ?? otherwise ?? refuse(`Unable to get mapping for ${names.join("::")}`);
}

function cidr(argument: Json): Json {
  const [block, count, bits, ...rest] = isList(argument) ? argument : [];
  const numbers = [count, bits].map((value) => (/^\d+$/.test(asText(value) ?? "") ? Number(value) : undefined));
  if (typeof block !== "string" || numbers.includes(undefined) || rest.length > 0) {
    return refuse(
      "every Fn::Cidr object requires three parameters, (1) a CIDR block, (2) the number of CIDRs to generate and (3) the number of subnet bits for each CIDR",
    );
  }
  const [howMany, hostBits] = numbers as [number, number];
  if (howMany < 1 || howMany > 256) return refuse("Fn::Cidr can generate between 1 and 256 CIDRs");
  return (
    subnets(block, howMany, hostBits) ?? refuse(`Fn::Cidr cannot generate ${howMany} CIDRs with ${hostBits} subnet bits out of ${block}`)
  );
}
