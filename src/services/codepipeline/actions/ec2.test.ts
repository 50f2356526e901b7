import { describe, expect, test } from "vitest";
import type { InstanceCommandSpec } from "../../../compute/job.ts";
import { EVENTS, events, logLines, logSeries } from "../../../kernel/facts.ts";
import type { ActionDeclaration } from "../../../sdk/codepipeline.js";
import { handsThat } from "../../../testing/hands.ts";
import type { CommandDoing } from "../../../testing/instance.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../../testing/power.ts";
import { World } from "../../../testing/world.ts";
import { cloudformation } from "../../cloudformation/index.ts";
import { cloudwatch } from "../../cloudwatch/index.ts";
import { codebuild } from "../../codebuild/index.ts";
import { codecommit } from "../../codecommit/index.ts";
import { codeconnections } from "../../codeconnections/index.ts";
import { launchFleet } from "../../codedeploy/server.fixture.ts";
import { ec2 } from "../../ec2/index.ts";
import { balance } from "../../elastic-load-balancing-v2/elastic-load-balancing-v2.fixture.ts";
import { elasticLoadBalancingV2 } from "../../elastic-load-balancing-v2/index.ts";
import { registerTargets, targets } from "../../elastic-load-balancing-v2/target.ts";
import { eventbridge } from "../../eventbridge/index.ts";
import { iam } from "../../iam/index.ts";
import { lambda } from "../../lambda/index.ts";
import { putObject } from "../../s3/api.ts";
import { s3 } from "../../s3/index.ts";
import { ssm } from "../../ssm/index.ts";
import { sts } from "../../sts/index.ts";
import { actionsOf, create, latest, pipelineName, pipelineOf, prepare, source, start } from "../codepipeline.fixture.ts";
import { listDeployActionExecutionTargets } from "../deploy-target.ts";
import { codepipeline } from "../index.ts";
import { deletePipeline } from "../pipeline.ts";
import { retryStageExecution } from "../retry.ts";
import { stopPipelineExecution } from "../stop.ts";
import { zipOf } from "../zip.ts";

type Runs = (instanceId: string, spec: InstanceCommandSpec) => CommandDoing;

const FLEET = { InstanceTagKey: "stage", InstanceTagValue: "live", InstanceType: "EC2" };
const INLINE = { ...FLEET, TargetDirectory: "/srv/app/", PostScript: "scripts/start.sh" };

const deployTo = (configuration: Record<string, string>): ActionDeclaration => ({
  name: "Fleet",
  actionTypeId: { category: "Deploy", owner: "AWS", provider: "EC2", version: "1" },
  configuration,
  inputArtifacts: [{ name: "Source" }],
});

const world = (runs: Runs = () => ({ takesMs: 10_000 })): World => {
  const before = [iam, sts, ssm, cloudwatch, s3, ec2, elasticLoadBalancingV2, eventbridge, lambda, codecommit];
  const services = [...before, cloudformation, codeconnections, codebuild, codepipeline];
  return new World({ services, hands: handsThat({ instance: { runs, answer: () => ({ status: 200 }) } }) });
};

async function fleetOf(cloud: World, count: number, configuration: Record<string, string>): Promise<string[]> {
  await prepare(cloud);
  const ids = await launchFleet(cloud, count);
  await launchFleet(cloud, 1, "next");
  await create(cloud, pipelineOf([source, deployTo(configuration)], { pipelineType: "V2" }));
  return ids;
}

async function targetsOf(cloud: World, more: object = {}) {
  const { actionExecutionId } = (await actionsOf(cloud)).find(({ actionName }) => actionName === "Fleet")!;
  return (await cloud.call(listDeployActionExecutionTargets, { pipelineName, actionExecutionId: actionExecutionId!, ...more })).targets!;
}

const told = async (cloud: World) =>
  (await targetsOf(cloud)).map(({ status, events: all }) => `${status} ${all!.map((one) => one.status)}`);

