import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { ActionDeclaration, PipelineExecutionStatus, StageExecutionStatus } from "../../sdk/codepipeline.js";
import { type ActionRun, actionRuns } from "./action-run.ts";
import { abandonAction, observeAction, startAction } from "./action-walk.ts";
import { type Execution, executions } from "./execution.ts";
import { emitExecution, emitStage } from "./happening.ts";
import { declarationOf } from "./pipeline.ts";
import { earliest } from "./wait.ts";

/** Take the actions of the stage that an execution is in as far as they go: those of one run order together. */
export function walkStage(scope: Scope, execution: Execution): Rest | undefined {
  const declaration = declarationOf(scope, execution.pipeline, execution.pipelineVersion);
  const names = declaration.stages!.map(({ name }) => name!);
  const at = names.indexOf(execution.stage);
  const actions = declaration.stages![at]!.actions as ActionDeclaration[];
  for (const group of groupsOf(actions)) {
    const runs = group.map(({ name }) => runOf(scope, execution, name!));
    const started = runs.filter((run) => run !== undefined);
    const underWay = started.filter(({ status }) => status === "InProgress");
    if (execution.stop !== undefined) {
      if (!execution.stop.abandon && underWay.length > 0) return earliest(underWay.map((run) => observeAction(scope, execution, run)));
      if (underWay.length > 0 || started.length < group.length) return stopStage(scope, execution, underWay);
    } else {
      const missing = group.filter((_, index) => runs[index] === undefined);
      for (const action of missing) startAction(scope, executions.get(scope, execution.id)!, declaration, action);
      if (missing.length > 0) return { kind: "wait", because: `execution ${execution.executionId} begins ${missing.length} actions` };
      if (underWay.length > 0) return earliest(underWay.map((run) => observeAction(scope, execution, run)));
    }
    if (started.some(({ status }) => status === "Failed")) return endStage(scope, execution, "Failed");
  }
  const next = names[at + 1];
  return next === undefined ? endStage(scope, execution, "Succeeded") : goOn(scope, execution, next);
}

/** The actions by their run order, lowest first. */
function groupsOf(actions: readonly ActionDeclaration[]): ActionDeclaration[][] {
  const orders = [...new Set(actions.map(({ runOrder = 1 }) => runOrder))].sort((one, other) => one - other);
  return orders.map((order) => actions.filter(({ runOrder = 1 }) => runOrder === order));
}

/** The run of the action that counts; undefined where it was not begun, or is to be tried again. */
function runOf(scope: Scope, { id, stage, stages }: Execution, action: string): ActionRun | undefined {
  const attempt = stages[stage]!.runs[action];
  return attempt === undefined ? undefined : actionRuns.get(scope, `${id}/${stage}/${action}/${attempt}`);
}

/** The stage is over, and the execution waits to enter the next one. */
function goOn(scope: Scope, execution: Execution, next: string): undefined {
  const passed = executions.patch(scope, execution.id, {
    stages: withStatus(execution, "Succeeded"),
    stage: next,
    isWaiting: true,
    updatedAt: scope.clock.now(),
  });
  emitStage(scope, passed, execution.stage, "SUCCEEDED");
}

/** The stage is over, and with it the execution. */
function endStage(scope: Scope, execution: Execution, status: "Succeeded" | "Failed"): undefined {
  const ended = end(scope, execution, status, status);
  const state = status === "Succeeded" ? "SUCCEEDED" : "FAILED";
  emitStage(scope, ended, execution.stage, state);
  emitExecution(scope, ended, state);
}

function stopStage(scope: Scope, execution: Execution, underWay: readonly ActionRun[]): undefined {
  for (const run of underWay) abandonAction(scope, execution, run);
  const ended = end(scope, execution, "Stopped", "Stopped");
  emitStage(scope, ended, execution.stage, "STOPPED");
  emitExecution(scope, ended, "STOPPED");
}

function end(scope: Scope, execution: Execution, status: PipelineExecutionStatus, stage: StageExecutionStatus): Execution {
  return executions.patch(scope, execution.id, {
    status,
    ...(execution.stop?.reason !== undefined && { statusSummary: execution.stop.reason }),
    stages: withStatus(execution, stage),
    updatedAt: scope.clock.now(),
  });
}

const withStatus = ({ stage, stages }: Execution, status: StageExecutionStatus): Execution["stages"] => ({
  ...stages,
  [stage]: { ...stages[stage]!, status },
});
