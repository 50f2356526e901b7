import type { ResourceExample } from "../../testing/resource-example.ts";
import { putResourcePolicy } from "./resource-policy.ts";
import { tagResource, updateSecret } from "./secret.ts";

const policy = (Sid: string) => ({
  Version: "2012-10-17",
  Statement: [
    { Sid, Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "secretsmanager:GetSecretValue", Resource: "*" },
  ],
});
const SECRET = { Type: "AWS::SecretsManager::Secret", Properties: { Name: "token" } };

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
