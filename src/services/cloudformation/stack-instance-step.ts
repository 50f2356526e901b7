import { isFault } from "../../kernel/fault.ts";
import { sameJson } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { StackDriftStatus } from "../../sdk/cloudformation.js";
import { detectStackDrift, driftDetections } from "./drift.ts";
import { stackEvents } from "./event.ts";
import { draft, NO_UPDATES, startCreate, startDelete, startUpdate } from "./operation.ts";
import { arnOf, findStack, isInProgress, type Stack } from "./stack.ts";
import type { StackInstance } from "./stack-instance.ts";
import type { StackSet } from "./stack-set.ts";
import type { StackSetOperation } from "./stack-set-operation.ts";
import type { OperationResult } from "./stack-set-operation-result.ts";
import { templateOf } from "./stored-template.ts";
import { readTemplate } from "./syntax.ts";
import { readChecked, type TargetRequest } from "./target.ts";

/** How an operation stands in one account and region. */
export type InstanceProgress =
  | {
      readonly state: "busy";
      readonly because: string;
      /** What has been begun. */
      readonly begun?: Pick<OperationResult, "stackId" | "detectionId">;
    }
  | { readonly state: "done"; readonly reason?: string; readonly stackId?: string; readonly drift?: StackDriftStatus }
  | { readonly state: "failed"; readonly reason: string };

/** Everything that a step needs to know; `there` is the account and region that it is about. */
export interface Step {
  readonly there: Scope;
  readonly set: StackSet;
  readonly operation: StackSetOperation;
  readonly result: OperationResult;
  readonly instance: StackInstance;
}

/** Begin what is to be done, or see how it stands. */
export function stepInstance(step: Step): InstanceProgress {
  const { operation, result } = step;
  if (result.imports !== undefined) return takeOver(step, result.imports);
  switch (operation.action) {
    case "CREATE":
    case "UPDATE":
      return result.stackId === undefined ? beginEnsuring(step) : observe(step, result.stackId);
    case "DELETE":
      return result.stackId === undefined ? beginDeleting(step) : observe(step, result.stackId);
    case "DETECT_DRIFT":
      return result.detectionId === undefined ? beginDetecting(step) : observeDetection(step, result.detectionId);
    default:
      throw new Error(`no such action: ${operation.action}`);
  }
}

const NAME_MAX = 128;
const UUID_LENGTH = 36;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html, at Capabilities */
const NO_MACROS = "StackSets with SERVICE_MANAGED permission model do not support macros and transforms in templates";

/** A stack that was not made, or was taken away, is made anew; one that there is is updated. */
function beginEnsuring({ there, set, operation, instance }: Step): InstanceProgress {
  if (set.permissionModel === "SERVICE_MANAGED" && readChecked(set.templateBody).transforms.length > 0)
    return { state: "failed", reason: NO_MACROS };
  const stack = liveStack(there, instance);
  const request = requestOf(set, instance);
  const token = operation.operationId;
  return attempt(there, () => {
    if (stack !== undefined) return begun(there, startUpdate(there, stack, request, { token }));
    const start = `StackSet-${set.name}`.slice(0, NAME_MAX - UUID_LENGTH - 1);
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-troubleshooting.html: a stack that cannot be made is deleted.
    const fresh = draft(there, `${start}-${there.id.uuid()}`);
    return begun(there, startCreate(there, fresh, request, { token, onFailure: "DELETE" }));
  });
}

function beginDeleting({ there, operation, instance }: Step): InstanceProgress {
  const stack = liveStack(there, instance);
  if (stack === undefined || operation.retainStacks) return { state: "done" };
  if (stack.terminationProtection)
    return { state: "failed", reason: `Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled` };
  return attempt(there, () => begun(there, startDelete(there, stack, { token: operation.operationId })));
}

function beginDetecting({ there, instance }: Step): InstanceProgress {
  const stack = liveStack(there, instance);
  if (stack === undefined) return { state: "failed", reason: "The stack instance has no stack" };
  return attempt(there, () => {
    const { StackDriftDetectionId: detectionId } = detectStackDrift.handle(there, { StackName: arnOf(there, stack) });
    return { state: "busy", because: `drift of ${stack.name} is being looked for`, begun: { detectionId: detectionId! } };
  });
}

