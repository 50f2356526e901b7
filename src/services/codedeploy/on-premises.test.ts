import { describe, expect, test } from "vitest";
import { World } from "../../testing/world.ts";
import { autoScaling } from "../auto-scaling/index.ts";
import { cloudwatch } from "../cloudwatch/index.ts";
import { pollHostCommand, putHostCommandAcknowledgement, putHostCommandComplete } from "../codedeploy-commands/host-command.ts";
import { codedeployCommands } from "../codedeploy-commands/index.ts";
import { getDeploymentSpecification } from "../codedeploy-commands/specification.ts";
import { ec2 } from "../ec2/index.ts";
import { elasticLoadBalancingV2 } from "../elastic-load-balancing-v2/index.ts";
import { iam } from "../iam/index.ts";
import { lambda } from "../lambda/index.ts";
import { ssm } from "../ssm/index.ts";
import { getApplication, updateApplication } from "./application.ts";
import { listDeployments } from "./deployment.ts";
import { deleteResourcesByExternalId } from "./deployment-control.ts";
import { deleteGitHubAccountToken, listGitHubAccountTokenNames } from "./github-token.ts";
import { codedeploy } from "./index.ts";
import {
  addTagsToOnPremisesInstances,
  batchGetOnPremisesInstances,
  deregisterOnPremisesInstance,
  getOnPremisesInstance,
  listOnPremisesInstances,
  registerOnPremisesInstance,
  removeTagsFromOnPremisesInstances,
} from "./on-premises.ts";
import { batchGetApplicationRevisions, getApplicationRevision, listApplicationRevisions, registerApplicationRevision } from "./revision.ts";
import { createFleetGroup, deployTo, infoOf } from "./server.fixture.ts";

const services = [iam, ssm, cloudwatch, ec2, elasticLoadBalancingV2, autoScaling, lambda, codedeploy, codedeployCommands];
const world = (trust: "open" | "enforced" = "open"): World => new World({ services, trust });

const HOST = "arn:aws:iam::111122223333:user/rack-1";
const place = (Value: string) => ({ Key: "place", Value });
const RACK = { onPremisesInstanceTagFilters: [{ ...place("cellar"), Type: "KEY_AND_VALUE" as const }] };

async function register(cloud: World): Promise<void> {
  await cloud.call(registerOnPremisesInstance, { instanceName: "rack-1", iamUserArn: HOST });
  await cloud.call(addTagsToOnPremisesInstances, { instanceNames: ["rack-1"], tags: [place("cellar")] });
}

