import { describe, expect, test } from "vitest";
import { createChangeSet, describeChangeSet } from "./change-set.ts";
import { extendLanguage } from "./language-extension.ts";
import { createStack, deleteStack, updateStack } from "./operation.ts";
import { things } from "./simulated-types.fixture.ts";
import { getTemplate } from "./stored-template.ts";
import { eventsOf, namesOf, S, stackOf, statusOf, template, world } from "./story.fixture.ts";
import { readTemplate } from "./syntax.ts";
import type { Json } from "./value.ts";

const PARAMETERS: Record<string, Json> = {
  "AWS::Region": "eu-west-1",
  "AWS::StackName": "s",
  Names: ["Success", "Failure"],
  Name: "one-two",
  Empty: [],
  Policy: "Retain",
};

function extend(text: string, parameters = PARAMETERS): any {
  const surroundings = { parameters, region: "eu-west-1", now: 0, textAt: () => ({ state: "absent", reason: "" }) as const };
  return extendLanguage(readTemplate(text), {}, surroundings);
}

/** The property V of the one resource. */
const propertyOf = (written: string, head = ""): Json =>
  extend(`${head}\nResources:\n  A:\n    Type: T\n    Properties:\n      V: ${written}\n`).Resources.A.Properties?.V;

describe("Fn::ForEach", () => {
  test("makes resources of a list of parameters", () => {
    const { Resources } = extend(`
Resources:
  Fn::ForEach::Topics:
    - TopicName
    - !Ref Names
    - SnsTopic\${TopicName}:
        Type: AWS::SNS::Topic
        DependsOn: Other\${TopicName}
        Properties:
          TopicName: !Sub "\${TopicName}.fifo"
          Plain: "\${TopicName}"
          Self: !Ref TopicName
          Arn: !GetAtt Other\${TopicName}.Arn
          Other: !Ref {"Fn::Sub": "Other\${TopicName}"}
      Other\${TopicName}: {Type: T}
`);
    expect(Resources).toEqual({
      SnsTopicSuccess: {
        Type: "AWS::SNS::Topic",
        DependsOn: "OtherSuccess",
        Properties: {
          TopicName: "Success.fifo",
          Plain: "Success",
          Self: "Success",
          Arn: { "Fn::GetAtt": ["OtherSuccess", "Arn"] },
          Other: { Ref: "OtherSuccess" },
        },
      },
      OtherSuccess: { Type: "T" },
      SnsTopicFailure: expect.anything(),
      OtherFailure: { Type: "T" },
    });
  });

  test("can be nested, with collections that depend on the outer loop; &{X} is what of an item is alphanumeric", () => {
    const { Resources } = extend(`
Mappings:
  Of: {A: {Cidrs: [10.0.0.0/16]}, B: {Cidrs: [10.1.0.0/16, 10.2.0.0/16]}}
Resources:
  Fn::ForEach::Outer:
    - X
    - [A, B]
    - Fn::ForEach::Inner:
        - Cidr
        - !FindInMap [Of, !Ref X, Cidrs]
        - "\${X}&{Cidr}": {Type: T, Properties: {Block: !Ref Cidr}}
`);
    expect(Resources).toEqual({
      A1000016: { Type: "T", Properties: { Block: "10.0.0.0/16" } },
      B1010016: { Type: "T", Properties: { Block: "10.1.0.0/16" } },
      B1020016: { Type: "T", Properties: { Block: "10.2.0.0/16" } },
    });
  });

  test("works in conditions, outputs and properties", () => {
    const { Conditions, Resources, Outputs } = extend(`
Conditions:
  Fn::ForEach::Is:
    - N
    - [Failure, Nothing]
    - Is\${N}: !Equals [!Ref N, !Select [1, !Ref Names]]
Resources:
  A:
    Type: T
    Properties:
      Fn::ForEach::P:
        - N
        - !Ref Names
        - On\${N}: {Deep: {"Fn::ForEach::Q": [M, [x, y], {"\${N}\${M}": !Ref M}]}}
      Is: !If [IsFailure, "yes", "no"]
      Nothing: !If [IsNothing, x, !Ref AWS::NoValue]
Outputs:
  Fn::ForEach::O:
    - N
    - !Ref Names
    - Out\${N}: {Value: !Sub "\${N} \${A} \${!Literal}"}
`);
    expect(Conditions).toEqual({
      IsFailure: { "Fn::Equals": ["Failure", "Failure"] },
      IsNothing: { "Fn::Equals": ["Nothing", "Failure"] },
    });
    expect(Resources.A.Properties).toEqual({
      OnSuccess: { Deep: { Successx: "x", Successy: "y" } },
      OnFailure: { Deep: { Failurex: "x", Failurey: "y" } },
      Is: "yes",
    });
    expect(Outputs).toEqual({
      OutSuccess: { Value: { "Fn::Sub": "Success ${A} ${!Literal}" } },
      OutFailure: { Value: { "Fn::Sub": "Failure ${A} ${!Literal}" } },
    });
  });

  test("of nothing makes nothing", () => {
    expect(extend("Resources:\n  A: {Type: T}\n  Fn::ForEach::L: [X, !Ref Empty, {'B${X}': {Type: T}}]\n").Resources).toEqual({
      A: { Type: "T" },
    });
  });

  test.each([
    ["[X, [a]]", "Fn::ForEach::L layout is incorrect"],
    ["[X, a, {}]", "Fn::ForEach::L layout is incorrect"],
    ["[X, !GetAtt A.List, {}]", "Fn::ForEach::L layout is incorrect"],
    ["[X, [a], b]", "Fn::ForEach::L layout is incorrect"],
    ["[!Ref Name, [a], {}]", "Fn::ForEach::L layout is incorrect"],
    ["[X, [a, b], {Same: {Type: T}}]", "Duplicate key 'Same' when merging keys to parent object in Fn::ForEach"],
    ["[X, [A], {'${X}': {Type: T}}]", "Duplicate key 'A' when merging keys to parent object in Fn::ForEach"],
    ["[P, [a], {'B${P}': {Type: T}}]", "Fn::ForEach::L: identifier 'P' conflicts with parameter name"],
    [
      "[X, [a], {'Fn::ForEach::M': [X, [b], {'B${X}': {Type: T}}]}]",
      "Fn::ForEach::M: identifier 'X' conflicts with another loop identifier",
    ],
  ])("%s is refused", (loop, message) => {
    expect(() => extend(`Parameters: {P: {Type: String}}\nResources:\n  A: {Type: T}\n  Fn::ForEach::L: ${loop}\n`)).toThrow(message);
  });

  test("is nested five deep at most, and makes no flood", () => {
    const nested = (depth: number, most: number): object =>
      depth > most
        ? { ["R${I1}${I2}${I3}${I4}${I5}"]: { Type: "T" } }
        : { [`Fn::ForEach::L${depth}`]: [`I${depth}`, ["a"], nested(depth + 1, most)] };
    expect(extend(JSON.stringify({ Resources: nested(1, 5) })).Resources).toEqual({ Raaaaa: { Type: "T" } });
    expect(() => extend(JSON.stringify({ Resources: nested(1, 6) }))).toThrow("cannot be nested more than 5 levels deep");
    const many = Array.from({ length: 150 }, (_, index) => `x${index}`);
    const flood = { "Fn::ForEach::L": ["I", many, { "Fn::ForEach::M": ["J", many, { "R${I}${J}": { Type: "T" } }] }] };
    expect(() => extend(JSON.stringify({ Resources: flood }))).toThrow("Transformation data limit exceeded");
  });
});

