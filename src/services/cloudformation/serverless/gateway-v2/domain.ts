import { asSection, isAbsent, isList, isSection, isText, isTruthy, type Section, type Value } from "../draft.ts";
import { getAtt, ref } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { shortHash } from "../logical-id.ts";
import { recordSetGroup } from "../record-set.ts";
import { type Resource, resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";

/**
 * The custom domain of an HTTP or WebSocket API, and what of it leads to the API.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-httpapidomainconfiguration.html
 */
export function customDomain(declared: Declared, tagName: string, groups: Map<string, Resource>): Resource[] {
  const { id, properties, passedOn } = declared;
  if (isAbsent(properties["Domain"])) return [];
  const domain = asSection(properties["Domain"]);
  const { CertificateArn, DomainName, OwnershipVerificationCertificateArn, SecurityPolicy } = domain;
  if (isAbsent(DomainName) || isAbsent(CertificateArn)) {
    throw invalidResource(id, "Custom Domains only works if both DomainName and CertificateArn are provided.");
  }
  const domainId = `ApiGatewayDomainNameV2${shortHash(DomainName)}`;
  const endpoint = domain["EndpointConfiguration"] ?? "REGIONAL";
  if (endpoint !== "REGIONAL") throw invalidResource(id, "EndpointConfiguration for Custom Domains must be one of ['REGIONAL'].");
  const configuration = {
    CertificateArn,
    EndpointType: endpoint,
    ...(isTruthy(OwnershipVerificationCertificateArn) ? { OwnershipVerificationCertificateArn } : {}),
    ...(isTruthy(SecurityPolicy) ? { SecurityPolicy } : {}),
  };
  const made = {
    DomainName,
    DomainNameConfigurations: [configuration],
    MutualTlsAuthentication: mutualTls(id, domain["MutualTlsAuthentication"]),
    Tags: { [tagName]: "SAM" },
  };
  const resources = [
    resource("AWS::ApiGatewayV2::DomainName", domainId, made, passedOn),
    ...mappings(declared, domain["BasePath"], domainId),
  ];
  const target = { HostedZoneId: getAtt(domainId, "RegionalHostedZoneId"), DNSName: getAtt(domainId, "RegionalDomainName") };
  const group = recordSetGroup(declared, domain, () => target, { mayBeSeparate: false, groups });
  return group === undefined ? resources : [...resources, group];
}

function mutualTls(id: string, given: Value): Value {
  if (!isTruthy(given)) return undefined;
  const members = ["TruststoreUri", "TruststoreVersion"];
  const all = "['TruststoreUri', 'TruststoreVersion'].";
  if (!isSection(given)) {
    throw invalidResource(id, `MutualTlsAuthentication must be a map with at least one of the following fields ${all}`);
  }
  const unknown = Object.keys(given).filter((name) => !members.includes(name));
  // SAM names the wrong fields where the id should be.
  if (unknown.length > 0) throw invalidResource(unknown.sort().join(","), `Available MutualTlsAuthentication fields are ${all}`);
  return Object.fromEntries(members.filter((name) => isTruthy(given[name])).map((name) => [name, given[name]]));
}

function mappings({ id, passedOn }: Declared, given: Value, domainId: string): Resource[] {
  const mapping = (itsId: string, ApiMappingKey?: string): Resource =>
    resource(
      "AWS::ApiGatewayV2::ApiMapping",
      itsId,
      { DomainName: ref(domainId), ApiId: ref(id), Stage: ref(`${id}.Stage`), ApiMappingKey },
      passedOn,
    );
  if (!isTruthy(given) || (!isText(given) && !isList(given))) return [mapping(`${id}ApiMapping`)];
  return (isText(given) ? [given] : given).map((path) => {
    if (!isText(path)) throw invalidResource(id, "Basepath must be a string.");
    if (/[^0-9a-zA-Z/\-_]/.test(path)) throw invalidResource(id, "Invalid Basepath name provided.");
    return mapping(`${id}${path.replace(/[-_/]+/g, "")}ApiMapping`, path.replace(/^\/+|\/+$/g, ""));
  });
}

/** That API Gateway may call the function of an authorizer. */
export function authorizerPermission({ id, passedOn }: Declared, itsId: string, functionArn: Value): Resource {
  const arn = `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${__ApiId__}/authorizers/*`;
  const properties: Section = {
    Action: "lambda:InvokeFunction",
    FunctionName: functionArn,
    Principal: "apigateway.amazonaws.com",
    SourceArn: { "Fn::Sub": [arn, { __ApiId__: ref(id) }] },
  };
  return resource("AWS::Lambda::Permission", itsId, properties, passedOn);
}
