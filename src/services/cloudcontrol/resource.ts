import { createHash } from "node:crypto";
import { fault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import { sameJson } from "../../kernel/json.ts";
import { lateOperation, operation, Waiting } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  CreateResource$,
  DeleteResource$,
  GetResource$,
  InvalidRequestException,
  ListResources$,
  NotUpdatableException,
  ResourceNotFoundException,
  UpdateResource$,
} from "../../sdk/cloudcontrol.js";
import { declarable, identifierIn, isObject, type Json, type JsonObject, liveModel, schemaOf } from "../cloudformation/api.ts";
import { checkModel, createOnlyOf, memberAt, pathsIn, readIdentifier, requireType } from "./model.ts";
import { applyPatch, readPatch } from "./patch.ts";
import { progressOf, repeated, startRequest } from "./request.ts";

export const createResource = operation(CreateResource$, (scope, { TypeName, DesiredState, ClientToken, RoleArn }) => {
  const asked = digest("CREATE", TypeName, DesiredState);
  const known = repeated(scope, ClientToken, asked);
  if (known !== undefined) return { ProgressEvent: progressOf(known) };
  const { type } = requireType(scope, TypeName!, "CREATE");
  const desired = readModel(DesiredState!);
  const given = pathsIn(desired, schemaOf(scope, type)?.readOnly ?? []);
  if (given.length > 0)
    fault("ValidationException", `Model validation failed (Encountered unsupported properties in {/}: [${given.join(", ")}])`);
  checkModel(scope, type, desired);
  const identifier = identifierIn(scope, type, desired);
  const wish = { type, operation: "CREATE" as const, desired, asked, clientToken: ClientToken, roleArn: RoleArn };
  return { ProgressEvent: progressOf(startRequest(scope, { ...wish, ...(identifier !== undefined && { identifier }) })) };
});

/**
 * The patch is of what can be read: what is only written has to be in it again.
 * https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations-update.html
 */
export const updateResource = operation(UpdateResource$, (scope, { TypeName, Identifier, PatchDocument, ClientToken, RoleArn }) => {
  const asked = digest("UPDATE", TypeName, Identifier, PatchDocument);
  const known = repeated(scope, ClientToken, asked);
  if (known !== undefined) return { ProgressEvent: progressOf(known) };
  const type = requireType(scope, TypeName!, "UPDATE");
  const identifier = readIdentifier(scope, type.type, Identifier!);
  const patches = readPatch(PatchDocument!);
  const model = liveModel(scope, type, identifier) ?? notFound(scope, type.type, identifier);
  const patched = applyPatch(model, patches);
  if (!isObject(patched)) return fault("ValidationException", "Model validation failed (#: expected type: JSONObject)");
  checkUpdatable("readOnlyProperties", schemaOf(scope, type.type)?.readOnly ?? [], model, patched);
  checkUpdatable("createOnlyProperties", createOnlyOf(scope, type), model, patched);
  const desired = declarable(scope, type.type, patched);
  checkModel(scope, type.type, desired);
  const previous = declarable(scope, type.type, model);
  const wish = { type: type.type, operation: "UPDATE" as const, identifier, desired, previous, asked };
  return { ProgressEvent: progressOf(startRequest(scope, { ...wish, clientToken: ClientToken, roleArn: RoleArn })) };
});

export const deleteResource = operation(DeleteResource$, (scope, { TypeName, Identifier, ClientToken, RoleArn }) => {
  const asked = digest("DELETE", TypeName, Identifier);
  const known = repeated(scope, ClientToken, asked);
  if (known !== undefined) return { ProgressEvent: progressOf(known) };
  const type = requireType(scope, TypeName!, "DELETE");
  const identifier = readIdentifier(scope, type.type, Identifier!);
  const model = liveModel(scope, type, identifier);
  const wish = { type: type.type, operation: "DELETE" as const, identifier, asked, clientToken: ClientToken, roleArn: RoleArn };
  return { ProgressEvent: progressOf(startRequest(scope, { ...wish, ...(model && { previous: declarable(scope, type.type, model) }) })) };
});

