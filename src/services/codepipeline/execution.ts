import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  ActionNotFoundException,
  ConcurrentPipelineExecutionsLimitExceededException,
  DuplicatedStopRequestException,
  type ExecutionMode,
  type ExecutionTrigger,
  GetPipelineExecution$,
  InvalidNextTokenException,
  ListPipelineExecutions$,
  NotLatestPipelineExecutionException,
  type PipelineDeclaration,
  PipelineExecutionNotFoundException,
  PipelineExecutionNotStoppableException,
  type PipelineExecutionStatus,
  type PipelineVariable,
  RetryStageExecution$,
  type SourceRevisionOverride,
  type StageExecutionStatus,
  StageNotRetryableException,
  StartPipelineExecution$,
  StopPipelineExecution$,
} from "../../sdk/codepipeline.js";
import { actionRuns } from "./action-run.ts";
import type { Artifact } from "./artifact.ts";
import { emitExecution, emitStage } from "./happening.ts";
import { declarationOf, type Pipeline, pipelines, requirePipeline } from "./pipeline.ts";
import type { Revision } from "./provider.ts";
import { requireStage, stageState } from "./stage.ts";
import type { Namespaces } from "./variable.ts";

/** One execution of a pipeline, by pipeline/how new it is: newest first. */
export interface Execution extends Row {
  readonly executionId: string;
  readonly pipeline: string;
  readonly pipelineVersion: number;
  /** The first execution of the pipeline has 1. */
  readonly number: number;
  readonly mode: ExecutionMode;
  readonly status: PipelineExecutionStatus;
  readonly statusSummary?: string;
  readonly trigger: Stored<ExecutionTrigger>;
  readonly requestToken?: string;
  readonly overrides: readonly Stored<SourceRevisionOverride>[];
  /** The stage that it is in, or that it waits for. */
  readonly stage: string;
  readonly isWaiting: boolean;
  readonly stages: Readonly<Record<string, StageRun>>;
  readonly artifacts: Readonly<Record<string, Artifact>>;
  /** The pipeline's variables, and those that actions gave, by namespace. */
  readonly namespaces: Namespaces;
  readonly revisions: readonly SourceFound[];
  readonly stop?: { readonly abandon: boolean; readonly reason?: string };
  /** Raised by each retry. */
  readonly attempt: number;
  readonly startedAt: number;
  readonly updatedAt: number;
}

/** How a stage went in one execution. */
export interface StageRun {
  readonly status: StageExecutionStatus;
  readonly attempt: number;
  readonly startedAt: number;
  /** By name of the action: which attempt's run counts. */
  readonly runs: Readonly<Record<string, number>>;
}

/** What a source action gave. */
export interface SourceFound extends Revision {
  readonly action: string;
  readonly artifact: string;
}

/** How an execution is asked for. */
export interface ExecutionRequest {
  readonly id: string;
  readonly trigger: Stored<ExecutionTrigger>;
  readonly requestToken?: string;
  readonly variables?: readonly PipelineVariable[] | undefined;
  readonly overrides?: readonly SourceRevisionOverride[] | undefined;
}

export const executions = new Table<Execution>("codepipeline/execution", {
  stored: true,
  indexes: {
    executionId: ({ executionId }) => executionId,
    active: ({ pipeline, status }) => (isOver(status) ? undefined : pipeline),
    token: ({ pipeline, requestToken }) => (requestToken === undefined ? undefined : `${pipeline}/${requestToken}`),
  },
});

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const QUEUED_OR_PARALLEL_MAX = 50;
const PAGE_MAX = 100;

export const isOver = (status: PipelineExecutionStatus): boolean => status !== "InProgress" && status !== "Stopping";

export const startPipelineExecution = operation(StartPipelineExecution$, (scope, input) => {
  const { name, variables, clientRequestToken, sourceRevisions } = input;
  const pipeline = requirePipeline(scope, name!);
  const [known] = clientRequestToken === undefined ? [] : executions.by(scope, "token", `${name}/${clientRequestToken}`);
  if (known !== undefined) return { pipelineExecutionId: known.executionId };
  const { executionId } = startExecution(scope, pipeline, {
    id: scope.id.uuid(),
    trigger: { triggerType: "StartPipelineExecution", triggerDetail: scope.caller.arn },
    ...(clientRequestToken !== undefined && { requestToken: clientRequestToken }),
    variables,
    overrides: sourceRevisions,
  });
  return { pipelineExecutionId: executionId };
});

