import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { iam } from "../iam/index.ts";
import { getRole } from "../iam/role.ts";
import {
  closeAccount,
  describeAccount,
  leaveOrganization,
  listAccounts,
  listAccountsForParent,
  moveAccount,
  removeAccountFromOrganization,
} from "./account.ts";
import { createAccount, describeCreateAccountStatus, listCreateAccountStatus } from "./create-account.ts";
import {
  deregisterDelegatedAdministrator,
  listDelegatedAdministrators,
  listDelegatedServicesForAccount,
  registerDelegatedAdministrator,
} from "./delegated-administrator.ts";
import { organizations } from "./index.ts";
import { createOrganization, deleteOrganization, describeOrganization } from "./organization.ts";
import {
  createOrganizationalUnit,
  deleteOrganizationalUnit,
  describeOrganizationalUnit,
  listChildren,
  listOrganizationalUnitsForParent,
  listParents,
  updateOrganizationalUnit,
} from "./organizational-unit.ts";
import {
  attachPolicy,
  createPolicy,
  deletePolicy,
  detachPolicy,
  listPoliciesForTarget,
  listTargetsForPolicy,
  updatePolicy,
} from "./policy.ts";
import { enablePolicyType, listRoots } from "./root.ts";
import { disableAWSServiceAccess, enableAWSServiceAccess, listAWSServiceAccessForOrganization } from "./service-access.ts";
import { listTagsForResource, tagResource, untagResource } from "./tag.ts";

const world = (): World => new World({ services: [iam, organizations] });

async function organized() {
  const cloud = world();
  const { Organization } = await cloud.call(createOrganization, {});
  const { Roots } = await cloud.call(listRoots, {});
  return { cloud, organization: Organization!, root: Roots![0]!.Id! };
}

async function member(cloud: World, name: string): Promise<string> {
  const { CreateAccountStatus } = await cloud.call(createAccount, { AccountName: name, Email: `${name}@example.org` });
  const found = await cloud.call(describeCreateAccountStatus, { CreateAccountRequestId: CreateAccountStatus!.Id });
  return found.CreateAccountStatus!.AccountId!;
}

const unit = async (cloud: World, ParentId: string, Name: string): Promise<string> =>
  (await cloud.call(createOrganizationalUnit, { ParentId, Name })).OrganizationalUnit!.Id!;

