import type { Context } from "../context.ts";
import { asSection, hasMember, isAbsent, isSection, isText, isTruthy, member, type Section, type Value } from "../draft.ts";
import { attributeOwner, eventOwner, expectMap, resourceOwner } from "../expect.ts";
import { sub } from "../intrinsic.ts";
import { invalidEvent, invalidResource } from "../invalid.ts";
import { addFunctionIntegration, invokeCredentials, type Route, setTimeoutOf } from "../openapi/integration.ts";
import { addRequestModel, addRequestParameters, addValidator, checkModel, readRequestParameter } from "../openapi/parameter.ts";
import { definitionsOf, hasIntegration, methodName, withStars } from "../openapi/path.ts";
import { editSwagger, emptySwagger, type Swagger } from "../openapi/swagger.ts";
import { integer, list, map, may, must, type PropertyRules, text } from "../property.ts";
import { dictionary, merged, own, plain, put, shallowCopy, textOf, type Written } from "../python-dictionary.ts";
import type { Resource } from "../resource.ts";
import { arnIn, type DeclaredEvent, type EventSource, type Invoked, permission } from "./event-source.ts";
import { authorizeMethod } from "./rest-api-auth.ts";

/** What the events of functions and of state machines may say alike. */
export const restApiProperties: PropertyRules = {
  Path: must(text),
  Method: must(text),
  RestApiId: must(text),
  Stage: may(text),
  Auth: may(map),
};

/** A method of a REST API that invokes the function. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html */
export const restApi: EventSource = {
  type: "Api",
  properties: {
    ...restApiProperties,
    RequestModel: may(map),
    RequestParameters: may(list),
    TimeoutInMillis: may(integer),
    ResponseTransferMode: may(text),
  },
  link: linkRestApi,
  transform,
};

/** The API that an event names, in the same template. */
export interface LinkedApi {
  readonly id: string;
  readonly properties: Section;
  /** Its stage, where it is a text. */
  readonly stage: Written;
}

export const apiIdOf = (id: Value): Value => (hasMember(id, "Ref") ? asSection(id)["Ref"] : id);

export function linkRestApi({ name, properties }: DeclaredEvent, { declared }: Context): LinkedApi {
  const id = apiIdOf(properties["RestApiId"]);
  const wrong = "RestApiId property of Api event must reference a valid resource in the same template.";
  if (!isText(id)) throw invalidEvent(name, wrong);
  const its = expectMap(member(declared["Resources"], id), eventOwner(name), "RestApiId", wrong);
  const api = hasMember(its, "Properties") ? expectMap(its["Properties"], attributeOwner(id), "Properties") : {};
  const stage = api["StageName"];
  if (stage === "") throw invalidResource(id, "StageName cannot be empty.");
  return { id, properties: api, stage: isText(stage) ? (isImplicit(id) ? own(stage) : stage) : own("Stage") };
}

export const isImplicit = (id: string): boolean => id === "ServerlessRestApi";

export const routeOf = ({ properties }: DeclaredEvent): Route => ({
  path: String(properties["Path"]),
  method: String(properties["Method"]).toLowerCase(),
});

function transform(event: DeclaredEvent, invoked: Invoked, context: Context): Resource[] {
  const linked = linkRestApi(event, context);
  const api = linked.properties;
  const route = routeOf(event);
  const { Auth, RestApiId } = event.properties;
  const method = route.method === "any" ? "*" : route.method.toUpperCase();
  const resource = `\${__ApiId__}/\${__Stage__}/${method}${withStars(route.path.replace(/^(.+)\/$/, "$1"))}`;
  const sourceArn = sub(arnIn(context, "execute-api", resource), { __ApiId__: RestApiId, __Stage__: "*" });
  const suffix = String(textOf(linked.stage));
  if (isTruthy(api["__MANAGE_SWAGGER"]) || isTruthy(api["MergeDefinitions"])) integrate(event, route, linked, invoked, context);
  if (isTruthy(api["DefinitionBody"]) && isTruthy(member(Auth, "OverrideApiAuth"))) {
    const auth = asSection(Auth);
    if (!["Authorizer", "ApiKeyRequired", "ResourcePolicy"].some((name) => isTruthy(auth[name]))) {
      const choice = "Authorizer, ApiKeyRequired or ResourcePolicy";
      throw invalidEvent(event.name, `Must define one of: ${choice} when using the OverrideApiAuth property.`);
    }
    api["DefinitionBody"] = editSwagger(api["DefinitionBody"], (swagger) =>
      authorizeMethod(swagger, event, route, linked, linked.stage, context),
    );
  }
  return [permission(event, invoked, { principal: "apigateway.amazonaws.com", sourceArn, suffix })];
}

