import type { RegistrySchema } from "./registry-schema.ts";
import type { SpecificationFile } from "./specification.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

const SCALARS: Readonly<Record<string, string>> = { string: "s", boolean: "b", integer: "i", number: "n" };
/** Schemas may contain themselves. */
const DEPTH_MAX = 8;

/** What a registered type's schema says, in the form in which the resource specification says it of AWS's own types. */
export function specificationOfSchema(type: string, registered: RegistrySchema): SpecificationFile {
  const definitions: Record<string, string>[] = [];
  const created = new Set(registered.createOnly);
  const readOnly = new Set(registered.readOnly);
  // What has no handler for updates is made anew with every change.
  const { handlers } = registered.schema;
  const isImmutable = !isObject(handlers) || handlers["update"] === undefined;

  const codeOf = (path: readonly string[]): string => {
    const schema = registered.at(path);
    const kind = schema && kindOf(schema);
    if (schema === undefined || kind === undefined || path.length > DEPTH_MAX) return "j";
    if (kind === "array") return isObject(schema["items"]) ? `[${codeOf([...path, "0"])}` : "j";
    if (kind !== "object") return SCALARS[kind] ?? "j";
    return isObject(schema["properties"]) ? `#${definitions.push(membersOf(path)) - 1}` : "j";
  };
  const membersOf = (path: readonly string[]): Record<string, string> => {
    const members = registered.at(path)?.["properties"];
    const named = (name: string): string => [...path.filter((step) => !/^\d+$/.test(step)), name].join("/");
    return Object.fromEntries(
      Object.keys(isObject(members) ? members : {})
        .filter((name) => !readOnly.has(named(name)))
        .map((name) => {
          const at = [...path, name];
          const flags = `${registered.isRequired(at) ? "!" : ""}${isImmutable || created.has(named(name)) ? "*" : ""}`;
          return [name, `${codeOf(at)}${flags}`];
        }),
    );
  };
  return {
    types: {
      [type]: {
        id: [...registered.primaryIdentifier],
        tags: registered.tags,
        properties: membersOf([]),
        attributes: [...readOnly].map((path) => path.replaceAll("/", ".")),
      },
    },
    definitions,
  };
}

function kindOf(schema: JsonObject): string | undefined {
  const written: Json | undefined = schema["type"];
  if (typeof written === "string") return written;
  if (isList(written)) return undefined;
  return isObject(schema["properties"]) ? "object" : undefined;
}
