import { readFileSync } from "node:fs";
import { request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parseXML } from "@aws-sdk/xml-builder";
import { cbor } from "@smithy/core/cbor";
import { NumericValue } from "@smithy/core/serde";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Catalog } from "../../src/wire/catalog.ts";
import { refusalOf } from "../../src/wire/errors.ts";
import type { ProtocolName } from "../../src/wire/model.ts";
import type { Reply } from "../../src/wire/protocol/protocol.ts";
import { Protocols } from "../../src/wire/protocol/protocols.ts";
import { createWire } from "../../src/wire/server.ts";
import { plain, testBackend } from "./backend.ts";
import { type Member, nameOf, type Shapes, SmithyModel } from "./smithy-model.ts";

/** Smithy's own protocol tests: https://smithy.io/2.0/additional-specs/http-protocol-compliance-tests.html */
interface Vector {
  readonly kind: "request" | "response" | "error" | "malformed";
  readonly id: string;
  readonly shape: string;
  readonly services: readonly string[];
  readonly protocol: string;
  readonly appliesTo: "client" | "server" | "both";
  readonly method: string;
  readonly uri: string;
  readonly host?: string;
  readonly resolvedHost?: string;
  readonly queryParams?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly forbidHeaders?: readonly string[];
  readonly body?: string;
  readonly bodyMediaType?: string;
  readonly params?: unknown;
  readonly code: number;
  readonly request: Pick<Vector, "method" | "uri" | "queryParams" | "headers" | "body">;
  readonly response: { readonly code: number; readonly headers: Readonly<Record<string, string>> };
}

/** What we do not do, by id, and why. */
const NOT_DONE: Readonly<Record<string, string>> = Object.fromEntries([
  ...because("the SDK's schemas and botocore's models have no default values; handlers know them", [
    "AwsJson10ServerPopulatesDefaultsWhenMissingInRequestBody",
    "AwsJson10ServerPopulatesDefaultsInResponseWhenMissingInParams",
    "AwsJson10ServerPopulatesNestedDefaultsWhenMissingInRequestBody",
    "AwsJson10ServerPopulatesNestedDefaultValuesWhenMissingInInResponseParams",
    "RestJsonServerPopulatesDefaultsWhenMissingInRequestBody",
    "RestJsonServerPopulatesDefaultsInResponseWhenMissingInParams",
    "RestJsonServerPopulatesNestedDefaultsWhenMissingInRequestBody",
    "RestJsonServerPopulatesNestedDefaultValuesWhenMissingInInResponseParams",
    "RpcV2CborServerPopulatesDefaultsWhenMissingInRequestBody",
    "RpcV2CborServerPopulatesDefaultsInResponseWhenMissingInParams",
  ]),
  ...because("says what a client's request has, without the body that it would have", [
    ...["ec2Query", "awsQuery", "awsJson1_0", "awsJson1_1", "restJson1", "restXml"].map((name) => `SDKAppliedContentEncoding_${name}`),
    ...["ec2Query", "awsQuery", "awsJson1_0", "awsJson1_1"].map((name) => `SDKAppendsGzipAndIgnoresHttpProvidedEncoding_${name}`),
    ...["restJson1", "restXml"].map((name) => `SDKAppendedGzipAfterProvidedEncoding_${name}`),
  ]),
  ...because("the request is the same with and without the empty collection", [
    "Ec2EmptyQueryLists",
    "QueryEmptyQueryMaps",
    "RestJsonOmitsEmptyListQueryValues",
  ]),
  ...because("what a client must be able to read, not what a server writes", [
    "Ec2QueryDateTimeWithNegativeOffset",
    "Ec2QueryDateTimeWithPositiveOffset",
    "RestXmlDateTimeWithNegativeOffset",
    "RestXmlDateTimeWithPositiveOffset",
    "SimpleScalarPropertiesWithXMLPreamble",
    "InvalidGreetingError",
    "S3OperationNoErrorWrappingResponse",
    "AwsJson11IntEnums",
    "json_1_1_service_responds_with_no_payload",
    "AwsJson10ServiceRespondsWithNoPayload",
  ]),
  ...because("the SDK's serializer declares inner namespaces otherwise; no service of ours has any", [
    "Ec2XmlNamespaces",
    "QueryXmlNamespaces",
    "XmlNamespaces",
    "QueryQueryFlattenedXmlMapWithXmlNamespace",
    "RestXmlFlattenedXmlMapWithXmlNamespace",
  ]),
  ...because("has a JSON body without a content type, which RestJsonWithBodyExpectsApplicationJsonContentTypeNoHeaders forbids", [
    "RestJsonEndpointTraitWithHostLabel",
  ]),
  ...because("a client that has no payload and one whose payload is empty send the same", [
    "RestJsonHttpWithEmptyStructurePayload",
    "RestJsonHttpWithHeadersButNoPayload",
  ]),
  ...because("the SDK's CBOR reader does not take keys of indefinite length, and no SDK writes them", [
    "RpcV2CborSimpleScalarPropertiesUsingIndefiniteLength",
  ]),
  ...because("S3, our only service with this protocol, gives no content type to an empty body", ["RestXmlHttpResponseCode"]),
]);

