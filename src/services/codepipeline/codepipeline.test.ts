import { describe, expect, test } from "vitest";
import { deploymentsBetween } from "../../insights/deployment.ts";
import { mirrorRefs, repositoryOf } from "../codecommit/api.ts";
import { createRepository } from "../codecommit/repository.ts";
import { putRule } from "../eventbridge/rule.ts";
import { putTargets } from "../eventbridge/target.ts";
import { readObject } from "../s3/api.ts";
import { createBucket } from "../s3/bucket.ts";
import { getParameter } from "../ssm/parameter.ts";
import {
  actionsOf,
  answer,
  approval,
  build,
  commitSource,
  create,
  deploy,
  executionsOf,
  latest,
  pipelineName,
  pipelineOf,
  prepare,
  putSource,
  roleArn,
  source,
  stagesIn,
  stateOf,
  told,
  world,
} from "./codepipeline.fixture.ts";
import { startPipelineExecution } from "./execution.ts";
import { getPipelineExecution } from "./history.ts";
import { deletePipeline, getPipeline, listPipelines, updatePipeline } from "./pipeline.ts";

describe("a pipeline", () => {
  test("takes a source to a stack, by way of a build and an approval", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, pipelineOf([source, build, approval, deploy]));
    expect(await stagesIn(cloud)).toEqual({ Source: "Succeeded", Build: "InProgress", Approval: undefined, Deploy: undefined });
    await cloud.advance("2m");
    expect(await stagesIn(cloud)).toMatchObject({ Build: "Succeeded", Approval: "InProgress" });
    await answer(cloud);
    await cloud.advance("1m");
    expect(await stagesIn(cloud)).toMatchObject({ Approval: "Succeeded", Deploy: "Succeeded" });
    expect(await latest(cloud)).toMatchObject({
      status: "Succeeded",
      sourceRevisions: [{ actionName: "App" }],
      trigger: { triggerType: "CreatePipeline" },
    });
    const [stack, agree, make, app] = await actionsOf(cloud);
    expect([stack, agree, make, app].map((action) => action!.actionName)).toEqual(["Stack", "Agree", "Make", "App"]);
    expect(stack!.output!.outputVariables).toEqual({ Released: "/released" });
    expect(agree!.input!.resolvedConfiguration!["CustomData"]).toBe(`Version ${app!.output!.outputVariables!["VersionId"]}`);
    expect(make!.output!.outputVariables).toEqual({ RELEASE: "7" });
    expect(make!.output!.outputArtifacts![0]!.s3location!.key).toMatch(/^shop\/Built\/\w{7}$/);
    expect((await cloud.call(getParameter, { Name: "/released" })).Parameter!.Value).toBe("artifacts");
  });

  test("fails with the stack's own reason", async () => {
    const cloud = world();
    await prepare(cloud);
    putSource(
      cloud,
      JSON.stringify({ Resources: { P: { Type: "AWS::SSM::Parameter", Properties: { Type: "String", Value: { Ref: "Nobody" } } } } }),
    );
    await create(cloud, pipelineOf([source, deploy]));
    await cloud.advance("1m");
    const [stack] = await actionsOf(cloud);
    expect(stack).toMatchObject({
      status: "Failed",
      output: { executionResult: { errorDetails: { code: "JobFailed", message: expect.stringContaining("Nobody") } } },
    });
    expect(await stagesIn(cloud)).toMatchObject({ Deploy: "Failed" });
    expect((await stateOf(cloud, "Deploy")).actionStates![0]!.latestExecution!.errorDetails!.message).toContain("Nobody");
    expect(told(cloud, "Action").at(-1)).toMatchObject({ state: "FAILED", "execution-result": { "error-code": "JobFailed" } });
  });

  test("fails in its source where there is nothing, which is no deployment", async () => {
    const cloud = world();
    await prepare(cloud);
    const nothing = { ...source, configuration: { ...source.configuration, S3ObjectKey: "none.zip" } };
    await create(cloud, pipelineOf([nothing, deploy]));
    expect((await latest(cloud)).status).toBe("Failed");
    expect(deploymentsBetween(cloud.scope(), 0, cloud.clock.now())).toEqual([]);
  });

  test("tells EventBridge and DORA what happens", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, pipelineOf([source, deploy]));
    await cloud.advance("1m");
    const { pipelineExecutionId } = await latest(cloud);
    expect(told(cloud, "Pipeline")).toMatchObject([
      { pipeline: "shop", "execution-id": pipelineExecutionId, state: "STARTED", version: 1, "pipeline-execution-attempt": 1 },
      { state: "SUCCEEDED" },
    ]);
    expect(told(cloud, "Stage").map(({ stage, state }) => `${stage} ${state}`)).toEqual([
      "Source STARTED",
      "Source SUCCEEDED",
      "Deploy STARTED",
      "Deploy SUCCEEDED",
    ]);
    expect(told(cloud, "Action")[1]).toMatchObject({
      action: "App",
      state: "SUCCEEDED",
      region: "eu-west-1",
      type: { owner: "AWS", category: "Source", provider: "S3", version: "1" },
      "output-artifacts": [{ name: "Source", s3location: { bucket: "artifacts" } }],
    });
    const deployed = deploymentsBetween(cloud.scope(), 0, cloud.clock.now());
    expect(deployed).toMatchObject([{ id: pipelineExecutionId, pipeline: "shop", outcome: "succeeded" }]);
  });

  test("is started by a delivery, once however often it comes, and by a source that it watches itself", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, pipelineOf([{ ...source, configuration: { S3Bucket: "source", S3ObjectKey: "app.zip" } }, approval]));
    await answer(cloud);
    cloud.change((scope) => {
      for (const _ of [1, 2]) {
        scope.deliver("one", scope.arn("codepipeline", "shop"), "{}", {
          from: "events.amazonaws.com",
          context: { sourceArn: scope.arn("events", "rule/push") },
        });
      }
    });
    expect(await executionsOf(cloud)).toHaveLength(2);
    expect((await latest(cloud)).trigger).toEqual({
      triggerType: "CloudWatchEvent",
      triggerDetail: cloud.scope().arn("events", "rule/push"),
    });
    putSource(cloud);
    expect(await executionsOf(cloud)).toHaveLength(3);
    expect((await latest(cloud)).trigger).toMatchObject({ triggerType: "PollForSourceChanges" });
  });

  test("takes the commit of the event that started it", async () => {
    const cloud = world();
    await prepare(cloud);
    await cloud.call(createRepository, { repositoryName: "shop" });
    await cloud.call(putRule, { Name: "push", EventPattern: '{"source":["aws.codecommit"]}' });
    await cloud.call(putTargets, {
      Rule: "push",
      Targets: [{ Id: "shop", Arn: cloud.scope().arn("codepipeline", "shop"), RoleArn: roleArn }],
    });
    await create(cloud, pipelineOf([commitSource, build], { pipelineType: "V2", executionMode: "QUEUED" }));
    const { repositoryId } = repositoryOf(cloud.scope(), "shop")!;
    for (const letter of ["a", "b"])
      cloud.change((scope) => mirrorRefs(scope, repositoryId, new Map([["refs/heads/main", letter.repeat(40)]])));
    await cloud.advance("5m");
    const found = (await executionsOf(cloud)).map(
      ({ status, sourceRevisions }) => `${status} ${sourceRevisions![0]?.revisionId?.slice(0, 3)}`,
    );
    expect(found).toEqual(["Succeeded bbb", "Succeeded aaa", "Failed undefined"]);
    const commit = (await actionsOf(cloud)).find(({ status, actionName }) => actionName === "Commit" && status === "Succeeded")!;
    expect(commit.output).toMatchObject({
      executionResult: { externalExecutionId: "b".repeat(40), externalExecutionSummary: "Discounts" },
      outputVariables: { BranchName: "main", CommitMessage: "Discounts", AuthorDate: "2026-01-01T00:00:00Z" },
    });
  });

  test("makes a change set, executes it, and deletes the stack", async () => {
    const cloud = world();
    await prepare(cloud);
    const mode = (ActionMode: string, runOrder: number, keys: readonly string[]) => ({
      ...deploy,
      name: ActionMode,
      runOrder,
      namespace: ActionMode,
      configuration: {
        ...Object.fromEntries(Object.entries(deploy.configuration!).filter(([key]) => keys.includes(key))),
        ActionMode,
        StackName: "Shop",
        ...(ActionMode.startsWith("CHANGE") && { ChangeSetName: "next" }),
      },
    });
    const replace = mode("CHANGE_SET_REPLACE", 1, ["TemplatePath", "ParameterOverrides"]);
    const actions = [replace, mode("CHANGE_SET_EXECUTE", 2, []), mode("DELETE_ONLY", 3, ["RoleArn"])];
    await create(cloud, pipelineOf([source, actions]));
    await cloud.advance("5m");
    expect((await actionsOf(cloud)).map(({ status }) => status)).toEqual(["Succeeded", "Succeeded", "Succeeded", "Succeeded"]);
    await expect(cloud.call(getParameter, { Name: "/released" })).rejects.toMatchObject({ name: "ParameterNotFound" });
  });

  test("keeps its versions, and is forgotten with all that it did", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, pipelineOf([source, approval]));
    const { pipeline } = await cloud.call(updatePipeline, { pipeline: pipelineOf([source, approval, deploy]) });
    expect(pipeline).toMatchObject({ version: 2, pipelineType: "V1", executionMode: "SUPERSEDED" });
    expect((await cloud.call(getPipeline, { name: "shop", version: 1 })).pipeline!.stages).toHaveLength(2);
    expect((await cloud.call(listPipelines, {})).pipelines).toMatchObject([{ name: "shop", version: 2 }]);
    await cloud.call(deletePipeline, { name: "shop" });
    await expect(cloud.call(getPipeline, { name: "shop" })).rejects.toMatchObject({
      name: "PipelineNotFoundException",
      message: "Account '111122223333' does not have a pipeline with name 'shop'",
    });
    expect(cloud.image().filter((line) => line.includes("codepipeline/pipeline"))).toEqual([]);
  });
});

