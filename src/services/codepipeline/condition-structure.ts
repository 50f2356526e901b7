import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  type Condition,
  InvalidStageDeclarationException,
  type PipelineDeclaration,
  type Result,
  type RuleDeclaration,
  type StageDeclaration,
} from "../../sdk/codepipeline.js";
import { conditionOf } from "./condition.ts";
import type { ConditionKind } from "./execution.ts";
import { refuseAction } from "./provider.ts";
import { ruleProviderOf } from "./rules/index.ts";

/** What may come of each condition. https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html */
const RESULTS: Readonly<Record<ConditionKind, readonly Result[]>> = {
  BEFORE_ENTRY: ["FAIL", "SKIP"],
  ON_SUCCESS: ["FAIL", "ROLLBACK"],
  ON_FAILURE: ["ROLLBACK", "RETRY", "FAIL", "SKIP"],
};
/** The rules of an entry condition that skips its stage. https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-CodeBuild.html */
const SKIPPING = ["LambdaInvoke", "VariableCheck"];
const KINDS = Object.keys(RESULTS) as ConditionKind[];

/** Refuse conditions that cannot be checked, and results that cannot be had. */
export function checkConditions(scope: Scope, { pipelineType = "V1", executionMode, stages = [] }: PipelineDeclaration): void {
  for (const [index, stage] of stages.entries()) {
    const { name, beforeEntry, onSuccess, onFailure } = stage;
    if (pipelineType === "V1" && (beforeEntry ?? onSuccess ?? onFailure) !== undefined) {
      refuseStage("Stage level conditions can only be used with V2 pipelines.");
    }
    const results = [...KINDS.map((kind) => conditionOf(stage, kind)?.result), onFailure?.result];
    if (results.includes("ROLLBACK")) {
      if (index === 0) refuseStage(`The result ROLLBACK is not supported for the source stage ${name}`);
      if (executionMode === "PARALLEL") refuseStage("Failure conditions with rollback result type cannot be added to a PARALLEL pipeline.");
    }
    if (onFailure?.result !== undefined && (onFailure.conditions?.length ?? 0) > 0) {
      // The quotation is not closed there either.
      refuseStage(`The following stage cannot have a failure exit gate configured with both top level result and conditions: '${name}`);
    }
    if (onFailure?.retryConfiguration !== undefined && !results.includes("RETRY")) {
      refuseStage(`The retry configuration of stage ${name} needs the result RETRY`);
    }
    for (const kind of KINDS) checkCondition(scope, stage, kind, conditionOf(stage, kind));
  }
}

function checkCondition(scope: Scope, { name: stage }: StageDeclaration, kind: ConditionKind, condition: Condition | undefined): void {
  if (condition === undefined) return;
  const { result, rules = [] } = condition;
  if (result !== undefined && !RESULTS[kind].includes(result)) {
    refuseStage(
      `The result ${result} is not supported for the condition ${kind} of stage ${stage}. Supported: ${RESULTS[kind].join(", ")}`,
    );
  }
  if (rules.length === 0) refuseStage(`The condition ${kind} of stage ${stage} must contain at least one rule`);
  const names = rules.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuseStage(`Rule name '${twice}' must be unique within the condition ${kind} of stage '${stage}'`);
  for (const rule of rules) checkRule(scope, rule, result === "SKIP" && kind === "BEFORE_ENTRY");
}

function checkRule(
  scope: Scope,
  { name, ruleTypeId, configuration = {}, commands, inputArtifacts = [] }: RuleDeclaration,
  skips: boolean,
): void {
  const { category, owner = "AWS", provider: providerName, version = "1" } = ruleTypeId!;
  const provider = ruleProviderOf(ruleTypeId!);
  if (provider === undefined) {
    return refuseAction(
      `RuleType (Category: '${category}', Provider: '${providerName}', Owner: '${owner}', Version: '${version}') in rule '${name}' is not available`,
    );
  }
  if (skips && !SKIPPING.includes(provider.name)) {
    refuseAction(`Rule ${name} of type ${provider.name} is not supported for an entry condition with the result SKIP`);
  }
  const [least, most] = provider.inputs;
  if (inputArtifacts.length < least || inputArtifacts.length > most) {
    const bound = inputArtifacts.length < least ? `less than the minimum count (${least})` : `more than the maximum count (${most})`;
    refuseAction(`Action ${name} declares ${inputArtifacts.length} input artifacts which is ${bound}`);
  }
  const missing = provider.properties.find((property) => property.required && !configuration[property.name]);
  if (missing) refuseAction(`Action configuration for action '${name}' is missing required configuration '${missing.name}'`);
  const unknown = Object.keys(configuration).find((key) => !provider.properties.some((property) => property.name === key));
  if (unknown !== undefined) refuseAction(`Action configuration for action '${name}' contains unknown configuration '${unknown}'`);
  if ((provider.name === "Commands") !== (commands !== undefined && commands.length > 0)) {
    refuseAction(`Commands belong to rules of type Commands: rule '${name}'`);
  }
  provider.check?.(configuration, name!, scope);
}

const refuseStage = (message: string): never => fault(InvalidStageDeclarationException, message);
