import type { NormalizedSchema } from "@smithy/core/schema";
import { type Refusal, WireFault } from "../errors.ts";
import { header } from "../headers.ts";
import { type OperationModel, rawStruct, type ServiceModel } from "../model.ts";
import { JsonReader } from "../shape/json-reader.ts";
import { type BindingPlan, httpTraits } from "./bindings.ts";
import { errorBody } from "./error-members.ts";
import { jsonNameWriter } from "./json.ts";
import type { Incoming, Protocol, Reply } from "./protocol.ts";
import { Rest, type RestBody } from "./rest.ts";

const JSON_TYPE = "application/json";

/** restJson1: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export class RestJson implements Protocol {
  readonly #rest: Rest;

  constructor(model: ServiceModel) {
    this.#rest = new Rest(model, new JsonBody(model), false);
  }

  read(operation: OperationModel, incoming: Incoming): Record<string, unknown> {
    return this.#rest.read(operation, incoming);
  }

  write(operation: OperationModel, value: Record<string, unknown>, requestId: string): Reply {
    return this.#rest.write(operation, value, { "x-amzn-requestid": requestId });
  }

  refuse(refusal: Refusal, requestId: string): Reply {
    const headers: Record<string, string> = { "content-type": JSON_TYPE, "x-amzn-requestid": requestId, "x-amzn-errortype": refusal.code };
    const schema = this.#rest.writeErrorHeaders(refusal, headers);
    const { members, message } = errorBody(schema, refusal);
    const written = schema === undefined ? {} : (JSON.parse(jsonNameWriter.write(schema, members).toString("utf8")) as object);
    return { status: refusal.status, headers, body: JSON.stringify({ ...message, ...written }) };
  }
}

class JsonBody implements RestBody {
  readonly contentType = JSON_TYPE;
  readonly writesEmptyBody = true;
  readonly #reader: JsonReader;

  constructor(model: ServiceModel) {
    this.#reader = new JsonReader(model.constraints, true);
  }

  read(schema: NormalizedSchema, body: Buffer): unknown {
    return this.#reader.read(schema, body);
  }

  write(schema: NormalizedSchema, value: unknown): Buffer {
    return jsonNameWriter.write(schema, value);
  }

  negotiate(input: BindingPlan, output: BindingPlan, { head, body }: Incoming, operation: OperationModel): void {
    const contentType = mediaTypeOf(header(head.headers, "content-type"));
    const expected = requestType(input);
    if (body.length > 0 && expected !== ANY && contentType !== expected && !isIgnoredBody(expected, operation, contentType))
      throw unsupported(contentType);
    const accepted = header(head.headers, "accept");
    const answered = responseType(output, operation);
    if (accepted !== undefined && answered !== ANY && !accepts(accepted, answered)) throw notAcceptable(accepted, answered);
  }
}

const ANY = "*/*";

/** A content type without its parameters. */
const mediaTypeOf = (contentType: string | undefined): string | undefined => contentType?.replace(/;.*/, "").trim().toLowerCase();

/** The media type that a request's body must have; undefined where it may have none. */
function requestType({ payload, body }: BindingPlan): string | undefined {
  if (payload !== undefined) return payloadType(payload.schema);
  return body === undefined ? undefined : JSON_TYPE;
}

/** An operation whose input has no members still takes an empty JSON object. */
const isIgnoredBody = (expected: string | undefined, { input }: OperationModel, contentType: string | undefined): boolean =>
  expected === undefined && input.isStructSchema() && rawStruct(input)[4].length === 0 && contentType === JSON_TYPE;

function responseType({ payload }: BindingPlan, { output }: OperationModel): string {
  if (output.isUnitSchema()) return ANY;
  return payload === undefined ? JSON_TYPE : payloadType(payload.schema);
}

function payloadType(schema: NormalizedSchema): string {
  const { mediaType } = httpTraits(schema);
  if (schema.isBlobSchema()) return mediaType ?? ANY;
  if (schema.isStringSchema()) return mediaType ?? "text/plain";
  return schema.isStructSchema() && schema.isStreaming() ? ANY : JSON_TYPE;
}

function accepts(accepted: string, type: string): boolean {
  const [family] = type.split("/");
  return accepted.split(",").some((range) => [ANY, `${family}/*`, type].includes(range.split(";")[0]!.trim().toLowerCase()));
}

const unsupported = (contentType: string | undefined): WireFault =>
  new WireFault("UnsupportedMediaTypeException", `The content type ${contentType ?? "(none)"} is not one that this operation takes.`, 415);

const notAcceptable = (accepted: string, answered: string): WireFault =>
  new WireFault("NotAcceptableException", `This operation answers ${answered}, which ${accepted} does not accept.`, 406);
