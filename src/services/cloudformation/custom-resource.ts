import { idsFrom } from "../../kernel/id.ts";
import type { Progress, ResourceRequest, ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { idOfArn } from "./stack.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

/** What the engine tells the types of this folder besides. */
export interface EngineRequest extends ResourceRequest {
  /** As the template has it, of custom resources of a name of their own. */
  readonly resourceType?: string;
  /** Where something is put back as it was: the token of the update that is undone. */
  readonly undoes?: true;
}

/** A request to a custom resource; its id is the secret part of its ResponseURL. */
export interface CustomResponse extends Row {
  readonly account: string;
  readonly region: string;
  readonly stackRow: string;
  readonly logicalId: string;
  readonly requestId: string;
  readonly requestedAt: number;
  /** What was PUT to the URL; of several, the first counts. */
  readonly answer?: CustomAnswer | "too long";
}

interface CustomAnswer {
  readonly Status?: string;
  readonly Reason?: string;
  readonly PhysicalResourceId?: string;
  readonly Data?: JsonObject;
  readonly NoEcho?: boolean;
}

export const customResponses = new Table<CustomResponse>("cloudformation/custom-response", {
  reach: "global",
  indexes: { stack: ({ stackRow }) => stackRow },
});

/** What a custom resource answered last: its attributes. The id is that of the stack's resource. */
interface CustomData extends Row {
  readonly data: JsonObject;
  /** Nobody is to read it. */
  readonly noEcho?: boolean;
}

export const customData = new Table<CustomData>("cloudformation/custom-data");

const TIMEOUT_SECONDS = 3600;
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html */
const ANSWER_BYTES_MAX = 4096;

export const isCustom = (type: string): boolean => type.startsWith("Custom::") || type === "AWS::CloudFormation::CustomResource";

export const customAttributes = (scope: Scope, resourceRow: string): JsonObject => customData.get(scope, resourceRow)?.data ?? {};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html */
export const customResource: ResourceType = {
  type: "AWS::CloudFormation::CustomResource",
  ensure: (scope, declared, id, request) => ask(scope, id === undefined ? "Create" : "Update", declared, id, request),
  read: () => undefined,
  remove: (scope, id, request) => ask(scope, "Delete", request.previous ?? {}, id, request),
};

function ask(
  scope: Scope,
  kind: "Create" | "Update" | "Delete",
  declared: JsonObject,
  id: string | undefined,
  request: EngineRequest,
): Progress {
  const { stackId, logicalId, token, previous } = request;
  const { ServiceToken, ServiceTimeout = TIMEOUT_SECONDS } = declared;
  if (typeof ServiceToken !== "string") return { state: "failed", reason: "Value of property ServiceToken must be of type String" };
  const secret = idsFrom(`custom ${stackId} ${token}`).hex(40);
  const asked = customResponses.get(scope, secret) ?? begin(scope, secret, request);
  const sent = scope.deliver(`cloudformation/custom/${secret}`, ServiceToken, JSON.stringify(event()), {
    from: "cloudformation.amazonaws.com",
    context: { subject: "AWS CloudFormation custom resource request", sourceArn: stackId },
  });
  const { answer } = asked;
  if (answer === undefined) {
    if (sent.status === "FAILED") return { state: "failed", reason: `Failed to send the request to ${ServiceToken}: ${sent.reason}` };
    const endsAt = asked.requestedAt + Number(ServiceTimeout) * 1000;
    if (scope.clock.now() < endsAt) return { state: "busy", because: `${logicalId} has not answered its ${kind} request`, wakeAt: endsAt };
    // What never named itself is still asked to go, by a name of ours.
    return {
      state: "failed",
      id: id ?? request.generatedName,
      reason: `CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [${asked.requestId}]. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.`,
    };
  }
  if (answer === "too long") return { state: "failed", reason: "Response object is too long.", id: id ?? request.generatedName };
  const physicalId = answer.PhysicalResourceId ?? id;
  if (answer.Status !== "SUCCESS") {
    const reason = `Received response status [${answer.Status}] from custom resource. Message returned: ${answer.Reason ?? ""} (RequestId: ${asked.requestId})`;
    return { state: "failed", reason, ...(physicalId !== undefined && { id: physicalId }) };
  }
  if (physicalId === undefined) return { state: "failed", reason: "Invalid PhysicalResourceId" };
  if (kind !== "Delete")
    customData.put(scope, { id: `${idOfArn(stackId)}/${logicalId}`, data: answer.Data ?? {}, ...(answer.NoEcho && { noEcho: true }) });
  return { state: "done", id: physicalId };

  function event(): JsonObject {
    return {
      RequestType: kind,
      ServiceToken: ServiceToken as string,
      ResponseURL: responseUrl(scope, secret),
      StackId: stackId,
      RequestId: asked.requestId,
      LogicalResourceId: logicalId,
      ...(id !== undefined && { PhysicalResourceId: id }),
      ResourceType: request.resourceType ?? "AWS::CloudFormation::CustomResource",
      ResourceProperties: written(declared),
      ...(kind === "Update" && { OldResourceProperties: written(previous ?? {}) }),
    };
  }
}

export const responseUrl = (scope: Scope, secret: string): string => `${scope.settings.endpoint}/_cloudformation/response/${secret}`;

const begin = (scope: Scope, secret: string, { stackId, logicalId, token }: ResourceRequest): CustomResponse =>
  customResponses.put(scope, {
    id: secret,
    account: scope.account,
    region: scope.region,
    stackRow: idOfArn(stackId)!,
    logicalId,
    requestId: idsFrom(`request ${token}`).uuid(),
    requestedAt: scope.clock.now(),
  });

/** Take what a custom resource has PUT; whether anybody waits for it. */
export function takeResponse(scope: Scope, secret: string, body: string): boolean {
  const asked = customResponses.get(scope, secret);
  if (asked === undefined) return false;
  if (asked.answer === undefined) customResponses.patch(scope, secret, { answer: answerOf(body) });
  return true;
}

function answerOf(body: string): CustomAnswer | "too long" {
  if (Buffer.byteLength(body) > ANSWER_BYTES_MAX) return "too long";
  try {
    const parsed = JSON.parse(body) as Json;
    if (isObject(parsed)) return parsed as CustomAnswer;
  } catch {}
  return { Status: "FAILED", Reason: "Invalid response: it is not a JSON object" };
}

/** Forget what was asked for a stack. */
export function forgetResponses(scope: Scope, stackRow: string): void {
  for (const { id } of customResponses.by(scope, "stack", stackRow)) customResponses.remove(scope, id);
}

/** CloudFormation sends every scalar as text. */
function written(value: JsonObject): JsonObject {
  const text = (json: Json): Json => {
    if (isList(json)) return json.map(text);
    if (isObject(json)) return written(json);
    return json === null ? json : String(json);
  };
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, text(member)]));
}
