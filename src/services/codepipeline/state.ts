import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  type ActionDeclaration,
  type ActionExecution,
  type ActionState,
  GetPipelineState$,
  type StageDeclaration,
  type StageExecution,
  type StageState as StageStateShape,
} from "../../sdk/codepipeline.js";
import { type ActionRun, actionRuns } from "./action-run.ts";
import { providerOf } from "./actions/index.ts";
import { conditionStates } from "./condition-state.ts";
import { activeExecutions, type Execution, executions, type StageRun } from "./execution.ts";
import { declarationOf, requirePipeline } from "./pipeline.ts";
import { type StageState, stageState } from "./stage.ts";

export const getPipelineState = operation(GetPipelineState$, (scope, { name }) => {
  const pipeline = requirePipeline(scope, name!);
  const active = activeExecutions(scope, pipeline.id);
  const stages = declarationOf(scope, pipeline.id).stages as StageDeclaration[];
  return {
    pipelineName: pipeline.id,
    pipelineVersion: pipeline.version,
    stageStates: stages.map((stage) => shownStage(scope, pipeline.id, stage, active)),
    created: new Date(pipeline.createdAt),
    updated: new Date(pipeline.updatedAt),
  };
});

function shownStage(scope: Scope, pipeline: string, declared: StageDeclaration, active: readonly Execution[]): StageStateShape {
  const { name, actions = [] } = declared;
  const state = stageState(scope, pipeline, name!);
  const waiting = active.filter(({ stage, isWaiting }) => isWaiting && stage === name);
  const inbound = waiting.map(
    (execution): StageExecution => ({ pipelineExecutionId: execution.executionId, status: "InProgress", type: typeOf(execution) }),
  );
  const latest = state.latest === undefined ? undefined : executions.get(scope, state.latest);
  const run = latest?.stages[name!];
  return {
    stageName: name!,
    ...(inbound.length > 0 && { inboundExecution: inbound.at(-1)!, inboundExecutions: inbound }),
    inboundTransitionState: shownTransition(state),
    actionStates: actions.map((action) => shownAction(scope, action, state)),
    ...(latest &&
      run && {
        latestExecution: { pipelineExecutionId: latest.executionId, status: statusOf(latest, run.status), type: typeOf(latest) },
      }),
    ...conditionStates(scope, declared, latest),
    ...(run?.retries && { retryStageMetadata: shownRetries(run.retries) }),
  };
}

const typeOf = ({ rollbackTarget }: Execution) => (rollbackTarget === undefined ? "STANDARD" : "ROLLBACK");

const shownRetries = ({ manual, automatic, latest }: NonNullable<StageRun["retries"]>) => ({
  ...(automatic > 0 && { autoStageRetryAttempt: automatic }),
  ...(manual > 0 && { manualStageRetryAttempt: manual }),
  latestRetryTrigger: latest,
});

const statusOf = ({ stop }: Execution, status: StageExecution["status"]): StageExecution["status"] =>
  status === "InProgress" && stop !== undefined ? "Stopping" : status;

function shownTransition({ transition }: StageState) {
  if (transition === undefined) return { enabled: true };
  const { enabled, changedBy, changedAt, reason } = transition;
  return {
    enabled,
    lastChangedBy: changedBy,
    lastChangedAt: new Date(changedAt),
    ...(reason !== undefined && { disabledReason: reason }),
  };
}

function shownAction(scope: Scope, { name, actionTypeId, configuration = {} }: ActionDeclaration, { runs }: StageState): ActionState {
  const last = runs[name!];
  const run = last === undefined ? undefined : actionRuns.get(scope, last);
  const entityUrl = providerOf(scope, actionTypeId!)?.entityUrl?.(scope, configuration);
  const { revision } = run ?? {};
  return {
    actionName: name!,
    ...(revision && {
      currentRevision: { revisionId: revision.id, revisionChangeId: revision.id, created: new Date(revision.createdAt ?? run!.startedAt) },
    }),
    ...(run && { latestExecution: shownExecution(run) }),
    ...(entityUrl !== undefined && { entityUrl }),
    ...(revision?.url !== undefined && { revisionUrl: revision.url }),
  };
}

function shownExecution(run: ActionRun): ActionExecution {
  const { actionExecutionId, status, summary, updatedAt, token, updatedBy, externalExecutionId, externalExecutionUrl } = run;
  return {
    actionExecutionId,
    status,
    ...(summary !== undefined && { summary }),
    lastStatusChange: new Date(updatedAt),
    ...(token !== undefined && status === "InProgress" && { token }),
    ...(updatedBy !== undefined && { lastUpdatedBy: updatedBy }),
    ...(externalExecutionId !== undefined && { externalExecutionId }),
    ...(externalExecutionUrl !== undefined && { externalExecutionUrl }),
    ...(run.percentComplete !== undefined && { percentComplete: run.percentComplete }),
    ...(run.errorDetails && { errorDetails: run.errorDetails }),
    ...(run.logStreamArn !== undefined && { logStreamARN: run.logStreamArn }),
  };
}
