import type { Refusal } from "../errors.ts";
import { eventFrames, eventStreamMember } from "../event-stream.ts";
import type { OperationModel, ServiceModel } from "../model.ts";
import { JsonReader } from "../shape/json-reader.ts";
import { errorBody } from "./error-members.ts";
import { jsonWriter } from "./json.ts";
import { type Incoming, type Protocol, queryErrorHeader, type Reply } from "./protocol.ts";

/** awsJson1_0 and awsJson1_1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export class JsonRpc implements Protocol {
  readonly #model: ServiceModel;
  readonly #contentType: string;
  readonly #isVersion10: boolean;
  readonly #reader: JsonReader;

  constructor(model: ServiceModel, version: "1.0" | "1.1") {
    this.#model = model;
    this.#isVersion10 = version === "1.0";
    this.#contentType = `application/x-amz-json-${version}`;
    this.#reader = new JsonReader(model.constraints, false);
  }

  read(operation: OperationModel, { body }: Incoming): Record<string, unknown> {
    return this.#reader.read(operation.input, body) as Record<string, unknown>;
  }

  write({ output }: OperationModel, value: Record<string, unknown>, requestId: string): Reply {
    const headers = { "content-type": this.#contentType, "x-amzn-requestid": requestId };
    if (output.isUnitSchema()) return { status: 200, headers, body: "{}" };
    if (eventStreamMember(output) !== undefined) {
      headers["content-type"] = "application/vnd.amazon.eventstream";
      return { status: 200, headers, body: eventFrames(output, value, this.#contentType) };
    }
    return { status: 200, headers, body: jsonWriter.write(output, value) };
  }

  refuse(refusal: Refusal, requestId: string): Reply {
    const schema = this.#model.errors.get(refusal.code);
    const { members, message } = errorBody(schema, refusal);
    const written = schema === undefined ? {} : (JSON.parse(jsonWriter.write(schema, members).toString("utf8")) as object);
    const type = this.#isVersion10 && schema !== undefined ? `${this.#model.facts.namespace}#${refusal.code}` : refusal.code;
    return {
      status: refusal.status,
      headers: {
        "content-type": this.#contentType,
        "x-amzn-requestid": requestId,
        ...(this.#model.facts.queryCompatible ? queryErrorHeader(refusal) : {}),
      },
      body: JSON.stringify({ __type: type, ...message, ...written }),
    };
  }
}
