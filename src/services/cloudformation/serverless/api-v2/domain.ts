import { asSection, given, isAbsent, isList, isSection, isText, isTruthy, type Section, type Value } from "../draft.ts";
import { expectMap, resourceOwner } from "../expect.ts";
import { getAtt, ref } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { shortHash } from "../logical-id.ts";
import { literal } from "../python.ts";
import { type Resource, resource } from "../resource.ts";

/** An API of API Gateway's second version, as its custom domain sees it. */
export interface ApiOfDomain {
  readonly id: string;
  readonly domain: Section;
  /** The tag by which SAM marks what it made. */
  readonly mark: string;
  readonly passedOn: Section;
  /** The record sets of a hosted zone are one resource, whichever API they are for. */
  readonly recordSetGroups: Map<string, Resource>;
}

/**
 * A custom domain: its name, its mappings to the stage, and its records in Route 53.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-httpapidomainconfiguration.html
 */
export function domainOfApi(api: ApiOfDomain): Resource[] {
  const { id, domain, mark, passedOn } = api;
  const { CertificateArn, DomainName, OwnershipVerificationCertificateArn, SecurityPolicy } = domain;
  if (isAbsent(DomainName) || isAbsent(CertificateArn)) {
    throw invalidResource(id, "Custom Domains only works if both DomainName and CertificateArn are provided.");
  }
  const domainId = `ApiGatewayDomainNameV2${shortHash(DomainName)}`;
  domain["ApiDomainName"] = domainId;
  if (isAbsent(domain["EndpointConfiguration"])) domain["EndpointConfiguration"] = "REGIONAL";
  const endpoint = domain["EndpointConfiguration"];
  if (endpoint !== "REGIONAL") throw invalidResource(id, "EndpointConfiguration for Custom Domains must be one of ['REGIONAL'].");
  const configuration = {
    CertificateArn,
    EndpointType: endpoint,
    ...(isTruthy(OwnershipVerificationCertificateArn) ? { OwnershipVerificationCertificateArn } : {}),
    ...(isTruthy(SecurityPolicy) ? { SecurityPolicy } : {}),
  };
  const properties = {
    DomainName,
    DomainNameConfigurations: [configuration],
    MutualTlsAuthentication: mutualTls(id, domain["MutualTlsAuthentication"]),
    Tags: { [mark]: "SAM" },
  };
  const named = resource("AWS::ApiGatewayV2::DomainName", domainId, properties, passedOn);
  const group = recordSetGroup(api, domainId);
  return [named, ...mappings(api, domainId), ...(group === undefined ? [] : [group])];
}

function mutualTls(id: string, given: Value): Value {
  const known = ["TruststoreUri", "TruststoreVersion"];
  if (!isTruthy(given)) return undefined;
  if (!isSection(given)) {
    throw invalidResource(id, `MutualTlsAuthentication must be a map with at least one of the following fields ${literal(known)}.`);
  }
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw invalidResource(unknown.sort().join(","), `Available MutualTlsAuthentication fields are ${literal(known)}.`);
  }
  return Object.fromEntries(known.filter((name) => isTruthy(given[name])).map((name) => [name, given[name]]));
}

/** The paths under which the domain has the API: all of it, if none is named. */
function mappings({ id, domain, passedOn }: ApiOfDomain, domainId: string): Resource[] {
  const mapping = (suffix: string, key: Section): Resource => {
    const properties = { DomainName: ref(domainId), ApiId: ref(id), Stage: ref(`${id}.Stage`), ...key };
    return resource("AWS::ApiGatewayV2::ApiMapping", `${id}${suffix}ApiMapping`, properties, passedOn);
  };
  const given = domain["BasePath"];
  const paths = !isTruthy(given) ? undefined : isText(given) ? [given] : isList(given) ? given : undefined;
  if (paths === undefined) return [mapping("", {})];
  return paths.map((path) => {
    if (!isText(path)) throw invalidResource(id, "Basepath must be a string.");
    if (/[^0-9a-zA-Z/\-_]/.test(path)) throw invalidResource(id, "Invalid Basepath name provided.");
    return mapping(path.replace(/[-_/]/g, ""), { ApiMappingKey: path.replace(/^\/+|\/+$/g, "") });
  });
}

function recordSetGroup({ id, domain, passedOn, recordSetGroups }: ApiOfDomain, domainId: string): Resource | undefined {
  if (isAbsent(domain["Route53"])) return undefined;
  const route = expectMap(domain["Route53"], resourceOwner(id), "Domain.Route53");
  const { HostedZoneId, HostedZoneName } = route;
  if (isAbsent(HostedZoneId) && isAbsent(HostedZoneName)) {
    throw invalidResource(id, "HostedZoneId or HostedZoneName is required to enable Route53 support on Custom Domains.");
  }
  const groupId = `RecordSetGroup${shortHash(isTruthy(HostedZoneId) ? HostedZoneId : HostedZoneName)}`;
  const zone = Object.hasOwn(route, "HostedZoneId") ? { HostedZoneId } : { HostedZoneName };
  const group = recordSetGroups.get(groupId) ?? resource("AWS::Route53::RecordSetGroup", groupId, { ...zone, RecordSets: [] }, passedOn);
  recordSetGroups.set(groupId, group);
  group.properties["RecordSets"] = [...(group.properties["RecordSets"] as Value[]), ...recordSets(domain, asSection(route), domainId)];
  return group;
}

function recordSets({ DomainName }: Section, route: Section, domainId: string): Section[] {
  const record = (type: string): Section => ({
    Name: DomainName,
    Type: type,
    AliasTarget: {
      ...given(route, ["EvaluateTargetHealth"]),
      HostedZoneId: getAtt(domainId, "RegionalHostedZoneId"),
      DNSName: getAtt(domainId, "RegionalDomainName"),
    },
    ...given(route, ["Region", "SetIdentifier"]),
  });
  return route["IpV6"] === true ? [record("A"), record("AAAA")] : [record("A")];
}