describe("functions", () => {
  const HEAD =
    "Mappings: {M: {a: {x: 1, l: [1, 2]}}}\nConditions: {Yes: !Equals [!Ref AWS::Region, eu-west-1], No: !Not [!Condition Yes]}\n";

  test.each<[string, Json]>(
    [
      ["!Length [a, b, !Ref Name]", 3],
      ["!Length {Ref: Names}", 2],
      ["!Length {'Fn::Split': ['-', !Ref Name]}", 2],
      ["!ToJsonString {b: [1, !Ref Name, !If [No, x, !Ref AWS::NoValue]], a: true}", '{"b":[1,"one-two"],"a":true}'],
      ["!ToJsonString [a, b]", '["a","b"]'],
      ["!ToJsonString {a: !Ref A, b: !Ref Name}", { "Fn::ToJsonString": { a: { Ref: "A" }, b: "one-two" } }],
      ["!FindInMap [M, !Select [0, !Split ['-', a-b]], x]", 1],
      ["!FindInMap [M, !Ref Name, x, {DefaultValue: !Ref Names}]", ["Success", "Failure"]],
      ["!FindInMap [None, a, b, {DefaultValue: none}]", "none"],
      ["!FindInMap [None, a, b, {DefaultValue: !Ref AWS::NoValue}]", undefined],
      ["!Sub ['${a}-${b}-${Name}', {a: !Ref AWS::Region, b: !Ref A}]", { "Fn::Sub": ["eu-west-1-${b}-one-two", { b: { Ref: "A" } }] }],
      ["!Join ['-', [a, !Ref Name]]", "a-one-two"],
      ["!Join ['-', [a, !Ref A]]", { "Fn::Join": ["-", ["a", { Ref: "A" }]] }],
      ["!Select [1, [a, !GetAtt A.Arn]]", { "Fn::GetAtt": ["A", "Arn"] }],
      ["!Select [0, !GetAZs '']", { "Fn::Select": [0, { "Fn::GetAZs": "" }] }],
      ["!GetAtt [!Sub 'A', !Sub 'Arn']", { "Fn::GetAtt": ["A", "Arn"] }],
      ["!If [Yes, {a: !Ref AWS::NoValue, b: 1}, {}]", { b: 1 }],
      ["!Base64 {Ref: Name}", "b25lLXR3bw=="],
      ["!ImportValue {'Fn::Sub': '${Name}-x'}", { "Fn::ImportValue": "one-two-x" }],
    ].filter(([, value]) => value !== "refused") as [string, Json][],
  )("%s is %j", (written, value) => expect(propertyOf(written, HEAD)).toEqual(value));

  test.each([
    ["!Length a", "Fn::Length layout is incorrect"],
    ["!Length {'Fn::Split': [':', !GetAtt A.Arn]}", "Unable to resolve Fn::Length intrinsic function"],
    ["!ToJsonString a", "Fn::ToJsonString layout is incorrect"],
    ["!ToJsonString {a: {Condition: b}}", "Fn::ToJsonString does not support Condition intrinsic function"],
    ["!ToJsonString {a: !Ref AWS::NotificationARNs}", "Fn::ToJsonString does not support AWS::NotificationARNs pseudo parameter"],
    ["!Select [7, !Ref Names]", "Fn::Select cannot select nonexistent value at index 7"],
    ["!Select [a, b]", "Fn::Select layout is incorrect"],
    ["!FindInMap [M, a]", "Fn::FindInMap layout is incorrect"],
    ["!FindInMap [M, !GetAtt A.Arn, x]", "Fn::FindInMap layout is incorrect"],
    ["!FindInMap [M, b, x]", "Unable to get mapping for M::b::x"],
    ["!If [Yes, a]", "Fn::If layout is incorrect"],
    ["!If [Maybe, a, b]", "unresolved condition dependency Maybe in Fn::If"],
    ["!Join [a]", "Fn::Join layout is incorrect"],
  ])("%s is refused", (written, message) => expect(() => propertyOf(written, HEAD)).toThrow(message));

  test("policies may be functions of what is known", () => {
    const policy = (written: string) =>
      extend(`${HEAD}Resources:\n  A: {Type: T, DeletionPolicy: ${written}}\n`).Resources.A.DeletionPolicy;
    expect(policy("!Ref Policy")).toBe("Retain");
    expect(policy("!If [No, Retain, Delete]")).toBe("Delete");
    expect(() => policy("!Ref AWS::StackName")).toThrow("AWS::StackName is not supported for DeletionPolicy or UpdateReplacePolicy");
    expect(() => policy("!GetAtt B.Arn")).toThrow("Unsupported expression for DeletionPolicy in resource A");
    expect(() => policy("[Retain]")).toThrow("Every DeletionPolicy member must be a string");
  });

  test("what a condition leaves out is not looked into", () => {
    const left = { Type: "T", Condition: "No", Properties: { V: { "Fn::Select": ["7", { Ref: "Names" }] } } };
    expect(
      extend(`${HEAD}Resources: {A: {Type: T}, B: ${JSON.stringify(left)}}\nOutputs: {O: {Condition: No, Value: !FindInMap [M, b, x]}}`),
    ).toMatchObject({
      Resources: { B: left },
      Outputs: { O: { Value: { "Fn::FindInMap": ["M", "b", "x"] } } },
    });
  });
});

