import type { Section, Value } from "../draft.ts";
import { editHttpApi, emptyHttpDefinition, isHttpDefinition } from "../openapi/http.ts";
import { editSwagger, emptySwagger, isSwagger } from "../openapi/swagger.ts";

/** What is different with implicit REST APIs and HTTP APIs. */
export interface ApiKind {
  readonly id: string;
  readonly type: string;
  readonly eventType: string;
  /** The property of an event that names its API. */
  readonly idProperty: string;
  properties(): Section;
  empty(): Section;
  isDefinition(value: Value): boolean;
  edit(definition: Value, edit: (paths: Section) => void): Section;
}

export const restKind: ApiKind = {
  id: "ServerlessRestApi",
  type: "AWS::Serverless::Api",
  eventType: "Api",
  idProperty: "RestApiId",
  properties: () => ({ StageName: "Prod" }),
  empty: emptySwagger,
  isDefinition: isSwagger,
  edit: (definition, edit) => editSwagger(definition, ({ paths }) => edit(paths)),
};

export const httpKind: ApiKind = {
  id: "ServerlessHttpApi",
  type: "AWS::Serverless::HttpApi",
  eventType: "HttpApi",
  idProperty: "ApiId",
  properties: () => ({}),
  empty: emptyHttpDefinition,
  isDefinition: isHttpDefinition,
  edit: (definition, edit) => editHttpApi(definition, ({ paths }) => edit(paths)),
};
