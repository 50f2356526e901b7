import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { IpPermission, SecurityGroupRule } from "../../sdk/ec2.js";
import {
  AuthorizeSecurityGroupEgress$,
  AuthorizeSecurityGroupIngress$,
  DescribeSecurityGroupRules$,
  RevokeSecurityGroupEgress$,
  RevokeSecurityGroupIngress$,
} from "../../sdk/ec2.js";
import { ec2Operation, newId } from "./ec2-operation.ts";
import { fits, paged } from "./filter.ts";
import { requireGroup, requireGroupByName, type SecurityGroup, securityGroups } from "./security-group.ts";
import { type Rule, ruleKey, rulesOf } from "./security-group-permission.ts";
import { putTags, shownTags, specified, tagsFor } from "./tag.ts";

/** A rule may also be said by members of the request itself. */
interface Wish {
  readonly IpPermissions?: readonly IpPermission[] | undefined;
  readonly IpProtocol?: string | undefined;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
  readonly CidrIp?: string | undefined;
  readonly GroupId?: string | undefined;
  readonly GroupName?: string | undefined;
  readonly SecurityGroupRuleIds?: readonly string[] | undefined;
}

export const authorizeSecurityGroupIngress = ec2Operation(
  AuthorizeSecurityGroupIngress$,
  (scope, input) => {
    const rules = authorize(scope, input, false);
    for (const { id } of rules.added) putTags(scope, id, specified(input.TagSpecifications, "security-group-rule"));
    return { Return: true, SecurityGroupRules: rules.added.map((rule) => shown(scope, rules.group, rule)) };
  },
  { partial: "kept and told of; no packet is filtered by it" },
);

export const authorizeSecurityGroupEgress = ec2Operation(
  AuthorizeSecurityGroupEgress$,
  (scope, input) => {
    const rules = authorize(scope, input, true);
    for (const { id } of rules.added) putTags(scope, id, specified(input.TagSpecifications, "security-group-rule"));
    return { Return: true, SecurityGroupRules: rules.added.map((rule) => shown(scope, rules.group, rule)) };
  },
  { partial: "kept and told of; no packet is filtered by it" },
);

export const revokeSecurityGroupIngress = ec2Operation(
  RevokeSecurityGroupIngress$,
  (scope, input) => {
    revoke(scope, input, false);
    return { Return: true };
  },
  { partial: "kept and told of; no packet is filtered by it" },
);

export const revokeSecurityGroupEgress = ec2Operation(
  RevokeSecurityGroupEgress$,
  (scope, input) => {
    revoke(scope, input, true);
    return { Return: true };
  },
  { partial: "kept and told of; no packet is filtered by it" },
);

export const describeSecurityGroupRules = ec2Operation(
  DescribeSecurityGroupRules$,
  (scope, { SecurityGroupRuleIds, Filters, ...paging }) => {
    const all = securityGroups.list(scope).flatMap((group) => group.rules.map((rule) => ({ group, rule })));
    const found = all.filter(
      ({ group, rule }) =>
        (SecurityGroupRuleIds === undefined || SecurityGroupRuleIds.includes(rule.id)) &&
        fits(Filters, { "group-id": group.id, "security-group-rule-id": rule.id }, tagsFor(scope, rule.id)),
    );
    const { items, next } = paged(found, ({ rule }) => rule.id, paging);
    return { SecurityGroupRules: items.map(({ group, rule }) => shown(scope, group, rule)), ...next };
  },
);

/** Add rules to a group; refuses those that it has. */
export function authorize(scope: Scope, wish: Wish, egress: boolean): { group: SecurityGroup; added: Rule[] } {
  const group = groupOf(scope, wish);
  const added = rulesOf(permissions(wish), egress, () => newId(scope, "sgr"));
  const known = new Set(group.rules.map(ruleKey));
  for (const rule of added) {
    if (rule.groupId !== undefined) requireGroup(scope, rule.groupId);
    if (known.has(ruleKey(rule))) {
      const peer = rule.cidr ?? rule.cidrV6 ?? rule.groupId ?? rule.prefixListId;
      const ports =
        rule.protocol === "-1" ? "ALL" : `${rule.protocol.toUpperCase()}, from port: ${rule.fromPort}, to port: ${rule.toPort}, ALLOW`;
      fault("InvalidPermission.Duplicate", `the specified rule "peer: ${peer}, ${ports}" already exists`);
    }
  }
  return { group: securityGroups.put(scope, { ...group, rules: [...group.rules, ...added] }), added };
}

/** Take rules from a group; refuses those that it does not have. */
export function revoke(scope: Scope, wish: Wish, egress: boolean): void {
  const group = groupOf(scope, wish);
  const ids = wish.SecurityGroupRuleIds;
  const gone = new Set(rulesOf(ids === undefined ? permissions(wish) : [], egress, () => "").map(ruleKey));
  const isGone = (rule: Rule): boolean => (ids === undefined ? gone.has(ruleKey(rule)) : ids.includes(rule.id));
  const kept = group.rules.filter((rule) => rule.egress !== egress || !isGone(rule));
  if (kept.length === group.rules.length) fault("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
  securityGroups.put(scope, { ...group, rules: kept });
}

const groupOf = (scope: Scope, { GroupId, GroupName }: Wish): SecurityGroup =>
  GroupId === undefined ? requireGroupByName(scope, GroupName ?? "") : requireGroup(scope, GroupId);

const permissions = ({ IpPermissions, IpProtocol, FromPort, ToPort, CidrIp }: Wish): readonly IpPermission[] =>
  IpPermissions ??
  (IpProtocol === undefined
    ? []
    : [{ IpProtocol, FromPort: FromPort!, ToPort: ToPort!, ...(CidrIp !== undefined && { IpRanges: [{ CidrIp }] }) }]);

const shown = (scope: Scope, group: SecurityGroup, rule: Rule): SecurityGroupRule => ({
  SecurityGroupRuleId: rule.id,
  SecurityGroupRuleArn: scope.arn("ec2", `security-group-rule/${rule.id}`),
  GroupId: group.id,
  GroupOwnerId: scope.account,
  IsEgress: rule.egress,
  IpProtocol: rule.protocol,
  FromPort: rule.fromPort ?? -1,
  ToPort: rule.toPort ?? -1,
  ...(rule.cidr !== undefined && { CidrIpv4: rule.cidr }),
  ...(rule.cidrV6 !== undefined && { CidrIpv6: rule.cidrV6 }),
  ...(rule.prefixListId !== undefined && { PrefixListId: rule.prefixListId }),
  ...(rule.groupId !== undefined && { ReferencedGroupInfo: { GroupId: rule.groupId, UserId: scope.account } }),
  ...(rule.description !== undefined && { Description: rule.description }),
  ...shownTags(scope, rule.id),
});
