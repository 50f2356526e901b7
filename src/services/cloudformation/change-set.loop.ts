import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type ChangeSet, changeSets } from "./change-set.ts";
import { planned } from "./change-set-plan.ts";
import { stacks } from "./stack.ts";
import { askAboutChangeSet } from "./stack-hook.ts";
import { pruneTemplates } from "./stored-template.ts";
import { processTarget } from "./target.ts";

/** Works out what a change set would change. */
export const changeSetLoop: Loop<ChangeSet> = {
  table: changeSets,
  turn(scope, set) {
    switch (set.status) {
      case "CREATE_PENDING":
        changeSets.patch(scope, set.id, { status: "CREATE_IN_PROGRESS" });
        return;
      case "CREATE_IN_PROGRESS":
        return work(scope, set);
      default:
        return;
    }
  },
};

/** Process the template, where it has transforms, and plan. */
function work(scope: Scope, set: ChangeSet): Rest | void {
  if (!set.target.unprocessed) return plan(scope, set);
  const stack = stacks.get(scope, set.stack)!;
  const processed = processTarget(scope, stack, set.target, { token: set.uuid, startedAt: set.createdAt });
  switch (processed.state) {
    case "busy":
      return { kind: "wait", because: processed.because };
    case "failed":
      changeSets.patch(scope, set.id, { status: "FAILED", reason: processed.reason });
      return;
    case "done": {
      const { target } = processed;
      const next = changeSets.patch(scope, set.id, { target });
      // The template as it was before is not needed any more.
      const sets = changeSets.list(scope, `${stack.id}/`);
      pruneTemplates(
        scope,
        stack,
        sets.map((one) => one.target),
      );
      return plan(scope, next);
    }
  }
}

function plan(scope: Scope, set: ChangeSet): Rest | void {
  const found = planned(scope, set);
  if (found === undefined) return { kind: "wait", because: "the change sets of its nested stacks are being created" };
  const asked = found.status === "CREATE_COMPLETE" ? askAboutChangeSet(scope, stacks.get(scope, set.stack)!, set, found) : undefined;
  if (asked?.state === "busy") return { kind: "wait", because: asked.because, ...(asked.wakeAt !== undefined && { wakeAt: asked.wakeAt }) };
  changeSets.patch(scope, set.id, asked?.state === "failed" ? { status: "FAILED", reason: asked.reason } : found);
}
