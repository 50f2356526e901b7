import { JsonCodec2 } from "@aws-sdk/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { bytesOf } from "./protocol.ts";

/** Writes shapes as JSON, by the SDK's serializer. */
export class JsonWriter {
  readonly #serializer: ReturnType<JsonCodec2["createSerializer"]>;

  constructor(jsonNames: boolean) {
    const codec = new JsonCodec2({ timestampFormat: { useTrait: true, default: 7 as const }, jsonName: jsonNames });
    this.#serializer = codec.createSerializer();
  }

  write(schema: NormalizedSchema, value: unknown): Buffer {
    this.#serializer.write(schema, value);
    return bytesOf(this.#serializer.flush() as unknown as Uint8Array);
  }
}

export const jsonWriter = new JsonWriter(false);
export const jsonNameWriter = new JsonWriter(true);
