import { describe, expect, test } from "vitest";
import type { PipelineDeclaration, RuleDeclaration, StageDeclaration } from "../../sdk/codepipeline.js";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { putMetricAlarm, setAlarmState } from "../cloudwatch/alarm.ts";
import {
  actionsOf,
  answer,
  approval,
  build,
  create,
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
import { overrideStageCondition } from "./condition.ts";
import { getPipelineExecution, listPipelineExecutions } from "./history.ts";
import { retryStageExecution } from "./retry.ts";
import { rollbackStage } from "./rollback.ts";
import { listRuleExecutions } from "./rule-run.ts";
import { listRuleTypes } from "./rule-type.ts";
import { stopPipelineExecution } from "./stop.ts";

const rule = (provider: string, configuration: Record<string, string>, name = provider): RuleDeclaration => ({
  name,
  ruleTypeId: { category: "Rule", owner: "AWS", provider, version: "1" },
  configuration,
});
const isBucket = (Value: string) => rule("VariableCheck", { Variable: "#{App.BucketName}", Value, Operator: "EQ" });
const window = (Cron: string, TimeZone = "UTC") => rule("DeploymentWindow", { Cron, TimeZone });
const noAlarm = (WaitTime: string) => rule("CloudWatchAlarm", { AlarmName: "errors", WaitTime });

/** A pipeline of type V2, one stage of which is more than its actions. */
const withStage = (
  actions: Parameters<typeof pipelineOf>[0],
  stage: string,
  more: Partial<StageDeclaration>,
  settings: Partial<PipelineDeclaration> = {},
): PipelineDeclaration => {
  const pipeline = pipelineOf(actions, { pipelineType: "V2", ...settings });
  return { ...pipeline, stages: pipeline.stages!.map((one) => (one.name === stage ? { ...one, ...more } : one)) };
};

const alarm = (cloud: World) =>
  cloud.call(putMetricAlarm, {
    AlarmName: "errors",
    Namespace: "Shop",
    MetricName: "Errors",
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "ignore",
  });
const setAlarm = (cloud: World, StateValue: "OK" | "ALARM") =>
  cloud.call(setAlarmState, { AlarmName: "errors", StateValue, StateReason: "Thrown" });

const override = (cloud: World, stageName: string, conditionType: "BEFORE_ENTRY" | "ON_SUCCESS", pipelineExecutionId: string) =>
  cloud.call(overrideStageCondition, { pipelineName, stageName, conditionType, pipelineExecutionId });
const rulesOf = async (cloud: World) =>
  (await cloud.call(listRuleExecutions, { pipelineName })).ruleExecutionDetails!.map(({ ruleName, status }) => `${ruleName} ${status}`);

describe("a condition to enter a stage", () => {
  const entry = (result: "FAIL" | "SKIP", ...rules: RuleDeclaration[]) => ({ beforeEntry: { conditions: [{ result, rules }] } });

  test("that is met lets an execution in", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, withStage([source, approval], "Approval", entry("FAIL", isBucket("source"))));
    expect(await stateOf(cloud, "Approval")).toMatchObject({
      latestExecution: { status: "InProgress" },
      beforeEntryConditionState: {
        latestExecution: { status: "Succeeded" },
        conditionStates: [
          { ruleStates: [{ ruleName: "VariableCheck", latestExecution: { status: "Succeeded", summary: "source EQ source" } }] },
        ],
      },
      actionStates: [{ latestExecution: { status: "InProgress" } }],
    });
  });

  test("that is not met fails the stage, until somebody overrides it", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, withStage([source, approval], "Approval", entry("FAIL", isBucket("other"), window("0 * * * * ? *"))));
    const { pipelineExecutionId: id, status } = await latest(cloud);
    expect(status).toBe("Failed");
    expect(await stateOf(cloud, "Approval")).toMatchObject({
      latestExecution: { status: "Failed" },
      beforeEntryConditionState: { latestExecution: { status: "Failed", summary: expect.stringContaining("source EQ other") } },
    });
    expect(await rulesOf(cloud)).toContain("VariableCheck Failed");
    await expect(override(cloud, "Approval", "ON_SUCCESS", id!)).rejects.toMatchObject({
      name: "ConditionNotOverridableException",
      message: "Unable to override because the condition does not allow overrides.",
    });
    await override(cloud, "Approval", "BEFORE_ENTRY", id!);
    expect(await stateOf(cloud, "Approval")).toMatchObject({
      latestExecution: { status: "InProgress" },
      beforeEntryConditionState: { latestExecution: { status: "Overridden" } },
    });
    await answer(cloud);
    expect(await statusIn(cloud, id!)).toBe("Succeeded");
    expect(told(cloud, "Pipeline").map(({ state }) => state)).toEqual(["STARTED", "FAILED", "RESUMED", "SUCCEEDED"]);
  });

  test("may skip the stage", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, withStage([source, approval, build], "Approval", entry("SKIP", isBucket("other"))));
    await cloud.advance("2m");
    expect(await stagesIn(cloud)).toEqual({ Source: "Succeeded", Approval: "Skipped", Build: "Succeeded" });
    expect((await actionsOf(cloud)).map(({ actionName }) => actionName)).toEqual(["Make", "App"]);
    const inStage = async (stageName: string) =>
      (await cloud.call(listPipelineExecutions, { pipelineName, filter: { succeededInStage: { stageName } } })).pipelineExecutionSummaries;
    expect(await inStage("Build")).toHaveLength(1);
    expect(await inStage("Approval")).toEqual([]);
  });

  test("waits for a window, on the clocks of a place", async () => {
    const cloud = world();
    await prepare(cloud);
    // Nine in the morning in New York is 14:00 UTC in winter.
    await create(cloud, withStage([source, approval], "Approval", entry("FAIL", window("0 0-59 9-17 ? * * *", "America/New_York"))));
    expect(await stateOf(cloud, "Approval")).toMatchObject({
      beforeEntryConditionState: { latestExecution: { status: "InProgress" } },
      actionStates: [{ actionName: "Agree" }],
    });
    expect(cloud.waits().join()).toContain("its window opens at 2026-01-01T14:00:00.000Z");
    await cloud.advance("13h");
    expect((await stateOf(cloud, "Approval")).actionStates![0]!.latestExecution).toBeUndefined();
    await cloud.advance("1h");
    expect((await stateOf(cloud, "Approval")).actionStates![0]!.latestExecution!.status).toBe("InProgress");
  });

  test("waits as long as it says for an alarm to end, and ends with the execution", async () => {
    const cloud = world();
    await prepare(cloud);
    await alarm(cloud);
    await setAlarm(cloud, "ALARM");
    await create(cloud, withStage([source, approval], "Approval", entry("FAIL", noAlarm("30"))));
    await cloud.advance("10m");
    expect(await rulesOf(cloud)).toEqual(["CloudWatchAlarm InProgress"]);
    await setAlarm(cloud, "OK");
    expect(await rulesOf(cloud)).toEqual(["CloudWatchAlarm Succeeded"]);
    await setAlarm(cloud, "ALARM");
    await answer(cloud);
    const again = await start(cloud);
    await cloud.call(stopPipelineExecution, { pipelineName, pipelineExecutionId: again, abandon: true });
    expect(await stateOf(cloud, "Approval")).toMatchObject({ beforeEntryConditionState: { latestExecution: { status: "Abandoned" } } });
    await start(cloud);
    await cloud.advance("30m");
    expect(await rulesOf(cloud)).toEqual(["CloudWatchAlarm Failed", "CloudWatchAlarm Abandoned", "CloudWatchAlarm Succeeded"]);
  });
});