describe("an organization", () => {
  test("has its management account and a root", async () => {
    const { cloud, organization, root } = await organized();
    expect(organization).toMatchObject({
      Id: expect.stringMatching(/^o-[a-z0-9]{10}$/),
      Arn: `arn:aws:organizations::111122223333:organization/${organization.Id}`,
      FeatureSet: "ALL",
      MasterAccountId: "111122223333",
    });
    expect(root).toMatch(/^r-[a-z0-9]{4}$/);
    expect((await cloud.call(describeOrganization, {})).Organization).toEqual(organization);
    expect((await cloud.call(listAccounts, {})).Accounts).toMatchObject([
      { Id: "111122223333", Status: "ACTIVE", JoinedMethod: "INVITED" },
    ]);
    await expect(cloud.call(createOrganization, {})).rejects.toMatchObject({ name: "AlreadyInOrganizationException" });
  });

  test("is not there for other accounts, nor theirs to change for its members", async () => {
    const { cloud } = await organized();
    const accountId = await member(cloud, "dev");
    await expect(cloud.call(describeOrganization, {}, { accountId: "999999999999" })).rejects.toMatchObject({
      name: "AWSOrganizationsNotInUseException",
      message: "Your account is not a member of an organization.",
    });
    expect((await cloud.call(describeOrganization, {}, { accountId })).Organization!.MasterAccountId).toBe("111122223333");
    await expect(cloud.call(listAccounts, {}, { accountId })).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  test("ends when only its management account is left", async () => {
    const { cloud } = await organized();
    const accountId = await member(cloud, "dev");
    await expect(cloud.call(deleteOrganization, {})).rejects.toMatchObject({ name: "OrganizationNotEmptyException" });
    await expect(cloud.call(leaveOrganization, {})).rejects.toMatchObject({ name: "MasterCannotLeaveOrganizationException" });
    await cloud.call(leaveOrganization, {}, { accountId });
    await cloud.call(deleteOrganization, {});
    await expect(cloud.call(describeOrganization, {})).rejects.toMatchObject({ name: "AWSOrganizationsNotInUseException" });
  });
});

describe("accounts", () => {
  test("come to be, with the role by which one gets into them", async () => {
    const { cloud, organization, root } = await organized();
    const id = await member(cloud, "dev");
    expect(id).toMatch(/^\d{12}$/);
    expect((await cloud.call(describeAccount, { AccountId: id })).Account).toMatchObject({
      Arn: `arn:aws:organizations::111122223333:account/${organization.Id}/${id}`,
      Name: "dev",
      Email: "dev@example.org",
      JoinedMethod: "CREATED",
      Paths: [`${organization.Id}/${root}/${id}/`],
    });
    const { Role } = await cloud.call(getRole, { RoleName: "OrganizationAccountAccessRole" }, { accountId: id });
    expect(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).toContain("arn:aws:iam::111122223333:root");
    await cloud.call(createAccount, { AccountName: "again", Email: "DEV@example.org" });
    expect((await cloud.call(listCreateAccountStatus, { States: ["FAILED"] })).CreateAccountStatuses).toMatchObject([
      { AccountName: "again", FailureReason: "EMAIL_ALREADY_EXISTS" },
    ]);
  });

  test("move between units, are closed, and go", async () => {
    const { cloud, root } = await organized();
    const AccountId = await member(cloud, "dev");
    const work = await unit(cloud, root, "work");
    await expect(cloud.call(moveAccount, { AccountId, SourceParentId: work, DestinationParentId: root })).rejects.toMatchObject({
      name: "SourceParentNotFoundException",
    });
    await cloud.call(moveAccount, { AccountId, SourceParentId: root, DestinationParentId: work });
    expect((await cloud.call(listAccountsForParent, { ParentId: work })).Accounts).toMatchObject([{ Id: AccountId }]);
    expect((await cloud.call(listParents, { ChildId: AccountId })).Parents).toEqual([{ Id: work, Type: "ORGANIZATIONAL_UNIT" }]);
    await cloud.call(closeAccount, { AccountId });
    expect((await cloud.call(describeAccount, { AccountId })).Account!.Status).toBe("SUSPENDED");
    await expect(cloud.call(closeAccount, { AccountId })).rejects.toMatchObject({ name: "AccountAlreadyClosedException" });
    await cloud.call(removeAccountFromOrganization, { AccountId });
    await expect(cloud.call(describeAccount, { AccountId })).rejects.toMatchObject({ name: "AccountNotFoundException" });
  });

  test("come to be the same whenever the power is cut", () =>
    endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await cloud.call(createOrganization, {});
      await member(cloud, "dev");
      await member(cloud, "prod");
      await cloud.advance("91d");
      expect((await cloud.call(listCreateAccountStatus, {})).CreateAccountStatuses).toEqual([]);
    }));

  test("are listed a page at a time", async () => {
    const { cloud } = await organized();
    for (const name of ["a", "b", "c"]) await member(cloud, name);
    const { Accounts, NextToken } = await cloud.call(listAccounts, { MaxResults: 3 });
    const rest = await cloud.call(listAccounts, { MaxResults: 3, NextToken });
    expect([...Accounts!, ...rest.Accounts!].map(({ Name }) => Name).sort()).toEqual(["Management account", "a", "b", "c"]);
    expect(rest.NextToken).toBeUndefined();
  });
});

test("organizational units lie within each other", async () => {
  const { cloud, organization, root } = await organized();
  const outer = await unit(cloud, root, "outer");
  const inner = await unit(cloud, outer, "inner");
  expect(inner).toMatch(new RegExp(`^ou-${root.slice(2)}-[a-z0-9]{8}$`));
  await expect(unit(cloud, outer, "inner")).rejects.toMatchObject({ name: "DuplicateOrganizationalUnitException" });
  await cloud.call(updateOrganizationalUnit, { OrganizationalUnitId: inner, Name: "core" });
  expect((await cloud.call(describeOrganizationalUnit, { OrganizationalUnitId: inner })).OrganizationalUnit).toMatchObject({
    Name: "core",
    Path: `${organization.Id}/${root}/${outer}/${inner}/`,
  });
  expect((await cloud.call(listOrganizationalUnitsForParent, { ParentId: root })).OrganizationalUnits).toMatchObject([{ Id: outer }]);
  expect((await cloud.call(listChildren, { ParentId: outer, ChildType: "ORGANIZATIONAL_UNIT" })).Children).toEqual([
    { Id: inner, Type: "ORGANIZATIONAL_UNIT" },
  ]);
  await expect(cloud.call(deleteOrganizationalUnit, { OrganizationalUnitId: outer })).rejects.toMatchObject({
    name: "OrganizationalUnitNotEmptyException",
  });
  await cloud.call(deleteOrganizationalUnit, { OrganizationalUnitId: inner });
  await expect(cloud.call(listChildren, { ParentId: inner, ChildType: "ACCOUNT" })).rejects.toMatchObject({
    name: "ParentNotFoundException",
  });
});

