import { UnfitExtension } from "./early-value.ts";
import { asText, isList, isObject, type Json, type JsonObject } from "./value.ts";

const PREFIX = "Fn::ForEach::";
const DEPTH_MAX = 5;
/** What all loops of a template may bring together: more is no template any more. */
const ITERATIONS_MAX = 20_000;

export interface Loops {
  /** The names that the template gives its parameters: no identifier may be one of them. */
  readonly parameters: ReadonlySet<string>;
  /** A collection with its functions resolved. */
  resolve(collection: Json): Json;
  /** How many iterations there have been. */
  iterations: number;
}

const refuse = (message: string): never => {
  throw new UnfitExtension(message);
};

/**
 * A value with its loops written out, the outer ones first.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
 */
export function expandLoops(value: Json, loops: Loops, identifiers: readonly string[] = []): Json {
  if (isList(value)) return value.map((item) => expandLoops(item, loops, identifiers));
  if (!isObject(value)) return value;
  const members: [string, Json][] = [];
  for (const [name, member] of Object.entries(value)) {
    if (name.startsWith(PREFIX)) members.push(...iterate(name, member, loops, identifiers));
    else members.push([name, expandLoops(member, loops, identifiers)]);
  }
  const names = new Set<string>();
  for (const [name] of members) {
    if (names.has(name)) refuse(`Duplicate key '${name}' when merging keys to parent object in Fn::ForEach`);
    names.add(name);
  }
  return Object.fromEntries(members);
}

function iterate(name: string, loop: Json, loops: Loops, outer: readonly string[]): [string, Json][] {
  const misshapen = (): never => refuse(`${name} layout is incorrect`);
  if (!isList(loop) || loop.length !== 3) return misshapen();
  const [identifier, collection, output] = loop as [Json, Json, Json];
  if (typeof identifier !== "string" || identifier === "" || !isObject(output)) return misshapen();
  if (loops.parameters.has(identifier)) refuse(`${name}: identifier '${identifier}' conflicts with parameter name`);
  if (outer.includes(identifier)) refuse(`${name}: identifier '${identifier}' conflicts with another loop identifier`);
  if (outer.length >= DEPTH_MAX) refuse(`${name}: Fn::ForEach cannot be nested more than ${DEPTH_MAX} levels deep`);
  const items = loops.resolve(collection);
  if (!isList(items)) return misshapen();
  return items.flatMap((item) => {
    if (++loops.iterations > ITERATIONS_MAX) refuse("Transformation data limit exceeded");
    const text = asText(item) ?? misshapen();
    return Object.entries(expandLoops(substituted(output, identifier, text), loops, [...outer, identifier]) as JsonObject);
  });
}

/** The identifier gives way to the item wherever it is named: as ${X}, as &{X} without what is not alphanumeric, by Ref. */
function substituted(value: Json, identifier: string, item: string): Json {
  const inText = (text: string): string =>
    text.replaceAll(`\${${identifier}}`, item).replaceAll(`&{${identifier}}`, item.replace(/[^a-zA-Z0-9]/g, ""));
  const within = (json: Json): Json => {
    if (typeof json === "string") return inText(json);
    if (isList(json)) return json.map(within);
    if (!isObject(json)) return json;
    if (json["Ref"] === identifier && Object.keys(json).length === 1) return item;
    return Object.fromEntries(Object.entries(json).map(([name, member]) => [inText(name), within(member)]));
  };
  return within(value);
}