describe("an on-premises instance", () => {
  test("is registered once, has tags, is found by them, and is told of after it is gone", async () => {
    const cloud = world();
    await register(cloud);
    const { instanceInfo } = await cloud.call(getOnPremisesInstance, { instanceName: "rack-1" });
    expect(instanceInfo).toMatchObject({
      iamUserArn: HOST,
      tags: [place("cellar")],
      instanceArn: expect.stringMatching(/:instance\/rack-1_\w{10}$/),
    });
    for (const [input, name] of [
      [{ instanceName: "rack-1", iamUserArn: "arn:aws:iam::111122223333:user/other" }, "InstanceNameAlreadyRegisteredException"],
      [{ instanceName: "rack-2", iamUserArn: HOST }, "IamUserArnAlreadyRegisteredException"],
      [{ instanceName: "rack-2" }, "IamArnRequiredException"],
      [{ instanceName: "i-2", iamUserArn: "arn:aws:iam::111122223333:user/other" }, "InvalidInstanceNameException"],
      [{ instanceName: "rack-2", iamUserArn: HOST, iamSessionArn: HOST }, "MultipleIamArnsProvidedException"],
      [{ instanceName: "rack-2", iamSessionArn: HOST }, "InvalidIamSessionArnException"],
    ] as const)
      await expect(cloud.call(registerOnPremisesInstance, input)).rejects.toMatchObject({ name });
    const listed = async (input: object) => (await cloud.call(listOnPremisesInstances, input)).instanceNames;
    expect(await listed({ tagFilters: [{ ...place("cellar"), Type: "KEY_AND_VALUE" }] })).toEqual(["rack-1"]);
    expect(await listed({ tagFilters: [{ ...place("attic"), Type: "KEY_AND_VALUE" }] })).toEqual([]);
    await cloud.call(removeTagsFromOnPremisesInstances, { instanceNames: ["rack-1"], tags: [place("attic")] });
    expect((await cloud.call(batchGetOnPremisesInstances, { instanceNames: ["rack-1", "none"] })).instanceInfos).toMatchObject([
      { tags: [place("cellar")] },
    ]);
    await cloud.call(deregisterOnPremisesInstance, { instanceName: "rack-1" });
    expect(await listed({ registrationStatus: "Registered" })).toEqual([]);
    expect(await listed({ registrationStatus: "Deregistered" })).toEqual(["rack-1"]);
    await expect(cloud.call(addTagsToOnPremisesInstances, { instanceNames: ["rack-1"], tags: [place("x")] })).rejects.toMatchObject({
      name: "InstanceNotRegisteredException",
    });
  });

  test("asks for its commands, is given each once, and says how they ended", async () => {
    const cloud = world();
    await register(cloud);
    await createFleetGroup(cloud, RACK);
    const id = await deployTo(cloud, "one.zip", { fileExistsBehavior: "OVERWRITE" });
    const poll = async () => (await cloud.call(pollHostCommand, { HostIdentifier: HOST })).HostCommand;
    const seen: string[] = [];
    for (let command = await poll(); command !== undefined; command = await poll()) {
      seen.push(command.CommandName!);
      expect(command).toMatchObject({ HostIdentifier: HOST, DeploymentExecutionId: `111122223333/eu-west-1/deployment/${id}` });
      const { HostCommandIdentifier } = command;
      const Diagnostics = { Format: "JSON", Payload: JSON.stringify({ IsCommandNoop: command.CommandName === "ApplicationStop" }) };
      const { CommandStatus } = await cloud.call(putHostCommandAcknowledgement, { HostCommandIdentifier, Diagnostics });
      expect(CommandStatus).toBe(command.CommandName === "ApplicationStop" ? "Succeeded" : "InProgress");
      if (CommandStatus === "InProgress") await cloud.call(putHostCommandComplete, { HostCommandIdentifier, CommandStatus: "Succeeded" });
    }
    expect(seen).toEqual([
      "ApplicationStop",
      "DownloadBundle",
      "BeforeInstall",
      "Install",
      "AfterInstall",
      "ApplicationStart",
      "ValidateService",
    ]);
    expect((await infoOf(cloud, id)).status).toBe("Succeeded");
    const { DeploymentSpecification } = await cloud.call(getDeploymentSpecification, {
      HostIdentifier: HOST,
      DeploymentExecutionId: `111122223333/eu-west-1/deployment/${id}`,
    });
    expect(DeploymentSpecification!.GenericEnvelope!.Format).toBe("PKCS7/JSON");
    const message = Buffer.from(DeploymentSpecification!.GenericEnvelope!.Payload!.replace(/-----.*-----/g, ""), "base64").toString(
      "latin1",
    );
    expect(message).toContain('"S3Revision":{"Bucket":"releases","Key":"one.zip","BundleType":"zip"}');
    expect(message).toContain('"FileExistsBehavior":"OVERWRITE"');
    await expect(cloud.call(pollHostCommand, { HostIdentifier: "arn:aws:iam::999999999999:user/x" })).rejects.toMatchObject({
      name: "ClientException",
    });
  });

  test("where IAM is enforced, nobody else asks for its commands", async () => {
    const cloud = world("enforced");
    const as = (arn: string) => ({ arn, type: "user" as const });
    await expect(cloud.call(pollHostCommand, { HostIdentifier: HOST }, as("arn:aws:iam::111122223333:user/other"))).rejects.toMatchObject({
      message: `arn:aws:iam::111122223333:user/other is not the host ${HOST}.`,
    });
    expect(await cloud.call(pollHostCommand, { HostIdentifier: HOST }, as(HOST))).toEqual({});
    const instance = { HostIdentifier: "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0" };
    expect(await cloud.call(pollHostCommand, instance, as("arn:aws:sts::111122223333:assumed-role/web/i-0123456789abcdef0"))).toEqual({});
  });

  test("a command that nobody acknowledges is offered again", async () => {
    const cloud = world();
    await register(cloud);
    await createFleetGroup(cloud, RACK);
    await deployTo(cloud, "one.zip");
    const first = await cloud.call(pollHostCommand, { HostIdentifier: HOST });
    const from = cloud.clock.now();
    const again = await cloud.call(pollHostCommand, { HostIdentifier: HOST });
    expect(again.HostCommand!.HostCommandIdentifier).toBe(first.HostCommand!.HostCommandIdentifier);
    expect(cloud.clock.now() - from).toBe(30_000);
  });
});

