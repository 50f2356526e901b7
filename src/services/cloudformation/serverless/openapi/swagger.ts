import { isSection, isTruthy, type Section, type Value } from "../draft.ts";
import { copyOfDictionary, dictionary, own, plain, write } from "../python-dictionary.ts";
import { namesOf } from "../python-marks.ts";
import { branches, checkedSection, isVersion3, wrong } from "./path.ts";

/**
 * The definition of a REST API while it is being edited. It may be written in Swagger 2 or OpenAPI 3; SAM writes as in
 * Swagger 2, and `openapi-3.ts` moves that to its places. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
 */
export interface Swagger {
  readonly document: Section;
  readonly paths: Section;
  securityDefinitions: Value;
  readonly gatewayResponses: Section;
  readonly policy: Section;
  readonly models: Section;
}

export const POLICY = "x-amazon-apigateway-policy";
const GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses";

export const isSwagger = (document: Value): document is Section =>
  isSection(document) &&
  isSection(document["paths"]) &&
  (isTruthy(document["swagger"]) || (isTruthy(document["openapi"]) && isVersion3(document["openapi"])));

const orNew = (value: Value): Section => (isTruthy(value) ? (value as Section) : dictionary());

/** Edit a definition: a copy of it comes out. */
export function editSwagger(definition: Value, edit: (swagger: Swagger) => void): Section {
  if (!isSwagger(definition)) {
    return wrong("Invalid Swagger document or the Swagger document is not explicitly defined in 'DefinitionBody'.");
  }
  const document = copyOfDictionary(definition);
  const swagger: Swagger = {
    document,
    paths: document["paths"] as Section,
    securityDefinitions: orNew(document["securityDefinitions"]),
    gatewayResponses: orNew(document[GATEWAY_RESPONSES]),
    policy: orNew(document[POLICY]),
    models: orNew(document["definitions"]),
  };
  for (const path of namesOf(swagger.paths)) {
    for (const item of branches(swagger.paths[path])) {
      checkedSection(item, `Value of '${path}' path must be a dictionary according to Swagger spec.`);
    }
  }
  edit(swagger);
  if (isTruthy(swagger.securityDefinitions)) write(document, "securityDefinitions", swagger.securityDefinitions);
  if (isTruthy(swagger.gatewayResponses)) write(document, GATEWAY_RESPONSES, swagger.gatewayResponses);
  if (isTruthy(swagger.models)) write(document, "definitions", swagger.models);
  return copyOfDictionary(document);
}

/** What an API has that brings no definition: paths are put in by the events of functions. */
export const emptySwagger = (): Section =>
  dictionary({
    swagger: own("2.0"),
    info: dictionary({ version: own("1.0"), title: plain({ Ref: own("AWS::StackName") }) }),
    paths: dictionary(),
  });
