import { type Alias, type Document, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";
import { fault } from "../../kernel/fault.ts";
import { isObject, type Json, type JsonObject } from "./value.ts";

/** The short forms that a YAML template may use, and the function that each stands for. */
const SHORT_FORMS: Readonly<Record<string, string>> = {
  "!Ref": "Ref",
  "!Condition": "Condition",
  ...Object.fromEntries(
    [
      "And",
      "Base64",
      "Cidr",
      "Contains",
      "EachMemberEquals",
      "EachMemberIn",
      "Equals",
      "FindInMap",
      "GetAZs",
      "GetAtt",
      "If",
      "ImportValue",
      "Join",
      "Length",
      "Not",
      "Or",
      "RefAll",
      "Select",
      "Split",
      "Sub",
      "ToJsonString",
      "Transform",
      "ValueOf",
      "ValueOfAll",
    ].map((name) => [`!${name}`, `Fn::${name}`]),
  ),
};

/**
 * Read the text of a template, JSON or YAML, as JSON with the long forms of the functions.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
 */
export const readTemplate = (text: string): JsonObject => read(text, SHORT_FORMS);

/** Read a part of a template that is kept by itself: it cannot use the short forms. */
export const readSnippet = (text: string): JsonObject => read(text, {});

type ShortForms = Readonly<Record<string, string>>;

/** How deep a template may be nested, and how much its aliases may stand for. */
const DEPTH_MAX = 200;
const NODES_MAX = 500_000;

const unsupported = (): never => fault("ValidationError", "Template format error: unsupported structure.");

function read(text: string, shortForms: ShortForms): JsonObject {
  const value = text.trimStart().startsWith("{") ? readJson(text) : readYaml(text, shortForms);
  return isObject(value) && depthOf(value) <= DEPTH_MAX ? value : unsupported();
}

/** How deep a value is nested, as far as that matters. */
function depthOf(value: Json): number {
  let level: readonly Json[] = [value];
  let depth = 0;
  for (; level.length > 0 && depth <= DEPTH_MAX; depth++)
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  return depth;
}

function readJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    const before = text.slice(0, malformedAt(text)).split("\n");
    // AWS names the column behind the character that it stumbled over.
    fault("ValidationError", `Template format error: JSON not well-formed. (line ${before.length}, column ${before.at(-1)!.length + 2})`);
  }
}

const TOKEN =
  /\s*(?:([[\]{},:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-]))/y;

/** Where a text stops being JSON: the parser does not always say. */
function malformedAt(text: string): number {
  const open: string[] = [];
  // What may come next: a value, a member's name, a colon, or what follows a value.
  let expected: "value" | "value or ]" | "name" | "name or }" | "colon" | "after" = "value";
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    const start = at + /^\s*/.exec(text.slice(at))![0].length;
    if (found === null) return start;
    const [, sign, string] = found;
    const isValue = sign === undefined || sign === "{" || sign === "[";
    if (expected === "colon" && sign === ":") expected = "value";
    else if (expected.startsWith("name") && string !== undefined) expected = "colon";
    else if (expected.startsWith("value") && isValue) {
      if (sign !== undefined) open.push(sign);
      expected = sign === "{" ? "name or }" : sign === "[" ? "value or ]" : "after";
    } else if (
      (sign === "}" && open.at(-1) === "{" && ["after", "name or }"].includes(expected)) ||
      (sign === "]" && open.at(-1) === "[" && ["after", "value or ]"].includes(expected))
    ) {
      open.pop();
      expected = "after";
    } else if (expected === "after" && sign === "," && open.length > 0) expected = open.at(-1) === "{" ? "name" : "value";
    else return start;
    at = TOKEN.lastIndex;
  }
}

function readYaml(text: string, shortForms: ShortForms): Json {
  const lines = new LineCounter();
  // CloudFormation takes the last of two equal keys; timestamps, binaries and sets of YAML 1.1 stay text.
  const document = parseDocument(text, { schema: "core", uniqueKeys: false, lineCounter: lines, logLevel: "silent" });
  const malformed = (offset: number): never => {
    const { line, col } = lines.linePos(offset);
    return fault("ValidationError", `Template format error: YAML not well-formed. (line ${line}, column ${col})`);
  };
  const [error] = document.errors;
  if (error !== undefined) malformed(error.pos[0]);
  return document.contents === null
    ? null
    : toJson(document.contents as Node, { targets: targetsIn(document), shortForms, malformed, depth: 0, nodes: 0 });
}

/** What each alias stands for: the last node before it that has its anchor. To look for each would be to read the text again and again. */
function targetsIn(document: Document.Parsed): Map<Alias, Node> {
  const anchored = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias: (_, alias) => void targets.set(alias, anchored.get(alias.source)!),
    Value: (_, node) => void (node.anchor && anchored.set(node.anchor, node)),
  });
  return targets;
}

interface Reading {
  readonly targets: ReadonlyMap<Alias, Node>;
  readonly shortForms: ShortForms;
  malformed(offset: number): never;
  depth: number;
  nodes: number;
}

function toJson(node: Node | null, reading: Reading): Json {
  if (node === null) return null;
  if (++reading.depth > DEPTH_MAX || ++reading.nodes > NODES_MAX) unsupported();
  const value = valueOfNode(node, reading);
  reading.depth--;
  return value;
}

function valueOfNode(node: Node, reading: Reading): Json {
  if (isAlias(node)) return toJson(reading.targets.get(node) ?? reading.malformed(node.range![0]), reading);
  const value = untagged(node, reading);
  const tag = node.tag;
  if (tag === undefined || !tag.startsWith("!")) return value;
  const name = reading.shortForms[tag] ?? reading.malformed(node.range![0]);
  return { [name]: name === "Fn::GetAtt" && typeof value === "string" ? splitAttribute(value) : value };
}

/** `Name.Attribute.Of.Attribute` is the resource Name and the attribute Attribute.Of.Attribute. */
const splitAttribute = (text: string): Json => {
  const dot = text.indexOf(".");
  return dot === -1 ? [text] : [text.slice(0, dot), text.slice(dot + 1)];
};

function untagged(node: Node, reading: Reading): Json {
  if (isScalar(node)) return scalar(node.value, node.source, node.tag);
  if (isSeq(node)) return node.items.map((item) => toJson(item as Node | null, reading));
  if (!isMap(node)) return reading.malformed(node.range?.[0] ?? 0);
  const merged: Record<string, Json> = {};
  const own: Record<string, Json> = {};
  for (const pair of node.items) {
    if (!isPair(pair) || !isScalar(pair.key)) return reading.malformed(node.range![0]);
    const value = toJson(pair.value as Node | null, reading);
    if (pair.key.value === "<<") Object.assign(merged, ...[value].flat().reverse().filter(isObject));
    else own[keyText(pair.key.value, pair.key.source)] = value;
  }
  return { ...merged, ...own };
}

/** What follows a short form is text as it stands: `!Sub 10` is not the number. */
const scalar = (value: unknown, source: string | undefined, tag: string | undefined): Json =>
  tag?.startsWith("!") && source !== undefined ? source : (value as Json);

const keyText = (value: unknown, source: string | undefined): string => (typeof value === "string" ? value : (source ?? String(value)));
