import { describe, expect, test } from "vitest";
import { checkConditional, dependencies, evaluateConditions } from "./condition.ts";
import { resolveDynamicReferences } from "./dynamic.ts";
import { type EvaluationContext, evaluate, KNOWN_AFTER_APPLY } from "./evaluate.ts";
import { readTemplate } from "./syntax.ts";
import { checkTemplate } from "./template.ts";
import type { Json } from "./value.ts";

const context: EvaluationContext = {
  template: { Mappings: { M: { us: { Ami: "ami-1", List: ["a", "b"] } } }, Transform: [] },
  parameters: { "AWS::Region": "us-east-1", Env: "prod", Port: "80", List: ["x", "y"] },
  conditions: { Yes: true, No: false },
  resource: (id) => (id === "Topic" ? { ref: "arn:topic", attribute: (name) => (name === "Name" ? "topic" : undefined) } : undefined),
  importValue: (name) => (name === "shared" ? "vpc-1" : undefined),
  availabilityZones: (region) => [`${region}a`, `${region}b`],
};
const read = (yaml: string): Json => readTemplate(`V: ${yaml}`)["V"]!;
const value = (yaml: string, extended = false): unknown => {
  const evaluated = evaluate(
    extended ? { ...context, template: { ...context.template, Transform: ["AWS::LanguageExtensions"] } } : context,
    read(yaml),
  );
  return evaluated.state === "error" ? evaluated.message : evaluated.value;
};

describe("functions", () => {
  test.each<[string, unknown]>([
    ["!Ref Env", "prod"],
    ["!Ref AWS::Region", "us-east-1"],
    ["!Ref Topic", "arn:topic"],
    ["!GetAtt Topic.Name", "topic"],
    ["{Fn::GetAtt: [Topic, !Sub 'Name']}", "topic"],
    ["!Sub '${Env}-${Topic.Name}-${!Env}-${AWS::Region}'", "prod-topic-${Env}-us-east-1"],
    ["!Sub ['${a}/${Env}', {a: !Ref Port}]", "80/prod"],
    ["!Join ['-', [a, 1, true, !Ref Env]]", "a-1-true-prod"],
    ["!Join [',', !Ref List]", "x,y"],
    ["!Join ['-', [a, !Ref AWS::NoValue, b]]", "a-b"],
    ["!Split [',', 'a,,b']", ["a", "", "b"]],
    ["!Select ['1', !Ref List]", "y"],
    ["!FindInMap [M, us, Ami]", "ami-1"],
    ["!If [Yes, a, b]", "a"],
    ["!If [No, !Ref Missing, b]", "b"],
    ["{a: !If [No, x, !Ref AWS::NoValue], b: [1, !Ref AWS::NoValue]}", { b: [1] }],
    ["!Base64 hello", "aGVsbG8="],
    ["!Cidr ['192.168.0.0/24', 3, 5]", ["192.168.0.0/27", "192.168.0.32/27", "192.168.0.64/27"]],
    ["!Cidr ['2600:1f18:abc:de00::/56', 2, 64]", ["2600:1f18:abc:de00::/64", "2600:1f18:abc:de01::/64"]],
    ["!GetAZs ''", ["us-east-1a", "us-east-1b"]],
    ["!GetAZs eu-west-1", ["eu-west-1a", "eu-west-1b"]],
    ["!ImportValue shared", "vpc-1"],
  ])("%s", (yaml, expected) => expect(value(yaml)).toEqual(expected));

  test.each<[string, unknown]>([
    ["!Length [a, b]", 2],
    ["!ToJsonString {a: !Ref Env}", '{"a":"prod"}'],
    ["!FindInMap [M, eu, Ami, {DefaultValue: none}]", "none"],
  ])("%s, with AWS::LanguageExtensions", (yaml, expected) => expect(value(yaml, true)).toEqual(expected));

  test.each([
    ["!Select [2, !Ref List]", "Template error: Fn::Select cannot select nonexistent value at index 2"],
    ["!Select [x, !Ref List]", "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"],
    [
      "!Join ['-', a]",
      "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined",
    ],
    ["!Split [',']", "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split"],
    ["!FindInMap [M, eu, Ami]", "Template error: Unable to get mapping for M::eu::Ami"],
    ["!FindInMap [N, eu, Ami]", "Template error: Mapping named 'N' is not present in the 'Mappings' section of template."],
    ["!GetAtt Topic.Nope", "Template error: resource Topic does not support attribute type Nope in Fn::GetAtt"],
    ["!ImportValue nope", "No export named nope found."],
    ["!Base64 [a]", "Template error: every Fn::Base64 object must have a String-typed value."],
    ["!If [Yes, a]", "Template error: Fn::If requires a list argument with three elements"],
    ["!Cidr ['10.0.0.0/24', 9, 5]", "Template error: Fn::Cidr cannot generate 9 CIDRs with 5 subnet bits out of 10.0.0.0/24"],
    ["!Length [a]", "Template error: Fn::Length requires the transform AWS::LanguageExtensions"],
  ])("%s is an error", (yaml, message) => expect(value(yaml)).toContain(message));
});

