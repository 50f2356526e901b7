import { fault } from "../../kernel/fault.ts";
import { isObject, type Json, type JsonObject } from "./value.ts";

/** Carry out the transforms that a template asks for. None is there yet: each fails by its name. */
export function transformTemplate(body: JsonObject): JsonObject {
  const name = [...declaredTransforms(body), ...inner(body)][0];
  if (name !== undefined) fault("NotImplemented", `The transform ${name} is not implemented by Slipway`, 501);
  return body;
}

/** The names in the section Transform. */
export const declaredTransforms = (body: JsonObject): string[] =>
  [(body["Transform"] ?? []) as Json].flat().map((one) => String(isObject(one) ? one["Name"] : one));

function inner(value: Json): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === "Fn::Transform" ? [String(isObject(member) ? member["Name"] : member)] : inner(member as Json),
  );
}
