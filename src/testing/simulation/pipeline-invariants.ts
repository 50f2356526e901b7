import { type Execution, executions, isOver } from "../../services/codepipeline/execution.ts";
import { pipelines } from "../../services/codepipeline/pipeline.ts";
import type { World } from "../world.ts";

/** By execution: how it stood when it was looked at last. */
export type Seen = Map<string, { readonly status: string; readonly attempt: number }>;

/** What contradicts the rules of pipelines, at any instant at which the loops rest. */
export function broken(cloud: World, seen: Seen): string[] {
  const scope = cloud.scope();
  return pipelines.list(scope).flatMap(({ id, executions: count }) => {
    const all = executions.list(scope, `${id}/`);
    return [
      ...(all.length === count ? [] : [`${id} has lost executions: there are ${all.length} of ${count}`]),
      ...sharedStages(all),
      ...wronglySuperseded(all),
      ...outOfOrder(all),
      ...resurrected(all, seen),
    ];
  });
}

/** One execution is in a stage, unless they run side by side. */
function sharedStages(all: readonly Execution[]): string[] {
  const inside = all
    .filter(({ status, isWaiting, mode }) => !isOver(status) && !isWaiting && mode !== "PARALLEL")
    .map(({ stage }) => stage);
  return inside.filter((stage, index) => inside.indexOf(stage) !== index).map((stage) => `${all[0]!.pipeline}/${stage} is shared`);
}

/** What is superseded is so by something newer, of a pipeline whose executions supersede. */
function wronglySuperseded(all: readonly Execution[]): string[] {
  return all.flatMap(({ id, status, statusSummary = "", number, mode }) => {
    if (status !== "Superseded") return [];
    const by = all.find(({ executionId }) => statusSummary.endsWith(executionId));
    return by !== undefined && by.number > number && mode === "SUPERSEDED" ? [] : [`${id} is superseded by ${by?.id}`];
  });
}

/** Those that nobody touched enter each stage in the order in which they were started. */
function outOfOrder(all: readonly Execution[]): string[] {
  const queued = all
    .filter(({ mode, attempt, rollbackTarget }) => mode === "QUEUED" && attempt === 1 && rollbackTarget === undefined)
    .reverse();
  return queued.flatMap((execution, index) => {
    const before = queued[index - 1];
    if (before === undefined) return [];
    const stages = Object.keys(execution.stages).filter((stage) => before.stages[stage] !== undefined);
    return stages
      .filter((stage) => execution.stages[stage]!.startedAt < before.stages[stage]!.startedAt)
      .map((stage) => `${execution.id} was in ${stage} before ${before.id}`);
  });
}

/** What is over stays over, unless somebody has it go on. */
function resurrected(all: readonly Execution[], seen: Seen): string[] {
  return all.flatMap(({ id, status, attempt }) => {
    const before = seen.get(id);
    seen.set(id, { status, attempt });
    const wasOver = before !== undefined && isOver(before.status as Execution["status"]);
    return wasOver && before.attempt === attempt && before.status !== status ? [`${id} was ${before.status} and is ${status}`] : [];
  });
}
