import { MemoryBlobs } from "../../src/kernel/blob.ts";
import type { Caller, KnownKey } from "../../src/kernel/caller.ts";
import type { Operation } from "../../src/kernel/operation.ts";
import type { Service } from "../../src/kernel/service.ts";
import type { Backend, Trust } from "../../src/wire/backend.ts";

/** What a test's service answers: as the kernel would call a handler, without a kernel. */
export type Answer = (call: { service: string; operation: string; input: any; caller: Caller; signal: AbortSignal }) => unknown;

export interface TestBackendOptions {
  readonly trust?: Trust;
  readonly keys?: Readonly<Record<string, KnownKey>>;
  readonly now?: () => number;
  readonly authorize?: Backend["authorize"];
}

/** Services that implement the given schemas, all by one function. */
export function testBackend(
  schemas: Readonly<Record<string, readonly (readonly unknown[])[]>>,
  answer: Answer,
  { trust = "open", keys = {}, now = Date.now, authorize = () => undefined }: TestBackendOptions = {},
): Backend {
  const services = Object.entries(schemas).map(
    ([name, list]): Service => ({
      name,
      tables: [],
      operations: list.map((schema): Operation => ({ schema, name: String(schema[2]), handle: () => undefined })),
    }),
  );
  return {
    services,
    blobs: new MemoryBlobs(),
    trust,
    now,
    authorize,
    identify: (accessKeyId) => keys[accessKeyId],
    call: (service, operation, input, caller, signal) =>
      answer({ service: service.name, operation: operation.name, input, caller, signal }),
  };
}

/** A value without what codecs may choose: Dates as milliseconds, bytes as base64, undefined members gone. */
export function plain(value: unknown): unknown {
  if (value instanceof Date) return value.getTime();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof String) return String(value);
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map((item) => plain(item) ?? null);
  if (typeof value !== "object" || value === null) return value;
  if (value.constructor?.name === "NumericValue") return (value as unknown as { string: string }).string;
  const entries = Object.entries(value).flatMap(([key, item]) =>
    item === undefined || key === "$metadata" ? [] : [[key, plain(item)] as const],
  );
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}
