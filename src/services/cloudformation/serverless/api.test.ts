import { describe, expect, test } from "vitest";
import type { JsonObject } from "../value.ts";
import { InvalidServerlessTemplate, type Surroundings, transformServerless } from "./index.ts";

const surroundings: Surroundings = { parameters: { Stage: "beta" }, region: "eu-west-1", now: 1_700_000_000 };

const transformed = (Resources: JsonObject, rest: JsonObject = {}): any => transformServerless({ ...rest, Resources }, surroundings);
const resourcesOf = (Resources: JsonObject, rest: JsonObject = {}): any => transformed(Resources, rest).Resources;

const fault = (Resources: JsonObject, rest: JsonObject = {}): string => {
  try {
    return `no fault, but ${JSON.stringify(transformed(Resources, rest))}`;
  } catch (error) {
    if (error instanceof InvalidServerlessTemplate) return error.message.replace(/^.*?Number of errors found: 1\. /, "");
    throw error;
  }
};

const serverless = (type: string, Properties: JsonObject, rest: JsonObject = {}): JsonObject => ({
  Type: `AWS::Serverless::${type}`,
  Properties,
  ...rest,
});

const event = (type: string, Properties: JsonObject): JsonObject => ({ Event: { Type: type, Properties } });

const lambda = (Events: JsonObject, rest: JsonObject = {}, attributes: JsonObject = {}): JsonObject =>
  serverless("Function", { CodeUri: "s3://bucket/key", Handler: "index.handler", Runtime: "nodejs22.x", Events, ...rest }, attributes);

const ofType = (resources: any, type: string): string[] => Object.keys(resources).filter((id) => resources[id].Type === type);
const deploymentOf = (resources: any): string => ofType(resources, "AWS::ApiGateway::Deployment")[0]!;

