import type { Scope } from "../../kernel/scope.ts";
import type { IpPermission } from "../../sdk/ec2.js";

/** One rule of a security group: who may reach which ports. */
export interface Rule {
  readonly id: string;
  readonly egress: boolean;
  /** tcp, udp, icmp, a number, or -1 for all. */
  readonly protocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  readonly cidr?: string;
  readonly cidrV6?: string;
  readonly prefixListId?: string;
  readonly groupId?: string;
  readonly description?: string;
  /** Another resource of a stack gave it to the group. */
  readonly isGiven?: boolean;
  /** It named the group by its name. */
  readonly isNamed?: boolean;
}

const PROTOCOLS: Readonly<Record<string, string>> = { "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", all: "-1" };

/** The rules that a request's permissions are: one for each source of each. */
export function rulesOf(permissions: readonly IpPermission[], egress: boolean, newRuleId: () => string): Rule[] {
  return permissions.flatMap(
    ({ IpProtocol = "-1", FromPort, ToPort, IpRanges = [], Ipv6Ranges = [], PrefixListIds = [], UserIdGroupPairs = [] }) => {
      const protocol = PROTOCOLS[IpProtocol.toLowerCase()] ?? IpProtocol.toLowerCase();
      const ports = protocol === "-1" || FromPort === undefined ? {} : { fromPort: FromPort, toPort: ToPort ?? FromPort };
      const rule = (source: Partial<Rule>, description: string | undefined): Rule => ({
        id: newRuleId(),
        egress,
        protocol,
        ...ports,
        ...source,
        ...(description !== undefined && { description }),
      });
      return [
        ...IpRanges.map(({ CidrIp, Description }) => rule({ cidr: CidrIp! }, Description)),
        ...Ipv6Ranges.map(({ CidrIpv6, Description }) => rule({ cidrV6: CidrIpv6! }, Description)),
        ...PrefixListIds.map(({ PrefixListId, Description }) => rule({ prefixListId: PrefixListId! }, Description)),
        ...UserIdGroupPairs.map(({ GroupId, Description }) => rule({ groupId: GroupId! }, Description)),
      ];
    },
  );
}

/** What makes a rule the rule that it is: all but its id and its description. */
export const ruleKey = ({ egress, protocol, fromPort, toPort, cidr, cidrV6, prefixListId, groupId }: Rule): string =>
  JSON.stringify([egress, protocol, fromPort, toPort, cidr, cidrV6, prefixListId, groupId]);

/** Rules as groups are described with them: those of the same ports are one permission. */
export function permissionsOf(scope: Scope, rules: readonly Rule[]): IpPermission[] {
  const groups = Map.groupBy(rules, ({ protocol, fromPort, toPort }) => JSON.stringify([protocol, fromPort, toPort]));
  return [...groups.values()].map((same) => {
    const { protocol, fromPort, toPort } = same[0]!;
    const described = ({ description }: Rule): { Description?: string } => (description === undefined ? {} : { Description: description });
    return {
      IpProtocol: protocol,
      ...(fromPort !== undefined && { FromPort: fromPort, ToPort: toPort! }),
      IpRanges: same.flatMap((rule) => (rule.cidr === undefined ? [] : [{ CidrIp: rule.cidr, ...described(rule) }])),
      Ipv6Ranges: same.flatMap((rule) => (rule.cidrV6 === undefined ? [] : [{ CidrIpv6: rule.cidrV6, ...described(rule) }])),
      PrefixListIds: same.flatMap((rule) =>
        rule.prefixListId === undefined ? [] : [{ PrefixListId: rule.prefixListId, ...described(rule) }],
      ),
      UserIdGroupPairs: same.flatMap((rule) =>
        rule.groupId === undefined ? [] : [{ GroupId: rule.groupId, UserId: scope.account, ...described(rule) }],
      ),
    };
  });
}
