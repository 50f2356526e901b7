import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { withoutTags, withTags } from "../../kernel/tag.ts";
import { ListTags$, TagResource$, UntagResource$ } from "../../sdk/lambda.js";
import { functions, requireFunction } from "./function.ts";
import { invalid, notImplemented } from "./refusal.ts";

export const listTags = operation(ListTags$, (scope, { Resource }) => ({ Tags: { ...taggedFunction(scope, Resource!).fn.tags } }));

export const tagResource = operation(TagResource$, (scope, { Resource, Tags }) => {
  const { fn, scope: home } = taggedFunction(scope, Resource!);
  functions.patch(home, fn.id, { tags: withTags(fn.tags, Tags!) });
  return {};
});

export const untagResource = operation(UntagResource$, (scope, { Resource, TagKeys }) => {
  const { fn, scope: home } = taggedFunction(scope, Resource!);
  functions.patch(home, fn.id, { tags: withoutTags(fn.tags, TagKeys!) });
  return {};
});

function taggedFunction(scope: Scope, arn: string) {
  if (!arn.includes(":function:")) notImplemented("Tags of resources other than functions");
  const found = requireFunction(scope.at(arn), arn);
  if (found.qualifier !== undefined) invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.");
  return found;
}