test("each instance with the tag gets the files and runs the scripts, some at a time", async () => {
  const given: InstanceCommandSpec[] = [];
  const cloud = world((_, spec) => {
    if (!given.includes(spec)) given.push(spec);
    return { takesMs: 10_000 };
  });
  const ids = await fleetOf(cloud, 3, { ...INLINE, PreScript: "scripts/stop.sh", MaxBatch: "67%" });
  await cloud.advance("5s");
  expect((await targetsOf(cloud)).map(({ status }) => status).sort()).toEqual(["IN_PROGRESS", "IN_PROGRESS", "PENDING"]);
  await cloud.advance("30s");
  expect((await told(cloud)).sort()).toEqual([
    "IN_PROGRESS IN_PROGRESS,PENDING,PENDING",
    "SUCCEEDED SUCCEEDED,SUCCEEDED,SUCCEEDED",
    "SUCCEEDED SUCCEEDED,SUCCEEDED,SUCCEEDED",
  ]);
  await cloud.advance("1m");
  expect((await latest(cloud)).status).toBe("Succeeded");
  expect((await targetsOf(cloud)).map(({ targetId }) => targetId)).toEqual([...ids].sort());
  expect((await targetsOf(cloud))[0]).toMatchObject({
    targetType: "EC2_INSTANCE",
    events: [{ name: "BEFORE_DEPLOY", context: { ssmCommandId: expect.stringMatching(/^[0-9a-f-]{36}$/) } }, { name: "DEPLOY" }, {}],
  });
  const [before, deploy, after] = ["stop.sh", "cp -af", "start.sh"].map(
    (word) => given.find(({ commands }) => commands.join().includes(word))!,
  );
  expect(before!.download).toMatchObject({ bucket: "artifacts", key: expect.stringMatching(/^shop\/Source\/\w{7}\.zip$/) });
  expect(deploy).toMatchObject({ commands: expect.arrayContaining(["mkdir -p '/srv/app'", "cp -af . '/srv/app'/"]) });
  expect(deploy!.download).toBeUndefined();
  expect(after!.commands.slice(1)).toEqual(["cd '/srv/app'", "chmod u+x '/srv/app/scripts/start.sh'", "'/srv/app/scripts/start.sh'"]);
});

test("one that fails fails the action, and the rest is not touched; a retry begins with it and leaves out who is through", async () => {
  let isBroken = true;
  const begun: string[] = [];
  const cloud = world((id, { commands }) => {
    if (commands.join().includes("mkdir") && !begun.includes(id)) begun.push(id);
    return commands.join().includes("start.sh") && isBroken && begun.length === 2
      ? { exitCode: 127, output: "start.sh: No such file or directory\n" }
      : {};
  });
  await fleetOf(cloud, 3, { ...INLINE, MaxBatch: "1" });
  await cloud.advance("1m");
  const { pipelineExecutionId, status } = await latest(cloud);
  expect(status).toBe("Failed");
  const [, second] = begun;
  const message = "----------ERROR-------\nstart.sh: No such file or directory\nfailed to run commands: exit status 127";
  expect((await told(cloud)).sort()).toEqual(["FAILED PENDING,PENDING", "FAILED SUCCEEDED,FAILED", "SUCCEEDED SUCCEEDED,SUCCEEDED"]);
  expect((await targetsOf(cloud)).find(({ targetId }) => targetId === second)!.events![1]!.context!.message).toBe(message);
  const run = (await actionsOf(cloud))[0]!;
  expect(run.output!.executionResult).toMatchObject({
    errorDetails: { code: "JobFailed", message: `Deployment failed on 1 of 3 instances: ${second}` },
    logStreamARN: expect.stringMatching(/:log-group:\/aws\/codepipeline\/shop:log-stream:/),
  });
  const log = logLines.read(cloud.scope(), logSeries("/aws/codepipeline/shop", run.actionExecutionId!)).map(({ value }) => value.message);
  expect(log).toContain(`Instance ${second} is FAILED on event AFTER_DEPLOY, message:\n${message}`);
  isBroken = false;
  const [first] = begun.splice(0);
  const retry = { pipelineName, stageName: "Deploy", pipelineExecutionId: pipelineExecutionId!, retryMode: "FAILED_ACTIONS" } as const;
  await cloud.call(retryStageExecution, retry);
  await cloud.advance("1m");
  expect((await latest(cloud)).status).toBe("Succeeded");
  expect(begun[0]).toBe(second);
  expect(begun).not.toContain(first);
  expect(await targetsOf(cloud, { filters: [{ name: "TARGET_STATUS", values: ["SKIPPED"] }] })).toMatchObject([{ targetId: first }]);
});