describe("a REST API", () => {
  const get = (path: string, rest: JsonObject = {}): JsonObject => event("Api", { Path: path, Method: "get", ...rest });
  const explicit = (rest: JsonObject = {}): JsonObject => serverless("Api", { StageName: "v1", ...rest });
  const ofApi = { RestApiId: { Ref: "Api" } };

  test("is made for events that name none, and calls their functions", () => {
    const resources = resourcesOf({ Function: lambda(get("/items/{id}")) });
    const { ServerlessRestApi, ServerlessRestApiProdStage, FunctionEventPermissionProd } = resources;
    const uri = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations";
    expect(ServerlessRestApi.Properties.Body).toEqual({
      swagger: "2.0",
      info: { version: "1.0", title: { Ref: "AWS::StackName" } },
      paths: {
        "/items/{id}": {
          get: {
            "x-amazon-apigateway-integration": { type: "aws_proxy", httpMethod: "POST", uri: { "Fn::Sub": uri } },
            responses: {},
          },
        },
      },
    });
    expect(ServerlessRestApiProdStage.Properties).toEqual({
      RestApiId: { Ref: "ServerlessRestApi" },
      DeploymentId: { Ref: deploymentOf(resources) },
      StageName: "Prod",
    });
    expect(FunctionEventPermissionProd.Properties.SourceArn).toEqual({
      "Fn::Sub": [
        "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/GET/items/*",
        { __ApiId__: { Ref: "ServerlessRestApi" }, __Stage__: "*" },
      ],
    });
  });

  test("has deployments with the ids that SAM gives", () => {
    const cors = { Cors: { AllowOrigin: "'https://example.com'", MaxAge: "'600'" }, Auth: { ApiKeyRequired: true } };
    expect(deploymentOf(resourcesOf({ Function: lambda(get("/")) }))).toBe("ServerlessRestApiDeployment398e3a6ab3");
    expect(deploymentOf(resourcesOf({ Function: lambda(get("/a/b", ofApi)), Api: explicit(cors) }))).toBe("ApiDeployment24ad1f1c0f");
    const versioned = { OpenApiVersion: "3.0.1", Domain: { DomainName: "a.example.com", CertificateArn: "arn" }, ...cors };
    expect(deploymentOf(resourcesOf({ Function: lambda(get("/ä", ofApi)), Api: explicit(versioned) }))).toBe("ApiDeployment58c0faa077");
  });

  test("is deployed anew when its definition changes, or a name in it, or always", () => {
    const id = (path: string, rest: JsonObject = {}, api: JsonObject = {}): string =>
      deploymentOf(resourcesOf({ Function: lambda(get(path, ofApi), rest), Api: explicit(api) }));
    expect(id("/a", { Timeout: 9 })).toBe(id("/a"));
    expect(id("/b")).not.toBe(id("/a"));
    expect(id("/a", { FunctionName: "name" })).not.toBe(id("/a"));
    expect(id("/b", {}, { AlwaysDeploy: true })).toBe(id("/a", {}, { AlwaysDeploy: true }));
  });

  test("asks who calls, where a method does not say otherwise", () => {
    const Authorizers = {
      Pool: { UserPoolArn: { "Fn::GetAtt": ["Pool", "Arn"] } },
      Custom: { FunctionArn: "arn:f", FunctionPayloadType: "REQUEST", Identity: { Headers: ["X-Who"], ReauthorizeEvery: 0 } },
    };
    const Events = {
      One: { Type: "Api", Properties: { Path: "/one", Method: "get", ...ofApi } },
      Two: { Type: "Api", Properties: { Path: "/two", Method: "any", Auth: { Authorizer: "NONE" }, ...ofApi } },
      Three: { Type: "Api", Properties: { Path: "/three", Method: "get", Auth: { Authorizer: "Custom", ApiKeyRequired: true }, ...ofApi } },
    };
    const Auth = { DefaultAuthorizer: "Pool", Authorizers, UsagePlan: { CreateUsagePlan: "PER_API" } };
    const resources = resourcesOf({ Function: lambda(Events), Api: explicit({ Auth }) });
    const { paths, securityDefinitions } = resources.Api.Properties.Body;
    expect(paths["/one"].get.security).toEqual([{ Pool: [] }]);
    expect(paths["/two"]["x-amazon-apigateway-any-method"].security).toEqual([{ NONE: [] }]);
    expect(paths["/three"].get.security).toEqual([{ api_key: [] }, { Custom: [] }]);
    expect(securityDefinitions.Pool["x-amazon-apigateway-authorizer"]).toEqual({
      type: "cognito_user_pools",
      providerARNs: [{ "Fn::GetAtt": ["Pool", "Arn"] }],
    });
    expect(securityDefinitions.Custom["x-amazon-apigateway-authorizer"]).toMatchObject({
      type: "request",
      identitySource: "method.request.header.X-Who",
      authorizerResultTtlInSeconds: 0,
    });
    expect(resources.ApiCustomAuthorizerPermission.Properties.FunctionName).toBe("arn:f");
    expect(resources.ApiUsagePlanKey.Properties).toEqual({
      KeyId: { Ref: "ApiApiKey" },
      KeyType: "API_KEY",
      UsagePlanId: { Ref: "ApiUsagePlan" },
    });
  });

  test("answers browsers' preflight requests, and lets in who is on its lists", () => {
    const Auth = { ResourcePolicy: { IpRangeWhitelist: ["10.0.0.0/8"] } };
    const { Body } = resourcesOf({ Function: lambda(get("/a", ofApi)), Api: explicit({ Cors: "'*'", Auth }) }).Api.Properties;
    const { options } = Body.paths["/a"];
    expect(options["x-amazon-apigateway-integration"].responses.default.responseParameters).toEqual({
      "method.response.header.Access-Control-Allow-Origin": "'*'",
      "method.response.header.Access-Control-Allow-Methods": "'GET,OPTIONS'",
    });
    const Resource = ["OPTIONS", "GET"].map((verb) => ({ "Fn::Sub": [`execute-api:/\${__Stage__}/${verb}/a`, { __Stage__: "v1" }] }));
    const both = { Action: "execute-api:Invoke", Resource, Principal: "*" };
    expect(Body["x-amazon-apigateway-policy"]).toEqual({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", ...both },
        { Effect: "Deny", ...both, Condition: { NotIpAddress: { "aws:SourceIp": ["10.0.0.0/8"] } } },
      ],
    });
  });

  test("has its domain in the group of its zone", () => {
    const domain = (DomainName: string): JsonObject => ({ DomainName, CertificateArn: "arn", Route53: { HostedZoneId: "Z1" } });
    const resources = resourcesOf({
      One: explicit({ Domain: { ...domain("one.example.com"), BasePath: ["a-b"] } }),
      Two: explicit({ Domain: { ...domain("two.example.com"), EndpointConfiguration: "EDGE" } }),
    });
    const [group] = ofType(resources, "AWS::Route53::RecordSetGroup");
    expect(resources[group!].Properties.RecordSets.map((record: any) => record.Name).sort()).toEqual([
      "one.example.com",
      "two.example.com",
    ]);
    expect(resources.OneabBasePathMapping.Properties).toMatchObject({ BasePath: "ab", Stage: { Ref: "Onev1Stage" } });
  });

  test("is written as OpenAPI 3 where it asks for that", () => {
    const Auth = { ApiKeyRequired: true };
    const Models = { User: { type: "object" } };
    const { Body } = resourcesOf({ F: lambda(get("/", ofApi)), Api: explicit({ OpenApiVersion: "3.0.1", Auth, Models }) }).Api.Properties;
    expect(Body).toMatchObject({ openapi: "3.0.1", components: { schemas: { user: { type: "object" } } } });
    expect(Object.keys(Body.components.securitySchemes)).toEqual(["api_key"]);
    expect([Body.swagger, Body.definitions, Body.securityDefinitions]).toEqual([undefined, undefined, undefined]);
  });

  test("is there when one of its functions is", () => {
    const one = lambda(get("/a"), {}, { Condition: "First" });
    const other = lambda(event("Api", { Path: "/a", Method: "post" }), {}, { Condition: "Second" });
    const { Conditions, Resources } = transformed({ One: one, Other: other }, { Conditions: { First: {}, Second: {} } });
    expect(Resources.ServerlessRestApi.Condition).toBe("ServerlessRestApiCondition");
    const either = { "Fn::Or": [{ Condition: "First" }, { Condition: "Second" }] };
    expect(Conditions).toMatchObject({ ServerlessRestApiCondition: either, ServerlessRestApiSLASHaPathCondition: either });
  });

  test("takes methods into a definition of the template's own, where that is asked for", () => {
    const DefinitionBody = { swagger: "2.0", paths: { "/a": { get: { summary: "ours" } }, "/b": { get: {} } } };
    const api = (rest: JsonObject): any =>
      resourcesOf({ F: lambda(get("/a", ofApi)), Api: explicit({ DefinitionBody, ...rest }) }).Api.Properties.Body;
    expect(api({})).toEqual(DefinitionBody);
    expect(api({ MergeDefinitions: true }).paths["/a"].get).toMatchObject({ summary: "ours", responses: {} });
  });

  test("starts state machines", () => {
    const Machine = serverless("StateMachine", { DefinitionUri: "s3://a/b", Role: "arn", Events: get("/start") });
    const { MachineEventRole, ServerlessRestApi } = resourcesOf({ Machine });
    const integration = ServerlessRestApi.Properties.Body.paths["/start"].get["x-amazon-apigateway-integration"];
    expect(integration.credentials).toEqual({ "Fn::GetAtt": ["MachineEventRole", "Arn"] });
    expect(integration.requestTemplates["application/json"]["Fn::Sub"]).toBe(
      `{"input": "$util.escapeJavaScript($input.json('$'))", "stateMachineArn": "\${Machine}"}`,
    );
    expect(MachineEventRole.Properties.Policies[0].PolicyDocument.Statement[0].Action).toBe("states:StartExecution");
  });

  test.each<[string, JsonObject, string]>([
    ["no stage", { Api: serverless("Api", {}) }, "Resource with id [Api] is invalid. Missing required property 'StageName'."],
    [
      "a method twice",
      { F: lambda(get("/")), G: lambda(get("/")) },
      // Python comes to G before F.
      `Resource with id [F] is invalid. Event with id [Event] is invalid. API method "get" defined multiple times for path "/".`,
    ],
    [
      "an unknown API",
      { F: lambda(get("/", ofApi)) },
      "Resource with id [F] is invalid. Event with id [Event] is invalid. RestApiId must be a valid reference to an " +
        "'AWS::Serverless::Api' resource in same template.",
    ],
    [
      "an unknown authorizer, of which Python shows what it is",
      { F: lambda(get("/", { Auth: { Authorizer: { a: ["ü", 1] } }, ...ofApi })), Api: explicit({ Auth: { Authorizers: { A: {} } } }) },
      "Resource with id [F] is invalid. Event with id [Event] is invalid. Unable to set Authorizer [{u'a': [u'\\xfc', 1]}] on API method " +
        "[get] for path [/]. The method authorizer must be a string with a corresponding dict entry in the api authorizer.",
    ],
    [
      "credentials for everybody",
      { Api: explicit({ Cors: { AllowCredentials: true } }) },
      "Resource with id [Api] is invalid. Unable to add Cors configuration because 'AllowCredentials' can not be true when 'AllowOrigin' " +
        `is "'*'" or not set`,
    ],
    [
      "a definition that is none",
      { Api: explicit({ DefinitionBody: { paths: { "/a": "b" }, swagger: "2.0" }, Cors: "'*'" }) },
      "Structure of the SAM template is invalid. Value of '/a' path must be a dictionary according to Swagger spec.",
    ],
  ])("is refused with %s", (_, resources, message) => {
    expect(fault(resources)).toBe(message);
  });
});

