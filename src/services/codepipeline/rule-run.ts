import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { Table } from "../../kernel/table.ts";
import { InvalidNextTokenException, ListRuleExecutions$, type RuleExecutionDetail, type RuleTypeId } from "../../sdk/codepipeline.js";
import { type ConditionKind, type Execution, requireExecution } from "./execution.ts";
import { newestFirst } from "./history.ts";
import { requirePipeline } from "./pipeline.ts";
import type { Run } from "./run.ts";

export type RuleType = { readonly category: "Rule"; readonly owner: "AWS"; readonly provider: string; readonly version: string };

/** One try of one rule of a condition, by execution row/stage/condition:rule/attempt. */
export interface RuleRun extends Run {
  readonly type: RuleType;
  readonly condition: ConditionKind;
}

export const ruleRuns = new Table<RuleRun>("codepipeline/rule-run", { stored: true });

const PAGE_MAX = 100;

/** What a declaration leaves out of a rule's type says nothing: there is one owner and one version. */
export const ruleTypeOf = ({ provider, version = "1" }: RuleTypeId): RuleType => ({
  category: "Rule",
  owner: "AWS",
  provider: provider!,
  version,
});

export const listRuleExecutions = operation(ListRuleExecutions$, (scope, { pipelineName, filter, maxResults, nextToken }) => {
  const { id: pipeline } = requirePipeline(scope, pipelineName!);
  const wanted = filter?.pipelineExecutionId ?? filter?.latestInPipelineExecution?.pipelineExecutionId;
  const chosen = wanted === undefined ? newestFirst(scope, pipeline, () => true) : [requireExecution(scope, pipeline, wanted)];
  const isLatestOnly = filter?.latestInPipelineExecution?.startTimeRange === "Latest";
  const { items, nextToken: next } = page(
    runsOf(scope, chosen, isLatestOnly),
    ({ place }) => place,
    maxResults ?? PAGE_MAX,
    nextToken,
    () => fault(InvalidNextTokenException, "The next token is invalid."),
  );
  return { ruleExecutionDetails: items.map(({ run }) => shown(run)), ...(next && { nextToken: next }) };
});

/** The runs of the executions, newest first, each with a text that sorts in that order. */
function* runsOf(scope: Scope, chosen: Iterable<Execution>, latestOnly: boolean): Generator<{ run: RuleRun; place: string }> {
  for (const { id } of chosen) {
    const found = ruleRuns.list(scope, `${id}/`);
    const isEarlier = (run: RuleRun): boolean => found.some((other) => sameRule(other, run) && other.startedAt > run.startedAt);
    const runs = latestOnly ? found.filter((run) => !isEarlier(run)) : found;
    const places = runs.map((run) => ({ run, place: `${id} ${String(9e15 - run.startedAt).padStart(16, "0")} ${run.id}` }));
    yield* places.sort((one, other) => (one.place < other.place ? -1 : 1));
  }
}

const sameRule = (one: RuleRun, other: RuleRun): boolean =>
  one.stage === other.stage && one.condition === other.condition && one.action === other.action;

function shown(run: RuleRun): RuleExecutionDetail {
  const { executionId, actionExecutionId, pipelineVersion, stage, action, status, type, declared, configuration, roleArn, region } = run;
  return {
    pipelineExecutionId: executionId,
    ruleExecutionId: actionExecutionId,
    pipelineVersion,
    stageName: stage,
    ruleName: action,
    startTime: new Date(run.startedAt),
    lastUpdateTime: new Date(run.updatedAt),
    ...(run.updatedBy !== undefined && { updatedBy: run.updatedBy }),
    status,
    input: {
      ruleTypeId: { ...type },
      configuration: { ...declared },
      resolvedConfiguration: { ...configuration },
      ...(roleArn !== undefined && { roleArn }),
      region,
      inputArtifacts: run.inputs.map(({ name, bucket, key }) => ({ name, s3location: { bucket, key } })),
    },
    output: {
      executionResult: {
        ...(run.externalExecutionId !== undefined && { externalExecutionId: run.externalExecutionId }),
        ...(run.summary !== undefined && { externalExecutionSummary: run.summary }),
        ...(run.externalExecutionUrl !== undefined && { externalExecutionUrl: run.externalExecutionUrl }),
        ...(run.errorDetails && { errorDetails: run.errorDetails }),
      },
    },
  };
}