function observeDetection({ there }: Step, id: string): InstanceProgress {
  const found = driftDetections.get(there, id);
  switch (found?.status) {
    case "DETECTION_COMPLETE":
      return { state: "done", drift: found.drift! };
    case "DETECTION_IN_PROGRESS":
      return { state: "busy", because: "drift is being looked for" };
    default:
      return { state: "failed", reason: found?.reason ?? "Drift detection failed" };
  }
}

/** What has become of the stack. */
function observe({ there, operation, instance }: Step, stackId: string): InstanceProgress {
  const stack = findStack(there, stackId);
  const deleting = operation.action === "DELETE";
  if (stack === undefined) return deleting ? { state: "done" } : { state: "failed", reason: `Stack ${stackId} does not exist` };
  if (isInProgress(stack)) return { state: "busy", because: `stack ${stack.name} in ${instance.account} is in ${stack.status}` };
  const good = deleting ? stack.status === "DELETE_COMPLETE" : /^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(stack.status);
  return good ? { state: "done", stackId } : { state: "failed", reason: failureOf(there, stack) };
}

/** A stack becomes the instance's as it is. */
function takeOver({ there, set }: Step, stackId: string): InstanceProgress {
  const stack = findStack(there, stackId);
  if (stack?.target === undefined || stack.status === "DELETE_COMPLETE")
    return { state: "failed", reason: `Stack ${stackId} does not exist` };
  if (isInProgress(stack) || !/_COMPLETE$/.test(stack.status))
    return { state: "failed", reason: `Stack:${stackId} is in ${stack.status} state and can not be imported.` };
  if (!sameJson(readTemplate(templateOf(there, stack.target).text), readTemplate(set.templateBody)))
    return { state: "failed", reason: `The template of stack ${stackId} is not that of StackSet ${set.id}` };
  return { state: "done", stackId };
}

function liveStack(there: Scope, { stackId }: StackInstance): Stack | undefined {
  const stack = stackId === undefined ? undefined : findStack(there, stackId);
  return stack?.status === "DELETE_COMPLETE" ? undefined : stack;
}

const begun = (there: Scope, stack: Stack): InstanceProgress => ({
  state: "busy",
  because: `stack ${stack.name} is in ${stack.status}`,
  begun: { stackId: arnOf(there, stack) },
});

/** A refusal is a failure of the instance, and leaves nothing behind. */
function attempt(there: Scope, work: () => InstanceProgress): InstanceProgress {
  try {
    return there.attempt(work);
  } catch (error) {
    if (!isFault(error)) throw error;
    if (error.message === NO_UPDATES) return { state: "done", reason: NO_UPDATES };
    if (error.$fault === "server") return { state: "busy", because: error.message };
    return { state: "failed", reason: error.message };
  }
}

function requestOf(set: StackSet, { overrides }: StackInstance): TargetRequest {
  const own = new Map(overrides.map(({ key, value }) => [key, value]));
  const named = [...set.parameters.filter(({ key }) => !own.has(key)), ...overrides];
  return {
    template: set.templateBody,
    Parameters: named.map(({ key, value }) => ({ ParameterKey: key, ParameterValue: value })),
    Capabilities: [...set.capabilities],
    Tags: set.tags.map((tag) => ({ ...tag })),
  };
}

/** In the words by which AWS tells the first resource that failed. */
function failureOf(there: Scope, stack: Stack): string {
  const [last] = stack.lastOperations;
  const first = stackEvents
    .read(there, stack.id)
    .map(({ value }) => value)
    .find(({ operationId, status, logicalId }) => operationId === last?.id && status.endsWith("_FAILED") && logicalId !== stack.name);
  if (first === undefined) return stack.failure ?? stack.reason ?? `Stack ${stack.name} is in ${stack.status}`;
  return `ResourceLogicalId:${first.logicalId}, ResourceType:${first.type}, ResourceStatusReason:${first.reason ?? ""}.`;
}
