import type { Context } from "../context.ts";
import { asSection, isAbsent, isSection, isText, isTruthy, type Section, type Value } from "../draft.ts";
import { eventOwner, expectList, expectMap, resourceOwner } from "../expect.ts";
import { type Invalid, invalidEvent } from "../invalid.ts";
import type { Route } from "../openapi/integration.ts";
import { addCustomStatements, addResourcePolicy } from "../openapi/resource-policy.ts";
import { demandOfMethod } from "../openapi/security.ts";
import type { Swagger } from "../openapi/swagger.ts";
import { display } from "../python.ts";
import type { Written } from "../python-dictionary.ts";
import type { DeclaredEvent } from "./event-source.ts";
import type { LinkedApi } from "./rest-api.ts";

/** What the event says of who may call its method. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-apifunctionauth.html */
export function authorizeMethod(
  swagger: Swagger,
  { name, properties }: DeclaredEvent,
  route: Route,
  api: LinkedApi,
  stage: Written,
  context: Context,
): void {
  const auth = asSection(properties["Auth"]);
  const apiAuth = asSection(context.resolve(api.properties["Auth"]));
  const { ApiKeyRequired, AuthorizationScopes, Authorizer, ResourcePolicy } = auth;
  if (isTruthy(Authorizer)) {
    const authorizers = apiAuth["Authorizers"];
    if (isTruthy(authorizers)) expectMap(authorizers, resourceOwner(api.id), "Auth.Authorizers");
    checkAuthorizer(name, route, Authorizer, authorizers, apiAuth["DefaultAuthorizer"]);
  }
  if (isTruthy(AuthorizationScopes)) {
    expectList(AuthorizationScopes, eventOwner(name), "Auth.AuthorizationScopes");
    if (!isTruthy(Authorizer)) throw invalidEvent(name, "AuthorizationScopes works only when Authorizer is set");
  }
  if (!isAbsent(ApiKeyRequired) && !isTruthy(ApiKeyRequired) && !isTruthy(apiAuth["ApiKeyRequired"])) {
    throw unable(name, "ApiKeyRequired [False]", route, "because the related API does not specify any ApiKeyRequired.");
  }
  if (isTruthy(Authorizer) || !isAbsent(ApiKeyRequired)) demandOfMethod(swagger, route, auth, api.properties);
  if (!isTruthy(ResourcePolicy)) return;
  const policy = expectMap(ResourcePolicy, resourceOwner(name), "Auth.ResourcePolicy");
  addResourcePolicy(swagger, policy, route.path, stage);
  if (isTruthy(policy["CustomStatements"])) addCustomStatements(swagger, policy["CustomStatements"]);
}

const unable = (event: string, what: string, { method, path }: Route, why: string): Invalid =>
  invalidEvent(event, `Unable to set ${what} on API method [${method}] for path [${path}] ${why}`);

function checkAuthorizer(event: string, route: Route, authorizer: Value, authorizers: Value, byDefault: Value): void {
  if (authorizer === "AWS_IAM") return;
  if (authorizer === "NONE") {
    if (isTruthy(byDefault)) return;
    throw unable(event, "Authorizer", route, "because 'NONE' is only a valid value when a DefaultAuthorizer on the API is specified.");
  }
  requireAuthorizer(event, route, authorizer, authorizers);
}

/** That the API has the authorizer that the event names. */
export function requireAuthorizer(event: string, route: Route, authorizer: Value, authorizers: Value, typesFirst = false): void {
  const what = `Authorizer [${display(authorizer)}]`;
  const checkTypes = (): Section => {
    if (isText(authorizer) && isSection(authorizers)) return authorizers;
    const must = "The method authorizer must be a string with a corresponding dict entry in the api authorizer.";
    throw invalidEvent(event, `Unable to set ${what} on API method [${route.method}] for path [${route.path}]. ${must}`);
  };
  if (typesFirst) checkTypes();
  if (!isTruthy(authorizers)) throw unable(event, what, route, "because the related API does not define any Authorizers.");
  if (!isTruthy(checkTypes()[String(authorizer)])) {
    throw unable(event, what, route, "because it wasn't defined in the API's Authorizers.");
  }
}
