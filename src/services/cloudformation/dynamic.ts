import type { Resolved } from "../../kernel/reference.ts";
import { isList, isObject, type Json } from "./value.ts";

/** Finds what a dynamic reference names: its kind, and all that stands behind the kind. */
export type FindReference = (kind: string, name: string) => Resolved;

export type ResolvedDynamic<T = Json> =
  | { readonly state: "value"; readonly value: T }
  | { readonly state: "busy"; readonly because: string }
  | { readonly state: "error"; readonly message: string };

const DYNAMIC = /\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+)\}\}/g;

/** Whether anything in a value is a dynamic reference, so that what it becomes must not be stored or shown. */
export const hasDynamicReference = (value: Json): boolean => JSON.stringify(value).search(DYNAMIC) !== -1;

/**
 * Put in what the dynamic references of evaluated properties name. Do it last, for the resource's own eyes only: stacks keep
 * and compare the references as written, as CloudFormation does.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
 */
export function resolveDynamicReferences<T extends Json>(value: T, find: FindReference): ResolvedDynamic<T> {
  const troubles: Exclude<Resolved, { state: "value" }>[] = [];
  const resolveText = (text: string): string =>
    text.replace(DYNAMIC, (whole, kind: string, name: string) => {
      const resolved = find(kind, name);
      if (resolved.state === "value") return resolved.value;
      troubles.push(resolved);
      return whole;
    });
  const resolve = (json: Json): Json => {
    if (typeof json === "string") return resolveText(json);
    if (isList(json)) return json.map(resolve);
    if (isObject(json)) return Object.fromEntries(Object.entries(json).map(([name, member]) => [name, resolve(member)]));
    return json;
  };
  const resolved = resolve(value) as T;
  const missing = troubles.find(({ state }) => state === "absent");
  if (missing?.state === "absent") return { state: "error", message: missing.reason };
  const [busy] = troubles;
  return busy?.state === "busy" ? busy : { state: "value", value: resolved };
}
