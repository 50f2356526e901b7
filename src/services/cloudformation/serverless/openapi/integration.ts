import type { Context } from "../context.ts";
import { hasMember, isTruthy, type Section, type Value } from "../draft.ts";
import { dictionary, list, own, plain, put, type Written, write } from "../python-dictionary.ts";
import { addPath, hasIntegration, INTEGRATION, methodName, pathItems, putMethod, wrong } from "./path.ts";
import type { Swagger } from "./swagger.ts";

/** What is only there under a condition. */
export const onlyIf = (condition: Written, value: Value): Value =>
  plain({ "Fn::If": list(condition, value, plain({ Ref: own("AWS::NoValue") })) });

export interface Route {
  readonly path: string;
  readonly method: string;
}

/** Let an item of a path have a method's integration, all of it under the condition of what is invoked. */
function integrate(item: Section, method: string, condition: Value, make: (definition: Section) => void): void {
  const definition = item[method] as Section;
  make(definition);
  if (isTruthy(condition)) putMethod(item, method, onlyIf(condition, definition));
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html */
export function addFunctionIntegration(
  { paths }: Swagger,
  { path, method }: Route,
  uri: Value,
  credentials: Written,
  condition: Value,
  transferMode: Value,
): void {
  const name = methodName(method);
  if (hasIntegration(paths, path, name)) wrong(`Lambda integration already exists on Path=${path}, Method=${name}`);
  addPath(paths, path, name);
  const itsUri = isTruthy(condition) ? onlyIf(condition, uri) : uri;
  for (const item of pathItems(paths, path)) {
    integrate(item, name, condition, (definition) => {
      const integration = dictionary({ type: own("aws_proxy"), httpMethod: own("POST"), uri: itsUri });
      if (transferMode === "RESPONSE_STREAM") write(integration, "responseTransferMode", own("STREAM"));
      if (isTruthy(credentials)) write(integration, "credentials", credentials);
      write(definition, INTEGRATION, integration);
      if (!Object.hasOwn(definition, "responses")) write(definition, "responses", dictionary());
    });
  }
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/tutorial-api-gateway.html */
export function addStateMachineIntegration(
  { paths }: Swagger,
  { path, method }: Route,
  roleId: string,
  requestTemplate: string,
  condition: Value,
): void {
  const name = methodName(method);
  if (hasIntegration(paths, path, name)) wrong(`Integration already exists on Path=${path}, Method=${name}`);
  addPath(paths, path, name);
  const action = plain({ "Fn::Sub": own(`arn:\${AWS::Partition}:apigateway:\${AWS::Region}:states:action/StartExecution`) });
  const uri = isTruthy(condition) ? onlyIf(condition, action) : action;
  const eachOf = (key: string, texts: Readonly<Record<string, string>>): Section =>
    dictionary(Object.fromEntries(Object.entries(texts).map(([status, text]) => [status, dictionary({ [key]: own(text) })])));
  for (const item of pathItems(paths, path)) {
    integrate(item, name, condition, (definition) => {
      const integration = dictionary({
        type: own("aws"),
        httpMethod: own("POST"),
        uri,
        responses: eachOf("statusCode", { "200": "200", "400": "400" }),
        credentials: plain({ "Fn::GetAtt": list(own(roleId), own("Arn")) }),
        requestTemplates: plain({ "application/json": plain({ "Fn::Sub": own(requestTemplate) }) }),
      });
      write(definition, INTEGRATION, integration);
      if (!Object.hasOwn(definition, "responses")) {
        write(definition, "responses", eachOf("description", { "200": "OK", "400": "Bad Request" }));
      }
    });
  }
}

/** The credentials with which a method calls its function when IAM authorizes it: the method's before the API's, the caller's by default. */
export function invokeCredentials(methodAuth: Section, apiAuth: Section, { partition }: Context): Written {
  const isIam = methodAuth["Authorizer"] === "AWS_IAM" || (apiAuth["DefaultAuthorizer"] === "AWS_IAM" && !isTruthy(methodAuth));
  if (!isIam) return undefined;
  const roleOf = (auth: Section): Value =>
    isTruthy(auth["InvokeRole"]) ? auth["InvokeRole"] : hasMember(auth, "InvokeRole") ? "NONE" : undefined;
  const role = roleOf(methodAuth) ?? roleOf(apiAuth);
  if (role === "NONE") return undefined;
  return isTruthy(role) && role !== "CALLER_CREDENTIALS" ? role : own(`arn:${partition}:iam::*:user/*`);
}

/** The milliseconds that API Gateway waits for an answer. */
export function setTimeoutOf(definitions: readonly Section[], timeout: Value): void {
  for (const definition of definitions) write(definition[INTEGRATION] as Section, "timeoutInMillis", timeout);
}

/** Make an item of a path, or all of it, depend on a condition. */
export function makePathConditional(paths: Section, path: string, condition: Written): void {
  put(paths, path, onlyIf(condition, paths[path]));
}
