import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { iam } from "../iam/index.ts";
import { closeAccount, moveAccount } from "../organizations/account.ts";
import { createAccount, listCreateAccountStatus } from "../organizations/create-account.ts";
import { registerDelegatedAdministrator } from "../organizations/delegated-administrator.ts";
import { organizations } from "../organizations/index.ts";
import { createOrganization } from "../organizations/organization.ts";
import { createOrganizationalUnit } from "../organizations/organizational-unit.ts";
import { listRoots } from "../organizations/root.ts";
import { listStackSetAutoDeploymentTargets } from "./auto-deployment.ts";
import { cloudformation } from "./index.ts";
import { activateOrganizationsAccess, deactivateOrganizationsAccess, describeOrganizationsAccess } from "./organizations-access.ts";
import { simulated } from "./simulated-types.fixture.ts";
import { createStackInstances, deleteStackInstances } from "./stack-instance.ts";
import { createSet, historyOf, instancesOf, operationOf, resultsOf, SET, thingsIn } from "./stack-set.fixture.ts";
import { createStackSet, describeStackSet, listStackSets, updateStackSet } from "./stack-set.ts";
import { listStackSetOperations } from "./stack-set-operation.ts";
import { template, thing } from "./story.fixture.ts";

const world = (): World => new World({ services: [iam, organizations, simulated, cloudformation] });
const HERE = "eu-west-1";
const MANAGED = { PermissionModel: "SERVICE_MANAGED" as const, AutoDeployment: { Enabled: true, RetainStacksOnAccountRemoval: false } };

interface Town {
  readonly cloud: World;
  readonly root: string;
  /** A unit in the root, and one within that. */
  readonly work: string;
  readonly dev: string;
  readonly accounts: readonly string[];
}

/** An organization with three members in the root, and access activated. */
async function found(cloud: World): Promise<Town> {
  await cloud.call(createOrganization, {});
  const root = (await cloud.call(listRoots, {})).Roots![0]!.Id!;
  const unit = async (ParentId: string, Name: string) =>
    (await cloud.call(createOrganizationalUnit, { ParentId, Name })).OrganizationalUnit!.Id!;
  const work = await unit(root, "work");
  const dev = await unit(work, "dev");
  for (const name of ["a", "b", "c"]) await cloud.call(createAccount, { AccountName: name, Email: `${name}@example.org` });
  const made = (await cloud.call(listCreateAccountStatus, {})).CreateAccountStatuses!;
  const accounts = made.map(({ AccountId }) => AccountId!).sort();
  await cloud.call(activateOrganizationsAccess, {});
  return { cloud, root, work, dev, accounts };
}

const move = ({ cloud }: Town, AccountId: string, SourceParentId: string, DestinationParentId: string) =>
  cloud.call(moveAccount, { AccountId, SourceParentId, DestinationParentId });

const deployTo = async ({ cloud }: Town, units: string[], more: object = {}): Promise<string> =>
  (await cloud.call(createStackInstances, { ...SET, DeploymentTargets: { OrganizationalUnitIds: units, ...more }, Regions: [HERE] }))
    .OperationId!;

