import { expect, test } from "vitest";
import { digestOf } from "../../../kernel/blob.ts";
import type { ActionDeclaration } from "../../../sdk/codepipeline.js";
import { World } from "../../../testing/world.ts";
import { codecommit } from "../../codecommit/index.ts";
import { putImage } from "../../ecr/image.ts";
import { ecr } from "../../ecr/index.ts";
import { createRepository } from "../../ecr/repository.ts";
import { eventbridge } from "../../eventbridge/index.ts";
import { putRule } from "../../eventbridge/rule.ts";
import { putTargets } from "../../eventbridge/target.ts";
import { iam } from "../../iam/index.ts";
import { readObject } from "../../s3/api.ts";
import { s3 } from "../../s3/index.ts";
import { sts } from "../../sts/index.ts";
import { actionsOf, approval, create, latest, pipelineName, pipelineOf, prepareStore, roleArn } from "../codepipeline.fixture.ts";
import { startPipelineExecution } from "../execution.ts";
import { codepipeline } from "../index.ts";
import { fileInZip } from "../zip.ts";

const image: ActionDeclaration = {
  name: "Image",
  actionTypeId: { category: "Source", owner: "AWS", provider: "ECR", version: "1" },
  configuration: { RepositoryName: "web" },
  outputArtifacts: [{ name: "Image" }],
};
const manifest = (name: string): string => JSON.stringify({ mediaType: "application/vnd.oci.image.index.v1+json", manifests: [], name });

test("an image is taken by its tag when it is pushed, or by its digest", async () => {
  const cloud = new World({ services: [iam, sts, s3, ecr, eventbridge, codecommit, codepipeline] });
  await prepareStore(cloud);
  await cloud.call(createRepository, { repositoryName: "web" });
  await create(cloud, pipelineOf([image, { ...approval, configuration: {} }]));
  expect((await actionsOf(cloud))[0]!.output!.executionResult!.errorDetails!.message).toBe(
    "The image with tag 'latest' was not found in the repository 'web'.",
  );
  const EventPattern = JSON.stringify({ source: ["aws.ecr"], detail: { "action-type": ["PUSH"], "image-tag": ["latest"] } });
  await cloud.call(putRule, { Name: "pushed", EventPattern });
  const Arn = "arn:aws:codepipeline:eu-west-1:111122223333:shop";
  await cloud.call(putTargets, { Rule: "pushed", Targets: [{ Id: "shop", Arn, RoleArn: roleArn }] });
  await cloud.call(putImage, { repositoryName: "web", imageManifest: manifest("one"), imageTag: "latest" });
  await cloud.advance("1m");
  const digest = digestOf(Buffer.from(manifest("one")));
  const uri = `111122223333.dkr.ecr.eu-west-1.amazonaws.com/web@${digest}`;
  expect((await latest(cloud)).sourceRevisions).toMatchObject([{ actionName: "Image", revisionId: digest }]);
  const [, taken] = await actionsOf(cloud);
  const named = { RegistryId: "111122223333", RepositoryName: "web", ImageDigest: digest, ImageURI: uri };
  expect(taken!.output!.outputVariables).toEqual({ ...named, ImageTag: "latest" });
  const { bucket, key } = taken!.output!.outputArtifacts![0]!.s3location!;
  const archive = cloud.blobs.read(readObject(cloud.scope(), bucket!, key!)!.digest);
  expect(JSON.parse(fileInZip(archive, "imageDetail.json")!.toString())).toMatchObject({
    ImageURI: uri,
    ImageTags: ["latest"],
    Version: "1.0",
    ImagePushedAt: expect.stringMatching(/^\w{3} \w{3} \d\d [\d:]{8} UTC \d{4}$/),
  });
  await cloud.call(putImage, { repositoryName: "web", imageManifest: manifest("two"), imageTag: "test" });
  const sourceRevisions = [
    { actionName: "Image", revisionType: "IMAGE_DIGEST" as const, revisionValue: digestOf(Buffer.from(manifest("two"))) },
  ];
  await cloud.call(startPipelineExecution, { name: pipelineName, sourceRevisions });
  const again = (await actionsOf(cloud)).find(({ actionName }) => actionName === "Image")!;
  expect(again.output!.outputVariables).not.toHaveProperty("ImageTag");
  expect(again.output!.outputVariables).toMatchObject({ ImageDigest: sourceRevisions[0]!.revisionValue });
});
