import { describe, expect, test } from "vitest";
import type { ActionDeclaration } from "../../../sdk/codepipeline.js";
import { endsTheSameWheneverThePowerIsCut } from "../../../testing/power.ts";
import type { World } from "../../../testing/world.ts";
import { createRole } from "../../iam/role.ts";
import { readObject } from "../../s3/api.ts";
import { createBucket } from "../../s3/bucket.ts";
import { getParameter } from "../../ssm/parameter.ts";
import {
  actionsOf,
  approval,
  create,
  latest,
  pipelineOf,
  prepare,
  putSource,
  source,
  start,
  stateOf,
  world,
} from "../codepipeline.fixture.ts";
import { deletePipeline } from "../pipeline.ts";
import { stopPipelineExecution } from "../stop.ts";

const deploy = (configuration: Record<string, string>): ActionDeclaration => ({
  name: "Put",
  actionTypeId: { category: "Deploy", owner: "AWS", provider: "S3", version: "1" },
  configuration: { BucketName: "site", ...configuration },
  inputArtifacts: [{ name: "Source" }],
});
const shell = (commands: string[], more: Partial<ActionDeclaration> = {}): ActionDeclaration => ({
  name: "Run",
  actionTypeId: { category: "Compute", owner: "AWS", provider: "Commands", version: "1" },
  commands,
  inputArtifacts: [{ name: "Source" }],
  ...more,
});
const object = (cloud: World, key: string) => readObject(cloud.scope(), "site", key);

async function withSite(): Promise<World> {
  const cloud = world();
  await prepare(cloud);
  await cloud.call(createBucket, { Bucket: "site", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  return cloud;
}

describe("a deployment to S3", () => {
  test("puts each file, or the archive", async () => {
    const cloud = await withSite();
    const files = deploy({ Extract: "true", ObjectKey: "#{App.BucketName}/live", CacheControl: "max-age=60" });
    const archive = { ...deploy({ Extract: "false", ObjectKey: "site.zip" }), name: "Archive" };
    await create(cloud, pipelineOf([source, [files, archive]]));
    expect((await latest(cloud)).status).toBe("Succeeded");
    expect(object(cloud, "source/live/template.json")).toMatchObject({ contentType: "application/json" });
    expect(object(cloud, "site.zip")).toMatchObject({ contentType: "application/zip" });
  });

  test.each([
    [{ Extract: "maybe" }, "'maybe'"],
    [{ Extract: "false" }, "'ObjectKey'"],
    [{ Extract: "true", CannedACL: "everybody" }, "'everybody'"],
  ])("refuses %j", async (configuration, message) => {
    const cloud = await withSite();
    await expect(create(cloud, pipelineOf([source, deploy(configuration as Record<string, string>)]))).rejects.toThrow(message);
  });

  test("fails where there is no bucket", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, pipelineOf([source, deploy({ Extract: "true" })]));
    expect((await actionsOf(cloud))[0]).toMatchObject({
      output: { executionResult: { errorDetails: { message: "The bucket site does not exist." } } },
    });
  });
});

describe("commands", () => {
  test("run, and give variables and an artifact on", async () => {
    const cloud = await withSite();
    const run = shell(["make"], {
      outputVariables: ["RELEASE"],
      outputArtifacts: [{ name: "Built", files: ["out/**"] }],
      environmentVariables: [{ name: "STAGE", value: "live" }],
      namespace: "Run",
    });
    const next = { ...approval, configuration: { CustomData: "Release #{Run.RELEASE}" } };
    await create(cloud, pipelineOf([source, run, next]));
    const [agree, made] = await actionsOf(cloud);
    expect(made).toMatchObject({
      status: "Succeeded",
      output: {
        outputArtifacts: [{ name: "Built" }],
        executionResult: { logStreamARN: expect.stringContaining("/aws/codepipeline/shop") },
      },
    });
    expect(agree!.input!.resolvedConfiguration).toEqual({ CustomData: "Release 7" });
  });

  test("are left where the execution is stopped, and nothing of them stays", async () => {
    const cloud = await withSite();
    await create(cloud, pipelineOf([source, shell(["sleep"])]));
    const pipelineExecutionId = await start(cloud);
    expect((await stateOf(cloud, "Compute")).latestExecution).toMatchObject({ status: "InProgress" });
    await cloud.call(stopPipelineExecution, { pipelineName: "shop", pipelineExecutionId, abandon: true });
    await cloud.advance("5m");
    expect(cloud.image().filter((line) => line.includes("compute/job") || line.includes("abandoned-job"))).toEqual([]);
  });

  test("end the same whenever the power is cut, and are gone with their pipeline", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await prepare(cloud);
      await create(cloud, pipelineOf([source, shell(["sleep"])]));
      const { pipelineExecutionId } = await latest(cloud);
      await cloud.call(stopPipelineExecution, { pipelineName: "shop", pipelineExecutionId: pipelineExecutionId!, abandon: true });
      await start(cloud);
      await cloud.advance("5m");
      expect((await latest(cloud)).status).toBe("Succeeded");
      await start(cloud);
      await cloud.call(deletePipeline, { name: "shop" });
      await cloud.advance("5m");
      expect(cloud.image().filter((line) => /^(compute\/job|codepipeline\/)/.test(line))).toEqual([]);
    });
  });

  test("need commands, and outputs that name their files", async () => {
    const cloud = await withSite();
    await expect(create(cloud, pipelineOf([source, shell([])]))).rejects.toThrow("must have a non-empty commands field");
    const bare = shell(["make"], { outputArtifacts: [{ name: "Built" }] });
    await expect(create(cloud, pipelineOf([source, bare]))).rejects.toThrow("must name its files");
  });
});

