import { expect, test } from "vitest";
import type { ActionDeclaration } from "../../sdk/codepipeline.js";
import {
  actionsOf,
  allow,
  build,
  create,
  deploy,
  latest,
  pipelineOf,
  prepare,
  roleArn,
  source,
  start,
  world,
} from "./codepipeline.fixture.ts";

const errors = async (cloud: ReturnType<typeof world>) =>
  Object.fromEntries(
    (await actionsOf(cloud)).reverse().map(({ actionName, output }) => [actionName, output!.executionResult!.errorDetails?.message]),
  );

test("where trust is enforced, an action does what the pipeline's role may do", async () => {
  const cloud = world(undefined, "enforced");
  await prepare(cloud);
  await create(cloud, pipelineOf([source, build, deploy]));
  const session = `arn:aws:sts::111122223333:assumed-role/pipeline/${(await latest(cloud)).pipelineExecutionId}`;
  expect(await errors(cloud)).toEqual({
    App: `User: ${session} is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::source/app.zip because no identity-based policy allows the s3:GetObject action`,
  });
  await allow(cloud, "s3:GetObject");
  await start(cloud);
  expect((await errors(cloud))["App"]).toBe(
    `CodePipeline service role "${roleArn}" is getting S3 access denied for the S3 bucket "artifacts"`,
  );
  await allow(cloud, "s3:*", "codebuild:StartBuild", "logs:*", "cloudformation:*");
  await start(cloud);
  await cloud.advance("2m");
  expect((await errors(cloud))["Stack"]).toContain(`iam:PassRole on resource: ${roleArn}`);
  expect((await actionsOf(cloud))[0]!.output!.executionResult!.errorDetails!.code).toBe("PermissionError");
  await allow(cloud, "s3:*", "codebuild:StartBuild", "logs:*", "cloudformation:*", "iam:PassRole");
  await start(cloud);
  await cloud.advance("4m");
  expect((await latest(cloud)).status).toBe("Succeeded");
});

test("a source that the role may not read says so in AWS's words", async () => {
  const cloud = world(undefined, "enforced");
  await prepare(cloud);
  const actionTypeId = { category: "Source", owner: "AWS", provider: "CodeCommit", version: "1" } as const;
  const commits: ActionDeclaration = { ...source, actionTypeId, configuration: { RepositoryName: "shop", BranchName: "main" } };
  await create(cloud, pipelineOf([commits, build]));
  expect((await errors(cloud))["App"]).toBe(
    "Could not access the CodeCommit repository shop. Make sure that the pipeline IAM role has sufficient permissions to access the repository.",
  );
});
