import type { Context } from "./context.ts";
import { isAbsent, isSection, isText, isTruthy, type Section } from "./draft.ts";
import { authorizerPermission, customDomain } from "./gateway-v2/domain.ts";
import { readAuthorizers } from "./http-api/authorizer.ts";
import { definitionOf, HTTP_TAG } from "./http-api/definition.ts";
import { ref } from "./intrinsic.ts";
import { invalidResource } from "./invalid.ts";
import { shortHash } from "./logical-id.ts";
import { definitionLocation } from "./openapi/location.ts";
import { boolean, map, may, oneOf, passed, text } from "./property.ts";
import { newGroups } from "./record-set.ts";
import { type Resource, resource } from "./resource.ts";
import type { Declared, ServerlessType } from "./serverless-type.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-httpapi.html */
export const httpApi: ServerlessType = {
  type: "AWS::Serverless::HttpApi",
  properties: {
    // Of SAM's own: that events may write into the definition.
    __MANAGE_SWAGGER: may(boolean),
    Name: passed,
    StageName: may(oneOf(text, map)),
    Tags: may(map),
    PropagateTags: may(boolean),
    DefinitionBody: may(map),
    DefinitionUri: may(oneOf(text, map)),
    StageVariables: may(map),
    CorsConfiguration: may(oneOf(boolean, map)),
    AccessLogSettings: may(map),
    DefaultRouteSettings: may(map),
    Auth: may(map),
    RouteSettings: may(map),
    Domain: may(map),
    FailOnWarnings: may(boolean),
    Description: may(text),
    DisableExecuteApiEndpoint: may(boolean),
  },
  referable: { Stage: "AWS::ApiGatewayV2::Stage", DomainName: "AWS::ApiGatewayV2::DomainName" },
  transform,
};

function transform(declared: Declared, context: Context): Resource[] {
  const { properties } = declared;
  for (const name of ["CorsConfiguration", "Domain"]) properties[name] = context.resolve(properties[name]);
  const isInline = !isAbsent(properties["DefinitionBody"]);
  const made = api(declared, context);
  const domain = customDomain(declared, HTTP_TAG, context.shared(newGroups));
  const permissions = authorizerPermissions(declared);
  const its = stage(declared);
  // The tags of the API stand in its definition; where that is inline, they go to what else is made.
  const tags = properties["Tags"];
  if (isInline && isTruthy(tags)) {
    for (const { type, properties } of [...domain, its]) if (type === "AWS::ApiGatewayV2::DomainName") properties["Tags"] = tags;
    its.properties["Tags"] = tags;
  }
  return [made, ...permissions, ...domain, its];
}

function api(declared: Declared, context: Context): Resource {
  const { id, properties, attributes, dependsOn } = declared;
  const { DefinitionBody, DefinitionUri, FailOnWarnings } = properties;
  if (isTruthy(DefinitionUri) && isTruthy(DefinitionBody)) {
    throw invalidResource(id, "Specify either 'DefinitionUri' or 'DefinitionBody' property and not both.");
  }
  const definition = definitionOf(declared, context);
  if (!isTruthy(DefinitionUri) && !isTruthy(definition)) {
    throw invalidResource(
      id,
      "'DefinitionUri' or 'DefinitionBody' are required properties of an 'AWS::Serverless::HttpApi'. " +
        "Add a value for one of these properties or add a 'HttpApi' event to an 'AWS::Serverless::Function'.",
    );
  }
  const made: Section = {
    FailOnWarnings: isTruthy(FailOnWarnings) ? FailOnWarnings : undefined,
    ...(isTruthy(DefinitionUri) ? { BodyS3Location: definitionLocation(id, DefinitionUri) } : { Body: definition }),
  };
  return resource("AWS::ApiGatewayV2::Api", id, made, attributes, dependsOn);
}

function authorizerPermissions(declared: Declared): Resource[] {
  const { id, properties } = declared;
  const auth = properties["Auth"];
  if (!isTruthy(auth) || !isSection(auth)) return [];
  return readAuthorizers(id, auth)
    .filter(({ given }) => isTruthy(given["FunctionArn"]) && isTruthy(given["EnableFunctionDefaultPermissions"]))
    .map(({ given, name }) => authorizerPermission(declared, `${id}${name}AuthorizerPermission`, given["FunctionArn"]));
}

const DEFAULT_STAGE = "$default";

function stage({ id, properties, passedOn }: Declared): Resource {
  const name = isTruthy(properties["StageName"]) ? properties["StageName"] : DEFAULT_STAGE;
  const prefix = isText(name) ? name : "";
  const byName = /^[\p{L}\p{N}]+$/u.test(prefix) ? `${prefix}Stage` : `Stage${shortHash(prefix)}`;
  const made = {
    ApiId: ref(id),
    StageName: name,
    StageVariables: properties["StageVariables"],
    AccessLogSettings: properties["AccessLogSettings"],
    DefaultRouteSettings: properties["DefaultRouteSettings"],
    RouteSettings: properties["RouteSettings"],
    Tags: properties["Tags"],
    AutoDeploy: true,
  };
  return resource("AWS::ApiGatewayV2::Stage", `${id}${name === DEFAULT_STAGE ? "ApiGatewayDefaultStage" : byName}`, made, passedOn);
}
