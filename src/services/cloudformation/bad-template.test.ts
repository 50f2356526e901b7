import { describe, expect, test } from "vitest";
import { createStack } from "./operation.ts";
import { things } from "./simulated-types.fixture.ts";
import { describeStacks } from "./stack.ts";
import { S, template, thing, world } from "./story.fixture.ts";
import { readChecked } from "./target.ts";
import { validateTemplate } from "./template-summary.ts";

// What CloudFormation says to templates that are not well formed; first, the rule by which cfn-lint finds the same, where it does.

const refusal = (text: string): string => {
  try {
    readChecked(text);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
};

describe("a template", () => {
  test.each([
    ["E1001", "", "Template format error: unsupported structure."],
    ["E0000", "[]", "Template format error: unsupported structure."],
    ["E3001", "Resources: []", "Template format error: Resources must be an object."],
    ["E1001", "Resources: null\n", "[/Resources] 'null' values are not allowed in templates"],
    ["E3001", "Resources: {A: {Type: [a]}}", "Template format error: [/Resources/A] Every Resources object must contain a Type member."],
    ["E3001", "Resources: {A: {Type: AWS::SNS::Topic, Condition: [a]}}", "Template format error: Every Condition member must be a string."],
    [
      "E3001",
      "Resources: {A: {Type: AWS::SNS::Topic, Condition: !Equals [a, b]}}",
      "Template format error: Every Condition member must be a string.",
    ],
    ["E3004", "Resources: {A: {Type: AWS::SNS::Topic, DependsOn: A}}", "Circular dependency between resources: [A]"],
    [
      "E3001",
      "Resources: {A: {Type: AWS::SNS::Topic, DependsOn: [B, {Ref: B}]}, B: {Type: AWS::SNS::Topic}}",
      "Template format error: Every DependsOn value must be a string.",
    ],
    [
      "E3012",
      "Resources: {A: {Type: AWS::SNS::Topic, Properties: []}}",
      "Template format error: [/Resources/A/Properties] Every Properties member must be an object.",
    ],
    [
      "E0000",
      "Resources: {A: {Type: AWS::SNS::Topic, Metadata: a}}",
      "Template format error: [/Resources/A/Metadata] Every Metadata member must be an object.",
    ],
    [
      "E3001",
      "Resources: {A: {Type: AWS::SNS::Topic, UpdatePolicy: a}}",
      "Template format error: [/Resources/A/UpdatePolicy] Every UpdatePolicy member must be an object.",
    ],
    [
      "E3001",
      "Resources: {A: {Type: AWS::SNS::Topic, CreationPolicy: a}}",
      "Template format error: [/Resources/A/CreationPolicy] Every CreationPolicy member must be an object.",
    ],
    [
      "",
      "Resources: {A: {Type: AWS::SNS::Topic, DeletionPolicy: !Ref AWS::Region}}",
      "Template format error: Every DeletionPolicy member must be a string.",
    ],
    [
      "E3035",
      "Resources: {A: {Type: AWS::SNS::Topic, DeletionPolicy: [a]}}",
      "Template format error: Every DeletionPolicy member must be a string.",
    ],
    [
      "E3036",
      "Resources: {A: {Type: AWS::SNS::Topic, UpdateReplacePolicy: RetainExceptOnCreate}}",
      "Template format error: Unrecognized UpdateReplacePolicy RetainExceptOnCreate for resource A",
    ],
    [
      "E1027",
      "Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub 'a {{resolve:ssm-secure:b}}'}}}",
      "SSM Secure reference is not supported in: [AWS::SNS::Topic/Properties/DisplayName]",
    ],
    ["", "Resources: {A: {Type: AWS::IAM::User, Properties: {LoginProfile: {Password: '{{resolve:ssm-secure:b}}'}}}}", "accepted"],
    [
      "",
      "Resources: {A: {Type: AWS::SNS::Topic, Properties: {TopicName: null}}}",
      "[/Resources/A/Properties/TopicName] 'null' values are not allowed in templates",
    ],
    [
      "E3001",
      "Resources: {A: {Type: AWS::SNS::Topic, Description: [a]}}",
      "Template format error: Every Description member must be a string.",
    ],
  ])("%s %j", (_, text, message) => expect(refusal(text)).toBe(message));
});

describe("a section", () => {
  test.each([
    ["E1001", "AWSTemplateFormatVersion: 2012-09-09", "Template format error: unsupported value for AWSTemplateFormatVersion."],
    ["E1004", "Description: [a]", "Template format error: unsupported value for Description."],
    ["E1004", "Description: {a: b}", "Template format error: unsupported value for Description."],
    ["E0000", "Metadata: []", "Template format error: Metadata must be an object."],
    ["E1005", "Transform: 3", "Key Name of transform definition must be a string."],
    ["E0002", "Parameters: []", "Template format error: Parameters must be an object."],
    ["E2001", "Parameters: {P: []}", "Template format error: Any Parameters member must be an object."],
    ["E2001", "Parameters: {P-a: {Type: String}}", "Template format error: Parameter name P-a is non alphanumeric."],
    ["E2001", "Parameters: {P: {Type: String, AllowedValues: a}}", "Template format error: AllowedValues of parameter P must be a list"],
    [
      "E2001",
      "Parameters: {P: {Type: String, AllowedValues: [{a: b}]}}",
      "Template format error: Every AllowedValues value must be a string.",
    ],
    ["E2001", "Parameters: {P: {Type: String, Default: [a]}}", "Template format error: Every Default member must be a string."],
    ["E2001", "Parameters: {P: {Type: String, Default: {Ref: A}}}", "Template format error: Every Default member must be a string."],
    ["E2001", "Parameters: {P: {Type: String, Foo: x}}", "Invalid template parameter property 'Foo'"],
    ["E2001", "Parameters: {P: {Type: String, MinLength: x}}", "Template format error: Every MinLength member must be a number."],
    [
      "",
      "Parameters: {P: {Type: String, MinLength: 5, MaxLength: 2}}",
      "Template error: Parameter 'P' MinLength must be less than MaxLength.",
    ],
    ["", "Parameters: {P: {Type: Number, MinValue: 5, MaxValue: 2}}", "Template error: Parameter 'P' MinValue must be less than MaxValue."],
    ["E2001", "Parameters: {P: {Type: Number, MinLength: 5}}", "Parameter 'P' MinLength must be on a parameter of type String"],
    ["E2015", "Parameters: {P: {Type: String, Default: a, AllowedValues: [b]}}", "Parameter 'P' must be one of AllowedValues"],
    ["E2015", "Parameters: {P: {Type: String, Default: ab, MaxLength: 1}}", "Parameter 'P' must contain at most 1 characters"],
    ["", "Parameters: {P: {Type: Number, Default: a}}", "Parameter 'P' must be a number."],
    ["E2001", "Parameters: {P: {Type: String, NoEcho: maybe}}", "Template format error: Every NoEcho member must be a boolean."],
    ["E2001", "Parameters: {P: {Type: String, Description: [a]}}", "Template format error: Every Description member must be a string."],
    [
      "",
      "Parameters: {P: {Type: List<AWS::EC2::KeyPair::KeyName>}}",
      "Template format error: Unrecognized parameter type: List<AWS::EC2::KeyPair::KeyName>",
    ],
    [
      "",
      "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<Foo>'}}",
      "Template format error: Unrecognized parameter type: AWS::SSM::Parameter::Value<Foo>",
    ],
    ["E7001", "Mappings: []", "Template format error: Mappings must be an object."],
    ["E7001", "Mappings: {M-x: {a: {b: c}}}", "Template format error: Mappings name 'M-x' is non alphanumeric."],
    [
      "E7001",
      "Mappings: {M: {a_b: {b: c}}}",
      "Template format error: Mappings attribute name 'a_b' must contain only alphanumeric characters.",
    ],
    [
      "E7001",
      "Mappings: {M: {a: {b-c: c}}}",
      "Template format error: Mappings attribute name 'b-c' must contain only alphanumeric characters.",
    ],
    ["E7001", "Mappings: {M: {a: {b: {Ref: X}}}}", "Template format error: Every Mappings attribute must be a String or a List."],
    ["E7001", "Mappings: {M: {a: b}}", "Template format error: Every Mappings member a must be a map"],
    ["E1001", "Conditions: []", "Template format error: Conditions must be an object."],
    ["", "Conditions: {C: true}", "Template format error: Conditions can only be boolean operations on parameters and other conditions"],
    ["E8003", "Conditions: {C: !Equals [a]}", "Template error: every Fn::Equals object requires a list of 2 string parameters."],
    [
      "E8004",
      "Conditions: {C: !And [!Equals [a, b]]}",
      "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters.",
    ],
    [
      "E8006",
      "Conditions: {C: !Or [a, b]}",
      "Template format error: Conditions can only be boolean operations on parameters and other conditions",
    ],
    ["E8005", "Conditions: {C: !Not [a, b]}", "Template error: every Fn::Not object requires one boolean parameter."],
    ["E8001", "Conditions: {C: !Condition D}", "Template error: unresolved condition dependency D in Condition"],
    ["E8001", "Conditions: {C: {Condition: [a]}}", "Template format error: Every Condition member must be a string."],
    [
      "E8001",
      "Conditions: {C: {'Fn::Foo': [a]}}",
      "Template Error: Encountered unsupported function: Fn::Foo Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]",
    ],
    [
      "E8003",
      "Conditions: {C: !Equals [!GetAtt A.Arn, b]}",
      "Template format error: Unresolved dependencies [A]. Cannot reference resources in the Conditions block of the template",
    ],
    ["E8001", "Conditions: {C-d: !Equals [a, b]}", "Template format error: Conditions name 'C-d' is non alphanumeric."],
    [
      "E8001",
      "Conditions: {C: {a: b, c: d}}",
      "Template format error: Conditions can only be boolean operations on parameters and other conditions",
    ],
    ["E8001", "Conditions: {C: {}}", "Template format error: Conditions can only be boolean operations on parameters and other conditions"],
    ["E8003", "Conditions: {C: !Equals [{a: b}, b]}", "Template error: every Fn::Equals object requires a list of 2 string parameters."],
    ["E8003", "Conditions: {C: !Equals [[a], b]}", "Template error: every Fn::Equals object requires a list of 2 string parameters."],
    ["E6003", "Outputs: []", "Template format error: Outputs must be an object."],
    ["E6001", "Outputs: {O: a}", "Template format error: Every Outputs member must contain a Value object"],
    ["E6001", "Outputs: {O-a: {Value: a}}", "Template format error: Outputs name 'O-a' is non alphanumeric."],
    [
      "E6101",
      "Outputs: {O: {Value: [a]}}",
      "Template format error: Output O is malformed. The Value field of every Outputs member must evaluate to a String.",
    ],
    [
      "E6101",
      "Outputs: {O: {Value: {a: b}}}",
      "Template format error: Output O is malformed. The Value field of every Outputs member must evaluate to a String.",
    ],
    ["E6001", "Outputs: {O: {Value: a, Foo: b}}", "Invalid template output property 'Foo'"],
    ["E6003", "Outputs: {O: {Value: a, Description: [b]}}", "Template format error: Every Description member must be a string."],
    [
      "E6003",
      "Outputs: {O: {Value: a, Description: !Ref AWS::Region}}",
      "Template format error: Every Description member must be a string.",
    ],
    [
      "E6003",
      "Outputs: {O: {Value: a, Export: a}}",
      "Template format error: Output O is malformed. The Name field of every Export member must be specified and consist only of alphanumeric characters, colons, or hyphens.",
    ],
    [
      "E6002",
      "Outputs: {O: {Value: a, Export: {}}}",
      "Template format error: Output O is malformed. The Name field of every Export member must be specified and consist only of alphanumeric characters, colons, or hyphens.",
    ],
    [
      "",
      "Outputs: {O: {Value: a, Export: {Name: a b}}}",
      "Template format error: Output O is malformed. The Name field of every Export member must be specified and consist only of alphanumeric characters, colons, or hyphens.",
    ],
    [
      "E6102",
      "Outputs: {O: {Value: a, Export: {Name: [a]}}}",
      "Template format error: Output O is malformed. The Name field of every Export member must be specified and consist only of alphanumeric characters, colons, or hyphens.",
    ],
    ["E6001", "Outputs: {O: {Value: a, Condition: [C]}}", "Template format error: Every Condition member must be a string."],
    [
      "E6005",
      "Outputs: {O: {Value: a, Condition: C}}",
      "Template format error: Unresolved condition dependency C in the Outputs block of the template",
    ],
    ["E6101", "Outputs: {O: {Value: !GetAtt A.Nope}}", "Template error: resource A does not support attribute type Nope in Fn::GetAtt"],
    ["E6101", "Outputs: {O: {Value: !GetAtt Z.Arn}}", "Template error: instance of Fn::GetAtt references undefined resource Z"],
    [
      "E6101",
      "Outputs: {O: {Value: !Ref Z}}",
      "Template format error: Unresolved resource dependencies [Z] in the Outputs block of the template",
    ],
    ["E6002", "Outputs: {O: {Value: null}}", "[/Outputs/O/Value] 'null' values are not allowed in templates"],
    [
      "E1010",
      "Outputs: {O: {Value: a, Export: {Name: !GetAtt A.TopicName}}}",
      "Template format error: Output O is malformed. The Name field of every Export member must be specified and consist only of alphanumeric characters, colons, or hyphens.",
    ],
    ["E1001", "Rules: []", "Template format error: Rules must be an object."],
    ["E1700", "Rules: {R-a: {Assertions: []}}", "Template format error: Rules name 'R-a' is non alphanumeric."],
    ["E1700", "Rules: {R: a}", "Template format error: Rule R must be an object."],
    ["E1700", "Rules: {R: {}}", "Template format error: Rule R must have Assertions."],
    ["E1700", "Rules: {R: {Assertions: a}}", "Template format error: Rule R must have Assertions."],
    ["", "Rules: {R: {Assertions: [{AssertDescription: x}]}}", "Template format error: Every assertion of rule R must have an Assert."],
    ["E1701", "Rules: {R: {Assertions: [{Assert: a}]}}", 'Template format error: "a" is not a function that rules can use'],
    [
      "E8003",
      "Rules: {R: {Assertions: [{Assert: !Equals [a]}]}}",
      "Template error: every Fn::Equals object requires a list of 2 parameters.",
    ],
    ["", "Rules: {R: {Assertions: [{Assert: !Equals [a, a]}], Foo: x}}", "Invalid template rule property 'Foo'"],
    [
      "E1702",
      "Rules: {R: {RuleCondition: a, Assertions: [{Assert: !Equals [a, a]}]}}",
      'Template format error: "a" is not a function that rules can use',
    ],
    [
      "E1701",
      "Rules: {R: {Assertions: [{Assert: {'Fn::Foo': [a]}}]}}",
      "Template format error: Fn::Foo is not a function that rules can use",
    ],
    [
      "",
      "Rules: {R: {Assertions: [{Assert: {'Fn::Contains': [[a], !GetAtt A.Arn]}}]}}",
      "Template format error: Fn::GetAtt is not a function that rules can use",
    ],
    [
      "E1001",
      "Hooks: {H: {Type: AWS::CodeDeploy::BlueGreen}}",
      "Hooks of the type AWS::CodeDeploy::BlueGreen are not implemented by Slipway",
    ],
    ["E1001", "Foo: 1", "Invalid template property or properties [Foo]"],
  ])("%s %s", (_, section, message) => expect(refusal(`Resources: {A: {Type: AWS::SNS::Topic}}\n${section}`)).toBe(message));
});

describe("a function as a property", () => {
  test.each([
    ["E1020", "!Ref [a]", "Template format error: All References must be of type string"],
    ["E1010", "!GetAtt Z.Arn", "Template error: instance of Fn::GetAtt references undefined resource Z"],
    [
      "E1010",
      "!GetAtt A",
      "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
    ],
    [
      "E1010",
      "{'Fn::GetAtt': [A]}",
      "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
    ],
    [
      "E1010",
      "{'Fn::GetAtt': A.}",
      "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
    ],
    [
      "E1011",
      "!FindInMap [M, a]",
      "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value",
    ],
    [
      "E1011",
      "!FindInMap [M, a, b, {DefaultValue: c}]",
      "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value",
    ],
    [
      "E1011",
      "!FindInMap a",
      "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value",
    ],
    ["E1015", "!GetAZs [a]", "Template error: every Fn::GetAZs object must have a String-typed value."],
    ["E1016", "!ImportValue [a]", "Template error: the attribute in Fn::ImportValue must be a string or a function that returns a string"],
    [
      "E1016",
      "!ImportValue {'Fn::GetAtt': [B, TopicName]}",
      "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs",
    ],
    ["E1017", "!Select a", "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"],
    ["E1017", "!Select [a, [b]]", "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"],
    ["E1017", "!Select [1]", "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"],
    ["E1017", "!Select [0, b]", "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"],
    [
      "E1018",
      "!Split a",
      "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.",
    ],
    [
      "E1018",
      "!Split [',', [a]]",
      "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.",
    ],
    [
      "E1018",
      "!Split [1, a]",
      "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.",
    ],
    [
      "E1019",
      "!Sub [a]",
      "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
    ],
    [
      "E1019",
      "!Sub [a, b]",
      "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
    ],
    [
      "E1019",
      "!Sub [a, {b: [c]}]",
      "Template error: every value of the context object of every Fn::Sub object must be a string or a function that returns a string",
    ],
    [
      "E1019",
      "!Sub {a: b}",
      "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
    ],
    [
      "E1019",
      "!Sub ['${a}', {a-b: c}]",
      "Template error: every key of the context object of every Fn::Sub object must contain only alphanumeric characters and underscores",
    ],
    ["E1019", "!Sub '${Z}'", "Template format error: Unresolved resource dependencies [Z] in the Resources block of the template"],
    ["E1019", "!Sub '${B.}'", "Template error: instance of Fn::Sub references invalid resource attribute B."],
    ["E1021", "!Base64 [a]", "Template error: every Fn::Base64 object must have a String-typed value."],
    [
      "E1022",
      "!Join [a]",
      "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
    ],
    [
      "E1022",
      "!Join [a, b]",
      "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
    ],
    [
      "E1022",
      "!Join [',', b]",
      "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
    ],
    [
      "E1022",
      "!Join [[], [a]]",
      "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
    ],
    [
      "E1024",
      "!Cidr [a]",
      "Template error: every Fn::Cidr object requires three parameters, (1) a CIDR block, (2) the number of CIDRs to generate and (3) the number of subnet bits for each CIDR",
    ],
    [
      "E1024",
      "!Cidr a",
      "Template error: every Fn::Cidr object requires three parameters, (1) a CIDR block, (2) the number of CIDRs to generate and (3) the number of subnet bits for each CIDR",
    ],
    ["E1028", "!If [C, a]", "Template error: Fn::If requires a list argument with three elements"],
    ["E1028", "!If [Z, a, b]", "Template error: unresolved condition dependency Z in Fn::If"],
    ["E1028", "!If [!Equals [a, b], a, b]", "Template error: Fn::If requires a list argument with the first element being a condition"],
    ["E1028", "!If a", "Template error: Fn::If requires a list argument with the first element being a condition"],
    [
      "E1030",
      "!Length [a]",
      "Template Error: Encountered unsupported function: Fn::Length Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]",
    ],
    [
      "E1031",
      "!ToJsonString {a: b}",
      "Template Error: Encountered unsupported function: Fn::ToJsonString Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]",
    ],
    [
      "E3012",
      "{'Fn::Foo': a}",
      "Template Error: Encountered unsupported function: Fn::Foo Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]",
    ],
    [
      "E3012",
      "{'fn::Sub': a}",
      "Template Error: Encountered unsupported function: fn::Sub Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]",
    ],
    ["E3012", "!Equals [a, b]", "Template error: Fn::Equals cannot be partially collapsed"],
    ["E3012", "!And [!Equals [a, b], !Equals [a, b]]", "Template error: Fn::And cannot be partially collapsed"],
    [
      "E1032",
      "{'Fn::ForEach::X': [I, [a], {b: c}]}",
      "Template Error: Encountered unsupported function: Fn::ForEach::X Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]",
    ],
    ["E1020", "!Ref AWS::Foo", "Template format error: Unresolved resource dependencies [AWS::Foo] in the Resources block of the template"],
    [
      "E1019",
      "!Sub '${AWS::Foo}'",
      "Template format error: Unresolved resource dependencies [AWS::Foo] in the Resources block of the template",
    ],
  ])("%s %s", (_, value, message) => {
    const text = `Resources: {A: {Type: AWS::SNS::Topic, Properties: {TopicName: ${value}}}, B: {Type: AWS::SNS::Topic}}\n`;
    expect(refusal(text)).toBe(message);
  });
});

describe("limits", () => {
  const many = (count: number, of: (index: number) => unknown): object =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`M${index}`, of(index)]));
  const long = "x".repeat(256);
  const topic = { Type: "AWS::SNS::Topic" };

  test.each([
    [
      "E3010",
      { Resources: many(501, () => topic) },
      "Template format error: Number of resources, 501, is greater than maximum allowed, 500",
    ],
    [
      "E2010",
      { Parameters: many(201, () => ({ Type: "String" })) },
      "Template format error: Number of parameters, 201, is greater than maximum allowed, 200",
    ],
    [
      "E6010",
      { Outputs: many(201, () => ({ Value: "x" })) },
      "Template format error: Number of outputs, 201, is greater than maximum allowed, 200",
    ],
    [
      "E7010",
      { Mappings: many(201, () => ({ a: { b: "c" } })) },
      "Template format error: Number of mappings, 201, is greater than maximum allowed, 200",
    ],
    [
      "E7010",
      { Mappings: { M: { a: many(201, () => "c") } } },
      "Template format error: Number of mapping attributes, 201, is greater than maximum allowed, 200",
    ],
    ["E3011", { Resources: { [long]: topic } }, `Template format error: Resource name '${long}' length is greater than 255.`],
    [
      "E2011",
      { Parameters: { [long]: { Type: "String" } } },
      `Template format error: Parameter name '${long}' length is greater than 255.`,
    ],
    ["E6011", { Outputs: { [long]: { Value: "x" } } }, `Template format error: Outputs name '${long}' length is greater than 255.`],
    ["E7002", { Mappings: { [long]: {} } }, `Template format error: Mappings name '${long}' length is greater than 255.`],
    ["E1003", { Description: "ü".repeat(513) }, "Template format error: 'Description' length is greater than 1024."],
    [
      "",
      { Outputs: { O: { Value: "x", Description: "x".repeat(1025) } } },
      "Template format error: Output 'O' description length is greater than 1024.",
    ],
    [
      "",
      { Parameters: { P: { Type: "String", Description: "x".repeat(4001) } } },
      "Template format error: Parameter 'P' description length is greater than 4000.",
    ],
    [
      "",
      { Parameters: { P: { Type: "String", Default: "x".repeat(4097) } } },
      "Template format error: Parameter 'P' default value '[****]' length is greater than 4096.",
    ],
  ])("%s", (_, sections, message) => expect(refusal(JSON.stringify({ Resources: { A: topic }, ...sections }))).toBe(message));

  test("of sizes and values are those of a call", async () => {
    const cloud = world();
    const Parameters = { P: { Type: "String" } };
    const TemplateBody = template({ A: thing() }, { Parameters });
    const given = (length: number) => [{ ParameterKey: "P", ParameterValue: "x".repeat(length) }];
    await expect(cloud.call(createStack, { ...S, TemplateBody, Parameters: given(4097) })).rejects.toThrow(
      "Parameter 'P' value '[****]' length is greater than 4096.",
    );
    await expect(cloud.call(validateTemplate, { TemplateBody: `# ${"ü".repeat(25_600)}\n${TemplateBody}` })).rejects.toThrow(
      "Member must have length less than or equal to 51200",
    );
    await cloud.call(createStack, { ...S, TemplateBody, Parameters: given(4096) });
  });
});

