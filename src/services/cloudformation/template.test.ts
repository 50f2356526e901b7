import { describe, expect, test } from "vitest";
import { readTemplate } from "./syntax.ts";
import { checkTemplate } from "./template.ts";

const check = (text: string) => checkTemplate(readTemplate(text));
const BUCKET = "Resources:\n  B: {Type: AWS::S3::Bucket}\n";

describe("reading", () => {
  test("short forms are the long forms, also inside of each other", () => {
    const { Resources } = readTemplate(`
Resources:
  R:
    Value: !Join ["-", [!Ref A, !GetAtt B.C.D, !Sub "\${X}", !If [C, !Select [0, !Split [",", x]], !GetAZs ""]]]
    Block: !Sub
      - "\${a}"
      - a: !ImportValue x
    Literal: !Sub 010
`) as any;
    expect(Resources.R).toEqual({
      Value: {
        "Fn::Join": [
          "-",
          [
            { Ref: "A" },
            { "Fn::GetAtt": ["B", "C.D"] },
            { "Fn::Sub": "${X}" },
            { "Fn::If": ["C", { "Fn::Select": [0, { "Fn::Split": [",", "x"] }] }, { "Fn::GetAZs": "" }] },
          ],
        ],
      },
      Block: { "Fn::Sub": ["${a}", { a: { "Fn::ImportValue": "x" } }] },
      Literal: { "Fn::Sub": "010" },
    });
  });

  test("dates stay text, keys too; aliases and merges are followed", () => {
    expect(readTemplate("AWSTemplateFormatVersion: 2010-09-09\nA: &a {x: 1, y: 2}\nB: {<<: *a, y: 3}\nC: *a\n80: on\n")).toEqual({
      AWSTemplateFormatVersion: "2010-09-09",
      A: { x: 1, y: 2 },
      B: { x: 1, y: 3 },
      C: { x: 1, y: 2 },
      "80": "on",
    });
  });

  test.each([
    ['{"this is invalid JSON"="bobbins"}', "JSON not well-formed. (line 1, column 25)"],
    ['{"A": [1, 2],\n "B": tru}', "JSON not well-formed. (line 2, column 8)"],
    ["Resources:\n  A: [1\n", "YAML not well-formed. (line 3, column 1)"],
    ["Resources:\n  A: !Nonsense x\n", "YAML not well-formed. (line 2, column 16)"],
    ["just text", "unsupported structure."],
    ["A: &a {b: *a}\n", "unsupported structure."],
    [`${'{"a":'.repeat(300)}1${"}".repeat(300)}`, "unsupported structure."],
    [`a: &a [1]\nb: &b [${"*a,".repeat(99)}]\nc: &c [${"*b,".repeat(99)}]\nd: [${"*c,".repeat(99)}]\n`, "unsupported structure."],
  ])("%j is refused", (text, message) => expect(() => readTemplate(text)).toThrow(`Template format error: ${message}`));
});

describe("a template that is not one", () => {
  test.each([
    ["Resources: {}", "Template format error: At least one Resources member must be defined."],
    ["Description: x", "Template format error: At least one Resources member must be defined."],
    [`${BUCKET}Foo: 1\nBar: 2`, "Invalid template property or properties [Foo, Bar]"],
    [`${BUCKET}Description: ${"x".repeat(1025)}`, "Template format error: 'Description' length is greater than 1024"],
    ["Resources: {A: x}", "Template format error: Any Resources member must be an object."],
    ["Resources: {A: {Properties: {}}}", "Template format error: [/Resources/A] Every Resources object must contain a Type member."],
    ["Resources: {A: {Type: T, Invalid: 1}}", "Invalid template resource property 'Invalid'"],
    ["Resources: {A-b: {Type: T}}", "Template format error: Resource name A-b is non alphanumeric."],
    ["Resources: {A: {Type: T, DependsOn: {a: 1}}}", "Template format error: DependsOn must be a string or list of strings."],
    ["Resources: {A: {Type: T, DeletionPolicy: Keep}}", "Template format error: Unrecognized DeletionPolicy Keep for resource A"],
    [`${BUCKET}Parameters: {B: {Type: String}}`, "Template error: all resources and parameters must have unique names. Common name(s):[B]"],
    [`${BUCKET}Parameters: {P: {Type: Strin}}`, "Template format error: Unrecognized parameter type: Strin"],
    [`${BUCKET}Parameters: {P: {Default: x}}`, "Template format error: Every Parameters object must contain a Type member."],
    [`${BUCKET}Mappings: {A: x}`, "Template format error: Every Mappings member A must be a map"],
    [`${BUCKET}Mappings: {A: {b: {c: {d: e}}}}`, "Template format error: Every Mappings attribute must be a String or a List."],
    [`${BUCKET}Outputs: {O: {Description: x}}`, "Template format error: Every Outputs member must contain a Value object"],
    [`${BUCKET}Outputs: {O: {Value: null}}`, "[/Outputs/O/Value] 'null' values are not allowed in templates"],
    [
      "Resources: {A: {Type: T, Properties: {X: !Ref Nope, Y: !Ref Neither}}}",
      "Template format error: Unresolved resource dependencies [Nope, Neither] in the Resources block of the template",
    ],
    [
      "Resources: {A: {Type: T, Properties: {X: !Sub '${Nope} ${!Literal}'}}}",
      "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template",
    ],
    [
      "Resources: {A: {Type: T, DependsOn: Nope}}",
      "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template",
    ],
    [
      `${BUCKET}Outputs: {O: {Value: !Ref Nope}}`,
      "Template format error: Unresolved resource dependencies [Nope] in the Outputs block of the template",
    ],
    [
      "Resources: {A: {Type: T, Properties: {X: !GetAtt Nope.Arn}}}",
      "Template error: instance of Fn::GetAtt references undefined resource Nope",
    ],
    [
      "Resources: {A: {Type: T, Properties: {X: !GetAtt A}}}",
      "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
    ],
    ["Resources: {A: {Type: T, Properties: {X: !If [Nope, a, b]}}}", "Template error: unresolved condition dependency Nope in Fn::If"],
    [
      "Resources: {A: {Type: T, Condition: Nope}}",
      "Template format error: Unresolved condition dependency Nope in the Resources block of the template",
    ],
    [
      `${BUCKET}Conditions: {C: !Equals [!Ref B, x]}`,
      "Template format error: Unresolved dependencies [B]. Cannot reference resources in the Conditions block of the template",
    ],
    [
      "Resources: {A: {Type: T, Properties: {X: !Sub '${a b}'}}}",
      "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons",
    ],
  ])("%s", (text, message) => expect(() => check(text)).toThrow(message));

  test("501 resources are too many", () => {
    const Resources = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`R${index}`, { Type: "AWS::SNS::Topic" }]));
    expect(() => checkTemplate({ Resources })).toThrow(
      "Template format error: Number of resources, 501, is greater than maximum allowed, 500",
    );
  });
});
