import { existsSync } from "node:fs";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/wire/backend.ts";
import { Catalog } from "../../src/wire/catalog.ts";
import { eventStreamMember } from "../../src/wire/event-stream.ts";
import { modelOf, type OperationModel, type ServiceFacts, type ServiceModel, streamingMember } from "../../src/wire/model.ts";
import { createWire } from "../../src/wire/server.ts";
import { plain, testBackend } from "./backend.ts";
import { Generator } from "./generate.ts";

// Every operation of every service, called by the SDK's own client with a generated input and answered with a generated output:
// both must come out as they went in. Every exception of every service, too.

const require = createRequire(import.meta.url);
const facts = require("../../src/sdk/services.json") as Record<string, ServiceFacts>;

/** Members that the SDK's clients compute, check or rewrite themselves. */
const LEFT = [
  "SSECustomerKey",
  "SSECustomerKeyMD5",
  "CopySourceSSECustomerKey",
  "CopySourceSSECustomerKeyMD5",
  "ContentMD5",
  "ContentLength",
]
  .concat([
    "ChecksumAlgorithm",
    "ChecksumMode",
    "ContentEncoding",
    "MD5OfMessageBody",
    "MD5OfBody",
    "MD5OfMessageAttributes",
    "RequestRoute",
  ])
  .concat(
    ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"].map(
      (name) => `Checksum${name}`,
    ),
  )
  .concat(["MD5OfMessageSystemAttributes", "EndpointId", "Expires", "ExpiresString", "PresignedUrl"]);

/** In a form, ReceiveMessage has one name for two members. */
LEFT.push("MessageSystemAttributeNames");

/** What we do not do, and why. */
const OTHER_SERVICES: Readonly<Record<string, string>> = {
  ListDirectoryBuckets: "its requests are signed for S3 Express",
  WriteGetObjectResponse: "its requests are signed for S3 Object Lambda",
};

interface Received {
  readonly operation: string;
  readonly input: Record<string, any>;
}

interface Spoken {
  readonly service: string;
  readonly as: string;
  readonly protocol?: unknown;
}

/** Services of data/models have no client of the SDK: boto3 is their witness (mirror.test.ts). */
const hasClient = (service: string): boolean => !existsSync(new URL(`../../data/models/${service}.json`, import.meta.url));

const spoken: Spoken[] = Object.entries(facts)
  .filter(([service]) => hasClient(service))
  .map(([service, { protocol }]): Spoken => ({ service, as: protocol }));
if ("cloudwatch" in facts) spoken.push({ service: "cloudwatch", as: "rpcv2Cbor", protocol: AwsSmithyRpcV2CborProtocol });
if ("cloudwatch" in facts) spoken.push({ service: "cloudwatch", as: "awsQuery", protocol: AwsQueryProtocol });
if ("sqs" in facts) spoken.push({ service: "sqs", as: "awsQuery", protocol: AwsQueryProtocol });

const modules: Record<string, Record<string, any>> = {};
for (const name of Object.keys(facts))
  modules[name] = { ...(await import(`../../src/sdk/${name}.js`)), ...(await import(`../../src/sdk/schemas/${name}.js`)) };
const models = Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, modelOf(name, facts[name]!, module, {})]));

let server: Server;
let backend: Backend;
let received: Received | undefined;
let answer: () => unknown = () => ({});
const defects: unknown[] = [];

beforeAll(async () => {
  const schemas = Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, operationSchemas(module)]));
  backend = testBackend(schemas, (call) => {
    received = call;
    return answer();
  });
  // Generated values have no regard for patterns and lengths: nothing is to be validated here.
  const catalog = new Catalog({ facts, schemas: async (name) => modules[name]!, constraints: () => ({}) });
  server = await createWire(backend, { catalog, onDefect: (error) => defects.push(error) }).listen(0);
});
afterAll(() => server.close());

const operationSchemas = (module: Record<string, unknown>): unknown[][] =>
  Object.values(module).filter((value): value is unknown[] => Array.isArray(value) && value[0] === 9);