describe("a condition at the end of a stage", () => {
  const baked = { onSuccess: { conditions: [{ result: "ROLLBACK" as const, rules: [noAlarm("60")] }] } };

  test("rolls back to what succeeded in the stage before", async () => {
    const cloud = world();
    await prepare(cloud);
    await alarm(cloud);
    await create(cloud, withStage([source, build], "Build", baked));
    await cloud.advance("90m");
    const { pipelineExecutionId: good, status } = await latest(cloud);
    expect(status).toBe("Succeeded");
    const bad = await start(cloud);
    await cloud.advance("30m");
    expect(await stateOf(cloud, "Build")).toMatchObject({ onSuccessConditionState: { latestExecution: { status: "InProgress" } } });
    await setAlarm(cloud, "ALARM");
    expect(await statusIn(cloud, bad)).toBe("Failed");
    await cloud.advance("5m");
    const rollback = await latest(cloud);
    expect(rollback).toMatchObject({
      status: "Succeeded",
      executionType: "ROLLBACK",
      rollbackMetadata: { rollbackTargetPipelineExecutionId: good },
      trigger: { triggerType: "AutomatedRollback", triggerDetail: `{"FailedPipelineExecutionId":"${bad}"}` },
      sourceRevisions: [{ actionName: "App" }],
    });
    expect(await stateOf(cloud, "Build")).toMatchObject({ latestExecution: { status: "Succeeded", type: "ROLLBACK" } });
    const events = told(cloud, "Pipeline").filter((event) => event["execution-id"] === rollback.pipelineExecutionId);
    expect(events).toMatchObject([
      { state: "STARTED", "execution-trigger": { "trigger-type": "AutomatedRollback" } },
      { state: "SUCCEEDED" },
    ]);
  });

  test("that has failed the stage may be overridden", async () => {
    const cloud = world();
    await prepare(cloud);
    const onSuccess = { conditions: [{ result: "FAIL" as const, rules: [isBucket("other")] }] };
    await create(cloud, withStage([source, approval, build], "Approval", { onSuccess }));
    await answer(cloud);
    const { pipelineExecutionId: id, status } = await latest(cloud);
    expect(status).toBe("Failed");
    await override(cloud, "Approval", "ON_SUCCESS", id!);
    await cloud.advance("2m");
    expect(await stagesIn(cloud)).toEqual({ Source: "Succeeded", Approval: "Succeeded", Build: "Succeeded" });
  });
});

