import { present } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import type { IpPermission } from "../../sdk/ec2.js";
import { newId } from "./ec2-operation.ts";
import { createSecurityGroup, deleteSecurityGroup, requireGroupByName, type SecurityGroup, securityGroups } from "./security-group.ts";
import { type Rule, ruleKey, rulesOf } from "./security-group-permission.ts";
import { authorize } from "./security-group-rule.ts";
import { tagsFor, tags as tagTable } from "./tag.ts";

type Properties = Readonly<Record<string, any>>;

const NAME_MAX = 255;
const number = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value));

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html; its id is the group's. */
export const securityGroupResource: ResourceType<Properties> = {
  type: "AWS::EC2::SecurityGroup",
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const GroupName: string = declared["GroupName"] ?? generatedName.slice(-NAME_MAX);
      const input = { GroupName, Description: declared["GroupDescription"], VpcId: declared["VpcId"] };
      const groupId = id ?? createSecurityGroup.handle(scope, input).GroupId!;
      settleRules(scope, groupId, false, declared["SecurityGroupIngress"] ?? []);
      if (declared["SecurityGroupEgress"] !== undefined) settleRules(scope, groupId, true, declared["SecurityGroupEgress"]);
      tagTable.put(scope, { id: groupId, tags: allTags(tags, declared["Tags"]) });
      return groupId;
    }),
  read(scope, id) {
    const group = securityGroups.get(scope, id);
    if (group === undefined) return undefined;
    const own = (egress: boolean): Properties[] => group.rules.filter((rule) => rule.egress === egress && !rule.isGiven).map(shownRule);
    return present({
      Id: id,
      GroupId: id,
      GroupName: group.name,
      GroupDescription: group.description,
      VpcId: group.vpcId,
      SecurityGroupIngress: own(false),
      SecurityGroupEgress: own(true),
      Tags: tagList(tagsFor(scope, id)),
    });
  },
  remove: (scope, id) =>
    attempt(
      scope,
      () => {
        if (securityGroups.get(scope, id) !== undefined) deleteSecurityGroup.handle(scope, { GroupId: id });
        return id;
      },
      id,
    ),
  list: (scope) => securityGroups.list(scope).map(({ id }) => id),
  absent: { "SecurityGroupIngress/SourceSecurityGroupName": [], "SecurityGroupIngress/SourceSecurityGroupOwnerId": [] },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupingress.html; its id is the rule's. */
export const securityGroupIngressResource: ResourceType<Properties> = {
  ...ruleResource("AWS::EC2::SecurityGroupIngress", false),
  absent: { SourceSecurityGroupName: [], SourceSecurityGroupOwnerId: [] },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupegress.html; its id is the rule's. */
export const securityGroupEgressResource: ResourceType<Properties> = ruleResource("AWS::EC2::SecurityGroupEgress", true);

/** A rule that is a resource of its own: its group does not show it as one of its own properties. */
function ruleResource(type: string, egress: boolean): ResourceType<Properties> {
  const find = (scope: Scope, id: string): { group: SecurityGroup; rule: Rule } | undefined => {
    for (const group of securityGroups.list(scope)) {
      const rule = group.rules.find((one) => one.id === id && one.egress === egress);
      if (rule !== undefined) return { group, rule };
    }
    return undefined;
  };
  const change = (scope: Scope, { group, rule }: { group: SecurityGroup; rule: Rule }, next: readonly Rule[]): void =>
    void securityGroups.put(scope, { ...group, rules: group.rules.flatMap((one) => (one.id === rule.id ? next : [one])) });
  return {
    type,
    ensure: (scope, declared, id) =>
      attempt(scope, () => {
        const known = id === undefined ? undefined : find(scope, id);
        if (known !== undefined) {
          const { description: _, ...rule } = known.rule;
          change(scope, known, [{ ...rule, ...(declared["Description"] !== undefined && { description: declared["Description"] }) }]);
          return known.rule.id;
        }
        const GroupId = declared["GroupId"] ?? requireGroupByName(scope, declared["GroupName"]).id;
        const { group, added } = authorize(scope, { GroupId, IpPermissions: [permissionOf(declared)] }, egress);
        const given = added.map((rule) => ({ ...rule, isGiven: true, ...(declared["GroupName"] !== undefined && { isNamed: true }) }));
        securityGroups.put(scope, { ...group, rules: [...group.rules.slice(0, -added.length), ...given] });
        return added[0]!.id;
      }),
    read(scope, id) {
      const known = find(scope, id);
      if (known === undefined) return undefined;
      const place = known.rule.isNamed ? { GroupName: known.group.name } : { GroupId: known.group.id };
      return { Id: id, ...place, ...shownRule(known.rule) };
    },
    remove(scope, id) {
      const known = find(scope, id);
      if (known !== undefined) change(scope, known, []);
      return { state: "done", id };
    },
    list: (scope) => securityGroups.list(scope).flatMap(({ rules }) => rules.filter((rule) => rule.egress === egress).map(({ id }) => id)),
  };
}

/** What is declared, beside what others gave; a rule that stays keeps its id. */
function settleRules(scope: Scope, groupId: string, egress: boolean, declared: readonly Properties[]): void {
  const group = securityGroups.get(scope, groupId)!;
  const wanted = rulesOf(declared.map(permissionOf), egress, () => newId(scope, "sgr"));
  const known = new Map(group.rules.map((rule) => [ruleKey(rule), rule]));
  const settled = wanted.map((rule) => ({ ...rule, id: known.get(ruleKey(rule))?.id ?? rule.id }));
  securityGroups.put(scope, { ...group, rules: [...group.rules.filter((rule) => rule.egress !== egress || rule.isGiven), ...settled] });
}

function permissionOf(declared: Properties): IpPermission {
  const { CidrIp, CidrIpv6, Description } = declared;
  const prefixList = declared["SourcePrefixListId"] ?? declared["DestinationPrefixListId"];
  const group = declared["SourceSecurityGroupId"] ?? declared["DestinationSecurityGroupId"];
  const described = Description === undefined ? {} : { Description };
  return {
    IpProtocol: String(declared["IpProtocol"]),
    ...(declared["FromPort"] !== undefined && {
      FromPort: number(declared["FromPort"])!,
      ToPort: number(declared["ToPort"] ?? declared["FromPort"])!,
    }),
    ...(CidrIp !== undefined && { IpRanges: [{ CidrIp, ...described }] }),
    ...(CidrIpv6 !== undefined && { Ipv6Ranges: [{ CidrIpv6, ...described }] }),
    ...(prefixList !== undefined && { PrefixListIds: [{ PrefixListId: prefixList, ...described }] }),
    ...(group !== undefined && { UserIdGroupPairs: [{ GroupId: group, ...described }] }),
  };
}

const shownRule = (rule: Rule): Properties =>
  present({
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    CidrIp: rule.cidr,
    CidrIpv6: rule.cidrV6,
    Description: rule.description,
    [rule.egress ? "DestinationPrefixListId" : "SourcePrefixListId"]: rule.prefixListId,
    [rule.egress ? "DestinationSecurityGroupId" : "SourceSecurityGroupId"]: rule.groupId,
  });
