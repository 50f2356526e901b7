import type { Scope } from "../../kernel/scope.ts";
import type { ActionRun } from "./action-run.ts";
import type { Artifact } from "./artifact.ts";
import type { Execution } from "./execution.ts";

/**
 * What CodePipeline tells EventBridge.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
 */
type ExecutionEvent = "STARTED" | "SUCCEEDED" | "FAILED" | "STOPPING" | "STOPPED" | "SUPERSEDED" | "RESUMED";
type StageEvent = "STARTED" | "SUCCEEDED" | "FAILED" | "STOPPING" | "STOPPED" | "RESUMED";
type ActionEvent = "STARTED" | "SUCCEEDED" | "FAILED" | "ABANDONED";

const ENDED: readonly ExecutionEvent[] = ["SUCCEEDED", "FAILED", "STOPPED"];

/** The execution's state changed. One that ended is measured. */
export function emitExecution(scope: Scope, execution: Execution, state: ExecutionEvent): void {
  const { triggerType, triggerDetail } = execution.trigger;
  emit(scope, "Pipeline", execution, {
    "execution-trigger": { "trigger-type": triggerType, "trigger-detail": triggerDetail },
    state,
    ...(execution.stop?.reason !== undefined && { "stop-execution-comments": execution.stop.reason }),
  });
  if (ENDED.includes(state)) measure(scope, execution, state);
}

/** A stage of the execution changed its state. */
export function emitStage(scope: Scope, execution: Execution, stage: string, state: StageEvent): void {
  emit(scope, "Stage", execution, { stage, state });
}

/** An action of the execution changed its state. */
export function emitAction(scope: Scope, execution: Execution, run: ActionRun, state: ActionEvent): void {
  const { category, owner, provider, version } = run.type;
  emit(scope, "Action", execution, {
    stage: run.stage,
    action: run.action,
    "action-execution-id": run.actionExecutionId,
    state,
    region: run.region,
    type: { owner, provider, category, version },
    ...(run.inputs.length > 0 && { "input-artifacts": run.inputs.map(told) }),
    ...(run.produced && run.produced.length > 0 && { "output-artifacts": run.produced.map(told) }),
    ...resultOf(run, state),
  });
}

function resultOf({ externalExecutionId, externalExecutionUrl, summary, errorDetails }: ActionRun, state: ActionEvent): object {
  if (state === "STARTED") return {};
  const told = summary ?? errorDetails?.message;
  const result = {
    ...(externalExecutionUrl !== undefined && { "external-execution-url": externalExecutionUrl }),
    ...(told !== undefined && { "external-execution-summary": told }),
    ...(externalExecutionId !== undefined && { "external-execution-id": externalExecutionId }),
    ...(errorDetails?.code !== undefined && { "error-code": errorDetails.code }),
  };
  return Object.keys(result).length === 0 ? {} : { "execution-result": result };
}

function emit(scope: Scope, what: "Pipeline" | "Stage" | "Action", execution: Execution, members: object): void {
  scope.emit({
    source: "aws.codepipeline",
    detailType: `CodePipeline ${what} Execution State Change`,
    resources: [scope.arn("codepipeline", execution.pipeline)],
    detail: {
      pipeline: execution.pipeline,
      "execution-id": execution.executionId,
      "start-time": new Date(execution.startedAt).toISOString(),
      ...members,
      version: execution.pipelineVersion,
      "pipeline-execution-attempt": execution.attempt,
    },
  });
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/metrics-dimensions.html */
function measure(scope: Scope, { pipeline, startedAt }: Execution, state: ExecutionEvent): void {
  const dimensions = { PipelineName: pipeline };
  const namespace = "AWS/CodePipeline";
  scope.measure({ namespace, name: "PipelineDuration", dimensions }, { value: (scope.clock.now() - startedAt) / 1000, unit: "Seconds" });
  scope.measure({ namespace, name: "FailedPipelineExecutions", dimensions }, { value: state === "FAILED" ? 1 : 0, unit: "Count" });
}

const told = ({ name, bucket, key }: Artifact) => ({ name, s3location: { bucket, key } });
