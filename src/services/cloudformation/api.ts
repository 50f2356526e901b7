import { isFault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Capability, ChangeSetType, OnFailure } from "../../sdk/cloudformation.js";
import {
  changeSetArn,
  createChangeSet as createChangeSetOperation,
  executeSet,
  findChangeSet,
  forgetChangeSet,
  requireChangeSet,
} from "./change-set.ts";
import { takeResponse } from "./custom-resource.ts";
import { detectStackDrift, driftDetections, driftedIn } from "./drift.ts";
import { draft, NO_UPDATES, startCreate, startDelete, startUpdate } from "./operation.ts";
import { takeSignal } from "./signal.ts";
import { arnOf, findStack, isInProgress, type Stack, type StackOutput } from "./stack.ts";
import type { TargetRequest } from "./target.ts";

/** Hooks look at what Cloud Control does, too. */
export { askHooks, type HookVerdict } from "./hook-call.ts";
export { type HookResult, hookResults } from "./hook-result.ts";
/** What the registry of resource types knows: Cloud Control works on the same types. */
export { declarable, identifierIn, identifierNames, liveModel } from "./live-model.ts";
export { type Violation, violationsOf } from "./property-validation.ts";
export {
  deployStackInstances,
  deployStackSet,
  type StackInstancesWish,
  type StackSetOutcome,
  type StackSetWish,
} from "./stack-set-wish.ts";
export { registeredType } from "./target.ts";
export { schemaOf, specificationOf } from "./type-knowledge.ts";
export { isList, isObject, type Json, type JsonObject } from "./value.ts";

/** What a caller below wants of a stack. The token says which wish it is: asking again with it starts nothing. */
export interface StackWish {
  readonly stackName: string;
  readonly token: string;
  readonly templateBody?: string;
  readonly templateUrl?: string;
  readonly parameters?: readonly { readonly key: string; readonly value?: string; readonly usePreviousValue?: boolean }[];
  readonly capabilities?: readonly string[];
  readonly roleArn?: string;
  readonly tags?: readonly { readonly Key: string; readonly Value: string }[];
  /** A change set that brings back what was changed by hand, too. */
  readonly revertDrift?: true;
}

/** How a wish stands. */
export type StackOutcome =
  | { readonly state: "busy"; readonly stackId: string; readonly status: string; readonly because: string }
  | { readonly state: "done"; readonly stackId: string; readonly status: string; readonly outputs: readonly StackOutput[] }
  /** AWS's own words, of a refusal or of what became of the stack. */
  | { readonly state: "failed"; readonly stackId?: string; readonly status?: string; readonly reason: string };

/**
 * Create the stack, or update it, and say how that stands. Nothing to update is done. A stack whose creation failed is
 * deleted first where `replaceFailed` says so (CodePipeline's REPLACE_ON_FAILURE).
 */
export function createOrUpdateStack(
  scope: Scope,
  wish: StackWish,
  { replaceFailed = false, onFailure = "ROLLBACK" as OnFailure } = {},
): StackOutcome {
  const known = findStack(scope, wish.stackName);
  if (known !== undefined && hasHad(known, wish.token)) return outcomeOf(scope, known);
  if (known !== undefined && known.operation !== undefined) return busy(scope, known);
  return attempt(() => {
    if (known !== undefined && replaceFailed && FAILED_FOR_GOOD.includes(known.status))
      return busy(scope, startDelete(scope, known, { token: `${wish.token}/replace` }));
    if (known === undefined || known.status === "REVIEW_IN_PROGRESS") {
      const stack = known ?? draft(scope, wish.stackName, { onFailure });
      return busy(scope, startCreate(scope, stack, requestOf(wish), { token: wish.token, onFailure }));
    }
    try {
      return busy(scope, startUpdate(scope, known, requestOf(wish), { token: wish.token, onFailure }));
    } catch (error) {
      if (!isFault(error) || error.message !== NO_UPDATES) throw error;
      return { state: "done", stackId: arnOf(scope, known), status: known.status, outputs: known.outputs };
    }
  });
}

