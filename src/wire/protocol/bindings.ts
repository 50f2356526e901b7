import { ToStringShapeSerializer } from "@smithy/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import { splitEvery, splitHeader } from "@smithy/core/serde";
import type { Constraint, ConstraintTable } from "../constraint-table.ts";
import { Malformed } from "../errors.ts";
import { header } from "../headers.ts";
import { rawStruct } from "../model.ts";
import { base64, DATE_TIME, HTTP_DATE, scalarFromText, type TimestampFormat, timestampFormat } from "../shape/scalar.ts";
import type { Incoming, Reply } from "./protocol.ts";

/** Where in HTTP a member goes: https://smithy.io/2.0/spec/http-bindings.html */
export interface Binding {
  readonly place: "label" | "query" | "queryParams" | "header" | "prefixHeaders" | "payload" | "status" | "body";
  readonly name: string;
  /** The name on the wire: of a query parameter, or of a header in lower case. */
  readonly wireName: string;
  readonly schema: NormalizedSchema;
  readonly isRequired: boolean;
  readonly constraint: Constraint | undefined;
}

/** How a structure is spread over an HTTP message. */
export interface BindingPlan {
  readonly bindings: readonly Binding[];
  /** The member that is the whole body. */
  readonly payload: Binding | undefined;
  /** The structure of those members that go into the body together. */
  readonly body: NormalizedSchema | undefined;
}

interface HttpTraits {
  readonly httpPayload?: unknown;
  readonly httpLabel?: unknown;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpQuery?: string;
  readonly httpQueryParams?: unknown;
  readonly httpResponseCode?: unknown;
  readonly mediaType?: string;
}

export const httpTraits = (schema: NormalizedSchema): HttpTraits => schema.getMergedTraits() as HttpTraits;

/** Plan a request's or a response's structure; a response has no URI, so what only a request binds goes into its body. */
export function planOf(schema: NormalizedSchema, direction: "request" | "response", constraints: ConstraintTable): BindingPlan {
  if (schema.isUnitSchema()) return { bindings: [], payload: undefined, body: undefined };
  const raw = rawStruct(schema);
  const [kind, namespace, shape, , names, members, required = 0] = raw;
  const bindings = [...schema.structIterator()].map(([name, member], index): Binding => {
    const [place, wireName] = placeOf(name, httpTraits(member), direction);
    return { place, wireName, name, schema: member, isRequired: index < required, constraint: constraints[shape]?.[name] };
  });
  const inBody = bindings.flatMap(({ place }, index) => (place === "body" ? [index] : []));
  const body = [
    kind,
    namespace,
    shape,
    schema.getMergedTraits(),
    inBody.map((index) => names[index]),
    inBody.map((index) => members[index]),
  ];
  return {
    bindings,
    payload: bindings.find(({ place }) => place === "payload"),
    body: inBody.length === 0 ? undefined : NormalizedSchema.of(body as never),
  };
}

function placeOf(name: string, traits: HttpTraits, direction: "request" | "response"): [Binding["place"], string] {
  if (traits.httpPayload !== undefined) return ["payload", ""];
  if (traits.httpHeader !== undefined) return ["header", traits.httpHeader.toLowerCase()];
  if (traits.httpPrefixHeaders !== undefined) return ["prefixHeaders", prefixOf(traits.httpPrefixHeaders)];
  if (direction === "response") return traits.httpResponseCode === undefined ? ["body", ""] : ["status", ""];
  if (traits.httpLabel !== undefined) return ["label", name];
  if (traits.httpQuery !== undefined) return ["query", traits.httpQuery];
  return traits.httpQueryParams === undefined ? ["body", ""] : ["queryParams", ""];
}

/** An empty prefix is written as a flag. */
const prefixOf = (prefix: unknown): string => (typeof prefix === "string" ? prefix.toLowerCase() : "");

/** The members that are in the URI and the headers. */
export function readBindings({ bindings }: BindingPlan, { head, labels }: Incoming): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const binding of bindings) {
    const value = readBinding(binding, head, labels);
    if (value !== undefined) input[binding.name] = value;
  }
  return input;
}

function readBinding({ place, name, wireName, schema, constraint }: Binding, head: Incoming["head"], labels: Incoming["labels"]): unknown {
  switch (place) {
    case "label":
      return scalarFromText(schema, unescapeUri(labels[name] ?? ""), constraint, DATE_TIME);
    case "query":
      return readQuery(schema, wireName, head.query, constraint);
    case "queryParams":
      return queryMap(schema, head.query);
    case "header": {
      const text = header(head.headers, wireName);
      return text === undefined ? undefined : headerValue(schema, text, constraint);
    }
    case "prefixHeaders":
      return prefixedHeaders(wireName, head);
    default:
      return undefined;
  }
}

function unescapeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Malformed(`'${text}' is not a valid URI.`);
  }
}

function readQuery(schema: NormalizedSchema, name: string, query: URLSearchParams, constraint: Constraint | undefined): unknown {
  if (!query.has(name)) return undefined;
  if (!schema.isListSchema()) return scalarFromText(schema, query.get(name)!, constraint, DATE_TIME);
  return query.getAll(name).map((text) => scalarFromText(schema.getValueSchema(), text, constraint?.each, DATE_TIME));
}

function queryMap(schema: NormalizedSchema, query: URLSearchParams): Record<string, unknown> {
  const holdsLists = schema.getValueSchema().isListSchema();
  const names = [...new Set(query.keys())];
  return Object.fromEntries(names.map((name) => [name, holdsLists ? query.getAll(name) : query.get(name)]));
}

function headerValue(schema: NormalizedSchema, text: string, constraint: Constraint | undefined): unknown {
  if (schema.isListSchema()) {
    const item = schema.getValueSchema();
    return headerItems(item, text).map((part) => scalarFromText(item, part.trim(), constraint?.each, HTTP_DATE));
  }
  // Structured text goes through a header in base64.
  if (schema.isStringSchema() && httpTraits(schema).mediaType !== undefined) return Buffer.from(base64(text)).toString("utf8");
  return scalarFromText(schema, text, constraint, HTTP_DATE);
}

function headerItems(item: NormalizedSchema, text: string): string[] {
  if (text === "") return [];
  const isHttpDate = item.isTimestampSchema() && timestampFormat(item, HTTP_DATE) === HTTP_DATE;
  return isHttpDate ? splitEvery(text, ",", 2) : splitHeader(text);
}

function prefixedHeaders(prefix: string, { headers }: Incoming["head"]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name in headers) if (name.startsWith(prefix)) found[name.slice(prefix.length)] = header(headers, name)!;
  return found;
}

/** Writes members into a response's head. */
export class BindingWriter {
  readonly #text: ToStringShapeSerializer;

  constructor(format: TimestampFormat) {
    this.#text = new ToStringShapeSerializer({ httpBindings: true, timestampFormat: { useTrait: true, default: format as never } });
  }

  write({ bindings }: BindingPlan, output: Record<string, unknown>, reply: Reply): void {
    for (const { place, name, wireName } of bindings) {
      if (place !== "prefixHeaders") continue;
      for (const [key, value] of Object.entries(output[name] ?? {}))
        if (value != null) reply.headers[wireName + key.toLowerCase()] = String(value);
    }
    for (const { place, name, wireName, schema } of bindings) {
      const value = output[name];
      if (value == null) continue;
      if (place === "status") reply.status = value as number;
      if (place !== "header") continue;
      this.#text.write(schema, value);
      reply.headers[wireName] = String(this.#text.flush());
    }
  }
}
