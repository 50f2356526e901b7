import type { NormalizedSchema } from "@smithy/core/schema";
import type { BlobSlice } from "../../kernel/blob.ts";
import type { HttpAnswer } from "../../kernel/operation.ts";
import type { Refusal } from "../errors.ts";
import { eventFrames, eventStreamMember } from "../event-stream.ts";
import type { OperationModel, ServiceModel } from "../model.ts";
import { DATE_TIME, EPOCH_SECONDS } from "../shape/scalar.ts";
import { type BindingPlan, BindingWriter, httpTraits, planOf, readBindings } from "./bindings.ts";
import type { Incoming, Reply, ReplyBody } from "./protocol.ts";

/** What restJson1 and restXml do differently. */
export interface RestBody {
  readonly contentType: string;
  /** Whether an output without members in its body still has a body. */
  readonly writesEmptyBody: boolean;
  read(schema: NormalizedSchema, body: Buffer): unknown;
  write(schema: NormalizedSchema, value: unknown, operation: OperationModel): ReplyBody;
  /** Refuse a request whose media types are not the operation's. */
  negotiate(input: BindingPlan, output: BindingPlan, incoming: Incoming, operation: OperationModel): void;
}

interface Plans {
  readonly input: BindingPlan;
  readonly output: BindingPlan;
}

const NO_BODY = new Set([204, 304]);

/** The part that the REST protocols share: members in URI, headers and payload. */
export class Rest {
  readonly #model: ServiceModel;
  readonly #body: RestBody;
  readonly #writer: BindingWriter;
  readonly #plans = new Map<OperationModel, Plans>();

  constructor(model: ServiceModel, body: RestBody, isXml: boolean) {
    this.#model = model;
    this.#body = body;
    this.#writer = new BindingWriter(isXml ? DATE_TIME : EPOCH_SECONDS);
  }

  read(operation: OperationModel, incoming: Incoming): Record<string, unknown> {
    const { input, output } = this.#plansOf(operation);
    this.#body.negotiate(input, output, incoming, operation);
    const result = readBindings(input, incoming);
    const payload = this.#readPayload(input, incoming);
    if (input.payload !== undefined && payload !== undefined) result[input.payload.name] = payload;
    if (input.body !== undefined && incoming.body.length > 0) Object.assign(result, this.#body.read(input.body, incoming.body));
    return result;
  }

  #readPayload({ payload }: BindingPlan, { body, blob }: Incoming): unknown {
    if (payload === undefined) return undefined;
    if (payload.schema.isStreaming() && payload.schema.isBlobSchema()) return blob;
    if (body.length === 0) return undefined;
    if (payload.schema.isBlobSchema()) return body;
    if (payload.schema.isStringSchema()) return body.toString("utf8");
    return this.#body.read(payload.schema, body);
  }

  write(operation: OperationModel, value: Record<string, unknown>, headers: Record<string, string>): Reply {
    const { output } = this.#plansOf(operation);
    const reply: Reply = { status: operation.http?.status ?? 200, headers };
    this.#writer.write(output, value, reply);
    this.#writeBody(operation, output, value, reply);
    const { $status, $headers } = value as HttpAnswer;
    if ($status !== undefined) reply.status = $status;
    for (const [name, text] of Object.entries($headers ?? {})) reply.headers[name.toLowerCase()] = text;
    if (NO_BODY.has(reply.status)) reply.body = undefined;
    return reply;
  }

  #writeBody(operation: OperationModel, output: BindingPlan, value: Record<string, unknown>, reply: Reply): void {
    if (eventStreamMember(operation.output) !== undefined) {
      reply.headers["content-type"] = "application/vnd.amazon.eventstream";
      reply.body = eventFrames(operation.output, value, undefined);
    } else if (output.payload !== undefined) {
      this.#writePayload(operation, output.payload.schema, value[output.payload.name], reply);
    } else if (output.body !== undefined || (this.#body.writesEmptyBody && !operation.output.isUnitSchema())) {
      reply.headers["content-type"] ??= this.#body.contentType;
      reply.body = output.body === undefined ? "{}" : this.#body.write(output.body, value, operation);
    }
  }

  #writePayload(operation: OperationModel, schema: NormalizedSchema, value: unknown, reply: Reply): void {
    if (schema.isBlobSchema() || schema.isStringSchema()) {
      if (value == null) return;
      reply.headers["content-type"] ??=
        httpTraits(schema).mediaType ?? (schema.isStringSchema() ? "text/plain" : "application/octet-stream");
      reply.body = isSlice(value) ? [value] : (value as ReplyBody);
    } else if (value != null) {
      reply.headers["content-type"] ??= this.#body.contentType;
      reply.body = this.#body.write(schema, value, operation);
    }
  }

  /** Write an exception's members that are bound to headers; answers the structure of the others. */
  writeErrorHeaders(refusal: Refusal, headers: Record<string, string>): NormalizedSchema | undefined {
    const schema = this.#model.errors.get(refusal.code);
    if (schema === undefined) return undefined;
    const plan = planOf(schema, "response", {});
    this.#writer.write(plan, refusal.members, { status: refusal.status, headers });
    return plan.body;
  }

  #plansOf(operation: OperationModel): Plans {
    let plans = this.#plans.get(operation);
    if (plans === undefined) {
      const { constraints } = this.#model;
      plans = { input: planOf(operation.input, "request", constraints), output: planOf(operation.output, "response", constraints) };
      this.#plans.set(operation, plans);
    }
    return plans;
  }
}

const isSlice = (value: unknown): value is BlobSlice => typeof value === "object" && value !== null && "digest" in value;
