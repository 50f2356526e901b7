import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Progress, ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { askHooks, type HookVerdict, identifierIn, liveModel, registeredType } from "../cloudformation/api.ts";
import { handlerErrorCode } from "./handler-error.ts";
import { EXPIRES_MS, type ResourceRequest, requests } from "./request.ts";

/** Fulfils a request, and forgets it after seven days. */
export const requestLoop: Loop<ResourceRequest> = {
  table: requests,
  turn(scope, row) {
    switch (row.status) {
      case "IN_PROGRESS":
        return work(scope, row);
      case "CANCEL_IN_PROGRESS":
        return change(scope, row, { status: "CANCEL_COMPLETE" });
      default:
        return age(scope, row);
    }
  },
};

function age(scope: Scope, row: ResourceRequest): Rest | void {
  const expiresAt = row.startedAt + EXPIRES_MS;
  if (scope.clock.now() < expiresAt) return { wakeAt: expiresAt, kind: "tick", because: "a request is kept for seven days" };
  requests.remove(scope, row.id);
}

function work(scope: Scope, row: ResourceRequest): Rest | void {
  const type = registeredType(scope, row.type);
  if (type === undefined) return failed(scope, row, { reason: `The type '${row.type}' cannot be found.`, code: "NotFound" });
  if (!row.begun && row.operation === "DELETE" && type.observe === undefined && type.read(scope, row.identifier!) === undefined) {
    const reason = `Resource of type '${row.type}' with identifier '${row.identifier}' was not found.`;
    return failed(scope, row, { reason, code: "NotFound" });
  }
  if (!row.hooked) {
    const verdict = askHooksAbout(scope, row);
    if (verdict.state === "busy") {
      if (!row.hasHooks) requests.patch(scope, row.id, { hasHooks: true });
      return { kind: "wait", because: verdict.because, ...(verdict.wakeAt !== undefined && { wakeAt: verdict.wakeAt }) };
    }
    if (verdict.state === "failed") return failed(scope, row, { reason: verdict.reason });
    requests.patch(scope, row.id, { hooked: true, ...(verdict.results.length > 0 && { hasHooks: true }) });
    return;
  }
  const progress = handled(scope, type, row);
  switch (progress.state) {
    case "busy": {
      const identifier = row.identifier ?? (progress.id === undefined ? undefined : identify(scope, type, progress.id));
      if (!row.begun || identifier !== row.identifier) requests.patch(scope, row.id, { begun: true, identifier });
      return {
        ...(progress.wakeAt !== undefined && { wakeAt: progress.wakeAt }),
        kind: "wait",
        because: progress.because,
      };
    }
    case "failed":
      return failed(scope, row, progress);
    case "done": {
      if (row.operation === "DELETE") return change(scope, row, { status: "SUCCESS" });
      const model = liveModel(scope, type, progress.id);
      return change(scope, row, { status: "SUCCESS", identifier: identifierIn(scope, row.type, model) ?? progress.id, model });
    }
  }
}

/** https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/hooks-concepts.html */
const askHooksAbout = (scope: Scope, { id, type, operation, identifier, desired, previous }: ResourceRequest): HookVerdict =>
  askHooks(scope, {
    operation: "CLOUD_CONTROL",
    name: type,
    action: operation as "CREATE" | "UPDATE" | "DELETE",
    key: `cloudcontrol ${id}`,
    executionTarget: id,
    logicalId: identifier ?? type,
    model: {
      ...(desired && { resourceProperties: desired }),
      ...(previous && { previousResourceProperties: previous }),
    },
  });

/** A resource that is on its way may show what identifies it. */
const identify = (scope: Scope, type: ResourceType, id: string): string => identifierIn(scope, type.type, liveModel(scope, type, id)) ?? id;

/** Ask the type to do what is wished for. What it refuses by a fault has not happened. */
function handled(scope: Scope, type: ResourceType, row: ResourceRequest): Progress {
  const { id: token, operation, identifier, desired, previous, roleArn } = row;
  const request = {
    token,
    generatedName: idsFrom(token).text(26, "abcdefghijklmnopqrstuvwxyz0123456789"),
    logicalId: "",
    stackId: "",
    tags: [],
    ...(previous && { previous }),
    ...(roleArn !== undefined && { roleArn }),
  };
  try {
    return scope.attempt(() =>
      operation === "DELETE"
        ? type.remove(scope, identifier!, request)
        : type.ensure(scope, desired, operation === "CREATE" ? undefined : identifier, request),
    );
  } catch (error) {
    if (!isFault(error)) throw error;
    return { state: "failed", reason: error.message, code: error.name };
  }
}

const failed = (scope: Scope, row: ResourceRequest, { reason, code }: { reason: string; code?: string }): void =>
  change(scope, row, { status: "FAILED", message: reason, errorCode: handlerErrorCode(code, reason) });

function change(scope: Scope, row: ResourceRequest, changes: { [K in keyof ResourceRequest]?: ResourceRequest[K] | undefined }): void {
  requests.patch(scope, row.id, { ...changes, changedAt: scope.clock.now() });
}