export const stopPipelineExecution = operation(StopPipelineExecution$, (scope, input) => {
  const { pipelineName, pipelineExecutionId, abandon = false, reason } = input;
  requirePipeline(scope, pipelineName!);
  const execution = requireExecution(scope, pipelineName!, pipelineExecutionId!);
  if (isOver(execution.status)) {
    fault(
      PipelineExecutionNotStoppableException,
      `Unable to stop the pipeline execution. The pipeline execution ${pipelineExecutionId} is already in a ${execution.status} state.`,
    );
  }
  if (execution.stop !== undefined && (execution.stop.abandon || !abandon)) {
    fault(DuplicatedStopRequestException, "Unable to stop the pipeline execution. The pipeline execution is already being stopped.");
  }
  const stopping = executions.patch(scope, execution.id, {
    status: "Stopping",
    stop: { abandon, ...(reason !== undefined && { reason }) },
    updatedAt: scope.clock.now(),
  });
  if (execution.status !== "Stopping") emitExecution(scope, stopping, "STOPPING");
  return { pipelineExecutionId: execution.executionId };
});

export const retryStageExecution = operation(RetryStageExecution$, (scope, input) => {
  const { pipelineName, stageName, pipelineExecutionId, retryMode } = input;
  const pipeline = requirePipeline(scope, pipelineName!);
  const execution = requireExecution(scope, pipeline.id, pipelineExecutionId!);
  requireStage(scope, pipeline.id, stageName!, execution.pipelineVersion);
  if (stageState(scope, pipeline.id, stageName!).latest !== execution.id && execution.mode !== "PARALLEL") {
    fault(
      NotLatestPipelineExecutionException,
      `The stage has failed in a later run of the pipeline and the pipelineExecutionId ${pipelineExecutionId} associated with the request is out of date.`,
    );
  }
  const before = execution.stages[stageName!];
  const isRetryable = isOver(execution.status) && (before?.status === "Failed" || before?.status === "Stopped");
  if (!isRetryable || pipeline.version !== execution.pipelineVersion) notRetryable();
  const kept = retryMode === "ALL_ACTIONS" ? {} : succeededOf(scope, execution, stageName!, before!);
  const now = scope.clock.now();
  const stage: StageRun = { status: "InProgress", attempt: before!.attempt + 1, startedAt: now, runs: kept };
  const again = executions.patch(scope, execution.id, {
    status: "InProgress",
    statusSummary: undefined,
    stop: undefined,
    stage: stageName!,
    isWaiting: false,
    stages: { ...execution.stages, [stageName!]: stage },
    attempt: execution.attempt + 1,
    updatedAt: now,
  });
  emitExecution(scope, again, "RESUMED");
  emitStage(scope, again, stageName!, "RESUMED");
  return { pipelineExecutionId: execution.executionId };
});

export const getPipelineExecution = operation(GetPipelineExecution$, (scope, { pipelineName, pipelineExecutionId }) => {
  requirePipeline(scope, pipelineName!);
  const execution = requireExecution(scope, pipelineName!, pipelineExecutionId!);
  const { executionId, pipelineVersion, status, statusSummary, trigger, mode, namespaces, revisions } = execution;
  return {
    pipelineExecution: {
      pipelineName: pipelineName!,
      pipelineVersion,
      pipelineExecutionId: executionId,
      status,
      ...(statusSummary !== undefined && { statusSummary }),
      artifactRevisions: revisions.map(({ artifact, id, summary, url, createdAt }) => ({
        name: artifact,
        revisionId: id,
        ...(summary !== undefined && { revisionSummary: summary }),
        ...(createdAt !== undefined && { created: new Date(createdAt) }),
        ...(url !== undefined && { revisionUrl: url }),
      })),
      variables: Object.entries(namespaces["variables"] ?? {}).map(([name, resolvedValue]) => ({ name, resolvedValue })),
      trigger,
      executionMode: mode,
      executionType: "STANDARD" as const,
    },
  };
});

export const listPipelineExecutions = operation(ListPipelineExecutions$, (scope, { pipelineName, maxResults, filter, nextToken }) => {
  requirePipeline(scope, pipelineName!);
  const inStage = filter?.succeededInStage?.stageName;
  const all = executions.list(scope, `${pipelineName}/`);
  const wanted = inStage === undefined ? all : all.filter(({ stages }) => stages[inStage]?.status === "Succeeded");
  const { items, nextToken: next } = page(
    wanted,
    ({ id }) => id,
    maxResults ?? PAGE_MAX,
    nextToken,
    () => fault(InvalidNextTokenException, "The next token is invalid."),
  );
  return { pipelineExecutionSummaries: items.map(shownSummary), ...(next && { nextToken: next }) };
});

