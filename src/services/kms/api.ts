import { isFault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Key, keyArn, requireKey } from "./key.ts";

/** The key that an id, an ARN or an alias names; undefined where there is none. */
export function keyOf(scope: Scope, reference: string): (Pick<Key, "state" | "usage"> & { readonly arn: string }) | undefined {
  try {
    const { key, scope: home } = requireKey(scope, reference);
    return { state: key.state, usage: key.usage, arn: keyArn(home, key.id) };
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}
