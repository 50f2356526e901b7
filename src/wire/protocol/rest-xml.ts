import type { NormalizedSchema } from "@smithy/core/schema";
import { type Refusal, WireFault } from "../errors.ts";
import type { OperationModel, ServiceModel } from "../model.ts";
import { escapeXml, Xml } from "../shape/xml.ts";
import type { BindingPlan } from "./bindings.ts";
import type { Incoming, Protocol, Reply } from "./protocol.ts";
import { errorContent, errorResponse, messageElement } from "./query.ts";
import { Rest, type RestBody } from "./rest.ts";

const XML_TYPE = "application/xml";

/** restXml: https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html, with S3's own ways. */
export class RestXml implements Protocol {
  readonly #model: ServiceModel;
  readonly #xml: Xml;
  readonly #rest: Rest;

  constructor(model: ServiceModel) {
    this.#model = model;
    this.#xml = new Xml(model.facts.xmlNamespace);
    this.#rest = new Rest(model, new XmlBody(model, this.#xml), true);
  }

  read(operation: OperationModel, incoming: Incoming): Record<string, unknown> {
    return this.#rest.read(operation, incoming);
  }

  write(operation: OperationModel, value: Record<string, unknown>, requestId: string): Reply {
    return this.#rest.write(operation, value, this.#identity(requestId));
  }

  refuse(refusal: Refusal, requestId: string): Reply {
    const headers = { ...this.#identity(requestId), "content-type": XML_TYPE };
    const content = errorContent(this.#rest.writeErrorHeaders(refusal, headers), this.#xml, refusal);
    const body = this.#model.isS3 ? s3Error(refusal, content, requestId) : errorResponse(this.#model, refusal, content, requestId);
    return { status: refusal.status, headers, body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}` };
  }

  #identity(requestId: string): Record<string, string> {
    return this.#model.isS3 ? { "x-amz-request-id": requestId, "x-amz-id-2": hostId(requestId) } : { "x-amzn-requestid": requestId };
  }
}

/** S3 says more in its errors than its exceptions have members for, such as Key or BucketName. */
function s3Error(refusal: Refusal, content: string, requestId: string): string {
  const simple = Object.entries(refusal.members).filter(([, value]) => typeof value === "string" || typeof value === "number");
  const members = simple.map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`).join("");
  const head = `<Code>${refusal.code}</Code>${messageElement(refusal)}${members || content}`;
  return `<Error>${head}<RequestId>${requestId}</RequestId><HostId>${hostId(requestId)}</HostId></Error>`;
}

/** S3's second id of a request. */
const hostId = (requestId: string): string => Buffer.from(requestId).toString("base64");

class XmlBody implements RestBody {
  readonly contentType = XML_TYPE;
  readonly writesEmptyBody = false;
  readonly #model: ServiceModel;
  readonly #xml: Xml;

  constructor(model: ServiceModel, xml: Xml) {
    this.#model = model;
    this.#xml = xml;
  }

  read(schema: NormalizedSchema, body: Buffer): unknown {
    return this.#xml.read(schema, body);
  }

  write(schema: NormalizedSchema, value: unknown, { name }: OperationModel): string {
    return this.#model.isS3 && name === "GetBucketLocation" ? this.#bucketLocation(value) : this.#xml.document(schema, value);
  }

  /** The one answer of S3 whose root element is its only member: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html */
  #bucketLocation(value: unknown): string {
    const { LocationConstraint = "" } = value as { LocationConstraint?: string };
    const element = `<LocationConstraint xmlns="${this.#model.facts.xmlNamespace}">${escapeXml(LocationConstraint)}</LocationConstraint>`;
    return `<?xml version="1.0" encoding="UTF-8"?>\n${element}`;
  }

  negotiate({ payload }: BindingPlan, _output: BindingPlan, { body }: Incoming): void {
    const isMissing = payload?.isRequired && !payload.schema.isStreaming() && body.length === 0;
    if (this.#model.isS3 && isMissing) throw new WireFault("MissingRequestBodyError", "Request Body is empty");
  }
}
