import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DescribeChangeSetCommand, DescribeStackResourcesCommand, ListChangeSetsCommand } from "@aws-sdk/client-cloudformation";
import { GetBucketEncryptionCommand, GetBucketLifecycleConfigurationCommand, S3Client } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REGION, Server } from "../server.ts";
import { appAt, CdkUser } from "./cdk.ts";

// What the CLI does with stacks, judged by what the cloud then is.

let server: Server;
beforeAll(async () => {
  server = await Server.start("--clock", "auto");
});
afterAll(() => server?.[Symbol.asyncDispose]());

describe.concurrent("cdk, with an environment", { timeout: 120_000 }, () => {
  const account = "111122223333";
  const assets = { Bucket: `cdk-hnb659fds-assets-${account}-${REGION}` };
  const version = "/cdk-bootstrap/hnb659fds/version";
  let user: CdkUser;
  let s3: S3Client;
  beforeAll(() => {
    user = new CdkUser(server, account);
    s3 = new S3Client({ ...user.config, forcePathStyle: true });
  });

  it.sequential("bootstraps it as long ago, and then refuses to deploy there", async () => {
    const template = JSON.parse(await user.run("bootstrap", "--show-template", "--json"));
    template.Resources.CdkBootstrapVersion.Properties.Value = "5";
    delete template.Resources.StagingBucket.Properties.LifecycleConfiguration;
    const old = join(user.folder, "old.json");
    writeFileSync(old, JSON.stringify(template));
    await user.run("bootstrap", `aws://${account}/${REGION}`, "--template", old);
    expect(await user.parameter(version)).toBe("5");
    await expect(s3.send(new GetBucketLifecycleConfigurationCommand(assets))).rejects.toMatchObject({
      name: "NoSuchLifecycleConfiguration",
    });
    await user.synth(appAt("fleet"), "fleet");
    expect(await user.fail("deploy", "Own", "--app", "fleet")).toContain("requires bootstrap stack version '6', found '5'");
    await expect(user.stack("Own")).rejects.toThrow("Stack with id Own does not exist");
  });

  it.sequential("upgrades it, and a second time finds nothing to do", async () => {
    await user.bootstrap();
    expect(Number(await user.parameter(version))).toBeGreaterThan(20);
    expect((await s3.send(new GetBucketLifecycleConfigurationCommand(assets))).Rules).toHaveLength(2);
    expect(await user.bootstrap()).toContain("(no changes)");
  });

  it.sequential("changes what it was bootstrapped with", async () => {
    await user.run("bootstrap", `aws://${account}/${REGION}`, "--bootstrap-customer-key", "--termination-protection");
    const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand(assets));
    const { SSEAlgorithm, KMSMasterKeyID } = ServerSideEncryptionConfiguration!.Rules![0]!.ApplyServerSideEncryptionByDefault!;
    expect(SSEAlgorithm).toBe("aws:kms");
    const key = { StackName: "CDKToolkit", LogicalResourceId: "FileAssetsBucketEncryptionKey" };
    const { StackResources } = await user.stacks.send(new DescribeStackResourcesCommand(key));
    expect(KMSMasterKeyID).toContain(StackResources![0]!.PhysicalResourceId!);
    expect((await user.stack("CDKToolkit")).EnableTerminationProtection).toBe(true);
  });

  it.sequential("deploys all of an app, three at a time, and destroys it", async () => {
    await user.run("deploy", "--all", "--concurrency", "3", "--app", "fleet");
    const queue = `arn:aws:sqs:${REGION}:${account}:jobs`;
    expect(await Promise.all(["left", "right", "own"].map((name) => user.parameter(`/fleet/${name}`)))).toEqual([queue, queue, "own"]);
    const { StackResources } = await user.stacks.send(new DescribeStackResourcesCommand({ StackName: "Right" }));
    expect((await user.stack(StackResources![0]!.PhysicalResourceId!)).ParentId).toBe((await user.stack("Right")).StackId);
    await user.run("destroy", "--all", "--force", "--concurrency", "3", "--app", "fleet");
    for (const name of ["Base", "Left", "Right", "Own"]) await expect(user.stack(name)).rejects.toThrow("does not exist");
    await expect(user.parameter("/fleet/right")).rejects.toMatchObject({ name: "ParameterNotFound" });
  });
});

