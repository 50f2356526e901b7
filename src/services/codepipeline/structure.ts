import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  type ActionDeclaration,
  InvalidStageDeclarationException,
  InvalidStructureException,
  type PipelineDeclaration,
  type PipelineVariableDeclaration,
  type StageDeclaration,
} from "../../sdk/codepipeline.js";
import { providerOf } from "./actions/index.ts";
import { ABSENT_TYPES } from "./actions/provided.ts";
import { checkConditions } from "./condition-structure.ts";
import { type ActionProvider, absent, refuseAction } from "./provider.ts";
import { isMask } from "./secret.ts";
import { checkTriggers } from "./trigger-structure.ts";
import { referencesIn } from "./variable.ts";

const STAGES_MIN = 2;
const STAGES_MAX = 50;
const ACTIONS_MAX = 50;
const CONFIGURATION_LENGTH_MAX = 1000;
const IMPLICIT_NAMESPACES = ["codepipeline", "variables"];

/** Refuse, in AWS's words, a pipeline that cannot run. https://docs.aws.amazon.com/codepipeline/latest/userguide/pipeline-requirements.html */
export function checkStructure(scope: Scope, declaration: PipelineDeclaration): void {
  const stages = declaration.stages ?? [];
  if (stages.length < STAGES_MIN) {
    structure(`Pipeline has only ${stages.length} stage(s). There should be a minimum of ${STAGES_MIN} stages in a pipeline`);
  }
  if (stages.length > STAGES_MAX) {
    structure(`Pipeline has too many stages. There can only be up to ${STAGES_MAX} stages in a pipeline`);
  }
  checkStores(scope, declaration);
  checkType(declaration);
  checkSources(stages);
  refuseDuplicates(
    stages.map(({ name }) => name!),
    (name) => fault(InvalidStageDeclarationException, `Stage name '${name}' is used more than once`),
  );
  for (const stage of stages) checkStage(scope, declaration, stage);
  checkConditions(scope, declaration);
  checkTriggers(declaration);
  checkOrder(declaration);
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-create-cross-region.html */
function checkStores(scope: Scope, { artifactStore, artifactStores, stages = [] }: PipelineDeclaration): void {
  if (artifactStore === undefined && artifactStores === undefined) structure("One of artifactStore or artifactStores is required");
  if (artifactStore !== undefined && artifactStores !== undefined) {
    structure("Only one of artifactStore or artifactStores can be specified");
  }
  const regions = new Set([scope.region, ...stages.flatMap(({ actions = [] }) => actions.flatMap(({ region }) => region ?? []))]);
  if (artifactStores === undefined) {
    if (regions.size > 1) {
      structure(
        "Your pipeline contains actions in more than one region. Use 'pipeline.artifactStores' instead of 'pipeline.artifactStore' to declare an artifact store, such as an artifact bucket, for each region where you have an action.",
      );
    }
    return;
  }
  const missing = [...regions].find((region) => artifactStores[region] === undefined);
  if (missing !== undefined) {
    structure(
      `Your pipeline must have an artifact store, such as an artifact bucket, for each region where you have an action. The following region is missing in 'pipeline.artifactStores': ${missing}.`,
    );
  }
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/pipeline-types-planning.html: what needs the type V2. */
function checkType({ pipelineType = "V1", executionMode, variables = [] }: PipelineDeclaration): void {
  refuseDuplicates(
    variables.map(({ name }) => name!),
    (name) => structure(`Variable names must be unique. The following variable name is already in use: ${name}`),
  );
  if (pipelineType === "V2") return;
  if (executionMode !== undefined && executionMode !== "SUPERSEDED") {
    structure("QUEUED or PARALLEL mode can only be used with V2 pipelines");
  }
  if (variables.length > 0) structure("Pipeline variable can only be used with V2 pipelines");
}

function checkSources([first, ...rest]: readonly StageDeclaration[]): void {
  const isSource = ({ actionTypeId }: ActionDeclaration): boolean => actionTypeId?.category === "Source";
  if (!first!.actions!.every(isSource)) structure("Pipeline should start with a stage that only contains source actions");
  if (rest.every(({ actions = [] }) => actions.every(isSource)))
    structure("Pipeline should contain at least 1 action whose category is not Source");
  if (rest.some(({ actions = [] }) => actions.some(isSource)))
    structure("Source actions can only be included in the first stage of the pipeline");
}

function checkStage(scope: Scope, declaration: PipelineDeclaration, { name, actions = [], blockers = [] }: StageDeclaration): void {
  if (blockers.length > 0) absent("A blocker of a stage");
  if (actions.length === 0) fault(InvalidStageDeclarationException, `Stage ${name} must contain at least one action`);
  if (actions.length > ACTIONS_MAX) fault(InvalidStageDeclarationException, `Stage ${name} has more than ${ACTIONS_MAX} actions`);
  refuseDuplicates(
    actions.map((action) => action.name!),
    (action) => fault(InvalidStageDeclarationException, `Action name '${action}' must be unique within stage '${name}'`),
  );
  for (const action of actions) checkAction(scope, declaration, action);
}

function checkAction(scope: Scope, { pipelineType = "V1" }: PipelineDeclaration, action: ActionDeclaration): void {
  const { name, actionTypeId, configuration = {} } = action;
  const { category, provider: providerName, owner, version } = actionTypeId!;
  const provider = providerOf(scope, { category: category!, provider: providerName!, owner: owner!, version: version! });
  if (provider === undefined) {
    if (owner === "AWS" && ABSENT_TYPES.includes(`${category}/${providerName}`)) absent(`An action of type ${providerName} (${category})`);
    const where = (action.region ?? scope.region).toUpperCase().replaceAll("-", "_");
    return refuseAction(
      `ActionType (Category: '${category}', Provider: '${providerName}', Owner: '${owner}', Version: '${version}') in action '${name}' is not available in region ${where}`,
    );
  }
  if (provider.isOfV2 && pipelineType !== "V2") {
    refuseAction(`${providerName} Action can only be used with V2 pipelines.`);
  }
  checkCount(action, "input", action.inputArtifacts?.length ?? 0, provider.inputs);
  checkCount(action, "output", action.outputArtifacts?.length ?? 0, provider.outputs);
  checkConfiguration(scope, name!, configuration, provider);
  checkShell(action);
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Commands.html */
function checkShell({
  name,
  actionTypeId,
  commands = [],
  environmentVariables,
  outputVariables,
  outputArtifacts = [],
}: ActionDeclaration): void {
  const isShell = actionTypeId!.category === "Compute" && actionTypeId!.provider === "Commands";
  if (isShell && commands.length === 0) refuseAction(`Action ${name} must have a non-empty commands field`);
  if (isShell) {
    const bare = outputArtifacts.find(({ files = [] }) => files.length === 0);
    if (bare !== undefined) refuseAction(`The output artifact ${bare.name} of action ${name} must name its files`);
    return;
  }
  const others = {
    commands: commands.length > 0,
    outputVariables: outputVariables !== undefined,
    files: outputArtifacts.some(({ files }) => files),
  };
  const wrong = Object.entries(others).find(([, isThere]) => isThere)?.[0];
  if (wrong !== undefined) refuseAction(`${wrong} is not supported for action ${name} of type ${actionTypeId!.provider}`);
  if (environmentVariables !== undefined) absent(`environmentVariables of an action of type ${actionTypeId!.provider}`);
}

function checkCount({ name }: ActionDeclaration, what: "input" | "output", count: number, [least, most]: readonly [number, number]): void {
  if (count < least) refuseAction(`Action ${name} declares ${count} ${what} artifacts which is less than the minimum count (${least})`);
  if (count > most) refuseAction(`Action ${name} declares ${count} ${what} artifacts which is more than the maximum count (${most})`);
}

function checkConfiguration(scope: Scope, action: string, configuration: Readonly<Record<string, string>>, provider: ActionProvider): void {
  for (const { name, required } of provider.properties) {
    if (required && !configuration[name])
      refuseAction(`Action configuration for action '${action}' is missing required configuration '${name}'`);
  }
  for (const [key, value] of Object.entries(configuration)) {
    if (isMask(value) && provider.properties.some(({ name, secret }) => name === key && secret)) {
      refuseAction(
        `Action configuration for the new action '${action}' contains an invalid configuration for the secret property '${key}'. '****' may be used in secret properties only when updating an existing action.`,
      );
    }
    if (!provider.properties.some(({ name }) => name === key)) {
      refuseAction(`Action configuration for action '${action}' contains unknown configuration '${key}'`);
    }
    if (value.length > CONFIGURATION_LENGTH_MAX && key !== "EnvironmentVariables" && key !== "ParameterOverrides") {
      refuseAction(`Value for '${key}' in action '${action}' is longer than ${CONFIGURATION_LENGTH_MAX} characters`);
    }
  }
  provider.check?.(configuration, action, scope);
}

/** Artifacts and variables have to be given before they are taken. */
function checkOrder({ stages = [], variables = [] }: PipelineDeclaration): void {
  const artifacts = new Set<string>();
  const namespaces = new Set(variables.length > 0 ? IMPLICIT_NAMESPACES : IMPLICIT_NAMESPACES.slice(0, 1));
  for (const { name, actions = [] } of stages) {
    const groups = [...new Set(actions.map(({ runOrder = 1 }) => runOrder))].sort((one, other) => one - other);
    for (const order of groups) {
      const group = actions.filter(({ runOrder = 1 }) => runOrder === order);
      for (const action of group) checkTaken(name!, action, artifacts, namespaces, variables);
      for (const action of group) noteGiven(name!, action, artifacts, namespaces);
    }
  }
}

function checkTaken(
  stage: string,
  { name, inputArtifacts = [], configuration = {}, actionTypeId }: ActionDeclaration,
  artifacts: Set<string>,
  namespaces: Set<string>,
  variables: readonly PipelineVariableDeclaration[],
): void {
  for (const input of inputArtifacts) {
    if (artifacts.has(input.name!)) continue;
    refuseAction(
      `Input Artifact Bundle ${input.name} in action ${name} is not declared as Output Artifact Bundle in any of the preceding actions`,
    );
  }
  for (const [key, text] of Object.entries(configuration)) {
    for (const { namespace, name: variable, reference } of referencesIn(text)) {
      const where = `StageName=[${stage}], ActionName=[${name}], ActionConfigurationKey=[${key}], VariableReferenceText=[${reference}]`;
      if (!namespaces.has(namespace)) {
        refuseAction(
          `Valid format for a pipeline execution variable reference is a namespace and a key separated by a period (.). The following pipeline execution variables are referencing a namespace that does not exist.\n${where}`,
        );
      }
      if (namespace !== "variables") continue;
      if (actionTypeId!.category === "Source") structure(`Variables at the pipeline level cannot be used in source actions.\n${where}`);
      if (!variables.some((declared) => declared.name === variable)) structure(`The referenced variables haven't been declared.\n${where}`);
    }
  }
}

function noteGiven(
  stage: string,
  { name: action, outputArtifacts = [], namespace }: ActionDeclaration,
  artifacts: Set<string>,
  namespaces: Set<string>,
): void {
  for (const { name } of outputArtifacts) {
    if (artifacts.has(name!))
      refuseAction(`Output Artifact Bundle name must be unique within the pipeline. ${name} has been used more than once.`);
    artifacts.add(name!);
  }
  if (namespace === undefined) return;
  if (namespaces.has(namespace) || IMPLICIT_NAMESPACES.includes(namespace)) {
    refuseAction(
      `Namespaces must be unique across the pipeline definition. The following occur more than once in the pipeline.\nStageName=[${stage}], ActionName=[${action}], Namespace=[${namespace}]`,
    );
  }
  namespaces.add(namespace);
}

function refuseDuplicates(names: readonly string[], refuseName: (name: string) => never): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuseName(twice);
}

const structure = (message: string): never => fault(InvalidStructureException, message);