test("an application knows its revisions: those that were registered, and those that were deployed", async () => {
  const cloud = world();
  await createFleetGroup(cloud, RACK);
  const at = (key: string) => ({ revisionType: "S3", s3Location: { bucket: "releases", key, bundleType: "zip" } }) as const;
  const applicationName = "web";
  await cloud.call(registerApplicationRevision, { applicationName, revision: at("a/one.zip"), description: "the first" });
  await cloud.advance("1s");
  await deployTo(cloud, "two.zip");
  const listed = async (more: object) =>
    (await cloud.call(listApplicationRevisions, { applicationName, ...more })).revisions!.map(({ s3Location }) => s3Location!.key);
  expect(await listed({ sortBy: "registerTime", sortOrder: "descending" })).toEqual(["two.zip", "a/one.zip"]);
  expect(await listed({ s3Bucket: "releases", s3KeyPrefix: "a/" })).toEqual(["a/one.zip"]);
  expect(await listed({ deployed: "include" })).toEqual([]);
  await expect(listed({ s3KeyPrefix: "a/" })).rejects.toMatchObject({ name: "BucketNameFilterRequiredException" });
  const { revisionInfo } = await cloud.call(getApplicationRevision, { applicationName, revision: at("a/one.zip") });
  expect(revisionInfo).toMatchObject({ description: "the first", deploymentGroups: [] });
  expect(revisionInfo!.firstUsedTime).toBeUndefined();
  const batch = await cloud.call(batchGetApplicationRevisions, { applicationName, revisions: [at("two.zip"), at("none.zip")] });
  expect(batch.revisions).toMatchObject([{ genericRevisionInfo: { firstUsedTime: expect.any(Date) } }]);
  expect(batch.errorMessage).toBeDefined();
  await expect(cloud.call(getApplicationRevision, { applicationName, revision: at("none.zip") })).rejects.toMatchObject({
    name: "RevisionDoesNotExistException",
  });
  const wrong = { revisionType: "S3", s3Location: { bucket: "releases", key: "x", bundleType: "YAML" } } as const;
  await expect(cloud.call(registerApplicationRevision, { applicationName, revision: wrong })).rejects.toMatchObject({
    name: "InvalidRevisionException",
  });
  await cloud.call(updateApplication, { applicationName, newApplicationName: "site" });
  expect((await cloud.call(getApplication, { applicationName: "site" })).application!.applicationName).toBe("site");
  expect((await cloud.call(listDeployments, { applicationName: "site", deploymentGroupName: "live" })).deployments).toHaveLength(1);
  expect((await cloud.call(listApplicationRevisions, { applicationName: "site" })).revisions).toHaveLength(2);
});

test("there are no tokens of GitHub, and nothing of a stack that is not there", async () => {
  const cloud = world();
  expect(await cloud.call(listGitHubAccountTokenNames, {})).toEqual({ tokenNameList: [] });
  await expect(cloud.call(deleteGitHubAccountToken, { tokenName: "x" })).rejects.toMatchObject({
    name: "GitHubAccountTokenDoesNotExistException",
  });
  expect(await cloud.call(deleteResourcesByExternalId, { externalId: "stack" })).toEqual({});
});
