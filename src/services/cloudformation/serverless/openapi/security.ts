import { hasMember, isAbsent, isList, isSection, isTruthy, type Section, type Value } from "../draft.ts";
import { invalidTemplate } from "../invalid.ts";
import { display } from "../python.ts";
import { dictionary, own, put, write } from "../python-dictionary.ts";
import type { Route } from "./integration.ts";
import { allDefinitions, checkedSection, definitionsOf, wrong } from "./path.ts";
import type { Swagger } from "./swagger.ts";

/**
 * Who may call the methods of a REST API. What an event says of its method is written first, the API's defaults come later;
 * so a method that wants none of them bears a mark, NONE or api_key_false, until then.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html
 */

/** Members of a path that are no methods. */
const NO_METHODS = ["summary", "description", "parameters"];

function securityDefinitions(swagger: Swagger): Section {
  if (!isSection(swagger.securityDefinitions)) throw invalidTemplate("securityDefinitions must be a dictionary.");
  return swagger.securityDefinitions;
}

export const defineSecurity = (swagger: Swagger, name: string, definition: Section): void =>
  put(securityDefinitions(swagger), name, definition);

/** The definition of API keys, and the one of IAM, unless the template has its own. */
export function defineApiKey(swagger: Swagger): void {
  const definitions = securityDefinitions(swagger);
  if (Object.hasOwn(definitions, "api_key")) return;
  write(definitions, "api_key", dictionary({ type: own("apiKey"), name: own("x-api-key"), in: own("header") }));
}

function defineIam({ securityDefinitions }: Swagger): void {
  if (!isSection(securityDefinitions) || Object.hasOwn(securityDefinitions, "AWS_IAM")) return;
  const definition = {
    "x-amazon-apigateway-authtype": own("awsSigv4"),
    type: own("apiKey"),
    name: own("Authorization"),
    in: own("header"),
  };
  write(securityDefinitions, "AWS_IAM", dictionary(definition));
}

/** What a method demands so far. */
function securityOf(definition: Section, path: string, method: string): Value[] {
  const security = Object.hasOwn(definition, "security") ? definition["security"] : [];
  return isList(security) ? security : wrong(`Type of security for path ${path} method ${method} must be a list`);
}

const checked = (security: Value[], path: string, method: string): Section[] =>
  security.map((one) => checkedSection(one, `${display(one)} in Security for path ${path} method ${method} is not a valid dictionary.`));

function demand(name: string, scopes: Value): Section {
  const one = dictionary();
  put(one, name, scopes);
  return one;
}

function set(swagger: Swagger, definition: Section, security: Value[]): void {
  write(definition, "security", security);
  if (hasMember(security[0], "AWS_IAM")) defineIam(swagger);
}

/** Demand the default authorizer where a method has none of its own. */
export function demandByDefault(
  swagger: Swagger,
  path: string,
  authorizer: string,
  scopes: Value,
  known: readonly string[],
  isForPreflight: boolean,
): void {
  const names = new Set(["AWS_IAM", ...known]);
  for (const [method, definition] of allDefinitions(swagger.paths, path, NO_METHODS)) {
    if (!isForPreflight && method === "options") continue;
    const all = checked(securityOf(definition, path, method), path, method);
    const isAuthorizer = (one: Section): boolean => Object.keys(one).some((name) => names.has(name));
    const [authorizers, others] = [all.filter(isAuthorizer), all.filter((one) => !isAuthorizer(one))];
    const none = others.findIndex((one) => Object.hasOwn(one, "NONE"));
    const demanded =
      none >= 0 ? others.toSpliced(none, 1) : [...others, ...(authorizers.length > 0 ? authorizers : [demand(authorizer, scopes)])];
    if (demanded.length > 0) set(swagger, definition, demanded);
  }
}

/** Demand an API key where a method does not say that it needs none. */
export function demandApiKeyByDefault({ paths }: Swagger, path: string, isForPreflight: boolean): void {
  for (const [method, definition] of allDefinitions(paths, path, NO_METHODS)) {
    const all = checked(securityOf(definition, path, method), path, method);
    const others = all.filter((one) => !Object.hasOwn(one, "api_key") && !Object.hasOwn(one, "api_key_false"));
    const needsNone = all.some((one) => Object.hasOwn(one, "api_key_false"));
    const isSpared = needsNone || (method === "options" && !isForPreflight);
    const demanded = isSpared ? others : [...others, dictionary({ api_key: [] })];
    if (JSON.stringify(demanded) !== JSON.stringify(all)) write(definition, "security", demanded);
  }
}

/** What the event of a function says of its method. */
export function demandOfMethod(swagger: Swagger, { path, method }: Route, auth: Section, api: Section): void {
  const { ApiKeyRequired, Authorizer, AuthorizationScopes } = auth;
  const apiAuth = isTruthy(api["Auth"]) ? (api["Auth"] as Section) : {};
  if (isTruthy(Authorizer)) demandAuthorizer(swagger, { path, method }, String(Authorizer), apiAuth["Authorizers"], AuthorizationScopes);
  if (isAbsent(ApiKeyRequired)) return;
  for (const definition of definitionsOf(swagger.paths, path, method)) {
    if (isTruthy(ApiKeyRequired)) defineApiKey(swagger);
    const marked = dictionary({ [isTruthy(ApiKeyRequired) ? "api_key" : "api_key_false"]: [] });
    write(definition, "security", [...securityOf(definition, path, method), marked]);
  }
}

function demandAuthorizer(swagger: Swagger, { path, method }: Route, name: string, authorizers: Value, scopes: Value): void {
  for (const definition of definitionsOf(swagger.paths, path, method)) {
    const security = securityOf(definition, path, method);
    let its: Value = [];
    if (name !== "NONE" && isSection(authorizers) && isTruthy(authorizers)) {
      const authorizer = authorizers[name];
      if (Object.hasOwn(authorizers, name) && !isSection(authorizer)) wrong(`Type of authorizer '${name}' must be a dictionary`);
      if (isSection(authorizer)) its = scopes ?? authorizer["AuthorizationScopes"] ?? [];
    }
    set(swagger, definition, [...security, demand(name, its)]);
  }
}
