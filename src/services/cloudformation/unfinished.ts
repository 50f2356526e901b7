import type { Json } from "./value.ts";

/** Stands where a value depends on a resource that does not exist yet. */
export const unknown = Symbol("known after apply");

/** Stands where AWS::NoValue takes a member away. */
export const absent = Symbol("AWS::NoValue");

/** A value on its way through the intrinsic functions. */
export type Unfinished = Json | typeof unknown | typeof absent | readonly Unfinished[] | { readonly [name: string]: Unfinished };

/** Whether anything in a value is unknown. */
export function isUnknown(value: Unfinished): boolean {
  if (value === unknown) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(isUnknown);
}
