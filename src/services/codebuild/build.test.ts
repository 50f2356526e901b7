import { expect, test } from "vitest";
import type { CommandSpec, Job } from "../../compute/job.ts";
import { type SimulatedOutcome, simulatedHands } from "../../compute/simulated.ts";
import { EVENTS, events, metricSeries, metrics } from "../../kernel/facts.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { codecommit } from "../codecommit/index.ts";
import { iam } from "../iam/index.ts";
import { createRole } from "../iam/role.ts";
import { s3 } from "../s3/index.ts";
import { ssm } from "../ssm/index.ts";
import { ensureBuild } from "./api.ts";
import { builds } from "./build.ts";
import { batchGetBuilds, listBuildsForProject, startBuild, stopBuild } from "./build-operations.ts";
import { codebuild } from "./index.ts";
import { batchGetProjects, createProject, deleteProject } from "./project.ts";
import { projectResource } from "./resources.ts";

const BUILDSPEC = `version: 0.2
env: { exported-variables: [RELEASE] }
phases:
  build: { commands: [npm test] }
artifacts: { files: "**/*" }
`;

/** Simulated commands of a build: one second for each phase; the variable FAIL makes the build phase fail. */
function outcomeOf({ id, spec }: Job): SimulatedOutcome {
  const { env, outputs = [] } = spec as CommandSpec;
  if (env["LOSE"] !== undefined) return { afterMs: 500, status: "LOST" };
  if (!id.endsWith("/commands")) {
    const digest = `sha256:${"5".repeat(64)}`;
    const zips = outputs.filter(({ type }) => type === "zip").map(({ name }) => [name, { digest, size: 10 }]);
    return { afterMs: 100, status: "SUCCEEDED", result: { outputs: Object.fromEntries(zips) } };
  }
  const failed = env["FAIL"] === undefined ? "0 -" : "1 build:0";
  const progress = [
    { afterMs: 0, text: "enter INSTALL" },
    { afterMs: 0, text: "leave INSTALL 0 -" },
    { afterMs: 0, text: "enter PRE_BUILD" },
    { afterMs: 1000, text: "leave PRE_BUILD 0 -" },
    { afterMs: 1000, text: "enter BUILD" },
    { afterMs: 2000, text: `leave BUILD ${failed}` },
    { afterMs: 2000, text: "enter POST_BUILD" },
    { afterMs: 3000, text: "leave POST_BUILD 0 -" },
  ];
  return { afterMs: 3000, status: "SUCCEEDED", progress, result: { outputs: { "exported/RELEASE": { text: "7" } } } };
}

const build = (): World => new World({ services: [iam, ssm, s3, codecommit, codebuild], hands: simulatedHands(outcomeOf), start: 0 });

async function createShop(cloud: World, source: object = { type: "NO_SOURCE" }): Promise<void> {
  await cloud.call(createRole, { RoleName: "build", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [] }) });
  await cloud.call(createProject, {
    name: "shop",
    source: { buildspec: BUILDSPEC, ...source } as never,
    artifacts: { type: "type" in source && source.type === "CODEPIPELINE" ? "CODEPIPELINE" : "NO_ARTIFACTS" },
    environment: { type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL" },
    serviceRole: `arn:aws:iam::${cloud.account}:role/build`,
  });
}

async function start(cloud: World, variables: Record<string, string> = {}): Promise<string> {
  const environmentVariablesOverride = Object.entries(variables).map(([name, value]) => ({ name, value }));
  const started = await cloud.call(startBuild, { projectName: "shop", environmentVariablesOverride });
  return started.build!.id!;
}

const get = async (cloud: World, id: string) => (await cloud.call(batchGetBuilds, { ids: [id] })).builds![0]!;

