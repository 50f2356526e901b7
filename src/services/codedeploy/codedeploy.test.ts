import { describe, expect, test } from "vitest";
import type { InvokeSpec } from "../../compute/job.ts";
import { simulatedHands } from "../../compute/simulated.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { putMetricAlarm, setAlarmState } from "../cloudwatch/alarm.ts";
import { cloudwatch } from "../cloudwatch/index.ts";
import { iam } from "../iam/index.ts";
import { createRole } from "../iam/role.ts";
import { createAlias, getAlias } from "../lambda/alias.ts";
import { createFunction, updateFunctionCode } from "../lambda/function-change.ts";
import { lambda } from "../lambda/index.ts";
import { publishVersion } from "../lambda/version.ts";
import { zipOf } from "../lambda/zip.ts";
import { aliasUpdate } from "./alias-update.ts";
import { createApplication } from "./application.ts";
import { lambdaAppSpec } from "./appspec.ts";
import { deployments, getDeployment, listDeployments } from "./deployment.ts";
import { stopDeployment } from "./deployment-control.ts";
import { createDeployment } from "./deployment-create.ts";
import { createDeploymentGroup, groups } from "./group.ts";
import { codedeploy } from "./index.ts";
import { executionId, putLifecycleEventHookExecutionStatus } from "./lambda.ts";
import { getDeploymentTarget } from "./target.ts";

const hands = simulatedHands(({ spec }) => ({
  afterMs: 10,
  status: "SUCCEEDED",
  result: { invocation: { payload: (spec as InvokeSpec).payload, logTail: "", durationMs: 10, maxMemoryMb: 1 } },
}));
const world = (trust: "open" | "enforced" = "open"): World => new World({ services: [iam, cloudwatch, lambda, codedeploy], hands, trust });

/** A function with two versions, an alias at the first, an alarm, and a group with a canary of 10 % for 5 minutes. */
async function shop(cloud: World): Promise<void> {
  const zip = (text: string) => zipOf([{ name: "index.js", bytes: Buffer.from(text) }]);
  await cloud.call(createRole, { RoleName: "worker", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [] }) });
  const Role = `arn:aws:iam::${cloud.account}:role/worker`;
  for (const FunctionName of ["shop", "CodeDeployHook_check"]) {
    await cloud.call(createFunction, {
      FunctionName,
      Role,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Code: { ZipFile: zip("one") },
    });
  }
  await cloud.call(publishVersion, { FunctionName: "shop" });
  await cloud.call(updateFunctionCode, { FunctionName: "shop", ZipFile: zip("two") });
  await cloud.call(publishVersion, { FunctionName: "shop" });
  await cloud.call(createAlias, { FunctionName: "shop", Name: "live", FunctionVersion: "1" });
  const threshold = {
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
    TreatMissingData: "notBreaching",
  } as const;
  await cloud.call(putMetricAlarm, { AlarmName: "errors", Namespace: "AWS/Lambda", MetricName: "Errors", Statistic: "Sum", ...threshold });
  await cloud.call(createApplication, { applicationName: "shop", computePlatform: "Lambda" });
  await cloud.call(createDeploymentGroup, {
    applicationName: "shop",
    deploymentGroupName: "live",
    deploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
    serviceRoleArn: Role,
    alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] },
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"] },
  });
}

async function deploy(cloud: World, hooks: object = {}): Promise<string> {
  const content = lambdaAppSpec({ functionName: "shop", alias: "live", currentVersion: "1", targetVersion: "2", hooks });
  const revision = { revisionType: "AppSpecContent", appSpecContent: { content } } as const;
  return (await cloud.call(createDeployment, { applicationName: "shop", deploymentGroupName: "live", revision })).deploymentId!;
}

const aliasIn = async (cloud: World) => {
  const { FunctionVersion, RoutingConfig } = await cloud.call(getAlias, { FunctionName: "shop", Name: "live" });
  return { version: FunctionVersion, weights: RoutingConfig?.AdditionalVersionWeights };
};
const info = async (cloud: World, deploymentId: string) => (await cloud.call(getDeployment, { deploymentId })).deploymentInfo!;
const alarm = (cloud: World) => cloud.call(setAlarmState, { AlarmName: "errors", StateValue: "ALARM", StateReason: "test" });