describe("service-managed stack sets", () => {
  test("need an organization, and access to it", async () => {
    const cloud = world();
    await expect(createSet(cloud, undefined, MANAGED)).rejects.toThrow(
      "You must be the management account or delegated admin account of an organization before operating a SERVICE_MANAGED stack set",
    );
    await expect(cloud.call(activateOrganizationsAccess, {})).rejects.toMatchObject({ name: "InvalidOperationException" });
    await found(cloud);
    expect(await cloud.call(describeOrganizationsAccess, {})).toEqual({ Status: "ENABLED" });
    await cloud.call(deactivateOrganizationsAccess, {});
    await expect(createSet(cloud, undefined, MANAGED)).rejects.toThrow(
      "You must enable organizations access to operate a service managed stack set",
    );
  });

  test("are deployed to the accounts of units, and of units within, but not to the management account", async () => {
    const town = await found(world());
    const { cloud, root, work, dev, accounts } = town;
    const [a, b, c] = accounts as [string, string, string];
    await move(town, a, root, work);
    await move(town, b, root, dev);
    await createSet(cloud, undefined, MANAGED);
    await expect(cloud.call(createStackInstances, { ...SET, Accounts: [a], Regions: [HERE] })).rejects.toThrow(
      "StackSets with SERVICE_MANAGED permission model can only have OrganizationalUnit as target",
    );
    const operation = await deployTo(town, [work]);
    expect(await instancesOf(cloud)).toEqual([a, b].map((account) => `${account} ${HERE} CURRENT SUCCEEDED`));
    expect(thingsIn(cloud, b, HERE)).toEqual(["t"]);
    expect((await operationOf(cloud, operation)).DeploymentTargets).toEqual({ OrganizationalUnitIds: [work] });
    expect((await cloud.call(listStackSetAutoDeploymentTargets, SET)).Summaries).toEqual([{ OrganizationalUnitId: work, Regions: [HERE] }]);
    await deployTo(town, [root], { AccountFilterType: "INTERSECTION", Accounts: [c, "111122223333"] });
    expect(await instancesOf(cloud)).toHaveLength(3);
    expect((await cloud.call(describeStackSet, SET)).StackSet!.OrganizationalUnitIds).toEqual([work, root]);
    await expect(deployTo(town, [work], { AccountFilterType: "UNION", Accounts: [c] })).rejects.toThrow("UNION is not supported");
    await cloud.call(deleteStackInstances, {
      ...SET,
      DeploymentTargets: { OrganizationalUnitIds: [root], AccountFilterType: "DIFFERENCE", Accounts: [a] },
      Regions: [HERE],
      RetainStacks: false,
    });
    expect(await instancesOf(cloud)).toEqual([`${a} ${HERE} CURRENT SUCCEEDED`]);
  });

  test("pass accounts by that are closed", async () => {
    const town = await found(world());
    const { cloud, root, work, accounts } = town;
    await move(town, accounts[0]!, root, work);
    await cloud.call(closeAccount, { AccountId: accounts[0]! });
    await createSet(cloud, undefined, MANAGED);
    const operation = await deployTo(town, [work]);
    expect(await resultsOf(cloud, operation)).toEqual([`${accounts[0]} ${HERE} CANCELLED ACCOUNT_SUSPENDED`]);
    expect(await operationOf(cloud, operation)).toMatchObject({ Status: "SUCCEEDED" });
    expect(await instancesOf(cloud)).toEqual([`${accounts[0]} ${HERE} OUTDATED SKIPPED_SUSPENDED_ACCOUNT`]);
  });

  test("have no transforms", async () => {
    const town = await found(world());
    const { cloud, root, work, accounts } = town;
    await move(town, accounts[0]!, root, work);
    await createSet(cloud, undefined, { ...MANAGED, Capabilities: ["CAPABILITY_AUTO_EXPAND"] }, { Transform: "AWS::LanguageExtensions" });
    expect(await resultsOf(cloud, await deployTo(town, [work]))).toEqual([
      `${accounts[0]} ${HERE} FAILED StackSets with SERVICE_MANAGED permission model do not support macros and transforms in templates`,
    ]);
  });

  test("of a delegated administrator are in the management account", async () => {
    const { cloud, accounts } = await found(world());
    const [accountId] = accounts as [string];
    const CallAs = "DELEGATED_ADMIN" as const;
    const body = { StackSetName: "theirs", TemplateBody: template({ T: thing() }), ...MANAGED, CallAs };
    await expect(cloud.call(createStackSet, body, { accountId })).rejects.toThrow("Account used is not a delegated administrator");
    const ServicePrincipal = "member.org.stacksets.cloudformation.amazonaws.com";
    await cloud.call(registerDelegatedAdministrator, { AccountId: accountId, ServicePrincipal });
    await cloud.call(createStackSet, body, { accountId });
    expect((await cloud.call(listStackSets, {})).Summaries).toMatchObject([{ StackSetName: "theirs" }]);
    expect((await cloud.call(listStackSets, { CallAs }, { accountId })).Summaries).toMatchObject([{ StackSetName: "theirs" }]);
    expect((await cloud.call(listStackSets, {}, { accountId })).Summaries).toEqual([]);
  });
});