describe("an HTTP API", () => {
  const Authorizers = { Jwt: { IdentitySource: "$request.header.Authorization", JwtConfiguration: { Issuer: "i", audience: ["a"] } } };

  test("sends what no route takes to a function that says nothing of routes", () => {
    const Events = { Rest: { Type: "HttpApi" }, One: { Type: "HttpApi", Properties: { Path: "/one", Method: "get" } } };
    const resources = resourcesOf({ Function: lambda(Events) });
    const { Body } = resources.ServerlessHttpApi.Properties;
    expect(Object.keys(Body.paths).sort()).toEqual(["$default", "/one"]);
    expect(Body.paths.$default["x-amazon-apigateway-any-method"].isDefaultRoute).toBe(true);
    expect(ofType(resources, "AWS::Lambda::Permission")).toEqual(["FunctionRestPermission"]);
    expect(resources.ServerlessHttpApiApiGatewayDefaultStage.Properties).toMatchObject({ StageName: "$default", AutoDeploy: true });
  });

  test("asks for tokens, allows browsers, has its tags in the definition", () => {
    const Api = serverless("HttpApi", { Auth: { DefaultAuthorizer: "Jwt", Authorizers }, CorsConfiguration: true, Tags: { a: "b" } });
    const route = lambda(event("HttpApi", { ApiId: { Ref: "Api" }, Path: "/{id}", Method: "get" }));
    const resources = resourcesOf({ Api, Function: route });
    const { Body } = resources.Api.Properties;
    expect(Body.paths["/{id}"].get.security).toEqual([{ Jwt: [] }]);
    expect(Body.paths["/{id}"].get.parameters).toEqual([{ name: "id", in: "path", required: true }]);
    const its = Body.components.securitySchemes.Jwt["x-amazon-apigateway-authorizer"];
    expect(its.jwtConfiguration).toEqual({ issuer: "i", audience: ["a"] });
    expect(Body["x-amazon-apigateway-cors"]).toEqual({ allowOrigins: ["*"] });
    expect(Body.tags.map((tag: any) => tag.name)).toEqual(["a", "httpapi:createdBy"]);
    expect(resources.ApiApiGatewayDefaultStage.Properties.Tags).toEqual({ a: "b", "httpapi:createdBy": "SAM" });
  });

  test.each<[string, JsonObject, string]>([
    [
      "an authorizer of two kinds",
      { Api: serverless("HttpApi", { Auth: { Authorizers: { A: { ...Authorizers.Jwt, FunctionArn: "arn" } } } }) },
      "Resource with id [Api] is invalid. FunctionArn is only supported for Lambda Authorizer.",
    ],
    [
      "a second title",
      { Api: serverless("HttpApi", { Name: "n", DefinitionBody: { openapi: "3.0.1", paths: {}, info: { title: "t" } } }) },
      "Resource with id [Api] is invalid. Unable to set Name because it is already defined within inline OpenAPI specified in the " +
        "'DefinitionBody' property.",
    ],
  ])("is refused with %s", (_, resources, message) => {
    expect(fault(resources)).toBe(message);
  });
});

