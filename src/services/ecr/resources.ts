import { attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { tagList, tagsOf } from "../../kernel/tag.ts";
import type { ImageTagMutabilityExclusionFilterType } from "../../sdk/ecr.js";
import { checkedLifecycle, checkedPolicy } from "./policy.ts";
import { makeRepository, type Repository, repositories, repositoryArn, repositoryUri } from "./repository.ts";

type Properties = Readonly<Record<string, any>>;

const NAME_LENGTH_MAX = 256;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html; its id is its name. */
export const repositoryResource: ResourceType<Properties> = {
  type: "AWS::ECR::Repository",
  ensure: (scope, declared, id, { token, generatedName, tags }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["RepositoryName"] ?? generatedName.toLowerCase().slice(-NAME_LENGTH_MAX);
      const settings = settingsOf(declared);
      const known = repositories.get(scope, name);
      if (id === undefined && known !== undefined && known.madeBy !== token) {
        return { state: "failed", reason: `${name} already exists` };
      }
      if (known === undefined) create(scope, name, declared, token);
      repositories.patch(scope, name, { ...settings, tags: { ...tagsOf(tags), ...tagsOf(declared["Tags"]) } });
      return { state: "done", id: name };
    }),
  read(scope, id) {
    const repository = repositories.get(scope, id);
    return repository && live(repository);
  },
  remove(scope, id) {
    repositories.remove(scope, id);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Arn: repositoryArn(scope, id), RepositoryUri: repositoryUri(scope, id) }),
};

function create(scope: Scope, name: string, { EncryptionConfiguration: encryption }: Properties, token: string): void {
  makeRepository(scope, {
    repositoryName: name,
    ...(encryption && {
      encryptionConfiguration: { encryptionType: encryption.EncryptionType, ...(encryption.KmsKey && { kmsKey: encryption.KmsKey }) },
    }),
  });
  repositories.patch(scope, name, { madeBy: token });
}

/** What can be changed of a repository; what is not declared is as it is by default. */
function settingsOf(declared: Properties) {
  const policy = declared["RepositoryPolicyText"];
  const lifecyclePolicy = declared["LifecyclePolicy"]?.LifecyclePolicyText;
  const filters = declared["ImageTagMutabilityExclusionFilters"] as Properties[] | undefined;
  return {
    tagMutability: (declared["ImageTagMutability"] ?? "MUTABLE") as Repository["tagMutability"],
    mutabilityExclusions: filters?.map((filter) => ({
      filterType: filter["ImageTagMutabilityExclusionFilterType"] as ImageTagMutabilityExclusionFilterType,
      filter: filter["ImageTagMutabilityExclusionFilterValue"] as string,
    })),
    scanOnPush: String(declared["ImageScanningConfiguration"]?.ScanOnPush) === "true",
    policy: policy === undefined ? undefined : checkedPolicy(typeof policy === "string" ? policy : JSON.stringify(policy)),
    lifecyclePolicy: lifecyclePolicy === undefined ? undefined : checkedLifecycle(lifecyclePolicy),
  };
}

function live({ id, tagMutability, mutabilityExclusions, scanOnPush, encryption, policy, lifecyclePolicy, tags }: Repository): Properties {
  return {
    RepositoryName: id,
    ImageTagMutability: tagMutability,
    ...(mutabilityExclusions && {
      ImageTagMutabilityExclusionFilters: mutabilityExclusions.map(({ filterType, filter }) => ({
        ImageTagMutabilityExclusionFilterType: filterType,
        ImageTagMutabilityExclusionFilterValue: filter,
      })),
    }),
    ImageScanningConfiguration: { ScanOnPush: scanOnPush },
    EncryptionConfiguration: { EncryptionType: encryption.encryptionType, ...(encryption.kmsKey && { KmsKey: encryption.kmsKey }) },
    ...(policy && { RepositoryPolicyText: JSON.parse(policy) }),
    ...(lifecyclePolicy && { LifecyclePolicy: { LifecyclePolicyText: lifecyclePolicy } }),
    ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
  };
}
