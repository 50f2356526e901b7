import { describe, expect, test } from "vitest";
import type { GitSpec, Job } from "../compute/job.ts";
import { type SimulatedOutcome, simulatedHands } from "../compute/simulated.ts";
import { metricSeries, metrics } from "../kernel/facts.ts";
import { endsTheSameWheneverThePowerIsCut } from "../testing/power.ts";
import { World } from "../testing/world.ts";
import { changes, commitsOf } from "./change.ts";
import { deploymentsBetween } from "./deployment.ts";
import { type DoraReport, dora } from "./dora.ts";
import { changedPolicy, type DoraPolicy, policyOf, setPolicy } from "./policy.ts";
import { insights } from "./service.ts";

/** What git says of the commits that a push brought: they are not what was there before. */
const BROUGHT: Readonly<Record<string, string>> = { "f --not a": "e\nf", "m --not a": "e\nf\nm" };

function git({ spec }: Job): SimulatedOutcome {
  const [, asked = ""] = /^rev-list --reverse --max-count=1000 (.*)$/.exec((spec as GitSpec).commands[0]!.args.join(" ")) ?? [];
  const said = { exitCode: asked in BROUGHT ? 0 : 128, stdout: BROUGHT[asked] ?? "", stderr: "" };
  return { afterMs: 10, status: "SUCCEEDED", result: { git: [said] } };
}

const world = (): World => new World({ services: [insights], hands: simulatedHands(git) });

const tell = (cloud: World, source: string, detailType: string, detail: object) =>
  cloud.change((scope) => scope.emit({ source, detailType, detail: detail as Record<string, unknown>, resources: [] }));

const push = (cloud: World, commitId: string, oldCommitId?: string, referenceName = "main") =>
  tell(cloud, "aws.codecommit", "CodeCommit Repository State Change", {
    commitId,
    repositoryId: "repository",
    referenceType: "branch",
    referenceName,
    ...(oldCommitId && { oldCommitId }),
  });

interface Execution {
  readonly commit?: string;
  readonly state?: "SUCCEEDED" | "FAILED" | "SUPERSEDED";
  readonly stage?: string;
  readonly trigger?: string;
  readonly deploys?: boolean;
  /** Of what deploys. */
  readonly category?: string;
  readonly minutes?: number;
}

/** One execution from its start to its end. */
async function execute(
  cloud: World,
  id: string,
  {
    commit,
    state = "SUCCEEDED",
    stage = "Prod",
    trigger = "StartPipelineExecution",
    deploys = true,
    category = "Deploy",
    minutes = 10,
  }: Execution,
): Promise<void> {
  const about = { pipeline: "shop", "execution-id": id };
  const said = { ...about, "execution-trigger": { "trigger-type": trigger } };
  const action = (category: string, how: string, result: object) =>
    tell(cloud, "aws.codepipeline", "CodePipeline Action Execution State Change", {
      ...about,
      stage,
      state: how,
      type: { category },
      "execution-result": result,
    });
  await tell(cloud, "aws.codepipeline", "CodePipeline Pipeline Execution State Change", { ...said, state: "STARTED" });
  if (commit !== undefined) await action("Source", "SUCCEEDED", { "external-execution-id": commit });
  await cloud.advance(`${minutes}m`);
  if (deploys && state !== "SUPERSEDED") await action(category, state, { "external-execution-summary": "the alarm" });
  await tell(cloud, "aws.codepipeline", "CodePipeline Pipeline Execution State Change", { ...said, state });
}

function report(cloud: World, policy: Partial<DoraPolicy> = {}): DoraReport {
  const scope = cloud.scope();
  const to = cloud.clock.now();
  const from = to - 86_400_000;
  const deployed = deploymentsBetween(scope, from, to).map((deployment) => ({ deployment, commits: commitsOf(scope, deployment) }));
  return dora(deployed, { from, to, policy: { ...policyOf(scope), ...policy } });
}

const values = ({ metrics: told }: DoraReport) => Object.fromEntries(Object.entries(told).map(([name, { value }]) => [name, value]));
const measured = (cloud: World, name: string): (number | undefined)[] =>
  metrics
    .peek(cloud.scope(), metricSeries({ namespace: "Slipway/DORA", name, dimensions: { PipelineName: "shop" } }))
    .map(({ value }) => value.value);

/** A success, a failure, its fix; and a build that fails, which is no deployment. */
async function aDay(cloud: World): Promise<void> {
  await push(cloud, "a");
  await execute(cloud, "1", { commit: "a" });
  await push(cloud, "b", "a");
  await execute(cloud, "2", { commit: "b", state: "FAILED" });
  await push(cloud, "c", "b");
  await execute(cloud, "3", { commit: "c" });
  await execute(cloud, "4", { commit: "c", state: "FAILED", deploys: false });
  await execute(cloud, "5", { commit: "c", state: "SUPERSEDED" });
}