describe("a WebSocket API", () => {
  const api = (rest: JsonObject): JsonObject => ({
    Api: serverless("WebSocketApi", { RouteSelectionExpression: "$request.body.action", ...rest }),
  });

  test("has routes, and asks who connects", () => {
    const Routes = { $connect: { FunctionArn: "arn:c" }, send: { FunctionArn: "arn:s", IntegrationTimeout: 900 } };
    const resources = resourcesOf(api({ Routes, Auth: { AuthType: "CUSTOM", AuthArn: "arn:a" }, RouteSettings: { send: {} } }));
    expect(resources.ApiConnectRoute.Properties).toMatchObject({ RouteKey: "$connect", AuthorizerId: { Ref: "ApiConnectAuthorizer" } });
    expect(resources.ApiSendRoute.Properties.Target).toEqual({ "Fn::Join": ["/", ["integrations", { Ref: "ApiSendIntegration" }]] });
    expect(resources.ApiSendIntegration.Properties.TimeoutInMillis).toBe(900);
    expect(resources.ApiDefaultStage.DependsOn).toEqual(["ApiConnectRoute", "ApiSendRoute"]);
    expect(resources.ApiAuthorizerPermission.Properties.FunctionName).toBe("arn:a");
  });

  test("is refused without routes", () => {
    expect(fault(api({ Routes: {} }))).toBe("Resource with id [Api] is invalid. WebSocket API must have at least one route.");
  });
});

