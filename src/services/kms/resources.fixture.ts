import type { ResourceExample } from "../../testing/resource-example.ts";
import { updateAlias } from "./alias.ts";
import { disableKey, enableKeyRotation, tagResource, updateKeyDescription } from "./key.ts";

const policy = (Sid: string) => ({
  Version: "2012-10-17",
  Statement: [{ Sid, Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "kms:*", Resource: "*" }],
});
const KEY = { Type: "AWS::KMS::Key", Properties: {} };

export const kmsExamples: readonly ResourceExample[] = [
  {
    type: "AWS::KMS::Key",
    properties: {
      Description: "Orders",
      KeyPolicy: policy("one"),
      KeySpec: "SYMMETRIC_DEFAULT",
      KeyUsage: "ENCRYPT_DECRYPT",
      MultiRegion: false,
      Origin: "AWS_KMS",
      Enabled: true,
      EnableKeyRotation: false,
      RotationPeriodInDays: 90,
      PendingWindowInDays: 7,
      BypassPolicyLockoutSafetyCheck: true,
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [
      { Description: "Old orders" },
      { KeyPolicy: policy("two") },
      { EnableKeyRotation: true },
      { RotationPeriodInDays: 120 },
      { PendingWindowInDays: 10 },
      { BypassPolicyLockoutSafetyCheck: false },
      { Enabled: false },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/Description": (cloud, KeyId) => cloud.call(updateKeyDescription, { KeyId, Description: "by hand" }),
      "/Enabled": (cloud, KeyId) => cloud.call(disableKey, { KeyId }),
      "/EnableKeyRotation": (cloud, KeyId) => cloud.call(enableKeyRotation, { KeyId }),
      "/Tags/0/Value": (cloud, KeyId) => cloud.call(tagResource, { KeyId, Tags: [{ TagKey: "a", TagValue: "by hand" }] }),
    },
  },
  {
    type: "AWS::KMS::Alias",
    around: {
      One: KEY,
      Two: KEY,
      Other: { Type: "AWS::KMS::Alias", Properties: { AliasName: "alias/other", TargetKeyId: { Ref: "Two" } } },
    },
    properties: { AliasName: "alias/orders", TargetKeyId: { Ref: "One" } },
    updates: [{ TargetKeyId: { "Fn::GetAtt": ["Two", "Arn"] } }],
    byHand: { "/TargetKeyId": (cloud, AliasName) => cloud.call(updateAlias, { AliasName, TargetKeyId: "alias/other" }) },
  },
];