describe("the five metrics", () => {
  test("each with what it was computed from", async () => {
    const cloud = world();
    await aDay(cloud);
    const told = report(cloud);
    expect(told.deployments.map(({ executionId, outcome }) => [executionId, outcome])).toEqual([
      ["1", "succeeded"],
      ["2", "failed"],
      ["3", "succeeded"],
    ]);
    expect(values(told)).toEqual({
      deploymentFrequency: 2,
      // a took ten minutes; c ten; b, which came with c, twenty.
      leadTimeForChanges: 600,
      changeFailureRate: expect.closeTo(33.3, 1),
      failedDeploymentRecoveryTime: 600,
      deploymentReworkRate: expect.closeTo(33.3, 1),
    });
    expect(told.metrics.changeFailureRate.from).toEqual([
      { what: "shop 2 of b failed: the alarm", at: expect.any(String), events: expect.any(Array) },
    ]);
    // Each push, and of each execution its source, its deployment and its end.
    expect(new Set(told.deployments.flatMap(({ events }) => events)).size).toBe(3 + 3 * 3);
  });

  test("count each change that a deployment brought", async () => {
    const cloud = world();
    await aDay(cloud);
    expect(
      report(cloud).deployments.map(({ commits }) => commits.map(({ commitId, leadTimeSeconds }) => [commitId, leadTimeSeconds])),
    ).toEqual([
      [["a", 600]],
      [["b", undefined]],
      [
        ["b", 1200],
        ["c", 600],
      ],
    ]);
  });

  test("count each commit from its first push, to whichever branch", async () => {
    const cloud = world();
    await push(cloud, "a");
    await execute(cloud, "1", { commit: "a" });
    await push(cloud, "f", undefined, "feature");
    await cloud.advance("1h");
    await push(cloud, "m", "a");
    await execute(cloud, "2", { commit: "m" });
    const told = report(cloud).deployments.map(({ commits }) =>
      commits.map(({ commitId, leadTimeSeconds }) => [commitId, leadTimeSeconds]),
    );
    expect(told).toEqual([
      [["a", 600]],
      [
        ["e", 4200],
        ["f", 4200],
        ["m", 600],
      ],
    ]);
    expect(report(cloud).deployments[1]!.events).toHaveLength(2 + 3);
    expect(measured(cloud, "LeadTime")).toEqual([600, 4200, 4200, 600]);
  });

  test("are metrics in a namespace of their own, too", async () => {
    const cloud = world();
    await aDay(cloud);
    expect(
      ["Deployments", "FailedDeployments", "ReworkDeployments", "LeadTime", "RecoveryTime"].map((name) => measured(cloud, name)),
    ).toEqual([[1, 1, 1], [0, 1, 0], [0, 0, 1], [600, 1200, 600], [600]]);
  });

  test("of nothing, are nothing", () => {
    expect(values(report(world()))).toEqual({
      deploymentFrequency: 0,
      leadTimeForChanges: undefined,
      changeFailureRate: undefined,
      failedDeploymentRecoveryTime: undefined,
      deploymentReworkRate: undefined,
    });
  });
});

describe("the policy", () => {
  test("says whether what is rolled back has failed", async () => {
    const cloud = world();
    await push(cloud, "a");
    await execute(cloud, "1", { commit: "a" });
    await cloud.advance("1h");
    await execute(cloud, "2", { trigger: "ManualRollback", minutes: 5 });
    expect(values(report(cloud))).toMatchObject({ changeFailureRate: 50, failedDeploymentRecoveryTime: 300, leadTimeForChanges: 600 });
    expect(report(cloud).deployments[0]).toMatchObject({ outcome: "failed", reason: "taken back by 2" });
    expect(values(report(cloud, { rollbackIsFailure: false }))).toMatchObject({ changeFailureRate: 0, deploymentReworkRate: 0 });
    expect([measured(cloud, "FailedDeployments"), measured(cloud, "RecoveryTime")]).toEqual([[0, 1], [300]]);
  });

  test("says which pipelines and which stage count", async () => {
    const cloud = world();
    await execute(cloud, "1", { stage: "Test", state: "FAILED" });
    await execute(cloud, "2", { stage: "Prod" });
    expect(values(report(cloud, { stage: "Prod" }))).toMatchObject({ changeFailureRate: 0, deploymentFrequency: 1 });
    expect(report(cloud, { pipeline: "other" }).deployments).toEqual([]);
  });

  test("takes a stage that is named for the deployment, whatever runs in it", async () => {
    const cloud = world();
    await execute(cloud, "1", { stage: "Live", category: "Build" });
    await execute(cloud, "2", { stage: "Live", category: "Approval", state: "FAILED" });
    expect(report(cloud).deployments).toEqual([]);
    expect(values(report(cloud, { stage: "Live" }))).toMatchObject({ deploymentFrequency: 1, changeFailureRate: 0 });
  });

  test("is kept, and says what it does not have", async () => {
    const cloud = world();
    expect(policyOf(cloud.scope())).toEqual({ rollbackIsFailure: true });
    const changed = changedPolicy(policyOf(cloud.scope()), { stage: "Prod", rollbackIsFailure: "false" }) as DoraPolicy;
    await cloud.change((scope) => setPolicy(scope, changed));
    expect(policyOf(cloud.scope())).toEqual({ stage: "Prod", rollbackIsFailure: false });
    expect(changedPolicy(changed, { stage: "" })).toEqual({ rollbackIsFailure: false });
    expect(changedPolicy(changed, { windows: "1d" })).toBe("the policy has pipeline, stage and rollbackIsFailure, and no windows");
    expect(changedPolicy(changed, { rollbackIsFailure: "perhaps" })).toBe("rollbackIsFailure is true or false");
    expect(changedPolicy(changed, { stage: 1 })).toBe("pipeline and stage are texts");
  });
});

test("whenever the power is cut, the same is known", async () => {
  expect(await endsTheSameWheneverThePowerIsCut(world, aDay)).toBeGreaterThan(1);
});

test("of a deployment of very many commits the newest pushes are told", () => {
  const cloud = world();
  const ids = (push: string): string[] => Array.from({ length: 600 }, (_, nth) => `${push}${nth}`);
  cloud.change((scope) => {
    for (const [id, previous] of [
      ["a", "z"],
      ["b", "a"],
      ["c", "b"],
    ] as const)
      changes.put(scope, { id, previous, pushedAt: 0, event: "e", commits: ids(id) });
  });
  expect(commitsOf(cloud.scope(), { revisions: ["c"], since: "z" }).map(({ id }) => id)).toEqual([...ids("b"), ...ids("c")]);
});
