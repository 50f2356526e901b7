import { describe, expect, test } from "vitest";
import type { World } from "../../testing/world.ts";
import { listActionExecutions } from "./action-run.ts";
import { putApprovalResult } from "./approval.ts";
import { approval, build, deploy, pipelineOf, prepare, source, stagesIn, statusIn, world } from "./codepipeline.world.ts";
import { listPipelineExecutions } from "./execution.ts";
import { createPipeline } from "./pipeline.ts";
import { getPipelineState } from "./state.ts";

const latest = async (cloud: World) => (await cloud.call(listPipelineExecutions, { pipelineName: "shop" })).pipelineExecutionSummaries![0]!;

async function approve(cloud: World, status: "Approved" | "Rejected" = "Approved"): Promise<void> {
  const { stageStates } = await cloud.call(getPipelineState, { name: "shop" });
  const { token } = stageStates!.find(({ stageName }) => stageName === "Approval")!.actionStates![0]!.latestExecution!;
  await cloud.call(putApprovalResult, {
    pipelineName: "shop",
    stageName: "Approval",
    actionName: "Agree",
    result: { status, summary: "Looked at it" },
    token: token!,
  });
}

describe("a pipeline", () => {
  test("takes a source to a stack, by way of a build and an approval", async () => {
    const cloud = world();
    await prepare(cloud);
    await cloud.call(createPipeline, { pipeline: pipelineOf([source, build, approval, deploy]) });
    expect(await stagesIn(cloud)).toEqual({ Source: "Succeeded", Build: "InProgress", Approval: undefined, Deploy: undefined });
    await cloud.advance("2m");
    expect(await stagesIn(cloud)).toMatchObject({ Build: "Succeeded", Approval: "InProgress" });
    await approve(cloud);
    await cloud.advance("1m");
    expect(await stagesIn(cloud)).toMatchObject({ Approval: "Succeeded", Deploy: "Succeeded" });
    expect((await latest(cloud)).status).toBe("Succeeded");
    const { actionExecutionDetails } = await cloud.call(listActionExecutions, { pipelineName: "shop" });
    expect(actionExecutionDetails!.map(({ actionName }) => actionName)).toEqual(["Stack", "Agree", "Make", "App"]);
    expect(actionExecutionDetails![0]!.output!.outputVariables).toEqual({ Released: "/released" });
  });
});