/** Delete the stack, and say how that stands; a stack that is not there is deleted. */
export function deleteStack(scope: Scope, { stackName, token, roleArn }: Pick<StackWish, "stackName" | "token" | "roleArn">): StackOutcome {
  const known = findStack(scope, stackName);
  if (known === undefined || known.status === "DELETE_COMPLETE")
    return { state: "done", stackId: known ? arnOf(scope, known) : "", status: "DELETE_COMPLETE", outputs: [] };
  if (hasHad(known, token)) return outcomeOf(scope, known);
  if (known.terminationProtection)
    return { state: "failed", reason: `Stack [${stackName}] cannot be deleted while TerminationProtection is enabled` };
  if (known.operation !== undefined && known.status !== "CREATE_IN_PROGRESS") return busy(scope, known);
  return attempt(() => busy(scope, startDelete(scope, known, { token, ...(roleArn !== undefined && { roleArn }) })));
}

export type ChangeSetOutcome =
  | { readonly state: "busy"; readonly because: string }
  | { readonly state: "done"; readonly changeSetArn: string; readonly stackId: string; readonly noChanges: boolean }
  | { readonly state: "failed"; readonly reason: string };

/** Create the change set, in place of one of the same name, and say how that stands. No changes are done, too. */
export function createChangeSet(scope: Scope, wish: StackWish & { readonly changeSetName: string }): ChangeSetOutcome {
  const { changeSetName, stackName, token } = wish;
  const stack = findStack(scope, stackName);
  const known = stack === undefined ? undefined : findChangeSet(scope, changeSetName, stackName);
  if (known?.token === token) {
    const names = { changeSetArn: changeSetArn(scope, known), stackId: arnOf(scope, stack!) };
    switch (known.status) {
      case "CREATE_COMPLETE":
        return { state: "done", ...names, noChanges: false };
      case "FAILED":
        return known.reason?.includes("didn't contain changes")
          ? { state: "done", ...names, noChanges: true }
          : { state: "failed", reason: known.reason ?? "" };
      default:
        return { state: "busy", because: `change set ${changeSetName} is being created` };
    }
  }
  if (stack?.operation !== undefined) return { state: "busy", because: `stack ${stackName} is in ${stack.status}` };
  const type: ChangeSetType = stack === undefined || stack.status === "REVIEW_IN_PROGRESS" ? "CREATE" : "UPDATE";
  try {
    if (known !== undefined) forgetChangeSet(scope, known);
    const request = requestOf(wish);
    createChangeSetOperation.handle(scope, {
      ...request,
      Capabilities: request.Capabilities as Capability[],
      ChangeSetType: type,
      StackName: stackName,
      ChangeSetName: changeSetName,
      ClientToken: token,
    });
  } catch (error) {
    if (!isFault(error)) throw error;
    return { state: "failed", reason: error.message };
  }
  return { state: "busy", because: `change set ${changeSetName} is being created` };
}

/** Take a change set away that was not executed; one that is not there is deleted. */
export function deleteChangeSet(
  scope: Scope,
  { stackName, changeSetName }: { readonly stackName: string; readonly changeSetName: string },
): void {
  const set = findStack(scope, stackName) && findChangeSet(scope, changeSetName, stackName);
  if (set !== undefined) forgetChangeSet(scope, set);
}

/** A change of a resource, as a change set has it. */
export interface ChangeSummary {
  readonly action: string;
  readonly logicalId: string;
  readonly type: string;
  /** Of a change: True, False or Conditional. */
  readonly replacement?: string;
}

/** What a change set would change. */
export function changesIn(
  scope: Scope,
  { stackName, changeSetName }: { readonly stackName: string; readonly changeSetName: string },
): ChangeSummary[] {
  const set = findStack(scope, stackName) && findChangeSet(scope, changeSetName, stackName);
  return (set?.changes ?? []).map(({ Action, LogicalResourceId, ResourceType, Replacement }) => ({
    action: Action!,
    logicalId: LogicalResourceId!,
    type: ResourceType!,
    ...(Replacement !== undefined && { replacement: Replacement }),
  }));
}

/** What a look for drift has found: the logical ids of what is not as declared. */
export interface DetectedDrift {
  readonly drifted: readonly string[];
}

/** Begin to look for drift; undefined where the stack is in no state for it. */
export function startDriftDetection(scope: Scope, stackName: string): string | undefined {
  try {
    return detectStackDrift.handle(scope, { StackName: stackName }).StackDriftDetectionId;
  } catch (error) {
    if (!isFault(error)) throw error;
    return undefined;
  }
}

