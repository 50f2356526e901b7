import { operation } from "../../kernel/operation.ts";
import type { Tags } from "../../kernel/tag.ts";
import { CreateOrUpdateTags$, DeleteTags$, DescribeTags$, type Tag, type TagDescription } from "../../sdk/auto-scaling.js";
import { groups, requireGroup } from "./group.ts";

/** A tag of a group, and whether its instances get it at their launch. */
export interface GroupTag {
  readonly key: string;
  readonly value: string;
  readonly propagates: boolean;
}

export const createOrUpdateTags = operation(CreateOrUpdateTags$, (scope, { Tags = [] }) => {
  for (const tag of Tags) {
    const group = requireGroup(scope, tag.ResourceId!);
    const others = group.tags.filter(({ key }) => key !== tag.Key);
    groups.patch(scope, group.id, { tags: [...others, ...tagsOfGroup([tag])] });
  }
  return {};
});

export const deleteTags = operation(DeleteTags$, (scope, { Tags = [] }) => {
  for (const { ResourceId, Key } of Tags) {
    const group = requireGroup(scope, ResourceId!);
    groups.patch(scope, group.id, { tags: group.tags.filter(({ key }) => key !== Key) });
  }
  return {};
});

export const describeTags = operation(DescribeTags$, (scope, { Filters = [] }) => {
  const all = groups.list(scope).flatMap(({ id, tags }) => tags.map((tag) => shownTag(id, tag)));
  const textOf: Readonly<Record<string, (tag: TagDescription) => string>> = {
    "auto-scaling-group": ({ ResourceId }) => ResourceId!,
    key: ({ Key }) => Key!,
    value: ({ Value }) => Value!,
    "propagate-at-launch": ({ PropagateAtLaunch }) => String(PropagateAtLaunch),
  };
  return { Tags: all.filter((tag) => Filters.every(({ Name, Values = [] }) => Values.includes(textOf[Name!]?.(tag) ?? "\0"))) };
});

export const tagsOfGroup = (tags: readonly Partial<Tag>[] = []): GroupTag[] =>
  tags.map(({ Key, Value = "", PropagateAtLaunch = false }) => ({ key: Key!, value: Value, propagates: PropagateAtLaunch === true }));

/** What an instance of the group is tagged with. */
export const instanceTags = (groupName: string, tags: readonly GroupTag[]): Tags => ({
  ...Object.fromEntries(tags.filter(({ propagates }) => propagates).map(({ key, value }) => [key, value])),
  "aws:autoscaling:groupName": groupName,
});

export const shownTag = (groupName: string, { key, value, propagates }: GroupTag): TagDescription => ({
  ResourceId: groupName,
  ResourceType: "auto-scaling-group",
  Key: key,
  Value: value,
  PropagateAtLaunch: propagates,
});
