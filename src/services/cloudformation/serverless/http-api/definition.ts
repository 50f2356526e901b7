import type { Context } from "../context.ts";
import { isAbsent, isSame, isSection, isTruthy, type Section, type Value } from "../draft.ts";
import { expectText, resourceOwner } from "../expect.ts";
import { isIntrinsic, isNoValue } from "../intrinsic.ts";
import { type Invalid, invalidResource } from "../invalid.ts";
import { addTags, DEFAULT_TITLE, editHttpApi, isHttpDefinition } from "../openapi/http.ts";
import { demandByDefault } from "../openapi/http-security.ts";
import { DEFAULT_PATH, wrong } from "../openapi/path.ts";
import { membersOf } from "../python-marks.ts";
import type { Declared } from "../serverless-type.ts";
import { readAuthorizers, securityScheme } from "./authorizer.ts";

export const HTTP_TAG = "httpapi:createdBy";

/** The definition with all that the API's properties say of it. */
export function definitionOf(declared: Declared, context: Context): Value {
  const { properties } = declared;
  let definition = addCors(declared, properties["DefinitionBody"]);
  definition = addAuth(declared, definition, context);
  definition = addAllTags(declared, definition);
  definition = disableEndpoint(declared, definition);
  definition = addInfo(declared, definition, "title", properties["Name"]);
  definition = addInfo(declared, definition, "description", properties["Description"]);
  if (isTruthy(properties["FailOnWarnings"]) && isSection(definition)) renameDefaultPath(definition);
  return definition;
}

const needsDefinition = (id: string, what: string): Invalid => invalidResource(id, `${what} 'DefinitionBody' property.`);
const INLINE = "works only with inline OpenApi specified in";

const CORS = {
  AllowOrigins: "allowOrigins",
  AllowHeaders: "allowHeaders",
  AllowMethods: "allowMethods",
  ExposeHeaders: "exposeHeaders",
  MaxAge: "maxAge",
  AllowCredentials: "allowCredentials",
} as const;

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html */
function addCors({ id, properties }: Declared, definition: Value): Value {
  const given = properties["CorsConfiguration"];
  if (!isTruthy(given)) return definition;
  if (!isTruthy(definition)) throw needsDefinition(id, `Cors ${INLINE}`);
  const cors = given === true ? { AllowOrigins: ["*"] } : given;
  if (!isSection(cors)) throw invalidResource(id, "Invalid value for 'Cors' property.");
  const unknown = isIntrinsic(cors) ? undefined : membersOf(cors).find(([name]) => !Object.hasOwn(CORS, name))?.[0];
  if (unknown !== undefined) throw invalidResource(id, `Invalid key '${unknown}' for 'Cors' property.`);
  const unable = "Unable to add Cors configuration because";
  if (!isHttpDefinition(definition)) {
    throw invalidResource(id, `${unable} 'DefinitionBody' does not contain a valid OpenApi definition.`);
  }
  if (cors["AllowCredentials"] === true && isSame(cors["AllowOrigins"], ["*"])) {
    throw invalidResource(id, `${unable} 'AllowCredentials' can not be true when 'AllowOrigin' is "'*'" or not set.`);
  }
  return editHttpApi(definition, ({ document }) => {
    const there = Object.hasOwn(document, CORS_MEMBER) ? document[CORS_MEMBER] : {};
    if (!isSection(there)) return wrong(`Value of '${CORS_MEMBER}' must be a dictionary according to Swagger spec.`);
    document[CORS_MEMBER] = { ...there, ...corsHeaders(cors) };
  });
}

const CORS_MEMBER = "x-amazon-apigateway-cors";

function corsHeaders(cors: Section): Section {
  const origins = cors["AllowOrigins"];
  const use = isIntrinsic(cors) ? cors : isIntrinsic(origins) ? origins : undefined;
  if (use !== undefined) {
    // The names stand somewhere in the branches of a function.
    const renamed = Object.entries(CORS).reduce((text, [name, header]) => text.replaceAll(name, header), JSON.stringify(use));
    return JSON.parse(renamed) as Section;
  }
  const headers: Section = {};
  for (const [name, header] of Object.entries(CORS)) {
    const value = cors[name];
    const isGiven = name === "MaxAge" ? !isAbsent(value) : name === "AllowCredentials" ? value === true : isTruthy(value);
    if (isGiven) headers[header] = value;
  }
  return headers;
}

