import { describe, expect, test } from "vitest";
import { simulatedHands } from "../../compute/simulated.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { autoScaling } from "../auto-scaling/index.ts";
import { cloudwatch } from "../cloudwatch/index.ts";
import { ec2 } from "../ec2/index.ts";
import { elasticLoadBalancingV2 } from "../elastic-load-balancing-v2/index.ts";
import { iam } from "../iam/index.ts";
import { createRole } from "../iam/role.ts";
import { createFunction } from "../lambda/function-change.ts";
import { lambda } from "../lambda/index.ts";
import { zipOf } from "../lambda/zip.ts";
import { ssm } from "../ssm/index.ts";
import { createApplication } from "./application.ts";
import { listDeploymentConfigs } from "./config.ts";
import { getDeployment } from "./deployment.ts";
import { continueDeployment, stopDeployment } from "./deployment-control.ts";
import { createDeployment, createDeploymentTo } from "./deployment-create.ts";
import { ecsControl, routes, simulatedEcs, taskSets } from "./ecs.fixture.ts";
import { createDeploymentGroup } from "./group.ts";
import { codedeployWith } from "./index.ts";
import { executionId, putLifecycleEventHookExecutionStatus } from "./lambda.ts";
import { getDeploymentTarget } from "./target.ts";

const hands = simulatedHands(() => ({
  afterMs: 10,
  status: "SUCCEEDED",
  result: { invocation: { payload: "null", logTail: "", durationMs: 10, maxMemoryMb: 1 } },
}));
const services = [iam, ssm, cloudwatch, ec2, elasticLoadBalancingV2, autoScaling, lambda, simulatedEcs, codedeployWith(ecsControl)];
const world = (): World => new World({ services, hands });
const createEcsDeployment = createDeploymentTo(["ECS"]);

const ROLLBACK = { enabled: true, events: ["DEPLOYMENT_FAILURE" as const, "DEPLOYMENT_STOP_ON_REQUEST" as const] };

/** A service with a task set that has the traffic, and a group that moves it by a canary. */
async function shop(cloud: World, blueGreen: object = {}): Promise<void> {
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [] });
  await cloud.call(createRole, { RoleName: "deployer", AssumeRolePolicyDocument });
  const Role = `arn:aws:iam::${cloud.account}:role/deployer`;
  const ZipFile = zipOf([{ name: "index.js", bytes: Buffer.from("") }]);
  await cloud.call(createFunction, { FunctionName: "check", Role, Runtime: "nodejs22.x", Handler: "index.handler", Code: { ZipFile } });
  cloud.change((scope) => {
    taskSets.put(scope, { id: "old", targetGroup: "one", taskDefinition: "web:1", readyAt: 0, isPrimary: true });
    routes.put(scope, { id: "prod", weights: { one: 100 } });
  });
  await cloud.call(createApplication, { applicationName: "web", computePlatform: "ECS" });
  await cloud.call(createDeploymentGroup, {
    applicationName: "web",
    deploymentGroupName: "live",
    serviceRoleArn: Role,
    deploymentConfigName: "CodeDeployDefault.ECSCanary10Percent5Minutes",
    ecsServices: [{ clusterName: "cluster", serviceName: "web" }],
    loadBalancerInfo: {
      targetGroupPairInfoList: [
        {
          targetGroups: [{ name: "one" }, { name: "two" }],
          prodTrafficRoute: { listenerArns: ["prod"] },
          testTrafficRoute: { listenerArns: ["test"] },
        },
      ],
    },
    blueGreenDeploymentConfiguration: {
      terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE", terminationWaitTimeInMinutes: 10 },
      ...blueGreen,
    },
    autoRollbackConfiguration: ROLLBACK,
  });
}

async function deploy(cloud: World, TaskDefinition = "web:2", Hooks: object[] = []): Promise<string> {
  const Properties = { TaskDefinition, LoadBalancerInfo: { ContainerName: "web", ContainerPort: 80 } };
  const content = JSON.stringify({ version: 0, Resources: [{ TargetService: { Type: "AWS::ECS::Service", Properties } }], Hooks });
  const revision = { revisionType: "AppSpecContent", appSpecContent: { content } } as const;
  return (await cloud.call(createEcsDeployment, { applicationName: "web", deploymentGroupName: "live", revision })).deploymentId!;
}

const traffic = (cloud: World, listener = "prod") => routes.get(cloud.scope(), listener)?.weights;
const infoOf = async (cloud: World, deploymentId: string) => (await cloud.call(getDeployment, { deploymentId })).deploymentInfo!;

