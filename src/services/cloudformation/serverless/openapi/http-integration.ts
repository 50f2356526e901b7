import { hasMember, isList, isSection, isText, isTruthy, member, type Section, type Value } from "../draft.ts";
import { dictionary, own, write } from "../python-dictionary.ts";
import type { HttpDefinition } from "./http.ts";
import { onlyIf, type Route } from "./integration.ts";
import {
  ANY_METHOD,
  addPath,
  branches,
  DEFAULT_PATH,
  definitionsOf,
  hasIntegration,
  INTEGRATION,
  methodName,
  pathItems,
  putMethod,
  wrong,
} from "./path.ts";

// HTTP APIs need no hash, but an event of theirs may write into the definition of a REST API, which does.

/** Let a route call a function, unless it has an integration already. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export function addHttpIntegration(paths: Section, { path, method }: Route, uri: Value, condition: Value): void {
  const name = methodName(method);
  if (hasIntegration(paths, path, name)) return;
  addPath(paths, path, name);
  const itsUri = isTruthy(condition) ? onlyIf(condition, uri) : uri;
  for (const item of pathItems(paths, path)) {
    const definition = (item[name] ?? dictionary()) as Section;
    const integration = { type: own("aws_proxy"), httpMethod: own("POST"), payloadFormatVersion: own("2.0"), uri: itsUri };
    write(definition, INTEGRATION, dictionary(integration));
    if (path === DEFAULT_PATH && name === ANY_METHOD) write(definition, "isDefaultRoute", true);
    if (!Object.hasOwn(definition, "responses")) write(definition, "responses", dictionary());
    putMethod(item, name, isTruthy(condition) ? onlyIf(condition, definition) : definition);
  }
}

/** Whether what no other route takes goes to the function itself, not to an alias of it. */
export function invokesByDefault({ paths }: HttpDefinition, functionId: string): boolean {
  if (!hasIntegration(paths, DEFAULT_PATH, ANY_METHOD)) return false;
  return definitionsOf(paths, DEFAULT_PATH, ANY_METHOD, false).every((definition) => {
    const integration = hasMember(definition, INTEGRATION) ? definition[INTEGRATION] : {};
    if (!isSection(integration)) return wrong(`Value of '${INTEGRATION}' must be a dictionary according to Swagger spec.`);
    const uri = integration["uri"];
    if (!isSection(uri)) return false;
    return branches(uri).every((one) => {
      const text = member(one, "Fn::Sub");
      return /([A-Za-z0-9]+)\.Arn/.exec(isText(text) ? text : "")?.[1] === functionId;
    });
  });
}

export function addPathParameters(definitions: readonly Section[], names: readonly string[]): void {
  for (const definition of definitions) {
    if (!isList(definition["parameters"])) write(definition, "parameters", []);
    const parameters = definition["parameters"] as Value[];
    for (const name of names) {
      const there = parameters.find((parameter) => member(parameter, "name") === name) as Section | undefined;
      const its = there ?? dictionary({ name });
      write(its, "in", own("path"));
      write(its, "required", true);
      if (there === undefined) parameters.push(its);
    }
  }
}

export function setPayloadVersion(definitions: readonly Section[], version: Value): void {
  for (const definition of definitions) write(definition[INTEGRATION] as Section, "payloadFormatVersion", version);
}
