import { expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { ids, lifecycles, scale, group as scalingGroup } from "../auto-scaling/auto-scaling.fixture.ts";
import { setDesiredCapacity } from "../auto-scaling/group.ts";
import { describeLifecycleHooks } from "../auto-scaling/lifecycle-hook.ts";
import { deployments } from "./deployment.ts";
import { instancesOf } from "./deployment-instance.ts";
import { deleteDeploymentGroup } from "./group.ts";
import { agents, createFleetGroup, deployTo, infoOf, serverWorld } from "./server.fixture.ts";

const SCALED = { autoScalingGroups: ["web"] };
const web = { AutoScalingGroupName: "web" };

test("a new instance gets the last good revision before it comes into service, and does not come where that fails", async () => {
  let isBroken = false;
  const cloud = serverWorld(agents((_, event) => isBroken && event === "Install"));
  await scale(cloud, 1);
  await createFleetGroup(cloud, SCALED);
  const { LifecycleHooks } = await cloud.call(describeLifecycleHooks, web);
  expect(LifecycleHooks).toMatchObject([
    {
      LifecycleHookName: expect.stringMatching(/^CodeDeploy-managed-automatic-launch-deployment-hook-live-/),
      HeartbeatTimeout: 600,
      DefaultResult: "ABANDON",
    },
  ]);
  await cloud.call(setDesiredCapacity, { ...web, DesiredCapacity: 2 });
  await cloud.advance("5s");
  expect(await lifecycles(cloud)).toEqual(["InService", "InService"]);
  await deployTo(cloud, "one.zip");
  await cloud.advance("1m");
  await cloud.call(setDesiredCapacity, { ...web, DesiredCapacity: 3 });
  await cloud.advance("1s");
  expect(await lifecycles(cloud)).toEqual(["InService", "InService", "Pending:Wait"]);
  await cloud.advance("10s");
  expect(await lifecycles(cloud)).toEqual(["InService", "InService", "InService"]);
  const launches = deployments.list(cloud.scope()).filter(({ creator }) => creator === "autoscaling");
  expect(launches.map(({ status, revision }) => [status, revision.s3Location!.key])).toEqual([["Succeeded", "one.zip"]]);
  isBroken = true;
  await cloud.call(setDesiredCapacity, { ...web, DesiredCapacity: 4 });
  await cloud.advance("10s");
  const inService = (await scalingGroup(cloud)).Instances!.filter(({ LifecycleState }) => LifecycleState === "InService");
  expect(inService).toHaveLength(3);
  await cloud.call(deleteDeploymentGroup, { applicationName: "web", deploymentGroupName: "live" });
  expect((await cloud.call(describeLifecycleHooks, web)).LifecycleHooks).toEqual([]);
});

test("who came up during a deployment is updated by a deployment of its own", async () => {
  const cloud = serverWorld();
  await scale(cloud, 2);
  await createFleetGroup(cloud, SCALED);
  await deployTo(cloud, "one.zip");
  await cloud.advance("1m");
  const before = await ids(cloud);
  const id = await deployTo(cloud, "two.zip");
  await cloud.call(setDesiredCapacity, { ...web, DesiredCapacity: 3 });
  await cloud.advance("1m");
  const fresh = (await ids(cloud)).find((instance) => !before.includes(instance));
  const [update] = deployments.list(cloud.scope()).filter(({ creator }) => creator === "CodeDeployAutoUpdate");
  expect(instancesOf(cloud.scope(), update!.id).map(({ targetId }) => targetId)).toEqual([fresh]);
  expect(await infoOf(cloud, update!.id)).toMatchObject({
    status: "Succeeded",
    revision: { s3Location: { key: "two.zip" } },
    relatedDeployments: { autoUpdateOutdatedInstancesRootDeploymentId: id },
  });
  expect((await infoOf(cloud, id)).relatedDeployments).toEqual({ autoUpdateOutdatedInstancesDeploymentIds: [update!.id] });
});

test("an instance that goes stops its application first, where that is asked for", async () => {
  const stops: string[] = [];
  const cloud = serverWorld({
    ...agents(),
    deploys: (_, event) => {
      stops.push(event);
      return "nothing";
    },
  });
  await scale(cloud, 1);
  await createFleetGroup(cloud, { ...SCALED, terminationHookEnabled: true });
  await deployTo(cloud, "one.zip");
  await cloud.advance("1m");
  stops.length = 0;
  await cloud.call(setDesiredCapacity, { ...web, DesiredCapacity: 0 });
  await cloud.advance("1m");
  expect(new Set(stops)).toEqual(new Set(["ApplicationStop"]));
  expect(deployments.list(cloud.scope()).map(({ creator }) => creator)).toContain("autoscalingTermination");
  expect(await ids(cloud)).toEqual([]);
});

test("whenever the power is cut, a launch ends the same", async () => {
  await endsTheSameWheneverThePowerIsCut(serverWorld, async (cloud) => {
    await scale(cloud, 1);
    await createFleetGroup(cloud, SCALED);
    await deployTo(cloud, "one.zip");
    await cloud.advance("1m");
    await cloud.call(setDesiredCapacity, { ...web, DesiredCapacity: 2 });
    await cloud.advance("1m");
  });
});
