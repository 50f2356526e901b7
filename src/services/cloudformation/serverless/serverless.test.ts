import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readTemplate } from "../syntax.ts";
import type { Json, JsonObject } from "../value.ts";
import { InvalidServerlessTemplate, type Surroundings, transformServerless } from "./index.ts";

const surroundings: Surroundings = { parameters: { Stage: "beta" }, region: "eu-west-1", now: 1_700_000_000 };

const FUNCTION = { CodeUri: "s3://bucket/key", Handler: "index.handler", Runtime: "nodejs22.x" };

const transformed = (resources: JsonObject, rest: JsonObject = {}): JsonObject =>
  transformServerless({ Transform: "AWS::Serverless-2016-10-31", ...rest, Resources: resources }, surroundings);

const resourcesOf = (resources: JsonObject, rest: JsonObject = {}): any => transformed(resources, rest)["Resources"];

const fault = (resources: JsonObject, rest: JsonObject = {}): string => {
  try {
    return `no fault, but ${JSON.stringify(transformed(resources, rest))}`;
  } catch (error) {
    if (error instanceof InvalidServerlessTemplate) return error.message;
    throw error;
  }
};

const serverless = (type: string, Properties: JsonObject, rest: JsonObject = {}): JsonObject => ({
  Type: `AWS::Serverless::${type}`,
  Properties,
  ...rest,
});

describe("a function", () => {
  test("becomes a function with a role", () => {
    const template = { Function: serverless("Function", { ...FUNCTION, VpcConfig: { SubnetIds: ["s"] } }, { Condition: "Wanted" }) };
    const { Function: made, FunctionRole: role } = resourcesOf(template);
    expect(made).toEqual({
      Type: "AWS::Lambda::Function",
      Condition: "Wanted",
      Properties: {
        Code: { S3Bucket: "bucket", S3Key: "key" },
        Handler: "index.handler",
        Runtime: "nodejs22.x",
        VpcConfig: { SubnetIds: ["s"] },
        Role: { "Fn::GetAtt": ["FunctionRole", "Arn"] },
        Tags: [{ Key: "lambda:createdBy", Value: "SAM" }],
      },
    });
    expect(role.Condition).toBe("Wanted");
    expect(role.Properties.ManagedPolicyArns).toEqual([
      "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
      "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
    ]);
  });

  test("leaves the template as it was given", () => {
    const body = {
      Globals: { Function: { Timeout: 3 } },
      Resources: { Function: serverless("Function", { ...FUNCTION, Policies: [{ SQSPollerPolicy: { QueueName: "q" } }] }) },
    };
    const before = structuredClone(body);
    transformServerless(body, surroundings);
    expect(body).toEqual(before);
  });

  test("takes managed policies by name, and policy templates", () => {
    const Policies = ["AmazonS3FullAccess", "arn:aws:iam::1:policy/Own", { SQSSendMessagePolicy: { QueueName: { Ref: "Queue" } } }];
    const { FunctionRole: role } = resourcesOf({ Function: serverless("Function", { ...FUNCTION, Policies }) });
    expect(role.Properties.ManagedPolicyArns.slice(1)).toEqual(["arn:aws:iam::aws:policy/AmazonS3FullAccess", "arn:aws:iam::1:policy/Own"]);
    const arn = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${queueName}";
    const resource = { "Fn::Sub": [arn, { queueName: { Ref: "Queue" } }] };
    expect(role.Properties.Policies).toEqual([
      {
        PolicyName: "FunctionRolePolicy2",
        PolicyDocument: { Statement: [{ Action: ["sqs:SendMessage*"], Effect: "Allow", Resource: resource }] },
      },
    ]);
  });

  test("publishes a version whose id changes with the code, and is named by its references", () => {
    const of = (key: string, rest: JsonObject = {}): any =>
      transformed(
        { Function: serverless("Function", { ...FUNCTION, CodeUri: `s3://bucket/${key}`, AutoPublishAlias: { Ref: "Stage" }, ...rest }) },
        { Outputs: { Version: { Value: { Ref: "Function.Version" } }, Alias: { Value: { "Fn::Sub": "${Function.Alias}!" } } } },
      );
    // The id that SAM gives: ten digits of the SHA-1 of {"S3Bucket":"bucket","S3Key":"key"}.
    expect(Object.keys(of("key").Resources)).toEqual(["Function", "FunctionVersionfb53d5c2e6", "FunctionAliasbeta", "FunctionRole"]);
    expect(of("key").Outputs).toEqual({
      Version: { Value: { Ref: "FunctionVersionfb53d5c2e6" } },
      Alias: { Value: { "Fn::Sub": "${FunctionAliasbeta}!" } },
    });
    expect(of("key", { MemorySize: 256 }).Outputs.Version).not.toEqual(of("key").Outputs.Version);
    expect(of("key", { Timeout: 9 }).Outputs.Version).toEqual(of("key").Outputs.Version);
    expect(of("key").Resources.FunctionVersionfb53d5c2e6.DeletionPolicy).toBe("Retain");
  });

  test("is deployed by CodeDeploy where it says how", () => {
    const DeploymentPreference = { Type: "Canary10Percent5Minutes", Alarms: [{ Ref: "Errors" }], Hooks: { PreTraffic: { Ref: "Check" } } };
    const resources = resourcesOf({ Function: serverless("Function", { ...FUNCTION, AutoPublishAlias: "live", DeploymentPreference }) });
    expect(resources.FunctionAliaslive.UpdatePolicy).toEqual({
      CodeDeployLambdaAliasUpdate: {
        ApplicationName: { Ref: "ServerlessDeploymentApplication" },
        DeploymentGroupName: { Ref: "FunctionDeploymentGroup" },
        BeforeAllowTrafficHook: { Ref: "Check" },
      },
    });
    expect(resources.FunctionDeploymentGroup.Properties).toMatchObject({
      DeploymentConfigName: { "Fn::Sub": ["CodeDeployDefault.Lambda${ConfigName}", { ConfigName: "Canary10Percent5Minutes" }] },
      AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: "Errors" } }] },
      ServiceRoleArn: { "Fn::GetAtt": ["CodeDeployServiceRole", "Arn"] },
    });
  });

  test("is notified by a bucket of the same template, which waits for the permission", () => {
    const Events = { New: { Type: "S3", Properties: { Bucket: { Ref: "Bucket" }, Events: "s3:ObjectCreated:*" } } };
    const { Bucket, FunctionNewPermission } = resourcesOf({
      Bucket: { Type: "AWS::S3::Bucket" },
      Function: serverless("Function", { ...FUNCTION, Events }),
    });
    expect(Bucket.DependsOn).toEqual(["FunctionNewPermission"]);
    const mapping = { Event: "s3:ObjectCreated:*", Function: { "Fn::GetAtt": ["Function", "Arn"] } };
    expect(Bucket.Properties.NotificationConfiguration.LambdaConfigurations).toEqual([mapping]);
    expect(FunctionNewPermission.Properties.Principal).toBe("s3.amazonaws.com");
  });
});

