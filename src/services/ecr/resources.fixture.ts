import type { ResourceExample } from "../../testing/resource-example.ts";
import { deleteLifecyclePolicy } from "./policy.ts";
import { putImageScanningConfiguration, putImageTagMutability, tagResource } from "./repository.ts";

const policy = (Sid: string) => ({
  Version: "2012-10-17",
  Statement: [{ Sid, Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "ecr:BatchGetImage" }],
});
const lifecycle = (countNumber: number): string =>
  JSON.stringify({
    rules: [{ rulePriority: 1, selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber }, action: { type: "expire" } }],
  });
const exclusion = (ImageTagMutabilityExclusionFilterValue: string) => ({
  ImageTagMutabilityExclusionFilterType: "WILDCARD",
  ImageTagMutabilityExclusionFilterValue,
});

export const ecrExamples: readonly ResourceExample[] = [
  {
    type: "AWS::ECR::Repository",
    properties: {
      RepositoryName: "shop/web",
      EmptyOnDelete: true,
      EncryptionConfiguration: { EncryptionType: "KMS", KmsKey: "alias/mine" },
      ImageScanningConfiguration: { ScanOnPush: true },
      ImageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      ImageTagMutabilityExclusionFilters: [exclusion("dev-*")],
      LifecyclePolicy: { LifecyclePolicyText: lifecycle(3) },
      RepositoryPolicyText: policy("one"),
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [
      { EmptyOnDelete: false },
      { ImageScanningConfiguration: { ScanOnPush: false } },
      { ImageTagMutabilityExclusionFilters: [exclusion("test-*"), exclusion("dev-*")] },
      { ImageTagMutability: "MUTABLE", ImageTagMutabilityExclusionFilters: undefined },
      { LifecyclePolicy: { LifecyclePolicyText: lifecycle(5), RegistryId: "111122223333" } },
      { RepositoryPolicyText: policy("two") },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/ImageScanningConfiguration/ScanOnPush": (cloud, repositoryName) =>
        cloud.call(putImageScanningConfiguration, { repositoryName, imageScanningConfiguration: { scanOnPush: false } }),
      "/ImageTagMutability": (cloud, repositoryName) =>
        cloud.call(putImageTagMutability, {
          repositoryName,
          imageTagMutability: "MUTABLE_WITH_EXCLUSION",
          imageTagMutabilityExclusionFilters: [{ filterType: "WILDCARD", filter: "dev-*" }],
        }),
      "/LifecyclePolicy": (cloud, repositoryName) => cloud.call(deleteLifecyclePolicy, { repositoryName }),
      "/Tags/0/Value": (cloud, name) =>
        cloud.call(tagResource, {
          resourceArn: `arn:aws:ecr:${cloud.region}:${cloud.account}:repository/${name}`,
          tags: [{ Key: "a", Value: "by hand" }],
        }),
    },
  },
];