describe("a canary", () => {
  test("gives a tenth of the traffic for five minutes, and then all of it", async () => {
    const cloud = world();
    await shop(cloud);
    const id = await deploy(cloud);
    expect(await aliasIn(cloud)).toEqual({ version: "1", weights: { "2": 0.1 } });
    await cloud.advance("4m59s");
    expect((await info(cloud, id)).status).toBe("InProgress");
    await cloud.advance("1s");
    expect(await aliasIn(cloud)).toEqual({ version: "2", weights: undefined });
    expect((await info(cloud, id)).status).toBe("Succeeded");
  });

  test("is taken back by a deployment of its own when an alarm goes off", async () => {
    const cloud = world();
    await shop(cloud);
    const id = await deploy(cloud);
    await cloud.advance("2m");
    await alarm(cloud);
    expect(await aliasIn(cloud)).toEqual({ version: "1", weights: undefined });
    const { status, errorInformation, rollbackInfo } = await info(cloud, id);
    expect({ status, code: errorInformation!.code }).toEqual({ status: "Stopped", code: "ALARM_ACTIVE" });
    expect(await info(cloud, rollbackInfo!.rollbackDeploymentId!)).toMatchObject({ status: "Succeeded", creator: "codeDeployRollback" });
    expect((await cloud.call(listDeployments, { applicationName: "shop", deploymentGroupName: "live" })).deployments).toHaveLength(2);
  });

  test("stops when it is told to", async () => {
    const cloud = world();
    await shop(cloud);
    const id = await deploy(cloud);
    await cloud.call(stopDeployment, { deploymentId: id, autoRollbackEnabled: true });
    expect(await info(cloud, id)).toMatchObject({ status: "Stopped", errorInformation: { code: "MANUAL_STOP" } });
    expect(await aliasIn(cloud)).toEqual({ version: "1", weights: undefined });
    await expect(cloud.call(stopDeployment, { deploymentId: id })).rejects.toMatchObject({ name: "DeploymentAlreadyCompletedException" });
  });
});

describe("a hook", () => {
  const hooks = { BeforeAllowTraffic: "CodeDeployHook_check" };

  test("lets the traffic move when it reports success, and not when it reports a failure", async () => {
    for (const status of ["Succeeded", "Failed"] as const) {
      const cloud = world();
      await shop(cloud);
      const deploymentId = await deploy(cloud, hooks);
      expect(await aliasIn(cloud)).toEqual({ version: "1", weights: undefined });
      await cloud.call(putLifecycleEventHookExecutionStatus, {
        deploymentId,
        lifecycleEventHookExecutionId: executionId(deploymentId, "BeforeAllowTraffic"),
        status,
      });
      await cloud.advance("10m");
      expect((await info(cloud, deploymentId)).status).toBe(status);
      const { deploymentTarget } = await cloud.call(getDeploymentTarget, { deploymentId, targetId: "shop:live" });
      expect(deploymentTarget!.lambdaTarget!.lifecycleEvents![0]).toMatchObject({ lifecycleEventName: "BeforeAllowTraffic", status });
    }
  });

  test("after the traffic has moved gives all of it back when it fails", async () => {
    const cloud = world();
    await shop(cloud);
    const deploymentId = await deploy(cloud, { AfterAllowTraffic: "CodeDeployHook_check" });
    await cloud.advance("5m");
    expect(await aliasIn(cloud)).toEqual({ version: "2", weights: undefined });
    const lifecycleEventHookExecutionId = executionId(deploymentId, "AfterAllowTraffic");
    await cloud.call(putLifecycleEventHookExecutionStatus, { deploymentId, lifecycleEventHookExecutionId, status: "Failed" });
    expect((await info(cloud, deploymentId)).status).toBe("Failed");
    expect(await aliasIn(cloud)).toEqual({ version: "1", weights: undefined });
  });

  test("that says nothing for an hour has failed", async () => {
    const cloud = world();
    await shop(cloud);
    const id = await deploy(cloud, hooks);
    await cloud.advance("61m");
    expect(await info(cloud, id)).toMatchObject({
      status: "Failed",
      errorInformation: { message: "The lifecycle event hook CodeDeployHook_check did not report back within an hour." },
    });
  });
});

test("CloudFormation moves an alias by a deployment, and hears why it failed", async () => {
  const cloud = world();
  await shop(cloud);
  const request = {
    token: "update-1",
    id: "alias",
    type: "AWS::Lambda::Alias",
    settings: { ApplicationName: "shop", DeploymentGroupName: "live" },
    previous: { FunctionName: "shop", Name: "live", FunctionVersion: "1" },
    declared: { FunctionName: "shop", Name: "live", FunctionVersion: "2" },
    stackId: "stack",
  };
  expect(cloud.change((scope) => aliasUpdate.ensure(scope, request))).toMatchObject({ state: "busy" });
  await alarm(cloud);
  expect(cloud.change((scope) => aliasUpdate.ensure(scope, request))).toMatchObject({
    state: "failed",
    reason: expect.stringContaining("Activated alarms: <errors>"),
  });
});

