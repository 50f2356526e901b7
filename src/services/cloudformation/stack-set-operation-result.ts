import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { AccountGateStatus, StackDriftStatus, StackSetOperationResultStatus } from "../../sdk/cloudformation.js";
import { instanceId, type StackInstance, stackInstances } from "./stack-instance.ts";
import { stackSetArnOf } from "./stack-set.ts";
import { tellInstance } from "./stack-set-event.ts";
import { type StackSetOperation, stackSetOperations } from "./stack-set-operation.ts";

/** What becomes of an operation in one account and region; its id is the operation's, the region and the account, with slashes between. */
export interface OperationResult extends Row {
  readonly operation: string;
  readonly stackSet: string;
  readonly account: string;
  readonly region: string;
  readonly organizationalUnitId?: string;
  readonly status: StackSetOperationResultStatus;
  readonly reason?: string;
  readonly gate?: AccountGate;
  /** The ARN of a stack that is to become the instance's. */
  readonly imports?: string;
  /** The ARN of the stack that is worked on: that it has begun. */
  readonly stackId?: string;
  /** The search for drift that was begun, and what it found. */
  readonly detectionId?: string;
  readonly drift?: StackDriftStatus;
}

export interface AccountGate {
  readonly status: AccountGateStatus;
  readonly reason: string;
}

export const operationResults = new Table<OperationResult>("cloudformation/stack-set-operation-result", {
  arn: ({ stackSet }, partition) => stackSetArnOf(stackSet, partition),
});

export const resultsOf = (owner: Scope, { id }: Pick<StackSetOperation, "id">): OperationResult[] => operationResults.list(owner, `${id}/`);

export const instanceOf = (owner: Scope, result: OperationResult): StackInstance | undefined =>
  stackInstances.get(owner, instanceId(result.stackSet, result));

/** It begins. */
export function runResult(owner: Scope, result: OperationResult): void {
  operationResults.patch(owner, result.id, { status: "RUNNING" });
  if (isPending(owner, result)) changeInstance(owner, result, { detailedStatus: "RUNNING" });
}

/** It will never begin. */
export function cancelResult(owner: Scope, result: OperationResult, reason: string): void {
  operationResults.patch(owner, result.id, { status: "CANCELLED", reason });
  if (isPending(owner, result)) changeInstance(owner, result, { detailedStatus: "CANCELLED", reason });
}

/** Whether the instance waits for this very operation; one that is only searched for drift does not. */
function isPending(owner: Scope, result: OperationResult): boolean {
  const instance = instanceOf(owner, result);
  return instance?.detailedStatus === "PENDING" && result.operation === `${result.stackSet}/${instance.lastOperationId}`;
}

/** Change the instance, where there is one, and tell of its status. */
export function changeInstance(
  owner: Scope,
  result: OperationResult,
  change: { [K in keyof StackInstance]?: StackInstance[K] | undefined },
): void {
  const instance = instanceOf(owner, result);
  if (instance === undefined) return;
  const next = stackInstances.patch(owner, instance.id, change);
  if (change.detailedStatus !== undefined) tellInstance(owner, next, stackSetOperations.get(owner, result.operation)!.action);
}

export const shownResult = (result: OperationResult) => ({
  Account: result.account,
  Region: result.region,
  Status: result.status,
  ...(result.reason !== undefined && { StatusReason: result.reason }),
  ...(result.gate && { AccountGateResult: { Status: result.gate.status, StatusReason: result.gate.reason } }),
  ...(result.organizationalUnitId !== undefined && { OrganizationalUnitId: result.organizationalUnitId }),
});
