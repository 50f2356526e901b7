import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DisableStageTransition$,
  EnableStageTransition$,
  StageNotFoundException,
  type StageTransitionType,
} from "../../sdk/codepipeline.js";
import { declarationOf, requirePipeline } from "./pipeline.ts";

/** What a pipeline remembers of a stage whichever execution is in it, by pipeline/stage. */
export interface StageState extends Row {
  /** The row of the execution that entered last. */
  readonly latest?: string;
  /** By name of the action: the row of its last run. */
  readonly runs: Readonly<Record<string, string>>;
  /** The row of the last execution, that is no rollback, which succeeded in it. */
  readonly succeeded?: string;
  /** The way into the stage, and the way out of it. */
  readonly transition?: Transition;
  readonly outbound?: Transition;
}

/** Who closed or opened the way, and why. */
export interface Transition {
  readonly enabled: boolean;
  readonly changedBy: string;
  readonly changedAt: number;
  readonly reason?: string;
}

export const stageStates = new Table<StageState>("codepipeline/stage");

export const disableStageTransition = operation(DisableStageTransition$, (scope, { pipelineName, stageName, transitionType, reason }) => {
  setTransition(scope, pipelineName!, stageName!, transitionType!, { enabled: false, reason: reason! });
  return {};
});

export const enableStageTransition = operation(EnableStageTransition$, (scope, { pipelineName, stageName, transitionType }) => {
  setTransition(scope, pipelineName!, stageName!, transitionType!, { enabled: true });
  return {};
});

export function stageState(scope: Scope, pipeline: string, stage: string): StageState {
  const id = `${pipeline}/${stage}`;
  return stageStates.get(scope, id) ?? { id, runs: {} };
}

/** Remember which execution, or which run of an action, was the last in the stage. */
export function noteLatest(
  scope: Scope,
  pipeline: string,
  stage: string,
  latest: { execution?: string; succeeded?: string; runs?: Readonly<Record<string, string>> },
): void {
  const known = stageState(scope, pipeline, stage);
  stageStates.put(scope, {
    ...known,
    ...(latest.execution !== undefined && { latest: latest.execution }),
    ...(latest.succeeded !== undefined && { succeeded: latest.succeeded }),
    runs: { ...known.runs, ...latest.runs },
  });
}

/** Refuse a name that no stage of the pipeline has. */
export function requireStage(scope: Scope, pipeline: string, stage: string, version?: number): void {
  if (declarationOf(scope, pipeline, version).stages!.some(({ name }) => name === stage)) return;
  fault(StageNotFoundException, `Stage with name '${stage}' not found in pipeline '${pipeline}'`);
}

function setTransition(
  scope: Scope,
  pipeline: string,
  stage: string,
  type: StageTransitionType,
  change: { enabled: boolean; reason?: string },
): void {
  requirePipeline(scope, pipeline);
  requireStage(scope, pipeline, stage);
  const transition = { ...change, changedBy: scope.caller.arn, changedAt: scope.clock.now() };
  const known = stageState(scope, pipeline, stage);
  stageStates.put(scope, type === "Inbound" ? { ...known, transition } : { ...known, outbound: transition });
}
