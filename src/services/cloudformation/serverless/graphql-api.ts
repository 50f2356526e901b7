import type { Context } from "./context.ts";
import { asSection, isAbsent, isSection, isTruthy, type Section, type Value } from "./draft.ts";
import { authentication } from "./graphql-api/authentication.ts";
import { dataSources, newDataSources } from "./graphql-api/data-source.ts";
import { functions, resolvers } from "./graphql-api/function.ts";
import { appSyncRole, part } from "./graphql-api/part.ts";
import { checkGraphQlApi } from "./graphql-api/shape.ts";
import { getAtt, ref, sub } from "./intrinsic.ts";
import { invalidResource } from "./invalid.ts";
import { boolean, map, mayBeLiteral, mustBeLiteral, oneOf, passed, text } from "./property.ts";
import { type Resource, resource, withoutAbsent } from "./resource.ts";
import type { Declared, ServerlessType } from "./serverless-type.ts";
import { tagList } from "./tag.ts";

/** An API of AppSync. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-graphqlapi.html */
export const graphQlApi: ServerlessType = {
  type: "AWS::Serverless::GraphQLApi",
  ignoresUnknown: true,
  properties: {
    Name: passed,
    Tags: mayBeLiteral(map),
    XrayEnabled: passed,
    Auth: mustBeLiteral(map),
    SchemaInline: mayBeLiteral(text),
    SchemaUri: mayBeLiteral(text),
    Logging: mayBeLiteral(oneOf(map, boolean)),
    DataSources: mayBeLiteral(map),
    Functions: mayBeLiteral(map),
    Resolvers: mayBeLiteral(map),
    ApiKeys: mayBeLiteral(map),
    DomainName: mayBeLiteral(map),
    Cache: mayBeLiteral(map),
    Visibility: passed,
    OwnerContact: passed,
    IntrospectionConfig: passed,
    QueryDepthLimit: passed,
    ResolverCountLimit: passed,
  },
  transform,
};

function transform(declared: Declared, context: Context): Resource[] {
  const { id, properties, attributes, dependsOn } = declared;
  const known = Object.entries(withoutAbsent(properties)).filter(([name]) => Object.hasOwn(graphQlApi.properties, name));
  checkGraphQlApi(id, Object.fromEntries(known));
  const auth = authentication(declared, context);
  const { roles, ...logging } = logConfig(declared);
  const tags = { ...asSection(properties["Tags"]), "graphqlapi:createdBy": "SAM" };
  const made: Section = {
    Name: isTruthy(properties["Name"]) ? properties["Name"] : id,
    XrayEnabled: isAbsent(properties["XrayEnabled"]) ? undefined : isTrue(properties["XrayEnabled"]),
    ...auth.properties,
    Tags: tagList(tags),
    ...logging,
  };
  for (const name of AS_GIVEN) if (isTruthy(properties[name])) made[name] = properties[name];
  const api = resource("AWS::AppSync::GraphQLApi", id, made, attributes, dependsOn);
  const schema = part(declared, "GraphQLSchema", "Schema", schemaOf(declared));
  const sources = newDataSources();
  return [
    api,
    schema,
    ...auth.permissions(),
    ...roles,
    ...apiKeys(declared),
    ...cache(declared),
    ...dataSources(declared, sources, context),
    ...domainName(declared),
    ...functions(declared, sources),
    ...resolvers(declared, schema.id),
    ...sources.none,
  ];
}

const AS_GIVEN = ["Visibility", "OwnerContact", "IntrospectionConfig", "QueryDepthLimit", "ResolverCountLimit"];

const isTrue = (value: Value): boolean => /^(true|yes|on|[ty1])$/i.test(String(value));

/** By default all is logged, in a role that is made for it. */
function logConfig(declared: Declared): { roles: Resource[]; LogConfig?: Section } {
  const { id, properties } = declared;
  const given = properties["Logging"];
  if (given === false) return { roles: [] };
  const { CloudWatchLogsRoleArn, ExcludeVerboseContent, FieldLogLevel } = isSection(given) ? given : ({} as Section);
  const config: Section = { FieldLogLevel: isTruthy(FieldLogLevel) ? FieldLogLevel : "ALL" };
  if (isTruthy(ExcludeVerboseContent)) config["ExcludeVerboseContent"] = ExcludeVerboseContent;
  if (isTruthy(CloudWatchLogsRoleArn)) return { roles: [], LogConfig: { ...config, CloudWatchLogsRoleArn } };
  const policy = sub(`arn:\${AWS::Partition}:iam::aws:policy/service-role/AWSAppSyncPushToCloudWatchLogs`);
  const role = appSyncRole(declared, `${id}CloudWatchRole`, { ManagedPolicyArns: [policy] });
  return { roles: [role], LogConfig: { ...config, CloudWatchLogsRoleArn: getAtt(role.id, "Arn") } };
}

function schemaOf({ id, properties }: Declared): Section {
  const { SchemaInline, SchemaUri } = properties;
  if (!isTruthy(SchemaInline) && !isTruthy(SchemaUri)) throw invalidResource(id, "One of 'SchemaInline' or 'SchemaUri' must be set.");
  if (isTruthy(SchemaInline) && isTruthy(SchemaUri)) {
    throw invalidResource(id, "Both 'SchemaInline' and 'SchemaUri' cannot be defined at the same time.");
  }
  return { Definition: SchemaInline, DefinitionS3Location: SchemaUri };
}

const apiKeys = (declared: Declared): Resource[] =>
  Object.entries(asSection(declared.properties["ApiKeys"])).map(([name, given]) => {
    const { ApiKeyId, Description, ExpiresOn } = asSection(given);
    return part(declared, "ApiKey", name, { ApiKeyId, Description, Expires: ExpiresOn });
  });

const cache = (declared: Declared): Resource[] =>
  isTruthy(declared.properties["Cache"]) ? [part(declared, "ApiCache", "ApiCache", asSection(declared.properties["Cache"]))] : [];

function domainName(declared: Declared): Resource[] {
  const { id, properties, attributes, dependsOn } = declared;
  if (!isTruthy(properties["DomainName"])) return [];
  const { CertificateArn, Description, DomainName } = asSection(properties["DomainName"]);
  const its = { CertificateArn, DomainName, Description };
  const domain = resource("AWS::AppSync::DomainName", `${id}DomainName`, its, attributes, dependsOn);
  return [domain, part(declared, "DomainNameApiAssociation", "DomainNameApiAssociation", { DomainName: ref(domain.id) })];
}
