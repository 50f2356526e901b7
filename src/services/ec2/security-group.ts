import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Row } from "../../kernel/table.ts";
import { CreateSecurityGroup$, DeleteSecurityGroup$, DescribeSecurityGroups$ } from "../../sdk/ec2.js";
import { defaultId } from "./default-network.ts";
import { ec2Operation, newId } from "./ec2-operation.ts";
import { fits, paged } from "./filter.ts";
import { groupsInUse } from "./instance.ts";
import { permissionsOf, type Rule } from "./security-group-permission.ts";
import { Standing } from "./standing.ts";
import { forgetTags, putTags, shownTags, specified, tagsFor } from "./tag.ts";
import { defaultVpc, requireVpc, vpcs } from "./vpc.ts";

/** A security group: kept and told of; no packet is filtered by it. */
export interface SecurityGroup extends Row {
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly rules: readonly Rule[];
}

/** Every VPC has one by the name default, whose members may reach each other. */
export const securityGroups = new Standing<SecurityGroup>("ec2/security-group", (scope) =>
  vpcs.list(scope).map(({ id: vpcId }) => {
    const id = defaultId(scope, "sg", vpcId);
    const rules: Rule[] = [
      { id: defaultId(scope, "sgr", `${vpcId} in`), egress: false, protocol: "-1", groupId: id },
      { id: defaultId(scope, "sgr", `${vpcId} out`), egress: true, protocol: "-1", cidr: "0.0.0.0/0" },
    ];
    return { id, name: "default", description: "default VPC security group", vpcId, rules };
  }),
);

export const createSecurityGroup = ec2Operation(
  CreateSecurityGroup$,
  (scope, { GroupName, Description, VpcId, TagSpecifications }) => {
    const vpc =
      VpcId === undefined ? (defaultVpc(scope) ?? fault("VPCIdNotSpecified", "No default VPC for this user")) : requireVpc(scope, VpcId);
    if (/^sg-/.test(GroupName!)) fault("InvalidParameterValue", `Invalid value '${GroupName}' for groupName. It may not begin with 'sg-'.`);
    if (securityGroups.list(scope).some(({ name, vpcId }) => name === GroupName && vpcId === vpc.id))
      fault("InvalidGroup.Duplicate", `The security group '${GroupName}' already exists for VPC '${vpc.id}'`);
    const rule: Rule = { id: newId(scope, "sgr"), egress: true, protocol: "-1", cidr: "0.0.0.0/0" };
    const id = newId(scope, "sg");
    securityGroups.put(scope, { id, name: GroupName!, description: Description!, vpcId: vpc.id, rules: [rule] });
    putTags(scope, id, specified(TagSpecifications, "security-group"));
    return { GroupId: id, SecurityGroupArn: scope.arn("ec2", `security-group/${id}`), ...shownTags(scope, id) };
  },
  { partial: "kept and told of; no packet is filtered by it" },
);

export const describeSecurityGroups = ec2Operation(DescribeSecurityGroups$, (scope, { GroupIds, GroupNames, Filters, ...paging }) => {
  for (const id of GroupIds ?? []) requireGroup(scope, id);
  for (const name of GroupNames ?? []) requireGroupByName(scope, name);
  const found = securityGroups.list(scope).filter(
    (group) =>
      (GroupIds === undefined || GroupIds.includes(group.id)) &&
      (GroupNames === undefined || GroupNames.includes(group.name)) &&
      fits(
        Filters,
        {
          "group-id": group.id,
          "group-name": group.name,
          "vpc-id": group.vpcId,
          description: group.description,
          "owner-id": scope.account,
          "ip-permission.cidr": group.rules.filter(({ egress }) => !egress).map(({ cidr }) => cidr),
          "ip-permission.group-id": group.rules.filter(({ egress }) => !egress).map(({ groupId }) => groupId),
          "egress.ip-permission.cidr": group.rules.filter(({ egress }) => egress).map(({ cidr }) => cidr),
        },
        tagsFor(scope, group.id),
      ),
  );
  const { items, next } = paged(found, ({ id }) => id, paging);
  return { SecurityGroups: items.map((group) => shown(scope, group)), ...next };
});

export const deleteSecurityGroup = ec2Operation(DeleteSecurityGroup$, (scope, { GroupId, GroupName }) => {
  const group = GroupId === undefined ? requireGroupByName(scope, GroupName!) : requireGroup(scope, GroupId);
  if (group.name === "default") fault("CannotDelete", `the specified group: "${group.id}" name: "default" cannot be deleted by a user`);
  const isNamed = securityGroups.list(scope).some(({ id, rules }) => id !== group.id && rules.some(({ groupId }) => groupId === group.id));
  if (isNamed || groupsInUse(scope).has(group.id)) fault("DependencyViolation", `resource ${group.id} has a dependent object`);
  securityGroups.remove(scope, group.id);
  forgetTags(scope, group.id);
  return { Return: true, GroupId: group.id };
});

export const requireGroup = (scope: Scope, id: string): SecurityGroup =>
  securityGroups.get(scope, id) ?? fault("InvalidGroup.NotFound", `The security group '${id}' does not exist`);

/** By name one finds only those of the default VPC. */
export function requireGroupByName(scope: Scope, name: string): SecurityGroup {
  const vpcId = defaultVpc(scope)?.id;
  return (
    securityGroups.list(scope).find((group) => group.name === name && group.vpcId === vpcId) ??
    fault("InvalidGroup.NotFound", `The security group '${name}' does not exist in default VPC '${vpcId}'`)
  );
}

export const defaultGroupOf = (scope: Scope, vpcId: string): SecurityGroup =>
  securityGroups.list(scope).find((group) => group.vpcId === vpcId && group.name === "default")!;

const shown = (scope: Scope, group: SecurityGroup) => ({
  GroupId: group.id,
  GroupName: group.name,
  Description: group.description,
  VpcId: group.vpcId,
  OwnerId: scope.account,
  SecurityGroupArn: scope.arn("ec2", `security-group/${group.id}`),
  IpPermissions: permissionsOf(
    scope,
    group.rules.filter(({ egress }) => !egress),
  ),
  IpPermissionsEgress: permissionsOf(
    scope,
    group.rules.filter(({ egress }) => egress),
  ),
  ...shownTags(scope, group.id),
});
