import { lowerFirst, present, renamed, sameJson, upperFirst } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import type { CreateCustomActionTypeInput } from "../../sdk/codepipeline.js";
import { actionTypes, newActionType } from "./custom-action-type.ts";
import { checkedTags } from "./tag.ts";

type Properties = Readonly<Record<string, any>>;

const rowOf = (id: string): string => `Custom/${id.replaceAll("|", "/")}`;

/** Its id is Category|Provider|Version. Only its tags change in place. */
export const customActionTypeResource: ResourceType<Properties> = {
  type: "AWS::CodePipeline::CustomActionType",
  ensure: (scope, declared, id, { tags, token }) =>
    attempt(
      scope,
      () => {
        const { Tags, Version, ...others } = declared;
        const made = id ?? [others["Category"], others["Provider"], Version].join("|");
        const own = checkedTags(allTags(tags, Tags), scope.arn("codepipeline", `actiontype:${rowOf(made)}`));
        const known = actionTypes.get(scope, rowOf(made));
        if (id === undefined && known?.madeBy !== token) {
          const input = renamed(others, lowerFirst) as CreateCustomActionTypeInput;
          const { id: row } = newActionType(scope, { ...input, version: String(Version) }, own);
          actionTypes.patch(scope, row, { madeBy: token });
        } else if (known !== undefined && !sameJson(known.tags, own)) actionTypes.patch(scope, known.id, { tags: own });
        return made;
      },
      id,
    ),
  read(scope, id) {
    const known = actionTypes.get(scope, rowOf(id));
    if (known === undefined || known.isDeleted) return undefined;
    const { id: type, settings, actionConfigurationProperties = [], inputArtifactDetails, outputArtifactDetails } = known.shown;
    return {
      ...present({ Settings: renamed(settings, upperFirst), Tags: tagList(known.tags) }),
      Category: type!.category,
      Provider: type!.provider,
      Version: type!.version,
      ConfigurationProperties: renamed(actionConfigurationProperties, upperFirst),
      InputArtifactDetails: renamed(inputArtifactDetails, upperFirst),
      OutputArtifactDetails: renamed(outputArtifactDetails, upperFirst),
      Id: id,
    };
  },
  remove(scope, id) {
    if (actionTypes.get(scope, rowOf(id)) !== undefined) actionTypes.patch(scope, rowOf(id), { isDeleted: true, madeBy: undefined });
    return { state: "done", id };
  },
  list(scope) {
    const there = actionTypes.list(scope, "Custom/").filter(({ isDeleted }) => !isDeleted);
    return there.map(({ id }) => id.slice("Custom/".length).replaceAll("/", "|"));
  },
};
