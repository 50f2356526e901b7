import { authorizerPermission } from "./api-v2/authorizer.ts";
import { domainOfApi } from "./api-v2/domain.ts";
import type { Context } from "./context.ts";
import { asSection, hasMember, isAbsent, isText, isTruthy, type Section, unlessEmpty, type Value } from "./draft.ts";
import { isIntrinsic, join, ref, sub } from "./intrinsic.ts";
import { invalidResource } from "./invalid.ts";
import { boolean, map, may, must, oneOf, text } from "./property.ts";
import { type Resource, resource } from "./resource.ts";
import type { Declared, ServerlessType } from "./serverless-type.ts";
import { propagateTags } from "./tag.ts";

const MARK = "websocketapi:createdBy";

/**
 * Of all types, this one drops its Condition and DeletionPolicy: SAM does.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-websocketapi.html
 */
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
  const { id, properties } = declared;
  for (const name of ["Auth", "Domain", "Routes"]) properties[name] = context.resolve(properties[name]);
  const { Domain, Tags } = properties;
  checkApi(declared);
  const api = apiOf(declared);
  const domain = isAbsent(Domain)
    ? []
    : domainOfApi({ id, domain: asSection(Domain), mark: MARK, passedOn: {}, recordSetGroups: new Map() });
  const stage = stageOf(declared);
  const routes = Object.entries(asSection(properties["Routes"])).flatMap(([key, route]) => routeOf(declared, key, asSection(route)));
  if (isTruthy(properties["RouteSettings"])) {
    stage.dependsOn = routes.filter(({ type }) => type === "AWS::ApiGatewayV2::Route").map((route) => route.id);
  }
  const resources = [api, ...routes, ...domain, stage, ...authorizerOf(declared)];
  propagateTags(resources, Tags, properties["PropagateTags"]);
  return resources;
}

function checkApi({ id, properties }: Declared): void {
  const { Auth, Domain, IpAddressType, Routes } = properties;
  if (!isTruthy(Routes)) throw invalidResource(id, "WebSocket API must have at least one route.");
  if (!isAbsent(IpAddressType) && !isIntrinsic(IpAddressType) && IpAddressType !== "ipv4" && IpAddressType !== "dualstack") {
    throw invalidResource(id, "IpAddressType must be 'ipv4' or 'dualstack'.");
  }
  if (isTruthy(Domain) && isTruthy(asSection(Domain)["MutualTlsAuthentication"])) {
    throw invalidResource(id, "Mutual TLS domain name association is not supported for Websocket APIs.");
  }
  if (isTruthy(Auth) && !hasMember(Routes, "$connect")) {
    throw invalidResource(id, "Authorization is only available if there is a $connect route.");
  }
}

function apiOf({ id, properties, dependsOn }: Declared): Resource {
  // SAM puts its mark into the tags themselves, so that it is also propagated.
  const tags = isTruthy(properties["Tags"]) ? asSection(properties["Tags"]) : {};
  tags[MARK] = "SAM";
  const made: Section = { Name: properties["Name"] ?? id, ProtocolType: "WEBSOCKET", Tags: tags };
  for (const name of AS_GIVEN) made[name] = properties[name];
  return resource("AWS::ApiGatewayV2::Api", id, made, {}, dependsOn);
}

const AS_GIVEN = [
  "ApiKeySelectionExpression",
  "Description",
  "DisableExecuteApiEndpoint",
  "DisableSchemaValidation",
  "IpAddressType",
  "RouteSelectionExpression",
];

function stageOf({ id, properties }: Declared): Resource {
  const name = stageName(properties);
  if (name === "$default") throw invalidResource(id, "Stages cannot be named $default for WebSocket APIs.");
  const { AccessLogSettings, DefaultRouteSettings, RouteSettings, StageVariables } = properties;
  const made = {
    ApiId: ref(id),
    StageName: name,
    StageVariables,
    AccessLogSettings,
    DefaultRouteSettings,
    RouteSettings,
    AutoDeploy: true,
    Tags: { [MARK]: "SAM" },
  };
  const suffix = isText(name) ? (name === DEFAULT_STAGE ? "Default" : name) : "";
  return resource("AWS::ApiGatewayV2::Stage", `${id}${suffix}Stage`, made);
}

const DEFAULT_STAGE = "default";

const stageName = ({ StageName }: Section): Value => StageName ?? DEFAULT_STAGE;