test("a build goes through its phases, and tells of each", async () => {
  const cloud = build();
  await createShop(cloud);
  const id = await start(cloud);
  expect(await get(cloud, id)).toMatchObject({ buildStatus: "IN_PROGRESS", currentPhase: "DOWNLOAD_SOURCE", buildNumber: 1 });
  await cloud.advance("1500ms");
  expect(await get(cloud, id)).toMatchObject({ buildStatus: "IN_PROGRESS", currentPhase: "BUILD" });
  await cloud.advance("10s");
  const over = await get(cloud, id);
  expect(over).toMatchObject({
    buildStatus: "SUCCEEDED",
    currentPhase: "COMPLETED",
    buildComplete: true,
    initiator: "root",
    exportedEnvironmentVariables: [{ name: "RELEASE", value: "7" }],
  });
  expect(over.phases!.map(({ phaseType }) => phaseType)).toEqual([
    "SUBMITTED",
    "QUEUED",
    "PROVISIONING",
    "DOWNLOAD_SOURCE",
    "INSTALL",
    "PRE_BUILD",
    "BUILD",
    "POST_BUILD",
    "UPLOAD_ARTIFACTS",
    "FINALIZING",
    "COMPLETED",
  ]);
  const told = events.peek(cloud.scope(), EVENTS).map(({ value }) => value);
  expect(told.filter(({ detailType }) => detailType.endsWith("State Change")).map(({ detail }) => detail["build-status"])).toEqual([
    "IN_PROGRESS",
    "SUCCEEDED",
  ]);
  expect(told.filter(({ detailType }) => detailType.endsWith("Phase Change"))).toHaveLength(10);
  const succeeded = metricSeries({ namespace: "AWS/CodeBuild", name: "SucceededBuilds", dimensions: { ProjectName: "shop" } });
  expect(metrics.peek(cloud.scope(), succeeded)).toHaveLength(1);
});

test("a failing command fails its phase in CodeBuild's words", async () => {
  const cloud = build();
  await createShop(cloud);
  const id = await start(cloud, { FAIL: "yes" });
  await cloud.advance("10s");
  const { buildStatus, phases } = await get(cloud, id);
  expect(buildStatus).toBe("FAILED");
  expect(phases!.find(({ phaseType }) => phaseType === "BUILD")).toMatchObject({
    phaseStatus: "FAILED",
    durationInSeconds: 1,
    contexts: [{ statusCode: "COMMAND_EXECUTION_ERROR", message: "Error while executing command: npm test. Reason: exit status 1" }],
  });
});

test("what was running when the cloud stopped is a fault; a buildspec that is none is the user's", async () => {
  const cloud = build();
  await createShop(cloud);
  const lost = await start(cloud, { LOSE: "yes" });
  await cloud.advance("10s");
  expect(await get(cloud, lost)).toMatchObject({ buildStatus: "FAULT" });
  const { build: bad } = await cloud.call(startBuild, { projectName: "shop", buildspecOverride: "version: 0.2\nphases: {}\n" });
  await cloud.advance("10s");
  expect((await get(cloud, bad!.id!)).phases![3]).toMatchObject({
    phaseType: "DOWNLOAD_SOURCE",
    contexts: [{ statusCode: "YAML_FILE_ERROR", message: "phases is required in the buildspec" }],
  });
});

test("a variable from the parameter store that is not there fails the download", async () => {
  const cloud = build();
  await createShop(cloud);
  const { build: started } = await cloud.call(startBuild, {
    projectName: "shop",
    environmentVariablesOverride: [{ name: "TOKEN", value: "/shop/token", type: "PARAMETER_STORE" }],
  });
  await cloud.advance("10s");
  expect((await get(cloud, started!.id!)).phases![3]!.contexts).toEqual([
    { statusCode: "Decrypted Variables Error", message: "parameter does not exist: /shop/token" },
  ]);
});

test("a build of an earlier version goes on", () => {
  const phase = { commands: ["make"], finally: [], runtimeVersions: {} };
  const old = {
    id: "shop:1",
    deadlineAt: 5,
    buildspec: { shell: "sh", phases: { build: { ...phase, onFailure: "CONTINUE" }, install: phase } },
  };
  expect(builds.options.upgrade!(old)).toEqual({
    id: "shop:1",
    deadlineAt: 5,
    queueDeadlineAt: 5,
    buildspec: {
      shell: "sh",
      isolated: false,
      gitCredentialHelper: false,
      reports: {},
      phases: { build: { ...phase, onFailure: { action: "CONTINUE" } }, install: phase },
    },
  });
});

test("StartBuild is one build per token; the newest come first", async () => {
  const cloud = build();
  await createShop(cloud);
  const once = await cloud.call(startBuild, { projectName: "shop", idempotencyToken: "a" });
  const again = await cloud.call(startBuild, { projectName: "shop", idempotencyToken: "a" });
  const other = await cloud.call(startBuild, { projectName: "shop", idempotencyToken: "b" });
  const changed = { projectName: "shop", idempotencyToken: "a", timeoutInMinutesOverride: 10 };
  await expect(cloud.call(startBuild, changed)).rejects.toMatchObject({ name: "InvalidInputException" });
  expect(again.build!.id).toBe(once.build!.id);
  expect((await cloud.call(listBuildsForProject, { projectName: "shop" })).ids).toEqual([other.build!.id, once.build!.id]);
});

