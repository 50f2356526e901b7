import { isAbsent, isSection, isTruthy, type Section, type Value } from "../draft.ts";
import { invalidEvent } from "../invalid.ts";
import { display } from "../python.ts";
import { dictionary, own, plain, write } from "../python-dictionary.ts";
import type { Route } from "./integration.ts";
import { definitionsOf, INTEGRATION, isVersion3 } from "./path.ts";
import type { Swagger } from "./swagger.ts";

/** A parameter that a method asks for. */
interface RequestParameter {
  readonly name: string;
  readonly isRequired: Value;
  readonly isCacheKey: Value;
}

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html#sam-function-api-requestparameters */
export function readRequestParameter(event: string, given: Value): RequestParameter {
  const wrong = (message: string) => invalidEvent(event, `Invalid value for 'RequestParameters' property. ${message}`);
  const checked = (name: string): string => {
    if (/^method\.request\.(querystring|path|header)\./.test(name)) return name;
    throw wrong(
      "Keys must be in the format 'method.request.[querystring|path|header].{value}', e.g 'method.request.header.Authorization'.",
    );
  };
  if (typeof given === "string") return { name: checked(given), isRequired: false, isCacheKey: false };
  if (!isSection(given)) throw wrong("Property must be either a string or an object");
  const [name, settings] = Object.entries(given)[0] as [string, Value];
  checked(name);
  if (!isSection(settings) || !Object.keys(settings).every((key) => key === "Required" || key === "Caching")) {
    throw wrong("Values must be an object, e.g { Required: true, Caching: false }");
  }
  const of = (key: string): Value => (Object.hasOwn(settings, key) ? settings[key] : false);
  return { name, isRequired: of("Required"), isCacheKey: of("Caching") };
}

const parametersOf = (definition: Section): Value[] => [...((definition["parameters"] ?? []) as Value[])];

export function addRequestParameters({ paths }: Swagger, { path, method }: Route, asked: readonly RequestParameter[]): void {
  for (const definition of definitionsOf(paths, path, method)) {
    const parameters = parametersOf(definition);
    for (const { name, isRequired, isCacheKey } of asked) {
      const [location, ...rest] = name.replaceAll("method.request.", "").split(".");
      parameters.push(
        dictionary({
          in: location === "querystring" ? own("query") : location,
          name: rest.join("."),
          required: isRequired,
          type: own("string"),
        }),
      );
      if (!isTruthy(isCacheKey)) continue;
      const integration = definition[INTEGRATION] as Section;
      write(integration, "cacheKeyParameters", [...((integration["cacheKeyParameters"] ?? []) as Value[]), name]);
    }
    write(definition, "parameters", parameters);
  }
}

/** The model of a method's body; `model` has been found among the API's. */
export function addRequestModel({ document, paths }: Swagger, { path, method }: Route, model: string, isRequired: Value): void {
  const name = model.toLowerCase();
  for (const definition of definitionsOf(paths, path, method)) {
    if (!isAbsent(document["swagger"])) {
      const parameter = dictionary({ in: own("body"), name, schema: plain({ $ref: own(`#/definitions/${name}`) }) });
      if (!isAbsent(isRequired)) write(parameter, "required", isRequired);
      write(definition, "parameters", [...parametersOf(definition), parameter]);
    } else if (isTruthy(document["openapi"]) && isVersion3(document["openapi"])) {
      const schema = plain({ $ref: own(`#/components/schemas/${name}`) });
      const body = plain({ content: plain({ "application/json": plain({ schema }) }) });
      if (!isAbsent(isRequired)) write(body, "required", isRequired);
      write(definition, "requestBody", body);
    }
  }
}

const VALIDATORS = "x-amazon-apigateway-request-validators";

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html */
export function addValidator({ document, paths }: Swagger, { path, method }: Route, ofBody: boolean, ofParameters: boolean): void {
  const name = ofBody ? (ofParameters ? "body-and-params" : "body-only") : ofParameters ? "params-only" : "no-validation";
  if (!isTruthy(document[VALIDATORS])) write(document, VALIDATORS, dictionary());
  const validators = document[VALIDATORS] as Section;
  if (!isTruthy(validators[name])) {
    write(validators, name, dictionary({ validateRequestBody: ofBody, validateRequestParameters: ofParameters }));
  }
  for (const definition of definitionsOf(paths, path, method)) write(definition, "x-amazon-apigateway-request-validator", own(name));
}

/** That a model is one that the API has. Its faults are the event's. */
export function checkModel(event: string, model: Value, models: Value, { path, method }: Route): string {
  const unable = (why: string) =>
    invalidEvent(event, `Unable to set RequestModel [${display(model)}] on API method [${method}] for path [${path}] because ${why}`);
  if (!isTruthy(models)) throw unable("the related API does not define any Models.");
  if (!isSection(models)) throw unable("the related API Models defined is of invalid type.");
  if (typeof model !== "string") throw unable("the related API does not contain valid Models.");
  if (!isTruthy(models[model])) throw unable("it wasn't defined in the API's Models.");
  return model;
}