test("globals go into the resources: maps merged, lists joined, the rest the resource's own", () => {
  const general = { Timeout: 3, MemorySize: 128, Layers: ["a"], Environment: { Variables: { A: "1", B: "1" } } };
  const own = { ...FUNCTION, MemorySize: 256, Layers: ["b"], Environment: { Variables: { B: "2" } } };
  const { Function: made } = resourcesOf({ Function: serverless("Function", own) }, { Globals: { Function: general } });
  expect(made.Properties).toMatchObject({
    Timeout: 3,
    MemorySize: 256,
    Layers: ["a", "b"],
    Environment: { Variables: { A: "1", B: "2" } },
  });
});

test("a layer's id has a hash of it, and who refers to it follows", () => {
  const { Function: made, ...rest } = resourcesOf({
    Layer: serverless("LayerVersion", { ContentUri: "s3://bucket/layer" }),
    Function: serverless("Function", { ...FUNCTION, Layers: [{ Ref: "Layer" }] }, { DependsOn: "Layer" }),
  });
  const id = Object.keys(rest).find((name) => /^Layer[0-9a-f]{10}$/.test(name))!;
  expect(rest[id].Properties.LayerName).toBe("Layer");
  expect([made.Properties.Layers, made.DependsOn]).toEqual([[{ Ref: id }], id]);
});

test("a connector becomes what its two ends need", () => {
  const Connectors = { Out: { Properties: { Destination: { Id: "Table" }, Permissions: ["Read"] } } };
  const { FunctionOutPolicy: policy } = resourcesOf({
    Table: serverless("SimpleTable", {}),
    Function: serverless("Function", FUNCTION, { Connectors }),
  });
  expect(policy.Properties.Roles).toEqual([{ Ref: "FunctionRole" }]);
  expect(policy.Properties.PolicyDocument.Statement[0].Resource[0]).toEqual({ "Fn::GetAtt": ["Table", "Arn"] });
  expect(policy.Metadata["aws:sam:connectors"].FunctionOut).toEqual({
    Source: { Type: "AWS::Serverless::Function" },
    Destination: { Type: "AWS::Serverless::SimpleTable" },
  });
});

test("a state machine's definition has variables where functions stand", () => {
  const Definition = { StartAt: "Call", States: { Call: { Type: "Task", Resource: { "Fn::GetAtt": ["F", "Arn"] }, End: true } } };
  const { Machine } = resourcesOf({ Machine: serverless("StateMachine", { Definition, Role: "arn" }) });
  expect(Machine.Properties.DefinitionSubstitutions).toEqual({ definition_substitution_1: { "Fn::GetAtt": ["F", "Arn"] } });
  expect(JSON.parse(Machine.Properties.DefinitionString["Fn::Join"][1].join("\n")).States.Call.Resource).toBe(
    "${definition_substitution_1}",
  );
});

