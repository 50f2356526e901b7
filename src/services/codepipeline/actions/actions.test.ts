import { describe, expect, test } from "vitest";
import type { World } from "../../../testing/world.ts";
import { batchGetBuildBatches } from "../../codebuild/batch-operations.ts";
import { createFunction } from "../../lambda/function-change.ts";
import { putApprovalResult } from "../approval.ts";
import {
  actionsOf,
  answer,
  approval,
  build,
  create,
  invoke,
  latest,
  pipelineName,
  pipelineOf,
  prepare,
  roleArn,
  source,
  start,
  world,
} from "../codepipeline.fixture.ts";
import { getJobDetails, putJobFailureResult, putJobSuccessResult } from "../job.ts";
import { stopPipelineExecution } from "../stop.ts";

describe("an approval", () => {
  test("that is refused fails the execution, and so does one that nobody gives in a week", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, pipelineOf([source, approval]));
    await answer(cloud, "Rejected");
    expect((await actionsOf(cloud))[0]).toMatchObject({
      status: "Failed",
      output: { executionResult: { externalExecutionSummary: "Looked at it" } },
    });
    await start(cloud);
    await cloud.advance("6d");
    expect((await latest(cloud)).status).toBe("InProgress");
    await cloud.advance("1d");
    expect((await actionsOf(cloud))[0]).toMatchObject({
      status: "Failed",
      output: { executionResult: { errorDetails: { code: "Timeout" } } },
    });
  });

  test("asks for its token", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, pipelineOf([source, approval]));
    const request = {
      pipelineName,
      stageName: "Approval",
      actionName: "Agree",
      result: { status: "Approved", summary: "" },
      token: "guess",
    } as const;
    await expect(cloud.call(putApprovalResult, request)).rejects.toMatchObject({ name: "InvalidApprovalTokenException" });
  });
});

describe("a function", () => {
  const withFunction = async (): Promise<World> => {
    const cloud = world();
    await prepare(cloud);
    const Code = { ZipFile: cloud.blobs.read(cloud.blobs.digests()[0]!) };
    await cloud.call(createFunction, { FunctionName: "check", Role: roleArn, Runtime: "nodejs22.x", Handler: "index.handler", Code });
    await create(cloud, pipelineOf([source, invoke]));
    return cloud;
  };
  const jobIn = async (cloud: World) => (await actionsOf(cloud))[0]!.output!.executionResult!.externalExecutionId!;

  test("continues, and then says that it went well", async () => {
    const cloud = await withFunction();
    const first = await jobIn(cloud);
    expect((await cloud.call(getJobDetails, { jobId: first })).jobDetails!.data!.actionConfiguration!.configuration).toMatchObject({
      UserParameters: "now",
    });
    await cloud.call(putJobSuccessResult, { jobId: first, continuationToken: "later" });
    const second = await jobIn(cloud);
    expect(second).not.toBe(first);
    await cloud.call(putJobSuccessResult, { jobId: second, outputVariables: { URL: "x" } });
    expect((await actionsOf(cloud))[0]).toMatchObject({ status: "Succeeded", output: { outputVariables: { URL: "x" } } });
  });

  test("says that it went wrong", async () => {
    const cloud = await withFunction();
    const failureDetails = { type: "JobFailed", message: "It is red" } as const;
    await cloud.call(putJobFailureResult, { jobId: await jobIn(cloud), failureDetails });
    expect((await actionsOf(cloud))[0]).toMatchObject({
      status: "Failed",
      output: { executionResult: { errorDetails: { code: "JobFailed", message: "It is red" } } },
    });
  });
});

describe("a build", () => {
  const BATCH =
    "version: 0.2\nbatch: { build-list: [ { identifier: one }, { identifier: two } ] }\nphases: { build: { commands: [make] } }\nartifacts: { files: '**/*' }\n";

  test("may be a batch with a buildspec of its own, whose artifacts are those of its builds", async () => {
    const cloud = world();
    await prepare(cloud);
    const configuration = { ProjectName: "shop", BatchEnabled: "true", BuildspecOverride: BATCH };
    await create(cloud, pipelineOf([source, { ...build, configuration, outputArtifacts: [{ name: "one" }, { name: "two" }] }]));
    await cloud.advance("5m");
    const [batch] = await actionsOf(cloud);
    expect(batch).toMatchObject({ status: "Succeeded", output: { outputArtifacts: [{ name: "one" }, { name: "two" }] } });
    expect(batch!.output!.executionResult!.externalExecutionUrl).toContain("/batch/");
  });

  test("that is a batch is stopped with its execution", async () => {
    const cloud = world();
    await prepare(cloud);
    const configuration = { ProjectName: "shop", BatchEnabled: "true", CombineArtifacts: "true", BuildspecOverride: BATCH };
    await create(cloud, pipelineOf([source, { ...build, configuration }]));
    const { pipelineExecutionId } = await latest(cloud);
    const id = (await actionsOf(cloud))[0]!.output!.executionResult!.externalExecutionId!;
    await cloud.call(stopPipelineExecution, { pipelineName, pipelineExecutionId: pipelineExecutionId!, abandon: true });
    await cloud.advance("1m");
    expect((await cloud.call(batchGetBuildBatches, { ids: [id] })).buildBatches![0]!.buildBatchStatus).toBe("STOPPED");
  });
});
