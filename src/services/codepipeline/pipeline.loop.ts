import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { activeExecutions, type Execution, executions } from "./execution.ts";
import { emitExecution, emitStage } from "./happening.ts";
import { type Pipeline, pipelines } from "./pipeline.ts";
import { startForChanges } from "./poll.ts";
import { noteLatest, stageState } from "./stage.ts";
import { walkStage } from "./stage-walk.ts";
import { earliest } from "./wait.ts";

/** Takes every execution of a pipeline that is not over a step further. */
export const pipelineLoop: Loop<Pipeline> = {
  table: pipelines,
  turn(scope, pipeline) {
    startForChanges(scope, pipeline);
    const active = activeExecutions(scope, pipeline.id);
    return earliest(active.map((execution) => advance(scope, execution, active)));
  },
};

function advance(scope: Scope, execution: Execution, active: readonly Execution[]): Rest | undefined {
  if (!execution.isWaiting) return walkStage(scope, execution);
  if (execution.stop !== undefined) return stop(scope, execution);
  const newer = active.find((other) => waitsWith(execution, other) && other.number > execution.number);
  if (execution.mode === "SUPERSEDED" && newer !== undefined) return supersede(scope, execution, newer);
  return hindrance(scope, execution, active) ?? enter(scope, execution);
}

/** Why the execution may not enter its next stage yet. https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html */
function hindrance(scope: Scope, execution: Execution, active: readonly Execution[]): Rest | undefined {
  const { pipeline, stage, mode } = execution;
  const { transition } = stageState(scope, pipeline, stage);
  if (transition?.enabled === false) return wait(execution, `the transition into stage ${stage} is disabled: ${transition.reason}`);
  if (mode === "PARALLEL") return undefined;
  const inside = active.find((other) => other.stage === stage && !other.isWaiting);
  if (inside !== undefined) return wait(execution, `execution ${inside.executionId} is in stage ${stage}`);
  const before = active.find((other) => waitsWith(execution, other) && other.number < execution.number);
  if (before !== undefined) return wait(execution, `execution ${before.executionId} is before it in the queue for stage ${stage}`);
  return undefined;
}

const waitsWith = (execution: Execution, other: Execution): boolean =>
  other.id !== execution.id && other.isWaiting && other.stage === execution.stage;

function enter(scope: Scope, execution: Execution): undefined {
  const { stage, stages } = execution;
  const now = scope.clock.now();
  const inside = executions.patch(scope, execution.id, {
    isWaiting: false,
    stages: { ...stages, [stage]: { status: "InProgress", attempt: 1, startedAt: now, runs: {} } },
    updatedAt: now,
  });
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
