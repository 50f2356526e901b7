import type { Loop } from "../../kernel/loop.ts";
import { followUnits } from "./auto-deployment.ts";
import { type StackSet, stackSets } from "./stack-set.ts";

/** A deleted stack set can be described for 90 days. */
const KEPT_MS = 90 * 86_400_000;

/** Follows the organization with a service-managed stack set, and forgets a deleted one. */
export const stackSetLoop: Loop<StackSet> = {
  table: stackSets,
  turn(owner, set) {
    if (set.deletedAt !== undefined) {
      const forgetAt = set.deletedAt + KEPT_MS;
      if (owner.clock.now() < forgetAt) return { wakeAt: forgetAt, kind: "tick", because: "a deleted stack set is kept for 90 days" };
      return stackSets.remove(owner, set.id);
    }
    if (set.permissionModel === "SERVICE_MANAGED") followUnits(owner, set);
  },
};
