import { isList, isObject, type Json } from "./value.ts";

/** A use of an intrinsic function: an object whose one member is Ref or Fn::Something. */
export interface Intrinsic {
  readonly name: string;
  readonly argument: Json;
}

export function intrinsic(value: Json): Intrinsic | undefined {
  if (!isObject(value)) return undefined;
  const names = Object.keys(value);
  const name = names[0];
  if (names.length !== 1 || name === undefined || !(name === "Ref" || name.startsWith("Fn::"))) return undefined;
  return { name, argument: value[name]! };
}

/** Something that a value names: by Ref, by Fn::GetAtt, or a condition by Fn::If or Condition. */
export type Mention =
  | { readonly kind: "Ref"; readonly name: string }
  | { readonly kind: "GetAtt"; readonly name: string; readonly attribute: string }
  | { readonly kind: "If"; readonly name: string };

/** Says which branch of an Fn::If counts; undefined where both do. */
export type Branch = (condition: string) => boolean | undefined;

/** All that a value names, in reading order, also through Fn::Sub; of an Fn::If, the branch that counts. */
export function mentions(value: Json, branch: Branch = () => undefined): Mention[] {
  if (isList(value)) return value.flatMap((item) => mentions(item, branch));
  if (!isObject(value)) return [];
  const call = intrinsic(value);
  switch (call?.name) {
    case "Ref":
      return typeof call.argument === "string" ? [{ kind: "Ref", name: call.argument }] : [];
    case "Fn::GetAtt":
      return mentionsOfGetAtt(call.argument, branch);
    case "Fn::Sub":
      return mentionsOfSub(call.argument, branch);
    case "Fn::If":
      return mentionsOfIf(call.argument, branch);
    default:
      return Object.values(value).flatMap((member) => mentions(member, branch));
  }
}

/** The resource and the attribute that an Fn::GetAtt names: [resource, attribute] or "resource.attribute". */
export function attributeOf(argument: Json): { resource: Json; attribute: Json } | undefined {
  if (typeof argument === "string") {
    const dot = argument.indexOf(".");
    return dot <= 0 || dot === argument.length - 1 ? undefined : { resource: argument.slice(0, dot), attribute: argument.slice(dot + 1) };
  }
  if (!isList(argument) || argument.length < 2 || argument.some((part) => part === "")) return undefined;
  const [resource, ...rest] = argument;
  const attribute = rest.every((part) => typeof part === "string") ? rest.join(".") : rest.length === 1 ? rest[0]! : undefined;
  return attribute === undefined ? undefined : { resource: resource!, attribute };
}

function mentionsOfGetAtt(argument: Json, branch: Branch): Mention[] {
  const named = attributeOf(argument);
  if (named === undefined || typeof named.resource !== "string") return [];
  const { resource: name, attribute } = named;
  return [{ kind: "GetAtt", name, attribute: typeof attribute === "string" ? attribute : "" }, ...mentions(attribute, branch)];
}

function mentionsOfSub(argument: Json, branch: Branch): Mention[] {
  const [text, variables] = isList(argument) ? argument : [argument];
  if (typeof text !== "string") return [];
  const local = isObject(variables) ? variables : {};
  const outer = substitutions(text).filter((name) => !Object.hasOwn(local, name));
  return [...outer.map(mentionOfVariable), ...Object.values(local).flatMap((value) => mentions(value, branch))];
}

function mentionsOfIf(argument: Json, branch: Branch): Mention[] {
  if (!isList(argument) || typeof argument[0] !== "string") return mentions(argument, branch);
  const [condition, whenTrue, whenFalse] = argument;
  const truth = branch(condition);
  const counted = truth === undefined ? [whenTrue, whenFalse] : [truth ? whenTrue : whenFalse];
  return [{ kind: "If", name: condition }, ...counted.flatMap((value) => (value === undefined ? [] : mentions(value, branch)))];
}

function mentionOfVariable(name: string): Mention {
  const dot = name.indexOf(".");
  return dot === -1 ? { kind: "Ref", name } : { kind: "GetAtt", name: name.slice(0, dot), attribute: name.slice(dot + 1) };
}

const SUBSTITUTION = /\$\{([^!{}][^{}]*)\}/g;

/** The variables of a Fn::Sub text; ${!Literal} is none. */
export const substitutions = (text: string): string[] => [...text.matchAll(SUBSTITUTION)].map(([, name]) => name!.trim());

/** The text with each variable replaced and each ${!Literal} as ${Literal}. */
export const substitute = (text: string, replacement: (name: string) => string): string =>
  text.replace(/\$\{(!?)([^{}]*)\}/g, (_, literal: string, name: string) => (literal ? `\${${name}}` : replacement(name.trim())));
