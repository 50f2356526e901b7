import { describe, expect, test } from "vitest";
import { dora } from "../../insights/dora.ts";
import { EVENTS, events } from "../../kernel/facts.ts";
import type { PipelineDeclaration } from "../../sdk/codepipeline.js";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { createFunction } from "../lambda/function-change.ts";
import { getParameter } from "../ssm/parameter.ts";
import { listActionExecutions } from "./action-run.ts";
import { listActionTypes } from "./action-type.ts";
import { putApprovalResult } from "./approval.ts";
import {
  approval,
  build,
  deploy,
  invoke,
  pipelineOf,
  prepare,
  putSource,
  roleArn,
  source,
  stagesIn,
  statusIn,
  world,
} from "./codepipeline.world.ts";
import {
  getPipelineExecution,
  listPipelineExecutions,
  retryStageExecution,
  startPipelineExecution,
  stopPipelineExecution,
} from "./execution.ts";
import { getJobDetails, putJobFailureResult, putJobSuccessResult } from "./job.ts";
import { createPipeline, deletePipeline, getPipeline, listPipelines, updatePipeline } from "./pipeline.ts";
import { codepipelineResources } from "./resources.ts";
import { disableStageTransition, enableStageTransition } from "./stage.ts";
import { getPipelineState } from "./state.ts";

const pipelineName = "shop";
const create = (cloud: World, pipeline: PipelineDeclaration) => cloud.call(createPipeline, { pipeline });
const executionsOf = async (cloud: World) => (await cloud.call(listPipelineExecutions, { pipelineName })).pipelineExecutionSummaries!;
const latest = async (cloud: World) => (await executionsOf(cloud))[0]!;
const start = async (cloud: World) => (await cloud.call(startPipelineExecution, { name: pipelineName })).pipelineExecutionId!;
const actionsOf = async (cloud: World) => (await cloud.call(listActionExecutions, { pipelineName })).actionExecutionDetails!;
const stateOf = async (cloud: World, stage: string) =>
  (await cloud.call(getPipelineState, { name: pipelineName })).stageStates!.find(({ stageName }) => stageName === stage)!;

async function answer(cloud: World, status: "Approved" | "Rejected" = "Approved"): Promise<void> {
  const { token } = (await stateOf(cloud, "Approval")).actionStates![0]!.latestExecution!;
  const result = { status, summary: "Looked at it" };
  await cloud.call(putApprovalResult, { pipelineName, stageName: "Approval", actionName: "Agree", result, token: token! });
}

/** Those of the world's events that CodePipeline told, in order. */
const told = (cloud: World, what: string): Record<string, any>[] =>
  events
    .read(cloud.scope(), EVENTS)
    .filter(({ value }) => value.detailType === `CodePipeline ${what} Execution State Change`)
    .map(({ value }) => value.detail);

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
    const facts = events.read(cloud.scope(), EVENTS);
    expect(dora(facts, { from: 0, to: cloud.clock.now() + 1, policy: {} }).deployments).toEqual([]);
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
    const facts = events.read(cloud.scope(), EVENTS);
    const { deployments } = dora(facts, { from: 0, to: cloud.clock.now() + 1, policy: {} });
    expect(deployments).toMatchObject([{ pipeline: "shop", executionId: pipelineExecutionId, outcome: "succeeded" }]);
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

describe("executions of one pipeline", () => {
  const modes = (executionMode: "SUPERSEDED" | "QUEUED" | "PARALLEL") =>
    pipelineOf([source, approval, deploy], { pipelineType: "V2", executionMode });
  const statuses = async (cloud: World) => (await executionsOf(cloud)).map(({ status }) => status).reverse();

  test("supersede the one that waits", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, modes("SUPERSEDED"));
    const second = await start(cloud);
    expect((await stateOf(cloud, "Approval")).inboundExecution).toMatchObject({ pipelineExecutionId: second });
    await start(cloud);
    expect(await statuses(cloud)).toEqual(["InProgress", "Superseded", "InProgress"]);
  });

  test("wait in a queue", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, modes("QUEUED"));
    await start(cloud);
    await start(cloud);
    expect((await stateOf(cloud, "Approval")).inboundExecutions).toHaveLength(2);
    for (const _ of [1, 2, 3]) {
      await answer(cloud);
      await cloud.advance("1m");
    }
    expect(await statuses(cloud)).toEqual(["Succeeded", "Succeeded", "Succeeded"]);
  });

  test("run side by side", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, modes("PARALLEL"));
    await start(cloud);
    const runs = (await actionsOf(cloud)).filter(({ actionName }) => actionName === "Agree");
    expect(runs.map(({ status }) => status)).toEqual(["InProgress", "InProgress"]);
  });

  test("wait while a transition is disabled", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, pipelineOf([source, approval, deploy]));
    const where = { pipelineName, stageName: "Deploy", transitionType: "Inbound" } as const;
    await cloud.call(disableStageTransition, { ...where, reason: "Holidays" });
    await answer(cloud);
    expect(await stateOf(cloud, "Deploy")).toMatchObject({ inboundTransitionState: { enabled: false, disabledReason: "Holidays" } });
    expect(cloud.waits().join()).toContain("Holidays");
    await cloud.call(enableStageTransition, where);
    await cloud.advance("1m");
    expect((await latest(cloud)).status).toBe("Succeeded");
  });
});

