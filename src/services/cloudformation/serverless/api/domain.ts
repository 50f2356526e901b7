import type { Context } from "../context.ts";
import { isAbsent, isList, isText, isTruthy, type Section, type Value } from "../draft.ts";
import { expectGiven, expectListOf, expectMap, expectText, resourceOwner } from "../expect.ts";
import { getAtt, ref } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { shortHash } from "../logical-id.ts";
import { list, own, plain, write } from "../python-dictionary.ts";
import { newGroups, recordSetGroup } from "../record-set.ts";
import { type Resource, resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";

const TYPES = ["EDGE", "REGIONAL", "PRIVATE"];

/**
 * The custom domain of a REST API, and its base paths. A private domain is of the second generation.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-domainconfiguration.html
 */
export function customDomain(declared: Declared, context: Context): { made: Resource[]; association: Resource[] } {
  const { id, properties, passedOn } = declared;
  if (isAbsent(properties["Domain"])) return { made: [], association: [] };
  const owner = resourceOwner(id);
  const domain = expectMap(properties["Domain"], owner, "Domain");
  const isPrivate = domain["EndpointConfiguration"] === "PRIVATE";
  const name = expectGiven(domain["DomainName"], owner, "Domain.DomainName");
  const certificate = expectGiven(domain["CertificateArn"], owner, "Domain.CertificateArn");
  const domainId = `ApiGatewayDomainName${isPrivate ? "V2" : ""}${shortHash(name)}`;
  if (!isPrivate) write(domain, "ApiDomainName", own(domainId));
  const endpoint = endpointOf(id, domain);
  const made: Section = {
    DomainName: name,
    [endpoint === "REGIONAL" ? "RegionalCertificateArn" : "CertificateArn"]: certificate,
    EndpointConfiguration: {
      Types: [endpoint],
      ...(isTruthy(domain["IpAddressType"]) ? { IpAddressType: domain["IpAddressType"] } : {}),
    },
    MutualTlsAuthentication: isPrivate ? undefined : mutualTls(id, domain["MutualTlsAuthentication"]),
  };
  const type = `AWS::ApiGateway::DomainName${isPrivate ? "V2" : ""}`;
  for (const property of FURTHER) {
    if (!isTruthy(domain[property])) continue;
    if (property === (isPrivate ? "OwnershipVerificationCertificateArn" : "Policy")) {
      throw invalidResource(domainId, `property ${property} not defined for resource of type ${type}`);
    }
    made[property] = domain[property];
  }
  const resources = [resource(type, domainId, made, passedOn)];
  resources.push(...basePaths(declared, domain, domainId, isPrivate));
  const association = isPrivate ? accessAssociation(declared, domain["AccessAssociation"], domainId) : [];
  const group = recordSetGroup(declared, domain, (route53) => aliasTarget(domain, route53, domainId), {
    mayBeSeparate: true,
    groups: context.shared(newGroups),
  });
  if (group !== undefined) resources.push(group);
  return { made: resources, association };
}

const FURTHER = ["SecurityPolicy", "EndpointAccessMode", "Policy", "OwnershipVerificationCertificateArn"];

function endpointOf(id: string, domain: Section): string {
  const endpoint = domain["EndpointConfiguration"];
  if (isAbsent(endpoint)) write(domain, "EndpointConfiguration", own("REGIONAL"));
  else if (!isText(endpoint) || !TYPES.includes(endpoint)) {
    throw invalidResource(id, "EndpointConfiguration for Custom Domains must be one of ['EDGE', 'REGIONAL', 'PRIVATE'].");
  }
  return String(domain["EndpointConfiguration"]);
}

function mutualTls(id: string, given: Value): Value {
  if (!isTruthy(given)) return undefined;
  const section = expectMap(given, resourceOwner(id), "Domain.MutualTlsAuthentication");
  const members = ["TruststoreUri", "TruststoreVersion"];
  if (!Object.keys(section).every((name) => members.includes(name))) {
    throw invalidResource(id, "Available Domain.MutualTlsAuthentication fields are ['TruststoreUri', 'TruststoreVersion'].");
  }
  return Object.fromEntries(members.filter((name) => isTruthy(section[name])).map((name) => [name, section[name]]));
}

function basePaths({ id, passedOn }: Declared, domain: Section, domainId: string, isPrivate: boolean): Resource[] {
  const type = `AWS::ApiGateway::BasePathMapping${isPrivate ? "V2" : ""}`;
  const properties = (BasePath?: Value): Section => ({
    [isPrivate ? "DomainNameArn" : "DomainName"]: ref(domainId),
    RestApiId: ref(id),
    Stage: ref(`${id}.Stage`),
    BasePath,
  });
  const given = domain["BasePath"];
  if (!isTruthy(given) || (!isText(given) && !isList(given))) return [resource(type, `${id}BasePathMapping`, properties(), passedOn)];
  const paths = expectListOf(expectText)(isText(given) ? [given] : given, resourceOwner(id), "Domain.BasePath");
  const isNormalized = isTruthy(Object.hasOwn(domain, "NormalizeBasePath") ? domain["NormalizeBasePath"] : true);
  return paths.map((path) => {
    const normalized = path.replace(/[^\p{L}\p{N}]/gu, "");
    return resource(type, `${id}${normalized}BasePathMapping`, properties(isNormalized ? normalized : path), passedOn);
  });
}

/** The zone of all CloudFront distributions. https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html */
const CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2";

function aliasTarget({ EndpointConfiguration }: Section, route53: Section, domainId: string): Section {
  if (EndpointConfiguration === "REGIONAL") {
    return { HostedZoneId: getAtt(domainId, "RegionalHostedZoneId"), DNSName: getAtt(domainId, "RegionalDomainName") };
  }
  if (EndpointConfiguration === "PRIVATE") {
    return { HostedZoneId: route53["VpcEndpointHostedZoneId"], DNSName: route53["VpcEndpointDomainName"] };
  }
  if (isAbsent(route53["DistributionDomainName"])) {
    const name = plain({ "Fn::GetAtt": list(own(domainId), own("DistributionDomainName")) });
    write(route53, "DistributionDomainName", name);
  }
  return { HostedZoneId: CLOUDFRONT_ZONE, DNSName: route53["DistributionDomainName"] };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-custom-domains.html */
function accessAssociation({ id, passedOn }: Declared, given: Value, domainId: string): Resource[] {
  if (isAbsent(given)) return [];
  const { VpcEndpointId } = expectMap(given, resourceOwner(id), "Domain.AccessAssociation");
  const properties = {
    DomainNameArn: ref(domainId),
    AccessAssociationSourceType: "VPCE",
    AccessAssociationSource: VpcEndpointId,
  };
  const itsId = `DomainNameAccessAssociation${shortHash([VpcEndpointId, domainId])}`;
  return [resource("AWS::ApiGateway::DomainNameAccessAssociation", itsId, properties, passedOn)];
}
