import type { Rest } from "../../kernel/loop.ts";

/** What several wait for together: until the earliest instant, for all of the reasons. */
export function earliest(rests: readonly (Rest | undefined)[]): Rest | undefined {
  const waiting = rests.filter((rest) => rest !== undefined);
  if (waiting.length === 0) return undefined;
  const [first] = waiting.filter(({ wakeAt }) => wakeAt !== undefined).sort((one, other) => one.wakeAt! - other.wakeAt!);
  return {
    kind: first?.kind ?? "wait",
    because: waiting.map(({ because }) => because).join("; "),
    ...(first !== undefined && { wakeAt: first.wakeAt! }),
  };
}