test("refuses as CodeBuild does, and by name what is not implemented", async () => {
  const cloud = build();
  await createShop(cloud);
  await expect(cloud.call(startBuild, { projectName: "none" })).rejects.toThrow(
    "Project cannot be found: arn:aws:codebuild:eu-west-1:111122223333:project/none",
  );
  await expect(cloud.call(startBuild, { projectName: "shop", environmentTypeOverride: "WINDOWS_CONTAINER" })).rejects.toThrow(
    "Environments of type WINDOWS_CONTAINER are not implemented by Slipway.",
  );
  await expect(createShop(cloud)).rejects.toThrow();
});

test("CodePipeline's build gives its artifact and its variables, however often it is asked for", async () => {
  const cloud = build();
  await createShop(cloud, { type: "CODEPIPELINE" });
  const request = { projectName: "shop", source: { primary: { digest: `sha256:${"1".repeat(64)}` } }, initiator: "codepipeline/shop" };
  const ask = () => cloud.change((scope) => ensureBuild(scope, "execution/build", request));
  expect(ask()).toMatchObject({ status: "IN_PROGRESS" });
  await cloud.advance("10s");
  expect(ask()).toMatchObject({
    status: "SUCCEEDED",
    exportedVariables: [{ name: "RELEASE", value: "7" }],
    artifacts: { primary: { size: 10 }, secondary: {} },
  });
  expect((await cloud.call(listBuildsForProject, { projectName: "shop" })).ids).toHaveLength(1);
});

test("AWS::CodeBuild::Project is the project that the template declares", async () => {
  const cloud = build();
  await createShop(cloud);
  await cloud.call(deleteProject, { name: "shop" });
  const declared = {
    Name: "shop",
    Artifacts: { Type: "CODEPIPELINE" },
    Cache: { Type: "NO_CACHE" },
    EncryptionKey: "alias/aws/s3",
    Environment: {
      ComputeType: "BUILD_GENERAL1_SMALL",
      Image: "aws/codebuild/amazonlinux-x86_64-standard:5.0",
      PrivilegedMode: "false",
      Type: "LINUX_CONTAINER",
    },
    LogsConfig: { CloudWatchLogs: { GroupName: "/shop/build", Status: "ENABLED" } },
    ServiceRole: `arn:aws:iam::${cloud.account}:role/build`,
    Source: { BuildSpec: "buildspec.yml", Type: "CODEPIPELINE" },
    TimeoutInMinutes: "10",
  };
  const request = { token: "t", generatedName: "g", logicalId: "Project", stackId: "s", tags: [] };
  const made = cloud.change((scope) => projectResource.ensure(scope, declared, undefined, request));
  expect(made).toEqual({ state: "done", id: "shop" });
  const { projects: found } = await cloud.call(batchGetProjects, { names: ["shop"] });
  expect(found![0]).toMatchObject({ timeoutInMinutes: 10, source: { buildspec: "buildspec.yml" }, environment: { privilegedMode: false } });
  expect(projectResource.read(cloud.scope(), "shop")).toMatchObject({
    ...declared,
    TimeoutInMinutes: 10,
    Environment: { PrivilegedMode: false },
  });
});

test("a build ends the same whenever the power is cut", async () => {
  for (const variables of [{}, { FAIL: "yes" }]) {
    await endsTheSameWheneverThePowerIsCut(build, async (cloud) => {
      await createShop(cloud);
      await start(cloud, variables);
      await cloud.advance("10s");
    });
  }
});

test("whoever stops a build is answered when it has ended", async () => {
  const cloud = build();
  await createShop(cloud);
  const id = await start(cloud);
  await cloud.advance("2s");
  const { build: stopped } = await cloud.call(stopBuild, { id });
  expect(stopped).toMatchObject({ buildStatus: "STOPPED", buildComplete: true, currentPhase: "COMPLETED" });
  expect(stopped!.phases!.slice(-2)).toMatchObject([{ phaseType: "BUILD", phaseStatus: "STOPPED" }, { phaseType: "COMPLETED" }]);
});

test("a build that is stopped ends the same whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(build, async (cloud) => {
    await createShop(cloud);
    const id = await start(cloud);
    await cloud.advance("1s");
    // Whoever was not answered asks again.
    const stop = () => cloud.call(stopBuild, { id });
    await stop().catch(stop);
    await cloud.advance("10s");
    expect(await get(cloud, id)).toMatchObject({ buildStatus: "STOPPED" });
  });
});
