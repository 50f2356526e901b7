import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  ActionNotFoundException,
  ApprovalAlreadyCompletedException,
  InvalidApprovalTokenException,
  PutApprovalResult$,
} from "../../sdk/codepipeline.js";
import { type ActionRun, actionRuns } from "./action-run.ts";
import { activeExecutions } from "./execution.ts";
import { requirePipeline } from "./pipeline.ts";
import { requireStage, stageState } from "./stage.ts";

export const putApprovalResult = operation(PutApprovalResult$, (scope, { pipelineName, stageName, actionName, result, token }) => {
  requirePipeline(scope, pipelineName!);
  requireStage(scope, pipelineName!, stageName!);
  const runs = approvalsIn(scope, pipelineName!, stageName!, actionName!);
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

/** The approvals of that name: the last one, and those of executions that are not over. */
function approvalsIn(scope: Scope, pipeline: string, stage: string, action: string): ActionRun[] {
  const last = stageState(scope, pipeline, stage).runs[action];
  const under = activeExecutions(scope, pipeline).flatMap(({ id }) => actionRuns.list(scope, `${id}/${stage}/${action}/`));
  const all = last === undefined ? under : [...under, ...actionRuns.list(scope, last)];
  return all.filter(({ token }) => token !== undefined);
}