describe("a stage that fails", () => {
  test("is tried again once", async () => {
    let first: string | undefined;
    const cloud = world(({ id }) => {
      first ??= id;
      return id === first;
    });
    await prepare(cloud);
    await create(
      cloud,
      withStage([source, build], "Build", { onFailure: { result: "RETRY", retryConfiguration: { retryMode: "ALL_ACTIONS" } } }),
    );
    await cloud.advance("5m");
    expect(await stateOf(cloud, "Build")).toMatchObject({
      latestExecution: { status: "Succeeded" },
      retryStageMetadata: { autoStageRetryAttempt: 1, latestRetryTrigger: "AutomatedStageRetry" },
    });
    expect((await actionsOf(cloud)).map(({ status }) => status)).toEqual(["Succeeded", "Failed", "Succeeded"]);
  });

  test("that failed again has failed, and somebody may try it once more", async () => {
    const cloud = world(() => true);
    await prepare(cloud);
    await create(cloud, withStage([source, build], "Build", { onFailure: { result: "RETRY" } }));
    await cloud.advance("5m");
    const { pipelineExecutionId, status } = await latest(cloud);
    expect(status).toBe("Failed");
    const retry = { pipelineName, stageName: "Build", pipelineExecutionId: pipelineExecutionId!, retryMode: "FAILED_ACTIONS" } as const;
    await cloud.call(retryStageExecution, retry);
    await cloud.advance("5m");
    expect((await stateOf(cloud, "Build")).retryStageMetadata).toEqual({
      autoStageRetryAttempt: 1,
      manualStageRetryAttempt: 1,
      latestRetryTrigger: "ManualStageRetry",
    });
  });

  test("rolls back, if there is anything to roll back to", async () => {
    let isBroken = true;
    const cloud = world(() => isBroken);
    await prepare(cloud);
    await create(cloud, withStage([source, build], "Build", { onFailure: { result: "ROLLBACK" } }));
    await cloud.advance("5m");
    expect(await executionsOf(cloud)).toHaveLength(1);
    isBroken = false;
    const good = await start(cloud);
    await cloud.advance("5m");
    isBroken = true;
    const bad = await start(cloud);
    await cloud.advance("90s");
    isBroken = false;
    await cloud.advance("5m");
    const { pipelineExecution } = await cloud.call(getPipelineExecution, {
      pipelineName,
      pipelineExecutionId: (await latest(cloud)).pipelineExecutionId!,
    });
    expect(pipelineExecution).toMatchObject({
      executionType: "ROLLBACK",
      rollbackMetadata: { rollbackTargetPipelineExecutionId: good },
    });
    expect(await statusIn(cloud, bad)).toBe("Failed");
  });

  test("engages the result of its condition only where that is not met, and may be skipped", async () => {
    const cloud = world(() => true);
    await prepare(cloud);
    const onFailure = (value: string) => ({ onFailure: { conditions: [{ result: "SKIP" as const, rules: [isBucket(value)] }] } });
    await create(cloud, withStage([source, build, approval], "Build", onFailure("source")));
    await cloud.advance("2m");
    expect(await stagesIn(cloud)).toEqual({ Source: "Succeeded", Build: "Failed", Approval: undefined });
    await create(cloud, { ...withStage([source, build, approval], "Build", onFailure("other")), name: "second" });
    await cloud.advance("2m");
    const { pipelineExecutionSummaries } = await cloud.call(listPipelineExecutions, { pipelineName: "second" });
    expect(pipelineExecutionSummaries).toMatchObject([{ status: "InProgress" }]);
  });
});