test("as many may fail as are allowed", async () => {
  let failing = "";
  const cloud = world((id) => {
    failing ||= id;
    return { exitCode: id === failing ? 1 : 0 };
  });
  await fleetOf(cloud, 3, { ...INLINE, MaxBatch: "1", MaxError: "34%" });
  await cloud.advance("1m");
  expect((await latest(cloud)).status).toBe("Succeeded");
  expect((await told(cloud)).sort()).toEqual(["FAILED FAILED,PENDING", "SUCCEEDED SUCCEEDED,SUCCEEDED", "SUCCEEDED SUCCEEDED,SUCCEEDED"]);
});

describe("a target group", () => {
  test("has no instance while it is deployed to, and those that failed do not come back", async () => {
    const inGroup = (): string[] =>
      targets.list(cloud.scope()).flatMap(({ targetId, state }) => (state === "draining" || state === "unused" ? [] : [targetId]));
    let failing: string | undefined;
    const cloud = world((id) => {
      expect(inGroup()).not.toContain(id);
      return { takesMs: 5_000, exitCode: id === failing ? 1 : 0 };
    });
    const ids = await fleetOf(cloud, 2, { ...INLINE, TargetGroupNameList: "web", MaxBatch: "1" });
    expect((await actionsOf(cloud))[0]!.output!.executionResult!.errorDetails!.message).toBe("The target group web does not exist.");
    const { groupArn } = await balance(cloud);
    await cloud.call(registerTargets, { TargetGroupArn: groupArn, Targets: ids.map((Id) => ({ Id, Port: 8080 })) });
    await cloud.advance("1m");
    await start(cloud);
    await cloud.advance("30m");
    expect((await latest(cloud)).status).toBe("Succeeded");
    expect(inGroup().sort()).toEqual([...ids].sort());
    expect(targets.list(cloud.scope()).map(({ port }) => port)).toEqual([8080, 8080]);
    failing = (await targetsOf(cloud))[0]!.targetId!;
    await start(cloud);
    await cloud.advance("30m");
    expect((await latest(cloud)).status).toBe("Failed");
    expect(inGroup()).not.toContain(failing);
  });
});

describe("a deploy spec file", () => {
  const SPEC = [
    "version: 0.1",
    "files:",
    "  - source: /index.html",
    "    destination: /var/www/html/",
    "permissions:",
    "  - object: /var/www/html",
    "    mode: 0644",
    "    owner: www",
    "    type: [file]",
    "scripts:",
    "  AfterDeploy:",
    "    - location: scripts/start",
    "      timeout: 300",
    "      runas: shop",
  ].join("\n");
  const HOOKS = "version: 0.0\nos: linux\nhooks:\n  BeforeInstall: [{ location: stop.sh }]\n  ValidateService: [{ location: check.sh }]\n";

  async function commandsFor(specification: string): Promise<string[][]> {
    const given: string[][] = [];
    const cloud = world((_, { commands }) => {
      if (!given.some((one) => one.join() === commands.join())) given.push([...commands]);
      return {};
    });
    await prepare(cloud);
    await launchFleet(cloud, 1);
    cloud.change((scope) => putObject(scope, "source", "app.zip", scope.blobs.write(zipOf("deploy.yaml", Buffer.from(specification)))));
    await create(cloud, pipelineOf([source, deployTo({ ...FLEET, DeploySpec: "deploy.yaml" })], { pipelineType: "V2" }));
    await cloud.advance("1m");
    const [run] = await actionsOf(cloud);
    return run!.status === "Succeeded" ? given.map((one) => one.slice(3)) : [[run!.output!.executionResult!.errorDetails!.message!]];
  }

  test("says what goes where, with which permissions and scripts", async () => {
    expect(await commandsFor(SPEC)).toEqual([
      [
        "mkdir -p '/var/www/html/'",
        "if [ -d './index.html' ]; then cp -af './index.html'/. '/var/www/html/'/; else cp -af './index.html' '/var/www/html/'/; fi",
        "find '/var/www/html' -type f -name '*' -exec chmod '644' {} +",
        "find '/var/www/html' -type f -name '*' -exec chown 'www' {} +",
      ],
      ["chmod a+x './scripts/start'", "timeout 300 su 'shop' -c './scripts/start'"],
    ]);
  });

  test("may be an AppSpec file, whose hooks run before and after", async () => {
    const [before, deploy, after] = await commandsFor(HOOKS);
    expect([before!.at(-1), deploy, after!.at(-1)]).toEqual(["timeout 3600 './stop.sh'", [], "timeout 3600 './check.sh'"]);
  });

  test("that is wrong is told of", async () => {
    expect(await commandsFor("version: 7")).toEqual([["The deploy spec file has an unsupported version: 7"]]);
    expect(await commandsFor("version: 0.1\nfiles: [{ source: a }]")).toEqual([
      ["The deploy spec file is not valid: each of its files must have a source and a destination"],
    ]);
  });
});

