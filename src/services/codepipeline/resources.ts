import { idsFrom } from "../../kernel/id.ts";
import { sameJson } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import { tagList, tagsOf } from "../../kernel/tag.ts";
import type { PipelineDeclaration } from "../../sdk/codepipeline.js";
import { startExecution } from "./execution.ts";
import { changePipeline, completed, declarationOf, newPipeline, pipelines, removePipeline } from "./pipeline.ts";
import { disableStageTransition } from "./stage.ts";

type Properties = Readonly<Record<string, any>>;

const NAME_MAX = 100;

/** Its id is its name. Creating it starts an execution, as on AWS. */
const pipelineResource: ResourceType<Properties> = {
  type: "AWS::CodePipeline::Pipeline",
  ensure: (scope, declared, id, { generatedName, tags, token }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["Name"] ?? generatedName.slice(-NAME_MAX);
      const declaration = declarationFrom(declared, name);
      const allTags = { ...tagsOf(tags), ...tagsOf(declared["Tags"]) };
      const executionId = idsFrom(`${token}/execution`).uuid();
      const trigger = { triggerType: "CreatePipeline", triggerDetail: scope.caller.arn } as const;
      const known = pipelines.get(scope, name);
      if (id === undefined && known?.madeBy !== token) {
        startExecution(scope, newPipeline(scope, declaration, allTags, token), { id: executionId, trigger });
        for (const { StageName, Reason } of declared["DisableInboundStageTransitions"] ?? []) {
          disableStageTransition.handle(scope, { pipelineName: name, stageName: StageName, transitionType: "Inbound", reason: Reason });
        }
        return name;
      }
      if (known === undefined || !sameJson(declarationOf(scope, name), completed(declaration, known.version))) {
        const changed = changePipeline(scope, declaration, allTags);
        if (declared["RestartExecutionOnUpdate"] === true || declared["RestartExecutionOnUpdate"] === "true") {
          startExecution(scope, changed, { id: executionId, trigger });
        }
      } else pipelines.patch(scope, name, { tags: allTags });
      return name;
    }),
  read(scope, id) {
    const known = pipelines.get(scope, id);
    if (known === undefined) return undefined;
    const { version: _, ...declaration } = declarationOf(scope, id);
    return { ...(capitalized(declaration) as Properties), ...(Object.keys(known.tags).length > 0 && { Tags: tagList(known.tags) }) };
  },
  remove(scope, id) {
    removePipeline(scope, id);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Version: String(pipelines.get(scope, id)?.version ?? 1) }),
};

export const codepipelineResources = [pipelineResource];

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
    ...(BeforeEntry && { beforeEntry: lowered(BeforeEntry) }),
    ...(OnSuccess && { onSuccess: lowered(OnSuccess) }),
    ...(OnFailure && { onFailure: lowered(OnFailure) }),
  };
}

/** The members' names are AWS's with another first letter, but for the configuration, whose keys are the provider's. */
function actionFrom({ ActionTypeId, Configuration = {}, RunOrder, TimeoutInMinutes, ...others }: Properties) {
  const texts = Object.entries(Configuration).map(([key, value]) => [
    key,
    typeof value === "object" ? JSON.stringify(value) : String(value),
  ]);
  return {
    ...(lowered(others) as object),
    actionTypeId: { ...(lowered(ActionTypeId) as object), version: String(ActionTypeId.Version) },
    configuration: Object.fromEntries(texts),
    ...(RunOrder !== undefined && { runOrder: Number(RunOrder) }),
    ...(TimeoutInMinutes !== undefined && { timeoutInMinutes: Number(TimeoutInMinutes) }),
  };
}

const lowered = (value: unknown): unknown => renamed(value, (key) => key.charAt(0).toLowerCase() + key.slice(1));
const capitalized = (value: unknown): unknown => renamed(value, (key) => key.charAt(0).toUpperCase() + key.slice(1));

function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [
    rename(key),
    key.toLowerCase() === "configuration" ? member : renamed(member, rename),
  ]);
  return Object.fromEntries(members);
}
