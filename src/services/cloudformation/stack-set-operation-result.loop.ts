import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { isSuspended } from "./organizations-access.ts";
import { stackInstances } from "./stack-instance.ts";
import { type InstanceProgress, stepInstance } from "./stack-instance-step.ts";
import { type StackSet, stackSets } from "./stack-set.ts";
import { type StackSetOperation, stackSetOperations } from "./stack-set-operation.ts";
import { type AccountGate, changeInstance, instanceOf, type OperationResult, operationResults } from "./stack-set-operation-result.ts";
import { permissionRefusal } from "./stack-set-permission.ts";
import { advanceOperation } from "./stack-set-progress.ts";

/** Does in one account and region what an operation wants there; then the operation goes on. */
export const stackSetOperationResultLoop: Loop<OperationResult> = {
  table: operationResults,
  turn(owner, result) {
    if (result.status !== "RUNNING") return;
    const operation = stackSetOperations.get(owner, result.operation)!;
    const rest = work(owner, operation, result);
    if (rest === undefined) advanceOperation(owner, operation);
    return rest;
  },
};

/** Nothing where it is done, one way or another. */
function work(owner: Scope, operation: StackSetOperation, result: OperationResult): Rest | void {
  const instance = instanceOf(owner, result);
  if (instance === undefined) return succeed(owner, operation, result, { state: "done" });
  const set = stackSets.get(owner, result.stackSet)!;
  const there = owner.in({ account: result.account, region: result.region });
  if (result.gate === undefined) {
    if (set.permissionModel === "SERVICE_MANAGED" && isSuspended(owner, result.account)) return skip(owner, result);
    const refusal = refusalOf(owner, set, operation, result);
    if (refusal !== undefined) return fail(owner, operation, result, refusal);
    const gate = gateOf(there);
    operationResults.patch(owner, result.id, { gate });
    if (gate.status === "FAILED") return fail(owner, operation, result, gate.reason);
  }
  const progress = stepInstance({ there, set, operation, result, instance });
  switch (progress.state) {
    case "busy": {
      const { begun, because } = progress;
      if (begun !== undefined) operationResults.patch(owner, result.id, begun);
      if (begun?.stackId !== undefined) stackInstances.patch(owner, instance.id, { stackId: begun.stackId });
      return { kind: "wait", because };
    }
    case "done":
      return succeed(owner, operation, result, progress);
    case "failed":
      return fail(owner, operation, result, progress.reason);
  }
}

/** A stack that is kept is not touched, and needs no permission. */
function refusalOf(owner: Scope, set: StackSet, { retainStacks }: StackSetOperation, { account }: OperationResult): string | undefined {
  const { administrationRoleArn, executionRoleName } = set;
  if (administrationRoleArn === undefined || executionRoleName === undefined || retainStacks) return undefined;
  return permissionRefusal(owner, account, { administrationRoleArn, executionRoleName });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-account-gating.html */
function gateOf(there: Scope): AccountGate {
  const name = "AWSCloudFormationStackSetAccountGate";
  const found = there.registry.resource("AWS::Lambda::Function")?.read(there, name);
  if (found === undefined) return { status: "SKIPPED", reason: `Function not found: ${there.arn("lambda", `function:${name}`)}` };
  return { status: "FAILED", reason: `Slipway does not implement account gates, and there is a function ${name}` };
}

function succeed(
  owner: Scope,
  operation: StackSetOperation,
  result: OperationResult,
  progress: InstanceProgress & { state: "done" },
): void {
  const { reason, drift, stackId } = progress;
  operationResults.patch(owner, result.id, { status: "SUCCEEDED", reason, ...(drift !== undefined && { drift }) });
  const instance = instanceOf(owner, result);
  if (instance === undefined) return;
  switch (operation.action) {
    case "DELETE":
      changeInstance(owner, result, { detailedStatus: "SUCCEEDED" });
      return stackInstances.remove(owner, instance.id);
    case "DETECT_DRIFT":
      return changeInstance(owner, result, { drift: { status: drift!, checkedAt: owner.clock.now() } });
    default:
      return changeInstance(owner, result, {
        status: "CURRENT",
        detailedStatus: "SUCCEEDED",
        reason,
        ...(stackId !== undefined && { stackId }),
      });
  }
}

function fail(owner: Scope, { action }: StackSetOperation, result: OperationResult, reason: string): void {
  operationResults.patch(owner, result.id, { status: "FAILED", reason });
  if (action === "DETECT_DRIFT") return;
  const state =
    action === "DELETE"
      ? ({ status: "INOPERABLE", detailedStatus: "INOPERABLE" } as const)
      : result.imports !== undefined
        ? ({ status: "INOPERABLE", detailedStatus: "FAILED_IMPORT" } as const)
        : ({ status: "OUTDATED", detailedStatus: "FAILED" } as const);
  changeInstance(owner, result, { ...state, reason });
}

/** Nothing is done in an account that is closed, and nothing of it counts as a failure. */
function skip(owner: Scope, result: OperationResult): void {
  const reason = "ACCOUNT_SUSPENDED";
  operationResults.patch(owner, result.id, { status: "CANCELLED", reason });
  changeInstance(owner, result, { detailedStatus: "SKIPPED_SUSPENDED_ACCOUNT", reason });
}