function because(reason: string, ids: readonly string[]): [string, string][] {
  return ids.map((id) => [id, reason]);
}

const folder = new URL("../../../shared/data/wire/", import.meta.url);
const read = (name: string): string | undefined => {
  try {
    return readFileSync(new URL(name, folder), "utf8");
  } catch {
    return undefined;
  }
};

const lines = read("protocol-vectors.jsonl");
const vectors = (lines?.trim().split("\n") ?? [])
  .map((line) => JSON.parse(line) as Vector)
  .filter(({ appliesTo, protocol, services }) => appliesTo !== "client" && !protocol.endsWith("rpcv2Json") && services.length > 0);

describe.skipIf(lines === undefined)("Smithy's protocol tests (skipped where ../shared/data/wire is absent)", () => {
  const model = new SmithyModel((JSON.parse(read("protocol-tests.json") ?? '{"shapes":{}}') as { shapes: Shapes }).shapes);
  const services = [...new Set(vectors.flatMap((vector) => vector.services))];
  const protocols = new Protocols();
  const constraints = model.constraints();
  const signingNameOf = (id: string) => (nameOf(id) === "AmazonS3" ? "s3" : nameOf(id).toLowerCase());
  const catalog = new Catalog({
    facts: Object.fromEntries(services.map((id) => [nameOf(id), model.facts(id, signingNameOf(id))])),
    schemas: async (name) => model.exports(services.find((id) => nameOf(id) === name)!),
    constraints: () => constraints,
  });
  const schemas = Object.fromEntries(
    services.map((id) => [nameOf(id), Object.values(model.exports(id)).filter((schema) => (schema as unknown[])[0] === 9)]),
  );
  const defects: unknown[] = [];
  let received: { operation: string; input: any } | undefined;
  const backend = testBackend(schemas as never, (call) => {
    received = call;
    return {};
  });
  let server: Server;

  beforeAll(async () => {
    server = await createWire(backend, { catalog, onDefect: (error) => defects.push(error) }).listen(0);
  });
  afterAll(() => server.close());

  /** The vector's parameters as an SDK would hold them. */
  function typed({ target }: Member, value: any): any {
    if (value === null || value === undefined) return value;
    const shape = model.shape(target);
    switch (shape.type) {
      case "structure":
      case "union": {
        const members = model.membersOf(shape);
        return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, typed(members[name]!, item)]));
      }
      case "list":
      case "set":
        return value.map((item: unknown) => typed(shape.member!, item));
      case "map":
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, typed(shape.value!, item)]));
      case "timestamp":
        return new Date(value * 1000);
      case "blob":
        return Buffer.from(value, "utf8");
      case "bigDecimal":
        return new NumericValue(String(value), "bigDecimal");
      default:
        return ["float", "double"].includes(shape.type) && typeof value === "string" ? Number(value) : value;
    }
  }

  function send(vector: Vector, parts: Vector["request"], operation: string): Promise<{ status: number; headers: Record<string, any> }> {
    const service = vector.services[0]!;
    const query = parts.queryParams?.length ? `${parts.uri.includes("?") ? "&" : "?"}${parts.queryParams.join("&")}` : "";
    const headers: Record<string, string> = { ...parts.headers };
    headers["authorization"] =
      `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${signingNameOf(service)}/aws4_request, SignedHeaders=host, Signature=00`;
    if (/json1_/i.test(vector.protocol)) headers["x-amz-target"] = `${nameOf(service)}.${operation}`;
    const host = vector.resolvedHost ?? vector.host;
    if (host !== undefined) headers["host"] = host;
    const body = parts.body === undefined ? undefined : Buffer.from(parts.body, vector.protocol.endsWith("Cbor") ? "base64" : "utf8");
    return new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const request = httpRequest({ port, method: parts.method, path: parts.uri + query, headers, setDefaultHeaders: true }, (response) => {
        response.resume().on("end", () => resolve({ status: response.statusCode!, headers: response.headers }));
      });
      request.on("error", reject).end(body);
    });
  }

  async function checkRequest(vector: Vector): Promise<void> {
    received = undefined;
    const answered = await send(vector, vector, nameOf(vector.shape));
    expect(defects.splice(0)).toEqual([]);
    expect(received, `refused with ${answered.status} ${answered.headers["x-amzn-errortype"]}`).toBeDefined();
    expect(received!.operation).toBe(nameOf(vector.shape));
    const operation = model.shape(vector.shape);
    if (operation.input === undefined || operation.input.target === "smithy.api#Unit") return;
    const members = model.membersOf(model.shape(operation.input.target));
    const input = received!.input as Record<string, any>;
    for (const [name, value] of Object.entries(input)) {
      if (value?.digest !== undefined) input[name] = value.size === 0 ? undefined : backend.blobs.read(value.digest);
      // Servers see every parameter of the query; some vectors leave that out.
      if (members[name]?.traits?.["smithy.api#httpQueryParams"] && !(name in (vector.params as object))) delete input[name];
      if (members[name]?.traits?.["smithy.api#httpPrefixHeaders"] === "") input[name] = onlyThose(value, (vector.params as any)[name]);
    }
    expect(plain(input)).toEqual(plain(typed(operation.input, vector.params ?? {})));
  }

  async function checkReply(vector: Vector, reply: Reply): Promise<void> {
    expect(reply.status).toBe(vector.code);
    const { "Content-Length": _, ...headers } = vector.headers ?? {};
    for (const [name, value] of Object.entries(headers)) expect(reply.headers[name.toLowerCase()], name).toBe(value);
    for (const name of vector.forbidHeaders ?? []) expect(reply.headers[name.toLowerCase()]).toBeUndefined();
    if (vector.body === undefined) return;
    const body = Buffer.from((reply.body ?? "") as Uint8Array);
    const type = vector.bodyMediaType ?? "";
    if (vector.body === "") expect(body.toString()).toBe("");
    else if (type.endsWith("cbor"))
      expect(plain(cbor.deserialize(body))).toEqual(plain(cbor.deserialize(Buffer.from(vector.body, "base64"))));
    else if (type.endsWith("json")) expect(JSON.parse(body.toString() || "{}")).toEqual(JSON.parse(vector.body || "{}"));
    else if (type.endsWith("xml") || vector.body.startsWith("<")) expect(xmlOf(body.toString())).toEqual(xmlOf(vector.body));
    else expect(body.toString()).toBe(vector.body);
  }

  const nameOfProtocol = (vector: Vector) => nameOf(vector.protocol) as ProtocolName;

  async function checkResponse(vector: Vector): Promise<void> {
    const service = await catalog.model(nameOf(vector.services[0]!));
    const operation = service.operations.get(nameOf(vector.shape))!;
    const output = model.shape(vector.shape).output ?? { target: "smithy.api#Unit" };
    const requestId = vector.headers?.["X-Amzn-Requestid"] ?? "requestid";
    const reply = protocols.of(service, nameOfProtocol(vector)).write(operation, typed(output, vector.params ?? {}), requestId);
    await checkReply(vector, reply);
  }

  async function checkError(vector: Vector): Promise<void> {
    const service = await catalog.model(nameOf(vector.services[0]!));
    const traits = model.shape(vector.shape).traits!;
    const { Message, message, ...members } = typed({ target: vector.shape }, vector.params ?? {});
    const error = Object.assign(new Error(Message ?? message ?? (vector.body?.includes("Hi") ? "Hi" : "")), {
      name: nameOf(vector.shape),
      $fault: traits["smithy.api#error"],
      ...members,
    });
    const refusal = refusalOf(error, service, nameOfProtocol(vector), (defect) => defects.push(defect));
    await checkReply(vector, protocols.of(service, nameOfProtocol(vector)).refuse(refusal, "foo-id"));
  }

  async function checkMalformed(vector: Vector): Promise<void> {
    const { status, headers } = await send(vector, vector.request, nameOf(vector.shape));
    expect(defects.splice(0)).toEqual([]);
    expect({ status, type: headers["x-amzn-errortype"] }).toEqual({
      status: vector.response.code,
      type: vector.response.headers["x-amzn-errortype"],
    });
  }

  const check = { request: checkRequest, response: checkResponse, error: checkError, malformed: checkMalformed };

  if (lines === undefined) it("need protocol-vectors.jsonl and protocol-tests.json", () => {});
  for (const vector of vectors) {
    const title = `${nameOf(vector.protocol)} ${vector.kind} ${vector.id}`;
    const reason = NOT_DONE[vector.id];
    if (reason === undefined) it(title, () => check[vector.kind](vector));
    else it.skip(`${title}: ${reason}`);
  }
});

/** Of a map of every header, those that the vector sent. */
const onlyThose = (headers: Record<string, string>, expected: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.keys(expected).map((name) => [name, headers[name]!]));

const MAY_DIFFER = new Set(["requestId", "RequestId", "RequestID", "ResponseMetadata", "HostId", "xmlns"]);

/** XML without what may differ: ids of requests, and the namespace of the root. */
function xmlOf(text: string): unknown {
  const [[root, content]] = Object.entries(parseXML(text)) as [[string, unknown]];
  return typeof content === "object"
    ? [root, Object.fromEntries(Object.entries(content!).filter(([name]) => !MAY_DIFFER.has(name)))]
    : [root, content];
}