/** At once, or when a handler has told how the resource is. */
export const getResource = lateOperation(GetResource$, {
  begin: (scope, { TypeName, Identifier }) => {
    const { type } = requireType(scope, TypeName!, "READ");
    return { type, identifier: readIdentifier(scope, type, Identifier!), token: scope.id.uuid() };
  },
  answer(scope, { type: name, identifier, token }) {
    const type = requireType(scope, name, "READ");
    const waiting = observation(scope, type, token, identifier);
    if (waiting !== undefined) return waiting;
    const model = liveModel(scope, type, identifier) ?? notFound(scope, name, identifier);
    return {
      TypeName: name,
      ResourceDescription: { Identifier: identifierIn(scope, name, model) ?? identifier, Properties: JSON.stringify(model) },
    };
  },
});

/** What is to be waited for before a resource, or all of a type, can be shown as they are. */
function observation(scope: Scope, type: ResourceType, token: string, id?: string): Waiting | undefined {
  const progress = type.observe?.(scope, token, id);
  switch (progress?.state) {
    case "busy":
      return new Waiting({ kind: "wait", because: progress.because, ...(progress.wakeAt !== undefined && { wakeAt: progress.wakeAt }) });
    case "failed":
      return fault("GeneralServiceException", `${type.type} Handler returned status FAILED: ${progress.reason}`);
    default:
      return undefined;
  }
}

const LISTED_MAX = 100;

export const listResources = lateOperation(ListResources$, {
  begin: (scope, { TypeName, ResourceModel, MaxResults = LISTED_MAX, NextToken }) => {
    const { type } = requireType(scope, TypeName!, "LIST");
    const wanted = ResourceModel === undefined ? {} : readModel(ResourceModel);
    return { type, wanted, MaxResults, NextToken, token: scope.id.uuid() };
  },
  answer(scope, { type: name, wanted, MaxResults, NextToken, token }) {
    const type = requireType(scope, name, "LIST");
    const waiting = observation(scope, type, token);
    if (waiting !== undefined) return waiting;
    const identifiers = [...type.list!(scope)].sort();
    const described = identifiers.flatMap((identifier) => {
      const model = liveModel(scope, type, identifier);
      const fits = model !== undefined && Object.entries(wanted).every(([member, value]) => sameJson(model[member], value));
      return fits ? [{ Identifier: identifier, Properties: JSON.stringify(model) }] : [];
    });
    const invalid = (): never => fault(InvalidRequestException, "The NextToken is not valid.");
    const { items, nextToken } = page(described, ({ Identifier }) => Identifier, MaxResults, NextToken, invalid);
    return { TypeName: name, ResourceDescriptions: items, ...(nextToken && { NextToken: nextToken }) };
  },
});

/** As a handler says it that is called at once. */
function notFound(scope: Scope, type: string, identifier: string): never {
  const token = idsFrom(`read ${type} ${identifier} ${scope.clock.now()}`).uuid();
  return fault(
    ResourceNotFoundException,
    `${type} Handler returned status FAILED: Resource of type '${type}' with identifier '${identifier}' was not found. (HandlerErrorCode: NotFound, RequestToken: ${token})`,
  );
}

const digest = (...asked: readonly (string | undefined)[]): string =>
  createHash("sha256").update(JSON.stringify(asked)).digest("hex").slice(0, 32);

function readModel(text: string): JsonObject {
  let model: Json;
  try {
    model = JSON.parse(text) as Json;
  } catch {
    return fault(InvalidRequestException, "The model is not a valid JSON document.");
  }
  return isObject(model) ? model : fault(InvalidRequestException, "The model is not a JSON object.");
}

/** Refuses a patch that touches what can not be changed. */
function checkUpdatable(
  kind: "readOnlyProperties" | "createOnlyProperties",
  paths: readonly string[],
  before: JsonObject,
  after: JsonObject,
): void {
  const changed = paths.filter((path) => !sameJson(memberAt(before, path), memberAt(after, path)));
  if (changed.length > 0)
    fault(
      NotUpdatableException,
      `Invalid patch update: ${kind} [${changed.map((path) => `/properties/${path}`).join(", ")}] cannot be updated`,
    );
}
