import { isList, isSection, isText, type Section, type Value } from "./draft.ts";

export const ref = (id: string): Section => ({ Ref: id });
export const getAtt = (id: string, attribute: string): Section => ({ "Fn::GetAtt": [id, attribute] });
export const sub = (text: string, variables?: Section): Section => ({ "Fn::Sub": variables === undefined ? text : [text, variables] });
export const join = (delimiter: string, values: Value[]): Section => ({ "Fn::Join": [delimiter, values] });
export const NO_VALUE: Readonly<Section> = Object.freeze(ref("AWS::NoValue"));
export const either = (condition: Value, whenTrue: Value, whenFalse: Value = { ...NO_VALUE }): Section => ({
  "Fn::If": [condition, whenTrue, whenFalse],
});
export const not = (condition: string): Section => ({ "Fn::Not": [{ Condition: condition }] });
export const and = (conditions: readonly Value[]): Section => ({ "Fn::And": [...conditions] });

/** Whether a value is the use of a function, a parameter or a condition. */
export function isIntrinsic(value: Value): value is Section {
  const name = soleMember(value);
  return name !== undefined && (name === "Ref" || name === "Condition" || name.startsWith("Fn::"));
}

export const isIf = (value: Value): value is Section => soleMember(value) === "Fn::If";
export const isNoValue = (value: Value): boolean => soleMember(value) === "Ref" && (value as Section)["Ref"] === "AWS::NoValue";

export const soleMember = (value: Value): string | undefined => {
  if (!isSection(value)) return undefined;
  const names = Object.keys(value);
  return names.length === 1 ? names[0] : undefined;
};

/** The three parts of an Fn::If; what is wrong with it, if it has not three. */
export function partsOfIf(value: Section): [Value, Value, Value] | string {
  const parts = value["Fn::If"];
  return isList(parts) && parts.length === 3 ? (parts as [Value, Value, Value]) : "Fn::If requires 3 arguments";
}

/** The id that a Ref or an Fn::GetAtt of one attribute names. */
export function logicalIdOf(value: Value): string | undefined {
  if (!isIntrinsic(value)) return undefined;
  if (isText(value["Ref"])) return value["Ref"];
  const attribute = value["Fn::GetAtt"];
  if (isList(attribute)) return attribute.length === 2 && isText(attribute[0]) ? attribute[0] : undefined;
  const parts = isText(attribute) ? attribute.split(".") : [];
  return parts.length === 2 ? parts[0] : undefined;
}

/** `Ref` and `Fn::GetAtt` as they stand in an Fn::Sub. */
export const shorthand = (value: Section): string =>
  `\${${isText(value["Ref"]) ? value["Ref"] : (value["Fn::GetAtt"] as Value[]).join(".")}}`;

const CONDITIONS_AT_MOST = 10;

/** One condition that is true when one of many is: Fn::Or takes ten at most, so further ones are folded in step by step. */
export function combinedCondition(names: readonly string[], name: string): Section | undefined {
  if (names.length < 2) return undefined;
  const combined: Section = {};
  let left = [...names];
  let count = Math.floor((names.length - 2) / (CONDITIONS_AT_MOST - 1));
  while (left.length > 1) {
    const its = count > 0 ? `${name}${count--}` : name;
    combined[its] = { "Fn::Or": left.slice(0, CONDITIONS_AT_MOST).map((each) => ({ Condition: each })) };
    left = [...left.slice(CONDITIONS_AT_MOST), its];
  }
  return combined;
}
