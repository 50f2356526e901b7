import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Busy, rowsOf } from "./phase.ts";
import type { Waits } from "./request.ts";
import { resources, type StackResource, type Step } from "./resource.ts";

/** How many resources a turn begins with at most, and how many are under way at once. */
const BEGUN_MAX = 50;
const UNDER_WAY_MAX = 100;

interface Stepped {
  readonly failed: readonly StackResource[];
  readonly open: boolean;
  readonly rests: readonly Waits[];
}

/** Take a step with every resource that is ready, as long as that makes others ready, but not without end. */
export function stepAll(scope: Scope, stack: Busy, verb: Step["verb"], step: (row: StackResource) => Waits | void): Stepped {
  const rows = new Map(rowsOf(scope, stack).map((row) => [row.logicalId, row]));
  const current = (logicalId: string): StackResource => {
    const row = resources.get(scope, rows.get(logicalId)!.id)!;
    rows.set(logicalId, row);
    return row;
  };
  const rests = new Map<string, Waits>();
  const apply = (row: StackResource): void => {
    const waits = step(row);
    current(row.logicalId);
    if (waits === undefined) rests.delete(row.logicalId);
    else rests.set(row.logicalId, waits);
  };
  const inState = (state: Step["state"]): StackResource[] =>
    [...rows.values()].filter((row) => row.step?.verb === verb && row.step.state === state);
  const isDone = (logicalId: string): boolean => rows.get(logicalId)?.step?.state === "DONE";
  for (const row of inState("RUNNING")) apply(row);
  let begun = 0;
  for (let progress = true; progress && begun < BEGUN_MAX; ) {
    progress = false;
    for (const row of inState("WAITING")) {
      if (begun >= BEGUN_MAX || rests.size >= UNDER_WAY_MAX) break;
      if (verb === "ensure" && inState("FAILED").length > 0) break;
      if (!row.step!.after.every(isDone)) continue;
      apply(row);
      begun++;
      progress = true;
    }
  }
  const failed = inState("FAILED");
  const blocked = new Set(failed.map(({ logicalId }) => logicalId));
  const waiting = inState("WAITING");
  for (let more = failed.length > 0; more; ) {
    more = false;
    for (const { logicalId, step: waits } of waiting) {
      if (blocked.has(logicalId) || !waits!.after.some((other) => blocked.has(other))) continue;
      blocked.add(logicalId);
      more = true;
    }
  }
  return { failed, open: rests.size > 0 || waiting.some(({ logicalId }) => !blocked.has(logicalId)), rests: [...rests.values()] };
}

/** The next instant to look again. What somebody waits for makes it a wait; a mere deadline does not. */
export function restOf(rests: readonly Waits[], deadlineAt?: number): Rest {
  const instants = [
    ...rests.flatMap(({ wakeAt }) => (wakeAt === undefined ? [] : [wakeAt])),
    ...(deadlineAt === undefined ? [] : [deadlineAt]),
  ];
  const awaited = rests.some(({ wakeAt, deadline }) => wakeAt !== undefined && !deadline);
  const [first, ...others] = rests;
  const because = first === undefined ? "the next resources are about to be taken on" : first.because;
  return {
    ...(instants.length > 0 && { wakeAt: Math.min(...instants) }),
    kind: awaited || instants.length === 0 ? "wait" : "deadline",
    because: others.length === 0 ? because : `${because}, and ${others.length} more`,
  };
}