/** What makes the method call the function; a definition that the template brings is left alone, unless it is to be merged. */
function integrate(event: DeclaredEvent, route: Route, linked: LinkedApi, invoked: Invoked, context: Context): void {
  const api = linked.properties;
  if (isAbsent(api["DefinitionBody"])) return;
  const isMerged = isTruthy(api["MergeDefinitions"]);
  const { Auth, RequestParameters, ResponseTransferMode, TimeoutInMillis } = event.properties;
  const edited = editSwagger(isMerged ? emptySwagger() : api["DefinitionBody"], (swagger) => {
    const { paths } = swagger;
    if (hasIntegration(paths, route.path, route.method)) throw definedTwice(event.name, route);
    const auth = isTruthy(Auth) ? expectMap(Auth, eventOwner(event.name), "Auth") : {};
    const apiAuth = isTruthy(api["Auth"]) ? expectMap(api["Auth"], resourceOwner(linked.id), "Auth") : {};
    const credentials = invokeCredentials(auth, apiAuth, context);
    const uri = invocationUri(invoked.target, context.partition, ResponseTransferMode);
    addFunctionIntegration(swagger, route, uri, credentials, invoked.passedOn["Condition"], ResponseTransferMode);
    if (isTruthy(Auth)) authorizeMethod(swagger, event, route, linked, linked.stage, context);
    if (isTruthy(TimeoutInMillis)) setTimeoutOf(definitionsOf(paths, route.path, route.method), TimeoutInMillis);
    useModel(swagger, event, route, api);
    if (isTruthy(RequestParameters)) {
      addRequestParameters(
        swagger,
        route,
        (RequestParameters as Value[]).map((parameter) => readRequestParameter(event.name, parameter)),
      );
    }
  });
  api["DefinitionBody"] = isMerged ? mergedInto(api["DefinitionBody"] as Section, edited, route, linked.id) : edited;
}

export const definedTwice = (event: string, { method, path }: Route) =>
  invalidEvent(event, `API method "${method}" defined multiple times for path "${path}".`);

/** Where API Gateway invokes a function. https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html */
export function invocationUri({ type, id }: Resource, partition: string, transferMode?: Value): Section {
  const [version, path] = transferMode === "RESPONSE_STREAM" ? ["2021-11-15", "response-streaming-"] : ["2015-03-31", ""];
  const of = type === "AWS::Lambda::Function" ? `\${${id}.Arn}` : `\${${id}}`;
  const uri = `arn:${partition}:apigateway:\${AWS::Region}:lambda:path/${version}/functions/${of}/${path}invocations`;
  return dictionary({ "Fn::Sub": type === "AWS::Lambda::Function" ? uri : own(uri) });
}

function useModel(swagger: Swagger, event: DeclaredEvent, route: Route, api: Section): void {
  if (!isTruthy(event.properties["RequestModel"])) return;
  const asked = expectMap(event.properties["RequestModel"], eventOwner(event.name), "RequestModel");
  if (!isTruthy(asked["Model"])) return;
  const model = checkModel(event.name, asked["Model"], api["Models"], route);
  addRequestModel(swagger, route, model, asked["Required"]);
  const { ValidateBody, ValidateParameters } = asked;
  if (isAbsent(ValidateBody) && isAbsent(ValidateParameters)) return;
  const [ofBody, ofParameters] = [ValidateBody ?? false, ValidateParameters ?? false];
  if (typeof ofBody === "boolean" && typeof ofParameters === "boolean") return addValidator(swagger, route, ofBody, ofParameters);
  throw invalidEvent(
    event.name,
    `Unable to set Validator to RequestModel [${model}] on API method [${route.method}] for path [${route.path}] ` +
      "ValidateBody and ValidateParameters must be a boolean type, strings or intrinsics are not supported.",
  );
}

/** The template's definition with one method of ours in it: where both say something of the method, ours counts. */
function mergedInto(definition: Section, edited: Section, { path, method }: Route, apiId: string): Section {
  const paths = isTruthy(definition["paths"]) ? definition["paths"] : {};
  const shouldBe = (what: string) => invalidResource(apiId, `Property 'DefinitionBody' is invalid: ${what} should be a map`);
  if (!isSection(paths)) throw shouldBe("It");
  if (!isAbsent(paths[path]) && !isSection(paths[path])) throw shouldBe(`The value of '${path}'`);
  const there = asSection(paths[path])[method];
  const its = expectMap(isTruthy(there) ? there : {}, resourceOwner(apiId), `DefinitionBody.paths.${path}.${method}`);
  const ours = asSection(asSection(edited["paths"])[path])[methodName(method)];
  if (!Object.hasOwn(paths, path)) put(paths, path, plain({}));
  put(asSection(paths[path]), method, merged(its, asSection(ours)));
  return shallowCopy(definition);
}
