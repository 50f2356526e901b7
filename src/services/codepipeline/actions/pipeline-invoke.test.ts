import { expect, test } from "vitest";
import type { ActionDeclaration } from "../../../sdk/codepipeline.js";
import { endsTheSameWheneverThePowerIsCut } from "../../../testing/power.ts";
import { actionsOf, approval, create, latest, pipelineOf, prepare, putSource, source, start, world } from "../codepipeline.fixture.ts";
import { getPipelineExecution, listPipelineExecutions } from "../history.ts";

const V2 = { pipelineType: "V2" } as const;
const next = pipelineOf([source, approval], { ...V2, name: "next", variables: [{ name: "STAGE", defaultValue: "test" }] });
const invoke = (configuration: Record<string, string>): ActionDeclaration => ({
  name: "Next",
  actionTypeId: { category: "Invoke", owner: "AWS", provider: "CodePipeline", version: "1" },
  configuration: { PipelineName: "next", ...configuration },
});
const PASSED = {
  SourceRevisions: '[{"actionName":"App","revisionType":"S3_OBJECT_VERSION_ID","revisionValue":"#{App.VersionId}"}]',
  Variables: '[{"name":"STAGE","value":"live"}]',
};

test("another pipeline is started with variables and the revision of the source, and not waited for", async () => {
  await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
    await prepare(cloud);
    await create(cloud, next);
    await create(cloud, pipelineOf([source, invoke(PASSED)], V2));
    putSource(cloud, "{}");
    await cloud.advance("1m");
    expect((await latest(cloud)).status).toBe("Succeeded");
    const [started, first] = (await cloud.call(listPipelineExecutions, { pipelineName: "next" })).pipelineExecutionSummaries!;
    expect(started).toMatchObject({
      status: "InProgress",
      trigger: { triggerDetail: "arn:aws:codepipeline:eu-west-1:111122223333:shop" },
      sourceRevisions: first!.sourceRevisions,
    });
    const { pipelineExecutionId } = started!;
    expect((await actionsOf(cloud))[0]!.output!.executionResult!.externalExecutionId).toBe(pipelineExecutionId);
    const { pipelineExecution } = await cloud.call(getPipelineExecution, {
      pipelineName: "next",
      pipelineExecutionId: pipelineExecutionId!,
    });
    expect(pipelineExecution!.variables).toEqual([{ name: "STAGE", resolvedValue: "live" }]);
  });
});

test("what can not be started fails the action", async () => {
  const cloud = world();
  await prepare(cloud);
  await expect(create(cloud, pipelineOf([source, invoke({ Variables: "STAGE=live" })], V2))).rejects.toThrow("it has to be a JSON array");
  await create(cloud, pipelineOf([source, invoke(PASSED)], V2));
  const why = async () => (await actionsOf(cloud))[0]!.output!.executionResult!.errorDetails!.message;
  expect(await why()).toBe("The account with id '111122223333' does not include a pipeline with the name 'next'");
  await create(cloud, { ...next, variables: [] });
  await start(cloud);
  expect(await why()).toBe("Variable 'STAGE' is not declared by the pipeline");
});
