import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { DescribeEvents$, type EventType, type OperationEvent, type ResourceStatus } from "../../sdk/cloudformation.js";
import { changeSetArn, findChangeSet } from "./change-set.ts";
import { newestFirst, STACK, type StackEvent, shownHook } from "./event.ts";
import { arnOf, requireStack, stacks } from "./stack.ts";

/** What happened in operations: to stacks, to resources, and what was found wrong before. */
export const describeEvents = operation(DescribeEvents$, (scope, { StackName, ChangeSetName, OperationId, Filters, NextToken }) => {
  const set = ChangeSetName === undefined ? undefined : findChangeSet(scope, ChangeSetName, StackName);
  if (StackName === undefined && set === undefined) return fault("ValidationError", "StackName must be specified");
  const stack = set === undefined ? requireStack(scope, StackName) : stacks.get(scope, set.stack)!;
  const arn = set && changeSetArn(scope, set);
  const { entries, nextToken } = newestFirst(scope, stack, NextToken);
  const shown = entries.filter(
    ({ value }) =>
      (ChangeSetName === undefined || value.validation?.changeSetId === arn) &&
      (OperationId === undefined || value.operationId === OperationId) &&
      (!Filters?.FailedEvents || value.status.endsWith("FAILED")),
  );
  return {
    OperationEvents: shown.map(
      ({ at, value }): OperationEvent => ({
        EventId: value.id,
        StackId: arnOf(scope, stack),
        ...(value.operationId && { OperationId: value.operationId }),
        EventType: value.type === STACK && value.logicalId === stack.name ? "STACK_EVENT" : eventType(value),
        LogicalResourceId: value.logicalId,
        PhysicalResourceId: value.physicalId,
        ResourceType: value.type,
        Timestamp: new Date(at),
        ...(value.properties !== undefined && { ResourceProperties: value.properties }),
        ...(value.token !== undefined && { ClientRequestToken: value.token }),
        ...(value.validation === undefined ? happened(value) : found(value)),
        ...shownHook(value),
      }),
    ),
    ...(nextToken && { NextToken: nextToken }),
  };
});

const eventType = ({ status, validation, hook }: StackEvent): EventType =>
  hook !== undefined
    ? hook.status === "HOOK_COMPLETE_FAILED" || hook.status === "HOOK_FAILED"
      ? "HOOK_INVOCATION_ERROR"
      : "PROGRESS_EVENT"
    : validation !== undefined
      ? "VALIDATION_ERROR"
      : status.endsWith("_FAILED")
        ? "PROVISIONING_ERROR"
        : "PROGRESS_EVENT";

const happened = ({ status, reason }: StackEvent): OperationEvent => ({
  ResourceStatus: status as ResourceStatus,
  ...(reason !== undefined && { ResourceStatusReason: reason }),
});

const found = ({ reason, validation }: StackEvent): OperationEvent => ({
  ValidationFailureMode: "FAIL",
  ValidationName: validation!.name,
  ValidationStatus: "FAILED",
  ...(reason !== undefined && { ValidationStatusReason: reason }),
  ValidationPath: validation!.path,
});
