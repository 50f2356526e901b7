import { expect, test } from "vitest";
import { defaultId } from "../ec2/default-network.ts";
import { createSecurityGroup, deleteSecurityGroup } from "../ec2/security-group.ts";
import { createKey, disableKey } from "../kms/key.ts";
import { putObject } from "../s3/api.ts";
import { headObject } from "../s3/get.ts";
import { createSecret } from "../secrets-manager/secret.ts";
import { startBuild } from "./build-operations.ts";
import { createShop, get, ROLE, start, world } from "./codebuild.fixture.ts";
import { updateProject } from "./project.ts";

const BUILDSPEC = "version: 0.2\nphases: { build: { commands: [make] } }\n";
const HERE = { account: "111122223333", region: "eu-west-1" };
const vpcId = defaultId(HERE, "vpc");
const subnets = [defaultId(HERE, "subnet", "eu-west-1a")];
const securityGroupIds = [defaultId(HERE, "sg", vpcId)];
const image = { type: "LINUX_CONTAINER", image: "registry.example.com/builder:1", computeType: "BUILD_GENERAL1_SMALL" } as const;

test.each([
  [{ vpcConfig: { subnets } }, "a VPC ID is required"],
  [{ vpcConfig: { vpcId, securityGroupIds } }, "at least one subnet is required"],
  [{ vpcConfig: { vpcId, subnets } }, "at least one security group is required"],
  [{ vpcConfig: { vpcId: "vpc-0", subnets, securityGroupIds } }, "The vpc ID 'vpc-0' does not exist"],
  [{ vpcConfig: { vpcId, subnets: ["subnet-0"], securityGroupIds } }, "The subnet ID 'subnet-0' does not exist"],
  [{ vpcConfig: { vpcId, subnets, securityGroupIds: ["sg-0"] } }, "The security group 'sg-0' does not exist"],
  [{ encryptionKey: "1234" }, "Invalid encryption key"],
  [{ autoRetryLimit: 11 }, "Invalid auto retry limit: must be between 0 and 10"],
  [{ environment: { ...image, registryCredential: { credential: "a", credentialProvider: "SECRETS_MANAGER" } } }, "of type SERVICE_ROLE"],
  [{ environment: { ...image, image: "aws/codebuild/standard:7.0", imagePullCredentialsType: "SERVICE_ROLE" } }, "of type CODEBUILD"],
  [{ environment: { ...image, certificate: "ca.pem" } }, "Invalid certificate"],
  [{ logsConfig: { s3Logs: { status: "ENABLED" } } }, "a location is required for logs in S3"],
  [{ serviceRole: "arn:aws:iam::444455556666:role/build" }, "Service role account ID does not match caller's account"],
  [{ fileSystemLocations: [{ type: "EFS", location: "fs-1", identifier: "f", mountPoint: "/m" }] }, "a VPC is required to mount"],
  [
    { fileSystemLocations: [{ type: "EFS" }], vpcConfig: { vpcId, subnets, securityGroupIds } },
    "File systems of builds are not implemented by Slipway.",
  ],
])("a project is refused: %j", async (more, message) => {
  const cloud = world();
  await createShop(cloud, BUILDSPEC);
  await expect(cloud.call(updateProject, { name: "shop", ...more } as never)).rejects.toThrow(message);
});

test("a project of CodePipeline's is started by others only with overrides", async () => {
  const cloud = world();
  await createShop(cloud, BUILDSPEC, { source: { type: "CODEPIPELINE" }, artifacts: { type: "CODEPIPELINE" } });
  const build = (more: object = {}) => cloud.call(startBuild, { projectName: "shop", ...more });
  await expect(build()).rejects.toThrow("ArtifactsOverride must be set when using artifacts type CodePipelines");
  const artifactsOverride = { type: "NO_ARTIFACTS" };
  await expect(build({ artifactsOverride })).rejects.toThrow("SourceTypeOverride must be set");
  await build({ artifactsOverride, sourceTypeOverride: "NO_SOURCE", buildspecOverride: BUILDSPEC });
});

