import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import { ListTagsForResource$, TagResource$, TargetNotFoundException, UntagResource$ } from "../../sdk/organizations.js";
import { accounts } from "./account.ts";
import { type Organization, requireManaged, requireSeen } from "./organization.ts";
import { isParent } from "./organizational-unit.ts";
import { policies } from "./policy.ts";

/** The tags of a root, a unit, an account or a policy; its id is the organization's, a slash and the thing's. */
interface Tagged extends Row {
  readonly tags: Tags;
}

export const tagged = new Table<Tagged>("organizations/tagged", { reach: "global" });

export const tagResource = operation(TagResource$, (scope, { ResourceId, Tags }) => {
  const organization = requireManaged(scope);
  requireTaggable(scope, organization, ResourceId!);
  putTags(scope, organization, ResourceId!, tagsOf(Tags));
  return {};
});

export const untagResource = operation(UntagResource$, (scope, { ResourceId, TagKeys = [] }) => {
  const organization = requireManaged(scope);
  requireTaggable(scope, organization, ResourceId!);
  const id = `${organization.id}/${ResourceId}`;
  tagged.put(scope, { id, tags: withoutTags(tagged.get(scope, id)?.tags, TagKeys) });
  return {};
});

export const listTagsForResource = operation(ListTagsForResource$, (scope, { ResourceId }) => {
  const organization = requireSeen(scope);
  requireTaggable(scope, organization, ResourceId!);
  return { Tags: tagList(tagged.get(scope, `${organization.id}/${ResourceId}`)?.tags) };
});

export function putTags(scope: Scope, organization: Organization, resource: string, tags: Tags): void {
  if (Object.keys(tags).length === 0) return;
  const id = `${organization.id}/${resource}`;
  tagged.put(scope, { id, tags: withTags(tagged.get(scope, id)?.tags, tags) });
}

export const forgetTag = (scope: Scope, organization: Organization, resource: string): void =>
  tagged.remove(scope, `${organization.id}/${resource}`);

export function forgetTags(scope: Scope, { id }: Organization): void {
  for (const row of tagged.list(scope, `${id}/`)) tagged.remove(scope, row.id);
}

function requireTaggable(scope: Scope, organization: Organization, id: string): void {
  const known =
    isParent(scope, organization, id) ||
    accounts.get(scope, id)?.organization === organization.id ||
    policies.get(scope, `${organization.id}/${id}`) !== undefined;
  if (!known) fault(TargetNotFoundException, "You specified a target that doesn't exist.");
}
