import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Condition, RuleDeclaration, StageDeclaration } from "../../sdk/codepipeline.js";
import { conditionOf, noteCondition } from "./condition.ts";
import type { ConditionKind, ConditionRun, Execution } from "./execution.ts";
import { failed } from "./provider.ts";
import { type RuleRun, ruleRuns, ruleTypeOf } from "./rule-run.ts";
import { requireRuleProvider } from "./rules/index.ts";
import { type Ending, inputsOf, noteProgress, standingOf } from "./standing.ts";
import { resolveConfiguration } from "./variable.ts";
import { earliest } from "./wait.ts";

/** A rule is over after a day, unless it says otherwise. */
const TIMEOUT_MINUTES = 1440;
const MINUTE_MS = 60_000;

export type ConditionOutcome =
  | { readonly state: "met" }
  | { readonly state: "failed" }
  | { readonly state: "waiting"; readonly rest: Rest };

/** The rules are run together. All of them have to succeed; the first that fails fails the condition. */
export function walkCondition(scope: Scope, execution: Execution, declared: StageDeclaration, kind: ConditionKind): ConditionOutcome {
  const run = execution.stages[execution.stage]!.conditions?.[kind] ?? beginCondition(scope, execution, kind);
  const condition = conditionOf(declared, kind)!;
  if (run.status === "Overridden") {
    abandonRules(scope, execution, condition, kind, run);
    return { state: "met" };
  }
  const rules = condition.rules ?? [];
  const known = rules.map((rule) => ruleRuns.get(scope, ruleRowId(execution, kind, rule, run.attempt)));
  const missing = rules.filter((_, index) => known[index] === undefined);
  for (const rule of missing) startRule(scope, execution, kind, rule, run.attempt);
  if (missing.length > 0) return waiting(execution, `${missing.length} rules begin`);
  const failure = known.find((rule) => rule!.status === "Failed");
  if (failure !== undefined) {
    abandonRules(scope, execution, condition, kind, run);
    const summary = `Rule ${failure.action} failed: ${failure.errorDetails?.message ?? ""}`;
    noteCondition(scope, execution, execution.stage, kind, { ...run, status: "Failed", summary });
    return { state: "failed" };
  }
  const underWay = known.filter((rule) => rule!.status === "InProgress");
  if (underWay.length > 0) {
    return { state: "waiting", rest: earliest(underWay.map((rule) => observeRule(scope, rule!))) ?? waiting(execution, "rules end").rest };
  }
  noteCondition(scope, execution, execution.stage, kind, { ...run, status: "Succeeded" });
  return { state: "met" };
}

function beginCondition(scope: Scope, execution: Execution, kind: ConditionKind): ConditionRun {
  const { stage, stages } = execution;
  const now = scope.clock.now();
  const run: ConditionRun = { status: "InProgress", attempt: stages[stage]!.attempt, startedAt: now, changedAt: now };
  noteCondition(scope, execution, stage, kind, run);
  return run;
}

/** The execution is stopped while the condition is checked. */
export function cancelCondition(scope: Scope, execution: Execution, declared: StageDeclaration, kind: ConditionKind): Execution {
  const run = execution.stages[execution.stage]!.conditions?.[kind];
  if (run?.status !== "InProgress") return execution;
  abandonRules(scope, execution, conditionOf(declared, kind)!, kind, run);
  return noteCondition(scope, execution, execution.stage, kind, { ...run, status: execution.stop?.abandon ? "Abandoned" : "Cancelled" });
}

function startRule(scope: Scope, execution: Execution, kind: ConditionKind, rule: RuleDeclaration, attempt: number): void {
  const { name, ruleTypeId, configuration = {}, commands = [], inputArtifacts = [], roleArn, region, timeoutInMinutes } = rule;
  const now = scope.clock.now();
  const resolved = resolveConfiguration(configuration, execution.namespaces);
  const input = inputsOf(scope, execution, inputArtifacts, region ?? scope.region);
  const run = ruleRuns.put(scope, {
    id: ruleRowId(execution, kind, rule, attempt),
    actionExecutionId: scope.id.uuid(),
    pipeline: execution.pipeline,
    pipelineVersion: execution.pipelineVersion,
    executionId: execution.executionId,
    execution: execution.id,
    stage: execution.stage,
    action: name!,
    condition: kind,
    type: ruleTypeOf(ruleTypeId!),
    status: "InProgress",
    declared: configuration,
    configuration: "unknown" in resolved ? configuration : resolved.configuration,
    ...(roleArn !== undefined && { roleArn }),
    region: region ?? scope.region,
    timeoutAt: now + (timeoutInMinutes ?? TIMEOUT_MINUTES) * MINUTE_MS,
    inputs: input.artifacts,
    outputs: [],
    ...(commands.length > 0 && { shell: { commands, variables: [], exported: [], files: {} } }),
    startedAt: now,
    updatedAt: now,
  });
  const problem = "unknown" in resolved ? `The variable reference ${resolved.unknown} could not be resolved.` : input.problem;
  if (problem !== undefined) endRule(scope, run, failed("ConfigurationError", problem));
}

function observeRule(scope: Scope, run: RuleRun): Rest | undefined {
  const progress = standingOf(scope, requireRuleProvider(run.type), run);
  if (progress.status === "InProgress") return noteProgress(scope, ruleRuns, run, progress);
  endRule(scope, run, progress);
}

/** A rule gives nothing on. */
function endRule(scope: Scope, run: RuleRun, ending: Ending): void {
  const { artifacts: _, variables: __, ...told } = ending as Extract<Ending, { status: "Succeeded" }>;
  ruleRuns.patch(scope, run.id, { ...told, updatedAt: scope.clock.now() });
}

function abandonRules(scope: Scope, execution: Execution, { rules = [] }: Condition, kind: ConditionKind, { attempt }: ConditionRun): void {
  for (const rule of rules) {
    const run = ruleRuns.get(scope, ruleRowId(execution, kind, rule, attempt));
    if (run?.status !== "InProgress") continue;
    requireRuleProvider(run.type).stop?.(scope.in({ region: run.region }), run);
    ruleRuns.patch(scope, run.id, { status: "Abandoned", updatedAt: scope.clock.now() });
  }
}

const ruleRowId = ({ id, stage }: Execution, kind: ConditionKind, { name }: RuleDeclaration, attempt: number): string =>
  `${id}/${stage}/${kind}:${name}/${attempt}`;

const waiting = ({ executionId }: Execution, because: string): Extract<ConditionOutcome, { state: "waiting" }> => ({
  state: "waiting",
  rest: { kind: "wait", because: `execution ${executionId}: ${because}` },
});