test("what it can not do is refused", async () => {
  const cloud = world();
  await prepare(cloud);
  const declared = (configuration: Record<string, string>, pipelineType: "V1" | "V2" = "V2") =>
    create(cloud, pipelineOf([source, deployTo(configuration)], { pipelineType }));
  await expect(declared(INLINE, "V1")).rejects.toThrow("EC2 Action can only be used with V2 pipelines.");
  await expect(declared(FLEET)).rejects.toThrow("missing required configuration 'TargetDirectory'");
  await expect(declared({ ...INLINE, MaxBatch: "some" })).rejects.toThrow("invalid value 'some' for 'MaxBatch'");
  await expect(declared({ ...INLINE, InstanceType: "SSM_MANAGED_NODE" })).rejects.toMatchObject({ name: "NotImplemented" });
  await declared(INLINE);
  await cloud.advance("1m");
  expect((await actionsOf(cloud))[0]!.output!.executionResult!.errorDetails!.message).toBe(
    "No running instances were found with the tag stage=live.",
  );
});

test("nothing runs any more when the execution is stopped, its time is over, or the pipeline is gone", async () => {
  const cloud = world(() => ({ takesMs: 7_200_000 }));
  await fleetOf(cloud, 1, INLINE);
  const busy = () => cloud.waits().join();
  expect(busy()).toContain("is in DEPLOY");
  expect(busy()).toContain("instance-command");
  const { pipelineExecutionId } = await latest(cloud);
  await cloud.call(stopPipelineExecution, { pipelineName, pipelineExecutionId: pipelineExecutionId!, abandon: true });
  expect(await told(cloud)).toEqual(["FAILED IN_PROGRESS,PENDING"]);
  expect(busy()).not.toContain("instance-command");
  await start(cloud);
  await cloud.advance("61m");
  expect((await actionsOf(cloud))[0]!.output!.executionResult!.errorDetails!.code).toBe("Timeout");
  expect(busy()).not.toContain("instance-command");
  await start(cloud);
  await cloud.call(deletePipeline, { name: pipelineName });
  expect(busy()).not.toContain("instance-command");
});

test("it ends the same whenever the power is cut", async () => {
  const build = (): World => world((_, { commands }) => ({ takesMs: 5_000, exitCode: commands.join().includes("start.sh") ? 1 : 0 }));
  const commits = await endsTheSameWheneverThePowerIsCut(build, async (cloud) => {
    const ids = await fleetOf(cloud, 2, { ...INLINE, TargetGroupNameList: "web", MaxBatch: "1", MaxError: "1" });
    const { groupArn } = await balance(cloud, { HealthCheckIntervalSeconds: 30 });
    await cloud.call(registerTargets, { TargetGroupArn: groupArn, Targets: ids.map((Id) => ({ Id })) });
    await start(cloud);
    await cloud.advance("20m");
    expect((await latest(cloud)).status).toBe("Failed");
    expect(events.read(cloud.scope(), EVENTS).length).toBeGreaterThan(0);
  });
  expect(commits).toBeGreaterThan(20);
});