describe("a stack", () => {
  const EXPAND = { Capabilities: ["CAPABILITY_AUTO_EXPAND" as const] };
  const Transform = "AWS::LanguageExtensions";
  const Parameters = { Names: { Type: "CommaDelimitedList" }, Keep: { Type: "String", Default: "Delete" } };
  const thing = {
    Type: "Test::Thing::Thing",
    DeletionPolicy: { Ref: "Keep" },
    Properties: { Name: { Ref: "N" }, Text: { "Fn::ToJsonString": { all: { "Fn::Length": { Ref: "Names" } }, first: { Ref: "First" } } } },
  };
  const TemplateBody = template(
    {
      First: { Type: "Test::Thing::Thing", Properties: { Name: "first" } },
      "Fn::ForEach::Things": ["N", { Ref: "Names" }, { "Thing${N}": thing }],
    },
    { Transform, Parameters, Outputs: { "Fn::ForEach::O": ["N", { Ref: "Names" }, { "Out${N}": { Value: { Ref: "Thing${N}" } } }] } },
  );
  const given = (Names: string, Keep = "Delete") => [
    { ParameterKey: "Names", ParameterValue: Names },
    { ParameterKey: "Keep", ParameterValue: Keep },
  ];

  test("has what the loops say, and what waits for a resource is known in time", async () => {
    const cloud = world();
    await cloud.call(createStack, { ...S, ...EXPAND, TemplateBody, Parameters: given("a,b", "Retain") });
    expect(await stackOf(cloud)).toMatchObject({
      StackStatus: "CREATE_COMPLETE",
      Outputs: [
        { OutputKey: "Outa", OutputValue: "a" },
        { OutputKey: "Outb", OutputValue: "b" },
      ],
    });
    expect(things.get(cloud.scope(), "a")?.properties["Text"]).toBe('{"all":2,"first":"first"}');
    expect(JSON.parse((await cloud.call(getTemplate, S)).TemplateBody!).Resources.Thinga.DeletionPolicy).toBe("Retain");
    expect((await cloud.call(getTemplate, { ...S, TemplateStage: "Original" })).TemplateBody).toBe(TemplateBody);
    const C = { ...S, ChangeSetName: "c" };
    await cloud.call(createChangeSet, { ...C, UsePreviousTemplate: true, Parameters: given("b,c", "Retain") });
    expect(
      (await cloud.call(describeChangeSet, C)).Changes?.map(({ ResourceChange: change }) => [change!.Action, change!.LogicalResourceId]),
    ).toEqual([
      ["Remove", "Thinga"],
      ["Add", "Thingc"],
    ]);
    await cloud.call(updateStack, { ...S, ...EXPAND, UsePreviousTemplate: true, Parameters: given("b,c") });
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
    await cloud.call(deleteStack, S);
    expect(namesOf(cloud)).toEqual(["a"]);
  });

  test("that it can not make says why", async () => {
    const cloud = world();
    await cloud.call(createStack, { ...S, ...EXPAND, TemplateBody, Parameters: given("a,a") });
    expect(await eventsOf(cloud)).toContain(
      "s ROLLBACK_IN_PROGRESS Transform AWS::LanguageExtensions failed with: Duplicate key 'Thinga' when merging keys to parent object in Fn::ForEach. Rollback requested by user.",
    );
    await cloud.call(deleteStack, S);
    await cloud.call(createStack, { ...S, ...EXPAND, TemplateBody, Parameters: given("a-b") });
    expect(await eventsOf(cloud)).toContain("s CREATE_IN_PROGRESS Template format error: Resource name Thinga-b is non alphanumeric.");
    const embedded = template({ A: { Type: "Test::Thing::Thing", Properties: { "Fn::Transform": Transform } } });
    await cloud.call(createStack, { StackName: "t", ...EXPAND, TemplateBody: embedded });
    expect(await statusOf(cloud, "t")).toBe("ROLLBACK_COMPLETE");
  });
});