function addAuth({ id, properties }: Declared, definition: Value, context: Context): Value {
  const auth = properties["Auth"];
  if (!isTruthy(auth) || !isSection(auth)) return definition;
  if (!isTruthy(definition)) throw needsDefinition(id, `Auth ${INLINE} the`);
  if (!Object.keys(auth).every((name) => ["Authorizers", "DefaultAuthorizer", "EnableIamAuthorizer"].includes(name))) {
    throw invalidResource(id, "Invalid value for 'Auth' property");
  }
  if (!isHttpDefinition(definition)) {
    throw invalidResource(id, "Unable to add Auth configuration because 'DefinitionBody' does not contain a valid OpenApi definition.");
  }
  return editHttpApi(definition, ({ paths, securitySchemes }) => {
    const authorizers = readAuthorizers(id, auth);
    for (const authorizer of authorizers) securitySchemes[authorizer.name] = securityScheme(id, authorizer, context);
    const byDefault = auth["DefaultAuthorizer"];
    if (!isTruthy(byDefault) || isNoValue(byDefault)) return;
    const name = expectText(byDefault, resourceOwner(id), "Auth.DefaultAuthorizer");
    const its = authorizers.find((authorizer) => authorizer.name === name);
    if (its === undefined) {
      throw invalidResource(id, `Unable to set DefaultAuthorizer because '${name}' was not defined in 'Authorizers'.`);
    }
    for (const path of Object.keys(paths)) demandByDefault(paths, path, name, its.given["AuthorizationScopes"] ?? []);
  });
}

/** The mark of SAM goes with the given tags to all that is made. */
function addAllTags({ id, properties }: Declared, definition: Value): Value {
  const isTagged = isTruthy(properties["Tags"]);
  if (isTagged && !isTruthy(definition)) throw needsDefinition(id, `Tags ${INLINE} the`);
  if (!isTruthy(definition)) return definition;
  if (!isHttpDefinition(definition)) {
    if (!isTagged) return definition;
    throw invalidResource(id, "Unable to add `Tags` because 'DefinitionBody' does not contain a valid OpenApi definition.");
  }
  const tags = isTagged ? (properties["Tags"] as Section) : {};
  tags[HTTP_TAG] = "SAM";
  properties["Tags"] = tags;
  return editHttpApi(definition, (edited) => addTags(edited, tags));
}

const ENDPOINT = "x-amazon-apigateway-endpoint-configuration";

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-disable-default-endpoint.html */
function disableEndpoint({ id, properties }: Declared, definition: Value): Value {
  const isDisabled = properties["DisableExecuteApiEndpoint"];
  if (isAbsent(isDisabled)) return definition;
  if (!isTruthy(definition)) throw invalidResource(id, "DisableExecuteApiEndpoint works only within 'DefinitionBody' property.");
  return editHttpApi(definition, ({ document }) => {
    const servers = Object.hasOwn(document, "servers") ? (document["servers"] as Value[]) : [{}];
    for (const server of servers) {
      if (!isSection(server)) return wrong("Value of 'servers' item must be a dictionary according to Swagger spec.");
      server[ENDPOINT] = { ...((server[ENDPOINT] ?? {}) as Section), disableExecuteApiEndpoint: isDisabled };
    }
    document["servers"] = servers;
  });
}

/** The title or the description, unless the definition has one. */
function addInfo({ id }: Declared, definition: Value, member: "title" | "description", value: Value): Value {
  if (!isTruthy(value)) return definition;
  const property = member === "title" ? "Name" : "Description";
  if (!isTruthy(definition) || !isSection(definition)) throw needsDefinition(id, `${property} ${INLINE} the`);
  const info = definition["info"];
  if (!isAbsent(info) && !isSection(info)) {
    const end = member === "title" ? "." : "'.";
    throw invalidResource(id, `Invalid 'DefinitionBody': The value of 'info' should be a map${end}`);
  }
  const there = info?.[member];
  if (member === "title" ? !isSame(there, DEFAULT_TITLE) : isTruthy(there)) {
    throw invalidResource(
      id,
      `Unable to set ${property} because it is already defined within inline OpenAPI specified in the 'DefinitionBody' property.`,
    );
  }
  return editHttpApi(definition, (edited) => {
    edited.info[member] = value;
  });
}

/** The name of the default path begins with no slash, which API Gateway warns of. */
function renameDefaultPath(definition: Section): void {
  const paths = definition["paths"];
  if (!isSection(paths) || !Object.hasOwn(paths, DEFAULT_PATH)) return;
  paths[`/${DEFAULT_PATH}`] = paths[DEFAULT_PATH];
  delete paths[DEFAULT_PATH];
}