test("what depends on a resource that is not there yet is known after apply, and the rest is known", () => {
  const json = read("{Name: !Sub '${Queue.Name}!', Port: !Ref Port, Pick: !Select [0, [!Ref Env, !Ref Other]], All: [!Ref Other]}");
  expect(evaluate(context, json)).toEqual({
    state: "unknown",
    awaited: ["Queue", "Other"],
    value: { Name: KNOWN_AFTER_APPLY, Port: "80", Pick: "prod", All: [KNOWN_AFTER_APPLY] },
  });
});

test("a transform that was not carried out is an error by name", () => {
  expect(() => evaluate(context, read("{Fn::Transform: {Name: AWS::Include}}"))).toThrow("Fn::Transform AWS::Include");
});

describe("conditions", () => {
  const conditionsOf = (yaml: string) => {
    const template = checkTemplate(
      readTemplate(
        `${yaml}\nParameters: {Env: {Type: String}, Port: {Type: Number}}\n${yaml.includes("Resources:") ? "" : "Resources: {A: {Type: T}}"}`,
      ),
    );
    return { template, conditions: evaluateConditions(template, context) };
  };

  test("and, or, not, equals, and conditions of conditions", () => {
    const { conditions } = conditionsOf(`Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsWeb: !Equals [!Ref Port, 80]
  Both: !And [!Condition IsProd, !Condition IsWeb]
  Neither: !Not [!Or [!Condition IsProd, !Condition IsWeb]]
  Chosen: !Equals [!If [IsProd, a, b], a]`);
    expect(conditions).toEqual({ IsProd: true, IsWeb: true, Both: true, Neither: false, Chosen: true });
  });

  test.each([
    ["!Equals [a]", "Template error: every Fn::Equals object requires a list of 2 string parameters."],
    ["!And [!Equals [a, a]]", "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters."],
    ["!Not [!Condition C]", "Template format error: Circular dependency between conditions: [C]"],
    ["!Not [!Condition D]", "Template error: unresolved condition dependency D in Condition"],
    ["!Join ['', [a]]", "Template format error: Conditions can only be boolean operations on parameters and other conditions"],
  ])("%s is refused", (condition, message) => expect(() => conditionsOf(`Conditions: {C: ${condition}}`)).toThrow(message));

  test("what they leave out can not be referred to, except from a branch that they leave out", () => {
    const with_ = (rest: string) => {
      const { template, conditions } = conditionsOf(`Conditions: {No: !Equals [a, b]}\nResources: {T: {Type: T, Condition: No}, ${rest}}`);
      checkConditional(template, conditions);
      return dependencies(template, conditions);
    };
    expect(() => with_("U: {Type: T, Properties: {X: !Ref T}}")).toThrow(
      "Unresolved resource dependencies [T] in the Resources block of the template",
    );
    expect(with_("U: {Type: T, Properties: {X: !If [No, !Ref T, b]}}")).toEqual(new Map([["U", new Set()]]));
  });

  test("resources that need each other are refused, as many as there are", () => {
    const { template, conditions } = conditionsOf(
      "Resources: {A: {Type: T, DependsOn: B}, B: {Type: T, Properties: {X: !Ref C}}, C: {Type: T, Properties: {X: !GetAtt A.X}}, D: {Type: T, DependsOn: A}}",
    );
    expect(() => checkConditional(template, conditions)).toThrow("Circular dependency between resources: [A, B, C]");
  });
});

test("dynamic references are put in last, from what the resolver finds", () => {
  const found = resolveDynamicReferences(
    { a: ["x{{resolve:ssm:/p:3}}y"], b: "{{resolve:secretsmanager:s:SecretString:k}}" },
    (kind, name) => ({ state: "value", value: `<${kind} ${name}>` }),
  );
  expect(found).toEqual({ state: "value", value: { a: ["x<ssm /p:3>y"], b: "<secretsmanager s:SecretString:k>" } });
  expect(resolveDynamicReferences("{{resolve:ssm:/p}}", () => ({ state: "absent", reason: "no /p" }))).toEqual({
    state: "error",
    message: "no /p",
  });
  expect(resolveDynamicReferences("{{resolve:ssm:/p}}", () => ({ state: "busy", because: "soon" }))).toEqual({
    state: "busy",
    because: "soon",
  });
});
