import { describe, expect, test } from "vitest";
import type { Operation } from "../../kernel/operation.ts";
import { World } from "../../testing/world.ts";
import { createAccessKey } from "./access-key.ts";
import { passRoleRefusal } from "./api.ts";
import { authorize, decide } from "./evaluate.ts";
import { addUserToGroup, createGroup, deleteGroup, getGroup, listGroupsForUser, removeUserFromGroup } from "./group.ts";
import { holderOperations } from "./holder.ts";
import { iam } from "./index.ts";
import { createPolicy, getPolicy, getPolicyVersion, listPolicies, listPolicyVersions } from "./policy.ts";
import { createRole, deleteRole, getRole, roles, updateRole } from "./role.ts";
import { createServiceSpecificCredential } from "./service-credential.ts";
import { getLoginProfile, listMfaDevices, listSigningCertificates, listSshPublicKeys } from "./unset.ts";
import { createUser, deleteUser, getUser, updateUser } from "./user.ts";

const world = (): World => new World({ services: [iam], trust: "enforced" });
const named = (name: string): Operation => holderOperations.find((operation) => operation.name === name)!;
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const policy = (...Statement: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });

describe("a role", () => {
  test("is shown with its document encoded, and goes only when nothing is attached", async () => {
    const cloud = world();
    await cloud.call(createRole, { RoleName: "build", AssumeRolePolicyDocument: TRUST });
    expect(decodeURIComponent((await cloud.call(getRole, { RoleName: "build" })).Role!.AssumeRolePolicyDocument!)).toBe(TRUST);
    await cloud.call(named("AttachRolePolicy"), { RoleName: "build", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" });
    await expect(cloud.call(deleteRole, { RoleName: "build" })).rejects.toThrow("Cannot delete entity, must detach all policies first.");
    await cloud.call(named("DetachRolePolicy"), { RoleName: "build", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" });
    await cloud.call(deleteRole, { RoleName: "build" });
    expect(roles.list(cloud.scope())).toEqual([]);
  });

  test("keeps what an update does not mention", async () => {
    const cloud = world();
    await cloud.call(createRole, { RoleName: "build", AssumeRolePolicyDocument: TRUST, Description: "builds" });
    await cloud.call(updateRole, { RoleName: "build", MaxSessionDuration: 7200 });
    expect((await cloud.call(getRole, { RoleName: "build" })).Role).toMatchObject({ Description: "builds", MaxSessionDuration: 7200 });
    await cloud.call(updateRole, { RoleName: "build", Description: "tests" });
    expect((await cloud.call(getRole, { RoleName: "build" })).Role).toMatchObject({ Description: "tests", MaxSessionDuration: 7200 });
  });

  test("is refused as IAM refuses it", async () => {
    const cloud = world();
    await expect(cloud.call(createRole, { RoleName: "x", AssumeRolePolicyDocument: "{" })).rejects.toMatchObject({
      name: "MalformedPolicyDocumentException",
    });
    await expect(cloud.call(getRole, { RoleName: "none" })).rejects.toThrow("The role with name none cannot be found.");
  });
});

test("keys and git credentials are a user's own", async () => {
  const cloud = world();
  await cloud.call(createUser, { UserName: "bob" });
  const { AccessKey } = await cloud.call(createAccessKey, { UserName: "bob" });
  expect(cloud.kernel.registry.key(cloud.scope(), AccessKey!.AccessKeyId!)).toMatchObject({
    arn: `arn:aws:iam::${cloud.account}:user/bob`,
    secret: AccessKey!.SecretAccessKey,
  });
  await cloud.call(createServiceSpecificCredential, { UserName: "bob", ServiceName: "codecommit.amazonaws.com" });
  const arn = `arn:aws:iam::${cloud.account}:user/bob`;
  expect((await cloud.call(getUser, {}, { type: "user", arn })).User).toMatchObject({ UserName: "bob" });
  await expect(cloud.call(deleteUser, { UserName: "bob" })).rejects.toThrow("must delete access keys first");
});

describe("a group", () => {
  const asked = async (cloud: World, action: string) =>
    cloud.change((scope) => {
      const caller = { ...cloud.caller, type: "user" as const, arn: `arn:aws:iam::${cloud.account}:user/bob` };
      return authorize(scope, caller, action, "*", {});
    });

  test("gives its policies to its members", async () => {
    const cloud = world();
    await cloud.call(createUser, { UserName: "bob" });
    await cloud.call(createGroup, { GroupName: "readers" });
    const PolicyDocument = policy({ Effect: "Allow", Action: "s3:Get*", Resource: "*" });
    await cloud.call(named("PutGroupPolicy"), { GroupName: "readers", PolicyName: "read", PolicyDocument });
    expect(await asked(cloud, "s3:GetObject")).toContain("is not authorized");
    await cloud.call(addUserToGroup, { GroupName: "readers", UserName: "bob" });
    expect(await asked(cloud, "s3:GetObject")).toBeUndefined();
    expect(await asked(cloud, "s3:PutObject")).toContain("is not authorized");
    // Which host an agent may ask for is for CodeDeploy to say.
    expect(await asked(cloud, "codedeploy-commands:PollHostCommand")).toBeUndefined();
    await cloud.call(updateUser, { UserName: "bob", NewUserName: "rob" });
    expect((await cloud.call(getGroup, { GroupName: "readers" })).Users!.map(({ UserName }) => UserName)).toEqual(["rob"]);
    expect((await cloud.call(listGroupsForUser, { UserName: "rob" })).Groups).toHaveLength(1);
  });

  test("goes only when it is empty", async () => {
    const cloud = world();
    await cloud.call(createUser, { UserName: "bob" });
    await cloud.call(createGroup, { GroupName: "readers" });
    await cloud.call(addUserToGroup, { GroupName: "readers", UserName: "bob" });
    await expect(cloud.call(deleteGroup, { GroupName: "readers" })).rejects.toThrow("must remove users from group first");
    await expect(cloud.call(deleteUser, { UserName: "bob" })).rejects.toThrow("must remove users from group first");
    await cloud.call(removeUserFromGroup, { GroupName: "readers", UserName: "bob" });
    await cloud.call(deleteGroup, { GroupName: "readers" });
    await expect(cloud.call(getGroup, { GroupName: "readers" })).rejects.toThrow("The group with name readers cannot be found.");
  });
});

describe("policies decide", () => {
  const ask = (action: string, resource = "*", context = {}) => ({ action, resource, context });
  test.each([
    [
      policy({ Effect: "Allow", Action: "s3:Get*", Resource: "arn:aws:s3:::shop/*" }),
      ask("s3:GetObject", "arn:aws:s3:::shop/a/b"),
      "allowed",
    ],
    [policy({ Effect: "Allow", Action: "s3:Get*", Resource: "arn:aws:s3:::shop/*" }), ask("s3:PutObject", "arn:aws:s3:::shop/a"), "silent"],
    [
      policy({ Effect: "Allow", Action: "*", Resource: "*" }, { Effect: "Deny", Action: "iam:*", Resource: "*" }),
      ask("iam:CreateUser"),
      "denied",
    ],
    [policy({ Effect: "Allow", NotAction: "iam:*", Resource: "*" }), ask("IAM:CreateUser"), "silent"],
    [
      policy({ Effect: "Allow", Action: "sqs:*", Resource: "*", Condition: { StringEquals: { "aws:RequestedRegion": "eu-west-1" } } }),
      ask("sqs:SendMessage", "*", { "aws:RequestedRegion": "us-east-1" }),
      "silent",
    ],
    [
      policy({ Effect: "Allow", Action: "sqs:*", Resource: "*", Condition: { NumericLessThan: { "s3:max-keys": "10" } } }),
      ask("sqs:SendMessage", "*", { "s3:max-keys": "5" }),
      "allowed",
    ],
    [
      policy({ Effect: "Allow", Action: "s3:*", Resource: "arn:aws:s3:::home/${aws:username}/*" }),
      ask("s3:GetObject", "arn:aws:s3:::home/bob/x", { "aws:username": "bob" }),
      "allowed",
    ],
  ])("%s", (document, request, expected) => {
    expect(decide([document], request)).toBe(expected);
  });

  test("of a user, within its boundary", async () => {
    const cloud = world();
    await cloud.call(createUser, { UserName: "bob", PermissionsBoundary: "arn:aws:iam::aws:policy/ReadOnlyAccess" });
    const PolicyDocument = policy({ Effect: "Allow", Action: ["sqs:*", "iam:PassRole"], Resource: "*" });
    await cloud.call(named("PutUserPolicy"), { UserName: "bob", PolicyName: "queues", PolicyDocument });
    const bob = { ...cloud.caller, type: "user", arn: `arn:aws:iam::${cloud.account}:user/bob` } as const;
    const may = (action: string) => authorize(cloud.scope(), bob, action, "*", {});
    expect(may("sqs:ListQueues")).toBeUndefined();
    expect(may("sqs:SendMessage")).toContain("no permissions boundary allows the sqs:SendMessage action");
    expect(may("s3:ListBuckets")).toContain("no identity-based policy allows the s3:ListBuckets action");
    await cloud.call(createRole, { RoleName: "build", AssumeRolePolicyDocument: TRUST });
    const role = `arn:aws:iam::${cloud.account}:role/build`;
    expect(passRoleRefusal(cloud.scope().as(bob), role, "codebuild.amazonaws.com")).toContain("iam:PassRole");
    expect(passRoleRefusal(cloud.scope(), role, "codebuild.amazonaws.com")).toBeUndefined();
    expect(passRoleRefusal(cloud.scope(), `${role}-none`, "codebuild.amazonaws.com")).toContain(
      "is not authorized to perform: iam:PassRole",
    );
  });
});

test("policies are listed with AWS's own, by path and by scope", async () => {
  const cloud = world();
  await cloud.call(createPolicy, { PolicyName: "deploy", Path: "/team/", PolicyDocument: policy() });
  const names = async (input: object) => (await cloud.call(listPolicies, input)).Policies!.map(({ PolicyName }) => PolicyName);
  expect(await names({ Scope: "Local" })).toEqual(["deploy"]);
  expect(await names({ Scope: "AWS", PathPrefix: "/service-role/", MaxItems: 1000 })).toContain("AWSLambdaBasicExecutionRole");
  expect(await names({ MaxItems: 1000, PathPrefix: "/" })).toHaveLength(1000);
  expect(await names({ PathPrefix: "/team/" })).toEqual(["deploy"]);
  expect(await names({ OnlyAttached: true })).toEqual([]);
});

test("AWS's own policies have AWS's documents, at their newest version", async () => {
  const cloud = world();
  const PolicyArn = "arn:aws:iam::aws:policy/AWSCodeCommitPowerUser";
  const { Policy } = await cloud.call(getPolicy, { PolicyArn });
  expect(Policy).toMatchObject({ PolicyName: "AWSCodeCommitPowerUser", Path: "/", CreateDate: new Date("2015-07-09T17:06:49Z") });
  await cloud.call(createUser, { UserName: "ann", PermissionsBoundary: PolicyArn });
  expect((await cloud.call(getPolicy, { PolicyArn })).Policy).toMatchObject({ AttachmentCount: 0, PermissionsBoundaryUsageCount: 1 });
  await cloud.call(createUser, { UserName: "bob" });
  await cloud.call(named("AttachUserPolicy"), { UserName: "bob", PolicyArn });
  expect((await cloud.call(listPolicies, { OnlyAttached: true })).Policies).toMatchObject([{ Arn: PolicyArn, AttachmentCount: 1 }]);
  const VersionId = Policy!.DefaultVersionId!;
  expect(Number(VersionId.slice(1))).toBeGreaterThan(1);
  expect((await cloud.call(listPolicyVersions, { PolicyArn })).Versions).toMatchObject([{ VersionId, IsDefaultVersion: true }]);
  const { PolicyVersion } = await cloud.call(getPolicyVersion, { PolicyArn, VersionId });
  expect(decodeURIComponent(PolicyVersion!.Document!)).toContain('"codecommit:GitPush"');
  await expect(cloud.call(getPolicyVersion, { PolicyArn, VersionId: "v1" })).rejects.toMatchObject({ name: "NoSuchEntityException" });
});

test.each([
  ["AWSCodeCommitPowerUser", "codecommit:GitPush", "codecommit:DeleteRepository"],
  ["AWSCodeCommitReadOnly", "codecommit:GitPull", "codecommit:GitPush"],
  ["AWSCodePipeline_FullAccess", "codepipeline:CreatePipeline", "codebuild:StartBuild"],
  ["AWSCodePipeline_ReadOnlyAccess", "codepipeline:GetPipelineState", "codepipeline:StartPipelineExecution"],
  ["AWSCodeBuildDeveloperAccess", "codebuild:StartBuild", "codebuild:DeleteProject"],
  ["AWSCodeDeployDeployerAccess", "codedeploy:CreateDeployment", "codedeploy:DeleteApplication"],
  ["service-role/AWSCodeDeployRole", "autoscaling:PutLifecycleHook", "s3:PutObject"],
  ["service-role/AWSLambdaBasicExecutionRole", "logs:PutLogEvents", "s3:GetObject"],
  ["job-function/ViewOnlyAccess", "lambda:ListFunctions", "lambda:InvokeFunction"],
  ["PowerUserAccess", "s3:PutObject", "iam:CreateUser"],
  ["AWSNobodyKnowsThis", undefined, "s3:GetObject"],
])("%s allows %s, and not %s", async (name, allowed, refused) => {
  const cloud = world();
  const PolicyArn = `arn:aws:iam::aws:policy/${name}`;
  await cloud.call(createUser, { UserName: "bob" });
  await cloud.call(named("AttachUserPolicy"), { UserName: "bob", PolicyArn });
  const bob = { ...cloud.caller, type: "user", arn: `arn:aws:iam::${cloud.account}:user/bob` } as const;
  const may = (action: string) => authorize(cloud.scope(), bob, action, "*", {});
  if (allowed !== undefined) expect(may(allowed)).toBeUndefined();
  else expect((await cloud.call(getPolicy, { PolicyArn })).Policy!.Description).toMatch(/does not know/);
  expect(may(refused)).toContain("no identity-based policy allows");
});

test("a user has no password, devices, certificates or SSH keys; nobody else has either", async () => {
  const cloud = world();
  await cloud.call(createUser, { UserName: "bob" });
  await expect(cloud.call(getLoginProfile, { UserName: "bob" })).rejects.toThrow("Login Profile for User bob cannot be found.");
  expect(await cloud.call(listMfaDevices, { UserName: "bob" })).toMatchObject({ MFADevices: [] });
  expect(await cloud.call(listSigningCertificates, { UserName: "bob" })).toMatchObject({ Certificates: [] });
  expect(await cloud.call(listSshPublicKeys, { UserName: "bob" })).toMatchObject({ SSHPublicKeys: [] });
  const lists: Operation[] = [getLoginProfile, listMfaDevices, listSigningCertificates, listSshPublicKeys];
  for (const list of lists)
    await expect(cloud.call(list, { UserName: "nobody" })).rejects.toThrow("The user with name nobody cannot be found.");
});
