import type { NormalizedSchema } from "@smithy/core/schema";
import type { Refusal } from "../errors.ts";
import type { OperationModel, ServiceModel } from "../model.ts";
import { FormReader } from "../shape/form.ts";
import { escapeXml, Xml } from "../shape/xml.ts";
import { membersBesideMessage } from "./error-members.ts";
import type { Incoming, Protocol, Reply } from "./protocol.ts";

/** awsQuery: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export class Query implements Protocol {
  readonly #model: ServiceModel;
  readonly #reader: FormReader;
  readonly #xml: Xml;

  constructor(model: ServiceModel) {
    this.#model = model;
    this.#reader = new FormReader(model.constraints, false);
    this.#xml = new Xml(model.facts.xmlNamespace);
  }

  read({ input }: OperationModel, { form }: Incoming): Record<string, unknown> {
    return this.#reader.read(input, form ?? {});
  }

  write({ name, output }: OperationModel, value: Record<string, unknown>, requestId: string): Reply {
    const result = output.isUnitSchema() ? "" : this.#xml.element(`${name}Result`, output, value);
    const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    const body = `<${name}Response xmlns="${this.#model.facts.xmlNamespace}">${result}${metadata}</${name}Response>`;
    return { status: 200, headers: { "content-type": "text/xml", "x-amzn-requestid": requestId }, body };
  }

  refuse(refusal: Refusal, requestId: string): Reply {
    return {
      status: refusal.status,
      headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
      body: errorResponse(this.#model, refusal, errorContent(this.#model.errors.get(refusal.code), this.#xml, refusal), requestId),
    };
  }
}

/** The error document that awsQuery and restXml share. */
export function errorResponse(model: ServiceModel, refusal: Refusal, content: string, requestId: string): string {
  const type = refusal.fault === "client" ? "Sender" : "Receiver";
  const head = `<Type>${type}</Type><Code>${refusal.queryCode}</Code>${messageElement(refusal)}`;
  const error = `<Error>${head}${content}</Error>`;
  return `<ErrorResponse xmlns="${model.facts.xmlNamespace}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`;
}

export const messageElement = ({ message }: Refusal): string => (message === "" ? "" : `<Message>${escapeXml(message)}</Message>`);

/** An exception's members, as elements. */
export function errorContent(schema: NormalizedSchema | undefined, xml: Xml, refusal: Refusal): string {
  return schema === undefined ? "" : xml.content(schema, membersBesideMessage(schema, refusal));
}

/** ec2Query: https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html */
export class Ec2Query implements Protocol {
  readonly #model: ServiceModel;
  readonly #reader: FormReader;
  readonly #xml: Xml;

  constructor(model: ServiceModel) {
    this.#model = model;
    this.#reader = new FormReader(model.constraints, true);
    this.#xml = new Xml(model.facts.xmlNamespace);
  }

  read({ input }: OperationModel, { form }: Incoming): Record<string, unknown> {
    return this.#reader.read(input, form ?? {});
  }

  write({ name, output }: OperationModel, value: Record<string, unknown>, requestId: string): Reply {
    const content = output.isUnitSchema() ? "<return>true</return>" : this.#xml.content(output, value);
    const body = `<${name}Response xmlns="${this.#model.facts.xmlNamespace}"><requestId>${requestId}</requestId>${content}</${name}Response>`;
    return { status: 200, headers: this.#headers(requestId), body };
  }

  refuse(refusal: Refusal, requestId: string): Reply {
    const content = errorContent(this.#model.errors.get(refusal.code), this.#xml, refusal);
    const error = `<Error><Code>${refusal.code}</Code>${messageElement(refusal)}${content}</Error>`;
    const body = `<Response><Errors>${error}</Errors><RequestID>${requestId}</RequestID></Response>`;
    return { status: refusal.status, headers: this.#headers(requestId), body };
  }

  #headers(requestId: string): Record<string, string> {
    return { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": requestId };
  }
}
