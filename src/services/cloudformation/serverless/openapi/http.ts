import { isAbsent, isList, isSection, isTruthy, type Section, type Value } from "../draft.ts";
import { Invalid, invalidResource, invalidTemplate, refuse } from "../invalid.ts";
import { display, typeName } from "../python.ts";
import { copyOfDictionary } from "../python-dictionary.ts";
import { membersOf } from "../python-marks.ts";
import { isVersion3, wrong } from "./path.ts";

/** The definition of an HTTP API while it is being edited. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html */
export interface HttpDefinition {
  readonly document: Section;
  readonly paths: Section;
  readonly securitySchemes: Section;
  tags: Value;
  readonly info: Section;
}

export const isHttpDefinition = (document: Value): document is Section =>
  isSection(document) && isSection(document["paths"]) && isTruthy(document["openapi"]) && isVersion3(document["openapi"]);

/** A copy to be edited, or what is wrong with it. */
function opened(given: Value): HttpDefinition | Invalid {
  if (!isHttpDefinition(given)) {
    return invalidTemplate("Invalid OpenApi document. Invalid values or missing keys for 'openapi' or 'paths' in 'DefinitionBody'.");
  }
  const document = copyOfDictionary(given);
  const { components, info, paths, tags } = document;
  if (!isAbsent(components) && !isSection(components)) {
    return invalidTemplate("Invalid OpenApi document: The value of 'components' should be a map");
  }
  const orNew = (value: Value): Section => (isTruthy(value) ? (value as Section) : {});
  return {
    document,
    paths: paths as Section,
    securitySchemes: orNew(components?.["securitySchemes"]),
    tags: isTruthy(tags) ? tags : [],
    info: orNew(info),
  };
}

/** Edit a definition: a copy of it comes out. */
export function editHttpApi(given: Value, edit: (definition: HttpDefinition) => void): Section {
  const definition = opened(given);
  if (definition instanceof Invalid) return refuse(definition);
  edit(definition);
  const { document, info, securitySchemes, tags } = definition;
  if (isTruthy(tags)) document["tags"] = tags;
  if (isTruthy(securitySchemes)) {
    if (!isTruthy(document["components"])) document["components"] = {};
    (document["components"] as Section)["securitySchemes"] = securitySchemes;
  }
  if (isTruthy(info)) document["info"] = info;
  return document;
}

/** A definition to look at; a fault of it is one of its API. */
export function openHttpApi(given: Value, apiId: string): HttpDefinition {
  const definition = opened(given);
  if (definition instanceof Invalid) throw invalidResource(apiId, definition.message);
  return definition;
}

export const DEFAULT_TITLE: Section = Object.freeze({ Ref: "AWS::StackName" });

/** What an API has that brings no definition: paths are put in by the events of functions. */
export const emptyHttpDefinition = (): Section => ({
  openapi: "3.0.1",
  info: { version: "1.0", title: { ...DEFAULT_TITLE } },
  paths: {},
});

/** Tags of an API stand in its definition. */
export function addTags(definition: HttpDefinition, tags: Section): void {
  for (const [name, value] of membersOf(tags)) {
    const all = definition.tags;
    if (!isList(all)) {
      return wrong(`Tags in OpenApi DefinitionBody needs to be a list. ${display(all)} is a ${typeName(all)} not a list.`);
    }
    const there = all.find((tag) => isSection(tag) && tag["name"] === name) as Section | undefined;
    if (there === undefined) all.push({ name, "x-amazon-apigateway-tag-value": value });
    else there["x-amazon-apigateway-tag-value"] = value;
  }
}