test("services are trusted, and administered from members", async () => {
  const { cloud } = await organized();
  const AccountId = await member(cloud, "security");
  const ServicePrincipal = "member.org.stacksets.cloudformation.amazonaws.com";
  await cloud.call(enableAWSServiceAccess, { ServicePrincipal });
  expect((await cloud.call(listAWSServiceAccessForOrganization, {})).EnabledServicePrincipals).toMatchObject([{ ServicePrincipal }]);
  await cloud.call(registerDelegatedAdministrator, { AccountId, ServicePrincipal });
  await expect(cloud.call(registerDelegatedAdministrator, { AccountId, ServicePrincipal })).rejects.toMatchObject({
    name: "AccountAlreadyRegisteredException",
  });
  expect((await cloud.call(listDelegatedAdministrators, { ServicePrincipal })).DelegatedAdministrators).toMatchObject([{ Id: AccountId }]);
  expect((await cloud.call(listDelegatedServicesForAccount, { AccountId })).DelegatedServices).toMatchObject([{ ServicePrincipal }]);
  expect((await cloud.call(listAccounts, {}, { accountId: AccountId })).Accounts).toHaveLength(2);
  await expect(cloud.call(disableAWSServiceAccess, { ServicePrincipal })).rejects.toMatchObject({ name: "ConstraintViolationException" });
  await cloud.call(deregisterDelegatedAdministrator, { AccountId, ServicePrincipal });
  await cloud.call(disableAWSServiceAccess, { ServicePrincipal });
  expect((await cloud.call(listAWSServiceAccessForOrganization, {})).EnabledServicePrincipals).toEqual([]);
});

test("policies are attached and detached, but for the last one", async () => {
  const { cloud, root } = await organized();
  const Filter = "SERVICE_CONTROL_POLICY";
  const made = await cloud.call(createPolicy, { Name: "no-s3", Description: "", Type: Filter, Content: "{}" });
  const PolicyId = made.Policy!.PolicySummary!.Id!;
  await expect(cloud.call(attachPolicy, { PolicyId, TargetId: root })).rejects.toMatchObject({ name: "PolicyTypeNotEnabledException" });
  await cloud.call(enablePolicyType, { RootId: root, PolicyType: Filter });
  await cloud.call(attachPolicy, { PolicyId, TargetId: root });
  expect((await cloud.call(listTargetsForPolicy, { PolicyId })).Targets).toMatchObject([{ TargetId: root, Type: "ROOT" }]);
  await expect(cloud.call(deletePolicy, { PolicyId })).rejects.toMatchObject({ name: "PolicyInUseException" });
  const names = async () => (await cloud.call(listPoliciesForTarget, { TargetId: root, Filter })).Policies!.map(({ Name }) => Name).sort();
  expect(await names()).toEqual(["FullAWSAccess", "no-s3"]);
  await cloud.call(detachPolicy, { PolicyId: "p-FullAWSAccess", TargetId: root });
  await expect(cloud.call(detachPolicy, { PolicyId, TargetId: root })).rejects.toMatchObject({ name: "ConstraintViolationException" });
  expect(await names()).toEqual(["no-s3"]);
  await expect(cloud.call(updatePolicy, { PolicyId: "p-FullAWSAccess", Name: "x" })).rejects.toMatchObject({
    name: "InvalidInputException",
  });
  await expect(cloud.call(updatePolicy, { PolicyId, Content: "no" })).rejects.toMatchObject({ name: "MalformedPolicyDocumentException" });
});

test("things have tags", async () => {
  const { cloud, root } = await organized();
  await cloud.call(tagResource, {
    ResourceId: root,
    Tags: [
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ],
  });
  await cloud.call(untagResource, { ResourceId: root, TagKeys: ["a"] });
  expect((await cloud.call(listTagsForResource, { ResourceId: root })).Tags).toEqual([{ Key: "b", Value: "2" }]);
  await expect(cloud.call(listTagsForResource, { ResourceId: "r-none" })).rejects.toMatchObject({ name: "TargetNotFoundException" });
});
