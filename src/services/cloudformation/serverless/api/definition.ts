import type { Context } from "../context.ts";
import { isAbsent, isList, isSection, isText, isTruthy, type Section, type Value } from "../draft.ts";
import { invalidResource } from "../invalid.ts";
import { toOpenApi3 } from "../openapi/openapi-3.ts";
import { isVersion3, wrong } from "../openapi/path.ts";
import { editSwagger, isSwagger } from "../openapi/swagger.ts";
import { dictionary, plain, put, write } from "../python-dictionary.ts";
import { entriesOf, namesOf } from "../python-marks.ts";
import type { Declared } from "../serverless-type.ts";
import { addAuth } from "./auth.ts";
import { addCors } from "./cors.ts";
import { addGatewayResponses } from "./gateway-response.ts";

/** The definition with all that the API's properties say of it. */
export function definitionOf(declared: Declared, context: Context): Value {
  const given = declared.properties["DefinitionBody"];
  const withAuth = addAuth(declared, addCors(declared, given), context);
  const withModels = addModels(declared, addBinaryMediaTypes(declared, addGatewayResponses(declared, withAuth)), context);
  return disableEndpoint(declared, withModels);
}

function addBinaryMediaTypes({ properties }: Declared, definition: Value): Value {
  const types = properties["BinaryMediaTypes"];
  if (!isTruthy(types) || !isTruthy(definition)) return definition;
  return editSwagger(definition, ({ document }) => write(document, "x-amazon-apigateway-binary-media-types", unescaped(types)));
}

/** A slash may be written as in a JSON pointer. */
function unescaped(value: Value): Value {
  if (isText(value)) return value.replaceAll("~1", "/");
  if (isList(value)) return value.map(unescaped);
  if (!isSection(value)) return value;
  const section = dictionary();
  for (const [name, each] of entriesOf(value)) put(section, name.replaceAll("~1", "/"), unescaped(each));
  return section;
}

function addModels({ id, properties }: Declared, definition: Value, context: Context): Value {
  const given = properties["Models"];
  if (!isTruthy(given) || !isSection(given)) return definition;
  if (!isTruthy(definition)) throw invalidResource(id, "Models works only with inline Swagger specified in 'DefinitionBody' property.");
  if (!isSwagger(definition)) {
    throw invalidResource(id, "Unable to add Models definitions because 'DefinitionBody' does not contain a valid Swagger definition.");
  }
  if (!Object.values(given).every(isSection)) throw invalidResource(id, "Invalid value for 'Models' property");
  const edited = editSwagger(definition, ({ models }) => {
    for (const [name, schema] of entriesOf(given)) {
      if (!isTruthy((schema as Section)["type"])) wrong("'Models' schema is missing 'type'.");
      put(models, name.toLowerCase(), schema);
    }
  });
  return toOpenApi3(edited, properties["OpenApiVersion"], context);
}

const ENDPOINT = "x-amazon-apigateway-endpoint-configuration";

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-disable-default-endpoint.html */
function disableEndpoint({ id, properties }: Declared, definition: Value): Value {
  const isDisabled = properties["DisableExecuteApiEndpoint"];
  if (isAbsent(isDisabled)) return definition;
  if (!isTruthy(definition)) throw invalidResource(id, "DisableExecuteApiEndpoint works only within 'DefinitionBody' property.");
  return editSwagger(definition, ({ document }) => {
    if (!isTruthy(document["openapi"]) || !isVersion3(document["openapi"])) {
      return setDisabled(document, isDisabled, "Invalid OpenAPI definition");
    }
    if (!Object.hasOwn(document, "servers")) write(document, "servers", [dictionary()]);
    for (const [index, server] of itemsOf(document["servers"]).entries()) {
      setDisabled(server, isDisabled, `Invalid OpenAPI definition of 'servers[${index}]'`);
    }
  });
}

/** What Python goes over: the names of a map, the characters of a text. */
const itemsOf = (value: Value): Value[] => (isList(value) ? value : isSection(value) ? namesOf(value) : isText(value) ? [...value] : []);

function setDisabled(section: Value, isDisabled: Value, what: string): void {
  if (!isSection(section)) return wrong(`${what}: It should be a map.`);
  if (!Object.hasOwn(section, ENDPOINT)) write(section, ENDPOINT, plain({}));
  const endpoint = section[ENDPOINT];
  if (!isSection(endpoint)) return wrong(`${what}: The value of '${ENDPOINT}' should be a map.`);
  write(endpoint, "disableExecuteApiEndpoint", isDisabled);
}