describe.each(spoken)("$service as $as", ({ service, protocol }) => {
  const model: ServiceModel = models[service]!;
  const sdk = require(`@aws-sdk/client-${service}`);
  const Client = sdk[Object.keys(sdk).find((name) => name.endsWith("Client") && name !== "__Client")!];
  const generator = new Generator(42, LEFT);
  let client: any;

  beforeAll(() => {
    client = new Client({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      maxAttempts: 1,
      disableHostPrefix: true,
      forcePathStyle: true,
      md5: false,
      responseChecksumValidation: "WHEN_REQUIRED",
      ...(protocol === undefined ? {} : { protocol }),
    });
    // The clients are about to warn of members that they deprecated.
    client.config.logger = {};
  });
  afterAll(() => client.destroy());

  for (const operation of model.operations.values()) {
    const reason = eventStreamMember(operation.input) === undefined ? OTHER_SERVICES[operation.name] : "its input is a stream of events";
    if (reason === undefined) it(operation.name, () => check(operation));
    else it.skip(`${operation.name}: ${reason}`);
  }

  async function check(operation: OperationModel): Promise<void> {
    const input = inputFor(operation, generator);
    const output = outputFor(operation, generator);
    answer = () => output;
    const result = await client.send(new sdk[`${operation.name}Command`](input)).catch(unexpected);
    expect(defects.splice(0)).toEqual([]);
    expect(received?.operation).toBe(operation.name);
    expect(inputOf(operation, received?.input ?? {}, input)).toEqual(plain(input));
    if (eventStreamMember(operation.output) === undefined) expect(await outputOf(operation, result, output)).toEqual(plain(output));
  }

  const simplest = [...model.operations.values()]
    .sort((one, other) => required(one) - required(other))
    .find(({ http }) => http?.method !== "HEAD")!;
  const exceptions = [...model.errors.keys()].filter((name) => modules[service]![name] !== undefined);

  it.each(exceptions)("%s", async (name) => {
    answer = () => {
      throw new modules[service]![name]({ message: "msg <&> é", $metadata: {} });
    };
    const error = await client.send(new sdk[`${simplest.name}Command`](inputFor(simplest, generator))).then(
      () => undefined,
      (refusal: Error) => refusal,
    );
    expect(defects.splice(0)).toEqual([]);
    const traits = model.errors.get(name)!.getMergedTraits() as { awsQueryError?: [string, number] };
    // Where two exceptions share a query code, clients cannot tell them apart.
    expect([name, traits.awsQueryError?.[0]]).toContain(error?.constructor.name);
    expect(error?.message).toBe("msg <&> é");
  });
});

const required = ({ input }: OperationModel): number =>
  input.isStructSchema() ? (((input.getSchema() as unknown as unknown[])[6] as number) ?? 0) : 0;

function unexpected(error: Error & { $response?: { body?: unknown } }): never {
  throw new Error(`the client threw ${error.name}: ${error.message}; ${String(defects[0] ?? "")}`, { cause: error });
}

function inputFor({ input, service }: OperationModel, generator: Generator): Record<string, any> {
  const value = generator.value(input);
  if (!service.isS3) return value;
  if ("Bucket" in value) value.Bucket = "bkt";
  if ("Key" in value) value.Key = "k/a b";
  return value;
}

async function* noEvents() {}

function outputFor({ output }: OperationModel, generator: Generator): Record<string, any> {
  const events = eventStreamMember(output);
  return { ...generator.value(output), ...(events !== undefined && { [events]: noEvents() }) };
}

/** What the handler got, less what clients add of their own accord. */
function inputOf(operation: OperationModel, input: Record<string, any>, sent: Record<string, any>): unknown {
  const result = { ...input };
  const streaming = streamingMember(operation.input);
  if (streaming !== undefined && result[streaming] !== undefined) result[streaming] = backend.blobs.read(result[streaming].digest);
  for (const [name, member] of operation.input.isStructSchema() ? operation.input.structIterator() : []) {
    const traits = member.getMergedTraits() as Record<string, unknown>;
    const mayBeAdded = ["idempotencyToken", "httpPrefixHeaders", "httpQueryParams", "httpHeader"].some(
      (trait) => traits[trait] !== undefined,
    );
    if (sent[name] === undefined && (mayBeAdded || name === streaming || LEFT.includes(name))) delete result[name];
  }
  return plain(result);
}

/** What the client got, less what is in every answer. */
async function outputOf(
  operation: OperationModel,
  { $metadata: _, ...output }: Record<string, any>,
  sent: Record<string, any>,
): Promise<unknown> {
  const streaming = streamingMember(operation.output);
  if (streaming !== undefined && output[streaming] !== undefined) {
    const bytes = await output[streaming].transformToByteArray();
    output[streaming] = bytes.length === 0 && sent[streaming] === undefined ? undefined : bytes;
  }
  for (const [name, member] of operation.output.isStructSchema() ? operation.output.structIterator() : []) {
    const traits = member.getMergedTraits() as Record<string, unknown>;
    const mayBeAdded = ["httpPrefixHeaders", "httpHeader", "httpResponseCode"].some((trait) => traits[trait] !== undefined);
    if (sent[name] === undefined && mayBeAdded) delete output[name];
  }
  return plain(output);
}
