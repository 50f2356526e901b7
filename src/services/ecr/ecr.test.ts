import { describe, expect, test } from "vitest";
import { digestOf } from "../../kernel/blob.ts";
import { EVENTS, events } from "../../kernel/facts.ts";
import { World } from "../../testing/world.ts";
import { getAuthorizationToken } from "./authorization.ts";
import { batchDeleteImage, batchGetImage, describeImages, listImages, putImage } from "./image.ts";
import { ecr } from "./index.ts";
import { batchCheckLayerAvailability, completeLayerUpload, initiateLayerUpload, uploadLayerPart } from "./layer.ts";
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
const [CONFIG, LAYER] = ["{}", "layer"].map((text) => digestOf(Buffer.from(text))) as [string, string];
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.docker.distribution.manifest.v2+json",
  config: { digest: CONFIG, size: 2 },
  layers: [{ digest: LAYER, size: 5 }],
});

/** Upload a layer in pieces. */
async function upload(cloud: World, ...pieces: string[]): Promise<void> {
  const { uploadId } = await cloud.call(initiateLayerUpload, { repositoryName });
  let partFirstByte = 0;
  for (const piece of pieces) {
    const partLastByte = partFirstByte + piece.length - 1;
    await cloud.call(uploadLayerPart, {
      repositoryName,
      uploadId: uploadId!,
      partFirstByte,
      partLastByte,
      layerPartBlob: Buffer.from(piece),
    });
    partFirstByte = partLastByte + 1;
  }
  const layerDigests = [digestOf(Buffer.from(pieces.join("")))];
  await cloud.call(completeLayerUpload, { repositoryName, uploadId: uploadId!, layerDigests });
}

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

  test("takes layers, and images of them", async () => {
    const cloud = world();
    await cloud.call(createRepository, { repositoryName, imageTagMutability: "IMMUTABLE" });
    const put = (more: object = {}) => cloud.call(putImage, { repositoryName, imageManifest: MANIFEST, imageTag: "v1", ...more });
    await expect(put()).rejects.toThrow(`Layers with digests '[${CONFIG}, ${LAYER}]' required for pushing image into`);
    await upload(cloud, "{}");
    await upload(cloud, "la", "yer");
    const layerDigests = [LAYER, digestOf(Buffer.from("other")), "x"];
    expect(await cloud.call(batchCheckLayerAvailability, { repositoryName, layerDigests })).toMatchObject({
      layers: [{ layerAvailability: "AVAILABLE", layerSize: 5 }, { layerAvailability: "UNAVAILABLE" }],
      failures: [{ failureCode: "InvalidLayerDigest" }],
    });
    const imageDigest = digestOf(Buffer.from(MANIFEST));
    expect((await put()).image).toMatchObject({ imageId: { imageDigest, imageTag: "v1" }, imageManifest: MANIFEST });
    await expect(put()).rejects.toMatchObject({ name: "ImageAlreadyExistsException" });
    await put({ imageTag: "v2" });
    await expect(put({ imageManifest: `${MANIFEST} ` })).rejects.toMatchObject({ name: "ImageTagAlreadyExistsException" });
    await expect(put({ imageDigest: LAYER })).rejects.toMatchObject({ name: "ImageDigestDoesNotMatchException" });
    expect((await cloud.call(describeImages, { repositoryName })).imageDetails).toMatchObject([
      { imageDigest, imageTags: ["v1", "v2"], imageSizeInBytes: 7 },
    ]);
    expect((await cloud.call(batchGetImage, { repositoryName, imageIds: [{ imageTag: "v2" }] })).images).toMatchObject([
      { imageManifest: MANIFEST },
    ]);
    await cloud.call(batchDeleteImage, { repositoryName, imageIds: [{ imageTag: "v1" }] });
    expect((await cloud.call(listImages, { repositoryName })).imageIds).toEqual([{ imageDigest, imageTag: "v2" }]);
    await expect(cloud.call(deleteRepository, { repositoryName })).rejects.toMatchObject({ name: "RepositoryNotEmptyException" });
    await cloud.call(batchDeleteImage, { repositoryName, imageIds: [{ imageDigest }] });
    await cloud.call(deleteRepository, { repositoryName });
    expect(events.read(cloud.scope(), EVENTS).map(({ value }) => `${value.detail["action-type"]} ${value.detail["image-tag"]}`)).toEqual([
      "PUSH v1",
      "PUSH v2",
      "DELETE v1",
      "DELETE undefined",
    ]);
  });

  test("refuses a layer that is not what it is said to be, or comes out of order", async () => {
    const cloud = world();
    await cloud.call(createRepository, { repositoryName });
    const { uploadId } = await cloud.call(initiateLayerUpload, { repositoryName });
    const part = { repositoryName, uploadId: uploadId!, layerPartBlob: Buffer.from("layer") };
    await expect(cloud.call(uploadLayerPart, { ...part, partFirstByte: 5, partLastByte: 9 })).rejects.toMatchObject({
      name: "InvalidLayerPartException",
      lastValidByteReceived: -1,
    });
    const complete = { repositoryName, uploadId: uploadId!, layerDigests: [CONFIG] };
    await expect(cloud.call(completeLayerUpload, complete)).rejects.toMatchObject({ name: "EmptyUploadException" });
    await cloud.call(uploadLayerPart, { ...part, partFirstByte: 0, partLastByte: 4 });
    await expect(cloud.call(completeLayerUpload, complete)).rejects.toMatchObject({ name: "InvalidLayerException" });
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
