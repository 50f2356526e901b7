import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { BatchGetBuildsCommand, CodeBuildClient, CreateProjectCommand, ListBuildsCommand } from "@aws-sdk/client-codebuild";
import { CodePipelineClient, CreatePipelineCommand, GetPipelineStateCommand } from "@aws-sdk/client-codepipeline";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, expect, test } from "vitest";
import { type RunningCloud, startCloud } from "../../src/testing/running.ts";
import { zip } from "../clients/zip.ts";

// The process is killed while a command of a build runs, in a pipeline: the build ends as one whose host has died, nothing of it runs
// on, and the pipeline goes on to fail.

const folder = mkdtempSync(join(tmpdir(), "slipway-build-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A command that nobody else runs, in the foreground and behind the back of the shell. */
const SECONDS = `${3000 + process.pid}`;
const BUILDSPEC = `version: 0.2
phases:
  pre_build: { commands: ["echo begun"] }
  build: { commands: ["setsid sleep ${SECONDS} & sleep ${SECONDS}", "echo never"] }
artifacts: { files: "**/*" }
`;
const action = (category: "Source" | "Build", provider: string, configuration: Record<string, string>) => ({
  name: category,
  actionTypeId: { category, owner: "AWS" as const, provider, version: "1" },
  configuration,
});

async function setScene(cloud: RunningCloud): Promise<void> {
  const [iam, s3] = [new IAMClient(cloud.client), new S3Client({ ...cloud.client, forcePathStyle: true })];
  const Statement = ["codebuild", "codepipeline"].map((name) => ({
    Effect: "Allow",
    Principal: { Service: `${name}.amazonaws.com` },
    Action: "sts:AssumeRole",
  }));
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "all", AssumeRolePolicyDocument }));
  await s3.send(new CreateBucketCommand({ Bucket: "sources" }));
  await s3.send(new PutBucketVersioningCommand({ Bucket: "sources", VersioningConfiguration: { Status: "Enabled" } }));
  await s3.send(new PutObjectCommand({ Bucket: "sources", Key: "app.zip", Body: await zip({ "buildspec.yml": BUILDSPEC }) }));
  await new CodeBuildClient(cloud.client).send(
    new CreateProjectCommand({
      name: "shop",
      source: { type: "CODEPIPELINE" },
      artifacts: { type: "CODEPIPELINE" },
      environment: { type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL" },
      serviceRole: Role!.Arn!,
    }),
  );
  const source = action("Source", "S3", { S3Bucket: "sources", S3ObjectKey: "app.zip", PollForSourceChanges: "false" });
  const build = action("Build", "CodeBuild", { ProjectName: "shop" });
  const stages = [
    { name: "Source", actions: [{ ...source, outputArtifacts: [{ name: "app" }] }] },
    { name: "Build", actions: [{ ...build, inputArtifacts: [{ name: "app" }] }] },
  ];
  const artifactStore = { type: "S3" as const, location: "sources" };
  await new CodePipelineClient(cloud.client).send(
    new CreatePipelineCommand({ pipeline: { name: "shop", roleArn: Role!.Arn!, artifactStore, stages } }),
  );
}

async function theBuild(cloud: RunningCloud) {
  const client = new CodeBuildClient(cloud.client);
  const { ids = [] } = await client.send(new ListBuildsCommand({}));
  return ids.length === 0 ? undefined : (await client.send(new BatchGetBuildsCommand({ ids }))).builds![0]!;
}

/** How many processes of this machine run the command. */
const running = (): number =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8") === `sleep\0${SECONDS}\0`;
    } catch {
      return false;
    }
  }).length;

async function until<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await ask();
    if (answer) return answer;
    await pause(100);
  }
  throw new Error("not within 20 seconds");
}

test("a build whose process died ends as AWS has it, leaves nothing behind, and fails its pipeline", async () => {
  const options = { folder: join(folder, "data"), clock: "real", isolated: true } as const;
  await using doomed = await startCloud(options);
  await setScene(doomed);
  await until(async () => running() === 2 && (await theBuild(doomed))?.currentPhase === "BUILD");
  await doomed.kill();

  await using cloud = await startCloud(options);
  const build = await until(async () => {
    const now = await theBuild(cloud);
    return now?.buildComplete && now;
  });
  expect(build).toMatchObject({ buildStatus: "FAULT", currentPhase: "COMPLETED" });
  expect(build.phases!.map(({ phaseType, phaseStatus = "" }) => `${phaseType} ${phaseStatus}`).slice(-4)).toEqual([
    "PRE_BUILD SUCCEEDED",
    "BUILD FAULT",
    "FINALIZING SUCCEEDED",
    "COMPLETED ",
  ]);
  expect(build.phases!.find(({ phaseType }) => phaseType === "BUILD")!.contexts).toEqual([
    { statusCode: "INTERNAL_SERVICE_ERROR", message: "Slipway stopped while the build ran; start it again." },
  ]);
  expect(running()).toBe(0);
  const { stageStates } = await until(async () => {
    const state = await new CodePipelineClient(cloud.client).send(new GetPipelineStateCommand({ name: "shop" }));
    return state.stageStates!.at(-1)!.latestExecution?.status !== "InProgress" && state;
  });
  expect(stageStates!.at(-1)).toMatchObject({
    latestExecution: { status: "Failed" },
    actionStates: [{ latestExecution: { status: "Failed", errorDetails: { message: expect.stringContaining("FAULT") } } }],
  });
}, 60_000);