describe("automatic deployment", () => {
  test("follows accounts that join a unit and leave it", async () => {
    const town = await found(world());
    const { cloud, root, work, dev, accounts } = town;
    const [a, b] = accounts as [string, string];
    await createSet(cloud, undefined, MANAGED);
    await deployTo(town, [work]);
    expect(await instancesOf(cloud)).toEqual([]);
    await move(town, a, root, dev);
    await move(town, b, root, work);
    expect(await instancesOf(cloud)).toEqual([a, b].map((account) => `${account} ${HERE} CURRENT SUCCEEDED`));
    await move(town, a, dev, work);
    expect(await historyOf(cloud)).toHaveLength(3);
    await move(town, a, work, root);
    expect(await instancesOf(cloud)).toEqual([`${b} ${HERE} CURRENT SUCCEEDED`]);
    expect(thingsIn(cloud, a, HERE)).toEqual([]);
    const automatic = { Enabled: true, RetainStacksOnAccountRemoval: true };
    await cloud.call(updateStackSet, { ...SET, UsePreviousTemplate: true, AutoDeployment: automatic });
    await move(town, b, work, root);
    expect(await instancesOf(cloud)).toEqual([]);
    expect(thingsIn(cloud, b, HERE)).toEqual(["t"]);
  });

  test("follows one that is gone, or back, before its turn has come", async () => {
    const town = await found(world());
    const { cloud, root, work, accounts } = town;
    const [a, b, c] = accounts as [string, string, string];
    await createSet(cloud, { T: thing({ Name: "t", CreateSeconds: 60, RemoveSeconds: 60 }) }, MANAGED);
    await deployTo(town, [work]);
    await move(town, a, root, work);
    await move(town, b, root, work);
    await move(town, b, work, root);
    await move(town, c, root, work);
    await cloud.advance("5m");
    expect(await instancesOf(cloud)).toEqual([a, c].map((account) => `${account} ${HERE} CURRENT SUCCEEDED`));
    expect(thingsIn(cloud, b, HERE)).toEqual([]);
    await move(town, a, work, root);
    await move(town, c, work, root);
    await move(town, c, root, work);
    await cloud.advance("5m");
    expect(await instancesOf(cloud)).toEqual([`${c} ${HERE} CURRENT SUCCEEDED`]);
    expect(thingsIn(cloud, c, HERE)).toEqual(["t"]);
  });

  test("does nothing where it is off, nor later for those who came then", async () => {
    const town = await found(world());
    const { cloud, root, work, accounts } = town;
    const [a, b] = accounts as [string, string];
    await createSet(cloud, undefined, { ...MANAGED, AutoDeployment: { Enabled: false } });
    await deployTo(town, [work]);
    await move(town, a, root, work);
    await cloud.call(updateStackSet, { ...SET, UsePreviousTemplate: true, AutoDeployment: { Enabled: true } });
    expect(await instancesOf(cloud)).toEqual([]);
    await move(town, b, root, work);
    expect(await instancesOf(cloud)).toEqual([`${b} ${HERE} CURRENT SUCCEEDED`]);
  });

  test("waits for what is under way, and for the stack sets that it depends on", async () => {
    const town = await found(world());
    const { cloud, root, work, accounts } = town;
    const [a, b] = accounts as [string, string];
    const slow = thing({ Name: "slow", CreateSeconds: 60 });
    const { StackSetId } = await cloud.call(createStackSet, { StackSetName: "zone", TemplateBody: template({ S: slow }), ...MANAGED });
    const DeploymentTargets = { OrganizationalUnitIds: [work] };
    await cloud.call(createStackInstances, { StackSetName: "zone", DeploymentTargets, Regions: [HERE] });
    const DependsOn = [`arn:aws:cloudformation:${HERE}:111122223333:stackset/${StackSetId}`];
    await createSet(cloud, undefined, { ...MANAGED, AutoDeployment: { Enabled: true, DependsOn } });
    await deployTo(town, [work]);
    await move(town, a, root, work);
    await move(town, b, root, work);
    const states = async (StackSetName: string) =>
      (await cloud.call(listStackSetOperations, { StackSetName })).Summaries!.map(({ Status }) => Status).reverse();
    expect(await states("zone")).toEqual(["SUCCEEDED", "RUNNING", "QUEUED"]);
    expect(await states("net")).toEqual(["SUCCEEDED", "QUEUED", "QUEUED"]);
    await cloud.advance("1m");
    expect(await states("zone")).toEqual(["SUCCEEDED", "SUCCEEDED", "RUNNING"]);
    expect(await states("net")).toEqual(["SUCCEEDED", "QUEUED", "QUEUED"]);
    await cloud.advance("1m");
    expect(await states("net")).toEqual(["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]);
    expect(thingsIn(cloud, b, HERE)).toEqual(["slow", "t"]);
    const own = (await cloud.call(describeStackSet, SET)).StackSet!.StackSetARN!;
    const back = { StackSetName: "zone", UsePreviousTemplate: true, AutoDeployment: { Enabled: true, DependsOn: [own] } };
    await expect(cloud.call(updateStackSet, back)).rejects.toThrow("must not lead back");
  });

  test("comes to the same end whenever the power is cut", () =>
    endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      const town = await found(cloud);
      const { root, work, accounts } = town;
      await createSet(cloud, undefined, MANAGED);
      await deployTo(town, [work]);
      await move(town, accounts[0]!, root, work);
      await move(town, accounts[0]!, work, root);
    }));
});