test("what needs each other is refused when it shall be made", async () => {
  const round = { A: thing({ Of: { Ref: "B" } }), B: thing({ Of: { Ref: "A" } }) };
  await expect(world().call(createStack, { ...S, TemplateBody: template(round) })).rejects.toThrow(
    "Circular dependency between resources: [A, B]",
  );
});

test("Fn::If stands wherever a value does", async () => {
  const cloud = world();
  const choose = (whenTrue: unknown, whenFalse: unknown) => ({ "Fn::If": ["Yes", whenTrue, whenFalse] });
  const { Resources } = readChecked(
    template(
      {
        A: {
          ...thing(),
          Properties: choose({ Name: "a", Tags: [choose("x", { Ref: "AWS::NoValue" })] }, {}),
          Metadata: { M: choose(1, 2) },
        },
      },
      { Conditions: { Yes: { "Fn::Equals": ["a", "a"] } } },
    ),
  ).template;
  await cloud.call(createStack, {
    ...S,
    TemplateBody: template(Resources, {
      Conditions: { Yes: { "Fn::Equals": ["a", "a"] }, No: { "Fn::Not": [{ "Fn::Equals": [choose("a", "b"), "a"] }] } },
      Outputs: { O: { Value: choose("yes", "no"), Export: { Name: choose("e", "f") } }, P: { Value: "x", Condition: "No" } },
    }),
  });
  expect((await cloud.call(describeStacks, S)).Stacks![0]).toMatchObject({
    StackStatus: "CREATE_COMPLETE",
    Outputs: [{ OutputKey: "O", OutputValue: "yes", ExportName: "e" }],
  });
  expect(things.get(cloud.scope(), "a")?.properties).toEqual({ Name: "a", Tags: ["x"] });
});