/** Make sure that the execution was started; the pipeline's loop does the rest. */
export function startExecution(scope: Scope, pipeline: Pipeline, request: ExecutionRequest): Execution {
  const [known] = executions.by(scope, "executionId", request.id);
  if (known !== undefined) return known;
  const declaration = declarationOf(scope, pipeline.id);
  const { executionMode: mode = "SUPERSEDED", stages = [] } = declaration;
  if (hasNoRoom(scope, pipeline)) {
    fault(
      ConcurrentPipelineExecutionsLimitExceededException,
      `The pipeline has reached the limit for concurrent pipeline executions: ${QUEUED_OR_PARALLEL_MAX}`,
    );
  }
  const number = pipeline.executions + 1;
  pipelines.patch(scope, pipeline.id, { executions: number });
  const { id: executionId, trigger, requestToken, overrides = [] } = request;
  for (const { actionName } of overrides) requireSource(declaration, actionName!);
  const now = scope.clock.now();
  const execution = executions.put(scope, {
    id: `${pipeline.id}/${String(9e9 - number)}`,
    executionId,
    pipeline: pipeline.id,
    pipelineVersion: pipeline.version,
    number,
    mode,
    status: "InProgress",
    trigger,
    ...(requestToken !== undefined && { requestToken }),
    overrides: stored([...overrides]),
    stage: stages[0]!.name!,
    isWaiting: true,
    stages: {},
    artifacts: {},
    namespaces: { codepipeline: { PipelineExecutionId: executionId }, variables: variablesOf(declaration, request.variables) },
    revisions: [],
    attempt: 1,
    startedAt: now,
    updatedAt: now,
  });
  emitExecution(scope, execution, "STARTED");
  return execution;
}

/** Whether the pipeline has as many executions that are not over as it may have. */
export function hasNoRoom(scope: Scope, { id }: Pipeline): boolean {
  if (declarationOf(scope, id).executionMode === "SUPERSEDED") return false;
  return activeExecutions(scope, id).length >= QUEUED_OR_PARALLEL_MAX;
}

/** The executions of the pipeline that are not over, in the order in which they were started. */
export const activeExecutions = (scope: Scope, pipeline: string): Execution[] => executions.by(scope, "active", pipeline).reverse();

export function requireExecution(scope: Scope, pipeline: string, executionId: string): Execution {
  const found = executions.by(scope, "executionId", executionId).find((execution) => execution.pipeline === pipeline);
  return (
    found ?? fault(PipelineExecutionNotFoundException, `Pipeline '${pipeline}' does not have a pipeline execution with id '${executionId}'`)
  );
}

/** The values of the pipeline's variables for one execution. */
function variablesOf({ variables = [] }: Stored<PipelineDeclaration>, given: readonly PipelineVariable[] = []): Record<string, string> {
  for (const { name } of given) {
    if (!variables.some((variable) => variable.name === name)) invalid(`Variable '${name}' is not declared by the pipeline`);
  }
  const valueFor = (name: string, fallback: string | undefined): string => {
    const value = given.find((variable) => variable.name === name)?.value ?? fallback;
    return value ?? invalid(`Variable '${name}' has no default value, and none was given`);
  };
  return Object.fromEntries(variables.map(({ name, defaultValue }) => [name!, valueFor(name!, defaultValue)]));
}

function requireSource({ stages }: Stored<PipelineDeclaration>, action: string): void {
  if (stages![0]!.actions!.some(({ name }) => name === action)) return;
  fault(ActionNotFoundException, `Source action with name '${action}' not found in the pipeline`);
}

function succeededOf(scope: Scope, { id }: Execution, stage: string, { runs }: StageRun): Record<string, number> {
  const hasSucceeded = ([action, attempt]: [string, number]): boolean =>
    actionRuns.get(scope, `${id}/${stage}/${action}/${attempt}`)?.status === "Succeeded";
  return Object.fromEntries(Object.entries(runs).filter(hasSucceeded));
}

function shownSummary(execution: Execution) {
  const { executionId, status, statusSummary, startedAt, updatedAt, revisions, trigger, stop, mode } = execution;
  return {
    pipelineExecutionId: executionId,
    status,
    ...(statusSummary !== undefined && { statusSummary }),
    startTime: new Date(startedAt),
    lastUpdateTime: new Date(updatedAt),
    sourceRevisions: revisions.map(({ action, id, summary, url }) => ({
      actionName: action,
      revisionId: id,
      ...(summary !== undefined && { revisionSummary: summary }),
      ...(url !== undefined && { revisionUrl: url }),
    })),
    trigger,
    ...(stop?.reason !== undefined && { stopTrigger: { reason: stop.reason } }),
    executionMode: mode,
    executionType: "STANDARD" as const,
  };
}

const invalid = (message: string): never => fault("ValidationException", message);

/** The reasons are those of https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_RetryStageExecution.html */
const notRetryable = (): never =>
  fault(
    StageNotRetryableException,
    "Unable to retry. The specified stage can’t be retried because the pipeline structure or stage state changed after the stage was not completed; the stage contains no failed actions; one or more actions are still in progress; or another retry attempt is already in progress.",
  );
