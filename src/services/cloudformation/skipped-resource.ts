import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { STACK } from "./event.ts";
import { resourceRowId, resources } from "./resource.ts";
import { findStack, type Stack } from "./stack.ts";

/**
 * What ContinueUpdateRollback leaves as it is: a logical id, or one of a nested stack as `STACK_NAME.LOGICAL_ID`.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html
 */
export function checkSkipped(scope: Scope, root: Stack, named: readonly string[]): void {
  for (const name of named) {
    const [logicalId = "", stackName] = name.split(".").reverse();
    const stack = stackName === undefined ? root : findStack(scope, stackName);
    if (stack === undefined) return fault("ValidationError", `Stack [${stackName}] does not exist`);
    const row = resources.get(scope, resourceRowId(stack, logicalId));
    const isWithin = stack.id === root.id || isNestedIn(scope, stack, root);
    if (row === undefined || !isWithin) return fault("ValidationError", `Resource [${logicalId}] does not belong to stack [${stack.name}]`);
    const inner = row.type === STACK && row.now !== undefined ? findStack(scope, row.now.physicalId) : undefined;
    if (inner !== undefined && !inner.status.startsWith("DELETE_")) fault("ValidationError", "Nested stacks could not be skipped");
    if (row.step?.verb !== "restore" || row.step.state !== "FAILED")
      fault("ValidationError", "Only the resources failed during UpdateRollback are allowed to be skipped");
  }
}

function isNestedIn(scope: Scope, { parentId }: Stack, root: Stack): boolean {
  const parent = parentId === undefined ? undefined : findStack(scope, parentId);
  return parent !== undefined && (parent.id === root.id || isNestedIn(scope, parent, root));
}

/** Whether what is named is in a nested stack. */
export const isOfNested = (name: string): boolean => name.includes(".");

/** Whether a stack's resource is among what its operation leaves as it is. */
export const isSkipped = ({ name, operation }: Stack, logicalId: string): boolean =>
  operation?.skipped.some((skipped) => skipped === logicalId || skipped === `${name}.${logicalId}`) ?? false;
