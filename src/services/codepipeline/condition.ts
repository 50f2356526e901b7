import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  type Condition,
  ConditionNotOverridableException,
  OverrideStageCondition$,
  type StageDeclaration,
} from "../../sdk/codepipeline.js";
import { type ConditionKind, type ConditionRun, type Execution, executions, isOver, requireExecution } from "./execution.ts";
import { emitExecution, emitStage } from "./happening.ts";
import { requirePipeline } from "./pipeline.ts";
import { requireLatest } from "./retry.ts";
import { requireStage } from "./stage.ts";

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html */
export const overrideStageCondition = operation(OverrideStageCondition$, (scope, input) => {
  const { pipelineName, stageName, pipelineExecutionId, conditionType } = input;
  const pipeline = requirePipeline(scope, pipelineName!);
  const execution = requireExecution(scope, pipeline.id, pipelineExecutionId!);
  requireStage(scope, pipeline.id, stageName!, execution.pipelineVersion);
  requireLatest(scope, execution, stageName!);
  const run = execution.stages[stageName!];
  const condition = run?.conditions?.[conditionType!];
  const isUnderWay = run?.checking === conditionType && !isOver(execution.status);
  const hasBlocked = condition?.status === "Failed" && run?.status === "Failed" && isOver(execution.status);
  const isOfToday = pipeline.version === execution.pipelineVersion;
  if (condition === undefined || execution.stop !== undefined || !(isUnderWay || (hasBlocked && isOfToday))) notOverridable();
  const overridden = noteCondition(scope, execution, stageName!, conditionType!, {
    ...condition!,
    status: "Overridden",
    summary: `Overridden by ${scope.caller.arn}`,
  });
  if (hasBlocked) resume(scope, overridden, stageName!, conditionType!);
  return {};
});

/** The condition that a stage declares of a kind. There is one at most. */
export const conditionOf = ({ beforeEntry, onSuccess, onFailure }: StageDeclaration, kind: ConditionKind): Condition | undefined =>
  ({ BEFORE_ENTRY: beforeEntry, ON_SUCCESS: onSuccess, ON_FAILURE: onFailure })[kind]?.conditions?.[0];

/** Write down how a condition of the stage stands. */
export function noteCondition(
  scope: Scope,
  { id, stages }: Execution,
  stage: string,
  kind: ConditionKind,
  condition: ConditionRun,
): Execution {
  const run = stages[stage]!;
  const now = scope.clock.now();
  const conditions = { ...run.conditions, [kind]: { ...condition, changedAt: now } };
  return executions.patch(scope, id, { stages: { ...stages, [stage]: { ...run, conditions } }, updatedAt: now });
}

/** The execution goes on where the condition has stopped it. */
function resume(scope: Scope, { id, stages, attempt }: Execution, stage: string, checking: ConditionKind): void {
  const again = executions.patch(scope, id, {
    status: "InProgress",
    statusSummary: undefined,
    stage,
    isWaiting: false,
    stages: { ...stages, [stage]: { ...stages[stage]!, status: "InProgress", checking } },
    attempt: attempt + 1,
    updatedAt: scope.clock.now(),
  });
  emitExecution(scope, again, "RESUMED");
  emitStage(scope, again, stage, "RESUMED");
}

const notOverridable = (): never =>
  fault(ConditionNotOverridableException, "Unable to override because the condition does not allow overrides.");
