import type { Context } from "../context.ts";
import { asSection, isAbsent, isSection, isText, isTruthy, type Section, type Value } from "../draft.ts";
import type { Invalid } from "../invalid.ts";
import { dictionary, own, put, remove, wordAt, write } from "../python-dictionary.ts";
import { entriesOf, namesOf } from "../python-marks.ts";
import { typeOf } from "../serverless-type.ts";
import { checkedSection, isVersion3, versionText, wrong } from "./path.ts";

/**
 * Definitions that SAM made say the version that their API asks for. Right after the globals, which may ask for one.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html#sam-api-openapiversion
 */
export function useOpenApiVersion({ declared }: Context): Invalid[] {
  for (const resource of Object.values(asSection(declared["Resources"]))) {
    const properties = asSection(asSection(resource)["Properties"]);
    const version = properties["OpenApiVersion"];
    if (typeOf(resource) !== "AWS::Serverless::Api" || !Object.hasOwn(properties, "__MANAGE_SWAGGER")) continue;
    if (isAbsent(version) || !isVersion3(version)) continue;
    properties["OpenApiVersion"] = versionText(version);
    const definition = properties["DefinitionBody"];
    if (!isSection(definition)) continue;
    write(definition, "openapi", isText(version) ? version : own(versionText(version)));
    if (isTruthy(definition["swagger"])) remove(definition, "swagger");
  }
  return [];
}

/** Move what SAM writes as in Swagger 2 to its places in OpenAPI 3, unless the definition is in Swagger 2. */
export function toOpenApi3(definition: Section, asked: Value, { surroundings }: Context): Section {
  if (!isAbsent(definition["swagger"])) return definition;
  const goesBefore = surroundings.prefersDefinitionVersion === true || isAbsent(asked);
  const version = !isAbsent(definition["openapi"]) && goesBefore ? definition["openapi"] : asked;
  if (!isTruthy(version) || !isVersion3(version)) return definition;
  move(definition, "securityDefinitions", "securitySchemes");
  move(definition, "definitions", "schemas");
  if (!isTruthy(definition["paths"])) return definition;
  const paths = checkedSection(definition["paths"], "Value of paths must be a dictionary according to Swagger spec.");
  for (const [path, given] of entriesOf(paths)) {
    const item = checkedSection(given, `Value of '${path}' path must be a dictionary according to Swagger spec.`);
    if (!isTruthy(item["options"])) continue;
    const should = "must be a dictionary according to Swagger spec.";
    preflight(checkedSection(item["options"], `Value of options method for path ${path} ${should}`), path);
  }
  return definition;
}

function move(definition: Section, from: string, to: string): void {
  if (!isTruthy(definition[from])) return;
  const components = isTruthy(definition["components"]) ? (definition["components"] as Section) : dictionary();
  write(components, to, definition[from]);
  write(definition, "components", components);
  remove(definition, from);
}

function preflight(options: Section, path: string): void {
  for (const name of ["produces", "consumes"]) if (Object.hasOwn(options, name)) remove(options, name);
  const headers = headersOf(options["responses"], path);
  if (!isTruthy(headers)) return;
  const should = "must be a dictionary according to Swagger spec.";
  const its = checkedSection(headers, `Value of response's headers in options method for path ${path} ${should}`);
  for (const name of namesOf(its)) put(its, name, dictionary({ schema: wordAt(its, name) }));
}

function headersOf(responses: Value, path: string): Value {
  if (isAbsent(responses)) return undefined;
  const invalid = (what: string): never => wrong(`Invalid responses in options method for path ${path}: ${what} should be a map.`);
  if (!isSection(responses)) return invalid("It");
  const answer = responses["200"];
  if (isAbsent(answer)) return undefined;
  return isSection(answer) ? answer["headers"] : invalid("The value of '200'");
}
