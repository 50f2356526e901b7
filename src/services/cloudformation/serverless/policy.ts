import { isAbsent, isList, isSection, isText, isTruthy, type Section, type Value } from "./draft.ts";
import { isIf, isIntrinsic, isNoValue, partsOfIf } from "./intrinsic.ts";
import { invalidTemplate } from "./invalid.ts";

/** What one entry of Policies is. */
export type PolicyKind = "managed policy" | "statement" | "template" | "unknown";

export interface Policy {
  readonly kind: PolicyKind;
  readonly data: Value;
}

/** The entries of a property Policies, which may be one or a list; `isTemplate` knows the names of policy templates. */
export function readPolicies(policies: Value, isTemplate: (name: string) => boolean): Policy[] {
  if (!isTruthy(policies)) return [];
  return (isList(policies) ? policies : [policies]).map((data) => ({ kind: kindOf(data, isTemplate), data }));
}

function kindOf(policy: Value, isTemplate: (name: string) => boolean): PolicyKind {
  if (isText(policy)) return "managed policy";
  if (isIf(policy)) return kindOfIf(policy, isTemplate);
  if (isIntrinsic(policy)) return "managed policy";
  if (!isSection(policy)) return "unknown";
  if (Object.hasOwn(policy, "Statement")) return "statement";
  const names = Object.keys(policy);
  return names.length === 1 && isTemplate(names[0]!) ? "template" : "unknown";
}

function kindOfIf(policy: Section, isTemplate: (name: string) => boolean): PolicyKind {
  const parts = partsOfIf(policy);
  if (isText(parts)) throw invalidTemplate(parts);
  const [, whenTrue, whenFalse] = parts;
  const kinds = [kindOf(whenTrue, isTemplate), kindOf(whenFalse, isTemplate)] as const;
  if (kinds[0] === kinds[1]) return kinds[0];
  if (isNoValue(whenTrue)) return kinds[1];
  if (isNoValue(whenFalse)) return kinds[0];
  throw invalidTemplate(
    "Different policy types within the same Fn::If statement is unsupported. Separate different policy types into different Fn::If statements",
  );
}

/** Leave what AWS::NoValue stands for, and change the rest of an Fn::If, in place. */
export function convertIf(use: Section, convert: (value: Value) => Value): Section {
  const parts = use["Fn::If"] as Value[];
  for (const at of [1, 2]) if (!isNoValue(parts[at]) && !isAbsent(parts[at])) parts[at] = convert(parts[at]);
  return use;
}
