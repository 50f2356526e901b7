import { describe, expect, test } from "vitest";
import { approval, create, pipelineOf, prepare, source, world } from "./codepipeline.fixture.ts";
import { createCustomActionType, deleteCustomActionType } from "./custom-action-type.ts";
import { listTagsForResource, tagResource, untagResource } from "./tag.ts";
import { putWebhook } from "./webhook.ts";

const ARN = "arn:aws:codepipeline:eu-west-1:111122223333:";
const JENKINS = { category: "Build", provider: "Jenkins", version: "1" } as const;
const NONE = { minimumCount: 0, maximumCount: 0 };
const HOOK = {
  name: "push",
  targetPipeline: "shop",
  targetAction: "App",
  filters: [{ jsonPath: "$.ref" }],
  authentication: "UNAUTHENTICATED",
  authenticationConfiguration: {},
} as const;

async function withAll() {
  const cloud = world();
  await prepare(cloud);
  await create(cloud, pipelineOf([source, approval]));
  await cloud.call(putWebhook, { webhook: { ...HOOK, filters: [...HOOK.filters] } });
  await cloud.call(createCustomActionType, { ...JENKINS, inputArtifactDetails: NONE, outputArtifactDetails: NONE });
  return cloud;
}

describe("tags", () => {
  test.each(["shop", "webhook:push", "actiontype:Custom/Build/Jenkins/1"])("of %s are set, listed and removed", async (resource) => {
    const cloud = await withAll();
    const resourceArn = `${ARN}${resource}`;
    const tags = [
      { key: "a", value: "1" },
      { key: "b", value: "2" },
    ];
    await cloud.call(tagResource, { resourceArn, tags });
    expect((await cloud.call(listTagsForResource, { resourceArn })).tags).toEqual(tags);
    await cloud.call(untagResource, { resourceArn, tagKeys: ["a"] });
    expect((await cloud.call(listTagsForResource, { resourceArn })).tags).toEqual(tags.slice(1));
    const system = cloud.call(tagResource, { resourceArn, tags: [{ key: "aws:a", value: "1" }] });
    await expect(system).rejects.toMatchObject({ name: "InvalidTagsException" });
    const many = Array.from({ length: 50 }, (_, index) => ({ key: `k${index}`, value: "" }));
    await expect(cloud.call(tagResource, { resourceArn, tags: many })).rejects.toThrow(`Tag limit exceeded for resource [${resourceArn}].`);
  });

  test("are of what is there", async () => {
    const cloud = await withAll();
    const of = (resourceArn: string) => cloud.call(listTagsForResource, { resourceArn });
    await expect(of(`${ARN}none`)).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "The account with id '111122223333' does not include a pipeline with the name 'none'",
    });
    await expect(of("arn:aws:s3:::x")).rejects.toMatchObject({ name: "InvalidArnException" });
    await cloud.call(deleteCustomActionType, JENKINS);
    await expect(of(`${ARN}actiontype:Custom/Build/Jenkins/1`)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});
