import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type DetectedDrift, observeDrift, startDriftDetection } from "../cloudformation/api.ts";
import { DRIFT_EVERY_MS, type DriftWatch, driftWatches } from "./drift-watch.ts";
import { latestAttempt, note, type SyncAttempt, startAttempt } from "./sync-attempt.ts";
import { syncConfigurations } from "./sync-configuration.ts";

/** Looks now and then whether somebody has changed a stack by hand, says so, and has it corrected where that is asked for. */
export const driftWatchLoop: Loop<DriftWatch> = {
  table: driftWatches,
  turn(scope, watch) {
    const configuration = syncConfigurations.get(scope, watch.id);
    const latest = latestAttempt(scope, watch.id);
    if (configuration === undefined || latest === undefined) return driftWatches.remove(scope, watch.id);
    if (watch.detectionId !== undefined) return observe(scope, watch, watch.detectionId, latest);
    if (scope.clock.now() < watch.lookAt)
      return { wakeAt: watch.lookAt, kind: "tick", because: `stack ${watch.id} is looked at for drift` };
    // A stack that is being synced, or cannot be, is looked at later.
    const detectionId = latest.status === "SUCCEEDED" ? startDriftDetection(scope, watch.id) : undefined;
    driftWatches.patch(scope, watch.id, detectionId === undefined ? { lookAt: scope.clock.now() + DRIFT_EVERY_MS } : { detectionId });
  },
};

function observe(scope: Scope, watch: DriftWatch, detectionId: string, latest: SyncAttempt): Rest | undefined {
  const found = observeDrift(scope, watch.id, detectionId);
  if (found === "busy") return { kind: "wait", because: `drift is looked for in stack ${watch.id}` };
  driftWatches.patch(scope, watch.id, { detectionId: undefined, lookAt: scope.clock.now() + DRIFT_EVERY_MS });
  if (latest.status === "SUCCEEDED") take(scope, watch, found, latest);
}

/** Drift is said once, until it is gone or other. */
function take(scope: Scope, { id, mode }: DriftWatch, { drifted }: DetectedDrift, latest: SyncAttempt): void {
  const said = latest.events.findLast(({ type }) => type === "DRIFT_DETECTED" || type === "DRIFT_GONE");
  if (drifted.length === 0) {
    if (said?.type === "DRIFT_DETECTED") note(scope, latest, "DRIFT_GONE", `Stack ${id} is as declared at commit ${latest.commit} again.`);
    return;
  }
  const sentence = `Stack ${id} has drifted from commit ${latest.commit}: ${drifted.join(", ")}.`;
  if (said?.event !== sentence) note(scope, latest, "DRIFT_DETECTED", sentence);
  if (mode !== "correct") return;
  const { generation, repositoryId, commit } = latest;
  startAttempt(
    scope,
    syncConfigurations.get(scope, id)!,
    { generation, repositoryId, commit, revertsDrift: true },
    `${sentence} It is corrected.`,
  );
}
