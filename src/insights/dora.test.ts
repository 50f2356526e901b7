import { expect, test } from "vitest";
import type { Fact } from "../kernel/facts.ts";
import type { Entry } from "../kernel/stream.ts";
import { dora } from "./dora.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
let seq = 0;
const fact = (at: number, source: string, detailType: string, detail: object): Entry<Fact> => ({
  at,
  seq: ++seq,
  series: "events",
  value: { id: `event-${seq}`, source, detailType, detail: detail as Fact["detail"], resources: [] },
});

/** The events of one execution: pushed, deployed and over at the given minutes. */
function execution(
  id: string,
  commit: string,
  [pushed, over]: [number, number],
  state: "SUCCEEDED" | "FAILED",
  deployed = true,
): Entry<Fact>[] {
  const about = { pipeline: "shop", "execution-id": id };
  const action = (category: string, how: string, result: object) =>
    fact(over * MINUTE, "aws.codepipeline", "CodePipeline Action Execution State Change", {
      ...about,
      state: how,
      type: { category },
      "execution-result": result,
    });
  return [
    fact(pushed * MINUTE, "aws.codecommit", "CodeCommit Repository State Change", { commitId: commit }),
    action("Source", "SUCCEEDED", { "external-execution-id": commit }),
    ...(deployed ? [action("Deploy", state, { "external-execution-summary": "the alarm" })] : [action("Build", state, {})]),
    fact(over * MINUTE, "aws.codepipeline", "CodePipeline Pipeline Execution State Change", { ...about, state }),
  ];
}

test("the five metrics, each with what it was computed from", () => {
  const facts = [
    ...execution("1", "a", [0, 10], "SUCCEEDED"),
    ...execution("2", "b", [20, 30], "FAILED"),
    ...execution("3", "c", [40, 70], "SUCCEEDED"),
    // A build that fails is not a deployment.
    ...execution("4", "d", [80, 81], "FAILED", false),
  ];
  const { metrics, deployments } = dora(facts, { from: 0, to: DAY, policy: {} });
  expect(deployments.map(({ outcome, commitId }) => [commitId, outcome])).toEqual([
    ["a", "succeeded"],
    ["b", "failed"],
    ["c", "succeeded"],
  ]);
  expect(metrics.deploymentFrequency.value).toBe(2);
  expect(metrics.leadTimeForChanges.value).toBe(20 * 60);
  expect(metrics.changeFailureRate.value).toBeCloseTo(33.3, 1);
  expect(metrics.failedDeploymentRecoveryTime.value).toBe(40 * 60);
  expect(metrics.deploymentReworkRate.value).toBeCloseTo(33.3, 1);
  expect(metrics.changeFailureRate.from[0]).toMatchObject({
    what: "shop 2 of commit b failed: the alarm",
    events: expect.arrayContaining([expect.stringMatching(/^event-/)]),
  });
});

test("of nothing, nothing is computed", () => {
  const { metrics } = dora([], { from: 0, to: DAY, policy: {} });
  expect(metrics.leadTimeForChanges.value).toBeUndefined();
  expect(metrics.changeFailureRate.value).toBeUndefined();
  expect(metrics.deploymentFrequency.value).toBe(0);
});
