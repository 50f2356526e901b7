import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import type { ImageTagMutabilityExclusionFilterType } from "../../sdk/ecr.js";
import { imagesOf } from "./image.ts";
import { checkedLifecycle, checkedPolicy } from "./policy.ts";
import { makeRepository, type Repository, removeRepository, repositories, repositoryArn, repositoryUri } from "./repository.ts";

type Properties = Readonly<Record<string, any>>;

const NAME_LENGTH_MAX = 256;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html; its id is its name. */
export const repositoryResource: ResourceType<Properties> = {
  type: "AWS::ECR::Repository",
  ensure: (scope, declared, id, { token, generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["RepositoryName"] ?? nameWithin(NAME_LENGTH_MAX, generatedName, logicalId).toLowerCase();
      const settings = settingsOf(declared);
      const known = repositories.get(scope, name);
      if (id === undefined && known !== undefined && known.madeBy !== token) {
        return alreadyExists("AWS::ECR::Repository", name);
      }
      if (known === undefined) create(scope, name, declared, token);
      repositories.patch(scope, name, { ...settings, tags: allTags(tags, declared["Tags"]) });
      return name;
    }),
  read(scope, id) {
    const repository = repositories.get(scope, id);
    return repository && live(scope, repository);
  },
  remove(scope, id) {
    const repository = repositories.get(scope, id);
    if (repository !== undefined && !repository.emptiesOnDelete && imagesOf(scope, id).length > 0) {
      const where = `The repository with name '${id}' in registry with id '${scope.account}'`;
      return { state: "failed", reason: `${where} cannot be deleted because it still contains images` };
    }
    removeRepository(scope, id);
    return { state: "done", id };
  },
  list: (scope) => repositories.list(scope).map(({ id }) => id),
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
    emptiesOnDelete: String(declared["EmptyOnDelete"]) === "true",
    lifecyclePolicy: lifecyclePolicy === undefined ? undefined : checkedLifecycle(lifecyclePolicy),
  };
}

function live(scope: Scope, repository: Repository): Properties {
  const { id, encryption, policy, lifecyclePolicy, mutabilityExclusions = [] } = repository;
  return present({
    RepositoryName: id,
    Arn: repositoryArn(scope, id),
    RepositoryUri: repositoryUri(scope, id),
    ImageTagMutability: repository.tagMutability,
    ImageTagMutabilityExclusionFilters: mutabilityExclusions.map(({ filterType, filter }) => ({
      ImageTagMutabilityExclusionFilterType: filterType,
      ImageTagMutabilityExclusionFilterValue: filter,
    })),
    ImageScanningConfiguration: { ScanOnPush: repository.scanOnPush },
    EncryptionConfiguration: present({ EncryptionType: encryption.encryptionType, KmsKey: encryption.kmsKey }),
    RepositoryPolicyText: policy && JSON.parse(policy),
    LifecyclePolicy: lifecyclePolicy && { LifecyclePolicyText: lifecyclePolicy, RegistryId: scope.account },
    Tags: tagList(repository.tags),
  });
}
