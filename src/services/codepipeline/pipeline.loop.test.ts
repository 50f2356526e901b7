import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { putApprovalResult } from "./approval.ts";
import {
  actionsOf,
  answer,
  approval,
  build,
  create,
  deploy,
  executionsOf,
  latest,
  pipelineName,
  pipelineOf,
  prepare,
  source,
  stagesIn,
  start,
  stateOf,
  statusIn,
  told,
  world,
} from "./codepipeline.fixture.ts";
import { retryStageExecution } from "./retry.ts";
import { disableStageTransition, enableStageTransition } from "./stage.ts";
import { stopPipelineExecution } from "./stop.ts";

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
