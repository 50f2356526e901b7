import type { Catalog } from "./catalog.ts";
import { header } from "./headers.ts";
import type { ProtocolName } from "./model.ts";
import type { RequestHead } from "./request.ts";
import type { FormNode } from "./shape/form.ts";

/** Where a request wants to go; the operation of a REST request follows from its URI. */
export interface Destination {
  /** As in the catalog; undefined where it knows none such. */
  readonly service: string | undefined;
  /** What the request called the service. */
  readonly calledIt: string;
  readonly protocol: ProtocolName;
  readonly operation: string | undefined;
}

/** Where a request goes, by its head; undefined where only its form says. */
export function destinationOf(head: RequestHead, catalog: Catalog): Destination | undefined {
  if (head.headers["smithy-protocol"] === "rpc-v2-cbor") return cborDestination(head, catalog);
  const target = header(head.headers, "x-amz-target");
  if (target !== undefined) return targetDestination(target, head, catalog);
  return mayBeForm(head) ? undefined : restDestination(head, catalog);
}

/** /service/<target>/operation/<name> */
function cborDestination({ path }: RequestHead, catalog: Catalog): Destination {
  const [, , target = "", , operation] = path.split("/");
  return { service: catalog.byTarget(target), calledIt: target, protocol: "rpcv2Cbor", operation };
}

/** <anything.>target.Operation */
function targetDestination(text: string, { headers }: RequestHead, catalog: Catalog): Destination {
  const [target = "", operation] = text.split(".").slice(-2);
  const isVersion10 = header(headers, "content-type")?.includes("json-1.0") ?? false;
  return { service: catalog.byTarget(target), calledIt: target, protocol: isVersion10 ? "awsJson1_0" : "awsJson1_1", operation };
}

const mayBeForm = ({ method, headers, query }: RequestHead): boolean =>
  query.has("Action") || (method === "POST" && (header(headers, "content-type")?.startsWith("application/x-www-form-urlencoded") ?? false));

/** Where a request with a form goes; a form without an action is some REST operation's payload. */
export function formDestination(form: FormNode, head: RequestHead, catalog: Catalog): Destination {
  const operation = form.children?.get("Action")?.text;
  if (operation === undefined) return restDestination(head, catalog);
  const version = form.children?.get("Version")?.text ?? "";
  const service = head.signature === undefined ? catalog.byVersion(version) : catalog.bySigningName(head.signature.service, version);
  const calledIt = head.signature?.service ?? version;
  const isEc2 = service === undefined ? calledIt === "ec2" : catalog.facts(service).protocol === "ec2Query";
  return { service, calledIt, protocol: isEc2 ? "ec2Query" : "awsQuery", operation };
}

/** Services that may be unknown to us, and are to be refused in their own protocol. */
const SPEAK_XML: ReadonlySet<string> = new Set(["route53", "cloudfront", "s3express", "s3-object-lambda", "s3-outposts"]);

/** By the credential scope. What nobody signed is for S3, except where a path carries another API's version, as Lambda's do. */
function restDestination(head: RequestHead, catalog: Catalog): Destination {
  const { signature, path } = head;
  const version = /^\/(\d{4}-\d\d-\d\d)\//.exec(path)?.[1];
  const byVersion = version === undefined ? undefined : catalog.byVersion(version);
  const service = signature === undefined ? (byVersion ?? catalog.bySigningName("s3")) : catalog.bySigningName(signature.service);
  const calledIt = signature?.service ?? path;
  const isXml = service === undefined ? SPEAK_XML.has(calledIt) : catalog.facts(service).protocol === "restXml";
  return { service, calledIt, protocol: isXml ? "restXml" : "restJson1", operation: undefined };
}
