import { expect, test } from "vitest";
import { specification } from "./specification.ts";

test("says what a change of a property does, also inside of properties", () => {
  expect(specification.mutability("AWS::SNS::Topic", ["TopicName"])).toBe("Immutable");
  expect(specification.mutability("AWS::SNS::Topic", ["DisplayName"])).toBe("Mutable");
  expect(specification.mutability("AWS::EC2::Instance", ["InstanceType"])).toBe("Conditional");
  expect(specification.mutability("AWS::EC2::Instance", ["NetworkInterfaces", "0", "SubnetId"])).toBe("Immutable");
  expect(specification.mutability("Custom::Thing", ["Anything"])).toBe("Mutable");
  expect(specification.mutability("Custom::Thing", ["ServiceToken"])).toBe("Immutable");
});

test("says what identifies a resource, and what Ref and Fn::GetAtt give", () => {
  expect(specification.type("AWS::ApiGateway::Deployment")).toMatchObject({
    primaryIdentifier: ["DeploymentId", "RestApiId"],
    ref: ["DeploymentId"],
  });
  expect(specification.attribute("AWS::SQS::Queue", "Arn")).toBe("attribute");
  expect(specification.attribute("AWS::SNS::Topic", "DisplayName")).toBe("property");
  expect(specification.attribute("AWS::SQS::Queue", "Nope")).toBeUndefined();
  expect(specification.attribute("AWS::CloudFormation::Stack", "Outputs.Anything")).toBe("attribute");
  expect(specification.type("AWS::Nope::Nope")).toBeUndefined();
});

test("names the required properties that are missing", () => {
  expect(specification.missing("AWS::Lambda::Function", { Code: {} })).toEqual(["Role"]);
  expect(specification.missing("AWS::S3::Bucket", { LifecycleConfiguration: { Rules: [{ Id: "x" }] } })).toEqual([
    "LifecycleConfiguration/Rules/0/Status",
  ]);
});

test("names the properties that a type does not have", () => {
  expect(specification.unknown("AWS::SQS::Queue", { QueueName: "q", Colour: "red" })).toEqual(["Colour"]);
  expect(specification.unknown("Custom::Thing", { Colour: "red" })).toEqual([]);
  expect(specification.unknown("AWS::CloudFormation::CustomResource", { ServiceToken: "x", Colour: "red" })).toEqual([]);
});

test("takes numbers, booleans and text for each other where the type says so", () => {
  expect(
    specification.coerce("AWS::Lambda::Function", {
      FunctionName: 12,
      MemorySize: "128",
      Environment: { Variables: { A: 1, B: true } },
      PublishToLatestPublished: "true",
      Layers: [7],
    }),
  ).toEqual({
    FunctionName: "12",
    MemorySize: 128,
    Environment: { Variables: { A: "1", B: "true" } },
    PublishToLatestPublished: true,
    Layers: ["7"],
  });
});
