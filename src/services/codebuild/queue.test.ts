import { expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { listBuildsForProject, startBuild, stopBuild } from "./build-operations.ts";
import { createShop, get, start, variables, world } from "./codebuild.fixture.ts";
import { batchGetFleets, createFleet, deleteFleet, listFleets, updateFleet } from "./fleet.ts";
import { updateProject } from "./project.ts";

const PHASES = "phases: { build: { commands: [make] } }";
const BUILDSPEC = `version: 0.2\n${PHASES}\n`;
const FLEET = { name: "machines", baseCapacity: 1, environmentType: "LINUX_CONTAINER", computeType: "BUILD_GENERAL1_SMALL" } as const;
const ENVIRONMENT = { type: "LINUX_CONTAINER", image: "i", computeType: "BUILD_GENERAL1_SMALL" } as const;

test("a project runs as many builds at a time as it may", async () => {
  const cloud = world();
  await createShop(cloud, BUILDSPEC, { concurrentBuildLimit: 1 });
  await start(cloud);
  await expect(start(cloud)).rejects.toThrow("Project-level concurrent build limit cannot exceed the limit of 1 builds");
  await cloud.advance("10s");
  await expect(start(cloud)).resolves.toBeDefined();
});

test("on a fleet builds wait for a machine, in their order, and not for ever", async () => {
  const cloud = world();
  const { fleet } = await cloud.call(createFleet, FLEET);
  await createShop(cloud, BUILDSPEC, { environment: { ...ENVIRONMENT, fleet: { fleetArn: fleet!.arn! } }, queuedTimeoutInMinutes: 5 });
  const first = await start(cloud, { TAKES: "60" });
  await cloud.advance("1s");
  const second = await start(cloud);
  const third = await start(cloud, { TAKES: "3600" });
  await cloud.advance("30s");
  expect([(await get(cloud, second)).currentPhase, (await get(cloud, third)).currentPhase]).toEqual(["QUEUED", "QUEUED"]);
  expect(cloud.why(`arn:aws:codebuild:eu-west-1:111122223333:build/${second}`)).toEqual([`the fleet ${fleet!.arn} has no machine free`]);
  await cloud.advance("60s");
  expect(await get(cloud, first)).toMatchObject({ buildStatus: "SUCCEEDED" });
  expect((await get(cloud, second)).phases![1]).toMatchObject({ phaseType: "QUEUED", phaseStatus: "SUCCEEDED", durationInSeconds: 61 });
  expect(await get(cloud, third)).toMatchObject({ currentPhase: "BUILD" });
  const fourth = await start(cloud);
  await cloud.advance("5m");
  expect(await get(cloud, fourth)).toMatchObject({
    buildStatus: "TIMED_OUT",
    phases: [{}, { phaseType: "QUEUED", phaseStatus: "TIMED_OUT" }, { phaseType: "COMPLETED" }],
  });
  const fifth = await start(cloud);
  await cloud.advance("1s");
  await cloud.call(stopBuild, { id: fifth });
  expect(await get(cloud, fifth)).toMatchObject({ buildStatus: "STOPPED" });
});

test("a fleet's network has to be there, and its proxy to let everything pass", async () => {
  const cloud = world();
  const create = (more: object) =>
    cloud.call(createFleet, {
      name: "machines",
      baseCapacity: 1,
      environmentType: "LINUX_CONTAINER",
      computeType: "BUILD_GENERAL1_SMALL",
      ...more,
    });
  const vpcConfig = { vpcId: "vpc-0", subnets: ["subnet-0"], securityGroupIds: ["sg-0"] };
  await expect(create({ vpcConfig })).rejects.toThrow("The vpc ID 'vpc-0' does not exist");
  const rule = { type: "DOMAIN", effect: "DENY", entities: ["example.com"] };
  for (const proxyConfiguration of [{ defaultBehavior: "DENY_ALL" }, { orderedProxyRules: [rule] }])
    await expect(create({ proxyConfiguration })).rejects.toThrow("Proxy rules that deny are not implemented by Slipway.");
  await create({ proxyConfiguration: { defaultBehavior: "ALLOW_ALL", orderedProxyRules: [] } });
});

test("a fleet that may scale, or lets builds go elsewhere, makes nobody wait", async () => {
  const cloud = world();
  const { fleet } = await cloud.call(createFleet, FLEET);
  await createShop(cloud, BUILDSPEC, { environment: { ...ENVIRONMENT, fleet: { fleetArn: fleet!.arn! } } });
  const ids = [await start(cloud), await start(cloud), await start(cloud)];
  const phases = async () => Promise.all(ids.map(async (id) => (await get(cloud, id)).currentPhase));
  await cloud.advance("500ms");
  expect(await phases()).toEqual(["PRE_BUILD", "QUEUED", "QUEUED"]);
  const scalingConfiguration = { scalingType: "TARGET_TRACKING_SCALING", maxCapacity: 2 } as const;
  await cloud.call(updateFleet, { arn: fleet!.arn!, scalingConfiguration });
  await cloud.advance("500ms");
  expect((await phases()).filter((phase) => phase === "QUEUED")).toHaveLength(1);
  await cloud.call(updateFleet, { arn: fleet!.arn!, overflowBehavior: "ON_DEMAND" });
  expect(await phases()).not.toContain("QUEUED");
});

test("fleets are found by name and ARN, refused and deleted", async () => {
  const cloud = world();
  const { fleet } = await cloud.call(createFleet, FLEET);
  expect(fleet).toMatchObject({ name: "machines", status: { statusCode: "ACTIVE" }, overflowBehavior: "QUEUE", baseCapacity: 1 });
  await expect(cloud.call(createFleet, FLEET)).rejects.toThrow("Fleet already exists: machines");
  await expect(cloud.call(createFleet, { ...FLEET, name: "x1", computeType: "CUSTOM_INSTANCE_TYPE" })).rejects.toThrow(
    "Compute configuration is required",
  );
  const found = await cloud.call(batchGetFleets, { names: ["machines", fleet!.arn!, "none"] });
  expect([found.fleets!.length, found.fleetsNotFound]).toEqual([2, ["none"]]);
  expect((await cloud.call(listFleets, {})).fleets).toEqual([fleet!.arn]);
  await cloud.call(deleteFleet, { arn: fleet!.arn! });
  expect((await cloud.call(listFleets, {})).fleets).toEqual([]);
  await createShop(cloud, BUILDSPEC, { environment: { ...ENVIRONMENT, fleet: { fleetArn: fleet!.arn! } } });
  await expect(start(cloud)).rejects.toThrow(`Fleet cannot be found: ${fleet!.arn}`);
});

test("a build that takes too long ends at its deadline", async () => {
  const cloud = world();
  await createShop(cloud, BUILDSPEC, { timeoutInMinutes: 5 });
  const id = await start(cloud, { TAKES: "3600" });
  await cloud.advance("299s");
  expect(await get(cloud, id)).toMatchObject({ buildStatus: "IN_PROGRESS" });
  await cloud.advance("1s");
  const late = await get(cloud, id);
  expect(late).toMatchObject({ buildStatus: "TIMED_OUT" });
  expect(late.phases!.find(({ phaseType }) => phaseType === "BUILD")).toMatchObject({
    phaseStatus: "TIMED_OUT",
    contexts: [{ statusCode: "BUILD_TIMED_OUT", message: "Build has timed out. " }],
  });
});

test("a failed build is started again as often as its project says", async () => {
  const cloud = world();
  await createShop(cloud, BUILDSPEC, { autoRetryLimit: 2 });
  const id = await start(cloud, { FAIL: "yes" });
  await cloud.advance("1m");
  const { ids } = await cloud.call(listBuildsForProject, { projectName: "shop", sortOrder: "ASCENDING" });
  expect(ids).toHaveLength(3);
  const arn = (nth: number): string => `arn:aws:codebuild:eu-west-1:111122223333:build/${ids![nth]}`;
  expect((await get(cloud, id)).autoRetryConfig).toEqual({ autoRetryLimit: 2, autoRetryNumber: 0, nextAutoRetry: arn(1) });
  expect((await get(cloud, ids![2]!)).autoRetryConfig).toEqual({ autoRetryLimit: 2, autoRetryNumber: 2, previousAutoRetry: arn(1) });
  await cloud.call(updateProject, { name: "shop", autoRetryLimit: 0 });
  await start(cloud, { FAIL: "yes" });
  await cloud.advance("1m");
  expect((await cloud.call(listBuildsForProject, { projectName: "shop" })).ids).toHaveLength(4);
});

test.each([
  ["RETRY-1", 2],
  ["RETRY-2-exit status 1", 3],
  ["RETRY-no such message", 1],
  ["ABORT", 1],
])("on-failure: %s makes %i builds of one", async (onFailure, count) => {
  const cloud = world();
  await createShop(cloud, BUILDSPEC);
  await cloud.call(startBuild, {
    projectName: "shop",
    buildspecOverride: `version: 0.2\nphases: { build: { commands: [make], on-failure: ${onFailure} } }\n`,
    environmentVariablesOverride: variables({ FAIL: "yes" }),
  });
  await cloud.advance("2m");
  expect((await cloud.call(listBuildsForProject, { projectName: "shop" })).ids).toHaveLength(count);
});

test("a queue and retries end the same whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
    const { fleet } = await cloud.call(createFleet, FLEET);
    await createShop(cloud, BUILDSPEC, { environment: { ...ENVIRONMENT, fleet: { fleetArn: fleet!.arn! } }, autoRetryLimit: 1 });
    await start(cloud, { FAIL: "yes" });
    await start(cloud);
    await cloud.advance("1m");
  });
});