describe.concurrent("cdk, from one release to the next", { timeout: 120_000 }, () => {
  let user: CdkUser;
  beforeAll(() => {
    user = new CdkUser(server, "444455556666");
  });
  const release = () => user.parameter("/changing/release");
  const status = async (name: string) => (await user.stack(name)).StackStatus;

  it.sequential("synthesizes, judges and lists", async () => {
    await user.bootstrap();
    await user.synth(appAt("stacks"), "one", { RELEASE: "1", CDK_VALIDATION: "true" });
    await user.synth(appAt("stacks"), "two", { RELEASE: "2" });
    expect(await user.run("list", "--app", "one")).toBe("Changing\nFailing\nServing\nImporting\nMoving\n");
    const template = JSON.parse(readFileSync(join(user.folder, "two", "Changing.template.json"), "utf8"));
    expect(Object.values<any>(template.Resources).map(({ Type }) => Type)).toEqual(["AWS::SSM::Parameter", "AWS::SNS::Topic"]);
  });

  it.sequential("tells what a new stack would be, and leaves none behind", async () => {
    expect(await user.fail("diff", "Changing", "--app", "one", "--fail")).toContain("[+] AWS::SSM::Parameter Release");
    await expect(user.stack("Changing")).rejects.toThrow("does not exist");
    await user.run("deploy", "Changing", "Failing", "--concurrency", "2", "--app", "one");
    expect(await release()).toBe("1");
    expect(await user.run("diff", "Changing", "--app", "one", "--fail")).toContain("Number of stacks with differences: 0");
    expect(await user.run("deploy", "Changing", "--app", "one")).toContain("Changing (no changes)");
  });

  it.sequential.each([
    [["--fail"], 1],
    [["--method", "template", "--fail"], 1],
    [["--no-change-set"], 0],
  ] as const)("tells what would change: %s", async (args, code) => {
    const { stdout, stderr, code: ended } = await user.attempt(["diff", "Changing", "--app", "two", ...args]);
    expect(ended, stdout + stderr).toBe(code);
    expect(stdout).toMatch(
      /\[\+\] AWS::SNS::Topic News .*\n\[~\] AWS::SSM::Parameter Release .*\n └─ \[~\] Value\n {5}├─ \[-\] 1\n {5}└─ \[\+\] 2\n/,
    );
    expect(stdout.includes("change set")).toBe(args[0] === "--fail");
    expect((await user.stacks.send(new ListChangeSetsCommand({ StackName: "Changing" }))).Summaries).toEqual([]);
  });

  it.sequential("prepares a change set, and executes it", async () => {
    await user.run("deploy", "Changing", "--app", "two", "--method", "prepare-change-set", "--change-set-name", "second");
    const changeSet = { StackName: "Changing", ChangeSetName: "second" };
    const { Changes, ExecutionStatus } = await user.stacks.send(new DescribeChangeSetCommand(changeSet));
    expect(ExecutionStatus).toBe("AVAILABLE");
    expect(Changes!.map(({ ResourceChange }) => ResourceChange!.Action)).toEqual(["Add", "Modify"]);
    expect(await release()).toBe("1");
    await user.run("deploy", "Changing", "--app", "two", "--method", "execute-change-set", "--change-set-name", "second");
    expect(await release()).toBe("2");
  });

  it.sequential("deploys without a change set", async () => {
    const said = await user.run("deploy", "Changing", "--app", "one", "--method", "direct");
    expect(said).toContain("Changing: updating stack...");
    expect(await release()).toBe("1");
  });

  it.sequential("deploys in express mode", async () => {
    await user.run("deploy", "Changing", "--app", "two", "--express");
    expect(await release()).toBe("2");
    expect((await user.stack("Changing")).DeploymentConfig?.Mode).toBe("EXPRESS");
  });

  it.sequential("keeps what failed for as long as nobody rolls it back", async () => {
    const sqs = new SQSClient(user.config);
    const timeout = async () => {
      const QueueUrl = `${server.endpoint}/${user.account}/failing`;
      return (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["VisibilityTimeout"] }))).Attributes![
        "VisibilityTimeout"
      ];
    };
    expect(await user.fail("deploy", "Failing", "--app", "two", "--no-rollback")).toContain("Topic does not exist");
    expect(await status("Failing")).toBe("UPDATE_FAILED");
    expect(await timeout()).toBe("60");
    expect(await user.fail("diagnose", "Failing", "--app", "two", "--unstable=diagnose")).toContain("Topic does not exist");
    await user.run("rollback", "Failing", "--app", "two");
    expect(await status("Failing")).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await timeout()).toBe("30");
  });

  it.sequential("destroys", async () => {
    await user.run("destroy", "Changing", "Failing", "--force", "--app", "one");
    await expect(user.stack("Changing")).rejects.toThrow("Stack with id Changing does not exist");
    await expect(release()).rejects.toMatchObject({ name: "ParameterNotFound" });
  });
});
