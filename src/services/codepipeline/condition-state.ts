import type { Scope } from "../../kernel/scope.ts";
import type { RuleState, StageConditionState, StageDeclaration } from "../../sdk/codepipeline.js";
import { conditionOf } from "./condition.ts";
import type { ConditionKind, ConditionRun, Execution } from "./execution.ts";
import { type RuleRun, ruleRuns } from "./rule-run.ts";

/** How the conditions of a stage stand in the execution that was in it last, as GetPipelineState shows it. */
export function conditionStates(scope: Scope, declared: StageDeclaration, latest: Execution | undefined) {
  const of = (kind: ConditionKind): StageConditionState | undefined =>
    conditionOf(declared, kind) === undefined ? undefined : shown(scope, declared, kind, latest);
  const [beforeEntry, onSuccess, onFailure] = [of("BEFORE_ENTRY"), of("ON_SUCCESS"), of("ON_FAILURE")];
  return {
    ...(beforeEntry && { beforeEntryConditionState: beforeEntry }),
    ...(onSuccess && { onSuccessConditionState: onSuccess }),
    ...(onFailure && { onFailureConditionState: onFailure }),
  };
}

function shown(scope: Scope, declared: StageDeclaration, kind: ConditionKind, latest: Execution | undefined): StageConditionState {
  const run = latest?.stages[declared.name!]?.conditions?.[kind];
  const { rules = [] } = conditionOf(declared, kind)!;
  const ruleStates = rules.map(({ name }): RuleState => {
    const found = run && ruleRuns.get(scope, `${latest!.id}/${declared.name}/${kind}:${name}/${run.attempt}`);
    return { ruleName: name!, ...(found && { latestExecution: shownRule(found) }) };
  });
  if (run === undefined) return { conditionStates: [{ ruleStates }] };
  const summary = shownSummary(run);
  const lastStatusChange = new Date(run.changedAt);
  return {
    latestExecution: { status: run.status, ...summary },
    conditionStates: [{ latestExecution: { status: run.status, ...summary, lastStatusChange }, ruleStates }],
  };
}

const shownSummary = ({ summary }: ConditionRun) => (summary === undefined ? {} : { summary });

function shownRule(run: RuleRun): NonNullable<RuleState["latestExecution"]> {
  return {
    ruleExecutionId: run.actionExecutionId,
    status: run.status,
    ...(run.summary !== undefined && { summary: run.summary }),
    lastStatusChange: new Date(run.updatedAt),
    ...(run.externalExecutionId !== undefined && { externalExecutionId: run.externalExecutionId }),
    ...(run.externalExecutionUrl !== undefined && { externalExecutionUrl: run.externalExecutionUrl }),
    ...(run.errorDetails && { errorDetails: run.errorDetails }),
  };
}
