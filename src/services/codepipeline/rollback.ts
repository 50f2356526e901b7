import { fault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type ExecutionTrigger, RollbackStage$, UnableToRollbackStageException } from "../../sdk/codepipeline.js";
import { activeExecutions, type Execution, executions, putExecution, requireExecution } from "./execution.ts";
import { declarationOf, type Pipeline, pipelines, requirePipeline } from "./pipeline.ts";
import { requireStage, stageState } from "./stage.ts";

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback.html */
export const rollbackStage = operation(RollbackStage$, (scope, { pipelineName, stageName, targetPipelineExecutionId }) => {
  const pipeline = requirePipeline(scope, pipelineName!);
  requireStage(scope, pipeline.id, stageName!);
  const target = requireExecution(scope, pipeline.id, targetPipelineExecutionId!);
  const declaration = declarationOf(scope, pipeline.id);
  const isSourceStage = declaration.stages![0]!.name === stageName;
  const isBusy = activeExecutions(scope, pipeline.id).some(({ stage, isWaiting }) => stage === stageName && !isWaiting);
  if (isSourceStage || isBusy || declaration.executionMode === "PARALLEL" || !canRollBackTo(pipeline, target, stageName!)) unable();
  const trigger = { triggerType: "ManualRollback", triggerDetail: scope.caller.arn } as const;
  return { pipelineExecutionId: startRollback(scope, pipeline, stageName!, target, { id: scope.id.uuid(), trigger }).executionId };
});

/** Put back what succeeded in the stage last, where there is such an execution. */
export function rollBackAutomatically(scope: Scope, failed: Execution, stage: string): void {
  const pipeline = pipelines.get(scope, failed.pipeline)!;
  const { succeeded } = stageState(scope, pipeline.id, stage);
  const target = succeeded === undefined ? undefined : executions.get(scope, succeeded);
  if (target === undefined || target.id === failed.id || !canRollBackTo(pipeline, target, stage)) return;
  startRollback(scope, pipeline, stage, target, {
    id: idsFrom(`${failed.executionId}/${stage}/${failed.stages[stage]!.attempt}/rollback`).uuid(),
    trigger: { triggerType: "AutomatedRollback", triggerDetail: JSON.stringify({ FailedPipelineExecutionId: failed.executionId }) },
  });
}

const canRollBackTo = ({ version }: Pipeline, { pipelineVersion, rollbackTarget, stages }: Execution, stage: string): boolean =>
  pipelineVersion === version && rollbackTarget === undefined && stages[stage]?.status === "Succeeded";

/** An execution of one stage, with the artifacts and variables of the one that it puts back. */
function startRollback(
  scope: Scope,
  pipeline: Pipeline,
  stage: string,
  target: Execution,
  { id, trigger }: { readonly id: string; readonly trigger: ExecutionTrigger },
): Execution {
  const { mode, artifacts, namespaces, revisions, executionId: rollbackTarget } = target;
  return putExecution(scope, pipeline, {
    executionId: id,
    mode,
    trigger,
    overrides: [],
    stage,
    artifacts,
    namespaces,
    revisions,
    rollbackTarget,
  });
}

/** The reasons are those of https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_RollbackStage.html */
const unable = (): never =>
  fault(
    UnableToRollbackStageException,
    "Unable to roll back the stage. The cause might be if the pipeline version has changed since the target pipeline execution was deployed, the stage is currently running, or an incorrect target pipeline execution ID was provided.",
  );
