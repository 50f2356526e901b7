import type { ResourceExample } from "../../testing/resource-example.ts";
import { putResourcePolicy } from "./resource-policy.ts";
import { rotateSecret } from "./rotation.ts";
import { tagResource, updateSecret } from "./secret.ts";

const policy = (Sid: string) => ({
  Version: "2012-10-17",
  Statement: [
    { Sid, Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "secretsmanager:GetSecretValue", Resource: "*" },
  ],
});
const SECRET = { Type: "AWS::SecretsManager::Secret", Properties: { Name: "token" } };

const rotator = (name: string) => ({
  Type: "AWS::Lambda::Function",
  Properties: {
    FunctionName: name,
    Role: { "Fn::GetAtt": ["Role", "Arn"] },
    Runtime: "nodejs22.x",
    Handler: "index.handler",
    Code: { ZipFile: "exports.handler = async () => {};" },
  },
});
const ROLE = { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] } } };

export const secretsManagerExamples: readonly ResourceExample[] = [
  {
    type: "AWS::SecretsManager::Secret",
    properties: {
      Name: "token",
      Description: "A token",
      KmsKeyId: "alias/aws/secretsmanager",
      SecretString: "one",
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [{ Description: "Another" }, { KmsKeyId: "alias/mine" }, { SecretString: "two" }, { Tags: [{ Key: "a", Value: "c" }] }],
    byHand: {
      "/Description": (cloud, SecretId) => cloud.call(updateSecret, { SecretId, Description: "by hand" }),
      "/Tags/0/Value": (cloud, SecretId) => cloud.call(tagResource, { SecretId, Tags: [{ Key: "a", Value: "by hand" }] }),
    },
  },
  {
    type: "AWS::SecretsManager::Secret",
    properties: {
      GenerateSecretString: {
        PasswordLength: 20,
        SecretStringTemplate: '{"user":"a"}',
        GenerateStringKey: "password",
        ExcludeCharacters: "xyz",
        ExcludeLowercase: false,
        ExcludeNumbers: true,
        ExcludePunctuation: true,
        ExcludeUppercase: false,
        IncludeSpace: true,
        RequireEachIncludedType: true,
      },
    },
    updates: [{ GenerateSecretString: { PasswordLength: 30 } }],
  },
  {
    type: "AWS::SecretsManager::RotationSchedule",
    around: { Secret: SECRET, Role: ROLE, One: rotator("one"), Two: rotator("two") },
    properties: {
      SecretId: { Ref: "Secret" },
      RotationLambdaARN: { "Fn::GetAtt": ["One", "Arn"] },
      RotationRules: { AutomaticallyAfterDays: 30, Duration: "2h" },
      RotateImmediatelyOnUpdate: false,
    },
    updates: [
      { RotationLambdaARN: { "Fn::GetAtt": ["Two", "Arn"] } },
      { RotationRules: { ScheduleExpression: "rate(10 days)" } },
      { RotateImmediatelyOnUpdate: true },
    ],
    byHand: {
      "/RotationRules/AutomaticallyAfterDays": (cloud, SecretId) =>
        cloud.call(rotateSecret, { SecretId, RotationRules: { AutomaticallyAfterDays: 1, Duration: "2h" }, RotateImmediately: false }),
    },
  },
  {
    type: "AWS::SecretsManager::ResourcePolicy",
    around: { Secret: SECRET },
    properties: { SecretId: { Ref: "Secret" }, ResourcePolicy: policy("one"), BlockPublicPolicy: true },
    updates: [{ ResourcePolicy: policy("two") }, { BlockPublicPolicy: false }],
    byHand: {
      "/ResourcePolicy/Statement/0/Sid": (cloud, SecretId) =>
        cloud.call(putResourcePolicy, { SecretId, ResourcePolicy: JSON.stringify(policy("by hand")) }),
    },
  },
];
