import type { Context } from "../context.ts";
import { isAbsent, isList, isSection, isText, isTruthy, type Section, type Value } from "../draft.ts";
import { expectBoolean, expectList, expectMap, expectText, resourceOwner } from "../expect.ts";
import { invalidResource } from "../invalid.ts";
import { display } from "../python.ts";
import { dictionary, list, own, plain, type Written, write } from "../python-dictionary.ts";
import { entriesOf } from "../python-marks.ts";
import { orderOfPython27 } from "../python-order.ts";

/** An authorizer of a REST API. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiauth.html */
export interface Authorizer {
  readonly name: string;
  readonly type: "AWS_IAM" | "COGNITO_USER_POOLS" | "LAMBDA";
  readonly given: Section;
  readonly scopes: Value;
}

/** The authorizers of an API by their names; undefined where it has none. */
export function readAuthorizers(apiId: string, given: Value, byDefault?: Value): Map<string, Authorizer> | undefined {
  const all = new Map<string, Authorizer>();
  if (byDefault === "AWS_IAM") all.set(byDefault, { name: byDefault, type: "AWS_IAM", given: {}, scopes: [] });
  if (isTruthy(given)) {
    for (const [name, authorizer] of entriesOf(expectMap(given, resourceOwner(apiId), "Auth.Authorizers"))) {
      all.set(name, readAuthorizer(apiId, name, expectMap(authorizer, resourceOwner(apiId), `Auth.Authorizers.${name}`)));
    }
  }
  if (all.size === 0 && !isTruthy(given)) return undefined;
  return new Map(orderOfPython27([...all.keys()]).map((name) => [name, all.get(name)!]));
}

function readAuthorizer(apiId: string, name: string, given: Section): Authorizer {
  const { AuthorizationScopes, DisableFunctionDefaultPermissions, FunctionPayloadType, Identity, UserPoolArn } = given;
  if (!isAbsent(FunctionPayloadType) && FunctionPayloadType !== "TOKEN" && FunctionPayloadType !== "REQUEST") {
    throw invalidResource(apiId, `${name} Authorizer has invalid 'FunctionPayloadType': ${display(FunctionPayloadType)}.`);
  }
  if (FunctionPayloadType === "REQUEST" && isMissingIdentity(apiId, name, Identity)) {
    const choice = "Headers, QueryStrings, StageVariables, or Context";
    throw invalidResource(apiId, `${name} Authorizer must specify Identity with at least one of ${choice}.`);
  }
  const owner = resourceOwner(apiId);
  const scopes = expectList(AuthorizationScopes ?? [], owner, `Authorizers.${name}.AuthorizationScopes`);
  if (!isAbsent(DisableFunctionDefaultPermissions)) {
    expectBoolean(DisableFunctionDefaultPermissions, owner, `Authorizers.${name}.DisableFunctionDefaultPermissions`);
  }
  return { name, type: isTruthy(UserPoolArn) ? "COGNITO_USER_POOLS" : "LAMBDA", given, scopes };
}

/** Only an authorizer whose answers are not kept needs nothing that tells callers apart. */
function isMissingIdentity(apiId: string, name: string, given: Value): boolean {
  if (!isTruthy(given)) return true;
  const identity = expectMap(given, resourceOwner(apiId), `Authorizer.${name}.Identity`);
  const isMissing = !["Headers", "QueryStrings", "StageVariables", "Context"].some((source) => isTruthy(identity[source]));
  const seconds = integerOf(identity["ReauthorizeEvery"]);
  return isMissing && (seconds === undefined || seconds > 0);
}

function integerOf(value: Value): number | undefined {
  if (typeof value === "number" || typeof value === "boolean") return Math.trunc(Number(value));
  return isText(value) && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : undefined;
}

const AUTHORIZER = "x-amazon-apigateway-authorizer";

/** As it stands among a definition's security definitions. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html */
export function securityDefinition(apiId: string, authorizer: Authorizer, context: Context): Section {
  const { given, type } = authorizer;
  const isRequest = given["FunctionPayloadType"] === "REQUEST";
  const definition = dictionary({
    type: own("apiKey"),
    name: type === "LAMBDA" && isRequest ? own("Unused") : header(apiId, given["Identity"]),
    in: own("header"),
    "x-amazon-apigateway-authtype": own(AUTH_TYPES[type]),
  });
  if (type === "AWS_IAM") return definition;
  const its = type === "LAMBDA" ? lambda(apiId, authorizer, isRequest, context) : cognito(given);
  const expression = isSection(given["Identity"]) ? given["Identity"]["ValidationExpression"] : undefined;
  if (!(type === "LAMBDA" && isRequest) && isTruthy(expression)) write(its, "identityValidationExpression", expression);
  write(definition, AUTHORIZER, its);
  return definition;
}

const AUTH_TYPES = { AWS_IAM: "awsSigv4", COGNITO_USER_POOLS: "cognito_user_pools", LAMBDA: "custom" } as const;

function header(apiId: string, identity: Value): Written {
  if (!isTruthy(identity)) return own("Authorization");
  if (isSection(identity)) return isTruthy(identity["Header"]) ? identity["Header"] : own("Authorization");
  throw invalidResource(
    apiId,
    "Auth.Authorizers.<Authorizer>.Identity must be a dict (LambdaTokenAuthorizationIdentity, " +
      "LambdaRequestAuthorizationIdentity or CognitoAuthorizationIdentity).",
  );
}

const cognito = ({ UserPoolArn }: Section): Section =>
  dictionary({ type: own("cognito_user_pools"), providerARNs: isList(UserPoolArn) ? UserPoolArn : [UserPoolArn] });

function lambda(apiId: string, { given, name }: Authorizer, isRequest: boolean, { partition }: Context): Section {
  const { FunctionArn, FunctionInvokeRole, Identity } = given;
  const uri = `arn:${partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${__FunctionArn__}/invocations`;
  const authorizer = dictionary({
    type: own(isRequest ? "request" : "token"),
    authorizerUri: plain({ "Fn::Sub": list(own(uri), plain({ __FunctionArn__: FunctionArn ?? null })) }),
  });
  const identity = isSection(Identity) ? Identity : {};
  if (!isAbsent(identity["ReauthorizeEvery"])) write(authorizer, "authorizerResultTtlInSeconds", identity["ReauthorizeEvery"]);
  if (isTruthy(FunctionInvokeRole) && FunctionInvokeRole !== "NONE") write(authorizer, "authorizerCredentials", FunctionInvokeRole);
  const source = isRequest ? identitySource(apiId, name, identity) : "";
  if (source !== "") write(authorizer, "identitySource", source);
  return authorizer;
}

const SOURCES = {
  Headers: "method.request.header.",
  QueryStrings: "method.request.querystring.",
  StageVariables: "stageVariables.",
  Context: "context.",
};

function identitySource(apiId: string, name: string, identity: Section): string {
  const sources = Object.entries(SOURCES).flatMap(([property, prefix]) => {
    if (!isTruthy(identity[property])) return [];
    const path = `Auth.Authorizers.${name}.Identity.${property}`;
    const owner = resourceOwner(apiId);
    return expectList(identity[property], owner, path).map((one, index) => prefix + expectText(one, owner, `${path}[${index}]`));
  });
  return sources.join(", ");
}
