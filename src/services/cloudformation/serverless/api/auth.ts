import type { Context } from "../context.ts";
import { isSection, isText, isTruthy, type Section, type Value } from "../draft.ts";
import { arnIn } from "../event-source/event-source.ts";
import { isImplicit } from "../event-source/rest-api.ts";
import { ref, sub } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { toOpenApi3 } from "../openapi/openapi-3.ts";
import { wrong } from "../openapi/path.ts";
import { addCustomStatements, addResourcePolicy } from "../openapi/resource-policy.ts";
import { defineApiKey, defineSecurity, demandApiKeyByDefault, demandByDefault } from "../openapi/security.ts";
import { editSwagger, isSwagger, type Swagger } from "../openapi/swagger.ts";
import { own, type Written } from "../python-dictionary.ts";
import { namesOf } from "../python-marks.ts";
import { type Resource, resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";
import { type Authorizer, readAuthorizers, securityDefinition } from "./authorizer.ts";

const MEMBERS = [
  "Authorizers",
  "DefaultAuthorizer",
  "InvokeRole",
  "AddDefaultAuthorizerToCorsPreflight",
  "AddApiKeyRequiredToCorsPreflight",
  "ApiKeyRequired",
  "ResourcePolicy",
  "UsagePlan",
];

/** Who may call the API. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiauth.html */
export function addAuth({ id, properties }: Declared, definition: Value, context: Context): Value {
  const auth = properties["Auth"];
  if (!isTruthy(auth) || !isSection(auth)) return definition;
  const invalid = (message: string) => invalidResource(id, message);
  if (!isTruthy(definition)) throw invalid("Auth works only with inline Swagger specified in 'DefinitionBody' property.");
  if (!Object.keys(auth).every((name) => MEMBERS.includes(name))) throw invalid("Invalid value for 'Auth' property");
  if (!isSwagger(definition)) {
    throw invalid("Unable to add Auth configuration because 'DefinitionBody' does not contain a valid Swagger definition.");
  }
  const edited = editSwagger(definition, (swagger) => {
    const authorizers = readAuthorizers(id, auth["Authorizers"], auth["DefaultAuthorizer"]);
    if (authorizers !== undefined && authorizers.size > 0) {
      for (const authorizer of authorizers.values()) {
        defineSecurity(swagger, authorizer.name, securityDefinition(id, authorizer, context));
      }
      setDefault(id, swagger, authorizers, auth);
    }
    if (isTruthy(auth["ApiKeyRequired"])) {
      defineApiKey(swagger);
      const isForPreflight = isOn(auth, "AddApiKeyRequiredToCorsPreflight");
      for (const path of namesOf(swagger.paths)) demandApiKeyByDefault(swagger, path, isForPreflight);
    }
    setPolicy(swagger, auth["ResourcePolicy"], isImplicit(id) ? own("Prod") : properties["StageName"]);
  });
  return toOpenApi3(edited, properties["OpenApiVersion"], context);
}

/** A member that is on, unless it is set to something else. */
const isOn = (auth: Section, name: string): boolean => !Object.hasOwn(auth, name) || isTruthy(auth[name]);

function setDefault(id: string, swagger: Swagger, authorizers: ReadonlyMap<string, Authorizer>, auth: Section): void {
  const name = auth["DefaultAuthorizer"];
  if (!isTruthy(name)) return;
  if (!isText(name)) throw invalidResource(id, "DefaultAuthorizer is not a string.");
  if (!authorizers.has(name)) {
    throw invalidResource(id, `Unable to set DefaultAuthorizer because '${name}' was not defined in 'Authorizers'.`);
  }
  const isForPreflight = isOn(auth, "AddDefaultAuthorizerToCorsPreflight");
  for (const path of namesOf(swagger.paths)) {
    demandByDefault(swagger, path, name, authorizers.get(name)!.scopes, [...authorizers.keys()], isForPreflight);
  }
}

function setPolicy(swagger: Swagger, policy: Value, stage: Written): void {
  if (!isTruthy(policy)) return;
  if (!isSection(policy)) return wrong("ResourcePolicy must be a map (ResourcePolicyStatement).");
  for (const path of namesOf(swagger.paths)) addResourcePolicy(swagger, policy, path, stage);
  if (isTruthy(policy["CustomStatements"])) addCustomStatements(swagger, policy["CustomStatements"]);
}

/** That API Gateway may call the functions of authorizers. */
export function authorizerPermissions({ id, properties, passedOn }: Declared, context: Context): Resource[] {
  const auth = properties["Auth"];
  const authorizers = isTruthy(auth) ? readAuthorizers(id, (auth as Section)["Authorizers"]) : undefined;
  return [...(authorizers?.values() ?? [])]
    .filter(({ given }) => isTruthy(given["FunctionArn"]) && !isTruthy(given["DisableFunctionDefaultPermissions"]))
    .map(({ given, name }) => {
      const sourceArn = sub(arnIn(context, "execute-api", `\${__ApiId__}/authorizers/*`), { __ApiId__: ref(id) });
      const made = {
        Action: "lambda:InvokeFunction",
        FunctionName: given["FunctionArn"],
        Principal: "apigateway.amazonaws.com",
        SourceArn: sourceArn,
      };
      return resource("AWS::Lambda::Permission", `${id}${name}AuthorizerPermission`, made, passedOn);
    });
}
