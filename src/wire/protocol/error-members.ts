import type { NormalizedSchema } from "@smithy/core/schema";
import type { Refusal } from "../errors.ts";

/** What an error's body says: some exceptions call the message Message, and some have no member for it. */
export interface ErrorBody {
  /** The members that the schema has. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Present where the schema has no member for it. */
  readonly message: { readonly message?: string };
}

export function errorBody(schema: NormalizedSchema | undefined, { members, message }: Refusal): ErrorBody {
  const result: Record<string, unknown> = {};
  let hasMessage = message === "";
  for (const [name] of schema === undefined ? [] : schema.structIterator()) {
    const isMessage = name.toLowerCase() === "message";
    const value = isMessage ? message : members[name];
    if (isMessage) hasMessage = true;
    if (value !== undefined) result[name] = value;
  }
  return { members: result, message: hasMessage ? {} : { message } };
}

/** The members without the message, for XML, which has a place of its own for that. */
export const membersBesideMessage = (schema: NormalizedSchema, refusal: Refusal): Record<string, unknown> =>
  Object.fromEntries(Object.entries(errorBody(schema, refusal).members).filter(([name]) => name.toLowerCase() !== "message"));
