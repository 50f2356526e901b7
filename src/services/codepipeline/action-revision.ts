import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { ActionNotFoundException, PutActionRevision$ } from "../../sdk/codepipeline.js";
import { activeExecutions, executions, startExecution } from "./execution.ts";
import { declarationOf, pipelines, requirePipeline } from "./pipeline.ts";
import { requireStage } from "./stage.ts";

/** A worker has found something new in a source. What was told before starts nothing. https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutActionRevision.html */
export const putActionRevision = operation(PutActionRevision$, (scope, { pipelineName, stageName, actionName, actionRevision }) => {
  const pipeline = requirePipeline(scope, pipelineName!);
  requireStage(scope, pipeline.id, stageName!);
  const stage = declarationOf(scope, pipeline.id).stages!.find(({ name }) => name === stageName)!;
  const action = stage.actions!.find(({ name }) => name === actionName);
  if (action?.actionTypeId?.category !== "Source") {
    fault(ActionNotFoundException, `Could not find a source action '${actionName}' in the stage '${stageName}'`);
  }
  const { revisionId, revisionChangeId } = actionRevision!;
  const told = pipeline.told?.[actionName!];
  if (told === `${revisionId} ${revisionChangeId}`) {
    const latest = activeExecutions(scope, pipeline.id).at(-1) ?? executions.list(scope, `${pipeline.id}/`, { limit: 1 })[0];
    return { newRevision: false, ...(latest && { pipelineExecutionId: latest.executionId }) };
  }
  const noted = pipelines.patch(scope, pipeline.id, { told: { ...pipeline.told, [actionName!]: `${revisionId} ${revisionChangeId}` } });
  const { executionId } = startExecution(scope, noted, {
    id: scope.id.uuid(),
    trigger: { triggerType: "PutActionRevision", triggerDetail: scope.caller.arn },
    overrides: overridesFor(action!.actionTypeId!.provider!, actionName!, revisionId!),
  });
  return { newRevision: true, pipelineExecutionId: executionId };
});

/** A source of AWS's takes the revision; of a custom one the worker who told of it does. */
function overridesFor(provider: string, actionName: string, revisionValue: string) {
  if (provider === "S3") return [{ actionName, revisionType: "S3_OBJECT_VERSION_ID" as const, revisionValue }];
  const isGit = provider === "CodeCommit" || provider === "CodeStarSourceConnection";
  return isGit ? [{ actionName, revisionType: "COMMIT_ID" as const, revisionValue }] : [];
}
