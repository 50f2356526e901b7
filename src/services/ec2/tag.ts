import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf, withTags } from "../../kernel/tag.ts";
import type { Tag, TagSpecification } from "../../sdk/ec2.js";
import { DescribeTags$ } from "../../sdk/ec2.js";
import { ec2Operation } from "./ec2-operation.ts";
import { checkNames, fits, paged } from "./filter.ts";

/** The tags of any resource of EC2, by its id. */
interface Tagged extends Row {
  readonly tags: Tags;
}

export const tags = new Table<Tagged>("ec2/tag");

/** What ids begin with, and the types that tags know them by. */
const TYPES: Readonly<Record<string, string>> = {
  i: "instance",
  ami: "image",
  lt: "launch-template",
  key: "key-pair",
  vol: "volume",
  vpc: "vpc",
  subnet: "subnet",
  rtb: "route-table",
  igw: "internet-gateway",
  nat: "natgateway",
  eipalloc: "elastic-ip",
  sg: "security-group",
  sgr: "security-group-rule",
};

const TAGS_MAX = 50;

export const describeTags = ec2Operation(DescribeTags$, (scope, { Filters, ...paging }) => {
  checkNames(Filters, ["key", "value", "resource-id", "resource-type"]);
  const all = tags.list(scope).flatMap(({ id, tags: own }) => Object.entries(own).map(([Key, Value]) => ({ id, Key, Value })));
  const found = all
    .map(({ id, Key, Value }) => ({ ResourceId: id, ResourceType: typeOf(id) as any, Key, Value }))
    .filter((tag) =>
      fits(
        Filters,
        { key: tag.Key, value: tag.Value, "resource-id": tag.ResourceId, "resource-type": tag.ResourceType },
        { [tag.Key]: tag.Value },
      ),
    );
  const { items, next } = paged(found, ({ ResourceId, Key }) => `${ResourceId} ${Key}`, paging);
  return { Tags: items, ...next };
});

export const tagsFor = (scope: Scope, id: string): Tags => tags.get(scope, id)?.tags ?? {};

/** The member Tags of a resource as it is described; left out where there are none. */
export const shownTags = (scope: Scope, id: string): { Tags?: { Key: string; Value: string }[] } => {
  const own = tagList(tagsFor(scope, id));
  return own.length === 0 ? {} : { Tags: own };
};

export function putTags(scope: Scope, id: string, more: Tags): void {
  if (Object.keys(more).length === 0) return;
  const all = withTags(tagsFor(scope, id), more);
  if (Object.keys(all).length > TAGS_MAX) fault("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.");
  tags.put(scope, { id, tags: all });
}

export const forgetTags = (scope: Scope, id: string): void => {
  if (tags.get(scope, id) !== undefined) tags.remove(scope, id);
};

/** The tags that a request gives to the resource that it makes. */
export const specified = (specifications: readonly TagSpecification[] | undefined, type: string): Tags =>
  given((specifications ?? []).filter(({ ResourceType }) => ResourceType === type).flatMap(({ Tags = [] }) => Tags));

/** The tags that somebody gives: not those that are AWS's own. */
export function given(list: readonly Tag[]): Tags {
  const reserved = list.find(({ Key }) => Key?.toLowerCase().startsWith("aws:"));
  if (reserved !== undefined) fault("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use");
  return tagsOf(list);
}

export const typeOf = (id: string): string | undefined => TYPES[id.slice(0, id.lastIndexOf("-"))];
