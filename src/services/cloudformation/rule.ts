import { fault } from "../../kernel/fault.ts";
import { sameJson } from "../../kernel/json.ts";
import type { Template } from "./template.ts";
import { asText, isList, isObject, type Json, type JsonObject } from "./value.ts";

const refuse = (message: string): never => fault("ValidationError", message);

/**
 * That the parameters keep the rules of a template. Rules look at parameters alone.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
 */
export function checkRules({ Rules }: Pick<Template, "Rules">, refs: Readonly<Record<string, Json>>): void {
  for (const [name, rule] of Object.entries(Rules)) {
    const { RuleCondition, Assertions } = (
      isObject(rule) ? rule : refuse(`Template format error: Rule ${name} must be an object.`)
    ) as JsonObject;
    if (!isList(Assertions)) return refuse(`Template format error: Rule ${name} must have Assertions.`);
    if (RuleCondition !== undefined && !truth(RuleCondition, refs)) continue;
    for (const assertion of Assertions) {
      const { Assert, AssertDescription } = assertion as JsonObject;
      if (truth(Assert ?? null, refs)) continue;
      refuse(`Template error: rule ${name} failed: ${asText(AssertDescription) ?? JSON.stringify(Assert)}`);
    }
  }
}

function truth(json: Json, refs: Readonly<Record<string, Json>>): boolean {
  const [name, argument] = isObject(json) && Object.keys(json).length === 1 ? Object.entries(json)[0]! : [];
  const items = isList(argument) ? argument : [];
  const values = (): Json[] => items.map((item) => operand(item, refs));
  const listOf = (value: Json | undefined): readonly Json[] => (isList(value) ? value : value === undefined ? [] : [value]);
  const has = (list: readonly Json[], value: Json): boolean => list.some((item) => sameJson(asText(item) ?? item, asText(value) ?? value));
  switch (name) {
    case "Fn::And":
      return items.every((item) => truth(item, refs));
    case "Fn::Or":
      return items.some((item) => truth(item, refs));
    case "Fn::Not":
      return !truth(items[0] ?? null, refs);
    case "Fn::Equals": {
      const [one, other] = values();
      return has([one ?? null], other ?? null);
    }
    case "Fn::Contains": {
      const [list, value] = values();
      return has(listOf(list), value ?? null);
    }
    case "Fn::EachMemberEquals": {
      const [list, value] = values();
      return listOf(list).every((item) => has([item], value ?? null));
    }
    case "Fn::EachMemberIn": {
      const [list, allowed] = values();
      return listOf(list).every((item) => has(listOf(allowed), item));
    }
    default:
      return refuse(`Template format error: ${name ?? JSON.stringify(json)} is not a function that rules can use`);
  }
}

function operand(json: Json, refs: Readonly<Record<string, Json>>): Json {
  if (isList(json)) return json.map((item) => operand(item, refs));
  if (!isObject(json)) return json;
  const [name, argument] = Object.entries(json)[0] ?? [];
  if (name === "Ref")
    return refs[String(argument)] ?? refuse(`Template error: a rule refers to ${String(argument)}, which is no parameter`);
  return fault("NotImplemented", `${name} in rules is not implemented by Slipway`, 501);
}
