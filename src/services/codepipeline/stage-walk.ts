import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { ActionDeclaration, PipelineExecutionStatus, Result, StageDeclaration, StageExecutionStatus } from "../../sdk/codepipeline.js";
import { type ActionRun, actionRuns } from "./action-run.ts";
import { abandonAction, observeAction, startAction } from "./action-walk.ts";
import { conditionOf } from "./condition.ts";
import { cancelCondition, walkCondition } from "./condition-walk.ts";
import { type ConditionKind, type Execution, executions } from "./execution.ts";
import { emitExecution, emitStage } from "./happening.ts";
import { declarationOf } from "./pipeline.ts";
import { retryAutomatically } from "./retry.ts";
import { rollBackAutomatically } from "./rollback.ts";
import { noteLatest } from "./stage.ts";
import { earliest } from "./wait.ts";

/** Take an execution as far as it goes in the stage that it is in: the entry condition, the actions, the condition at its end. */
export function walkStage(scope: Scope, execution: Execution): Rest | undefined {
  const declared = stageOf(scope, execution);
  const { checking } = execution.stages[execution.stage]!;
  return checking === undefined ? walkActions(scope, execution, declared) : check(scope, execution, declared, checking);
}

/** Whether the execution has to meet a condition. One that puts back what there was meets them all. */
export const hasToMeet = ({ rollbackTarget }: Execution, declared: StageDeclaration, kind: ConditionKind): boolean =>
  rollbackTarget === undefined && conditionOf(declared, kind) !== undefined;

export const stageOf = (scope: Scope, { pipeline, pipelineVersion, stage }: Execution): StageDeclaration =>
  declarationOf(scope, pipeline, pipelineVersion).stages!.find(({ name }) => name === stage) as StageDeclaration;

/** The actions of one run order run together. */
function walkActions(scope: Scope, execution: Execution, declared: StageDeclaration): Rest | undefined {
  const declaration = declarationOf(scope, execution.pipeline, execution.pipelineVersion);
  for (const group of groupsOf(declared.actions!)) {
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
    if (started.some(({ status }) => status === "Failed")) return leaveFailed(scope, execution, declared);
  }
  return hasToMeet(execution, declared, "ON_SUCCESS") && execution.stop === undefined
    ? beginCheck(scope, execution, "ON_SUCCESS")
    : succeed(scope, execution);
}

/** An action has failed: the stage is tried again, or its condition says what comes of it. https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback-auto.html */
function leaveFailed(scope: Scope, execution: Execution, declared: StageDeclaration): undefined {
  const { onFailure } = declared;
  const isAlone = execution.rollbackTarget !== undefined || execution.stop !== undefined || onFailure === undefined;
  if (isAlone) return endStage(scope, execution, "Failed");
  if (onFailure.result === "RETRY" && mayRetry(execution)) return retry(scope, execution, declared);
  if (hasToMeet(execution, declared, "ON_FAILURE")) return beginCheck(scope, execution, "ON_FAILURE");
  return engage(scope, execution, declared, onFailure.result ?? "FAIL");
}

function beginCheck(scope: Scope, execution: Execution, checking: ConditionKind): undefined {
  const { stage, stages } = execution;
  executions.patch(scope, execution.id, { stages: { ...stages, [stage]: { ...stages[stage]!, checking } }, updatedAt: scope.clock.now() });
}

/** The result of a condition is engaged where it is not met. https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works-conditions.html */
function check(scope: Scope, execution: Execution, declared: StageDeclaration, kind: ConditionKind): Rest | undefined {
  if (execution.stop !== undefined) return stopStage(scope, cancelCondition(scope, execution, declared, kind), []);
  const outcome = walkCondition(scope, execution, declared, kind);
  if (outcome.state === "waiting") return outcome.rest;
  const current = executions.get(scope, execution.id)!;
  if (outcome.state === "failed") return engage(scope, current, declared, resultOf(declared, kind));
  switch (kind) {
    case "BEFORE_ENTRY":
      return goIn(scope, current);
    case "ON_SUCCESS":
      return succeed(scope, current);
    case "ON_FAILURE":
      return endStage(scope, current, "Failed");
  }
}

const resultOf = (declared: StageDeclaration, kind: ConditionKind): Result =>
  conditionOf(declared, kind)!.result ?? (kind === "ON_FAILURE" ? declared.onFailure!.result : undefined) ?? "FAIL";

function engage(scope: Scope, execution: Execution, declared: StageDeclaration, result: Result): undefined {
  switch (result) {
    case "SKIP":
      return goOn(scope, execution, "Skipped");
    case "RETRY":
      return mayRetry(execution) ? retry(scope, execution, declared) : endStage(scope, execution, "Failed");
    case "FAIL":
      return endStage(scope, execution, "Failed");
    case "ROLLBACK":
      endStage(scope, execution, "Failed");
      return rollBackAutomatically(scope, execution, execution.stage) as undefined;
  }
}

const mayRetry = ({ stage, stages }: Execution): boolean => (stages[stage]!.retries?.automatic ?? 0) === 0;

const retry = (scope: Scope, execution: Execution, { onFailure }: StageDeclaration): undefined =>
  retryAutomatically(scope, execution, onFailure?.retryConfiguration?.retryMode ?? "FAILED_ACTIONS") as undefined;

/** The entry condition is met: the actions may begin. */
function goIn(scope: Scope, { id, stage, stages }: Execution): undefined {
  const { checking: _, ...run } = stages[stage]!;
  executions.patch(scope, id, { stages: { ...stages, [stage]: run }, updatedAt: scope.clock.now() });
}

function succeed(scope: Scope, execution: Execution): undefined {
  const { pipeline, stage, id, rollbackTarget } = execution;
  if (rollbackTarget !== undefined) return endStage(scope, execution, "Succeeded");
  noteLatest(scope, pipeline, stage, { succeeded: id });
  return goOn(scope, execution, "Succeeded");
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
function goOn(scope: Scope, execution: Execution, status: "Succeeded" | "Skipped"): undefined {
  const names = declarationOf(scope, execution.pipeline, execution.pipelineVersion).stages!.map(({ name }) => name!);
  const next = names[names.indexOf(execution.stage) + 1];
  if (next === undefined) return endStage(scope, execution, "Succeeded", status);
  const passed = executions.patch(scope, execution.id, {
    stages: withStatus(execution, status),
    stage: next,
    isWaiting: true,
    updatedAt: scope.clock.now(),
  });
  if (status === "Succeeded") emitStage(scope, passed, execution.stage, "SUCCEEDED");
}

/** The stage is over, and with it the execution. */
function endStage(
  scope: Scope,
  execution: Execution,
  status: "Succeeded" | "Failed",
  stageStatus: StageExecutionStatus = status,
): undefined {
  const ended = end(scope, execution, status, stageStatus);
  const state = status === "Succeeded" ? "SUCCEEDED" : "FAILED";
  if (stageStatus === status) emitStage(scope, ended, execution.stage, state);
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

function withStatus({ stage, stages }: Execution, status: StageExecutionStatus): Execution["stages"] {
  const { checking: _, ...run } = stages[stage]!;
  return { ...stages, [stage]: { ...run, status } };
}
