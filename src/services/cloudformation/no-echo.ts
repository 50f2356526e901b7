import type { Scope } from "../../kernel/scope.ts";
import { customData } from "./custom-resource.ts";
import type { Stack, Target } from "./stack.ts";
import { templateOf } from "./stored-template.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

const MASK = "****";
/** A text that short stands in others by chance. */
const PART_MIN = 4;

/**
 * A value without what nobody is to read: the values of NoEcho parameters, and what custom resources answered with NoEcho.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
 */
export type Masking = <V extends Json>(value: V) => V;

/** What masks all that a stack has and is to have. */
export function maskingOf(scope: Scope, stack: Stack, ...targets: readonly (Target | undefined)[]): Masking {
  const secrets = new Set([stack.target, stack.operation?.target, ...targets].flatMap((target) => secretsOf(scope, target)));
  for (const { data, noEcho } of customData.list(scope, `${stack.id}/`)) if (noEcho) for (const text of textsIn(data)) secrets.add(text);
  if (secrets.size === 0) return (value) => value;
  const longest = [...secrets].sort((one, other) => other.length - one.length);
  return (value) => masked(value, longest) as typeof value;
}

function secretsOf(scope: Scope, target: Target | undefined): string[] {
  if (target === undefined) return [];
  const { Parameters } = templateOf(scope, target).template;
  const isHidden = (key: string): boolean => String(Parameters[key]?.NoEcho) === "true";
  const hidden = target.parameters.filter(({ key }) => isHidden(key));
  return hidden.flatMap(({ value, resolvedValue }) => [value, resolvedValue ?? ""]).filter((text) => text !== "");
}

function textsIn(value: Json): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  return isList(value) ? value.flatMap(textsIn) : isObject(value) ? Object.values(value).flatMap(textsIn) : [];
}

function masked(value: Json, secrets: readonly string[]): Json {
  if (isList(value)) return value.map((item) => masked(item, secrets));
  if (isObject(value)) return maskedMembers(value, secrets);
  if (typeof value === "number") return secrets.includes(String(value)) ? MASK : value;
  if (typeof value !== "string") return value;
  if (secrets.includes(value)) return MASK;
  return secrets.filter(({ length }) => length >= PART_MIN).reduce((text, secret) => text.replaceAll(secret, MASK), value);
}

const maskedMembers = (value: JsonObject, secrets: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(value).map(([name, member]) => [name, masked(member, secrets)]));
