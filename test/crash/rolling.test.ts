import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  BatchGetDeploymentTargetsCommand,
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentCommand,
  ListDeploymentTargetsCommand,
} from "@aws-sdk/client-codedeploy";
import { EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { AddRoleToInstanceProfileCommand, CreateInstanceProfileCommand, CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, expect, test } from "vitest";
import { probeInstanceSandbox } from "../../src/compute/instance-sandbox.ts";
import { type RunningCloud, startCloud } from "../../src/testing/running.ts";
import { zip } from "../clients/zip.ts";

// The process is killed while a release goes through two instances. They come back as machines do after a power failure, with their files; the
// agent says of the script that was cut off that it failed, and the deployment ends as its health constraints have it.

const folder = mkdtempSync(join(tmpdir(), "slipway-rolling-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const APP_SPEC = `version: 0.0
os: linux
files:
  - source: page
    destination: /srv/page
hooks:
  AfterInstall:
    - location: slow.sh
`;
const GROUP = { applicationName: "web", deploymentGroupName: "live" };
const revision = { revisionType: "S3", s3Location: { bucket: "releases", key: "one.zip", bundleType: "zip" } } as const;

async function setScene(cloud: RunningCloud): Promise<void> {
  const [iam, s3, codedeploy] = [
    new IAMClient(cloud.client),
    new S3Client({ ...cloud.client, forcePathStyle: true }),
    new CodeDeployClient(cloud.client),
  ];
  await iam.send(
    new CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [] }) }),
  );
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "web" }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: "web", RoleName: "web" }));
  await s3.send(new CreateBucketCommand({ Bucket: "releases" }));
  const Body = await zip({ "appspec.yml": APP_SPEC, page: "one", "slow.sh": "#!/bin/sh\nsleep 1\n" });
  await s3.send(new PutObjectCommand({ Bucket: "releases", Key: "one.zip", Body }));
  await new EC2Client(cloud.client).send(
    new RunInstancesCommand({
      ImageId: "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
      InstanceType: "t3.micro",
      IamInstanceProfile: { Name: "web" },
      MinCount: 2,
      MaxCount: 2,
      TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "stage", Value: "live" }] }],
    }),
  );
  await codedeploy.send(new CreateApplicationCommand({ applicationName: "web" }));
  await codedeploy.send(
    new CreateDeploymentGroupCommand({
      ...GROUP,
      serviceRoleArn: `arn:aws:iam::${cloud.account}:role/web`,
      ec2TagFilters: [{ Key: "stage", Value: "live", Type: "KEY_AND_VALUE" }],
    }),
  );
}

const targetsOf = async (codedeploy: CodeDeployClient, deploymentId: string) => {
  const { targetIds } = await codedeploy.send(new ListDeploymentTargetsCommand({ deploymentId }));
  const { deploymentTargets } = await codedeploy.send(new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds: targetIds! }));
  return deploymentTargets!.map(({ instanceTarget }) => instanceTarget!);
};

async function ended(codedeploy: CodeDeployClient, deploymentId: string) {
  for (;;) {
    const { deploymentInfo } = await codedeploy.send(new GetDeploymentCommand({ deploymentId }));
    if (deploymentInfo!.completeTime !== undefined) return deploymentInfo!;
    await pause(100);
  }
}

test.runIf(probeInstanceSandbox() !== undefined)(
  "a release that is cut off by kill -9 fails where it was, and the next one goes through",
  async () => {
    let deploymentId: string;
    let port: number;
    {
      await using doomed = await startCloud({ folder, clock: "real", isolated: true });
      port = Number(new URL(doomed.endpoint).port);
      await setScene(doomed);
      const codedeploy = new CodeDeployClient(doomed.client);
      deploymentId = (await codedeploy.send(new CreateDeploymentCommand({ ...GROUP, revision }))).deploymentId!;
      const isInScript = async (): Promise<boolean> =>
        (await targetsOf(codedeploy, deploymentId)).some(({ lifecycleEvents }) =>
          lifecycleEvents!.some(({ lifecycleEventName, status }) => lifecycleEventName === "AfterInstall" && status === "InProgress"),
        );
      while (!(await isInScript())) await pause(50);
      await pause(200);
      await doomed.kill();
    }
    await using cloud = await startCloud({ folder, clock: "real", isolated: true, port });
    const codedeploy = new CodeDeployClient(cloud.client);
    const first = await ended(codedeploy, deploymentId);
    expect(first).toMatchObject({
      status: "Failed",
      errorInformation: { code: "HEALTH_CONSTRAINTS" },
      deploymentOverview: { Failed: 1, Skipped: 1 },
    });
    const failed = (await targetsOf(codedeploy, deploymentId)).find(({ status }) => status === "Failed")!;
    expect(failed.lifecycleEvents!.find(({ status }) => status === "Failed")!.diagnostics).toMatchObject({
      errorCode: "UnknownError",
      message: "Failed: Failing in-progress lifecycle event after an agent restart.",
    });
    const again = await codedeploy.send(new CreateDeploymentCommand({ ...GROUP, revision }));
    expect((await ended(codedeploy, again.deploymentId!)).deploymentOverview).toMatchObject({ Succeeded: 2 });
  },
);
