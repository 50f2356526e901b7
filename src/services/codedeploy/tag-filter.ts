import type { Tags } from "../../kernel/tag.ts";

/** As EC2TagFilter and TagFilter say one. */
export interface TagFilter {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
  readonly Type?: string | undefined;
}

/** Whether any of the filters fits. https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-tagging.html */
export const fitsTags = (tags: Tags, filters: readonly TagFilter[]): boolean => filters.some((filter) => fits(tags, filter));

/** Whether each group of filters has one that fits. */
export const fitsTagSet = (tags: Tags, set: readonly (readonly TagFilter[])[]): boolean => set.every((filters) => fitsTags(tags, filters));

function fits(tags: Tags, { Key, Value, Type }: TagFilter): boolean {
  switch (Type ?? (Key === undefined ? "VALUE_ONLY" : Value === undefined ? "KEY_ONLY" : "KEY_AND_VALUE")) {
    case "KEY_ONLY":
      return Key! in tags;
    case "VALUE_ONLY":
      return Object.values(tags).includes(Value ?? "");
    default:
      return tags[Key!] === (Value ?? "");
  }
}