describe("a second task set", () => {
  test("is tested, gets a tenth of the traffic, all of it, and is the only one after a while", async () => {
    const cloud = world();
    await shop(cloud);
    const id = await deploy(cloud, "web:2", [{ AfterAllowTestTraffic: "check" }]);
    await cloud.advance("2m");
    expect([traffic(cloud), traffic(cloud, "test")]).toEqual([{ one: 100 }, { two: 100 }]);
    const lifecycleEventHookExecutionId = executionId(id, "AfterAllowTestTraffic");
    await cloud.call(putLifecycleEventHookExecutionStatus, { deploymentId: id, lifecycleEventHookExecutionId, status: "Succeeded" });
    expect(traffic(cloud)).toEqual({ one: 90, two: 10 });
    await cloud.advance("5m");
    expect(traffic(cloud)).toEqual({ two: 100 });
    expect(await infoOf(cloud, id)).toMatchObject({ status: "InProgress", instanceTerminationWaitTimeStarted: true });
    await cloud.advance("10m");
    expect((await infoOf(cloud, id)).status).toBe("Succeeded");
    expect(taskSets.list(cloud.scope()).map(({ taskDefinition, isPrimary }) => [taskDefinition, isPrimary])).toEqual([["web:2", true]]);
    const { deploymentTarget } = await cloud.call(getDeploymentTarget, { deploymentId: id, targetId: "cluster:web" });
    expect(deploymentTarget!.ecsTarget!.lifecycleEvents!.map(({ status }) => status)).toEqual(Array(8).fill("Succeeded"));
    expect(deploymentTarget!.ecsTarget!.taskSetsInfo).toMatchObject([
      { trafficWeight: 0, taskSetLabel: "Blue" },
      { trafficWeight: 100, taskSetLabel: "Green" },
    ]);
  });

  test("is taken away again when a hook says no, when its tasks do not start, when it is stopped", async () => {
    for (const trouble of ["hook", "tasks", "stop"] as const) {
      const cloud = world();
      await shop(cloud);
      const id = await deploy(
        cloud,
        trouble === "tasks" ? "broken" : "web:2",
        trouble === "hook" ? [{ AfterAllowTestTraffic: "check" }] : [],
      );
      await cloud.advance("2m");
      if (trouble === "stop") await cloud.call(stopDeployment, { deploymentId: id, autoRollbackEnabled: true });
      if (trouble === "hook") {
        const lifecycleEventHookExecutionId = executionId(id, "AfterAllowTestTraffic");
        await cloud.call(putLifecycleEventHookExecutionStatus, { deploymentId: id, lifecycleEventHookExecutionId, status: "Failed" });
      }
      await cloud.advance("1m");
      const { errorInformation, rollbackInfo } = await infoOf(cloud, id);
      expect(errorInformation!.code).toBe({ hook: "HOOK_EXECUTION_FAILURE", tasks: "ECS_UPDATE_ERROR", stop: "MANUAL_STOP" }[trouble]);
      expect((await infoOf(cloud, rollbackInfo!.rollbackDeploymentId!)).status).toBe("Succeeded");
      expect(traffic(cloud)).toEqual({ one: 100 });
      expect(taskSets.list(cloud.scope()).map(({ id: name }) => name)).toEqual(["old"]);
    }
  });

  test("waits for somebody to say that traffic may move", async () => {
    const cloud = world();
    await shop(cloud, { deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 30 } });
    const id = await deploy(cloud);
    await cloud.advance("2m");
    expect((await infoOf(cloud, id)).status).toBe("Ready");
    await cloud.call(continueDeployment, { deploymentId: id, deploymentWaitType: "READY_WAIT" });
    expect(traffic(cloud)).toEqual({ one: 90, two: 10 });
    await cloud.advance("5m");
    await cloud.call(continueDeployment, { deploymentId: id, deploymentWaitType: "TERMINATION_WAIT" });
    expect((await infoOf(cloud, id)).status).toBe("Succeeded");
    const late = await deploy(cloud, "web:3");
    await cloud.advance("40m");
    expect(await infoOf(cloud, late)).toMatchObject({ status: "Stopped", errorInformation: { code: "TIMEOUT" } });
  });

  test("ends the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await shop(cloud);
      await deploy(cloud);
      await cloud.advance("30m");
      await deploy(cloud, "broken");
      await cloud.advance("5m");
    });
  });
});

test("where there is no ECS, a deployment to it is refused by name", async () => {
  const cloud = new World({
    services: [iam, ssm, cloudwatch, ec2, elasticLoadBalancingV2, autoScaling, lambda, simulatedEcs, codedeployWith()],
    hands,
  });
  await shop(cloud);
  await expect(cloud.call(createDeployment, { applicationName: "web", deploymentGroupName: "live" })).rejects.toMatchObject({
    name: "NotImplemented",
    message: "Deployments to the ECS platform are not implemented.",
  });
});

test("what is predefined is called as AWS calls it", async () => {
  const { deploymentConfigsList } = await world().call(listDeploymentConfigs, {});
  const names = deploymentConfigsList!.map((name) => name.replace("CodeDeployDefault.", ""));
  expect(names).toContain("ECSLinear10PercentEvery1Minutes");
  expect(names).toContain("LambdaLinear10PercentEvery1Minute");
  expect(names).toContain("LambdaLinear10PercentEvery10Minutes");
  expect(names).toHaveLength(17);
});
