import { fault } from "../../kernel/fault.ts";
import { sameJson } from "../../kernel/json.ts";
import type { Template } from "./template.ts";
import { asText, isList, isObject, type Json, type JsonObject } from "./value.ts";

type Refs = Readonly<Record<string, Json>>;

const refuse = (message: string): never => fault("ValidationError", message);
const malformed = (message: string): never => refuse(`Template format error: ${message}`);

/** How many arguments each function of a truth takes. */
const TRUTHS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  "Fn::And": [2, 10],
  "Fn::Contains": [2, 2],
  "Fn::EachMemberEquals": [2, 2],
  "Fn::EachMemberIn": [2, 2],
  "Fn::Equals": [2, 2],
  "Fn::Not": [1, 1],
  "Fn::Or": [2, 10],
};
/** What they can be asked of: parameters, and what the account has of the things that parameters name. */
const OPERANDS = ["Ref", "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"];
const NESTED = ["Fn::And", "Fn::Or", "Fn::Not"];

/**
 * That the section Rules is one. Rules look at parameters alone.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
 */
export function checkRuleSection(rules: JsonObject): void {
  for (const [name, rule] of Object.entries(rules)) {
    if (!/^[a-zA-Z0-9]+$/.test(name)) malformed(`Rules name '${name}' is non alphanumeric.`);
    if (!isObject(rule)) return malformed(`Rule ${name} must be an object.`);
    const other = Object.keys(rule).find((member) => member !== "RuleCondition" && member !== "Assertions");
    if (other !== undefined) refuse(`Invalid template rule property '${other}'`);
    const { RuleCondition, Assertions } = rule;
    if (!isList(Assertions)) return malformed(`Rule ${name} must have Assertions.`);
    if (RuleCondition !== undefined) checkTruth(RuleCondition);
    for (const assertion of Assertions) {
      if (!isObject(assertion) || assertion["Assert"] === undefined)
        return malformed(`Every assertion of rule ${name} must have an Assert.`);
      if (typeof (assertion["AssertDescription"] ?? "") !== "string") malformed("Every AssertDescription member must be a string.");
      checkTruth(assertion["Assert"]);
    }
  }
}

function checkTruth(json: Json): void {
  const [name, argument] = call(json);
  if (name === undefined || !Object.hasOwn(TRUTHS, name))
    return malformed(`${name ?? JSON.stringify(json)} is not a function that rules can use`);
  const [least, most] = TRUTHS[name]!;
  const items = isList(argument) ? argument : [];
  if (items.length < least || items.length > most) {
    const count = least === most ? `${least}` : `at least ${least} and at most ${most}`;
    refuse(`Template error: every ${name} object requires a list of ${count} parameters.`);
  }
  if (name === "Fn::Equals" && items.some(isList))
    refuse("Template error: every Fn::Equals object requires a list of 2 string parameters.");
  for (const item of items) NESTED.includes(name) ? checkTruth(item) : checkOperand(item);
}

function checkOperand(json: Json): void {
  if (isList(json)) {
    for (const item of json) checkOperand(item);
    return;
  }
  if (!isObject(json)) return;
  const [name] = call(json);
  if (name === undefined || !OPERANDS.includes(name)) malformed(`${name ?? JSON.stringify(json)} is not a function that rules can use`);
}

const call = (json: Json): [name?: string, argument?: Json] =>
  isObject(json) && Object.keys(json).length === 1 ? Object.entries(json)[0]! : [];

/** That the parameters keep the rules of a template. */
export function checkRules({ Rules }: Pick<Template, "Rules">, refs: Refs): void {
  for (const [name, rule] of Object.entries(Rules)) {
    const { RuleCondition, Assertions } = rule as JsonObject;
    if (RuleCondition !== undefined && !truth(RuleCondition, refs)) continue;
    for (const assertion of Assertions as readonly JsonObject[]) {
      const { Assert, AssertDescription } = assertion;
      if (truth(Assert!, refs)) continue;
      refuse(`Template error: rule ${name} failed: ${asText(AssertDescription) ?? JSON.stringify(Assert)}`);
    }
  }
}

function truth(json: Json, refs: Refs): boolean {
  const [name, argument] = call(json);
  const items = argument as readonly Json[];
  const values = (): Json[] => items.map((item) => operand(item, refs));
  const listOf = (value: Json | undefined): readonly Json[] => (isList(value) ? value : value === undefined ? [] : [value]);
  const has = (list: readonly Json[], value: Json): boolean => list.some((item) => sameJson(asText(item) ?? item, asText(value) ?? value));
  switch (name) {
    case "Fn::And":
      return items.every((item) => truth(item, refs));
    case "Fn::Or":
      return items.some((item) => truth(item, refs));
    case "Fn::Not":
      return !truth(items[0]!, refs);
    case "Fn::Equals": {
      const [one, other] = values();
      return has([one!], other!);
    }
    case "Fn::Contains": {
      const [list, value] = values();
      return has(listOf(list), value!);
    }
    case "Fn::EachMemberEquals": {
      const [list, value] = values();
      return listOf(list).every((item) => has([item], value!));
    }
    case "Fn::EachMemberIn": {
      const [list, allowed] = values();
      return listOf(list).every((item) => has(listOf(allowed), item));
    }
    default:
      throw new Error(`${String(name)} was not checked`);
  }
}

function operand(json: Json, refs: Refs): Json {
  if (isList(json)) return json.map((item) => operand(item, refs));
  if (!isObject(json)) return json;
  const [name, argument] = call(json);
  if (name === "Ref")
    return refs[String(argument)] ?? refuse(`Template error: a rule refers to ${String(argument)}, which is no parameter`);
  // These look at the VPCs, subnets and the like of the account.
  return fault("NotImplemented", `${name} in rules is not implemented by Slipway: it asks EC2`, 501);
}
