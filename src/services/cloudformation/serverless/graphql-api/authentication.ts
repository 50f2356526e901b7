import { connector } from "../connector.ts";
import type { Context } from "../context.ts";
import { asSection, isAbsent, isList, type Section, type Value } from "../draft.ts";
import { getAtt, ref } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { type Resource, withoutAbsent } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";

/** What each type needs to be told: the member of Auth, and the property of the API that it becomes. */
const CONFIGURATIONS: Readonly<Record<string, readonly [member: string, property: string]>> = {
  AWS_LAMBDA: ["LambdaAuthorizer", "LambdaAuthorizerConfig"],
  OPENID_CONNECT: ["OpenIDConnect", "OpenIDConnectConfig"],
  AMAZON_COGNITO_USER_POOLS: ["UserPool", "UserPoolConfig"],
};

/** Who may call the API, first of all and besides. https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html */
export function authentication(declared: Declared, context: Context): { properties: Section; permissions(): Resource[] } {
  const { Additional, ...byDefault } = asSection(declared.properties["Auth"]);
  const first = providerOf(declared.id, byDefault);
  const others = (isList(Additional) ? Additional : []).map((one, index) => providerOf(declared.id, asSection(one), index));
  const properties = others.length === 0 ? first : { ...first, AdditionalAuthenticationProviders: others };
  const functions = [first, ...others].flatMap((one) => asSection(one["LambdaAuthorizerConfig"])["AuthorizerUri"] ?? []);
  return {
    properties,
    permissions: () => functions.flatMap((arn, index) => callAuthorizer(declared.id, arn, index + 1, context)),
  };
}

function providerOf(id: string, given: Section, index?: number): Section {
  const auth = withoutAbsent(given);
  if (Object.keys(auth).length > 2) {
    // SAM does not name the first one by its number.
    const where = index === undefined || index === 0 ? "'Auth'" : `'Auth.Additional.${index}'`;
    throw invalidResource(id, `${where} has more than one authentication configuration defined.`);
  }
  const type = String(auth["Type"]);
  const provider: Section = { AuthenticationType: type };
  const configuration = Object.hasOwn(CONFIGURATIONS, type) ? CONFIGURATIONS[type]! : undefined;
  if (configuration === undefined) return provider;
  const [member, property] = configuration;
  if (isAbsent(auth[member])) throw invalidResource(id, `'${member}' must be defined if type is '${type}'.`);
  const { DefaultAction, ...its } = withoutAbsent(asSection(auth[member]));
  // Only the first provider has a default.
  return { ...provider, [property]: DefaultAction === undefined || index !== undefined ? its : { ...its, DefaultAction } };
}

/** That the API may call the function of an authorizer. */
const callAuthorizer = (id: string, arn: Value, number: number, context: Context): Resource[] =>
  connect(
    `${id}ToLambdaAuthConnector${number}`,
    { Type: "AWS::AppSync::GraphQLApi", Arn: ref(id), ResourceId: getAtt(id, "ApiId") },
    { Type: "AWS::Lambda::Function", Arn: arn },
    ["Write"],
    context,
  );

/** What a connector between the two would become. */
export function connect(id: string, source: Section, destination: Section, permissions: Value[], context: Context): Resource[] {
  const properties = { Source: source, Destination: destination, Permissions: permissions };
  return connector.transform({ id, properties, dependsOn: undefined, attributes: {}, passedOn: {} }, context);
}
