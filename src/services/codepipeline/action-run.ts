import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { Table } from "../../kernel/table.ts";
import { type ActionExecutionDetail, InvalidNextTokenException, ListActionExecutions$ } from "../../sdk/codepipeline.js";
import type { Artifact } from "./artifact.ts";
import { type Execution, requireExecution } from "./execution.ts";
import { newestFirst as executionsNewestFirst } from "./history.ts";
import { requirePipeline } from "./pipeline.ts";
import type { ActionType } from "./provider.ts";
import type { Run } from "./run.ts";
import { masked } from "./secret.ts";

/** One try of one action of an execution, by execution row/stage/action/attempt. */
export interface ActionRun extends Run {
  readonly type: ActionType;
  readonly namespace?: string;
  readonly produced?: readonly Artifact[];
  readonly variables?: Readonly<Record<string, string>>;
}

/** On disk: the tries of what is over are read only when asked for. */
export const actionRuns = new Table<ActionRun>("codepipeline/action-run", {
  stored: true,
  indexes: { actionExecutionId: ({ actionExecutionId }) => actionExecutionId },
});

const PAGE_MAX = 100;

export const listActionExecutions = operation(ListActionExecutions$, (scope, { pipelineName, filter, maxResults, nextToken }) => {
  const { id: pipeline } = requirePipeline(scope, pipelineName!);
  const wanted = filter?.pipelineExecutionId ?? filter?.latestInPipelineExecution?.pipelineExecutionId;
  const chosen = wanted === undefined ? executionsNewestFirst(scope, pipeline, () => true) : [requireExecution(scope, pipeline, wanted)];
  const isLatestOnly = filter?.latestInPipelineExecution?.startTimeRange === "Latest";
  const { items, nextToken: next } = page(
    newestFirst(scope, chosen, isLatestOnly),
    ({ place }) => place,
    maxResults ?? PAGE_MAX,
    nextToken,
    () => fault(InvalidNextTokenException, "The next token is invalid."),
  );
  return { actionExecutionDetails: items.map(({ run }) => shownDetail(scope, run)), ...(next && { nextToken: next }) };
});

/** The runs of the executions, newest first, each with a text that sorts in that order. */
function* newestFirst(scope: Scope, chosen: Iterable<Execution>, latestOnly: boolean): Generator<{ run: ActionRun; place: string }> {
  for (const execution of chosen) {
    const found = actionRuns.list(scope, `${execution.id}/`);
    const runs = latestOnly ? found.filter((run) => !found.some((other) => isLaterTry(other, run))) : found;
    const places = runs.map((run) => ({ run, place: `${execution.id} ${placeOf(execution, run)}` }));
    yield* places.sort((one, other) => (one.place < other.place ? -1 : 1));
  }
}

/** Those of one instant stand in the order in which the execution began them. */
function placeOf({ stages }: Execution, { startedAt, stage, action, id }: ActionRun): string {
  const begun = Object.keys(stages).indexOf(stage) * 100 + Object.keys(stages[stage]?.runs ?? {}).indexOf(action);
  return `${String(9e15 - startedAt).padStart(16, "0")} ${String(9999 - begun).padStart(4, "0")} ${id}`;
}

const isLaterTry = (other: ActionRun, run: ActionRun): boolean =>
  other.stage === run.stage && other.action === run.action && other.id > run.id;

function shownDetail(scope: Scope, run: ActionRun): ActionExecutionDetail {
  const { actionExecutionId, stage, action, pipelineVersion, status, type, declared, configuration, roleArn, region, namespace } = run;
  return {
    pipelineExecutionId: run.executionId,
    actionExecutionId,
    pipelineVersion,
    stageName: stage,
    actionName: action,
    startTime: new Date(run.startedAt),
    lastUpdateTime: new Date(run.updatedAt),
    ...(run.updatedBy !== undefined && { updatedBy: run.updatedBy }),
    status,
    input: {
      actionTypeId: { ...type },
      configuration: masked(scope, type, declared),
      resolvedConfiguration: masked(scope, type, configuration),
      ...(roleArn !== undefined && { roleArn }),
      region,
      inputArtifacts: run.inputs.map(shownArtifact),
      ...(namespace !== undefined && { namespace }),
    },
    output: {
      outputArtifacts: (run.produced ?? []).map(shownArtifact),
      executionResult: {
        ...(run.externalExecutionId !== undefined && { externalExecutionId: run.externalExecutionId }),
        ...(run.summary !== undefined && { externalExecutionSummary: run.summary }),
        ...(run.externalExecutionUrl !== undefined && { externalExecutionUrl: run.externalExecutionUrl }),
        ...(run.errorDetails && { errorDetails: run.errorDetails }),
        ...(run.logStreamArn !== undefined && { logStreamARN: run.logStreamArn }),
      },
      outputVariables: { ...run.variables },
    },
  };
}

const shownArtifact = ({ name, bucket, key }: Artifact) => ({ name, s3location: { bucket, key } });
