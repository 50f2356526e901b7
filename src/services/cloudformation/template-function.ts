import { fault } from "../../kernel/fault.ts";
import { attributeOf, intrinsic, substitutions } from "./intrinsic.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

const refuse = (message: string): never => fault("ValidationError", `Template error: ${message}`);
const malformed = (message: string): never => fault("ValidationError", `Template format error: ${message}`);

/** As CloudFormation lists them to whoever uses another one. */
const SUPPORTED =
  "Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, " +
  "Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr";
const KNOWN: readonly string[] = SUPPORTED.split(", ");
const EXTENSIONS: readonly string[] = ["Fn::Length", "Fn::ToJsonString"];
const BOOLEAN: readonly string[] = ["Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals"];

export interface FunctionRules {
  /** Whether AWS::LanguageExtensions is there. */
  readonly extended: boolean;
}

/** The form of the functions in a section, as far as it shows before anything is evaluated. */
export function checkFunctions(value: Json, rules: FunctionRules): void {
  if (isList(value)) {
    for (const item of value) checkFunctions(item, rules);
    return;
  }
  if (!isObject(value)) return;
  const [name, ...others] = Object.keys(value);
  if (name !== undefined && others.length === 0 && (name === "Ref" || /^fn::/i.test(name))) checkForm(name, value[name]!, rules);
  for (const member of Object.values(value)) checkFunctions(member, rules);
}

/** The section Conditions: boolean operations on parameters and other conditions. */
export function checkConditions(conditions: JsonObject, rules: FunctionRules): void {
  for (const condition of Object.values(conditions)) checkCondition(condition, rules);
}

/** An object that is no function. */
const isPlain = (json: Json): boolean => isObject(json) && intrinsic(json) === undefined;

function checkCondition(condition: Json, rules: FunctionRules): void {
  const [name, argument, ...rest] = isObject(condition) ? Object.entries(condition).flat() : [];
  const items = isList(argument) ? argument : [];
  if (rest.length > 0) notBoolean();
  switch (name) {
    case "Condition":
      if (typeof argument !== "string") malformed("Every Condition member must be a string.");
      return;
    case "Fn::Equals":
      if (items.length !== 2 || items.some((item) => isList(item) || isPlain(item)))
        refuse("every Fn::Equals object requires a list of 2 string parameters.");
      return checkFunctions(items, rules);
    case "Fn::Not":
      if (items.length !== 1) refuse("every Fn::Not object requires one boolean parameter.");
      return checkCondition(items[0]!, rules);
    case "Fn::And":
    case "Fn::Or":
      if (items.length < 2 || items.length > 10)
        refuse(`every ${name} object requires a list of at least 2 and at most 10 boolean parameters.`);
      for (const item of items) checkCondition(item, rules);
      return;
    default:
      if (typeof name === "string" && /^fn::/i.test(name) && !KNOWN.includes(name)) unsupported(name);
      notBoolean();
  }
}

const notBoolean = (): never => malformed("Conditions can only be boolean operations on parameters and other conditions");

const unsupported = (name: string): never =>
  fault("ValidationError", `Template Error: Encountered unsupported function: ${name} Supported functions are: [${SUPPORTED}]`);

/** A value that is, or may turn out to be, a text: a literal or a function. */
const mayBeText = (value: Json | undefined): boolean =>
  value !== undefined && !isList(value) && (!isObject(value) || intrinsic(value) !== undefined);
const mayBeList = (value: Json | undefined): boolean => isList(value) || (value !== undefined && intrinsic(value) !== undefined);

function checkForm(name: string, argument: Json, { extended }: FunctionRules): void {
  if (!KNOWN.includes(name) && !(extended && EXTENSIONS.includes(name))) unsupported(name);
  if (BOOLEAN.includes(name)) refuse(`${name} cannot be partially collapsed`);
  const items: readonly Json[] = isList(argument) ? argument : [];
  switch (name) {
    case "Ref":
      if (typeof argument !== "string") malformed("All References must be of type string");
      return;
    case "Fn::GetAtt":
      if (attributeOf(argument) === undefined)
        refuse("every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute");
      return;
    case "Fn::Sub":
      return checkSub(argument);
    case "Fn::Base64":
    case "Fn::GetAZs":
      if (!mayBeText(argument)) refuse(`every ${name} object must have a String-typed value.`);
      return;
    case "Fn::ImportValue":
      if (!mayBeText(argument)) refuse("the attribute in Fn::ImportValue must be a string or a function that returns a string");
      return;
    case "Fn::Join":
      if (items.length !== 2 || typeof items[0] !== "string" || !mayBeList(items[1]))
        refuse(
          "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that " +
            "returns a list of strings (such as Fn::GetAZs) to be joined.",
        );
      return;
    case "Fn::Split":
      if (items.length !== 2 || typeof items[0] !== "string" || items[0] === "" || !mayBeText(items[1]))
        refuse(
          "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns " +
            "a string to be split.",
        );
      return;
    case "Fn::Select":
      if (items.length !== 2 || !mayBeText(items[0]) || !mayBeList(items[1]) || (typeof items[0] === "string" && !/^\d+$/.test(items[0])))
        refuse("Fn::Select requires a list argument with two elements: an integer index and a list");
      return;
    case "Fn::FindInMap":
      if (items.length < 3 || items.length > (extended ? 4 : 3) || !items.slice(0, 3).every(mayBeText))
        refuse("every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value");
      return;
    case "Fn::If":
      if (typeof items[0] !== "string") refuse("Fn::If requires a list argument with the first element being a condition");
      if (items.length !== 3) refuse("Fn::If requires a list argument with three elements");
      return;
    case "Fn::Cidr":
      if (items.length !== 3)
        refuse(
          "every Fn::Cidr object requires three parameters, (1) a CIDR block, (2) the number of CIDRs to generate and (3) the number of " +
            "subnet bits for each CIDR",
        );
  }
}

function checkSub(argument: Json): void {
  const [text, variables] = isList(argument) ? argument : [argument];
  if (typeof text !== "string" || (isList(argument) && (argument.length !== 2 || !isObject(variables)))) {
    refuse(
      "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, " +
        "and an optional second argument to specify a mapping of values to replace in the string",
    );
  }
  if (substitutions(text as string).some((name) => !/^[a-zA-Z0-9_.:]+$/.test(name)))
    refuse("variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons");
  for (const [name, value] of Object.entries((variables ?? {}) as JsonObject)) {
    if (!/^[a-zA-Z0-9_]+$/.test(name))
      refuse("every key of the context object of every Fn::Sub object must contain only alphanumeric characters and underscores");
    if (!mayBeText(value) || (isObject(value) && value["Ref"] === "AWS::NoValue"))
      refuse("every value of the context object of every Fn::Sub object must be a string or a function that returns a string");
  }
}
