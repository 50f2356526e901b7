import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  ActionNotFoundException,
  ConcurrentPipelineExecutionsLimitExceededException,
  type ConditionExecutionStatus,
  type ConditionType,
  type ExecutionMode,
  type ExecutionTrigger,
  type PipelineDeclaration,
  PipelineExecutionNotFoundException,
  type PipelineExecutionStatus,
  PipelineNotFoundException,
  type PipelineVariable,
  type RetryTrigger,
  type SourceRevisionOverride,
  type SourceRevisionType,
  type StageExecutionStatus,
  StartPipelineExecution$,
} from "../../sdk/codepipeline.js";
import type { Artifact } from "./artifact.ts";
import { emitExecution } from "./happening.ts";
import { declarationOf, doesNotInclude, type Pipeline, pipelines } from "./pipeline.ts";
import type { Revision } from "./provider.ts";
import type { Pushed } from "./run.ts";
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
  readonly pushed?: Pushed;
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
  /** The id of the execution that it puts back, in one stage. */
  readonly rollbackTarget?: string;
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
  /** The condition that is being checked; otherwise its actions run. */
  readonly checking?: ConditionKind;
  readonly conditions?: Readonly<Partial<Record<ConditionKind, ConditionRun>>>;
  readonly retries?: { readonly manual: number; readonly automatic: number; readonly latest: RetryTrigger };
}

export type ConditionKind = ConditionType | "ON_FAILURE";

/** How a condition of a stage went. Its rules are in rows of their own. */
export interface ConditionRun {
  readonly status: ConditionExecutionStatus;
  /** That of the stage when it began. */
  readonly attempt: number;
  readonly startedAt: number;
  readonly changedAt: number;
  readonly summary?: string;
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
  readonly pushed?: Pushed;
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

export const isOver = (status: PipelineExecutionStatus): boolean => status !== "InProgress" && status !== "Stopping";

export const startPipelineExecution = operation(StartPipelineExecution$, (scope, input) => {
  const { name, variables, clientRequestToken, sourceRevisions } = input;
  const pipeline = pipelines.get(scope, name!) ?? fault(PipelineNotFoundException, doesNotInclude(scope, name!));
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
  const { id: executionId, trigger, requestToken, overrides = [], pushed } = request;
  for (const override of overrides) checkOverride(declaration, override);
  return putExecution(scope, pipeline, {
    executionId,
    mode,
    trigger,
    ...(requestToken !== undefined && { requestToken }),
    overrides: stored([...overrides]),
    ...(pushed && { pushed }),
    stage: stages[0]!.name!,
    artifacts: {},
    namespaces: { variables: variablesOf(declaration, request.variables) },
    revisions: [],
  });
}

type Beginning =
  | "executionId"
  | "mode"
  | "trigger"
  | "requestToken"
  | "overrides"
  | "pushed"
  | "stage"
  | "artifacts"
  | "namespaces"
  | "revisions"
  | "rollbackTarget";

/** Write down that an execution begins; it waits for its stage. */
export function putExecution(scope: Scope, pipeline: Pipeline, beginning: Pick<Execution, Beginning>): Execution {
  const number = pipeline.executions + 1;
  pipelines.patch(scope, pipeline.id, { executions: number });
  const now = scope.clock.now();
  const execution = executions.put(scope, {
    ...beginning,
    namespaces: { ...beginning.namespaces, codepipeline: { PipelineExecutionId: beginning.executionId } },
    id: `${pipeline.id}/${String(9e9 - number)}`,
    pipeline: pipeline.id,
    pipelineVersion: pipeline.version,
    number,
    status: "InProgress",
    isWaiting: true,
    stages: {},
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

/** Which revisions may be said of which source. https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-trigger-source-overrides.html */
const REVISION_TYPES: Readonly<Record<string, readonly SourceRevisionType[]>> = {
  S3: ["S3_OBJECT_KEY", "S3_OBJECT_VERSION_ID"],
  CodeCommit: ["COMMIT_ID"],
  CodeStarSourceConnection: ["COMMIT_ID"],
  ECR: ["IMAGE_DIGEST"],
};

function checkOverride({ stages }: Stored<PipelineDeclaration>, { actionName, revisionType }: SourceRevisionOverride): void {
  const action = stages![0]!.actions!.find(({ name }) => name === actionName);
  if (action === undefined) return fault(ActionNotFoundException, `Source action with name '${actionName}' not found in the pipeline`);
  const { provider } = action.actionTypeId!;
  if (!REVISION_TYPES[provider!]?.includes(revisionType!)) {
    invalid(`The source revision type ${revisionType} is not supported for source action '${actionName}' of type ${provider}`);
  }
  if (revisionType === "S3_OBJECT_KEY" && action.configuration?.["AllowOverrideForS3ObjectKey"] !== "true") {
    invalid(`Source action '${actionName}' does not allow to override its object key: AllowOverrideForS3ObjectKey is not true`);
  }
}

const invalid = (message: string): never => fault("ValidationException", message);
