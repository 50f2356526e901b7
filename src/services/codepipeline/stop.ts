import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { DuplicatedStopRequestException, PipelineExecutionNotStoppableException, StopPipelineExecution$ } from "../../sdk/codepipeline.js";
import { executions, isOver, requireExecution } from "./execution.ts";
import { emitExecution, emitStage } from "./happening.ts";
import { requirePipeline } from "./pipeline.ts";

export const stopPipelineExecution = operation(StopPipelineExecution$, (scope, input) => {
  const { pipelineName, pipelineExecutionId, abandon = false, reason } = input;
  requirePipeline(scope, pipelineName!);
  const execution = requireExecution(scope, pipelineName!, pipelineExecutionId!);
  if (isOver(execution.status)) {
    fault(
      PipelineExecutionNotStoppableException,
      `Unable to stop the pipeline execution. The pipeline execution ${pipelineExecutionId} is already in a ${execution.status} state.`,
    );
  }
  if (execution.stop !== undefined && (execution.stop.abandon || !abandon)) {
    fault(DuplicatedStopRequestException, "Unable to stop the pipeline execution. The pipeline execution is already being stopped.");
  }
  const stopping = executions.patch(scope, execution.id, {
    status: "Stopping",
    stop: { abandon, ...(reason !== undefined && { reason }) },
    updatedAt: scope.clock.now(),
  });
  if (execution.status !== "Stopping") {
    emitExecution(scope, stopping, "STOPPING");
    if (!stopping.isWaiting) emitStage(scope, stopping, stopping.stage, "STOPPING");
  }
  return { pipelineExecutionId: execution.executionId };
});
