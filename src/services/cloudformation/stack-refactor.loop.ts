import { isFault } from "../../kernel/fault.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { changeSets, forgetChangeSet } from "./change-set.ts";
import { exported, exportedBy, setExports } from "./export.ts";
import { setResource, setStatus } from "./phase.ts";
import { resourceRowId, resources, type StackResource } from "./resource.ts";
import { resourceDrifts } from "./resource-drift.ts";
import { type Stack, stacks } from "./stack.ts";
import { forgetRefactor, type StackRefactor, stackRefactors } from "./stack-refactor.ts";
import { planRefactor, type RefactoredStack, type RefactorPlan } from "./stack-refactor-plan.ts";
import { keepTemplate, pruneTemplates, templateOf } from "./stored-template.ts";

const KEPT_MS = 90 * 86_400_000;

/** Looks whether a refactor can be carried out, carries it out, and forgets it in the end. */
export const stackRefactorLoop: Loop<StackRefactor> = {
  table: stackRefactors,
  turn(scope, refactor) {
    if (refactor.status === "CREATE_IN_PROGRESS") return create(scope, refactor);
    switch (refactor.executionStatus) {
      case "EXECUTE_IN_PROGRESS":
        return execute(scope, refactor);
      case "AVAILABLE":
        if (isObsolete(scope, refactor)) {
          stackRefactors.patch(scope, refactor.id, { executionStatus: "OBSOLETE", executionReason: OBSOLETE });
          return;
        }
        return age(scope, refactor);
      default:
        return age(scope, refactor);
    }
  },
};

const OBSOLETE = "One or more stacks of the stack refactor have changed since it was created.";

const isObsolete = (scope: Scope, { definitions }: StackRefactor): boolean =>
  definitions.some(({ stack, operations }) => stacks.get(scope, stack)?.operations !== operations);

function age(scope: Scope, refactor: StackRefactor): Rest | void {
  const forgetAt = refactor.createdAt + KEPT_MS;
  if (scope.clock.now() < forgetAt) return { wakeAt: forgetAt, kind: "tick", because: "a stack refactor is kept for 90 days" };
  forgetRefactor(scope, refactor);
}

function planned(scope: Scope, { definitions, mappings }: StackRefactor): RefactorPlan | string {
  try {
    return planRefactor(scope, definitions, mappings);
  } catch (error) {
    if (!isFault(error)) throw error;
    return error.message;
  }
}

function create(scope: Scope, refactor: StackRefactor): void {
  const plan = planned(scope, refactor);
  stackRefactors.patch(
    scope,
    refactor.id,
    typeof plan === "string"
      ? { status: "CREATE_FAILED", reason: plan }
      : { status: "CREATE_COMPLETE", executionStatus: "AVAILABLE", moves: plan.moves },
  );
}

/** All of it happens in one commit: there is nothing to roll back. */
function execute(scope: Scope, refactor: StackRefactor): void {
  const plan = isObsolete(scope, refactor) ? OBSOLETE : planned(scope, refactor);
  if (typeof plan === "string") {
    stackRefactors.patch(scope, refactor.id, { executionStatus: "EXECUTE_FAILED", executionReason: plan });
    return;
  }
  const isMoved = (stack: string, logicalId: string): boolean =>
    plan.moves.some(({ to }) => to.stack === stack && to.logicalId === logicalId);
  for (const { stack, definition } of plan.stacks)
    setStatus(scope, stack, definition.isNew ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS", "User Initiated");
  for (const { from, physicalId } of plan.moves) {
    const stack = stacks.get(scope, from.stack)!;
    const row = resources.get(scope, resourceRowId(stack, from.logicalId))!;
    setResource(scope, stack, row, "EXPORT_IN_PROGRESS", { reason: "Resource export started.", physicalId });
    setResource(scope, stack, row, "EXPORT_COMPLETE", { reason: "Resource export completed.", physicalId });
  }
  for (const { from } of plan.moves) {
    const id = resourceRowId({ id: from.stack }, from.logicalId);
    resources.remove(scope, id);
    resourceDrifts.remove(scope, id);
  }
  for (const refactored of plan.stacks) settle(scope, refactored, (logicalId) => isMoved(refactored.stack.id, logicalId));
  // An export may go from one stack to another.
  for (const { stack } of plan.stacks) for (const { id } of exported.by(scope, "stack", stack.id)) exported.remove(scope, id);
  for (const { stack, definition, outputs } of plan.stacks) {
    setExports(scope, stack, exportedBy(outputs.outputs));
    setStatus(scope, stacks.get(scope, stack.id)!, definition.isNew ? "CREATE_COMPLETE" : "UPDATE_COMPLETE", undefined);
  }
  stackRefactors.patch(scope, refactor.id, { executionStatus: "EXECUTE_COMPLETE" });
}

/** A stack with what it has now. */
function settle(
  scope: Scope,
  { stack, definition, resources: wanted, outputs, imports }: RefactoredStack,
  isMoved: (id: string) => boolean,
) {
  const { id: _, ...stored } = templateOf(scope, definition.target);
  for (const set of changeSets.list(scope, `${stack.id}/`)) if (set.executionStatus !== "EXECUTE_COMPLETE") forgetChangeSet(scope, set);
  const target = { ...definition.target, template: keepTemplate(scope, stack.id, stored) };
  const next: Stack = stacks.patch(scope, stack.id, {
    target,
    outputs: outputs.outputs,
    imports,
    operations: stack.operations + 1,
    updatedAt: scope.clock.now(),
  });
  for (const [logicalId, { source, desired }] of wanted) {
    const { physicalId, token, tags } = source.now!;
    const now = { ...desired, physicalId, token, tags };
    const row: StackResource = { ...source, id: resourceRowId(stack, logicalId), logicalId, now };
    if (!isMoved(logicalId)) {
      resources.put(scope, row);
      continue;
    }
    const { properties } = desired;
    setResource(scope, next, row, "IMPORT_IN_PROGRESS", { reason: "Resource import started.", physicalId, properties });
    setResource(scope, next, row, "IMPORT_COMPLETE", { reason: "Resource import completed.", physicalId, properties });
  }
  pruneTemplates(
    scope,
    next,
    changeSets.list(scope, `${stack.id}/`).map((set) => set.target),
  );
}