describe("an action in another region", () => {
  test("works with a copy of its artifacts in that region's store", async () => {
    const cloud = world();
    await prepare(cloud);
    await cloud.call(
      createBucket,
      { Bucket: "far", CreateBucketConfiguration: { LocationConstraint: "us-west-2" } },
      { region: "us-west-2" },
    );
    const store = (location: string) => ({ type: "S3" as const, location });
    const { artifactStore: _, ...pipeline } = pipelineOf([
      source,
      [
        { ...deploy, region: "us-west-2" },
        { ...deploy, name: "Near", namespace: "Near" },
      ],
    ]);
    await create(cloud, { ...pipeline, artifactStores: { "eu-west-1": store("artifacts"), "us-west-2": store("far") } });
    await cloud.advance("2m");
    const [near, far] = (await actionsOf(cloud))
      .filter(({ stageName }) => stageName === "Deploy")
      .sort((a, b) => (a.actionName! < b.actionName! ? -1 : 1));
    const place = (action: typeof near) => action!.input!.inputArtifacts![0]!.s3location!;
    expect([place(near).bucket, place(far).bucket]).toEqual(["artifacts", "far"]);
    expect(readObject(cloud.scope(), "far", place(far).key!)?.digest).toBe(
      readObject(cloud.scope(), "artifacts", place(near).key!)?.digest,
    );
    expect((await cloud.call(getParameter, { Name: "/released" }, { region: "us-west-2" })).Parameter!.Value).toBe("far");
    const gone = { ...pipeline, name: "second", artifactStores: { "eu-west-1": store("artifacts") } };
    await expect(create(cloud, gone)).rejects.toThrow("us-west-2");
  });
});

describe("variables of a pipeline", () => {
  test("have values that each execution may give", async () => {
    const cloud = world();
    await prepare(cloud);
    const where = { ...approval, configuration: { CustomData: "#{variables.Where}" } };
    const variables = [{ name: "Where", defaultValue: "test" }];
    await create(cloud, pipelineOf([source, where], { pipelineType: "V2", executionMode: "PARALLEL", variables }));
    const given = [{ name: "Where", value: "production" }];
    const { pipelineExecutionId } = await cloud.call(startPipelineExecution, { name: "shop", variables: given });
    expect((await actionsOf(cloud))[0]!.input!.resolvedConfiguration).toEqual({ CustomData: "production" });
    const { pipelineExecution } = await cloud.call(getPipelineExecution, { pipelineName, pipelineExecutionId: pipelineExecutionId! });
    expect(pipelineExecution!.variables).toEqual([{ name: "Where", resolvedValue: "production" }]);
  });
});
