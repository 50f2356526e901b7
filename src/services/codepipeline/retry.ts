import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  NotLatestPipelineExecutionException,
  RetryStageExecution$,
  StageNotRetryableException,
  type StageRetryMode,
} from "../../sdk/codepipeline.js";
import { actionRuns } from "./action-run.ts";
import { type Execution, executions, isOver, requireExecution, type StageRun } from "./execution.ts";
import { emitExecution, emitStage } from "./happening.ts";
import { requirePipeline } from "./pipeline.ts";
import { requireStage, stageState } from "./stage.ts";

export const retryStageExecution = operation(RetryStageExecution$, (scope, input) => {
  const { pipelineName, stageName, pipelineExecutionId, retryMode } = input;
  const pipeline = requirePipeline(scope, pipelineName!);
  const execution = requireExecution(scope, pipeline.id, pipelineExecutionId!);
  requireStage(scope, pipeline.id, stageName!, execution.pipelineVersion);
  requireLatest(scope, execution, stageName!);
  const before = execution.stages[stageName!];
  const isRetryable = isOver(execution.status) && (before?.status === "Failed" || before?.status === "Stopped");
  if (!isRetryable || pipeline.version !== execution.pipelineVersion) notRetryable();
  const { manual = 0, automatic = 0 } = before!.retries ?? {};
  const again = retryStage(scope, execution, stageName!, retryMode!, { manual: manual + 1, automatic, latest: "ManualStageRetry" });
  emitExecution(scope, again, "RESUMED");
  emitStage(scope, again, stageName!, "RESUMED");
  return { pipelineExecutionId: execution.executionId };
});

/** AWS tries a stage that failed once more by itself. https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-retry-auto.html */
export function retryAutomatically(scope: Scope, execution: Execution, mode: StageRetryMode): void {
  const { manual = 0 } = execution.stages[execution.stage]!.retries ?? {};
  const retries = { manual, automatic: 1, latest: "AutomatedStageRetry" } as const;
  emitStage(scope, retryStage(scope, execution, execution.stage, mode, retries), execution.stage, "RESUMED");
}

/** Refuse to touch a stage in which another execution has been since. */
export function requireLatest(scope: Scope, { id, executionId, pipeline, mode }: Execution, stage: string): void {
  if (stageState(scope, pipeline, stage).latest === id || mode === "PARALLEL") return;
  fault(
    NotLatestPipelineExecutionException,
    `The stage has failed in a later run of the pipeline and the pipelineExecutionId ${executionId} associated with the request is out of date.`,
  );
}

/** Put the execution back into the stage: the actions that are kept have succeeded, the conditions that are kept were met. */
function retryStage(
  scope: Scope,
  execution: Execution,
  stageName: string,
  mode: StageRetryMode,
  retries: NonNullable<StageRun["retries"]>,
): Execution {
  const before = execution.stages[stageName]!;
  const entry = before.conditions?.BEFORE_ENTRY;
  const hasEntered = entry === undefined || entry.status === "Succeeded" || entry.status === "Overridden";
  const now = scope.clock.now();
  const stage: StageRun = {
    status: "InProgress",
    attempt: before.attempt + 1,
    startedAt: now,
    runs: mode === "ALL_ACTIONS" ? {} : succeededOf(scope, execution, stageName, before),
    retries,
    ...(entry && hasEntered && { conditions: { BEFORE_ENTRY: entry } }),
    ...(!hasEntered && { checking: "BEFORE_ENTRY" as const }),
  };
  return executions.patch(scope, execution.id, {
    status: "InProgress",
    statusSummary: undefined,
    stop: undefined,
    stage: stageName,
    isWaiting: false,
    stages: { ...execution.stages, [stageName]: stage },
    attempt: execution.attempt + 1,
    updatedAt: now,
  });
}

function succeededOf(scope: Scope, { id }: Execution, stage: string, { runs }: StageRun): Record<string, number> {
  const hasSucceeded = ([action, attempt]: [string, number]): boolean =>
    actionRuns.get(scope, `${id}/${stage}/${action}/${attempt}`)?.status === "Succeeded";
  return Object.fromEntries(Object.entries(runs).filter(hasSucceeded));
}

/** The reasons are those of https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_RetryStageExecution.html */
const notRetryable = (): never =>
  fault(
    StageNotRetryableException,
    "Unable to retry. The specified stage can’t be retried because the pipeline structure or stage state changed after the stage was not completed; the stage contains no failed actions; one or more actions are still in progress; or another retry attempt is already in progress.",
  );
