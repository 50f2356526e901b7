import type { Loop, Rest } from "../../kernel/loop.ts";
import { type DriftDetection, detect, driftDetections, observed, rowsToDetect } from "./drift.ts";

/** What was found can be asked for as long. */
const KEPT_MS = 90 * 86_400_000;

/** Looks for drift, and forgets what was found long ago. */
export const driftLoop: Loop<DriftDetection> = {
  table: driftDetections,
  turn(scope, detection) {
    if (detection.status === "DETECTION_IN_PROGRESS") {
      const seen = rowsToDetect(scope, detection).map(
        (row) => [row.logicalId, observed(scope, row, `${detection.id} ${row.logicalId}`)] as const,
      );
      const waits = seen.flatMap(([, { rest }]) => rest ?? []);
      if (waits.length > 0) return soonest(waits);
      const unseen = new Map(seen.flatMap(([logicalId, { failure }]) => (failure === undefined ? [] : [[logicalId, failure] as const])));
      driftDetections.patch(scope, detection.id, detect(scope, detection, unseen));
      return;
    }
    const forgetAt = detection.startedAt + KEPT_MS;
    if (scope.clock.now() < forgetAt) return { wakeAt: forgetAt, kind: "tick", because: "what was found is kept for 90 days" };
    driftDetections.remove(scope, detection.id);
  },
};

/** What comes first of what is waited for. */
function soonest(waits: readonly Rest[]): Rest {
  const instants = waits.flatMap(({ wakeAt }) => wakeAt ?? []);
  return { kind: "wait", because: waits[0]!.because, ...(instants.length > 0 && { wakeAt: Math.min(...instants) }) };
}
