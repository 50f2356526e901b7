import { isFault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { deregisterTarget, registerTarget, type TargetView, targetGroupOf, targetsOf } from "../elastic-load-balancing-v2/api.ts";

/** How traffic stands: as wanted, or why not yet; or why it never will. */
export type Traffic = "done" | { readonly because: string } | { readonly failed: string };

/** Lead traffic around an instance: it is out of a target group when it is drained. */
export function blockTraffic(scope: Scope, targetGroups: readonly string[], instanceId: string): Traffic {
  const left = targetGroups.flatMap((name) => targetIn(scope, name, instanceId).map((target) => ({ name, target })));
  for (const { name, target } of left) if (target.state !== "draining") deregisterTarget(scope, name, instanceId);
  return left.length === 0 ? "done" : { because: `connections to ${instanceId} are being drained` };
}

/** Lead traffic to an instance: it is there when every target group finds it healthy. */
export function allowTraffic(scope: Scope, targetGroups: readonly string[], instanceId: string): Traffic {
  for (const name of targetGroups) {
    if (targetGroupOf(scope, name) === undefined) return { failed: `The target group ${name} does not exist.` };
    const [target] = targetIn(scope, name, instanceId);
    if (target?.state === "healthy") continue;
    if (target === undefined || target.state === "draining") {
      try {
        registerTarget(scope, name, instanceId);
      } catch (error) {
        if (!isFault(error)) throw error;
        return { failed: error.message };
      }
    }
    return { because: `${instanceId} is not healthy in ${name} yet${target?.description === undefined ? "" : `: ${target.description}`}` };
  }
  return "done";
}

const targetIn = (scope: Scope, name: string, instanceId: string): TargetView[] =>
  targetsOf(scope, name).filter(({ targetId }) => targetId === instanceId);
