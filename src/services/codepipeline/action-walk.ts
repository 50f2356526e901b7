import type { BlobRef } from "../../kernel/blob.ts";
import { isFault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { ActionDeclaration, PipelineDeclaration } from "../../sdk/codepipeline.js";
import { type ActionRun, actionRuns } from "./action-run.ts";
import { providerOf } from "./actions/index.ts";
import { type Artifact, storeArtifact, storeOf } from "./artifact.ts";
import { type Execution, executions } from "./execution.ts";
import { emitAction } from "./happening.ts";
import { refusalOfRole } from "./permission.ts";
import { declarationOf } from "./pipeline.ts";
import { type ActionProgress, type ActionProvider, type ActionType, failed } from "./provider.ts";
import type { ShellWork } from "./run.ts";
import { noteLatest } from "./stage.ts";
import { type Ending, inputsOf, noteProgress, standingOf } from "./standing.ts";
import { resolveConfiguration } from "./variable.ts";

const MINUTE_MS = 60_000;

type Failure = Extract<ActionProgress, { status: "Failed" }>;

/** Begin an action: write down what it works with. Its provider is asked from the next turn on. */
export function startAction(scope: Scope, execution: Execution, declaration: Stored<PipelineDeclaration>, action: ActionDeclaration): void {
  const { stage } = execution;
  const attempt = execution.stages[stage]!.attempt;
  const type = action.actionTypeId as ActionType;
  const now = scope.clock.now();
  const declared = action.configuration ?? {};
  const resolved = resolveConfiguration(declared, execution.namespaces);
  const provider = requireProvider(scope, type);
  const minutes = action.timeoutInMinutes ?? provider.timeoutMinutes;
  const region = action.region ?? scope.region;
  const input = inputsOf(scope, execution, action.inputArtifacts ?? [], region);
  const overrides = execution.overrides.filter(({ actionName }) => actionName === action.name);
  const run = actionRuns.put(scope, {
    id: `${execution.id}/${stage}/${action.name}/${attempt}`,
    actionExecutionId: scope.id.uuid(),
    pipeline: declaration.name!,
    pipelineVersion: execution.pipelineVersion,
    executionId: execution.executionId,
    execution: execution.id,
    stage,
    action: action.name!,
    type,
    status: "InProgress",
    declared,
    configuration: "unknown" in resolved ? declared : resolved.configuration,
    ...(action.roleArn !== undefined && { roleArn: action.roleArn }),
    region,
    ...(action.namespace !== undefined && { namespace: action.namespace }),
    timeoutAt: now + minutes * MINUTE_MS,
    inputs: input.artifacts,
    outputs: (action.outputArtifacts ?? []).map(({ name }) => name!),
    ...(action.commands && { shell: shellOf(action) }),
    ...(overrides.length > 0 && { overrides }),
    ...(execution.pushed?.action === action.name && { pushed: execution.pushed! }),
    startedAt: now,
    updatedAt: now,
  });
  const began = { ...execution.stages[stage]!, runs: { ...execution.stages[stage]!.runs, [run.action]: attempt } };
  executions.patch(scope, execution.id, { stages: { ...execution.stages, [stage]: began }, updatedAt: now });
  noteLatest(scope, execution.pipeline, stage, { runs: { [run.action]: run.id } });
  emitAction(scope, execution, run, "STARTED");
  const problem = "unknown" in resolved ? `The variable reference ${resolved.unknown} could not be resolved.` : input.problem;
  if (problem !== undefined) return void endAction(scope, execution, run, failed("ConfigurationError", problem));
  const refusal = refusalOfRole(scope, run, provider.needs?.(scope, run) ?? []);
  if (refusal !== undefined) endAction(scope, execution, run, failed("PermissionError", refusal));
}

function shellOf({ commands = [], environmentVariables = [], outputVariables = [], outputArtifacts = [] }: ActionDeclaration): ShellWork {
  const files = outputArtifacts.map(({ name, files: patterns = [] }) => [name!, patterns] as const);
  return { commands, variables: stored(environmentVariables), exported: outputVariables, files: Object.fromEntries(files) };
}

/** Ask the provider how the action stands, and write down what it says. */
export function observeAction(scope: Scope, execution: Execution, run: ActionRun): Rest | undefined {
  const progress = standingOf(scope, requireProvider(scope, run.type), run);
  if (progress.status === "InProgress") return noteProgress(scope, actionRuns, run, progress);
  return endAction(scope, execution, run, progress);
}

/** End an action without waiting for it. */
export function abandonAction(scope: Scope, execution: Execution, run: ActionRun): void {
  requireProvider(scope, run.type).stop?.(scope.in({ region: run.region }), run);
  const ended = actionRuns.patch(scope, run.id, { status: "Abandoned", updatedAt: scope.clock.now() });
  emitAction(scope, execution, ended, "ABANDONED");
}

function endAction(scope: Scope, execution: Execution, run: ActionRun, ending: Ending): undefined {
  if (ending.status === "Failed") {
    const failedRun = actionRuns.patch(scope, run.id, { ...ending, updatedAt: scope.clock.now() });
    emitAction(scope, execution, failedRun, "FAILED");
    return;
  }
  const { artifacts = {}, ...told } = ending;
  const produced = produce(scope, execution, run, artifacts);
  if ("status" in produced) return endAction(scope, execution, run, produced);
  const ended = actionRuns.patch(scope, run.id, { ...told, produced, updatedAt: scope.clock.now() });
  giveOn(scope, ended);
  emitAction(scope, execution, ended, "SUCCEEDED");
}

/** Put what came out into the artifact store. */
function produce(scope: Scope, execution: Execution, run: ActionRun, artifacts: Readonly<Record<string, BlobRef>>): Artifact[] | Failure {
  const store = storeOf(declarationOf(scope, execution.pipeline, execution.pipelineVersion), run.region);
  const names = run.outputs.filter((name) => artifacts[name] !== undefined);
  if (names.length === 0) return [];
  if (store === undefined) return failed("ConfigurationError", `The pipeline has no artifact store in ${run.region}.`);
  const { pipeline, actionExecutionId, type } = run;
  try {
    const isSource = type.category === "Source";
    return names.map((name) => storeArtifact(scope, store.location!, { name, pipeline, actionExecutionId, isSource }, artifacts[name]!));
  } catch (error) {
    if (!isFault(error)) throw error;
    return failed("PermissionError", `The artifact store ${store.location} could not be written to: ${error.message}`);
  }
}

/** Give artifacts, variables and the revision to what comes after. */
function giveOn(scope: Scope, { execution: id, action, namespace, variables = {}, produced = [], revision }: ActionRun): void {
  const { artifacts, namespaces, revisions } = executions.get(scope, id)!;
  const made = Object.fromEntries(produced.map((artifact) => [artifact.name, { ...artifact, ...(revision && { revision: revision.id }) }]));
  const found = revision && { ...revision, action, artifact: produced[0]?.name ?? "" };
  executions.patch(scope, id, {
    artifacts: { ...artifacts, ...made },
    ...(namespace !== undefined && { namespaces: { ...namespaces, [namespace]: variables } }),
    ...(found && { revisions: [...revisions.filter((known) => known.action !== action), found] }),
    updatedAt: scope.clock.now(),
  });
}

/** An action type may have been deleted while an execution was on its way to it. */
function requireProvider(scope: Scope, type: ActionType): Pick<ActionProvider, "needs" | "observe" | "stop" | "timeoutMinutes"> {
  const { category, owner, provider, version } = type;
  const gone = `ActionType (Category: '${category}', Provider: '${provider}', Owner: '${owner}', Version: '${version}') is not available`;
  return providerOf(scope, type) ?? { timeoutMinutes: 1, observe: () => failed("ConfigurationError", gone) };
}