describe("a GraphQL API", () => {
  const api = (rest: JsonObject): JsonObject => ({
    Api: serverless("GraphQLApi", { SchemaInline: "type Q {}", Auth: { Type: "AWS_IAM" }, ...rest }),
  });
  const code = { InlineCode: "code", Runtime: { Name: "APPSYNC_JS", Version: "1.0.0" } };

  test("has sources with roles, functions and the pipelines made of them", () => {
    const resources = resourcesOf(
      api({
        DataSources: { DynamoDb: { Items: { TableName: "items" } } },
        Functions: { read: { DataSource: "Items", ...code }, none: { DataSource: "NONE", ...code } },
        Resolvers: { Query: { item: { Pipeline: ["read", "none"] } } },
        Logging: false,
      }),
    );
    expect(resources.Apiread.Properties.DataSourceName).toEqual({ "Fn::GetAtt": ["ApiItemsDynamoDBDataSource", "Name"] });
    expect(resources.ApiNoneDataSource.Properties.Type).toBe("NONE");
    expect(resources.ApiQueryitem.Properties.PipelineConfig.Functions).toEqual([
      { "Fn::GetAtt": ["Apiread", "FunctionId"] },
      { "Fn::GetAtt": ["Apinone", "FunctionId"] },
    ]);
    expect(resources.ApiItemsDynamoDBDataSourceToTableConnectorPolicy.Properties.Roles).toEqual([
      { Ref: "ApiItemsDynamoDBDataSourceRole" },
    ]);
    expect(resources.Api.Properties.LogConfig).toBeUndefined();
  });

  test.each<[JsonObject, string]>([
    [{ Auth: { Type: "ANY" } }, "Resource with id [Api] is invalid. Property 'Auth.Type' is invalid."],
    [
      { SchemaUri: "s3://a/b" },
      "Resource with id [Api] is invalid. Both 'SchemaInline' and 'SchemaUri' cannot be defined at the same time.",
    ],
    [{ Functions: { f: code } }, "Resource with id [f] is invalid. 'DataSource' must be set."],
  ])("is refused with %j", (rest, message) => {
    expect(fault(api(rest))).toBe(message);
  });
});