describe("what is wrong", () => {
  const head = (count: number): string => `Invalid Serverless Application Specification document. Number of errors found: ${count}.`;

  test("is said of all resources at once, in the order of their ids", () => {
    const Events = { E: { Type: "SQS", Properties: {} } };
    const resources = {
      Second: serverless("Function", { ...FUNCTION, Tracks: true }),
      First: serverless("Function", { ...FUNCTION, CodeUri: "here" }),
      Third: serverless("Function", { ...FUNCTION, Events }),
    };
    expect(fault(resources)).toBe(
      `${head(3)} Resource with id [First] is invalid. 'CodeUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional ` +
        "versionId query parameter. Resource with id [Second] is invalid. property Tracks not defined for resource of type " +
        "AWS::Serverless::Function Resource with id [ThirdE] is invalid. Missing required property 'Queue'.",
    );
  });

  test.each<[string, JsonObject, JsonObject, string]>([
    ["no resources", {}, {}, "Structure of the SAM template is invalid. 'Resources' section is required"],
    [
      "a property of the wrong kind",
      { F: serverless("Function", { ...FUNCTION, Role: 5 }) },
      {},
      "Resource with id [F] is invalid. Property 'Role' should be a string.",
    ],
    [
      "a parameter that a policy template lacks",
      { F: serverless("Function", { ...FUNCTION, Policies: { LambdaInvokePolicy: {} } }) },
      {},
      "Resource with id [F] is invalid. Following required parameters of template 'LambdaInvokePolicy' don't have values: ['FunctionName']",
    ],
    [
      "an id that is there",
      { F: serverless("Function", FUNCTION), FRole: { Type: "AWS::IAM::Role" } },
      {},
      'Transforming resource with id [F] attempts to create a new resource with id [FRole] and type "AWS::IAM::Role". ' +
        "A resource with that id already exists within this template. Please use a different id for that resource.",
    ],
    [
      "globals of a type that has none",
      { F: serverless("Function", FUNCTION) },
      { Globals: { Connector: {} } },
      "'Globals' section is invalid. 'Connector' is not supported. Must be one of the following values - ['Api', 'CapacityProvider', " +
        "'Function', 'HttpApi', 'LayerVersion', 'SimpleTable', 'StateMachine', 'WebSocketApi']",
    ],
  ])("%s", (_, resources, rest, message) => {
    expect(fault(resources, rest)).toBe(`${head(1)} ${message}`);
  });
});

/** SAM's own pairs of templates and what they become, on a developer's machine beside the project. SAM_CASES chooses some by name. */
const CASES = join(import.meta.dirname, "../../../../../shared/data/sam");
const chosen = new RegExp(process.env["SAM_CASES"] ?? "");
const names = existsSync(CASES) ? readdirSync(join(CASES, "input")).map((file) => file.replace(/\.yaml$/, "")) : [];

describe("SAM's own cases", () => {
  if (names.length === 0) test.skip("are not beside the project");

  const repository: Surroundings = {
    parameters: { param1: "value1", param2: "value2" },
    region: "ap-southeast-1",
    now: 0,
    application: (id) =>
      ["no-access", "non-existent", "invalid-semver"].includes(id)
        ? { error: `Cannot access application: ${id}.` }
        : {
            templateUrl: "https://awsserverlessrepo-changesets-xxx.s3.amazonaws.com/signed-url",
            isReady: id !== "preparing-never-ready",
          },
  };

  /** JSON does not tell `swagger: 2` from `swagger: 2.0`, which is what is written everywhere else; the hash of a deployment does. */
  const wrongHash = ["api_merge_definitions_with_any_method", "api_with_merge_definitions_null_paths"];
  const wanted = names.filter((name) => chosen.test(name));

  test.each(wanted.filter((name) => !wrongHash.includes(name)))("%s", compare);
  test.fails.each(wanted.filter((name) => wrongHash.includes(name)))("%s", compare);

  function compare(name: string): void {
    const expected = JSON.parse(readFileSync(join(CASES, "output", `${name}.json`), "utf8"));
    const body = readTemplate(readFileSync(join(CASES, "input", `${name}.yaml`), "utf8"));
    const outcome = outcomeOf(body, {
      ...repository,
      passesMetadata: name.startsWith("translate_"),
      prefersDefinitionVersion: name.startsWith("feature_toggle_"),
    });
    expect(inAnyOrder(outcome)).toEqual("errorMessage" in expected ? { errorMessage: expected.errorMessage } : inAnyOrder(expected));
  }
});

function outcomeOf(body: JsonObject, surroundings: Surroundings): JsonObject {
  try {
    return transformServerless(body, surroundings);
  } catch (error) {
    // SAM's own test takes the mark of Python's unicode away, too.
    if (error instanceof InvalidServerlessTemplate) return { errorMessage: error.message.replace(/u'(\w*)'/g, "'$1'") };
    throw error;
  }
}

/** Lists are compared as SAM's own test compares them: sorted. */
function inAnyOrder(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => inAnyOrder(item)).sort(byText);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, each]) => [name, inAnyOrder(each)]),
  );
}

const byText = (one: Json, other: Json): number => {
  const [a, b] = [JSON.stringify(one), JSON.stringify(other)];
  return a < b ? -1 : a > b ? 1 : 0;
};
