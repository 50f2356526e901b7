import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { isAheadInDeployment } from "./auto-deployment.ts";
import { stackSets } from "./stack-set.ts";
import { beginOperation, type StackSetOperation, stackSetOperations, unfinishedOperations } from "./stack-set-operation.ts";
import { operationResults, resultsOf } from "./stack-set-operation-result.ts";

/** An operation can be asked about for 90 days. */
const KEPT_MS = 90 * 86_400_000;

/** Begins an operation when nothing stands in its way. What follows, its results lead on: see `advanceOperation`. */
export const stackSetOperationLoop: Loop<StackSetOperation> = {
  table: stackSetOperations,
  turn(owner, row) {
    if (row.endedAt !== undefined) return age(owner, row, row.endedAt);
    if (row.status === "QUEUED") return waitOrBegin(owner, row);
    return { kind: "wait", because: `its stack instances are being worked on, in ${row.regions.join(", ")}` };
  },
};

function waitOrBegin(owner: Scope, row: StackSetOperation): Rest | void {
  const set = stackSets.get(owner, row.stackSet)!;
  const ahead = unfinishedOperations(owner, set).filter(({ sequence }) => sequence < row.sequence);
  const obstacle = ahead.find((other) => !set.managedExecution || conflicts(owner, row, other));
  if (obstacle !== undefined) return { kind: "wait", because: `operation ${obstacle.operationId} of the stack set goes first` };
  const first = row.automatic ? (set.autoDeployment?.dependsOn ?? []).find((arn) => isAheadInDeployment(owner, arn)) : undefined;
  if (first !== undefined) return { kind: "wait", because: `the automatic deployment of ${first} goes first` };
  beginOperation(owner, row);
}

/** Two operations may run at once where neither changes the set, and no account and region is in both. */
function conflicts(owner: Scope, one: StackSetOperation, other: StackSetOperation): boolean {
  // Once something is queued, whatever comes later is, too.
  if (other.status === "QUEUED" || one.updatesSet || other.updatesSet || one.everywhere || other.everywhere) return true;
  const places = (row: StackSetOperation): string[] => resultsOf(owner, row).map(({ account, region }) => `${account}/${region}`);
  const taken = new Set(places(other));
  return places(one).some((place) => taken.has(place));
}

function age(owner: Scope, row: StackSetOperation, endedAt: number): Rest | void {
  const forgetAt = endedAt + KEPT_MS;
  if (owner.clock.now() < forgetAt) return { wakeAt: forgetAt, kind: "tick", because: "an operation is kept for 90 days" };
  for (const { id } of resultsOf(owner, row)) operationResults.remove(owner, id);
  stackSetOperations.remove(owner, row.id);
}
