import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { createChangeSet, describeChangeSet, executeChangeSet } from "./change-set.ts";
import {
  createGeneratedTemplate,
  deleteGeneratedTemplate,
  describeGeneratedTemplate,
  getGeneratedTemplate,
  listGeneratedTemplates,
  updateGeneratedTemplate,
} from "./generated-template.ts";
import { application, hold, holding, TRUST } from "./held-types.fixture.ts";
import { create, S, statusOf } from "./story.fixture.ts";

const T = { GeneratedTemplateName: "t" };
const FUNCTION = { ResourceType: "AWS::Lambda::Function", LogicalResourceId: "F", ResourceIdentifier: { FunctionName: "app" } };
const ROLE = { ResourceType: "AWS::IAM::Role", LogicalResourceId: "R", ResourceIdentifier: { RoleName: "app" } };
const QUEUE = { ResourceType: "AWS::SQS::Queue", LogicalResourceId: "Q", ResourceIdentifier: { QueueUrl: "https://q" } };

const world = (): World => {
  const cloud = holding();
  application(cloud);
  return cloud;
};
const bodyOf = async (cloud: World) => JSON.parse((await cloud.call(getGeneratedTemplate, T)).TemplateBody!);

describe("a generated template", () => {
  test("declares what exists, asks for what can not be read, and says so", async () => {
    const cloud = world();
    const { GeneratedTemplateId } = await cloud.call(createGeneratedTemplate, { ...T, Resources: [FUNCTION, ROLE, QUEUE] });
    expect(GeneratedTemplateId).toMatch(/^arn:aws:cloudformation:eu-west-1:111122223333:generatedtemplate\//);
    const template = await bodyOf(cloud);
    const [bucket, key] = Object.keys(template.Parameters);
    expect(bucket).toMatch(/^FCodeS3BucketOneOf\w{5}$/);
    expect(template.Parameters[bucket!]).toEqual({
      NoEcho: "true",
      Type: "String",
      Description: "This property can be replaced with other exclusive properties",
    });
    const kept = { UpdateReplacePolicy: "Retain", DeletionPolicy: "Retain" };
    expect(template.Metadata).toEqual({ AWSToolsMetrics: { IaC_Generator: GeneratedTemplateId } });
    expect(template.Resources).toEqual({
      F: {
        ...kept,
        Type: "AWS::Lambda::Function",
        Properties: {
          FunctionName: "app",
          Role: { "Fn::GetAtt": ["R", "Arn"] },
          Runtime: "nodejs24.x",
          Handler: "index.handler",
          Code: { S3Bucket: { Ref: bucket }, S3Key: { Ref: key } },
          Tags: [{ Key: "team", Value: "blue" }],
        },
      },
      R: { ...kept, Type: "AWS::IAM::Role", Properties: { RoleName: "app", AssumeRolePolicyDocument: TRUST } },
      Q: { ...kept, Type: "AWS::SQS::Queue", Properties: { QueueName: "q", DelaySeconds: 5 } },
    });
    const described = await cloud.call(describeGeneratedTemplate, { GeneratedTemplateName: GeneratedTemplateId });
    expect(described).toMatchObject({ Status: "COMPLETE", TotalWarnings: 2, Progress: { ResourcesSucceeded: 3, ResourcesFailed: 0 } });
    expect(described.Resources![0]!.Warnings).toEqual([
      {
        Type: "UNSUPPORTED_PROPERTIES",
        Properties: [
          { PropertyPath: "SnapStart", Required: false },
          { PropertyPath: "PublishToLatestPublished", Required: false },
        ],
      },
      {
        Type: "MUTUALLY_EXCLUSIVE_PROPERTIES",
        Properties: [
          { PropertyPath: "Code/S3Bucket", Required: false },
          { PropertyPath: "Code/S3Key", Required: false },
        ],
      },
    ]);
    const { TemplateBody } = await cloud.call(getGeneratedTemplate, { ...T, Format: "YAML" });
    expect(TemplateBody).toContain("Type: AWS::IAM::Role");
    expect(parse(TemplateBody!)).toEqual(template);
  });

  test("asks for the required members of what is only written as a whole", async () => {
    const cloud = holding();
    hold(cloud, "AWS::Lambda::LayerVersion", "arn:l", { LayerVersionArn: "arn:l", LayerName: "l" });
    const Resources = [{ ResourceType: "AWS::Lambda::LayerVersion", ResourceIdentifier: { LayerVersionArn: "arn:l" } }];
    await cloud.call(createGeneratedTemplate, { ...T, Resources });
    const template = await bodyOf(cloud);
    const [logicalId] = Object.keys(template.Resources);
    expect(logicalId).toMatch(/^LambdaLayerVersion00l00\w{5}$/);
    expect(template.Resources[logicalId!].Properties).toEqual({
      LayerName: "l",
      Content: { S3Bucket: { Ref: `${logicalId}ContentS3Bucket` }, S3Key: { Ref: `${logicalId}ContentS3Key` } },
    });
    expect(template.Parameters).toEqual({
      [`${logicalId}ContentS3Bucket`]: { NoEcho: "true", Type: "String" },
      [`${logicalId}ContentS3Key`]: { NoEcho: "true", Type: "String" },
    });
  });

  test("is ready for an import", async () => {
    const cloud = world();
    await cloud.call(createGeneratedTemplate, { ...T, Resources: [FUNCTION, ROLE, QUEUE] });
    const TemplateBody = (await cloud.call(getGeneratedTemplate, T)).TemplateBody!;
    const Parameters = Object.keys(JSON.parse(TemplateBody).Parameters).map((ParameterKey) => ({ ParameterKey, ParameterValue: "code" }));
    const change = {
      ...S,
      ChangeSetName: "c",
      ChangeSetType: "IMPORT" as const,
      TemplateBody,
      Parameters,
      Capabilities: ["CAPABILITY_NAMED_IAM" as const],
      ResourcesToImport: [FUNCTION, ROLE, QUEUE],
    };
    await cloud.call(createChangeSet, change);
    expect(await cloud.call(describeChangeSet, { ...S, ChangeSetName: "c" })).toMatchObject({ Status: "CREATE_COMPLETE" });
    await cloud.call(executeChangeSet, { ...S, ChangeSetName: "c" });
    expect(await statusOf(cloud)).toBe("IMPORT_COMPLETE");
  });

  test("gets and loses resources, is read again, and renamed", async () => {
    const cloud = world();
    await cloud.call(createGeneratedTemplate, T);
    expect((await bodyOf(cloud)).Resources).toEqual({});
    await cloud.call(updateGeneratedTemplate, { ...T, AddResources: [ROLE, QUEUE] });
    hold(cloud, "AWS::SQS::Queue", "https://q", { QueueName: "q", QueueUrl: "https://q", DelaySeconds: 7 });
    expect((await bodyOf(cloud)).Resources.Q.Properties.DelaySeconds).toBe(5);
    await cloud.call(updateGeneratedTemplate, {
      ...T,
      RemoveResources: ["R"],
      RefreshAllResources: true,
      NewGeneratedTemplateName: "u",
      TemplateConfiguration: { DeletionPolicy: "DELETE" },
    });
    const { TemplateBody } = await cloud.call(getGeneratedTemplate, { GeneratedTemplateName: "u" });
    expect(JSON.parse(TemplateBody!).Resources).toMatchObject({
      Q: { DeletionPolicy: "Delete", UpdateReplacePolicy: "Retain", Properties: { DelaySeconds: 7 } },
    });
    expect((await cloud.call(listGeneratedTemplates, {})).Summaries).toMatchObject([{ GeneratedTemplateName: "u", NumberOfResources: 1 }]);
    await cloud.call(deleteGeneratedTemplate, { GeneratedTemplateName: "u" });
    await expect(cloud.call(getGeneratedTemplate, { GeneratedTemplateName: "u" })).rejects.toMatchObject({
      name: "GeneratedTemplateNotFoundException",
    });
  });

  test("may begin with the template of a stack", async () => {
    const cloud = world();
    const New = { Type: "AWS::SQS::Queue", Properties: { QueueName: "other" } };
    const { StackId } = await create(cloud, { New });
    await cloud.call(createGeneratedTemplate, { ...T, StackName: "s", Resources: [QUEUE] });
    const { Resources } = await bodyOf(cloud);
    expect(Object.keys(Resources)).toEqual(["New", "Q"]);
    expect(Resources.New).toEqual(New);
    expect(await cloud.call(describeGeneratedTemplate, T)).toMatchObject({ StackId });
  });

  test("says which resources it could not read, and refuses what it can not hold", async () => {
    const cloud = world();
    const gone = { ResourceType: "AWS::SQS::Queue", LogicalResourceId: "Gone", ResourceIdentifier: { QueueUrl: "gone" } };
    await cloud.call(createGeneratedTemplate, { ...T, Resources: [gone, ROLE] });
    expect(await cloud.call(describeGeneratedTemplate, T)).toMatchObject({
      Status: "COMPLETE",
      Resources: [
        { ResourceStatus: "FAILED", ResourceStatusReason: "Resource of type 'AWS::SQS::Queue' with identifier 'gone' was not found." },
        { ResourceStatus: "COMPLETE" },
      ],
    });
    await cloud.call(createGeneratedTemplate, { GeneratedTemplateName: "u", Resources: [gone] });
    expect(await cloud.call(getGeneratedTemplate, { GeneratedTemplateName: "u" })).toEqual({ Status: "FAILED" });
    await expect(cloud.call(createGeneratedTemplate, T)).rejects.toMatchObject({ name: "AlreadyExistsException" });
    await expect(cloud.call(updateGeneratedTemplate, { ...T, AddResources: [ROLE] })).rejects.toThrow("already in the template");
    const nameless = { ResourceType: "AWS::SQS::Queue", ResourceIdentifier: {} };
    await expect(cloud.call(updateGeneratedTemplate, { ...T, AddResources: [nameless] })).rejects.toThrow("must contain [QueueUrl]");
  });

  test("ends the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await cloud.call(createGeneratedTemplate, { ...T, Resources: [FUNCTION, ROLE] });
      await cloud.call(updateGeneratedTemplate, { ...T, AddResources: [QUEUE] });
    });
  });
});
