import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AutoScalingClient, DescribeAutoScalingGroupsCommand, SetDesiredCapacityCommand } from "@aws-sdk/client-auto-scaling";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import {
  BatchGetDeploymentTargetsCommand,
  CodeDeployClient,
  CreateDeploymentCommand,
  GetDeploymentCommand,
  ListDeploymentTargetsCommand,
} from "@aws-sdk/client-codedeploy";
import { DescribeSubnetsCommand, EC2Client, GetConsoleOutputCommand } from "@aws-sdk/client-ec2";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { probeInstanceSandbox } from "../../src/compute/instance-sandbox.ts";
import { type RunningCloud, startCloud } from "../../src/testing/running.ts";
import { zip } from "../clients/zip.ts";

// The story of examples/web-fleet, as its README tells it: on real processes, whose roles may do what the template says and no more.

const EXAMPLE = fileURLToPath(new URL("../../examples/web-fleet", import.meta.url));
const hasSandbox = probeInstanceSandbox() !== undefined;

let cloud: RunningCloud;

beforeAll(async () => {
  cloud = await startCloud({ clock: "auto", trust: "enforced" });
});

afterAll(() => cloud.close());

class Fleet {
  readonly stacks = new CloudFormationClient(cloud.client);
  readonly codedeploy = new CodeDeployClient(cloud.client);
  readonly s3 = new S3Client({ ...cloud.client, forcePathStyle: true });
  readonly ec2 = new EC2Client(cloud.client);
  readonly scaling = new AutoScalingClient(cloud.client);
  outputs: Record<string, string> = {};

  async create(): Promise<void> {
    const { Subnets } = await this.ec2.send(new DescribeSubnetsCommand({}));
    const parameters = { VpcId: Subnets![0]!.VpcId!, SubnetIds: Subnets!.map(({ SubnetId }) => SubnetId).join(",") };
    await this.stacks.send(
      new CreateStackCommand({
        StackName: "web",
        TemplateBody: readFileSync(join(EXAMPLE, "template.yaml"), "utf8"),
        Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
        Capabilities: ["CAPABILITY_IAM"],
      }),
    );
    const stack = async () => (await this.stacks.send(new DescribeStacksCommand({ StackName: "web" }))).Stacks![0]!;
    await until(async () => !(await stack()).StackStatus!.endsWith("_IN_PROGRESS"));
    const { StackStatus, Outputs } = await stack();
    const { StackEvents } = await this.stacks.send(new DescribeStackEventsCommand({ StackName: "web" }));
    expect(StackStatus, JSON.stringify(StackEvents!.map(({ ResourceStatusReason }) => ResourceStatusReason))).toBe("CREATE_COMPLETE");
    this.outputs = Object.fromEntries(Outputs!.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue!]));
  }

  /** Push a release of the example, and deploy it; answers how that ended. */
  async release(text: string) {
    const key = `${text.replaceAll(/\W+/g, "-")}.zip`;
    const files = { ...filesIn(join(EXAMPLE, "app")), "release.txt": text };
    await this.s3.send(new PutObjectCommand({ Bucket: this.outputs["Releases"]!, Key: key, Body: await zip(files) }));
    const { deploymentId } = await this.codedeploy.send(
      new CreateDeploymentCommand({
        applicationName: this.outputs["Application"]!,
        deploymentGroupName: this.outputs["Group"]!,
        revision: { revisionType: "S3", s3Location: { bucket: this.outputs["Releases"]!, key, bundleType: "zip" } },
      }),
    );
    return this.ended(deploymentId!);
  }

  async ended(deploymentId: string) {
    const info = async () => (await this.codedeploy.send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo!;
    await until(async () => ["Succeeded", "Failed", "Stopped"].includes((await info()).status!));
    return info();
  }

  async targets(deploymentId: string) {
    const { targetIds } = await this.codedeploy.send(new ListDeploymentTargetsCommand({ deploymentId }));
    const { deploymentTargets } = await this.codedeploy.send(new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds: targetIds! }));
    return deploymentTargets!.map(({ instanceTarget }) => instanceTarget!);
  }

  /** What eight visitors see. */
  async pages(): Promise<string[]> {
    const pages = await Promise.all(Array.from({ length: 8 }, async () => (await fetch(this.outputs["Url"]!)).text()));
    return [...new Set(pages)].sort();
  }

  /** What a failure is to be understood by. */
  async consoles(): Promise<string> {
    const { AutoScalingGroups } = await this.scaling.send(new DescribeAutoScalingGroupsCommand({}));
    const texts = AutoScalingGroups![0]!.Instances!.map(async ({ InstanceId }) => {
      const { Output = "" } = await this.ec2.send(new GetConsoleOutputCommand({ InstanceId: InstanceId! }));
      return Buffer.from(Output, "base64").toString();
    });
    return (await Promise.all(texts)).join("\n");
  }
}

test.runIf(hasSandbox)(
  "a release goes through a fleet by halves; a bad one stops at half of it and is taken back; a new instance gets the good one",
  async () => {
    const fleet = new Fleet();
    await fleet.create();

    const first = await fleet.release("release 1");
    expect(first, await fleet.consoles()).toMatchObject({ status: "Succeeded", deploymentOverview: { Succeeded: 4 } });
    const pages = await fleet.pages();
    expect(pages).toHaveLength(4);
    for (const page of pages) expect(page).toMatch(/^release 1 of ip-172-31-\d+-\d+\n$/);
    const [served] = await fleet.targets(first.deploymentId!);
    expect(served!.lifecycleEvents!.every(({ status }) => status === "Succeeded")).toBe(true);

    const second = await fleet.release("release 2, broken");
    expect(second, await fleet.consoles()).toMatchObject({
      status: "Failed",
      errorInformation: { code: "HEALTH_CONSTRAINTS" },
      deploymentOverview: { Failed: 2, Skipped: 2 },
    });
    const failed = (await fleet.targets(second.deploymentId!)).find(({ status }) => status === "Failed")!;
    const validation = failed.lifecycleEvents!.find(({ lifecycleEventName }) => lifecycleEventName === "ValidateService")!;
    expect(validation.diagnostics).toEqual({
      errorCode: "ScriptFailed",
      scriptName: "scripts/validate.sh",
      message: "Script at specified location: scripts/validate.sh failed with exit code 1",
      logTail: "LifecycleEvent - ValidateService\nScript - scripts/validate.sh\n[stderr]the server answers 500\n",
    });
    // The half that was left alone serves the release before.
    for (const page of await fleet.pages()) expect(page).toMatch(/^release 1 /);

    const rollback = await fleet.ended(second.rollbackInfo!.rollbackDeploymentId!);
    expect(rollback, await fleet.consoles()).toMatchObject({ status: "Succeeded", creator: "codeDeployRollback" });
    expect(await fleet.pages()).toEqual(pages);

    const name = (await fleet.scaling.send(new DescribeAutoScalingGroupsCommand({}))).AutoScalingGroups![0]!.AutoScalingGroupName!;
    await fleet.scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: name, DesiredCapacity: 5 }));
    await until(async () => (await fleet.pages()).length === 5);
    for (const page of await fleet.pages()) expect(page).toMatch(/^release 1 /);
  },
);

/** By path, as they are there. */
function filesIn(folder: string, prefix = ""): Record<string, string> {
  const entries = readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory()
      ? Object.entries(filesIn(path, `${prefix}${name}/`))
      : [[`${prefix}${name}`, readFileSync(path, "utf8")]];
  });
  return Object.fromEntries(entries);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 100));
}