describe("whenever the power is cut", () => {
  test("a canary that is taken back ends the same", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await shop(cloud);
      await deploy(cloud);
      await cloud.advance("2m");
      await alarm(cloud);
      await cloud.advance("10m");
    });
  });

  test("a deployment with hooks ends the same", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await shop(cloud);
      const deploymentId = await deploy(cloud, { BeforeAllowTraffic: "CodeDeployHook_check" });
      await cloud.advance("1m");
      await cloud.call(putLifecycleEventHookExecutionStatus, {
        deploymentId,
        lifecycleEventHookExecutionId: executionId(deploymentId, "BeforeAllowTraffic"),
        status: "Succeeded",
      });
      await cloud.advance("10m");
    });
  });
});

test("refuses as CodeDeploy does", async () => {
  const cloud = world();
  await shop(cloud);
  await expect(cloud.call(createDeployment, { applicationName: "none", deploymentGroupName: "x" })).rejects.toThrow(
    "No application found for name: none",
  );
  const appSpecContent = { content: "version: 0.0\nResources: []" };
  const revision = { revisionType: "AppSpecContent", appSpecContent } as const;
  await expect(cloud.call(createDeployment, { applicationName: "shop", deploymentGroupName: "live", revision })).rejects.toMatchObject({
    name: "InvalidRevisionException",
  });
});

describe("a deployment fails before it moves anything", () => {
  const failure = async (cloud: World, id: string) => {
    expect(await aliasIn(cloud)).toMatchObject({ version: expect.any(String), weights: undefined });
    return (await info(cloud, id)).errorInformation;
  };

  test("where the function, a version or a hook is missing, or the alias is elsewhere", async () => {
    const cloud = world();
    await shop(cloud);
    const spec = { functionName: "shop", alias: "live", currentVersion: "1", targetVersion: "2", hooks: {} };
    const attempt = async (change: object): Promise<string> => {
      const content = lambdaAppSpec({ ...spec, ...change });
      const revision = { revisionType: "AppSpecContent", appSpecContent: { content } } as const;
      return (await cloud.call(createDeployment, { applicationName: "shop", deploymentGroupName: "live", revision })).deploymentId!;
    };
    for (const [change, code, message] of [
      [{ functionName: "none" }, "INVALID_LAMBDA_FUNCTION", /function none does not exist/],
      [{ alias: "none" }, "INVALID_LAMBDA_FUNCTION", /alias none of the function shop does not exist/],
      [{ targetVersion: "9" }, "INVALID_LAMBDA_FUNCTION", /version 9 of the function shop does not exist/],
      [
        { currentVersion: "2", targetVersion: "2" },
        "INVALID_LAMBDA_CONFIGURATION",
        /points to version 1, and the AppSpec file says that it points to 2/,
      ],
      [{ hooks: { BeforeAllowTraffic: "none" } }, "HOOK_EXECUTION_FAILURE", /hook none does not exist/],
    ] as const)
      expect(await failure(cloud, await attempt(change))).toEqual({ code, message: expect.stringMatching(message) });
  });

  test("where IAM is enforced and its role may not move the alias", async () => {
    const cloud = world("enforced");
    await shop(cloud);
    const id = await deploy(cloud);
    expect(await failure(cloud, id)).toEqual({
      code: "IAM_ROLE_PERMISSIONS",
      message: expect.stringContaining("does not give you permission to perform operations in the following AWS service: AWSLambda."),
    });
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "lambda:*", Resource: "*" } });
    await cloud.call(iam.operations.find(({ name }) => name === "PutRolePolicy")!, {
      RoleName: "worker",
      PolicyName: "move",
      PolicyDocument,
    });
    const next = await deploy(cloud);
    await cloud.advance("5m");
    expect((await info(cloud, next)).status).toBe("Succeeded");
  });
});

test("a canary of before other platforms goes on", async () => {
  const cloud = world();
  await shop(cloud);
  const id = await deploy(cloud);
  const { lambda, platform: _, nth: __, ...row } = deployments.get(cloud.scope(), id)!;
  const { settings: ___, ...group } = groups.get(cloud.scope(), "shop/live")!;
  // What an earlier version has written, found at boot.
  const old = [
    [deployments, id, { ...row, ...lambda! }],
    [groups, "shop/live", { ...group, platformSettings: { outdatedInstancesStrategy: "IGNORE" } }],
  ] as const;
  for (const [table, rowId, value] of old) {
    cloud.disk.putRow(table.path(cloud.scope(), rowId), JSON.stringify(value));
    cloud.disk.putMeta(`version:${table.name}`, "1");
  }
  cloud.cutPowerAfterCommit(1);
  await cloud.advance("5m");
  expect(cloud.powerCuts).toBe(1);
  expect((await info(cloud, id)).status).toBe("Succeeded");
  expect(groups.get(cloud.scope(), "shop/live")!.settings).toEqual({ outdatedInstancesStrategy: "IGNORE" });
});
