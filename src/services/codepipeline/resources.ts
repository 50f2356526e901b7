import { idsFrom } from "../../kernel/id.ts";
import { lowerFirst, present, renamed, sameJson, upperFirst } from "../../kernel/json.ts";
import { attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import type { PipelineDeclaration } from "../../sdk/codepipeline.js";
import { customActionTypeResource } from "./custom-action-type-resource.ts";
import { startExecution } from "./execution.ts";
import { changePipeline, completed, declarationOf, newPipeline, pipelineArn, pipelines, removePipeline } from "./pipeline.ts";
import { disableStageTransition, enableStageTransition, stageState } from "./stage.ts";
import { webhookResource } from "./webhook-resource.ts";

type Properties = Readonly<Record<string, any>>;

const NAME_MAX = 100;

/** Its id is its name. Creating it starts an execution, as on AWS. */
const pipelineResource: ResourceType<Properties> = {
  type: "AWS::CodePipeline::Pipeline",
  absent: { "Stages/Blockers": [] },
  ensure: (scope, declared, id, { generatedName, logicalId, tags, token, previous = {} }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["Name"] ?? nameWithin(NAME_MAX, generatedName, logicalId);
      const declaration = declarationFrom(declared, name);
      const own = allTags(tags, declared["Tags"]);
      const executionId = idsFrom(`${token}/execution`).uuid();
      const trigger = { triggerType: "CreatePipeline", triggerDetail: scope.caller.arn } as const;
      const known = pipelines.get(scope, name);
      if (id === undefined && known?.madeBy !== token) {
        startExecution(scope, newPipeline(scope, declaration, own, token), { id: executionId, trigger });
        closeStages(scope, name, declared, {});
        return name;
      }
      if (known === undefined || !sameJson(declarationOf(scope, name), completed(declaration, known.version))) {
        const changed = changePipeline(scope, declaration, own);
        if (declared["RestartExecutionOnUpdate"] === true || declared["RestartExecutionOnUpdate"] === "true") {
          startExecution(scope, changed, { id: executionId, trigger });
        }
      } else pipelines.patch(scope, name, { tags: own });
      closeStages(scope, name, declared, previous);
      return name;
    }),
  read(scope, id) {
    const known = pipelines.get(scope, id);
    if (known === undefined) return undefined;
    const { version, artifactStores = {}, ...declaration } = declarationOf(scope, id);
    return present({
      ...(capitalized(declaration) as Properties),
      ArtifactStores: Object.entries(artifactStores).map(([Region, store]) => ({ Region, ArtifactStore: capitalized(store) })),
      DisableInboundStageTransitions: declaration.stages!.flatMap(({ name }) => {
        const { transition } = stageState(scope, id, name!);
        return transition?.enabled === false ? [{ StageName: name, Reason: transition.reason }] : [];
      }),
      Tags: tagList(known.tags),
      Version: String(version),
    });
  },
  remove(scope, id) {
    removePipeline(scope, id);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Arn: pipelineArn(scope, id), Version: String(pipelines.get(scope, id)?.version ?? 1) }),
  list: (scope) => pipelines.list(scope).map(({ id }) => id),
};

export const codepipelineResources = [pipelineResource, customActionTypeResource, webhookResource];

/** The template's properties as CreatePipeline takes them. */
function declarationFrom(declared: Properties, name: string): PipelineDeclaration {
  const { ArtifactStore, ArtifactStores, RoleArn, Stages = [], ExecutionMode, PipelineType, Variables, Triggers } = declared;
  const stores = (ArtifactStores ?? []).map((item: Properties) => [item["Region"], lowered(item["ArtifactStore"])]);
  return {
    name,
    roleArn: RoleArn,
    ...(ArtifactStore && { artifactStore: lowered(ArtifactStore) as PipelineDeclaration["artifactStore"] }),
    ...(ArtifactStores && { artifactStores: Object.fromEntries(stores) }),
    stages: Stages.map(stageFrom),
    ...(ExecutionMode !== undefined && { executionMode: ExecutionMode }),
    ...(PipelineType !== undefined && { pipelineType: PipelineType }),
    ...(Variables && { variables: lowered(Variables) as PipelineDeclaration["variables"] }),
    ...(Triggers && { triggers: lowered(Triggers) as PipelineDeclaration["triggers"] }),
  };
}

function stageFrom({ Name, Actions = [], BeforeEntry, OnSuccess, OnFailure }: Properties) {
  return {
    name: Name,
    actions: Actions.map(actionFrom),
    ...(BeforeEntry && { beforeEntry: conditionsFrom(BeforeEntry) }),
    ...(OnSuccess && { onSuccess: conditionsFrom(OnSuccess) }),
    ...(OnFailure && { onFailure: conditionsFrom(OnFailure) }),
  };
}

/** Of the rules, too, the configuration's keys are the provider's. */
function conditionsFrom({ Conditions, ...others }: Properties): any {
  const conditions = (Conditions ?? []).map(({ Rules = [], ...condition }: Properties) => ({
    ...(lowered(condition) as object),
    rules: Rules.map(({ Configuration, RuleTypeId, TimeoutInMinutes, ...rule }: Properties) => ({
      ...(lowered(rule) as object),
      ruleTypeId: lowered(RuleTypeId),
      ...(Configuration && { configuration: textsOf(Configuration) }),
      ...(TimeoutInMinutes !== undefined && { timeoutInMinutes: Number(TimeoutInMinutes) }),
    })),
  }));
  return { ...(lowered(others) as object), ...(Conditions && { conditions }) };
}

const textsOf = (configuration: Properties): Record<string, string> =>
  Object.fromEntries(
    Object.entries(configuration).map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(value) : String(value)]),
  );

/** The members' names are AWS's with another first letter, but for the configuration, whose keys are the provider's. */
function actionFrom({ ActionTypeId, Configuration = {}, RunOrder, TimeoutInMinutes, ...others }: Properties) {
  return {
    ...(lowered(others) as object),
    actionTypeId: { ...(lowered(ActionTypeId) as object), version: String(ActionTypeId.Version) },
    configuration: textsOf(Configuration),
    ...(RunOrder !== undefined && { runOrder: Number(RunOrder) }),
    ...(TimeoutInMinutes !== undefined && { timeoutInMinutes: Number(TimeoutInMinutes) }),
  };
}

/** Close the way into the stages that are declared closed, and open those that were and are no more. */
function closeStages(scope: Scope, pipelineName: string, declared: Properties, previous: Properties): void {
  const before = (previous["DisableInboundStageTransitions"] ?? []) as Properties[];
  const now = (declared["DisableInboundStageTransitions"] ?? []) as Properties[];
  const stages = declarationOf(scope, pipelineName).stages!.map(({ name }) => name);
  for (const { StageName: stageName } of before) {
    if (now.some((one) => one["StageName"] === stageName) || !stages.includes(stageName)) continue;
    enableStageTransition.handle(scope, { pipelineName, stageName, transitionType: "Inbound" });
  }
  for (const { StageName: stageName, Reason: reason } of now) {
    const { transition } = stageState(scope, pipelineName, stageName);
    if (transition?.enabled === false && transition.reason === reason) continue;
    disableStageTransition.handle(scope, { pipelineName, stageName, transitionType: "Inbound", reason });
  }
}

/** The keys of an action's configuration are its provider's. */
const isConfiguration = (name: string): boolean => name.toLowerCase() === "configuration";
const lowered = (value: unknown): unknown => renamed(value, lowerFirst, isConfiguration);
const capitalized = (value: unknown): unknown => renamed(value, upperFirst, isConfiguration);