describe("a stack set", () => {
  const targets = { DeploymentTargets: "111122223333", Regions: "eu-west-1" };
  const action = (provider: string, configuration: Record<string, string>, runOrder: number): ActionDeclaration => ({
    name: provider,
    actionTypeId: { category: "Deploy", owner: "AWS", provider, version: "1" },
    configuration: { StackSetName: "Shop", ...configuration },
    inputArtifacts: [{ name: "Source" }],
    runOrder,
    namespace: provider,
  });
  const released = async (cloud: World, region: string) =>
    (await cloud.call(getParameter, { Name: "/released" }, { region })).Parameter!.Value;

  test("is created, updated, and brought to more regions", async () => {
    const cloud = world();
    await prepare(cloud);
    const trusting = (Principal: object) =>
      JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal, Action: "sts:AssumeRole" }] });
    const roles = {
      Administration: { Service: "cloudformation.amazonaws.com" },
      Execution: { AWS: "arn:aws:iam::111122223333:role/AWSCloudFormationStackSetAdministrationRole" },
    };
    for (const [name, principal] of Object.entries(roles)) {
      const RoleName = `AWSCloudFormationStackSet${name}Role`;
      await cloud.call(createRole, { RoleName, AssumeRolePolicyDocument: trusting(principal) });
    }
    const set = action(
      "CloudFormationStackSet",
      { TemplatePath: "Source::template.json", Parameters: "ParameterKey=Bucket,ParameterValue=#{App.VersionId}", ...targets },
      1,
    );
    const more = action(
      "CloudFormationStackInstances",
      { DeploymentTargets: "111122223333", Regions: "us-east-1", ParameterOverrides: "ParameterKey=Bucket,ParameterValue=far" },
      2,
    );
    await create(cloud, pipelineOf([source, [set, more]]));
    await cloud.advance("10m");
    expect((await actionsOf(cloud)).map(({ status }) => status)).toEqual(["Succeeded", "Succeeded", "Succeeded"]);
    const first = await released(cloud, "eu-west-1");
    expect(await released(cloud, "us-east-1")).toBe("far");
    putSource(cloud);
    await start(cloud);
    await cloud.advance("10m");
    expect((await latest(cloud)).status).toBe("Succeeded");
    expect(await released(cloud, "eu-west-1")).not.toBe(first);
    expect((await actionsOf(cloud))[1]!.output!.outputVariables).toMatchObject({ StackSetId: expect.stringContaining("Shop:") });
  });

  test("fails with the reason of its operation", async () => {
    const cloud = world();
    await prepare(cloud);
    const set = action("CloudFormationStackSet", { TemplatePath: "Source::template.json", ...targets }, 1);
    await create(cloud, pipelineOf([source, set]));
    await cloud.advance("10m");
    expect((await latest(cloud)).status).toBe("Failed");
    const half = action("CloudFormationStackSet", { TemplatePath: "Source::template.json", Regions: "eu-west-1" }, 1);
    await expect(create(cloud, { ...pipelineOf([source, half]), name: "second" })).rejects.toThrow("or neither");
  });
});