describe("stopping", () => {
  test("waits for what is under way, or abandons it", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, pipelineOf([source, build, approval]));
    const pipelineExecutionId = (await latest(cloud)).pipelineExecutionId!;
    await cloud.call(stopPipelineExecution, { pipelineName, pipelineExecutionId, reason: "Wrong one" });
    expect(await statusIn(cloud, pipelineExecutionId)).toBe("Stopping");
    await expect(cloud.call(stopPipelineExecution, { pipelineName, pipelineExecutionId })).rejects.toMatchObject({
      name: "DuplicatedStopRequestException",
    });
    await cloud.advance("2m");
    expect(await statusIn(cloud, pipelineExecutionId)).toBe("Stopped");
    const again = await start(cloud);
    await cloud.call(stopPipelineExecution, { pipelineName, pipelineExecutionId: again, abandon: true });
    expect(await statusIn(cloud, again)).toBe("Stopped");
    expect((await actionsOf(cloud))[0]).toMatchObject({ actionName: "Make", status: "Abandoned" });
    await expect(cloud.call(stopPipelineExecution, { pipelineName, pipelineExecutionId: again })).rejects.toMatchObject({
      name: "PipelineExecutionNotStoppableException",
    });
  });
});

describe("retrying", () => {
  test("a stage tries what failed again", async () => {
    let isBroken = true;
    const cloud = world(() => isBroken);
    await prepare(cloud);
    await create(cloud, pipelineOf([source, [build, approval]]));
    await answerIn(cloud, "Build");
    await cloud.advance("2m");
    const { pipelineExecutionId } = await latest(cloud);
    expect(await stagesIn(cloud)).toMatchObject({ Build: "Failed" });
    isBroken = false;
    const retry = { pipelineName, stageName: "Build", pipelineExecutionId: pipelineExecutionId!, retryMode: "FAILED_ACTIONS" } as const;
    await cloud.call(retryStageExecution, retry);
    await cloud.advance("2m");
    expect(await statusIn(cloud, pipelineExecutionId!)).toBe("Succeeded");
    expect((await actionsOf(cloud)).map(({ actionName, status }) => `${actionName} ${status}`).sort()).toEqual([
      "Agree Succeeded",
      "App Succeeded",
      "Make Failed",
      "Make Succeeded",
    ]);
    expect(told(cloud, "Pipeline").map(({ state }) => state)).toEqual(["STARTED", "FAILED", "RESUMED", "SUCCEEDED"]);
    await expect(cloud.call(retryStageExecution, retry)).rejects.toMatchObject({ name: "StageNotRetryableException" });
  });

  async function answerIn(cloud: World, stageName: string): Promise<void> {
    const { token } = (await stateOf(cloud, stageName)).actionStates!.find(({ actionName }) => actionName === "Agree")!.latestExecution!;
    const result = { status: "Approved", summary: "" } as const;
    await cloud.call(putApprovalResult, { pipelineName, stageName, actionName: "Agree", result, token: token! });
  }
});

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

describe("a declaration", () => {
  const refused: [string, PipelineDeclaration, { name: string; message: string }][] = [
    [
      "of one stage",
      pipelineOf([source]),
      { name: "InvalidStructureException", message: "Pipeline has only 1 stage(s). There should be a minimum of 2 stages in a pipeline" },
    ],
    [
      "that begins with something else",
      pipelineOf([approval, source]),
      { name: "InvalidStructureException", message: "Pipeline should start with a stage that only contains source actions" },
    ],
    [
      "that takes what nobody gives",
      pipelineOf([source, { ...build, inputArtifacts: [{ name: "Other" }] }]),
      {
        name: "InvalidStructureException",
        message: "Input Artifact Bundle Other in action Make is not declared as Output Artifact Bundle in any of the preceding actions",
      },
    ],
    [
      "without what the action needs",
      pipelineOf([source, { ...build, configuration: {} }]),
      {
        name: "InvalidActionDeclarationException",
        message: "Action configuration for action 'Make' is missing required configuration 'ProjectName'",
      },
    ],
    [
      "with an unknown action type",
      pipelineOf([source, { ...build, actionTypeId: { category: "Build", owner: "AWS", provider: "Jenkins", version: "1" } }]),
      {
        name: "InvalidActionDeclarationException",
        message:
          "ActionType (Category: 'Build', Provider: 'Jenkins', Owner: 'AWS', Version: '1') in action 'Make' is not available in region EU_WEST_1",
      },
    ],
    [
      "with a role that is not there",
      { ...pipelineOf([source, approval]), roleArn: "arn:aws:iam::111122223333:role/none" },
      {
        name: "InvalidStructureException",
        message: "CodePipeline is not authorized to perform AssumeRole on role arn:aws:iam::111122223333:role/none",
      },
    ],
    [
      "with a batch build",
      pipelineOf([source, { ...build, configuration: { ProjectName: "shop", BatchEnabled: "true" } }]),
      { name: "NotImplemented", message: "A batch build (BatchEnabled) is not implemented." },
    ],
  ];

  test.each(refused)("%s is refused", async (_, pipeline, refusal) => {
    const cloud = world();
    await prepare(cloud);
    await expect(create(cloud, pipeline)).rejects.toMatchObject(refusal);
  });

  test("knows the action types that are implemented", async () => {
    const { actionTypes } = await world().call(listActionTypes, {});
    expect(actionTypes!.map(({ id }) => `${id!.category} ${id!.provider}`)).toContain("Deploy CloudFormation");
  });
});

