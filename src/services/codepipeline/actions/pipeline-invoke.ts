import type { PipelineVariable, SourceRevisionOverride } from "../../../sdk/codepipeline.js";
import { startExecution } from "../execution.ts";
import { pipelineArn, pipelines } from "../pipeline.ts";
import { type ActionProvider, failed, refuseAction } from "../provider.ts";

/** Another pipeline is started, and not waited for. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-PipelineInvoke.html */
export const pipelineInvoke: ActionProvider = {
  type: { category: "Invoke", owner: "AWS", provider: "CodePipeline", version: "1" },
  inputs: [0, 0],
  outputs: [0, 0],
  properties: [{ name: "PipelineName", required: true }, { name: "SourceRevisions" }, { name: "Variables" }],
  timeoutMinutes: 60,
  isOfV2: true,
  check({ SourceRevisions = "[]", Variables = "[]" }, action) {
    for (const [name, text] of Object.entries({ SourceRevisions, Variables })) {
      if (!text.includes("#{") && listIn(text) === undefined)
        refuseAction(`Action configuration for action '${action}' has an invalid value for '${name}': it has to be a JSON array`);
    }
  },
  needs: ({ account }, { region, configuration: { PipelineName } }) => [
    { action: "codepipeline:StartPipelineExecution", resource: `arn:aws:codepipeline:${region}:${account}:${PipelineName}` },
  ],
  observe(scope, run) {
    const { PipelineName = "", SourceRevisions = "[]", Variables = "[]" } = run.configuration;
    const pipeline = pipelines.get(scope, PipelineName);
    if (pipeline === undefined)
      return failed(
        "ConfigurationError",
        `The account with id '${scope.account}' does not include a pipeline with the name '${PipelineName}'`,
      );
    const [overrides, variables] = [listIn<SourceRevisionOverride>(SourceRevisions), listIn<PipelineVariable>(Variables)];
    if (overrides === undefined || variables === undefined)
      return failed("ConfigurationError", "SourceRevisions and Variables have to be JSON arrays.");
    const trigger = { triggerType: "StartPipelineExecution", triggerDetail: pipelineArn(scope, run.pipeline) } as const;
    const { executionId } = startExecution(scope, pipeline, { id: run.actionExecutionId, trigger, variables, overrides });
    const externalExecutionUrl = `https://${scope.region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${PipelineName}/executions/${executionId}/timeline?region=${scope.region}`;
    return {
      status: "Succeeded",
      externalExecutionId: executionId,
      externalExecutionUrl,
      summary: `Pipeline ${PipelineName} was started.`,
    };
  },
  entityUrl: ({ region }, { PipelineName }) =>
    `https://${region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${PipelineName}/view?region=${region}`,
};

function listIn<T>(text: string): T[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
