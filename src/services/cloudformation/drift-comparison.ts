import { sameJson } from "../../kernel/json.ts";
import type { RegistrySchema } from "./registry-schema.ts";
import { asText, isList, isObject, type Json, type JsonObject } from "./value.ts";

/** Where a live resource is not as declared; the path is of names, with numbers for the items of lists. */
export interface PropertyDrift {
  readonly path: readonly string[];
  readonly type: "ADD" | "REMOVE" | "NOT_EQUAL";
  readonly expected: Json | undefined;
  readonly actual: Json | undefined;
}

type Order = Pick<RegistrySchema, "isUnordered">;

/**
 * How live properties differ from the declared ones. Only what is declared is looked at: a property that the template leaves
 * out may be as it likes, an item that a declared list does not have may not.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html#what-is-drift
 */
export function compareLive(expected: JsonObject, actual: JsonObject, order: Order): PropertyDrift[] {
  return compareObjects(expected, actual, [], order);
}

function compareObjects(expected: JsonObject, actual: JsonObject, path: readonly string[], order: Order): PropertyDrift[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const at = [...path, name];
    const live = actual[name];
    if (live === undefined) return isEmpty(value) ? [] : [{ path: at, type: "REMOVE", expected: value, actual: undefined }];
    return compareValues(value, live, at, order);
  });
}

/** What says nothing may as well not be there. */
const isEmpty = (value: Json): boolean => (isList(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0);

function compareValues(expected: Json, actual: Json, path: readonly string[], order: Order): PropertyDrift[] {
  if (sameValue(expected, actual)) return [];
  // A document may be declared as an object and be shown as its text, and the other way round.
  const [one, other] = [expected, actual].map((value) => (typeof value === "string" ? documentIn(value) : value)) as [Json, Json];
  if (isObject(one) && isObject(other)) return compareObjects(one, other, path, order);
  if (isList(one) && isList(other)) return compareLists(one, other, path, order);
  if (isList(one) && one.length === 1 && !isList(other)) return compareValues(one[0]!, other, path, order);
  if (isList(other) && other.length === 1 && !isList(one)) return compareValues(one, other[0]!, path, order);
  return [{ path, type: "NOT_EQUAL", expected, actual }];
}

function sameValue(expected: Json, actual: Json): boolean {
  if (sameJson(expected, actual)) return true;
  const [one, other] = [asText(expected), asText(actual)];
  if (one === undefined || other === undefined) return false;
  // A secret or a parameter that the template only names is not compared with its value.
  return one === other || one.includes("{{resolve:") || isNameIn(one, other) || isNameIn(other, one);
}

/** Another resource may be named by its name here and by its ARN there; the registry's property transforms say so, too. */
const isNameIn = (name: string, arn: string): boolean =>
  arn.startsWith("arn:") && (arn.endsWith(`:${name}`) || arn.endsWith(`/${name}`) || arn.endsWith(`::${name}:root`));

function documentIn(text: string): Json {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function compareLists(expected: readonly Json[], actual: readonly Json[], path: readonly string[], order: Order): PropertyDrift[] {
  const pairs = order.isUnordered(path) || expected.every(keyOf) ? pairsOf(expected, actual, path, order) : inOrder(expected, actual);
  return pairs.flatMap(([left, right]): PropertyDrift[] => {
    if (right === undefined) return [{ path: [...path, String(left)], type: "REMOVE", expected: expected[left!], actual: undefined }];
    if (left === undefined) return [{ path: [...path, String(right)], type: "ADD", expected: undefined, actual: actual[right] }];
    return compareValues(expected[left]!, actual[right]!, [...path, String(left)], order);
  });
}

/** The places of the items that belong together, of the declared and of the live list. */
type Pair = readonly [number | undefined, number | undefined];

const inOrder = (expected: readonly Json[], actual: readonly Json[]): Pair[] =>
  Array.from({ length: Math.max(expected.length, actual.length) }, (_, index) => [
    index < expected.length ? index : undefined,
    index < actual.length ? index : undefined,
  ]);

/** Those that are the same first, then those of the same key, then whatever is left. */
function pairsOf(expected: readonly Json[], actual: readonly Json[], path: readonly string[], order: Order): Pair[] {
  const pairs: Pair[] = [];
  const left = new Set(expected.keys());
  const right = new Set(actual.keys());
  const pair = (belong: (one: Json, other: Json) => boolean): void => {
    for (const one of left) {
      const other = [...right].find((candidate) => belong(expected[one]!, actual[candidate]!));
      if (other === undefined) continue;
      pairs.push([one, other]);
      left.delete(one);
      right.delete(other);
    }
  };
  pair((one, other) => compareValues(one, other, [...path, "0"], order).length === 0);
  pair((one, other) => keyOf(one) !== undefined && keyOf(one) === keyOf(other));
  pair((one, other) => keyOf(one) === undefined && keyOf(other) === undefined);
  return [...pairs, ...[...left].map((one): Pair => [one, undefined]), ...[...right].map((other): Pair => [undefined, other])];
}

/** By what an item of a list is known: the key of a tag, a name, an id. */
function keyOf(item: Json): string | undefined {
  if (!isObject(item)) return undefined;
  const name = ["Key", "Name", "Id"].find((member) => typeof item[member] === "string");
  return name === undefined ? undefined : `${name} ${String(item[name])}`;
}