describe("rules", () => {
  const check = (Rules: object, P = "a") =>
    world().call(createStack, {
      ...S,
      TemplateBody: template(
        { A: thing() },
        { Rules, Parameters: { P: { Type: "String", Default: P }, L: { Type: "CommaDelimitedList", Default: "a,b" } } },
      ),
    });
  const rule = (Assert: object, RuleCondition?: object) => ({
    R: { ...(RuleCondition && { RuleCondition }), Assertions: [{ Assert, AssertDescription: "not so" }] },
  });
  const P = { Ref: "P" };
  const L = { Ref: "L" };

  test.each<[object, boolean]>([
    [{ "Fn::Equals": [P, "a"] }, true],
    [{ "Fn::Equals": [P, "b"] }, false],
    [{ "Fn::Not": [{ "Fn::Equals": [P, "b"] }] }, true],
    [{ "Fn::And": [{ "Fn::Equals": [P, "a"] }, { "Fn::Equals": [P, "b"] }] }, false],
    [{ "Fn::Or": [{ "Fn::Equals": [P, "a"] }, { "Fn::Equals": [P, "b"] }] }, true],
    [{ "Fn::Contains": [L, P] }, true],
    [{ "Fn::Contains": [["x", "y"], P] }, false],
    [{ "Fn::EachMemberEquals": [L, "a"] }, false],
    [{ "Fn::EachMemberEquals": [["a", "a"], P] }, true],
    [{ "Fn::EachMemberIn": [L, ["a", "b", "c"]] }, true],
    [{ "Fn::EachMemberIn": [L, ["a"]] }, false],
  ])("%j", async (assert, holds) => {
    if (holds) await check(rule(assert));
    else await expect(check(rule(assert))).rejects.toThrow("Template error: rule R failed: not so");
    await check(rule(assert, { "Fn::Equals": [P, "another"] }));
  });

  test("can be written in short", async () => {
    const TemplateBody = `Parameters: {P: {Type: String, Default: x}}
Rules: {R: {Assertions: [{Assert: !Or [!Contains [[a, b], !Ref P], !EachMemberIn [[!Ref P], [y]]]}]}}
Resources: {A: {Type: Test::Thing::Thing}}`;
    await expect(world().call(createStack, { ...S, TemplateBody })).rejects.toThrow("rule R failed");
    await world().call(createStack, { ...S, TemplateBody, Parameters: [{ ParameterKey: "P", ParameterValue: "y" }] });
  });

  test.each(["Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"])("%s is refused by its name", async (name) => {
    await expect(check(rule({ "Fn::Contains": [{ [name]: ["L", "x"] }, P] }))).rejects.toThrow(
      `${name} in rules is not implemented by Slipway`,
    );
  });
});
