import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import {
  ActionNotFoundException,
  ApprovalAlreadyCompletedException,
  InvalidApprovalTokenException,
  PutApprovalResult$,
} from "../../sdk/codepipeline.js";
import { actionRuns } from "./action-run.ts";
import { requirePipeline } from "./pipeline.ts";
import { requireStage, stageState } from "./stage.ts";

export const putApprovalResult = operation(PutApprovalResult$, (scope, { pipelineName, stageName, actionName, result, token }) => {
  requirePipeline(scope, pipelineName!);
  requireStage(scope, pipelineName!, stageName!);
  const { latest } = stageState(scope, pipelineName!, stageName!);
  const known = latest === undefined ? [] : actionRuns.list(scope, `${pipelineName}/`).filter((run) => run.token !== undefined);
  const runs = known.filter((run) => run.stage === stageName && run.action === actionName);
  if (runs.length === 0) {
    fault(ActionNotFoundException, `Could not find an approval action '${actionName}' in the stage '${stageName}'`);
  }
  const run = runs.find((one) => one.token === token);
  if (run === undefined) return fault(InvalidApprovalTokenException, "The approval token is not valid");
  if (run.status !== "InProgress" || run.approval !== undefined) {
    fault(ApprovalAlreadyCompletedException, "The approval action has already been approved or rejected");
  }
  const { summary, status } = result!;
  actionRuns.patch(scope, run.id, { approval: { summary: summary!, status: status! }, updatedBy: scope.caller.arn });
  return { approvedAt: new Date(scope.clock.now()) };
});
