import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import { ListTagsForResource$, ResourceNotFoundException, TagResource$, UntagResource$ } from "../../sdk/cloudwatch.js";
import { alarms } from "./alarm.ts";
import { dashboards } from "./dashboard.ts";

export const tagResource = operation(TagResource$, (scope, { ResourceARN, Tags }) => {
  const { tags, put } = requireTagged(scope, ResourceARN!);
  put(withTags(tags, tagsOf(Tags)));
  return {};
});

export const untagResource = operation(UntagResource$, (scope, { ResourceARN, TagKeys }) => {
  const { tags, put } = requireTagged(scope, ResourceARN!);
  put(withoutTags(tags, TagKeys!));
  return {};
});

export const listTagsForResource = operation(ListTagsForResource$, (scope, { ResourceARN }) => ({
  Tags: tagList(requireTagged(scope, ResourceARN!).tags),
}));

/** The tags of an alarm or a dashboard, and how they are changed. */
function requireTagged(scope: Scope, arn: string): { readonly tags: Tags; readonly put: (tags: Tags) => void } {
  const [, kind, name = ""] = /:(alarm:|dashboard\/)(.*)$/.exec(arn) ?? [];
  const alarm = kind === "alarm:" ? alarms.get(scope, name) : undefined;
  if (alarm !== undefined) return { tags: alarm.tags, put: (tags) => alarms.patch(scope, name, { tags }) };
  const dashboard = kind === "dashboard/" ? dashboards.get(scope, name) : undefined;
  if (dashboard !== undefined) return { tags: dashboard.tags ?? {}, put: (tags) => dashboards.patch(scope, name, { tags }) };
  return fault(ResourceNotFoundException, "Unknown resource", { ResourceType: "CloudWatchResource", ResourceId: arn });
}
