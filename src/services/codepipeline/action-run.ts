import { fault } from "../../kernel/fault.ts";
import type { Stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type ActionExecutionDetail,
  type ActionExecutionStatus,
  type ApprovalResult,
  type ErrorDetails,
  InvalidNextTokenException,
  ListActionExecutions$,
  type SourceRevisionOverride,
} from "../../sdk/codepipeline.js";
import type { Artifact } from "./artifact.ts";
import { executions, requireExecution } from "./execution.ts";
import { requirePipeline } from "./pipeline.ts";
import type { ActionType, Revision } from "./provider.ts";

/** One try of one action of an execution, by execution row/stage/action/attempt. */
export interface ActionRun extends Row {
  readonly actionExecutionId: string;
  readonly pipeline: string;
  readonly pipelineVersion: number;
  readonly executionId: string;
  /** The execution's row. */
  readonly execution: string;
  readonly stage: string;
  readonly action: string;
  readonly type: ActionType;
  readonly status: ActionExecutionStatus;
  /** As declared, and with the variables' values in it. */
  readonly declared: Readonly<Record<string, string>>;
  readonly configuration: Readonly<Record<string, string>>;
  readonly roleArn?: string;
  readonly region: string;
  readonly namespace?: string;
  readonly timeoutAt: number;
  readonly inputs: readonly Artifact[];
  /** The names of the artifacts that it is to give. */
  readonly outputs: readonly string[];
  /** Which revision a source is to take, where whoever started the execution said so. */
  readonly override?: Stored<SourceRevisionOverride>;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly updatedBy?: string;
  readonly produced?: readonly Artifact[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly revision?: Revision;
  readonly summary?: string;
  readonly externalExecutionId?: string;
  readonly externalExecutionUrl?: string;
  readonly logStreamArn?: string;
  readonly percentComplete?: number;
  readonly errorDetails?: Stored<ErrorDetails>;
  /** What an approval is answered with, and what it was answered. */
  readonly token?: string;
  readonly approval?: Stored<ApprovalResult>;
}

/** On disk: the tries of what is over are read only when asked for. */
export const actionRuns = new Table<ActionRun>("codepipeline/action-run", { stored: true });

const PAGE_MAX = 100;

export const listActionExecutions = operation(ListActionExecutions$, (scope, { pipelineName, filter, maxResults, nextToken }) => {
  const { id: pipeline } = requirePipeline(scope, pipelineName!);
  const wanted = filter?.pipelineExecutionId ?? filter?.latestInPipelineExecution?.pipelineExecutionId;
  const chosen = wanted === undefined ? executions.list(scope, `${pipeline}/`) : [requireExecution(scope, pipeline, wanted)];
  const isLatestOnly = filter?.latestInPipelineExecution?.startTimeRange === "Latest";
  const { items, nextToken: next } = page(
    newestFirst(
      scope,
      chosen.map(({ id }) => id),
      isLatestOnly,
    ),
    ({ place }) => place,
    maxResults ?? PAGE_MAX,
    nextToken,
    () => fault(InvalidNextTokenException, "The next token is invalid."),
  );
  return { actionExecutionDetails: items.map(({ run }) => shownDetail(run)), ...(next && { nextToken: next }) };
});

/** The runs of the executions, newest first, each with a text that sorts in that order. */
function* newestFirst(scope: Scope, executionRows: readonly string[], latestOnly: boolean): Generator<{ run: ActionRun; place: string }> {
  for (const execution of executionRows) {
    const found = actionRuns.list(scope, `${execution}/`);
    const runs = latestOnly ? found.filter((run) => !found.some((other) => isLaterTry(other, run))) : found;
    const places = runs.map((run) => ({ run, place: `${execution} ${String(9e15 - run.startedAt).padStart(16, "0")} ${run.id}` }));
    yield* places.sort((one, other) => (one.place < other.place ? -1 : 1));
  }
}

const isLaterTry = (other: ActionRun, run: ActionRun): boolean =>
  other.stage === run.stage && other.action === run.action && other.id > run.id;

function shownDetail(run: ActionRun): ActionExecutionDetail {
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
      configuration: { ...declared },
      resolvedConfiguration: { ...configuration },
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
