import { NormalizedSchema } from "@smithy/core/schema";
import type { ConstraintTable } from "./constraint-table.ts";

export type ProtocolName = "awsJson1_0" | "awsJson1_1" | "awsQuery" | "ec2Query" | "restJson1" | "restXml" | "rpcv2Cbor";

/** What `prepare` wrote down about a service of AWS in src/sdk/services.json. */
export interface ServiceFacts {
  readonly namespace: string;
  /** What its current SDKs speak; other clients may speak another. */
  readonly protocol: string;
  /** The prefix of X-Amz-Target. */
  readonly target: string;
  readonly version: string;
  readonly xmlNamespace: string;
  readonly queryCompatible: boolean;
  /** The service in a credential scope. */
  readonly signingName: string;
  /** Such as CloudWatch Logs. */
  readonly serviceId: string;
}

/** The wire shape of one operation. */
export interface OperationModel {
  readonly name: string;
  readonly service: ServiceModel;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  readonly http: { readonly method: string; readonly uri: string; readonly status: number } | undefined;
  /** The input member whose bytes are written to a blob before the handler sees it. */
  readonly streamingInput: string | undefined;
}

/** The wire shape of a whole service. */
export interface ServiceModel {
  /** As in `Service.name`. */
  readonly name: string;
  readonly facts: ServiceFacts;
  readonly operations: ReadonlyMap<string, OperationModel>;
  /** By name, and by the code that query clients know it by. */
  readonly errors: ReadonlyMap<string, NormalizedSchema>;
  readonly constraints: ConstraintTable;
  readonly isS3: boolean;
}

/** The schema of an operation: [kind, namespace, name, traits, input, output]. */
type RawOperation = readonly [number, string, string, { http?: [string, string, number] } | number, unknown, unknown];

const OPERATION = 9;
const ERROR = -3;

/** Build the model of a service out of the schema constants that its SDK module exports. */
export function modelOf(
  name: string,
  facts: ServiceFacts,
  exports: Readonly<Record<string, unknown>>,
  constraints: ConstraintTable,
): ServiceModel {
  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, NormalizedSchema>();
  const model: ServiceModel = { name, facts, operations, errors, constraints, isS3: facts.signingName === "s3" };
  for (const [key, schema] of Object.entries(exports)) {
    if (!Array.isArray(schema) || !key.endsWith("$")) continue;
    if (schema[0] === OPERATION) operations.set(schema[2], operationOf(model, schema as unknown as RawOperation));
    if (schema[0] === ERROR) errors.set(schema[2], NormalizedSchema.of(schema as never));
  }
  return model;
}

function operationOf(service: ServiceModel, schema: RawOperation): OperationModel {
  const [, , name, traits, input, output] = schema;
  const http = typeof traits === "object" ? traits.http : undefined;
  const inputSchema = NormalizedSchema.of(input as never);
  return {
    name,
    service,
    input: inputSchema,
    output: NormalizedSchema.of(output as never),
    http: http && { method: http[0], uri: http[1], status: http[2] },
    streamingInput: streamingMember(inputSchema),
  };
}

/** The member that holds a stream of bytes, if one does. */
export function streamingMember(schema: NormalizedSchema): string | undefined {
  if (!schema.isStructSchema()) return undefined;
  for (const [name, member] of schema.structIterator()) if (member.isStreaming() && member.isBlobSchema()) return name;
  return undefined;
}

/** The schema itself: [kind, namespace, name, traits, member names, member schemas, how many are required]. */
export type RawStruct = readonly [number, string, string, unknown, readonly string[], readonly unknown[], number?];

export const rawStruct = (schema: NormalizedSchema): RawStruct => schema.getSchema() as unknown as RawStruct;

/** The same structure under another name: serializers call the root element after the shape. */
export function renamed(schema: NormalizedSchema, name: string): NormalizedSchema {
  const [kind, namespace, , , names, members] = rawStruct(schema);
  return NormalizedSchema.of([kind, namespace, name, 0, names, members] as never);
}
