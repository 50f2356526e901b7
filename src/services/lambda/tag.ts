import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Tags, withoutTags, withTags } from "../../kernel/tag.ts";
import { ListTags$, TagResource$, UntagResource$ } from "../../sdk/lambda.js";
import { mappings } from "./event-source.ts";
import { functions, requireFunction } from "./function.ts";
import { invalid, notFound, notImplemented } from "./refusal.ts";

export const listTags = operation(ListTags$, (scope, { Resource }) => ({ Tags: { ...requireTagged(scope, Resource!).tags } }));

export const tagResource = operation(TagResource$, (scope, { Resource, Tags }) => {
  const { tags, put } = requireTagged(scope, Resource!);
  put(withTags(tags, Tags!));
  return {};
});

export const untagResource = operation(UntagResource$, (scope, { Resource, TagKeys }) => {
  const { tags, put } = requireTagged(scope, Resource!);
  put(withoutTags(tags, TagKeys!));
  return {};
});

/** The tags of a function or an event source mapping, and how they are changed. */
function requireTagged(scope: Scope, arn: string): { readonly tags: Tags; readonly put: (tags: Tags) => void } {
  const [, uuid] = arn.split(":event-source-mapping:");
  if (uuid !== undefined) {
    const mapping = mappings.get(scope.at(arn), uuid) ?? notFound("The resource you requested does not exist.");
    return { tags: mapping.tags, put: (tags) => mappings.patch(scope.at(arn), uuid, { tags }) };
  }
  if (!arn.includes(":function:")) notImplemented("Tags of resources other than functions and event source mappings");
  const found = requireFunction(scope.at(arn), arn);
  if (found.qualifier !== undefined) invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.");
  const { fn, scope: home } = found;
  return { tags: fn.tags, put: (tags) => functions.patch(home, fn.id, { tags }) };
}
