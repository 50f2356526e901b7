import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import { AddTags$, DescribeTags$, RemoveTags$ } from "../../sdk/elastic-load-balancing-v2.js";
import { listeners, requireListener } from "./listener.ts";
import { resourceOf } from "./listing.ts";
import { loadBalancers, requireLoadBalancer } from "./load-balancer.ts";
import { requireRule, rules } from "./rule.ts";
import { requireTargetGroup, targetGroups } from "./target-group.ts";

export const addTags = operation(AddTags$, (scope, { ResourceArns = [], Tags }) => {
  for (const arn of ResourceArns) {
    const { table, row } = taggable(scope, arn);
    table.patch(scope, row.id, { tags: withTags(row.tags, tagsOf(Tags)) });
  }
  return {};
});

export const removeTags = operation(RemoveTags$, (scope, { ResourceArns = [], TagKeys = [] }) => {
  for (const arn of ResourceArns) {
    const { table, row } = taggable(scope, arn);
    table.patch(scope, row.id, { tags: withoutTags(row.tags, TagKeys) });
  }
  return {};
});

export const describeTags = operation(DescribeTags$, (scope, { ResourceArns = [] }) => ({
  TagDescriptions: ResourceArns.map((ResourceArn) => ({ ResourceArn, Tags: tagList(taggable(scope, ResourceArn).row.tags) })),
}));

function taggable(scope: Scope, arn: string): { table: Table<any>; row: { id: string; tags: Tags } } {
  switch (resourceOf(arn).split("/")[0]) {
    case "loadbalancer":
      return { table: loadBalancers, row: requireLoadBalancer(scope, arn) };
    case "targetgroup":
      return { table: targetGroups, row: requireTargetGroup(scope, arn) };
    case "listener":
      return { table: listeners, row: requireListener(scope, arn) };
    case "listener-rule":
      return { table: rules, row: requireRule(scope, arn) };
    default:
      return fault("ValidationError", `'${arn}' is not a valid load balancer ARN`);
  }
}
