import { isAbsent, isTruthy, type Section, type Value } from "./draft.ts";
import { expectBoolean, expectMap, resourceOwner } from "./expect.ts";
import { invalidResource } from "./invalid.ts";
import { shortHash } from "./logical-id.ts";
import { type Resource, resource } from "./resource.ts";
import type { Declared } from "./serverless-type.ts";

/** The groups by their ids: what REST and HTTP APIs have in one hosted zone stands in one group. */
export const newGroups = (): Map<string, Resource> => new Map();

/**
 * The record sets that send a custom domain to its API.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-route53configuration.html
 */
export function recordSetGroup(
  { id, passedOn }: Declared,
  domain: Section,
  target: (route53: Section) => Section,
  grouping: { readonly mayBeSeparate: boolean; readonly groups: Map<string, Resource> },
): Resource | undefined {
  if (isAbsent(domain["Route53"])) return undefined;
  const route53 = expectMap(domain["Route53"], resourceOwner(id), "Domain.Route53");
  const { HostedZoneId, HostedZoneName, SeparateRecordSetGroup } = route53;
  if (isAbsent(HostedZoneId) && isAbsent(HostedZoneName)) {
    throw invalidResource(id, "HostedZoneId or HostedZoneName is required to enable Route53 support on Custom Domains.");
  }
  const zone = isTruthy(HostedZoneId) ? HostedZoneId : HostedZoneName;
  if (grouping.mayBeSeparate && isTruthy(SeparateRecordSetGroup)) {
    expectBoolean(SeparateRecordSetGroup, resourceOwner(id), "Domain.Route53.SeparateRecordSetGroup");
    const properties = {
      HostedZoneId: isTruthy(HostedZoneId) ? HostedZoneId : undefined,
      HostedZoneName: isTruthy(HostedZoneName) ? HostedZoneName : undefined,
      RecordSets: recordSets(domain, route53, target(route53)),
    };
    const itsId = `RecordSetGroup${shortHash([zone, domain["DomainName"]])}`;
    return resource("AWS::Route53::RecordSetGroup", itsId, properties, passedOn);
  }
  const groupId = `RecordSetGroup${shortHash(zone)}`;
  const byId = grouping.mayBeSeparate || !Object.hasOwn(route53, "HostedZoneId") ? { HostedZoneName } : {};
  const group =
    grouping.groups.get(groupId) ?? resource("AWS::Route53::RecordSetGroup", groupId, { HostedZoneId, ...byId, RecordSets: [] }, passedOn);
  grouping.groups.set(groupId, group);
  (group.properties["RecordSets"] as Value[]).push(...recordSets(domain, route53, target(route53)));
  return group;
}

function recordSets({ DomainName }: Section, route53: Section, target: Section): Section[] {
  const { EvaluateTargetHealth, IpV6, Region, SetIdentifier } = route53;
  const its = {
    AliasTarget: { ...(isAbsent(EvaluateTargetHealth) ? {} : { EvaluateTargetHealth }), ...target },
    ...(isAbsent(Region) ? {} : { Region }),
    ...(isAbsent(SetIdentifier) ? {} : { SetIdentifier }),
  };
  return ["A", ...(IpV6 === true ? ["AAAA"] : [])].map((Type) => ({ Name: DomainName, Type, ...its }));
}
