import type { Context } from "./context.ts";
import { asSection, isAbsent, isText, isTruthy, type Section } from "./draft.ts";
import { customDomain } from "./gateway-v2/domain.ts";
import { isIntrinsic, ref } from "./intrinsic.ts";
import { invalidResource } from "./invalid.ts";
import { boolean, map, may, must, oneOf, text } from "./property.ts";
import { newGroups } from "./record-set.ts";
import { type Resource, resource } from "./resource.ts";
import type { Declared, ServerlessType } from "./serverless-type.ts";
import { authorizer } from "./web-socket-api/authorizer.ts";
import { DEFAULT_STAGE, routes } from "./web-socket-api/route.ts";

const TAG = "websocketapi:createdBy";

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html */
export const webSocketApi: ServerlessType = {
  type: "AWS::Serverless::WebSocketApi",
  properties: {
    ApiKeySelectionExpression: may(text),
    AccessLogSettings: may(map),
    Auth: may(map),
    DefaultRouteSettings: may(map),
    Description: may(text),
    DisableExecuteApiEndpoint: may(boolean),
    Domain: may(map),
    DisableSchemaValidation: may(boolean),
    FailOnWarnings: may(boolean),
    IpAddressType: may(text),
    Name: may(text),
    PropagateTags: may(boolean),
    Routes: must(map),
    RouteSettings: may(map),
    RouteSelectionExpression: must(text),
    StageName: may(oneOf(text, map)),
    StageVariables: may(map),
    Tags: may(map),
  },
  referable: { Stage: "AWS::ApiGatewayV2::Stage", DomainName: "AWS::ApiGatewayV2::DomainName" },
  transform,
};

function transform(declared: Declared, context: Context): Resource[] {
  const { properties } = declared;
  for (const name of ["Auth", "Domain", "Routes"]) properties[name] = context.resolve(properties[name]);
  check(declared);
  const made = api(declared);
  // Each has a group of its own, with the id of the zone's: with several in one zone, the last one stays.
  const domain = customDomain(declared, TAG, newGroups());
  const its = stage(declared);
  const paths = routes(declared);
  if (isTruthy(properties["RouteSettings"])) {
    its.dependsOn = paths.filter(({ type }) => type === "AWS::ApiGatewayV2::Route").map(({ id }) => id);
  }
  const resources = [made, ...paths, ...domain, its, ...authorizer(declared)];
  const tags = properties["Tags"];
  if (isTruthy(properties["PropagateTags"]) && isTruthy(tags)) {
    const tagged = ["AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::Stage"];
    for (const { type, properties } of resources) if (tagged.includes(type)) properties["Tags"] = tags;
  }
  return resources;
}

function check({ id, properties }: Declared): void {
  const { Auth, Domain, IpAddressType, Routes } = properties;
  if (!isTruthy(Routes)) throw invalidResource(id, "WebSocket API must have at least one route.");
  const isKnown = IpAddressType === "ipv4" || IpAddressType === "dualstack";
  if (!isAbsent(IpAddressType) && !isIntrinsic(IpAddressType) && !isKnown) {
    throw invalidResource(id, "IpAddressType must be 'ipv4' or 'dualstack'.");
  }
  if (isTruthy(asSection(Domain)["MutualTlsAuthentication"])) {
    throw invalidResource(id, "Mutual TLS domain name association is not supported for Websocket APIs.");
  }
  if (isTruthy(Auth) && !Object.hasOwn(asSection(Routes), "$connect")) {
    throw invalidResource(id, "Authorization is only available if there is a $connect route.");
  }
}

function api({ id, properties, attributes, dependsOn }: Declared): Resource {
  const tags = isTruthy(properties["Tags"]) ? (properties["Tags"] as Section) : {};
  tags[TAG] = "SAM";
  properties["Tags"] = tags;
  const made: Section = { Name: properties["Name"] ?? id, ProtocolType: "WEBSOCKET", Tags: tags };
  for (const name of AS_GIVEN) made[name] = properties[name];
  return resource("AWS::ApiGatewayV2::Api", id, made, attributes, dependsOn);
}

const AS_GIVEN = [
  "ApiKeySelectionExpression",
  "Description",
  "DisableExecuteApiEndpoint",
  "DisableSchemaValidation",
  "IpAddressType",
  "RouteSelectionExpression",
];

function stage({ id, properties, passedOn }: Declared): Resource {
  const name = properties["StageName"] ?? DEFAULT_STAGE;
  if (name === "$default") throw invalidResource(id, "Stages cannot be named $default for WebSocket APIs.");
  const prefix = name === DEFAULT_STAGE ? "Default" : isText(name) ? name : "";
  const made = {
    ApiId: ref(id),
    StageName: name,
    StageVariables: properties["StageVariables"],
    AccessLogSettings: properties["AccessLogSettings"],
    DefaultRouteSettings: properties["DefaultRouteSettings"],
    RouteSettings: properties["RouteSettings"],
    Tags: { [TAG]: "SAM" },
    AutoDeploy: true,
  };
  return resource("AWS::ApiGatewayV2::Stage", `${id}${prefix}Stage`, made, passedOn);
}
