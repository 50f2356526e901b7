import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { ActionExecutionNotFoundException, ListDeployActionExecutionTargets$ } from "../../sdk/codepipeline.js";
import { actionRuns } from "./action-run.ts";
import { requirePipeline } from "./pipeline.ts";

/** The instances of a deploy action of type EC2; no other action has such targets. */
export const listDeployActionExecutionTargets = operation(
  ListDeployActionExecutionTargets$,
  (scope, { pipelineName, actionExecutionId }) => {
    if (pipelineName !== undefined) requirePipeline(scope, pipelineName);
    const [run] = actionRuns.by(scope, "actionExecutionId", actionExecutionId!);
    if (run === undefined || (pipelineName !== undefined && run.pipeline !== pipelineName)) {
      fault(ActionExecutionNotFoundException, `Could not find action execution with id '${actionExecutionId}'`);
    }
    return { targets: [] };
  },
  { partial: "actions of type EC2, which alone have targets, are not implemented" },
);
