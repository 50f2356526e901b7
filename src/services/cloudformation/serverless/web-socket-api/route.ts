import { asSection, isText, isTruthy, type Section } from "../draft.ts";
import { join, ref, sub } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { type Resource, resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";
import { checkAuth, connectAuth } from "./authorizer.ts";

/** Not $default, which is the name of a route here. */
export const DEFAULT_STAGE = "default";

/** Every route with its integration, and that API Gateway may call the function. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-develop-routes.html */
export const routes = (declared: Declared): Resource[] =>
  Object.entries(asSection(declared.properties["Routes"])).flatMap(([key, given]) => route(declared, key, asSection(given)));

function route(declared: Declared, key: string, given: Section): Resource[] {
  const { id, passedOn } = declared;
  const base = id + idOf(id, key);
  const isConnect = key === "$connect";
  if (isTruthy(given["RequestParameters"]) && !isConnect) {
    throw invalidResource(id, "Request parameters are only supported for the $connect route in WebSocket APIs.");
  }
  const integrationId = `${base}Integration`;
  const its: Section = { RouteKey: key, ApiId: ref(id), Target: join("/", ["integrations", ref(integrationId)]) };
  for (const name of AS_GIVEN) its[name] = given[name];
  if (isTruthy(given["RequestParameters"])) its["RequestParameters"] = given["RequestParameters"];
  const made = resource("AWS::ApiGatewayV2::Route", `${base}Route`, its, passedOn);
  checkAuth(declared);
  if (isConnect) Object.assign(made.properties, connectAuth(declared));
  if (!Object.hasOwn(given, "FunctionArn")) throw invalidResource(id, "Route must have associated function.");
  const uri = `arn:\${AWS::Partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${FunctionArn}/invocations`;
  const integration = {
    ApiId: ref(id),
    IntegrationType: "AWS_PROXY",
    IntegrationUri: sub(uri, { FunctionArn: given["FunctionArn"] }),
    TimeoutInMillis: given["IntegrationTimeout"],
  };
  return [
    made,
    resource("AWS::ApiGatewayV2::Integration", integrationId, integration, passedOn),
    permission(declared, `${base}Permission`, key, given),
  ];
}

const AS_GIVEN = ["ApiKeyRequired", "ModelSelectionExpression", "OperationName", "RequestModels", "RouteResponseSelectionExpression"];

function idOf(id: string, key: string): string {
  const name = ["$connect", "$disconnect", "$default"].includes(key) ? key.slice(1) : key;
  if (/^[\p{L}\p{N}]+$/u.test(name)) return name[0]!.toUpperCase() + name.slice(1).toLowerCase();
  throw invalidResource(
    id,
    `Route key '${key}' must be alphanumeric. Only $connect, $disconnect, and $default special routes are supported.`,
  );
}

function permission({ id, properties, passedOn }: Declared, itsId: string, key: string, { FunctionArn }: Section): Resource {
  const stage = properties["StageName"] ?? DEFAULT_STAGE;
  const prefix = `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${${id}.ApiId}`;
  const made = {
    Action: "lambda:InvokeFunction",
    FunctionName: FunctionArn,
    Principal: "apigateway.amazonaws.com",
    SourceArn: isText(stage) ? sub(`${prefix}/${stage}/${key}`) : sub(`${prefix}/\${__StageName__}/${key}`, { __StageName__: stage }),
  };
  return resource("AWS::Lambda::Permission", itsId, made, passedOn);
}