/** How the look for drift stands. One of a stack that went away has found nothing. */
export function observeDrift(scope: Scope, stackName: string, detectionId: string): "busy" | DetectedDrift {
  if (driftDetections.get(scope, detectionId)?.status === "DETECTION_IN_PROGRESS") return "busy";
  const stack = findStack(scope, stackName);
  return { drifted: stack === undefined ? [] : driftedIn(scope, stack) };
}

/** Execute the change set, and say how that stands. One without changes is done. */
export function executeChangeSet(
  scope: Scope,
  { stackName, changeSetName, token }: { readonly stackName: string; readonly changeSetName: string; readonly token: string },
): StackOutcome {
  const stack = findStack(scope, stackName);
  if (stack === undefined) return { state: "failed", reason: `Stack [${stackName}] does not exist` };
  if (hasHad(stack, token)) return outcomeOf(scope, stack);
  if (stack.operation !== undefined) return busy(scope, stack);
  return attempt(() => {
    const set = requireChangeSet(scope, changeSetName, stackName);
    if (set.status === "FAILED" && set.reason?.includes("didn't contain changes"))
      return { state: "done", stackId: arnOf(scope, stack), status: stack.status, outputs: stack.outputs };
    if (set.status === "FAILED") return { state: "failed", stackId: arnOf(scope, stack), status: stack.status, reason: set.reason ?? "" };
    if (set.status !== "CREATE_COMPLETE")
      return { state: "busy", stackId: arnOf(scope, stack), status: stack.status, because: `change set ${changeSetName} is being created` };
    return busy(scope, executeSet(scope, set, { token }));
  });
}

/** How a stack stands, whoever does something to it; undefined where there is none. */
export function observeStack(scope: Scope, stackNameOrArn: string): StackOutcome | undefined {
  const stack = findStack(scope, stackNameOrArn);
  return stack && outcomeOf(scope, stack);
}

/**
 * Take what was PUT to /_cloudformation/response/<token>: the answer of a custom resource, or a signal to a wait handle.
 * Whether anybody waits for it.
 */
export const respond = (scope: Scope, token: string, body: string): boolean =>
  takeResponse(scope, token, body) || takeSignal(scope, token, body);

const FAILED_FOR_GOOD = ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"];
const GOOD = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "DELETE_COMPLETE"];

const hasHad = ({ tokens }: Stack, token: string): boolean => tokens.some((one) => one.slice(one.indexOf(" ") + 1) === token);

function outcomeOf(scope: Scope, stack: Stack): StackOutcome {
  const { status } = stack;
  const stackId = arnOf(scope, stack);
  if (isInProgress(stack)) return busy(scope, stack);
  if (GOOD.includes(status)) return { state: "done", stackId, status, outputs: stack.outputs };
  return { state: "failed", stackId, status, reason: stack.failure ?? stack.reason ?? `Stack ${stack.name} is in ${status}` };
}

const busy = (scope: Scope, stack: Stack): StackOutcome => ({
  state: "busy",
  stackId: arnOf(scope, stack),
  status: stack.status,
  because: `stack ${stack.name} is in ${stack.status}`,
});

function attempt(work: () => StackOutcome): StackOutcome {
  try {
    return work();
  } catch (error) {
    if (!isFault(error)) throw error;
    return { state: "failed", reason: error.message };
  }
}

const requestOf = ({
  templateBody,
  templateUrl,
  parameters = [],
  capabilities = [],
  roleArn,
  tags,
  revertDrift,
}: StackWish): TargetRequest => ({
  ...(templateBody !== undefined && { TemplateBody: templateBody }),
  ...(templateUrl !== undefined && { TemplateURL: templateUrl }),
  Parameters: parameters.map(({ key, value, usePreviousValue }) => ({
    ParameterKey: key,
    ...(value !== undefined && { ParameterValue: value }),
    ...(usePreviousValue && { UsePreviousValue: true }),
  })),
  Capabilities: [...capabilities],
  ...(roleArn !== undefined && { RoleARN: roleArn }),
  ...(tags && { Tags: tags.map((tag) => ({ ...tag })) }),
  ...(revertDrift && { DeploymentMode: "REVERT_DRIFT" as const }),
});
