import { fault } from "../../kernel/fault.ts";
import { sameJson } from "../../kernel/json.ts";
import { isList, isObject, type Json, type JsonObject } from "../cloudformation/api.ts";

type Verb = "add" | "remove" | "replace" | "move" | "copy" | "test";

interface Patch {
  readonly op: Verb;
  readonly path: readonly string[];
  readonly from: readonly string[];
  readonly value: Json;
}

const refuse = (message: string): never => fault("ValidationException", message);
const VERBS: readonly string[] = ["add", "remove", "replace", "move", "copy", "test"];

/**
 * What a patch document makes of a document, each operation on what the one before it left; refuses in the words of the Java
 * library that Cloud Control uses. https://datatracker.ietf.org/doc/html/rfc6902
 */
export const applyPatch = (document: Json, patches: readonly Patch[]): Json => patches.reduce(applyOne, document);

/** The operations of a patch document. */
export function readPatch(text: string): readonly Patch[] {
  const document = parsed(text);
  if (!isList(document)) return refuse("Invalid JSON Patch payload (not an array)");
  return document.map((entry) => {
    if (!isObject(entry)) return refuse("Invalid JSON Patch payload (not an object)");
    const { op } = entry;
    if (typeof op !== "string") return refuse("Invalid JSON Patch payload (missing 'op' field)");
    if (!VERBS.includes(op)) return refuse(`unknown / unsupported operation ${op}`);
    const needsValue = op === "add" || op === "replace" || op === "test";
    if (needsValue && entry["value"] === undefined) return refuse("Invalid JSON Patch payload (missing 'value' field)");
    return {
      op: op as Verb,
      path: pointer(entry, "path"),
      from: op === "move" || op === "copy" ? pointer(entry, "from") : [],
      value: entry["value"] ?? null,
    };
  });
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return refuse("Invalid JSON Patch payload (not JSON)");
  }
}

/** https://datatracker.ietf.org/doc/html/rfc6901 */
function pointer(entry: JsonObject, field: "path" | "from"): readonly string[] {
  const text = entry[field];
  if (typeof text !== "string") return refuse(`Invalid JSON Patch payload (missing '${field}' field)`);
  if (text === "") return [];
  if (!text.startsWith("/") || /~(?![01])/.test(text)) return refuse(`Invalid JSON Patch payload (malformed '${field}' field)`);
  return text
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function applyOne(document: Json, { op, path, from, value }: Patch): Json {
  switch (op) {
    case "add":
      return add(op, document, path, value);
    case "remove":
      return remove(op, document, path);
    case "replace":
      return replaced(op, document, path, value);
    case "copy":
      return add(op, document, path, valueAt(op, document, from));
    case "move": {
      if (from.length < path.length && from.every((step, index) => step === path[index]))
        return refuse(`[MOVE Operation] a location can not be moved into one of its children, path provided : ${shown(path)}`);
      const moved = valueAt(op, document, from);
      return add(op, remove(op, document, from), path, moved);
    }
    case "test":
      if (!sameJson(valueAt(op, document, path), value))
        return refuse(`[TEST Operation] value differs from expectations, path provided : ${shown(path)}`);
      return document;
  }
}

const shown = (path: readonly string[]): string => ["", ...path].join("/").replace(/^/, "/");
const noSuchPath = (op: Verb, path: readonly string[]): never =>
  refuse(`[${op.toUpperCase()} Operation] noSuchPath in source, path provided : ${shown(path)}`);

function valueAt(op: Verb, document: Json, path: readonly string[]): Json {
  let found: Json | undefined = document;
  for (const step of path) found = isList(found) ? found[placeIn(op, found, step, path)] : isObject(found) ? own(found, step) : undefined;
  return found === undefined ? noSuchPath(op, path) : found;
}

const own = (object: JsonObject, name: string): Json | undefined => (Object.hasOwn(object, name) ? object[name] : undefined);

/** The place of an item that is there. */
function placeIn(op: Verb, list: readonly Json[], step: string, path: readonly string[]): number {
  if (!/^(0|[1-9]\d*)$/.test(step) || Number(step) >= list.length) return noSuchPath(op, path);
  return Number(step);
}

/** Change the container in which the last step of a path lies. */
function within(
  op: Verb,
  document: Json,
  path: readonly string[],
  change: { list(items: readonly Json[], step: string): Json; object(members: JsonObject, step: string): Json },
  depth = 0,
): Json {
  const step = path[depth]!;
  const last = depth === path.length - 1;
  if (isList(document)) {
    if (last) return change.list(document, step);
    const at = placeIn(op, document, step, path);
    return document.with(at, within(op, document[at]!, path, change, depth + 1));
  }
  if (isObject(document)) {
    if (last) return change.object(document, step);
    const member = own(document, step);
    return member === undefined ? noSuchPath(op, path) : { ...document, [step]: within(op, member, path, change, depth + 1) };
  }
  return refuse(`[${op.toUpperCase()} Operation] parent is not a container in source, path provided : ${shown(path)}`);
}

function add(op: Verb, document: Json, path: readonly string[], value: Json): Json {
  if (path.length === 0) return value;
  return within(op, document, path, {
    list(items, step) {
      if (step === "-") return [...items, value];
      if (!/^(0|[1-9]\d*)$/.test(step)) return noSuchPath(op, path);
      if (Number(step) > items.length)
        return refuse(`[${op.toUpperCase()} Operation] index Out of bound, index is greater than ${items.length}`);
      return items.toSpliced(Number(step), 0, value);
    },
    object: (members, step) => ({ ...members, [step]: value }),
  });
}

function remove(op: Verb, document: Json, path: readonly string[]): Json {
  if (path.length === 0) return null;
  return within(op, document, path, {
    list: (items, step) => items.toSpliced(placeIn(op, items, step, path), 1),
    object(members, step) {
      if (!Object.hasOwn(members, step)) return noSuchPath(op, path);
      const { [step]: _, ...rest } = members;
      return rest;
    },
  });
}

function replaced(op: Verb, document: Json, path: readonly string[], value: Json): Json {
  if (path.length === 0) return value;
  return within(op, document, path, {
    list: (items, step) => items.with(placeIn(op, items, step, path), value),
    object: (members, step) => (Object.hasOwn(members, step) ? { ...members, [step]: value } : noSuchPath(op, path)),
  });
}
