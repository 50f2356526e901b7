import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { GetPipelineExecution$, InvalidNextTokenException, ListPipelineExecutions$ } from "../../sdk/codepipeline.js";
import { type Execution, executions, requireExecution } from "./execution.ts";
import { requirePipeline } from "./pipeline.ts";

const PAGE_MAX = 100;

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
      ...shownType(execution),
    },
  };
});

export const listPipelineExecutions = operation(ListPipelineExecutions$, (scope, { pipelineName, maxResults, filter, nextToken }) => {
  requirePipeline(scope, pipelineName!);
  const inStage = filter?.succeededInStage?.stageName;
  const { items, nextToken: next } = page(
    newestFirst(scope, pipelineName!, ({ stages }) => inStage === undefined || stages[inStage]?.status === "Succeeded"),
    ({ id }) => id,
    maxResults ?? PAGE_MAX,
    nextToken,
    () => fault(InvalidNextTokenException, "The next token is invalid."),
  );
  return { pipelineExecutionSummaries: items.map(shownSummary), ...(next && { nextToken: next }) };
});

/** The executions of a pipeline, newest first, read a page at a time: its history may be long. */
export function* newestFirst(scope: Scope, pipeline: string, isWanted: (execution: Execution) => boolean): Generator<Execution> {
  let after: string | undefined;
  for (;;) {
    const some = executions.list(scope, `${pipeline}/`, { limit: PAGE_MAX, ...(after !== undefined && { after }) });
    yield* some.filter(isWanted);
    if (some.length < PAGE_MAX) return;
    after = some.at(-1)!.id;
  }
}

/** Whether it puts an earlier execution back. */
export const shownType = ({ rollbackTarget }: Execution) =>
  rollbackTarget === undefined
    ? { executionType: "STANDARD" as const }
    : { executionType: "ROLLBACK" as const, rollbackMetadata: { rollbackTargetPipelineExecutionId: rollbackTarget } };

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
    ...shownType(execution),
  };
}
