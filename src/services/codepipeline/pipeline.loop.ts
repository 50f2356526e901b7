import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { activeExecutions, type Execution, executions, type StageRun } from "./execution.ts";
import { emitExecution, emitStage } from "./happening.ts";
import { declarationOf, type Pipeline, pipelines } from "./pipeline.ts";
import { startForChanges } from "./poll.ts";
import { noteLatest, stageState } from "./stage.ts";
import { hasToMeet, stageOf, walkStage } from "./stage-walk.ts";
import { startForTriggers } from "./trigger.ts";
import { earliest } from "./wait.ts";

/** Takes every execution of a pipeline that is not over a step further. */
export const pipelineLoop: Loop<Pipeline> = {
  table: pipelines,
  turn(scope, pipeline) {
    startForChanges(scope, pipeline);
    const looking = startForTriggers(scope, pipelines.get(scope, pipeline.id)!);
    const active = activeExecutions(scope, pipeline.id);
    return earliest([looking, ...active.map((execution) => advance(scope, execution, active))]);
  },
};

function advance(scope: Scope, execution: Execution, active: readonly Execution[]): Rest | undefined {
  if (!execution.isWaiting) return walkStage(scope, execution);
  if (execution.stop !== undefined) return stop(scope, execution);
  const newer = active.find((other) => waitsWith(execution, other) && !isRollback(other) && other.number > execution.number);
  if (execution.mode === "SUPERSEDED" && newer !== undefined && !isRollback(execution)) return supersede(scope, execution, newer);
  return hindrance(scope, execution, active) ?? enter(scope, execution);
}

/** Why the execution may not enter its next stage yet. https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html */
function hindrance(scope: Scope, execution: Execution, active: readonly Execution[]): Rest | undefined {
  const { stage, mode } = execution;
  const closed = isRollback(execution) ? undefined : closedWay(scope, execution);
  if (closed !== undefined) return wait(execution, closed);
  if (mode === "PARALLEL") return undefined;
  const inside = active.find((other) => other.stage === stage && !other.isWaiting);
  if (inside !== undefined) return wait(execution, `execution ${inside.executionId} is in stage ${stage}`);
  const before = active.find((other) => waitsWith(execution, other) && goesFirst(other, execution));
  if (before !== undefined) return wait(execution, `execution ${before.executionId} is before it in the queue for stage ${stage}`);
  return undefined;
}

/** Somebody has closed the way out of the stage before, or into this one. */
function closedWay(scope: Scope, { pipeline, pipelineVersion, stage }: Execution): string | undefined {
  const { transition } = stageState(scope, pipeline, stage);
  if (transition?.enabled === false) return `the transition into stage ${stage} is disabled: ${transition.reason}`;
  const names = declarationOf(scope, pipeline, pipelineVersion).stages!.map(({ name }) => name!);
  const previous = names[names.indexOf(stage) - 1];
  const { outbound } = previous === undefined ? {} : stageState(scope, pipeline, previous);
  return outbound?.enabled === false ? `the transition out of stage ${previous} is disabled: ${outbound.reason}` : undefined;
}

const waitsWith = (execution: Execution, other: Execution): boolean =>
  other.id !== execution.id && other.isWaiting && other.stage === execution.stage;

const isRollback = ({ rollbackTarget }: Execution): boolean => rollbackTarget !== undefined;

/** What puts a stage back comes before what is new; otherwise the older comes first. */
const goesFirst = (one: Execution, other: Execution): boolean =>
  isRollback(one) === isRollback(other) ? one.number < other.number : isRollback(one);

function enter(scope: Scope, execution: Execution): undefined {
  const { stage, stages } = execution;
  const now = scope.clock.now();
  const hasCondition = hasToMeet(execution, stageOf(scope, execution), "BEFORE_ENTRY");
  const run: StageRun = { status: "InProgress", attempt: 1, startedAt: now, runs: {}, ...(hasCondition && { checking: "BEFORE_ENTRY" }) };
  const inside = executions.patch(scope, execution.id, { isWaiting: false, stages: { ...stages, [stage]: run }, updatedAt: now });
  noteLatest(scope, execution.pipeline, stage, { execution: execution.id });
  emitStage(scope, inside, stage, "STARTED");
}

function supersede(scope: Scope, execution: Execution, newer: Execution): undefined {
  const statusSummary = `Superseded by execution ${newer.executionId}`;
  const ended = executions.patch(scope, execution.id, { status: "Superseded", statusSummary, updatedAt: scope.clock.now() });
  emitExecution(scope, ended, "SUPERSEDED");
}

function stop(scope: Scope, execution: Execution): undefined {
  const { reason } = execution.stop!;
  const ended = executions.patch(scope, execution.id, {
    status: "Stopped",
    ...(reason !== undefined && { statusSummary: reason }),
    updatedAt: scope.clock.now(),
  });
  emitExecution(scope, ended, "STOPPED");
}

const wait = ({ executionId }: Execution, because: string): Rest => ({ kind: "wait", because: `execution ${executionId}: ${because}` });
