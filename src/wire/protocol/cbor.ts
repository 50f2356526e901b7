import { CborShapeDeserializer2, CborShapeSerializer2, cbor } from "@smithy/core/cbor";
import { Malformed, type Refusal } from "../errors.ts";
import type { OperationModel, ServiceModel } from "../model.ts";
import { errorBody } from "./error-members.ts";
import { bytesOf, type Incoming, type Protocol, queryErrorHeader, type Reply } from "./protocol.ts";

const reader = new CborShapeDeserializer2();
const writer = new CborShapeSerializer2();

/** rpcv2Cbor: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html */
export class Cbor implements Protocol {
  readonly #model: ServiceModel;

  constructor(model: ServiceModel) {
    this.#model = model;
  }

  read({ input }: OperationModel, { body }: Incoming): Record<string, unknown> {
    if (input.isUnitSchema() || body.length === 0) return {};
    try {
      return reader.read(input, body) as Record<string, unknown>;
    } catch (error) {
      throw new Malformed(`The request body is not valid CBOR: ${(error as Error).message}`);
    }
  }

  write({ output }: OperationModel, value: Record<string, unknown>, requestId: string): Reply {
    const headers: Record<string, string> = { "smithy-protocol": "rpc-v2-cbor", "x-amzn-requestid": requestId };
    if (output.isUnitSchema()) return { status: 200, headers };
    headers["content-type"] = "application/cbor";
    writer.write(output, value);
    return { status: 200, headers, body: bytesOf(writer.flush() as Uint8Array) };
  }

  refuse(refusal: Refusal, requestId: string): Reply {
    const { members, message } = errorBody(this.#model.errors.get(refusal.code), refusal);
    return {
      status: refusal.status,
      headers: {
        "content-type": "application/cbor",
        "smithy-protocol": "rpc-v2-cbor",
        "x-amzn-requestid": requestId,
        ...(this.#model.facts.queryCompatible ? queryErrorHeader(refusal) : {}),
      },
      body: bytesOf(cbor.serialize({ __type: `${this.#model.facts.namespace}#${refusal.code}`, ...message, ...members })),
    };
  }
}
