import type { Loop } from "../../kernel/loop.ts";
import { type HookResult, hookResults } from "./hook-result.ts";

/** https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/hooks-view-invocations.html */
const KEPT_MS = 90 * 86_400_000;

/** Forgets long ago what hooks said. */
export const hookResultLoop: Loop<HookResult> = {
  table: hookResults,
  turn(scope, { id, endedAt }) {
    if (endedAt === undefined) return;
    const forgetAt = endedAt + KEPT_MS;
    if (scope.clock.now() < forgetAt) return { wakeAt: forgetAt, kind: "tick", because: "what a hook said is kept for 90 days" };
    hookResults.remove(scope, id);
  },
};
