import { EventStreamCodec } from "@smithy/core/event-streams";
import { NormalizedSchema } from "@smithy/core/schema";
import { fromUtf8, toUtf8 } from "@smithy/core/serde";
import { isFault } from "../kernel/fault.ts";
import { rawStruct } from "./model.ts";
import { jsonWriter } from "./protocol/json.ts";
import { bytesOf } from "./protocol/protocol.ts";

type HeaderValue = { type: "string"; value: string } | { type: "integer"; value: number } | { type: "boolean"; value: boolean };

const codec = new EventStreamCodec(toUtf8, fromUtf8);

/** The member that holds a stream of events, if one does. */
export function eventStreamMember(schema: NormalizedSchema): string | undefined {
  return schema.isStructSchema() ? schema.getEventStreamMember() || undefined : undefined;
}

/**
 * An output with a stream of events, as frames: https://smithy.io/2.0/aws/amazon-eventstream.html
 * RPC protocols have no other place for the output's plain members than a first frame, `initial-response`, in their content type.
 */
export async function* eventFrames(
  output: NormalizedSchema,
  value: Record<string, unknown>,
  initialContentType: string | undefined,
): AsyncGenerator<Uint8Array> {
  const name = eventStreamMember(output)!;
  const union = output.getMemberSchema(name);
  if (initialContentType !== undefined) yield frame("initial-response", initialContentType, jsonWriter.write(without(output, name), value));
  try {
    for await (const event of value[name] as AsyncIterable<Record<string, unknown>>) {
      const [type, members] = Object.entries(event)[0]!;
      yield eventFrame(type, union.getMemberSchema(type), (members ?? {}) as Record<string, unknown>);
    }
  } catch (error) {
    // The answer has begun: all that can be said now is said in the stream.
    if (!isFault(error)) throw error;
    const headers = messageHeaders("exception", "exception-type", error.name, "application/json");
    yield codec.encode({ headers, body: Buffer.from(JSON.stringify({ message: error.message })) });
  }
}

function eventFrame(type: string, schema: NormalizedSchema, members: Record<string, unknown>): Uint8Array {
  const extra: Record<string, HeaderValue> = {};
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits() as { eventHeader?: unknown; eventPayload?: unknown };
    if (traits.eventPayload !== undefined) return frame(type, payloadType(member), payloadOf(member, members[name]), extra);
    if (traits.eventHeader !== undefined && members[name] !== undefined) extra[name] = headerOf(members[name]);
  }
  return frame(type, "application/json", jsonWriter.write(schema, members), extra);
}

function payloadType(member: NormalizedSchema): string {
  if (member.isBlobSchema()) return "application/octet-stream";
  return member.isStringSchema() ? "text/plain" : "application/json";
}

function payloadOf(member: NormalizedSchema, value: unknown): Uint8Array {
  if (value === undefined) return new Uint8Array();
  if (member.isBlobSchema() || member.isStringSchema()) return Buffer.from(value as Uint8Array);
  return jsonWriter.write(member, value);
}

function headerOf(value: unknown): HeaderValue {
  if (typeof value === "boolean") return { type: "boolean", value };
  return typeof value === "number" ? { type: "integer", value } : { type: "string", value: String(value) };
}

const messageHeaders = (message: string, key: string, type: string, contentType: string): Record<string, HeaderValue> => ({
  ":message-type": { type: "string", value: message },
  [`:${key}`]: { type: "string", value: type },
  ":content-type": { type: "string", value: contentType },
});

function frame(type: string, contentType: string, body: Uint8Array, extra: Record<string, HeaderValue> = {}): Uint8Array {
  return bytesOf(codec.encode({ headers: { ...messageHeaders("event", "event-type", type, contentType), ...extra } as never, body }));
}

/** The structure less its stream. */
function without(schema: NormalizedSchema, name: string): NormalizedSchema {
  const [kind, namespace, shape, traits, names, members] = rawStruct(schema);
  const kept = names.map((_, index) => index).filter((index) => names[index] !== name);
  return NormalizedSchema.of([
    kind,
    namespace,
    shape,
    traits,
    kept.map((index) => names[index]),
    kept.map((index) => members[index]),
  ] as never);
}
