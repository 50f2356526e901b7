import type { DeliveryTarget } from "../../kernel/delivery.ts";
import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { PipelineVariable, SourceRevisionOverride } from "../../sdk/codepipeline.js";
import { startExecution } from "./execution.ts";
import { declarationOf, pipelines } from "./pipeline.ts";

/** Pipelines as targets of events: each delivery starts an execution. https://docs.aws.amazon.com/codepipeline/latest/userguide/triggering.html */
export const pipelineTarget: DeliveryTarget = {
  service: "codepipeline",
  deliver(scope, { id, arn, payload, context }) {
    const name = arn.split(":")[5]!;
    const pipeline = pipelines.get(scope, name);
    if (pipeline === undefined)
      return { state: "failed", final: true, reason: `Account '${scope.account}' does not have a pipeline with name '${name}'` };
    const triggerDetail = context?.sourceArn ?? arn;
    try {
      const trigger = { triggerType: "CloudWatchEvent", triggerDetail } as const;
      startExecution(scope, pipeline, { id: idsFrom(id).uuid(), trigger, ...inputOf(scope, name, payload) });
    } catch (error) {
      if (!isFault(error)) throw error;
      return { state: "failed", reason: error.message };
    }
    return { state: "done" };
  },
};

interface Input {
  readonly variables?: readonly PipelineVariable[];
  readonly overrides?: readonly SourceRevisionOverride[];
}

/**
 * What the delivery says of the execution: variables and source revisions where an input transformer made them, or the
 * commit of a repository's event, so that each push is released by itself.
 */
function inputOf(scope: Scope, pipeline: string, payload: string): Input {
  const message = parse(payload);
  if (message["variables"] !== undefined || message["sourceRevisions"] !== undefined) {
    return { variables: message["variables"] ?? [], overrides: [message["sourceRevisions"] ?? []].flat() };
  }
  if (message["source"] !== "aws.codecommit") return {};
  const { repositoryName, referenceName, commitId } = message["detail"] ?? {};
  if (commitId === undefined) return {};
  const sources = declarationOf(scope, pipeline).stages![0]!.actions!;
  const changed = sources.filter(
    ({ actionTypeId, configuration = {} }) =>
      actionTypeId?.provider === "CodeCommit" &&
      configuration["RepositoryName"] === repositoryName &&
      configuration["BranchName"] === referenceName,
  );
  return { overrides: changed.map(({ name }) => ({ actionName: name!, revisionType: "COMMIT_ID", revisionValue: commitId })) };
}

function parse(text: string): Record<string, any> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
