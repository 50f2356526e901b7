import { authorizerPermissions } from "./api/auth.ts";
import { definitionOf } from "./api/definition.ts";
import { deploymentAndStage } from "./api/deployment.ts";
import { customDomain } from "./api/domain.ts";
import { usagePlan } from "./api/usage-plan.ts";
import type { Context } from "./context.ts";
import { isSection, isTruthy, type Section, type Value } from "./draft.ts";
import { invalidResource } from "./invalid.ts";
import { definitionLocation } from "./openapi/location.ts";
import { toOpenApi3 } from "./openapi/openapi-3.ts";
import { versionText } from "./openapi/path.ts";
import { boolean, integer, list, map, may, mayBeLiteral, must, oneOf, text } from "./property.ts";
import { type Resource, resource } from "./resource.ts";
import type { Declared, ServerlessType } from "./serverless-type.ts";
import { propagateTags } from "./tag.ts";

/** A REST API. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html */
export const api: ServerlessType = {
  type: "AWS::Serverless::Api",
  properties: {
    // Of SAM's own: that events may write into the definition.
    __MANAGE_SWAGGER: may(boolean),
    Name: may(oneOf(text, map)),
    StageName: must(oneOf(text, map)),
    Tags: may(map),
    PropagateTags: may(boolean),
    DefinitionBody: may(map),
    DefinitionUri: may(oneOf(text, map)),
    MergeDefinitions: mayBeLiteral(boolean),
    CacheClusterEnabled: may(boolean),
    CacheClusterSize: may(text),
    Variables: may(map),
    EndpointConfiguration: may(oneOf(text, map)),
    MethodSettings: may(list),
    BinaryMediaTypes: may(list),
    MinimumCompressionSize: may(integer),
    Cors: may(oneOf(text, map)),
    Auth: may(map),
    GatewayResponses: may(map),
    AccessLogSetting: may(map),
    CanarySetting: may(map),
    TracingEnabled: may(boolean),
    OpenApiVersion: may(text),
    Models: may(map),
    Domain: may(map),
    FailOnWarnings: may(boolean),
    Description: may(text),
    Mode: may(text),
    DisableExecuteApiEndpoint: may(boolean),
    ApiKeySourceType: may(text),
    AlwaysDeploy: mayBeLiteral(boolean),
    Policy: may(oneOf(text, map)),
    SecurityPolicy: may(text),
    EndpointAccessMode: may(text),
  },
  referable: {
    Stage: "AWS::ApiGateway::Stage",
    Deployment: "AWS::ApiGateway::Deployment",
    DomainName: "AWS::ApiGateway::DomainName",
    DomainNameV2: "AWS::ApiGateway::DomainNameV2",
    UsagePlan: "AWS::ApiGateway::UsagePlan",
    UsagePlanKey: "AWS::ApiGateway::UsagePlanKey",
    ApiKey: "AWS::ApiGateway::ApiKey",
  },
  transform,
};

function transform(declared: Declared, context: Context): Resource[] {
  const { properties } = declared;
  for (const name of ["BinaryMediaTypes", "Domain", "Auth"]) properties[name] = context.resolve(properties[name]);
  const rest = restApi(declared, context);
  const domain = customDomain(declared, context);
  const [deployment, stage] = deploymentAndStage(declared, rest.properties["Body"] ?? rest.properties["BodyS3Location"], context);
  const resources = [
    rest,
    deployment,
    stage,
    ...authorizerPermissions(declared, context),
    ...domain.made,
    ...usagePlan(declared, stage.id, context),
    ...domain.association,
  ];
  propagateTags(resources, properties["Tags"], properties["PropagateTags"]);
  return resources;
}

function restApi(declared: Declared, context: Context): Resource {
  const { id, properties, attributes, dependsOn } = declared;
  check(declared);
  const { DefinitionUri, OpenApiVersion } = properties;
  const made: Section = {
    BinaryMediaTypes: properties["BinaryMediaTypes"],
    MinimumCompressionSize: properties["MinimumCompressionSize"],
    ...endpoint(id, properties["EndpointConfiguration"], context),
  };
  const definition = definitionOf(declared, context);
  if (isTruthy(DefinitionUri)) made["BodyS3Location"] = definitionLocation(id, DefinitionUri);
  else if (isTruthy(definition) && isSection(definition)) made["Body"] = toOpenApi3(definition, OpenApiVersion, context);
  for (const name of AS_GIVEN) if (isTruthy(properties[name])) made[name] = properties[name];
  return resource("AWS::ApiGateway::RestApi", id, made, attributes, dependsOn);
}

const AS_GIVEN = ["FailOnWarnings", "Name", "Description", "Mode", "ApiKeySourceType", "Policy", "SecurityPolicy", "EndpointAccessMode"];

function check({ id, properties }: Declared): void {
  const { DefinitionBody, DefinitionUri, MergeDefinitions, OpenApiVersion } = properties;
  const invalid = (message: string) => invalidResource(id, message);
  if (isTruthy(DefinitionUri) && isTruthy(DefinitionBody)) {
    throw invalid("Specify either 'DefinitionUri' or 'DefinitionBody' property and not both.");
  }
  if (isTruthy(DefinitionUri) && isTruthy(MergeDefinitions)) {
    throw invalid("Cannot set 'MergeDefinitions' to True when using `DefinitionUri`.");
  }
  if (isTruthy(OpenApiVersion) && !/^[2-3](\.\d)(\.\d)?$/.test(versionText(OpenApiVersion))) {
    throw invalid("The OpenApiVersion value must be of the format '3.0.0'.");
  }
}

/** Partitions without CloudFront have no edge-optimized APIs, which are the default elsewhere. */
const hasEdge = ({ partition }: Context): boolean =>
  !partition.startsWith("aws-iso") && !["aws-us-gov", "aws-cn", "aws-eusc"].includes(partition);

function endpoint(id: string, given: Value, context: Context): Section {
  const wanted = isTruthy(given) ? given : hasEdge(context) ? undefined : "REGIONAL";
  if (wanted === undefined) return {};
  if (!isSection(wanted) || !isTruthy(wanted["Type"])) {
    return { EndpointConfiguration: { Types: [wanted] }, Parameters: { endpointConfigurationTypes: wanted } };
  }
  const [one, other] = ["VPCEndpointIds", "VpcEndpointIds"].map((name) => Object.hasOwn(wanted, name));
  if (one && other) {
    throw invalidResource(id, "'VPCEndpointIds' and 'VpcEndpointIds' cannot be used together in EndpointConfiguration.");
  }
  const { IpAddressType, Type, VPCEndpointIds, VpcEndpointIds } = wanted;
  return {
    EndpointConfiguration: {
      Types: [Type],
      ...(one || other ? { VpcEndpointIds: isTruthy(VPCEndpointIds) ? VPCEndpointIds : VpcEndpointIds } : {}),
      ...(Object.hasOwn(wanted, "IpAddressType") ? { IpAddressType } : {}),
    },
    Parameters: { endpointConfigurationTypes: Type },
  };
}
