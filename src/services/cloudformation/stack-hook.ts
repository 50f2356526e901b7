import type { Scope } from "../../kernel/scope.ts";
import type { ResourceStatus } from "../../sdk/cloudformation.js";
import type { ChangeSet } from "./change-set.ts";
import { changeSetArn } from "./change-set.ts";
import { STACK, tellHook } from "./event.ts";
import { askHooks, type HookVerdict } from "./hook-call.ts";
import type { HookAction } from "./hook-configuration.ts";
import { hookResults } from "./hook-result.ts";
import type { Busy } from "./phase.ts";
import type { StackResource } from "./resource.ts";
import { arnOf, type Stack, type Target } from "./stack.ts";
import { templateOf } from "./stored-template.ts";
import type { Json, JsonObject } from "./value.ts";

const place = (stack: Stack, target: Target | undefined) => ({
  name: stack.name,
  ...(target?.roleArn !== undefined && { roleArn: target.roleArn }),
});

interface Changing {
  readonly action: HookAction;
  readonly key: string;
  readonly physicalId: string;
  readonly properties?: JsonObject;
  readonly previous?: JsonObject;
}

/** Ask the hooks about a resource, before anything is done to it. */
export function askAboutResource(scope: Scope, stack: Busy, { logicalId, type, status }: StackResource, changing: Changing): HookVerdict {
  const { action, key, physicalId, properties, previous } = changing;
  const { changeSetId } = stack.operation;
  const target = stack.operation.target ?? stack.target;
  return askHooks(
    scope,
    {
      operation: "RESOURCE",
      name: type,
      action,
      stack: place(stack, target),
      key,
      executionTarget: arnOf(scope, stack),
      logicalId,
      stackId: arnOf(scope, stack),
      ...(changeSetId !== undefined && { changeSetId }),
      model: {
        ...(properties && { resourceProperties: properties }),
        ...(previous && { previousResourceProperties: previous }),
      },
    },
    (result) => tellHook(scope, stack, { logicalId, physicalId, type, status }, result),
  );
}

const ACTIONS = { CREATE: "CREATE", UPDATE: "UPDATE", IMPORT: "UPDATE", DELETE: "DELETE" } as const;

/** Ask the hooks about an operation on a stack as a whole. What one has passed with the change set already, it need not see again. */
export function askAboutStack(scope: Scope, stack: Busy): HookVerdict {
  const { operation: op, status } = stack;
  const arn = arnOf(scope, stack);
  const seen = op.changeSetId === undefined ? [] : hookResults.by(scope, "executionTarget", op.changeSetId);
  return askHooks(
    scope,
    {
      operation: "STACK",
      name: "STACK",
      action: ACTIONS[op.kind],
      stack: place(stack, op.target ?? stack.target),
      key: `${arn}/${stack.operations}`,
      executionTarget: arn,
      logicalId: stack.name,
      stackId: arn,
      document: () => documentOf(scope, stack, op.kind === "DELETE" ? undefined : op.target),
      isSettled: ({ typeName }) => seen.some((result) => result.typeName === typeName && result.skipsStack),
    },
    (result) => tellHook(scope, stack, { logicalId: stack.name, physicalId: arn, type: STACK, status: status as ResourceStatus }, result),
  );
}

/** Ask the hooks about a change set that is about to be ready. */
export function askAboutChangeSet(scope: Scope, stack: Stack, set: ChangeSet, { target, changes = [] }: Partial<ChangeSet>): HookVerdict {
  const arn = changeSetArn(scope, set);
  const changed = changes.map(({ LogicalResourceId, ResourceType, Action, BeforeContext, AfterContext }) => ({
    logicalResourceId: LogicalResourceId!,
    resourceType: ResourceType!,
    action: Action === "Add" ? "CREATE" : Action === "Remove" ? "DELETE" : "UPDATE",
    ...(BeforeContext !== undefined && { beforeContext: BeforeContext }),
    ...(AfterContext !== undefined && { afterContext: AfterContext }),
  }));
  return askHooks(scope, {
    operation: "CHANGE_SET",
    name: "CHANGE_SET",
    action: "CREATE",
    stack: place(stack, target),
    key: arn,
    executionTarget: arn,
    logicalId: set.name,
    stackId: arnOf(scope, stack),
    changeSetId: arn,
    document: () => ({ ...documentOf(scope, stack, target), changedResources: changed as unknown as Json }),
  });
}

/** The templates, as they were given. */
const documentOf = (scope: Scope, stack: Stack, target: Target | undefined): Record<string, Json> => ({
  ...(target && { template: templateOf(scope, target).text }),
  ...(stack.target && { previousTemplate: templateOf(scope, stack.target).text }),
});
