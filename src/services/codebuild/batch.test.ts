import { expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { readObject } from "../s3/api.ts";
import { ensureBuildBatch, stopBuildBatch } from "./api.ts";
import {
  batchGetBuildBatches,
  deleteBuildBatch,
  listBuildBatches,
  listBuildBatchesForProject,
  retryBuildBatch,
  startBuildBatch,
  stopBuildBatch as stopBatch,
} from "./batch-operations.ts";
import { parseBatch } from "./batch-spec.ts";
import { builds } from "./build.ts";
import { listBuilds } from "./build-operations.ts";
import { createShop, ROLE, world } from "./codebuild.fixture.ts";
import { updateProject } from "./project.ts";

const PHASES = "phases: { build: { commands: [make] } }";
const spec = (batch: string): string => `version: 0.2\nbatch:\n${batch}\n${PHASES}\n`;
const GRAPH = spec(`  build-graph:
    - { identifier: base, env: { variables: { STAGE: base } } }
    - { identifier: lint, ignore-failure: true, depend-on: [base], env: { variables: { FAIL: "yes" } } }
    - { identifier: unit, depend-on: [base], env: { image: other, privileged-mode: true } }
    - { identifier: pack, depend-on: [lint, unit] }`);
const FAILING = spec(`  build-graph:
    - { identifier: bad, env: { variables: { FAIL: "yes" } } }
    - { identifier: good, env: { variables: { TAKES: "20" } } }
    - { identifier: after, depend-on: [bad] }`);

const config = { buildBatchConfig: { serviceRole: ROLE } };

async function startBatch(cloud: World, buildspecOverride?: string): Promise<string> {
  const { buildBatch } = await cloud.call(startBuildBatch, { projectName: "shop", ...(buildspecOverride && { buildspecOverride }) });
  return buildBatch!.id!;
}

const get = async (cloud: World, id: string) => (await cloud.call(batchGetBuildBatches, { ids: [id] })).buildBatches![0]!;

async function groups(cloud: World, id: string): Promise<Record<string, string | undefined>> {
  const { buildGroups } = await get(cloud, id);
  return Object.fromEntries(buildGroups!.map(({ identifier, currentBuildSummary }) => [identifier, currentBuildSummary?.buildStatus]));
}

test("a graph runs in the order of its dependencies, and forgives what may fail", async () => {
  const cloud = world();
  await createShop(cloud, GRAPH, config);
  const id = await startBatch(cloud);
  await cloud.advance("1s");
  expect(await groups(cloud, id)).toEqual({
    DOWNLOAD_SOURCE: "SUCCEEDED",
    base: "IN_PROGRESS",
    lint: undefined,
    unit: undefined,
    pack: undefined,
  });
  expect(await get(cloud, id)).toMatchObject({ currentPhase: "IN_PROGRESS", buildBatchStatus: "IN_PROGRESS", complete: false });
  await cloud.advance("4s");
  expect(await groups(cloud, id)).toMatchObject({ base: "SUCCEEDED", lint: "IN_PROGRESS", unit: "IN_PROGRESS", pack: undefined });
  await cloud.advance("20s");
  expect(await groups(cloud, id)).toMatchObject({ lint: "FAILED", unit: "SUCCEEDED", pack: "SUCCEEDED" });
  const over = await get(cloud, id);
  expect(over).toMatchObject({ buildBatchStatus: "SUCCEEDED", currentPhase: "SUCCEEDED", complete: true, buildBatchNumber: 1 });
  expect(over.phases!.map(({ phaseType, phaseStatus }) => `${phaseType} ${phaseStatus}`)).toEqual([
    "SUBMITTED SUCCEEDED",
    "DOWNLOAD_BATCHSPEC SUCCEEDED",
    "IN_PROGRESS SUCCEEDED",
    "COMBINE_ARTIFACTS SUCCEEDED",
    "SUCCEEDED undefined",
  ]);
  const unit = builds.by(cloud.scope(), "batch", id).find(({ batch }) => batch!.identifier === "unit")!;
  expect(unit).toMatchObject({ declaration: { environment: { image: "other", privilegedMode: true } } });
  expect(unit.variables).toMatchObject({ CODEBUILD_BATCH_BUILD_IDENTIFIER: "unit" });
});

test("what depends on a failure is never started; the others come to their end", async () => {
  const cloud = world();
  await createShop(cloud, FAILING, config);
  const id = await startBatch(cloud);
  await cloud.advance("10s");
  expect(await groups(cloud, id)).toMatchObject({ bad: "FAILED", good: "IN_PROGRESS", after: "STOPPED" });
  await cloud.advance("30s");
  expect(await groups(cloud, id)).toMatchObject({ good: "SUCCEEDED" });
  expect(await get(cloud, id)).toMatchObject({ buildBatchStatus: "FAILED", currentPhase: "FAILED" });
});

test("a build that was lost with its process fails its batch; what a batch waits for is said", async () => {
  const cloud = world();
  await createShop(cloud, spec("  build-list: [{ identifier: a, env: { variables: { LOSE: 'yes' } } }, { identifier: b }]"), config);
  const id = await startBatch(cloud);
  await cloud.advance("200ms");
  expect(cloud.why(`arn:aws:codebuild:eu-west-1:111122223333:build-batch/${id}`)).toEqual(["its builds run"]);
  await cloud.advance("10s");
  expect(await groups(cloud, id)).toMatchObject({ a: "FAULT", b: "SUCCEEDED" });
  expect(await get(cloud, id)).toMatchObject({ buildBatchStatus: "FAILED" });
});

test("fast-fail stops what runs", async () => {
  const cloud = world();
  await createShop(cloud, FAILING.replace("batch:", "batch:\n  fast-fail: true"), config);
  const id = await startBatch(cloud);
  await cloud.advance("10s");
  expect(await groups(cloud, id)).toMatchObject({ bad: "FAILED", good: "STOPPED", after: "STOPPED" });
  expect(await get(cloud, id)).toMatchObject({ buildBatchStatus: "FAILED" });
});

test("a batch is stopped with its builds, and times out on the clock", async () => {
  const cloud = world();
  await createShop(cloud, FAILING, { buildBatchConfig: { serviceRole: ROLE, timeoutInMins: 5 } });
  const stopped = await startBatch(cloud);
  await cloud.advance("1s");
  await cloud.call(stopBatch, { id: stopped });
  await cloud.advance("1s");
  expect(await get(cloud, stopped)).toMatchObject({ buildBatchStatus: "STOPPED", currentPhase: "STOPPED" });
  const late = await startBatch(cloud, FAILING.replace("20", "9000"));
  await cloud.advance("6m");
  expect(await get(cloud, late)).toMatchObject({ buildBatchStatus: "TIMED_OUT", currentPhase: "FAILED" });
  expect(await groups(cloud, late)).toMatchObject({ good: "STOPPED" });
});

test("a failed batch is tried again in place, whole or where it failed", async () => {
  const cloud = world();
  await createShop(cloud, FAILING, config);
  const id = await startBatch(cloud);
  await cloud.advance("1m");
  await expect(cloud.call(retryBuildBatch, { id: "shop:none" })).rejects.toThrow("Build batch shop:none cannot be found");
  const once = { id, retryType: "RETRY_FAILED_BUILDS", idempotencyToken: "t" } as const;
  await cloud.call(retryBuildBatch, once);
  const { buildBatch } = await cloud.call(retryBuildBatch, once);
  expect(buildBatch!.phases!.slice(-3)).toMatchObject([
    { phaseType: "FAILED", phaseStatus: "RETRY" },
    { phaseType: "SUBMITTED" },
    { phaseType: "IN_PROGRESS" },
  ]);
  await cloud.advance("1m");
  const tried = (await get(cloud, id)).buildGroups!;
  expect(tried.map(({ identifier, priorBuildSummaryList = [] }) => [identifier, priorBuildSummaryList.length])).toEqual([
    ["DOWNLOAD_SOURCE", 0],
    ["bad", 1],
    ["good", 0],
    ["after", 1],
  ]);
  await cloud.call(retryBuildBatch, { id, retryType: "RETRY_ALL_BUILDS" });
  await cloud.advance("1m");
  expect((await get(cloud, id)).buildGroups!.map(({ priorBuildSummaryList = [] }) => priorBuildSummaryList.length)).toEqual([0, 2, 1, 2]);
});

test("the builds of a matrix are every combination; those of a fan-out know their part", () => {
  const matrix = parseBatch(
    spec(`  build-matrix:
    static: { ignore-failure: true, env: { privileged-mode: true, variables: { A: "1" } } }
    dynamic: { buildspec: [one.yml, two.yml], env: { image: [i, j], variables: { V: [x, y] } } }`),
  );
  expect(matrix.tasks).toHaveLength(8);
  expect(matrix.tasks[0]).toEqual({
    identifier: "build0",
    dependsOn: [],
    ignoreFailure: true,
    privilegedMode: true,
    buildspec: "one.yml",
    image: "i",
    variables: { A: "1", V: "x" },
  });
  const fanout = parseBatch(spec("  build-fanout: { parallelism: 3 }"));
  expect(fanout.tasks.map(({ shard }) => shard)).toEqual([0, 1, 2].map((index) => ({ index, count: 3 })));
});

test.each([
  ["  build-list: []", "batch has no builds"],
  ["  build-list: [{ buildspec: x.yml }]", "identifier is required in build-list"],
  ["  build-list: [{ identifier: a }, { identifier: a }]", "Duplicate identifier: a"],
  ["  build-graph: [{ identifier: a, depend-on: [b] }, { identifier: b, depend-on: [a] }]", "depend-on goes round in a circle"],
  ["  build-graph: [{ identifier: a, depend-on: [c] }]", "depend-on names c"],
  ["  build-fanout: { parallelism: 1 }", "parallelism of build-fanout"],
  ["  fast-fail: true", "batch has to have one of"],
])("refuses %s", (batch, message) => {
  expect(() => parseBatch(spec(batch))).toThrow(message);
});

test("restrictions hold, and so does the number of builds at a time", async () => {
  const cloud = world();
  const restrictions = { maximumBuildsAllowed: 2, computeTypesAllowed: ["BUILD_GENERAL1_SMALL"] };
  await createShop(cloud, FAILING, { buildBatchConfig: { serviceRole: ROLE, restrictions }, concurrentBuildLimit: 1 });
  const tooMany = await startBatch(cloud);
  await cloud.advance("10s");
  expect((await get(cloud, tooMany)).phases![1]!.contexts).toEqual([
    { statusCode: "YAML_FILE_ERROR", message: "The batch has 3 builds, and 2 are allowed" },
  ]);
  const wrong = await startBatch(cloud, spec("  build-list: [{ identifier: a, env: { compute-type: BUILD_GENERAL1_LARGE } }]"));
  await cloud.advance("10s");
  expect(await get(cloud, wrong)).toMatchObject({ buildBatchStatus: "FAILED" });
  const one = await startBatch(cloud, spec("  build-list: [{ identifier: a }, { identifier: b }]"));
  await cloud.advance("2s");
  expect(await groups(cloud, one)).toEqual({ DOWNLOAD_SOURCE: "SUCCEEDED", a: "IN_PROGRESS", b: undefined });
  await cloud.advance("20s");
  expect(await get(cloud, one)).toMatchObject({ buildBatchStatus: "SUCCEEDED" });
});

test("artifacts are combined in one place", async () => {
  const cloud = world();
  const artifacts = { type: "S3", location: "things", packaging: "ZIP", name: "all.zip" };
  await createShop(cloud, `${spec("  build-list: [{ identifier: a }, { identifier: b }]")}artifacts: { files: "**/*" }\n`, {
    buildBatchConfig: { serviceRole: ROLE, combineArtifacts: true },
    artifacts,
  });
  const id = await startBatch(cloud);
  await cloud.advance("20s");
  expect(await get(cloud, id)).toMatchObject({ buildBatchStatus: "SUCCEEDED", artifacts: { location: "arn:aws:s3:::things/all.zip" } });
  expect(readObject(cloud.scope(), "things", "all.zip")).toMatchObject({ contentType: "application/zip" });
});

test("CodePipeline's batch gives its artifacts, one by one or as one, however often it is asked for", async () => {
  const cloud = world();
  const listed = `${spec("  build-list: [{ identifier: a }, { identifier: b }]")}artifacts: { files: "**/*" }\n`;
  await createShop(cloud, listed, config);
  const { digest } = cloud.blobs.write(Buffer.from("zip"));
  const request = { projectName: "shop", source: { primary: { digest } }, initiator: "codepipeline/shop" };
  const ask = (token: string, more: object = {}) => cloud.change((scope) => ensureBuildBatch(scope, token, { ...request, ...more }));
  expect(ask("one")).toMatchObject({ status: "IN_PROGRESS" });
  expect(ask("two", { combineArtifacts: true })).toMatchObject({ status: "IN_PROGRESS" });
  const stopped = ask("three", { buildspecOverride: GRAPH });
  await cloud.advance("1s");
  cloud.change((scope) => stopBuildBatch(scope, stopped.id!));
  await cloud.advance("20s");
  expect(ask("one")).toMatchObject({ status: "SUCCEEDED", artifacts: { a: { digest }, b: { digest } } });
  expect(ask("two")).toMatchObject({ status: "SUCCEEDED", combined: { digest } });
  expect(ask("three")).toMatchObject({ status: "STOPPED", reason: expect.stringContaining("STOPPED") });
  expect(ask("four", { projectName: "none" })).toMatchObject({
    status: "FAILED",
    reason: expect.stringContaining("Project cannot be found"),
  });
  expect((await cloud.call(listBuildBatches, {})).ids).toHaveLength(3);
});

test("batches are listed, the newest first, and deleted with their builds", async () => {
  const cloud = world();
  await createShop(cloud, FAILING, config);
  await expect(startBatch(cloud, "version: 0.2\n")).resolves.toBeDefined();
  await cloud.advance("1m");
  const id = await startBatch(cloud);
  expect((await cloud.call(listBuildBatches, {})).ids![0]).toBe(id);
  expect((await cloud.call(listBuildBatches, { filter: { status: "FAILED" } })).ids).toHaveLength(1);
  expect((await cloud.call(listBuildBatchesForProject, { projectName: "shop", sortOrder: "ASCENDING" })).ids![1]).toBe(id);
  expect(await cloud.call(deleteBuildBatch, { id })).toMatchObject({ statusCode: "BATCH_IN_PROGRESS" });
  await cloud.advance("1m");
  const { statusCode, buildsDeleted } = await cloud.call(deleteBuildBatch, { id });
  expect([statusCode, buildsDeleted!.length]).toEqual(["BATCH_DELETED", 3]);
  expect((await cloud.call(listBuilds, {})).ids).toHaveLength(1);
});

test("a project without a role for batches starts none", async () => {
  const cloud = world();
  await createShop(cloud, GRAPH);
  await expect(startBatch(cloud)).rejects.toThrow("Build batch service role is required");
  await cloud.call(updateProject, { name: "shop", ...config });
  await expect(startBatch(cloud)).resolves.toBeDefined();
  // What is empty takes away what there was.
  const { project } = await cloud.call(updateProject, { name: "shop", buildBatchConfig: {}, vpcConfig: {} });
  expect(project).not.toHaveProperty("buildBatchConfig");
  expect(project).not.toHaveProperty("vpcConfig");
  await expect(startBatch(cloud)).rejects.toThrow("Build batch service role is required");
});

test("a batch ends the same whenever the power is cut", async () => {
  for (const buildspec of [GRAPH, FAILING.replace("batch:", "batch:\n  fast-fail: true")]) {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await createShop(cloud, buildspec, config);
      await startBatch(cloud);
      await cloud.advance("30s");
    });
  }
});

test("a batch that is stopped ends the same whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
    await createShop(cloud, GRAPH, config);
    const id = await startBatch(cloud);
    await cloud.advance("6s");
    // Whoever was not answered asks again.
    const stop = () => cloud.call(stopBatch, { id });
    await stop().catch(stop);
    await cloud.advance("10s");
    expect(await get(cloud, id)).toMatchObject({ buildBatchStatus: "STOPPED" });
  });
});