test("what is empty takes a setting away", async () => {
  const cloud = world();
  const vpcConfig = { vpcId, subnets, securityGroupIds };
  await createShop(cloud, BUILDSPEC, { vpcConfig, concurrentBuildLimit: 1, buildBatchConfig: { serviceRole: ROLE } });
  const { project } = await cloud.call(updateProject, { name: "shop", vpcConfig: {}, concurrentBuildLimit: -1, buildBatchConfig: {} });
  expect([project!.vpcConfig, project!.concurrentBuildLimit, project!.buildBatchConfig]).toEqual([undefined, undefined, undefined]);
  await start(cloud);
  await start(cloud);
});

test("what the environment names has to be there when a build is provisioned", async () => {
  const cloud = world();
  const registryCredential = { credential: "registry", credentialProvider: "SECRETS_MANAGER" };
  const environment = { ...image, imagePullCredentialsType: "SERVICE_ROLE", registryCredential, certificate: "arn:aws:s3:::things/ca.pem" };
  await createShop(cloud, BUILDSPEC, { environment });
  const ended = async () => {
    const { buildStatus, phases } = await get(cloud, await start(cloud));
    expect(phases!.map(({ phaseType }) => phaseType)).not.toContain("FINALIZING");
    return [
      buildStatus,
      ...phases!.filter(({ phaseStatus }) => phaseStatus === "FAILED").map(({ phaseType, contexts }) => [phaseType, contexts![0]]),
    ];
  };
  const failed = (statusCode: string, message: unknown) => ["FAILED", ["PROVISIONING", { statusCode, message }]];
  expect(await ended()).toEqual(failed("BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", expect.stringContaining("can't find the specified secret")));
  await cloud.call(createSecret, { Name: "registry", SecretString: "{}" });
  expect(await ended()).toEqual(failed("CLIENT_ERROR", "Unable to download certificate from S3. AccessDenied"));
  cloud.change((scope) => putObject(scope, "things", "ca.pem", scope.blobs.write(Buffer.from("PEM"))));
  expect(await ended()).toEqual(["IN_PROGRESS"]);
  const { GroupId } = await cloud.call(createSecurityGroup, { GroupName: "builds", Description: "builds", VpcId: vpcId });
  await cloud.call(updateProject, { name: "shop", vpcConfig: { vpcId, subnets, securityGroupIds: [GroupId!] } });
  await cloud.call(deleteSecurityGroup, { GroupId });
  expect(await ended()).toEqual(failed("VPC_CLIENT_ERROR", `Unexpected EC2 error: The security group '${GroupId}' does not exist`));
});

test("what is put into S3 is encrypted with the key of the project, if that can be used", async () => {
  const cloud = world();
  const { KeyMetadata } = await cloud.call(createKey, {});
  const encryptionKey = KeyMetadata!.Arn!;
  const artifacts = { type: "S3", location: "things", name: "app.zip", packaging: "ZIP" };
  await createShop(cloud, `${BUILDSPEC}artifacts: { files: "**/*" }\n`, { artifacts, encryptionKey });
  const build = async () => {
    const id = await start(cloud);
    await cloud.advance("10s");
    return get(cloud, id);
  };
  const encryption = async () => {
    const { ServerSideEncryption, SSEKMSKeyId } = await cloud.call(headObject, { Bucket: "things", Key: "app.zip" });
    return [ServerSideEncryption, SSEKMSKeyId];
  };
  await build();
  expect(await encryption()).toEqual(["aws:kms", encryptionKey]);
  await cloud.call(disableKey, { KeyId: encryptionKey });
  expect((await build()).phases!.find(({ phaseType }) => phaseType === "UPLOAD_ARTIFACTS")).toMatchObject({
    phaseStatus: "FAILED",
    contexts: [{ message: `Error in UPLOAD_ARTIFACTS phase: KMS.DisabledException: ${encryptionKey} is disabled.` }],
  });
  await cloud.call(updateProject, { name: "shop", artifacts: { ...artifacts, encryptionDisabled: true } as never });
  await build();
  expect(await encryption()).toEqual(["AES256", undefined]);
});
