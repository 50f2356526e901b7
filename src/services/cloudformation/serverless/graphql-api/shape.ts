import { asSection, isAbsent, isList, isSection, isText, type Value } from "../draft.ts";
import { invalidResource } from "../invalid.ts";
import { anyShape, mapShape, type Shape } from "../shape.ts";

/** What a GraphQL API may say. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-graphqlapi.html */

const faultUnless =
  (is: (value: Value) => boolean): Shape =>
  (value, path) =>
    is(value) ? [] : [{ path, message: "is invalid" }];

// What is no text is made one.
const isTextLike = (value: Value): boolean => isText(value) || typeof value === "number" || typeof value === "boolean";
const text = faultUnless(isTextLike);
const textOrFunction = faultUnless((value) => isTextLike(value) || isSection(value));
const map = faultUnless(isSection);
const boolean = faultUnless((value) => typeof value === "boolean" || /^(true|false|yes|no|on|off|[tfyn01])$/i.test(String(value)));
const choice = (...choices: string[]): Shape => faultUnless((value) => isText(value) && choices.includes(value));

const eachOf =
  (shape: Shape): Shape =>
  (value, path) =>
    isSection(value) || value === "" || (isList(value) && value.length === 0)
      ? Object.entries(asSection(value)).flatMap(([name, each]) =>
          isAbsent(each) ? [{ path: [...path, name], message: "" }] : shape(each, [...path, name]),
        )
      : [{ path, message: "" }];

const listOf =
  (shape: Shape): Shape =>
  (value, path) =>
    isList(value) ? value.flatMap((each, index) => shape(each, [...path, String(index)])) : [{ path, message: "" }];

const loggingShape = (value: Value, path: readonly string[]) => (typeof value === "boolean" ? [] : logging(value, path));

const anyOf = (names: string): Record<string, Shape> => Object.fromEntries(names.split(" ").map((name) => [name, anyShape]));

/** Members of any kind, some of them required. */
const passing = (names: string, ...required: string[]): Shape => mapShape(anyOf(names), required);

const logging = passing("CloudWatchLogsRoleArn ExcludeVerboseContent FieldLogLevel");
const runtime = passing("Name Version", "Name", "Version");

const authorizer = {
  Type: choice("AWS_IAM", "API_KEY", "AWS_LAMBDA", "OPENID_CONNECT", "AMAZON_COGNITO_USER_POOLS"),
  LambdaAuthorizer: passing("AuthorizerResultTtlInSeconds AuthorizerUri IdentityValidationExpression", "AuthorizerUri"),
  OpenIDConnect: passing("AuthTTL ClientId IatTTL Issuer"),
  UserPool: passing("AppIdClientRegex AwsRegion DefaultAction UserPoolId", "UserPoolId"),
};

const sync = mapShape(
  {
    ConflictDetection: anyShape,
    ConflictHandler: anyShape,
    LambdaConflictHandlerConfig: passing("LambdaConflictHandlerArn", "LambdaConflictHandlerArn"),
  },
  ["ConflictDetection"],
);

const dynamoDb = mapShape(
  {
    TableName: anyShape,
    ServiceRoleArn: anyShape,
    TableArn: anyShape,
    Permissions: listOf(choice("Read", "Write")),
    Name: anyShape,
    Description: anyShape,
    Region: anyShape,
    DeltaSync: passing("BaseTableTTL DeltaSyncTableName DeltaSyncTableTTL", "BaseTableTTL", "DeltaSyncTableName", "DeltaSyncTableTTL"),
    UseCallerCredentials: anyShape,
    Versioned: anyShape,
  },
  ["TableName"],
);

const shape = mapShape(
  {
    Auth: mapShape({ ...authorizer, Additional: listOf(mapShape(authorizer, ["Type"])) }, ["Type"]),
    Tags: map,
    Name: anyShape,
    XrayEnabled: boolean,
    SchemaInline: anyShape,
    SchemaUri: anyShape,
    Logging: loggingShape,
    DataSources: mapShape({
      DynamoDb: eachOf(dynamoDb),
      Lambda: eachOf(passing("FunctionArn ServiceRoleArn Name Description", "FunctionArn")),
    }),
    Functions: eachOf(
      mapShape({
        DataSource: textOrFunction,
        Runtime: runtime,
        ...anyOf("InlineCode CodeUri Description MaxBatchSize"),
        Name: text,
        Id: anyShape,
        Sync: sync,
      }),
    ),
    Resolvers: eachOf(
      eachOf(
        mapShape({
          FieldName: text,
          Caching: mapShape({ Ttl: anyShape, CachingKeys: listOf(anyShape) }, ["Ttl"]),
          ...anyOf("InlineCode CodeUri MaxBatchSize"),
          Pipeline: listOf(text),
          Runtime: runtime,
          Sync: sync,
        }),
      ),
    ),
    ApiKeys: eachOf(passing("ApiKeyId Description ExpiresOn")),
    DomainName: passing("CertificateArn DomainName Description", "CertificateArn", "DomainName"),
    Cache: passing("ApiCachingBehavior Ttl Type AtRestEncryptionEnabled TransitEncryptionEnabled", "ApiCachingBehavior", "Ttl", "Type"),
    Visibility: anyShape,
    OwnerContact: anyShape,
    IntrospectionConfig: anyShape,
    QueryDepthLimit: anyShape,
    ResolverCountLimit: anyShape,
  },
  ["Auth"],
);

/** Only the first fault is told, and only where it is. */
export function checkGraphQlApi(id: string, properties: Value): void {
  const [fault] = shape(properties, []);
  if (fault !== undefined) throw invalidResource(id, `Property '${fault.path.join(".")}' is invalid.`);
}
