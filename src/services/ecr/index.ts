import { service } from "../../kernel/service.ts";
import { getAuthorizationToken } from "./authorization.ts";
import { batchGetImage, describeImages, listImages } from "./image.ts";
import * as policy from "./policy.ts";
import * as repository from "./repository.ts";
import { repositoryResource } from "./resources.ts";

export const ecr = service({
  name: "ecr",
  operations: [
    batchGetImage,
    repository.createRepository,
    policy.deleteLifecyclePolicy,
    repository.deleteRepository,
    policy.deleteRepositoryPolicy,
    describeImages,
    repository.describeRepositories,
    getAuthorizationToken,
    policy.getLifecyclePolicy,
    policy.getRepositoryPolicy,
    listImages,
    repository.listTagsForResource,
    repository.putImageScanningConfiguration,
    repository.putImageTagMutability,
    policy.putLifecyclePolicy,
    policy.setRepositoryPolicy,
    repository.tagResource,
    repository.untagResource,
  ],
  tables: [repository.repositories],
  resources: [repositoryResource],
});
