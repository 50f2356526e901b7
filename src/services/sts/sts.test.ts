import { expect, test } from "vitest";
import { World } from "../../testing/world.ts";
import { iam } from "../iam/index.ts";
import { createRole } from "../iam/role.ts";
import { assumeRole, getCallerIdentity } from "./identity.ts";
import { sts } from "./index.ts";

test("a role that is assumed gives keys that are its session's", async () => {
  const cloud = new World({ services: [iam, sts] });
  const RoleArn = `arn:aws:iam::${cloud.account}:role/deploy`;
  await expect(cloud.call(assumeRole, { RoleArn, RoleSessionName: "me" })).rejects.toThrow(
    `is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
  );
  await cloud.call(createRole, { RoleName: "deploy", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [] }) });
  const { Credentials, AssumedRoleUser } = await cloud.call(assumeRole, { RoleArn, RoleSessionName: "me" });
  expect(AssumedRoleUser!.Arn).toBe(`arn:aws:sts::${cloud.account}:assumed-role/deploy/me`);
  const known = cloud.kernel.registry.key(cloud.scope(), Credentials!.AccessKeyId!, Credentials!.SessionToken!);
  expect(known).toMatchObject({ secret: Credentials!.SecretAccessKey, type: "assumed-role", arn: AssumedRoleUser!.Arn });
  const { arn, userId, type } = known!;
  expect(await cloud.call(getCallerIdentity, {}, { arn, userId, type })).toEqual({ UserId: userId, Account: cloud.account, Arn: arn });
});
