import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  LimitExceededException,
  ListTagsForResource$,
  ResourceNotFoundException,
  TagResource$,
  UntagResource$,
} from "../../sdk/codeconnections.js";
import * as former from "../../sdk/codestar-connections.js";
import { connections } from "./connection.ts";
import { hosts } from "./host.ts";
import { repositoryLinks } from "./repository-link.ts";
import { named, underBothNames } from "./two-names.ts";

const TAGS_MAX = 50;

export const listTagsForResource = underBothNames(ListTagsForResource$, former.ListTagsForResource$, (scope, { ResourceArn }) => ({
  Tags: tagList(tagged(scope, ResourceArn!).tags),
}));

export const tagResource = underBothNames(TagResource$, former.TagResource$, (scope, { ResourceArn, Tags }) => {
  const { tags, put } = tagged(scope, ResourceArn!);
  const all = withTags(tags, tagsOf(Tags));
  if (Object.keys(all).length > TAGS_MAX) fault(LimitExceededException, `A resource can have at most ${TAGS_MAX} tags.`);
  put(all);
  return {};
});

export const untagResource = underBothNames(UntagResource$, former.UntagResource$, (scope, { ResourceArn, TagKeys = [] }) => {
  const { tags, put } = tagged(scope, ResourceArn!);
  put(withoutTags(tags, TagKeys));
  return {};
});

/** The tags of a connection, a host or a repository link, and how to change them. */
function tagged(scope: Scope, arn: string): { tags: Tags; put(tags: Tags): void } {
  const what = named(arn);
  const table = what && { connection: connections, host: hosts, "repository-link": repositoryLinks }[what.kind];
  const row = table?.get(scope, what!.id);
  if (row === undefined) return fault(ResourceNotFoundException, `Resource not found: ${arn}`);
  return { tags: row.tags, put: (tags) => void table!.patch(scope, row.id, { tags }) };
}
