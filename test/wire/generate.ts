import type { NormalizedSchema } from "@smithy/core/schema";

/** Where in HTTP a value goes; some places cannot carry every text. */
export type Place = "body" | "label" | "header" | "query";

const TEXTS = ["a", "abc def", "x<&>\"'y", "é漢字", "a=b&c+d", "line1\nline2", "100%", '{"a":1}'];
const LABELS = ["lbl", "a b", "x-y", "é"];

/** Values of a shape, drawn from a seed: the same run after run. */
export class Generator {
  #seed: number;
  /** Members not to generate, because clients compute them or want them in a form of their own. */
  readonly #left: ReadonlySet<string>;
  readonly #texts: readonly string[];

  constructor(seed: number, left: readonly string[] = [], texts: readonly string[] = TEXTS) {
    this.#seed = seed;
    this.#left = new Set(left);
    this.#texts = texts;
  }

  value(schema: NormalizedSchema, depth = 0, place: Place = "body"): any {
    if (schema.isUnitSchema()) return {};
    if (schema.isStructSchema()) return this.#structure(schema, depth);
    if (schema.isListSchema()) return this.#list(schema, depth, place);
    if (schema.isMapSchema()) return this.#map(schema, depth, place);
    return this.#scalar(schema, place);
  }

  #structure(schema: NormalizedSchema, depth: number): Record<string, unknown> {
    const members = [...schema.structIterator()].filter(([name, member]) => !this.#left.has(name) && !isEventStream(member));
    if (schema.isUnionSchema()) {
      const [name, member] = this.#one(members);
      return { [name]: this.value(member, depth + 1) };
    }
    const required = (schema.getSchema() as unknown as unknown[])[6] as number | undefined;
    const chosen = members.filter(
      ([, member], index) => index < (required ?? 0) || isPayload(member) || (depth < 4 && this.#number() < (depth === 0 ? 0.8 : 0.5)),
    );
    // A structure without members is not seen in forms, nor in XML.
    if (chosen.length === 0 && depth < 12)
      chosen.push(...[members.find(([, member]) => isScalar(member)) ?? members[0]].filter((member) => member !== undefined));
    return Object.fromEntries(chosen.map(([name, member]) => [name, this.value(member, depth + 1, placeOf(member))]));
  }

  #list(schema: NormalizedSchema, depth: number, place: Place): unknown[] {
    if (depth > 9) return [];
    return Array.from({ length: place === "body" ? 1 + this.#below(3) : 2 }, () => this.value(schema.getValueSchema(), depth + 1, place));
  }

  #map(schema: NormalizedSchema, depth: number, place: Place): Record<string, unknown> {
    if (depth > 9) return {};
    return { [place === "body" ? "K 0" : "k0"]: this.value(schema.getValueSchema(), depth + 1, place) };
  }

  #scalar(schema: NormalizedSchema, place: Place): unknown {
    const traits = schema.getMergedTraits() as { httpResponseCode?: unknown; mediaType?: unknown };
    if (schema.isBlobSchema()) return Buffer.from("blob\x00\x01");
    if (schema.isTimestampSchema()) return new Date(1_700_000_000_000);
    if (traits.httpResponseCode !== undefined) return 200;
    if (schema.isBooleanSchema()) return this.#number() < 0.5;
    if (schema.isNumericSchema()) return this.#below(1000);
    if (schema.isBigIntegerSchema()) return 12345678901234567890n;
    if (schema.isDocumentSchema()) return { a: 1, b: ["x"] };
    if (traits.mediaType !== undefined) return '{"a":1}';
    if (place === "header") return `hv${this.#below(9)}`;
    return place === "label" ? this.#one(LABELS) : this.#one(this.#texts);
  }

  #number(): number {
    this.#seed = (this.#seed * 1103515245 + 12345) & 0x7fffffff;
    return this.#seed / 0x7fffffff;
  }

  #below(limit: number): number {
    return Math.floor(this.#number() * limit) % limit;
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }
}

/** Clients take some answers without a payload for broken ones. */
const isPayload = (schema: NormalizedSchema): boolean => (schema.getMergedTraits() as { httpPayload?: unknown }).httpPayload !== undefined;

const isEventStream = (schema: NormalizedSchema): boolean => schema.isStreaming() && schema.isStructSchema();

const isScalar = (schema: NormalizedSchema): boolean => !schema.isStructSchema() && !schema.isListSchema() && !schema.isMapSchema();

function placeOf(schema: NormalizedSchema): Place {
  const traits = schema.getMergedTraits() as Record<string, unknown>;
  if (traits["httpLabel"] !== undefined) return "label";
  if (traits["httpHeader"] !== undefined || traits["httpPrefixHeaders"] !== undefined) return "header";
  return traits["httpQuery"] !== undefined || traits["httpQueryParams"] !== undefined ? "query" : "body";
}