describe("the resource AWS::CodePipeline::Pipeline", () => {
  const [resource] = codepipelineResources;
  const declared = {
    Name: "shop",
    RoleArn: roleArn,
    ArtifactStore: { Type: "S3", Location: "artifacts" },
    Stages: pipelineOf([source, approval]).stages!.map(({ name, actions }) => ({
      Name: name,
      Actions: actions!.map((action) => ({
        Name: action.name,
        ActionTypeId: { Category: action.actionTypeId!.category, Owner: "AWS", Provider: action.actionTypeId!.provider, Version: 1 },
        Configuration: { ...action.configuration },
        OutputArtifacts: (action.outputArtifacts ?? []).map((artifact) => ({ Name: artifact.name })),
        ...(action.namespace && { Namespace: action.namespace }),
        RunOrder: "1",
      })),
    })),
  };
  const request = { token: "t1", generatedName: "stack-pipeline-X", logicalId: "Pipeline", stackId: "stack", tags: [] };

  test("starts one execution, changes only what is changed, and goes", async () => {
    const cloud = world();
    await prepare(cloud);
    const ensure = (properties: object, id?: string, token = "t1") =>
      cloud.change((scope) => resource!.ensure(scope, properties, id, { ...request, token }));
    expect(ensure(declared)).toEqual({ state: "done", id: "shop" });
    expect(ensure(declared)).toEqual({ state: "done", id: "shop" });
    expect(ensure(declared, undefined, "other")).toMatchObject({ state: "failed", reason: expect.stringContaining("already exists") });
    expect(await executionsOf(cloud)).toHaveLength(1);
    ensure({ ...declared, ExecutionMode: "QUEUED", PipelineType: "V2" }, "shop", "t2");
    ensure({ ...declared, ExecutionMode: "QUEUED", PipelineType: "V2" }, "shop", "t2");
    expect(resource!.attributes!(cloud.scope(), "shop")).toEqual({ Version: "2" });
    expect(resource!.read(cloud.scope(), "shop")).toMatchObject({
      Name: "shop",
      ExecutionMode: "QUEUED",
      Stages: [{ Name: "Source" }, { Name: "Approval" }],
    });
    cloud.change((scope) => resource!.remove(scope, "shop", { ...request, token: "t3" }));
    expect(resource!.read(cloud.scope(), "shop")).toBeUndefined();
  });
});

describe("whenever the power is cut", () => {
  test("a run from source to stack ends the same", async () => {
    const commits = await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await prepare(cloud);
      await create(cloud, pipelineOf([source, build, approval, deploy]));
      await cloud.advance("2m");
      await answer(cloud);
      await cloud.advance("2m");
      expect((await latest(cloud)).status).toBe("Succeeded");
    });
    expect(commits).toBeGreaterThan(20);
  });

  test.each(["QUEUED", "PARALLEL"] as const)("executions that are %s, stopped and tried again end the same", async (executionMode) => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await prepare(cloud);
      await create(cloud, pipelineOf([source, approval, build], { pipelineType: "V2", executionMode }));
      const second = await start(cloud);
      const first = (await executionsOf(cloud))[1]!.pipelineExecutionId!;
      await cloud.call(stopPipelineExecution, { pipelineName, pipelineExecutionId: first, abandon: true });
      expect(await statusIn(cloud, first)).toBe("Stopped");
      if (executionMode === "PARALLEL") {
        const retryMode = "ALL_ACTIONS";
        const retry = { pipelineName, stageName: "Approval", pipelineExecutionId: second, retryMode } as const;
        await cloud.call(stopPipelineExecution, { pipelineName, pipelineExecutionId: second, abandon: true });
        await cloud.call(retryStageExecution, retry);
      }
      await answer(cloud);
      await cloud.advance("2m");
      expect(await statusIn(cloud, second)).toBe("Succeeded");
    });
  });
});
