import { describe, expect, test } from "vitest";
import { World } from "../../testing/world.ts";
import { getAuthorizationToken } from "./authorization.ts";
import { batchGetImage, describeImages, listImages } from "./image.ts";
import { ecr } from "./index.ts";
import { deleteLifecyclePolicy, getLifecyclePolicy, getRepositoryPolicy, putLifecyclePolicy, setRepositoryPolicy } from "./policy.ts";
import {
  createRepository,
  deleteRepository,
  describeRepositories,
  listTagsForResource,
  putImageScanningConfiguration,
  putImageTagMutability,
  tagResource,
  untagResource,
} from "./repository.ts";
import { repositoryResource } from "./resources.ts";

const world = (): World => new World({ services: [ecr] });
const repositoryName = "shop/web";

describe("a repository", () => {
  test("is described as it was made and changed", async () => {
    const cloud = world();
    const { repository } = await cloud.call(createRepository, { repositoryName, tags: [{ Key: "team", Value: "shop" }] });
    expect(repository).toMatchObject({
      repositoryArn: "arn:aws:ecr:eu-west-1:111122223333:repository/shop/web",
      repositoryUri: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/web",
      imageTagMutability: "MUTABLE",
      encryptionConfiguration: { encryptionType: "AES256" },
    });
    await cloud.call(putImageTagMutability, { repositoryName, imageTagMutability: "IMMUTABLE" });
    await cloud.call(putImageScanningConfiguration, { repositoryName, imageScanningConfiguration: { scanOnPush: true } });
    expect((await cloud.call(describeRepositories, {})).repositories).toMatchObject([
      { repositoryName, imageTagMutability: "IMMUTABLE", imageScanningConfiguration: { scanOnPush: true } },
    ]);
    const resourceArn = repository!.repositoryArn!;
    await cloud.call(tagResource, { resourceArn, tags: [{ Key: "tier", Value: "web" }] });
    await cloud.call(untagResource, { resourceArn, tagKeys: ["team"] });
    expect((await cloud.call(listTagsForResource, { resourceArn })).tags).toEqual([{ Key: "tier", Value: "web" }]);
    await cloud.call(deleteRepository, { repositoryName });
    await expect(cloud.call(describeRepositories, { repositoryNames: [repositoryName] })).rejects.toThrow(
      "The repository with name 'shop/web' does not exist in the registry with id '111122223333'",
    );
  });

  test("is refused twice, or with a bad name", async () => {
    const cloud = world();
    await cloud.call(createRepository, { repositoryName });
    await expect(cloud.call(createRepository, { repositoryName })).rejects.toThrow("already exists in the registry with id '111122223333'");
    await expect(cloud.call(createRepository, { repositoryName: "Shop" })).rejects.toThrow("Invalid parameter at 'repositoryName'");
  });

  test("has a policy and a lifecycle policy", async () => {
    const cloud = world();
    await cloud.call(createRepository, { repositoryName });
    await expect(cloud.call(getRepositoryPolicy, { repositoryName })).rejects.toThrow("Repository policy does not exist");
    await cloud.call(setRepositoryPolicy, { repositoryName, policyText: '{"Statement":[]}' });
    expect(await cloud.call(getRepositoryPolicy, { repositoryName })).toMatchObject({ policyText: '{"Statement":[]}' });
    await expect(cloud.call(putLifecyclePolicy, { repositoryName, lifecyclePolicyText: "{}" })).rejects.toThrow(
      "missing required properties",
    );
    await cloud.call(putLifecyclePolicy, { repositoryName, lifecyclePolicyText: '{"rules":[{}]}' });
    await cloud.call(deleteLifecyclePolicy, { repositoryName });
    await expect(cloud.call(getLifecyclePolicy, { repositoryName })).rejects.toThrow("Lifecycle policy does not exist");
  });

  test("is empty", async () => {
    const cloud = world();
    await cloud.call(createRepository, { repositoryName });
    expect(await cloud.call(describeImages, { repositoryName })).toEqual({ imageDetails: [] });
    expect(await cloud.call(listImages, { repositoryName })).toEqual({ imageIds: [] });
    const imageIds = [{ imageTag: "latest" }];
    expect((await cloud.call(batchGetImage, { repositoryName, imageIds })).failures).toMatchObject([{ failureCode: "ImageNotFound" }]);
    await expect(cloud.call(describeImages, { repositoryName, imageIds })).rejects.toMatchObject({
      name: "ImageNotFoundException",
      message: expect.stringContaining("The image with imageId {imageDigest:'null', imageTag:'latest'} does not exist within"),
    });
  });

  test("belongs to a registry that gives tokens", async () => {
    const { authorizationData } = await world().call(getAuthorizationToken, {});
    const [data] = authorizationData!;
    expect(data!.proxyEndpoint).toBe("https://111122223333.dkr.ecr.eu-west-1.amazonaws.com");
    expect(Buffer.from(data!.authorizationToken!, "base64").toString()).toMatch(/^AWS:[0-9a-f]{64}$/);
  });
});

test("AWS::ECR::Repository is kept as declared, and read as it is", () => {
  const cloud = world();
  const request = { token: "t1", generatedName: "Shop-Images-0ABC", logicalId: "Images", stackId: "s", tags: [] };
  const declared = {
    ImageTagMutability: "IMMUTABLE",
    LifecyclePolicy: { LifecyclePolicyText: '{"rules":[{"rulePriority":1}]}' },
    RepositoryPolicyText: { Version: "2012-10-17", Statement: [] },
  };
  const id = "shop-images-0abc";
  const ensure = () => cloud.change((scope) => repositoryResource.ensure(scope, declared, undefined, request));
  expect(ensure()).toEqual({ state: "done", id });
  expect(ensure()).toEqual({ state: "done", id });
  expect(repositoryResource.read(cloud.scope(), id)).toMatchObject({ RepositoryName: id, ...declared });
  expect(cloud.change((scope) => repositoryResource.ensure(scope, {}, undefined, { ...request, token: "t2" }))).toEqual({
    state: "failed",
    reason: `Resource of type 'AWS::ECR::Repository' with identifier '${id}' already exists.`,
  });
  cloud.change((scope) => repositoryResource.remove(scope, id, request));
  expect(repositoryResource.read(cloud.scope(), id)).toBeUndefined();
});