describe("rolling a stage back", () => {
  const rollBack = (cloud: World, targetPipelineExecutionId: string, stageName = "Build") =>
    cloud.call(rollbackStage, { pipelineName, stageName, targetPipelineExecutionId });

  test("runs it with what the other execution had, before whatever waits for it", async () => {
    const cloud = world();
    await prepare(cloud);
    await create(cloud, pipelineOf([source, build, approval], { pipelineType: "V2", executionMode: "QUEUED" }));
    await cloud.advance("2m");
    const target = (await latest(cloud)).pipelineExecutionId!;
    const { pipelineExecutionId } = await rollBack(cloud, target);
    const waiting = await start(cloud);
    expect(await stateOf(cloud, "Build")).toMatchObject({
      latestExecution: { pipelineExecutionId, type: "ROLLBACK", status: "InProgress" },
      inboundExecution: { pipelineExecutionId: waiting, type: "STANDARD" },
    });
    await expect(rollBack(cloud, target)).rejects.toMatchObject({ name: "UnableToRollbackStageException" });
    await cloud.advance("1m");
    expect(await statusIn(cloud, pipelineExecutionId!)).toBe("Succeeded");
    expect((await executionsOf(cloud))[1]!.trigger).toMatchObject({ triggerType: "ManualRollback" });
    await expect(rollBack(cloud, pipelineExecutionId!)).rejects.toMatchObject({ name: "UnableToRollbackStageException" });
    await expect(rollBack(cloud, target, "Source")).rejects.toMatchObject({ name: "UnableToRollbackStageException" });
    await expect(rollBack(cloud, target, "None")).rejects.toMatchObject({ name: "StageNotFoundException" });
  });
});

describe("the rules", () => {
  test("are the six of AWS", async () => {
    const { ruleTypes } = await world().call(listRuleTypes, {});
    expect(ruleTypes!.map(({ id }) => id!.provider)).toEqual([
      "CloudWatchAlarm",
      "CodeBuild",
      "Commands",
      "DeploymentWindow",
      "LambdaInvoke",
      "VariableCheck",
    ]);
  });

  const stage = (more: Partial<StageDeclaration>, settings: Partial<PipelineDeclaration> = {}) =>
    withStage([source, approval], "Approval", more, settings);
  const refused: [string, PipelineDeclaration, string][] = [
    [
      "of a pipeline of type V1",
      stage({ onFailure: { result: "ROLLBACK" } }, { pipelineType: "V1" }),
      "Stage level conditions can only be used with V2 pipelines.",
    ],
    [
      "with a result that it cannot have",
      stage({ beforeEntry: { conditions: [{ result: "ROLLBACK", rules: [isBucket("x")] }] } }),
      "ROLLBACK",
    ],
    ["that roll back in parallel", stage({ onFailure: { result: "ROLLBACK" } }, { executionMode: "PARALLEL" }), "PARALLEL"],
    ["without what the rule needs", stage({ onSuccess: { conditions: [{ rules: [rule("VariableCheck", {})] }] } }), "'Variable'"],
    [
      "with another operator",
      stage({ onSuccess: { conditions: [{ rules: [rule("VariableCheck", { Variable: "a", Value: "b", Operator: "GT" })] }] } }),
      "'GT'",
    ],
    ["with no cron", stage({ onSuccess: { conditions: [{ rules: [window("always")] }] } }), "'always'"],
    ["in a zone that is none", stage({ onSuccess: { conditions: [{ rules: [window("0 * * * * ? *", "Mars")] }] } }), "'Mars'"],
    [
      "that skip by the time of day",
      stage({ beforeEntry: { conditions: [{ result: "SKIP", rules: [window("0 * * * * ? *")] }] } }),
      "result SKIP",
    ],
    ["that nobody carries out", stage({ onSuccess: { conditions: [{ rules: [rule("Oracle", {})] }] } }), "not available"],
  ];

  test.each(refused)("%s are refused", async (_, pipeline, message) => {
    const cloud = world();
    await prepare(cloud);
    await expect(create(cloud, pipeline)).rejects.toThrow(message);
  });
});

describe("whenever the power is cut", () => {
  test("a condition that waits, and the rollback after it, end the same", async () => {
    const more = {
      beforeEntry: { conditions: [{ result: "FAIL" as const, rules: [window("0 10-19 * ? * *")] }] },
      onSuccess: { conditions: [{ result: "ROLLBACK" as const, rules: [noAlarm("5")] }] },
    };
    const commits = await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await prepare(cloud);
      await alarm(cloud);
      await create(cloud, withStage([source, build], "Build", more, { executionMode: "QUEUED" }));
      await cloud.advance("20m");
      await start(cloud);
      await cloud.advance("55m");
      await setAlarm(cloud, "ALARM");
      await cloud.advance("5m");
      expect((await executionsOf(cloud)).map(({ executionType, status }) => `${executionType} ${status}`)).toEqual([
        "ROLLBACK Succeeded",
        "STANDARD Failed",
        "STANDARD Succeeded",
      ]);
    });
    expect(commits).toBeGreaterThan(20);
  });
});
