import type { NormalizedSchema } from "@smithy/core/schema";
import type { Constraint, ConstraintTable } from "../constraint-table.ts";
import { Malformed } from "../errors.ts";
import { type RawStruct, rawStruct } from "../model.ts";
import { base64, bigDecimal, bigInteger, EPOCH_SECONDS, epoch, instant, notFinite, numberOf, timestampFormat } from "./scalar.ts";

type Read = (value: unknown) => unknown;

/**
 * Reads JSON as its shape, and refuses what is not: the SDK's own reader trusts the service, a service may not trust its
 * callers. A shape is compiled into functions the first time it is read.
 */
export class JsonReader {
  readonly #constraints: ConstraintTable;
  /** Whether members go by their jsonName trait, as in restJson1. */
  readonly #jsonNames: boolean;
  readonly #structures = new Map<RawStruct, Read>();

  constructor(constraints: ConstraintTable, jsonNames: boolean) {
    this.#constraints = constraints;
    this.#jsonNames = jsonNames;
  }

  /** A body's JSON as the shape; an empty body is an empty object. */
  read(schema: NormalizedSchema, body: Buffer): unknown {
    if (schema.isUnitSchema()) return {};
    const value = body.length === 0 ? {} : parse(body);
    return schema.isDocumentSchema() ? asDocument(value) : this.#reader(schema, undefined)(value);
  }

  #reader(schema: NormalizedSchema, constraint: Constraint | undefined): Read {
    if (schema.isUnitSchema()) return () => ({});
    if (schema.isStructSchema()) return this.#structure(schema);
    if (schema.isListSchema()) return this.#list(schema, constraint);
    if (schema.isMapSchema()) return this.#map(schema, constraint);
    if (schema.isStringSchema()) return readString;
    if (schema.isNumericSchema()) return (value) => readNumber(value, constraint);
    if (schema.isBooleanSchema()) return readBoolean;
    if (schema.isTimestampSchema()) return timestampReader(schema);
    if (schema.isBlobSchema()) return (value) => base64(readString(value));
    if (schema.isBigIntegerSchema())
      return (value) => (typeof value === "bigint" ? value : bigInteger(String(readNumber(value, undefined))));
    if (schema.isBigDecimalSchema())
      return (value) => bigDecimal(typeof value === "bigint" ? String(value) : String(readNumber(value, undefined)));
    return asDocument;
  }

  #structure(schema: NormalizedSchema): Read {
    const raw = rawStruct(schema);
    const known = this.#structures.get(raw);
    if (known !== undefined) return known;
    const members = new Map<
      string,
      { name: string; read: Read | undefined; schema: NormalizedSchema; constraint: Constraint | undefined }
    >();
    const constraints = this.#constraints[raw[2]];
    for (const [name, member] of schema.structIterator()) {
      const jsonName = this.#jsonNames ? (member.getMergedTraits() as { jsonName?: string }).jsonName : undefined;
      members.set(jsonName ?? name, { name, schema: member, constraint: constraints?.[name], read: undefined });
    }
    const isUnion = schema.isUnionSchema();
    const read: Read = (value) => {
      const object = requireObject(value);
      if (isUnion) requireOneMember(object, members);
      const result: Record<string, unknown> = {};
      for (const key in object) {
        const item = object[key];
        const member = members.get(key);
        if (item === null || member === undefined) continue;
        member.read ??= this.#reader(member.schema, member.constraint);
        result[member.name] = member.read(item);
      }
      return result;
    };
    this.#structures.set(raw, read);
    return read;
  }

  #list(schema: NormalizedSchema, constraint: Constraint | undefined): Read {
    const item = this.#reader(schema.getValueSchema(), constraint?.each);
    const isSparse = isSparseSchema(schema);
    return (value) => {
      if (!Array.isArray(value)) throw new Malformed("Expected list or null");
      return value.map((entry) => {
        if (entry !== null) return item(entry);
        if (!isSparse) throw new Malformed("Lists may not hold null.");
        return null;
      });
    };
  }

  #map(schema: NormalizedSchema, constraint: Constraint | undefined): Read {
    const entry = this.#reader(schema.getValueSchema(), constraint?.value);
    const isSparse = isSparseSchema(schema);
    return (value) => {
      const object = requireObject(value);
      const result: Record<string, unknown> = {};
      for (const key of Object.keys(object)) {
        if (object[key] === null && !isSparse) throw new Malformed("Maps may not hold null.");
        define(result, key, object[key] === null ? null : entry(object[key]));
      }
      return result;
    };
  }
}

const isSparseSchema = (schema: NormalizedSchema): boolean => (schema.getMergedTraits() as { sparse?: unknown }).sparse !== undefined;

/** A map's keys are the caller's, __proto__ among them. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}

/** More digits than a double holds exactly. */
const LONG_NUMBER = /\d{16}/;

/** JSON, with integers that a double cannot hold as bigints. */
function parse(body: Buffer): unknown {
  const text = body.toString("utf8");
  try {
    return LONG_NUMBER.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text);
  } catch (error) {
    throw new Malformed(`The request body is not valid JSON: ${(error as Error).message}`);
  }
}

const exactNumber = ((_key: string, value: unknown, { source }: { source: string }): unknown =>
  typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value) as (
  key: string,
  value: unknown,
) => unknown;

function requireObject(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Malformed("Expected structure or map");
  return value as Record<string, unknown>;
}

/** A union has exactly one member that is set, and none that we do not know. */
function requireOneMember(object: Record<string, unknown>, members: ReadonlyMap<string, unknown>): void {
  let set = 0;
  for (const key in object) {
    if (object[key] === null || key === "__type") continue;
    if (!members.has(key)) throw new Malformed(`'${key}' is no member of the union.`);
    set++;
  }
  if (set !== 1) throw new Malformed("A union has exactly one member.");
}

function readString(value: unknown): string {
  if (typeof value !== "string") throw new Malformed(`${kindOf(value)} can not be converted to a String`);
  return value;
}

function readNumber(value: unknown, constraint: Constraint | undefined): number {
  if (typeof value === "number") return numberOf(value, constraint?.type);
  if (typeof value === "bigint") return numberOf(Number(value), constraint?.type);
  const special = typeof value === "string" ? notFinite(value, constraint?.type) : undefined;
  if (special === undefined) throw new Malformed(`${kindOf(value)} can not be converted to a Number`);
  return special;
}

function readBoolean(value: unknown): boolean {
  if (typeof value !== "boolean") throw new Malformed(`${kindOf(value)} can not be converted to a Boolean`);
  return value;
}

function timestampReader(schema: NormalizedSchema): Read {
  const format = timestampFormat(schema, EPOCH_SECONDS);
  if (format !== EPOCH_SECONDS) return (value) => instant(readString(value), format);
  return (value) => {
    if (typeof value !== "number") throw new Malformed(`${kindOf(value)} can not be converted to a Timestamp`);
    return epoch(value);
  };
}

/** Documents hold whatever JSON does. */
function asDocument(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(asDocument);
  if (typeof value !== "object" || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) define(result, key, asDocument(item));
  return result;
}

/** AWS's words for what it found. */
function kindOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      return "STRING_VALUE";
    case "boolean":
      return value ? "TRUE_VALUE" : "FALSE_VALUE";
    case "object":
      return Array.isArray(value) ? "START_ARRAY" : "START_OBJECT";
    default:
      return "NUMBER_VALUE";
  }
}
