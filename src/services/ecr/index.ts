import { service } from "../../kernel/service.ts";
import { getAuthorizationToken } from "./authorization.ts";
import * as image from "./image.ts";
import * as layer from "./layer.ts";
import * as policy from "./policy.ts";
import * as repository from "./repository.ts";
import { repositoryResource } from "./resources.ts";

export const ecr = service({
  name: "ecr",
  operations: [
    layer.batchCheckLayerAvailability,
    image.batchDeleteImage,
    image.batchGetImage,
    layer.completeLayerUpload,
    repository.createRepository,
    policy.deleteLifecyclePolicy,
    repository.deleteRepository,
    policy.deleteRepositoryPolicy,
    image.describeImages,
    repository.describeRepositories,
    getAuthorizationToken,
    policy.getLifecyclePolicy,
    policy.getRepositoryPolicy,
    layer.initiateLayerUpload,
    image.listImages,
    repository.listTagsForResource,
    image.putImage,
    repository.putImageScanningConfiguration,
    repository.putImageTagMutability,
    policy.putLifecyclePolicy,
    policy.setRepositoryPolicy,
    repository.tagResource,
    repository.untagResource,
    layer.uploadLayerPart,
  ],
  tables: [repository.repositories, image.images, layer.layers, layer.layerUploads],
  resources: [repositoryResource],
});
