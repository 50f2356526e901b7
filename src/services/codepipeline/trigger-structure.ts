import { fault } from "../../kernel/fault.ts";
import {
  type GitPullRequestFilter,
  type GitPushFilter,
  InvalidStructureException,
  type PipelineDeclaration,
  type PipelineTriggerDeclaration,
} from "../../sdk/codepipeline.js";

const CONNECTION = "CodeStarSourceConnection";

/** Refuse triggers that cannot come. https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-triggers.html */
export function checkTriggers({ pipelineType = "V1", triggers = [], stages = [] }: PipelineDeclaration): void {
  if (triggers.length === 0) return;
  if (pipelineType === "V1") structure("Triggers on tag can only be used with V2 pipelines");
  const names = triggers.map(({ gitConfiguration }) => gitConfiguration!.sourceActionName!);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) structure(`Only one trigger configuration is allowed per source action: ${twice}`);
  for (const trigger of triggers) {
    const { sourceActionName } = trigger.gitConfiguration!;
    const source = stages[0]?.actions?.find(({ name }) => name === sourceActionName);
    if (source?.actionTypeId?.provider !== CONNECTION)
      structure("Triggers for connections must reference a CodeStarSourceConnection action.");
    checkTrigger(trigger);
  }
}

function checkTrigger({ gitConfiguration }: PipelineTriggerDeclaration): void {
  const { sourceActionName: name, push = [], pullRequest = [] } = gitConfiguration!;
  if (push.length + pullRequest.length === 0) structure(`The trigger of ${name} must have push or pullRequest filters`);
  for (const filter of push) checkPush(name!, filter, pullRequest.length > 0);
  for (const filter of pullRequest) checkPullRequest(name!, filter);
}

/**
 * A push is of a tag, or of a branch; files are those of a branch. Beside a filter of pull requests one filter may be of both:
 * https://github.com/hashicorp/terraform-provider-aws/issues/43105
 */
function checkPush(name: string, { tags, branches, filePaths }: GitPushFilter, isBesidePullRequests: boolean): void {
  if (!isBesidePullRequests && tags !== undefined && (branches ?? filePaths) !== undefined) {
    structure(`A push filter of the trigger of ${name} must not have tags together with branches or file paths`);
  }
  if ((tags ?? branches ?? filePaths) === undefined)
    structure(`A push filter of the trigger of ${name} must have tags, branches or file paths`);
}

function checkPullRequest(name: string, { events, branches }: GitPullRequestFilter): void {
  if (branches === undefined) structure(`A pullRequest filter of the trigger of ${name} must have branches`);
  if (events !== undefined && new Set(events).size < events.length) structure(`The events of the trigger of ${name} must be unique`);
}

const structure = (message: string): never => fault(InvalidStructureException, message);
