import type { Context } from "../context.ts";
import { asSection, hasMember, isAbsent, isList, isTruthy, type Section, type Value } from "../draft.ts";
import { expectBoolean, expectListOf, expectMap, expectText, resourceOwner } from "../expect.ts";
import { sub } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { membersOf } from "../python-marks.ts";

/** An authorizer of an HTTP API. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-httpapiauth.html */
export interface Authorizer {
  readonly name: string;
  readonly type: "AWS_IAM" | "JWT" | "REQUEST";
  readonly given: Section;
}

export function readAuthorizers(apiId: string, auth: Section): Authorizer[] {
  const iam: Authorizer[] = auth["EnableIamAuthorizer"] === true ? [{ name: "AWS_IAM", type: "AWS_IAM", given: {} }] : [];
  if (!isTruthy(auth["Authorizers"])) return iam;
  const owner = resourceOwner(apiId);
  const given = expectMap(auth["Authorizers"], owner, "Auth.Authorizers");
  const read = membersOf(given).map(([name, one]) => {
    const authorizer = expectMap(one, owner, `Auth.Authorizers.${name}`);
    if (hasMember(authorizer, "OpenIdConnectUrl")) {
      const hint = "Please refer to the AWS SAM documentation.";
      throw invalidResource(apiId, `'OpenIdConnectUrl' is no longer a supported property for authorizer '${name}'. ${hint}`);
    }
    return readAuthorizer(apiId, name, authorizer);
  });
  return [...iam.filter(({ name }) => !Object.hasOwn(given, name)), ...read];
}

/** What one kind of authorizer may say and the other may not; in that order SAM looks. */
const OF_KIND: readonly (readonly [property: string, type: "JWT" | "REQUEST", hint?: string])[] = [
  ["AuthorizationScopes", "JWT"],
  ["JwtConfiguration", "JWT"],
  ["IdentitySource", "JWT", ". For Lambda Authorizer, use the 'Identity' property instead"],
  ["FunctionArn", "REQUEST"],
  ["FunctionInvokeRole", "REQUEST"],
  ["Identity", "REQUEST"],
  ["AuthorizerPayloadFormatVersion", "REQUEST"],
  ["EnableSimpleResponses", "REQUEST"],
  ["EnableFunctionDefaultPermissions", "REQUEST"],
];

const KINDS = { JWT: "OAuth2 Authorizer", REQUEST: "Lambda Authorizer" } as const;

function readAuthorizer(apiId: string, name: string, given: Section): Authorizer {
  const invalid = (message: string) => invalidResource(apiId, message);
  const owner = resourceOwner(apiId);
  const isJwt = isTruthy(given["JwtConfiguration"]);
  if (isJwt) expectMap(given["JwtConfiguration"], owner, "JwtConfiguration");
  const type = isJwt ? "JWT" : "REQUEST";
  if (!isAbsent(given["AuthorizationScopes"]) && !isList(given["AuthorizationScopes"]))
    throw invalid("AuthorizationScopes must be a list.");
  for (const [property, kind, hint = ""] of OF_KIND) {
    // An empty configuration of the wrong kind is none.
    const isThere = property === "JwtConfiguration" ? isTruthy(given[property]) : !isAbsent(given[property]);
    if (isThere && kind !== type) throw invalid(`${property} is only supported for ${KINDS[kind]}${hint}.`);
  }
  const needed = isJwt ? ["IdentitySource"] : ["FunctionArn", "AuthorizerPayloadFormatVersion"];
  const missing = needed.find((property) => !isTruthy(given[property]));
  if (missing !== undefined) throw invalid(`${name} ${KINDS[type]} must define '${missing}'.`);
  const permitted = given["EnableFunctionDefaultPermissions"];
  if (!isAbsent(permitted)) expectBoolean(permitted, owner, `Authorizers.${name}.EnableFunctionDefaultPermissions`);
  return { name, type, given };
}

const AUTHORIZER = "x-amazon-apigateway-authorizer";

/** As it stands among a definition's security schemes. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html */
export function securityScheme(apiId: string, { name, type, given }: Authorizer, { partition }: Context): Section {
  if (type === "AWS_IAM") return { type: "apiKey", name: "Authorization", in: "header", "x-amazon-apigateway-authtype": "awsSigv4" };
  if (type === "JWT") {
    const configuration = Object.entries(asSection(given["JwtConfiguration"])).map(([key, value]) => [key.toLowerCase(), value]);
    const jwtConfiguration = Object.fromEntries(configuration) as Section;
    return { type: "oauth2", [AUTHORIZER]: { jwtConfiguration, identitySource: given["IdentitySource"], type: "jwt" } };
  }
  const { AuthorizerPayloadFormatVersion, EnableSimpleResponses, FunctionArn, FunctionInvokeRole, Identity } = given;
  const uri = `arn:${partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${__FunctionArn__}/invocations`;
  return {
    type: "apiKey",
    name: "Unused",
    in: "header",
    [AUTHORIZER]: {
      type: "request",
      authorizerUri: sub(uri, { __FunctionArn__: FunctionArn }),
      ...(isTruthy(FunctionInvokeRole) && FunctionInvokeRole !== "NONE" ? { authorizerCredentials: FunctionInvokeRole } : {}),
      ...(isTruthy(Identity) ? identity(apiId, name, Identity) : {}),
      authorizerPayloadFormatVersion: AuthorizerPayloadFormatVersion,
      ...(isTruthy(EnableSimpleResponses) ? { enableSimpleResponses: EnableSimpleResponses } : {}),
    },
  };
}

const SOURCES = {
  Headers: "$request.header.",
  QueryStrings: "$request.querystring.",
  StageVariables: "$stageVariables.",
  Context: "$context.",
};

function identity(apiId: string, name: string, given: Value): Section {
  const owner = resourceOwner(apiId);
  const its = expectMap(given, owner, `Auth.Authorizers.${name}.Identity`);
  const seconds = its["ReauthorizeEvery"];
  const identitySource = Object.entries(SOURCES).flatMap(([property, prefix]) =>
    isTruthy(its[property])
      ? expectListOf(expectText)(its[property], owner, `Authorizers.${name}.Identity.${property}`).map((one) => prefix + one)
      : [],
  );
  return { ...(isAbsent(seconds) ? {} : { authorizerResultTtlInSeconds: seconds }), identitySource };
}