/** A route with its integration, and the permission to invoke its function. */
function routeOf({ id, properties }: Declared, key: string, route: Section): Resource[] {
  const named = id + nameOfKey(id, key);
  const { FunctionArn, IntegrationTimeout, RequestParameters } = route;
  if (isTruthy(RequestParameters) && key !== "$connect") {
    throw invalidResource(id, "Request parameters are only supported for the $connect route in WebSocket APIs.");
  }
  const made = {
    RouteKey: key,
    ApiId: ref(id),
    ApiKeyRequired: route["ApiKeyRequired"],
    ModelSelectionExpression: route["ModelSelectionExpression"],
    OperationName: route["OperationName"],
    RequestModels: route["RequestModels"],
    RequestParameters: unlessEmpty(RequestParameters),
    RouteResponseSelectionExpression: route["RouteResponseSelectionExpression"],
    Target: join("/", ["integrations", ref(`${named}Integration`)]),
    ...(key === "$connect" ? authorizationOf(id, asSection(properties["Auth"])) : {}),
  };
  if (!hasMember(route, "FunctionArn")) throw invalidResource(id, "Route must have associated function.");
  const integration = {
    ApiId: ref(id),
    IntegrationType: "AWS_PROXY",
    IntegrationUri: invocationOf("FunctionArn", FunctionArn),
    TimeoutInMillis: IntegrationTimeout,
  };
  const stage = stageName(properties);
  const source = `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${${id}.ApiId}/`;
  const permission = {
    Action: "lambda:InvokeFunction",
    FunctionName: FunctionArn,
    Principal: "apigateway.amazonaws.com",
    SourceArn: isText(stage) ? sub(`${source}${stage}/${key}`) : sub(`${source}\${__StageName__}/${key}`, { __StageName__: stage }),
  };
  return [
    resource("AWS::ApiGatewayV2::Route", `${named}Route`, made),
    resource("AWS::ApiGatewayV2::Integration", `${named}Integration`, integration),
    resource("AWS::Lambda::Permission", `${named}Permission`, permission),
  ];
}

function nameOfKey(id: string, key: string): string {
  const bare = ["$connect", "$disconnect", "$default"].includes(key) ? key.slice(1) : key;
  if (/^[\p{L}\p{N}]+$/u.test(bare)) return bare[0]!.toUpperCase() + bare.slice(1).toLowerCase();
  throw invalidResource(
    id,
    `Route key '${key}' must be alphanumeric. Only $connect, $disconnect, and $default special routes are supported.`,
  );
}

const invocationOf = (variable: string, functionArn: Value): Section =>
  sub(`arn:\${AWS::Partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${${variable}}/invocations`, {
    [variable]: functionArn,
  });

/** Who may connect, as the route $connect says it. */
function authorizationOf(id: string, auth: Section): Section {
  if (!isTruthy(auth)) return {};
  const { AuthArn, AuthType } = auth;
  if (!isTruthy(AuthType)) throw invalidResource(id, "AuthType must be specified for additional auth configurations.");
  const type = String(AuthType).toUpperCase();
  if (!["NONE", "AWS_IAM", "CUSTOM"].includes(type)) throw invalidResource(id, "AuthType is not one of AWS_IAM, CUSTOM or NONE.");
  if (type === "CUSTOM" && !isTruthy(AuthArn)) throw invalidResource(id, "AuthArn must be specified if AuthType is CUSTOM.");
  if (type !== "CUSTOM" && Object.keys(auth).length > 1) {
    throw invalidResource(id, `No additional configurations supported for AuthType ${type}.`);
  }
  // Checked in any case, taken as it stands.
  if (AuthType === "CUSTOM") return { AuthorizationType: "CUSTOM", AuthorizerId: ref(`${id}ConnectAuthorizer`) };
  return { AuthorizationType: AuthType === "AWS_IAM" ? "AWS_IAM" : "NONE" };
}

function authorizerOf({ id, properties }: Declared): Resource[] {
  const { AuthArn, AuthType, IdentitySource, InvokeRole, Name } = asSection(properties["Auth"]);
  if (AuthType !== "CUSTOM") return [];
  const authorizerId = `${id}ConnectAuthorizer`;
  const made = {
    ApiId: ref(id),
    AuthorizerCredentialsArn: InvokeRole,
    AuthorizerType: "REQUEST",
    AuthorizerUri: invocationOf("AuthArn", AuthArn),
    IdentitySource,
    Name: unlessEmpty(Name) ?? authorizerId,
  };
  const authorizer = resource("AWS::ApiGatewayV2::Authorizer", authorizerId, made);
  if (isTruthy(InvokeRole)) return [authorizer];
  return [authorizer, resource("AWS::Lambda::Permission", `${id}AuthorizerPermission`, authorizerPermission(AuthArn, ref(id)))];
}
