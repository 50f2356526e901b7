import type { Context } from "../context.ts";
import { asSection, hasMember, isAbsent, isList, isTruthy, member, type Section } from "../draft.ts";
import { expectMap, resourceOwner } from "../expect.ts";
import { sub } from "../intrinsic.ts";
import { invalidEvent } from "../invalid.ts";
import { editHttpApi, type HttpDefinition, openHttpApi } from "../openapi/http.ts";
import { addHttpIntegration, addPathParameters, invokesByDefault, setPayloadVersion } from "../openapi/http-integration.ts";
import { demandOfRoute } from "../openapi/http-security.ts";
import { type Route, setTimeoutOf } from "../openapi/integration.ts";
import { ANY_METHOD, DEFAULT_PATH, definitionsOf, hasIntegration } from "../openapi/path.ts";
import { integer, map, may, text } from "../property.ts";
import type { Resource } from "../resource.ts";
import { type DeclaredEvent, type EventSource, type Invoked, permission } from "./event-source.ts";
import { apiIdOf, invocationUri, routeOf } from "./rest-api.ts";
import { requireAuthorizer } from "./rest-api-auth.ts";

/** A route of an HTTP API that invokes the function. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-httpapi.html */
export const httpApi: EventSource = {
  type: "HttpApi",
  properties: {
    Path: may(text),
    Method: may(text),
    ApiId: may(text),
    Stage: may(text),
    Auth: may(map),
    TimeoutInMillis: may(integer),
    RouteSettings: may(map),
    PayloadFormatVersion: may(text),
  },
  transform,
};

function transform(event: DeclaredEvent, invoked: Invoked, { declared }: Context): Resource[] {
  const id = String(apiIdOf(event.properties["ApiId"]));
  const api = asSection(member(member(declared["Resources"], id), "Properties"));
  const route = routeOf(event);
  const made = permissions(event, route, id, api, invoked);
  if (!isAbsent(api["DefinitionBody"])) {
    api["DefinitionBody"] = editHttpApi(api["DefinitionBody"], (definition) => integrate(definition, event, route, id, api, invoked));
  }
  return made;
}

/** The permission for one route; none where the function takes the API's default route, whose permission is for all. */
function permissions(event: DeclaredEvent, { path, method }: Route, id: string, api: Section, invoked: Invoked): Resource[] {
  const definition = isTruthy(api["DefinitionBody"]) ? openHttpApi(api["DefinitionBody"], id) : undefined;
  const trimmed = path.replace(/^(.+)\/$/, "$1");
  const isDefault = trimmed === DEFAULT_PATH;
  if (!isDefault && definition !== undefined && invokesByDefault(definition, invoked.target.id)) return [];
  const its = isDefault ? "" : trimmed.replace(/\{([a-zA-Z0-9._-]+|proxy\+)\}/g, "*");
  const verb = method === "any" || method === ANY_METHOD ? "*" : method.toUpperCase();
  const resource = `\${__ApiId__}/\${__Stage__}${method === "any" && its === `/${DEFAULT_PATH}` ? its : `/${verb}${its}`}`;
  const sourceArn = sub(`arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:${resource}`, {
    __ApiId__: event.properties["ApiId"],
    __Stage__: "*",
  });
  return [permission(event, invoked, { principal: "apigateway.amazonaws.com", sourceArn })];
}

function integrate(
  definition: HttpDefinition,
  event: DeclaredEvent,
  route: Route,
  id: string,
  api: Section,
  { target, passedOn }: Invoked,
): void {
  const { paths } = definition;
  const { path, method } = route;
  const { Auth, PayloadFormatVersion, TimeoutInMillis } = event.properties;
  if (isTruthy(api["__MANAGE_SWAGGER"]) && hasIntegration(paths, path, method)) {
    throw invalidEvent(event.name, `API method '${method}' defined multiple times for path '${path}'.`);
  }
  addHttpIntegration(paths, route, invocationUri(target, `\${AWS::Partition}`), passedOn["Condition"]);
  const its = (): Section[] => definitionsOf(paths, path, method);
  if (isTruthy(Auth)) authorize(definition, event, route, id, api);
  if (isTruthy(TimeoutInMillis)) setTimeoutOf(its(), TimeoutInMillis);
  const parameters = [...path.matchAll(/\{(.*?)\}/g)].map(([, name]) => name!);
  if (parameters.length > 0) addPathParameters(its(), parameters);
  if (isTruthy(PayloadFormatVersion)) setPayloadVersion(its(), PayloadFormatVersion);
}

function authorize(definition: HttpDefinition, { name, properties }: DeclaredEvent, route: Route, id: string, api: Section): void {
  const auth = asSection(properties["Auth"]);
  const apiAuth = expectMap(hasMember(api, "Auth") ? api["Auth"] : {}, resourceOwner(id), "Auth");
  const { DefaultAuthorizer, EnableIamAuthorizer } = apiAuth;
  // No Auth at all has no authorizers; one that says other things only has not even a wrong list of them.
  const authorizers = isTruthy(apiAuth) ? apiAuth["Authorizers"] : {};
  if (!isTruthy(auth["Authorizer"])) {
    if (!isTruthy(DefaultAuthorizer)) {
      const needed = "an explicit 'Authorizer' set or a 'DefaultAuthorizer' configured on the HttpApi.";
      throw invalidEvent(name, `'Auth' section requires either ${needed}`);
    }
    auth["Authorizer"] = DefaultAuthorizer;
  }
  const authorizer = auth["Authorizer"];
  const unable = (why: string) =>
    invalidEvent(name, `Unable to set Authorizer on API method [${route.method}] for path [${route.path}] because ${why}`);
  if (authorizer === "NONE") {
    if (!isTruthy(DefaultAuthorizer)) throw unable("'NONE' is only a valid value when a DefaultAuthorizer on the API is specified.");
  } else if (authorizer !== "AWS_IAM" || EnableIamAuthorizer !== true) {
    requireAuthorizer(name, route, authorizer, authorizers, true);
  }
  if (isTruthy(auth["AuthorizationScopes"]) && !isList(auth["AuthorizationScopes"])) {
    throw unable("'AuthorizationScopes' must be a list of strings.");
  }
  demandOfRoute(definition.paths, route, auth, authorizers);
}
