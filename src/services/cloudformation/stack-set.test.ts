import { describe, expect, test } from "vitest";
import { EVENTS, events } from "../../kernel/facts.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { deleteStack } from "./operation.ts";
import { things } from "./simulated-types.fixture.ts";
import { describeStacks, updateTerminationProtection } from "./stack.ts";
import {
  deleteStackInstances,
  describeStackInstance,
  importStacksToStackSet,
  listStackInstances,
  updateStackInstances,
} from "./stack-instance.ts";
import {
  A,
  ADMIN,
  allow,
  allowIn,
  B,
  C,
  createSet,
  D,
  deploy,
  historyOf,
  instancesOf,
  operationOf,
  resultsOf,
  SET,
  setWorld,
  thingsIn,
} from "./stack-set.fixture.ts";
import { createStackSet, deleteStackSet, describeStackSet, listStackSets, updateStackSet } from "./stack-set.ts";
import { detectStackSetDrift, listStackInstanceResourceDrifts } from "./stack-set-drift.ts";
import { listStackSetOperationResults, listStackSetOperations, stopStackSetOperation } from "./stack-set-operation.ts";
import { setFact, template, thing } from "./story.fixture.ts";

const REGIONS = ["eu-west-1", "us-east-1"];
const update = async (cloud: World, resources: object, more: object = {}, members: object = {}): Promise<string> =>
  (await cloud.call(updateStackSet, { ...SET, TemplateBody: template(resources, members), ...more })).OperationId!;
const remove = async (cloud: World, Accounts: string[], Regions: string[], more: object = {}): Promise<string> =>
  (await cloud.call(deleteStackInstances, { ...SET, Accounts, Regions, RetainStacks: false, ...more })).OperationId!;
const instance = async (cloud: World, StackInstanceAccount: string, StackInstanceRegion = "eu-west-1") =>
  (await cloud.call(describeStackInstance, { ...SET, StackInstanceAccount, StackInstanceRegion })).StackInstance!;
/** A thing that is made in every account but these. */
const unlessIn = (...accounts: string[]) => ({
  Conditions: Object.fromEntries(accounts.map((account) => [`In${account}`, { "Fn::Equals": [{ Ref: "AWS::AccountId" }, account] }])),
  FailOnCreate: accounts.reduce<unknown>((rest, account) => ({ "Fn::If": [`In${account}`, true, rest] }), { Ref: "AWS::NoValue" }),
});

describe("creating instances", () => {
  test("makes a stack in every account and region", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B);
    const { StackSetId } = await createSet(cloud, undefined, { Tags: [{ Key: "team", Value: "blue" }] });
    expect(StackSetId).toMatch(/^net:[0-9a-f-]{36}$/);
    const operation = await deploy(cloud, [A, B], REGIONS);
    expect(await operationOf(cloud, operation)).toMatchObject({ Action: "CREATE", Status: "SUCCEEDED", StackSetId });
    expect(await instancesOf(cloud)).toEqual([
      `${A} eu-west-1 CURRENT SUCCEEDED`,
      `${A} us-east-1 CURRENT SUCCEEDED`,
      `${B} eu-west-1 CURRENT SUCCEEDED`,
      `${B} us-east-1 CURRENT SUCCEEDED`,
    ]);
    for (const account of [A, B]) for (const region of REGIONS) expect(thingsIn(cloud, account, region)).toEqual(["t"]);
    const { StackId } = await instance(cloud, B, "us-east-1");
    expect(StackId).toMatch(new RegExp(`^arn:aws:cloudformation:us-east-1:${B}:stack/StackSet-net-[0-9a-f-]{36}/[0-9a-f-]{36}$`));
    const { Stacks } = await cloud.call(describeStacks, { StackName: StackId }, { accountId: B, region: "us-east-1" });
    expect(Stacks![0]).toMatchObject({ StackStatus: "CREATE_COMPLETE", Tags: [{ Key: "team", Value: "blue" }] });
    const { Summaries } = await cloud.call(listStackSetOperationResults, { ...SET, OperationId: operation });
    expect(Summaries![0]!.AccountGateResult).toEqual({
      Status: "SKIPPED",
      StatusReason: `Function not found: arn:aws:lambda:eu-west-1:${A}:function:AWSCloudFormationStackSetAccountGate`,
    });
  });

  test("needs the administration role, and the execution role in each account, even its own", async () => {
    const cloud = setWorld();
    await createSet(cloud);
    const refused = await deploy(cloud, [ADMIN], ["eu-west-1"]);
    expect(await resultsOf(cloud, refused)).toEqual([
      `${ADMIN} eu-west-1 FAILED Account ${ADMIN} should have 'AWSCloudFormationStackSetAdministrationRole' role with trust relationship to CloudFormation service.`,
    ]);
    await allow(cloud, A);
    const again = await deploy(cloud, [A, ADMIN], ["eu-west-1"], { OperationPreferences: { FailureToleranceCount: 1 } });
    expect(await resultsOf(cloud, again)).toEqual([
      `${ADMIN} eu-west-1 FAILED Account ${ADMIN} should have 'AWSCloudFormationStackSetExecutionRole' role with trust relationship to Role 'AWSCloudFormationStackSetAdministrationRole'.`,
      `${A} eu-west-1 SUCCEEDED`,
    ]);
    expect(await operationOf(cloud, again)).toMatchObject({ Status: "SUCCEEDED", StatusDetails: { FailedStackInstancesCount: 1 } });
    expect(await instance(cloud, ADMIN)).toMatchObject({ Status: "OUTDATED", StackInstanceStatus: { DetailedStatus: "FAILED" } });
    await allowIn(cloud, ADMIN);
    await deploy(cloud, [ADMIN], ["eu-west-1"]);
    expect(await instance(cloud, ADMIN)).toMatchObject({ Status: "CURRENT" });
  });

  test("stops when more fails than is tolerated, and a retry makes what is missing", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B, C);
    const { Conditions, FailOnCreate } = unlessIn(B);
    await createSet(cloud, { T: thing({ Name: "t", FailOnCreate }) }, {}, { Conditions });
    const operation = await deploy(cloud, [A, B, C], REGIONS, { OperationPreferences: { RegionOrder: ["us-east-1", "eu-west-1"] } });
    expect(await operationOf(cloud, operation)).toMatchObject({ Status: "FAILED", StatusDetails: { FailedStackInstancesCount: 1 } });
    const tooMuch = "CANCELLED Cancelled since failure tolerance has exceeded";
    expect(await resultsOf(cloud, operation)).toEqual([
      `${A} eu-west-1 ${tooMuch}`,
      `${B} eu-west-1 ${tooMuch}`,
      `${C} eu-west-1 ${tooMuch}`,
      `${A} us-east-1 SUCCEEDED`,
      `${B} us-east-1 FAILED ResourceLogicalId:T, ResourceType:Test::Thing::Thing, ResourceStatusReason:t does not want to.`,
      `${C} us-east-1 ${tooMuch}`,
    ]);
    const failed = await instance(cloud, B, "us-east-1");
    const { Stacks } = await cloud.call(describeStacks, { StackName: failed.StackId }, { accountId: B, region: "us-east-1" });
    expect(Stacks![0]!.StackStatus).toBe("DELETE_COMPLETE");
    await update(cloud, { T: thing({ Name: "t" }) }, { OperationPreferences: { MaxConcurrentCount: 9, FailureToleranceCount: 9 } });
    expect((await instancesOf(cloud)).every((line) => line.endsWith("CURRENT SUCCEEDED"))).toBe(true);
    expect((await instance(cloud, B, "us-east-1")).StackId).not.toBe(failed.StackId);
    expect(await historyOf(cloud)).toEqual(["CREATE FAILED", "UPDATE SUCCEEDED"]);
  });

  test("goes no faster than it is told", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B, C, D);
    await createSet(cloud, { T: thing({ Name: "t", CreateSeconds: 60 }) });
    const operation = await deploy(cloud, [A, B, C, D], REGIONS, {
      OperationPreferences: { MaxConcurrentPercentage: 75, FailureTolerancePercentage: 50 },
    });
    const running = async () =>
      (await resultsOf(cloud, operation)).filter((line) => line.includes("RUNNING")).map((line) => line.slice(0, 22));
    expect(await running()).toEqual([`${A} eu-west-1`, `${B} eu-west-1`, `${C} eu-west-1`]);
    await cloud.advance("1m");
    expect(await running()).toEqual([`${D} eu-west-1`]);
    await cloud.advance("1m");
    expect(await running()).toEqual([`${A} us-east-1`, `${B} us-east-1`, `${C} us-east-1`]);
    const { StackSetId } = await operationOf(cloud, operation);
    expect(cloud.why(`arn:aws:cloudformation:eu-west-1:${ADMIN}:stackset/${StackSetId}`)).toContain(
      "its stack instances are being worked on, in eu-west-1, us-east-1",
    );
    await cloud.advance("2m");
    expect((await operationOf(cloud, operation)).Status).toBe("SUCCEEDED");
  });

  test("goes through all regions at once, where that is asked for", async () => {
    const cloud = setWorld();
    await allow(cloud, A);
    await setFact(cloud, "s3-url https://bucket.s3.amazonaws.com/accounts.csv", `${A},\n${B}\n`);
    await createSet(cloud, { T: thing({ Name: "t", CreateSeconds: 60 }) });
    const operation = await deploy(cloud, [], REGIONS, {
      Accounts: undefined,
      DeploymentTargets: { AccountsUrl: "https://bucket.s3.amazonaws.com/accounts.csv" },
      OperationPreferences: { RegionConcurrencyType: "PARALLEL", MaxConcurrentCount: 2, FailureToleranceCount: 1 },
    });
    expect((await resultsOf(cloud, operation)).map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual([
      `${A} eu-west-1 RUNNING`,
      `${B} eu-west-1 FAILED`,
      `${A} us-east-1 RUNNING`,
      `${B} us-east-1 FAILED`,
    ]);
    await cloud.advance("1m");
    expect(await operationOf(cloud, operation)).toMatchObject({ Status: "SUCCEEDED", StatusDetails: { FailedStackInstancesCount: 2 } });
  });

  test("is stopped: what runs ends, what waits never begins", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B);
    await createSet(cloud, { T: thing({ Name: "t", CreateSeconds: 60 }) });
    const OperationId = await deploy(cloud, [A, B], ["eu-west-1"]);
    await cloud.call(stopStackSetOperation, { ...SET, OperationId });
    expect(await operationOf(cloud, OperationId)).toMatchObject({ Status: "STOPPING" });
    await cloud.advance("1m");
    expect(await operationOf(cloud, OperationId)).toMatchObject({ Status: "STOPPED" });
    expect(await instancesOf(cloud)).toEqual([`${A} eu-west-1 CURRENT SUCCEEDED`, `${B} eu-west-1 OUTDATED CANCELLED`]);
    await expect(cloud.call(stopStackSetOperation, { ...SET, OperationId })).rejects.toThrow("cannot be stopped");
  });

  test("comes to rest, however many there are one after the other", async () => {
    const cloud = setWorld();
    const accounts = Array.from({ length: 35 }, (_, index) => String(300_000_000_000 + index));
    await allow(cloud, ...accounts);
    await createSet(cloud);
    const operation = await deploy(
      cloud,
      accounts,
      Array.from({ length: 10 }, (_, index) => `region-${index}`),
    );
    expect((await operationOf(cloud, operation)).Status).toBe("SUCCEEDED");
    expect(thingsIn(cloud, accounts[34]!, "region-9")).toEqual(["t"]);
  });

  test("comes to the same end whenever the power is cut", async () => {
    const commits = await endsTheSameWheneverThePowerIsCut(setWorld, async (cloud) => {
      await allow(cloud, A, B);
      const { Conditions, FailOnCreate } = unlessIn(B);
      await createSet(cloud, { T: thing({ Name: "t", FailOnCreate }) }, {}, { Conditions });
      await deploy(cloud, [A, B, C], ["eu-west-1"], { OperationPreferences: { MaxConcurrentCount: 2, FailureToleranceCount: 1 } });
    });
    expect(commits).toBeGreaterThan(10);
  });
});

describe("updating", () => {
  test("brings every instance up to date, and leaves those that fail behind", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B, C);
    await createSet(cloud, { T: thing({ Name: "t", Text: "one" }) });
    await deploy(cloud, [A, B, C], ["eu-west-1"]);
    const fresh = unlessIn(B);
    const two = { T: thing({ Name: "t", Text: "two" }), N: thing({ Name: "n", FailOnCreate: fresh.FailOnCreate }, { DependsOn: "T" }) };
    const operation = await update(cloud, two, { OperationPreferences: { FailureToleranceCount: 1 } }, { Conditions: fresh.Conditions });
    expect((await operationOf(cloud, operation)).Status).toBe("SUCCEEDED");
    expect(await instancesOf(cloud)).toEqual([
      `${A} eu-west-1 CURRENT SUCCEEDED`,
      `${B} eu-west-1 OUTDATED FAILED`,
      `${C} eu-west-1 CURRENT SUCCEEDED`,
    ]);
    const textIn = (account: string) => things.get(cloud.scope({ account }), "t")!.properties["Text"];
    expect([A, B, C].map(textIn)).toEqual(["two", "one", "two"]);
    const again = await update(cloud, two, {}, { Conditions: fresh.Conditions });
    expect(await resultsOf(cloud, again)).toEqual([
      `${A} eu-west-1 SUCCEEDED No updates are to be performed.`,
      `${B} eu-west-1 FAILED ResourceLogicalId:N, ResourceType:Test::Thing::Thing, ResourceStatusReason:n does not want to.`,
      `${C} eu-west-1 CANCELLED Cancelled since failure tolerance has exceeded`,
    ]);
  });

  test("of some accounts leaves the others outdated", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B);
    await createSet(cloud, { T: thing({ Name: "t", Text: "one" }) });
    await deploy(cloud, [A, B], ["eu-west-1"]);
    await update(cloud, { T: thing({ Name: "t", Text: "two" }) }, { Accounts: [A], Regions: ["eu-west-1"] });
    expect(await instancesOf(cloud)).toEqual([`${A} eu-west-1 CURRENT SUCCEEDED`, `${B} eu-west-1 OUTDATED SUCCEEDED`]);
    await expect(update(cloud, { T: thing() }, { Accounts: [C], Regions: ["eu-west-1"] })).rejects.toThrow("StackInstance not found");
  });

  test("keeps what an instance has for itself", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B);
    const Parameters = { Text: { Type: "String" }, Other: { Type: "String", Default: "o" } };
    const resources = { T: thing({ Name: "t", Text: { Ref: "Text" }, Other: { Ref: "Other" } }) };
    await createSet(cloud, resources, { Parameters: [{ ParameterKey: "Text", ParameterValue: "all" }] }, { Parameters });
    await deploy(cloud, [A], ["eu-west-1"], { ParameterOverrides: [{ ParameterKey: "Text", ParameterValue: "mine" }] });
    await deploy(cloud, [B], ["eu-west-1"]);
    const texts = () => [A, B].map((account) => things.get(cloud.scope({ account }), "t")!.properties["Text"]);
    expect(texts()).toEqual(["mine", "all"]);
    await cloud.call(updateStackSet, {
      ...SET,
      UsePreviousTemplate: true,
      Parameters: [{ ParameterKey: "Text", ParameterValue: "new" }],
    });
    expect(texts()).toEqual(["mine", "new"]);
    expect((await instance(cloud, A)).ParameterOverrides).toEqual([{ ParameterKey: "Text", ParameterValue: "mine" }]);
    const place = { ...SET, Accounts: [A], Regions: ["eu-west-1"] };
    await cloud.call(updateStackInstances, { ...place, ParameterOverrides: [{ ParameterKey: "Other", ParameterValue: "p" }] });
    expect(texts()).toEqual(["new", "new"]);
    await cloud.call(updateStackInstances, {
      ...place,
      ParameterOverrides: [
        { ParameterKey: "Text", ParameterValue: "again" },
        { ParameterKey: "Other", UsePreviousValue: true },
      ],
    });
    expect(things.get(cloud.scope({ account: A }), "t")!.properties).toMatchObject({ Text: "again", Other: "p" });
    await cloud.call(updateStackInstances, { ...place, ParameterOverrides: [] });
    expect((await instance(cloud, A)).ParameterOverrides).toEqual([]);
    await expect(
      cloud.call(updateStackInstances, { ...place, ParameterOverrides: [{ ParameterKey: "X", ParameterValue: "y" }] }),
    ).rejects.toThrow("Parameters: [X] do not exist in the template");
    await expect(createSet(cloud, resources, { StackSetName: "other" }, { Parameters })).rejects.toThrow(
      "Parameters: [Text] must have values",
    );
  });

  test("comes to the same end whenever the power is cut", () =>
    endsTheSameWheneverThePowerIsCut(setWorld, async (cloud) => {
      await allow(cloud, A, B);
      await createSet(cloud, { T: thing({ Name: "t", Text: "one" }) });
      await deploy(cloud, [A, B], ["eu-west-1"]);
      const { Conditions, FailOnCreate } = unlessIn(A);
      await update(
        cloud,
        { T: thing({ Name: "t", Text: "two" }), N: thing({ Name: "n", FailOnCreate }, { DependsOn: "T" }) },
        { OperationPreferences: { FailureToleranceCount: 1, MaxConcurrentCount: 2 } },
        { Conditions },
      );
    }));
});

describe("deleting", () => {
  test("takes the stacks away, or leaves them", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B);
    await createSet(cloud);
    await deploy(cloud, [A, B], ["eu-west-1"]);
    await expect(cloud.call(deleteStackSet, SET)).rejects.toMatchObject({
      name: "StackSetNotEmptyException",
      message: "StackSet is not empty",
    });
    await remove(cloud, [A], ["eu-west-1"]);
    await remove(cloud, [B], ["eu-west-1"], { RetainStacks: true });
    expect(await instancesOf(cloud)).toEqual([]);
    expect([thingsIn(cloud, A, "eu-west-1"), thingsIn(cloud, B, "eu-west-1")]).toEqual([[], ["t"]]);
    await cloud.call(deleteStackSet, SET);
    await expect(cloud.call(describeStackSet, SET)).rejects.toMatchObject({
      name: "StackSetNotFoundException",
      message: "StackSet net not found",
    });
    const { Summaries } = await cloud.call(listStackSets, { Status: "DELETED" });
    expect(Summaries).toMatchObject([{ StackSetName: "net", Status: "DELETED" }]);
    await cloud.advance("91d");
    expect((await cloud.call(listStackSets, {})).Summaries).toEqual([]);
  });

  test("of a stack that is gone is done; a protected one stays", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B);
    await createSet(cloud);
    await deploy(cloud, [A, B], ["eu-west-1"]);
    const stackIn = async (account: string) => ({ StackName: (await instance(cloud, account)).StackId! });
    await cloud.call(deleteStack, await stackIn(A), { accountId: A });
    await cloud.call(updateTerminationProtection, { ...(await stackIn(B)), EnableTerminationProtection: true }, { accountId: B });
    const operation = await remove(cloud, [A, B], ["eu-west-1"]);
    expect(await resultsOf(cloud, operation)).toEqual([
      `${A} eu-west-1 SUCCEEDED`,
      expect.stringMatching(`^${B} eu-west-1 FAILED Stack \\[StackSet-net-.*\\] cannot be deleted while TerminationProtection is enabled$`),
    ]);
    expect(thingsIn(cloud, B, "eu-west-1")).toEqual(["t"]);
  });

  test("that fails leaves an inoperable instance, which updates pass by", async () => {
    const cloud = setWorld();
    await allow(cloud, A);
    await createSet(cloud, { T: thing({ Name: "t", FailOnRemove: true }) });
    await deploy(cloud, [A], ["eu-west-1"]);
    const operation = await remove(cloud, [A], ["eu-west-1"]);
    expect(await operationOf(cloud, operation)).toMatchObject({ Action: "DELETE", Status: "FAILED", RetainStacks: false });
    expect(await instance(cloud, A)).toMatchObject({
      Status: "INOPERABLE",
      StackInstanceStatus: { DetailedStatus: "INOPERABLE" },
      StatusReason: "ResourceLogicalId:T, ResourceType:Test::Thing::Thing, ResourceStatusReason:t does not want to go.",
    });
    const next = await update(cloud, { T: thing({ Name: "t", Text: "two" }) });
    expect(await resultsOf(cloud, next)).toEqual([]);
    await remove(cloud, [A], ["eu-west-1"], { RetainStacks: true });
    expect(await instancesOf(cloud)).toEqual([]);
  });
});

describe("operations", () => {
  test("go one at a time", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B);
    const { StackSetId } = await createSet(cloud, { T: thing({ Name: "t", CreateSeconds: 60 }) });
    await deploy(cloud, [A], ["eu-west-1"]);
    const busy = {
      name: "OperationInProgressException",
      message: `Another Operation on StackSet arn:aws:cloudformation:eu-west-1:${ADMIN}:stackset/${StackSetId} is in progress`,
    };
    await expect(deploy(cloud, [B], ["eu-west-1"])).rejects.toMatchObject(busy);
    await expect(cloud.call(deleteStackSet, SET)).rejects.toMatchObject(busy);
  });

  test("are queued where execution is managed, as far as they conflict", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B);
    await createSet(cloud, { T: thing({ Name: "t", CreateSeconds: 60 }) }, { ManagedExecution: { Active: true } });
    await deploy(cloud, [A], ["eu-west-1"]);
    await deploy(cloud, [B], ["eu-west-1"]);
    expect(await historyOf(cloud)).toEqual(["CREATE RUNNING", "CREATE RUNNING"]);
    await update(cloud, { T: thing({ Name: "t", Text: "two", CreateSeconds: 60 }) });
    await deploy(cloud, [A], ["us-east-1"]);
    expect(await historyOf(cloud)).toEqual(["CREATE RUNNING", "CREATE RUNNING", "UPDATE QUEUED", "CREATE QUEUED"]);
    const off = { ...SET, UsePreviousTemplate: true, ManagedExecution: { Active: false } };
    await expect(cloud.call(updateStackSet, off)).rejects.toMatchObject({ name: "InvalidOperationException" });
    await cloud.advance("2m");
    expect(await historyOf(cloud)).toEqual(["CREATE SUCCEEDED", "CREATE SUCCEEDED", "UPDATE SUCCEEDED", "CREATE SUCCEEDED"]);
    expect(things.get(cloud.scope({ account: A, region: "us-east-1" }), "t")!.properties["Text"]).toBe("two");
  });

  test("that are queued do not touch what another is at, and build on each other", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B);
    const resources = (Text: string) => ({ T: thing({ Name: "t", Text, Own: { Ref: "Own" }, CreateSeconds: 60 }) });
    const members = { Parameters: { Own: { Type: "String", Default: "no" } } };
    await createSet(cloud, resources("one"), { ManagedExecution: { Active: true } }, members);
    await deploy(cloud, [A], ["eu-west-1"]);
    await deploy(cloud, [A, B], ["eu-west-1"]);
    expect(await historyOf(cloud)).toEqual(["CREATE RUNNING", "CREATE QUEUED"]);
    await update(cloud, resources("two"), { Parameters: [{ ParameterKey: "Own", ParameterValue: "yes" }] }, members);
    await cloud.call(updateStackSet, { ...SET, UsePreviousTemplate: true, Description: "later" });
    await remove(cloud, [A, C], ["eu-west-1"]);
    await cloud.advance("5m");
    expect(await historyOf(cloud)).toEqual([
      "CREATE SUCCEEDED",
      "CREATE SUCCEEDED",
      "UPDATE SUCCEEDED",
      "UPDATE SUCCEEDED",
      "DELETE SUCCEEDED",
    ]);
    expect(things.get(cloud.scope({ account: B }), "t")!.properties).toMatchObject({ Text: "two", Own: "yes" });
    expect(await instancesOf(cloud)).toEqual([`${B} eu-west-1 CURRENT SUCCEEDED`]);
    expect((await cloud.call(describeStackSet, SET)).StackSet!.Description).toBe("later");
  });

  test("that are asked for again are not repeated", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B);
    await createSet(cloud);
    const first = await deploy(cloud, [A], ["eu-west-1"], { OperationId: "one" });
    expect(await deploy(cloud, [A], ["eu-west-1"], { OperationId: "one" })).toBe(first);
    expect(await historyOf(cloud)).toHaveLength(1);
    await expect(deploy(cloud, [B], ["eu-west-1"], { OperationId: "one" })).rejects.toMatchObject({
      name: "OperationIdAlreadyExistsException",
    });
    await deploy(cloud, [B], ["eu-west-1"], { OperationId: "two" });
    await expect(deploy(cloud, [A], ["eu-west-1"], { OperationId: "one" })).rejects.toMatchObject({ name: "StaleRequestException" });
    const { Summaries, NextToken } = await cloud.call(listStackSetOperations, { ...SET, MaxResults: 1 });
    expect(Summaries).toMatchObject([{ OperationId: "two" }]);
    expect((await cloud.call(listStackSetOperations, { ...SET, NextToken })).Summaries).toMatchObject([{ OperationId: "one" }]);
  });

  test("are forgotten after 90 days", async () => {
    const cloud = setWorld();
    await createSet(cloud);
    await deploy(cloud, [A], ["eu-west-1"]);
    await cloud.advance("91d");
    expect(await historyOf(cloud)).toEqual([]);
  });
});

test("is told to the default bus", async () => {
  const cloud = setWorld();
  await allow(cloud, A);
  await createSet(cloud);
  await deploy(cloud, [A, B], ["eu-west-1"]);
  const told = events
    .read(cloud.scope(), EVENTS)
    .filter(({ value }) => value.detailType.includes("StackSet"))
    .map(({ value: { detailType, detail } }) => {
      const { status, "detailed-status": detailed = "" } = detail["status-details"] as Record<string, string>;
      return `${detailType.split(" ")[2]} ${status} ${detailed}`.trim();
    });
  expect(told).toEqual([
    "Status ACTIVE",
    "StackInstance OUTDATED PENDING",
    "StackInstance OUTDATED PENDING",
    "Operation RUNNING",
    "StackInstance OUTDATED RUNNING",
    "StackInstance CURRENT SUCCEEDED",
    "StackInstance OUTDATED RUNNING",
    "StackInstance OUTDATED FAILED",
    "Operation FAILED",
  ]);
});

test("whatever is asked of it, it comes to the same end whenever the power is cut", () =>
  endsTheSameWheneverThePowerIsCut(setWorld, async (cloud) => {
    await allow(cloud, A, B);
    await createSet(cloud, { T: thing({ Name: "t", CreateSeconds: 10 }) }, { ManagedExecution: { Active: true } });
    await deploy(cloud, [A], ["eu-west-1"]);
    const OperationId = await deploy(cloud, [A, B], ["us-east-1"]);
    await update(cloud, { T: thing({ Name: "t", Text: "two", CreateSeconds: 10 }) });
    await cloud.call(stopStackSetOperation, { ...SET, OperationId });
    await cloud.call(detectStackSetDrift, SET);
    await remove(cloud, [A], ["eu-west-1"]);
    await cloud.advance("1m");
    expect(await historyOf(cloud)).toEqual([
      "CREATE SUCCEEDED",
      "CREATE STOPPED",
      "UPDATE SUCCEEDED",
      "DETECT_DRIFT SUCCEEDED",
      "DELETE SUCCEEDED",
    ]);
  }));

describe("a stack set", () => {
  test("has a name of its own, and is created once for a token", async () => {
    const cloud = setWorld();
    const { StackSetId } = await createSet(cloud, undefined, { ClientRequestToken: "token" });
    expect(await createSet(cloud, undefined, { ClientRequestToken: "token" })).toEqual({ StackSetId });
    await expect(createSet(cloud)).rejects.toMatchObject({ name: "NameAlreadyExistsException" });
    await update(cloud, { T: thing({ Name: "u" }) });
    await expect(createSet(cloud, undefined, { ClientRequestToken: "token" })).rejects.toMatchObject({
      name: "CreatedButModifiedException",
    });
    expect((await cloud.call(describeStackSet, { StackSetName: StackSetId })).StackSet).toMatchObject({
      StackSetARN: `arn:aws:cloudformation:eu-west-1:${ADMIN}:stackset/${StackSetId}`,
      TemplateBody: template({ T: thing({ Name: "u" }) }),
      AdministrationRoleARN: `arn:aws:iam::${ADMIN}:role/AWSCloudFormationStackSetAdministrationRole`,
      ExecutionRoleName: "AWSCloudFormationStackSetExecutionRole",
      PermissionModel: "SELF_MANAGED",
      Regions: [],
    });
  });

  test("refuses what cannot be", async () => {
    const cloud = setWorld();
    await expect(cloud.call(createStackSet, { StackSetName: "1st", TemplateBody: "{}" })).rejects.toThrow("stackSetName");
    const role = { R: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: {} } } };
    await expect(createSet(cloud, role)).rejects.toMatchObject({ name: "InsufficientCapabilitiesException" });
    await createSet(cloud);
    const both = { OperationPreferences: { FailureToleranceCount: 1, FailureTolerancePercentage: 1 } };
    await expect(deploy(cloud, [A], ["eu-west-1"], both)).rejects.toThrow("but not both");
    const units = { Accounts: undefined, DeploymentTargets: { OrganizationalUnitIds: ["r-abcd"] } };
    await expect(deploy(cloud, [], ["eu-west-1"], units)).rejects.toThrow(
      "StackSets with SELF_MANAGED permission model can only have accounts as target",
    );
  });

  test("has transforms that are carried out in each account", async () => {
    const cloud = setWorld();
    await allow(cloud, A);
    const loop = { "Fn::ForEach::Each": ["Name", ["X", "Y"], { "T${Name}": thing({ Name: { "Fn::Sub": "t-${Name}" } }) }] };
    const Transform = "AWS::LanguageExtensions";
    await expect(createSet(cloud, loop, {}, { Transform })).rejects.toMatchObject({ name: "InsufficientCapabilitiesException" });
    await createSet(cloud, loop, { Capabilities: ["CAPABILITY_AUTO_EXPAND"] }, { Transform });
    await deploy(cloud, [A], ["eu-west-1"]);
    expect(thingsIn(cloud, A, "eu-west-1")).toEqual(["t-X", "t-Y"]);
  });

  test("takes in stacks that there are already, if their template is its own", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B);
    await createSet(cloud);
    await deploy(cloud, [A, B], ["eu-west-1"]);
    const stack = (await instance(cloud, A)).StackId!;
    const other = (await instance(cloud, B)).StackId!;
    await remove(cloud, [A, B], ["eu-west-1"], { RetainStacks: true });
    const imports = { StackSetName: "second", OperationPreferences: { FailureToleranceCount: 1 } };
    await cloud.call(createStackSet, { StackSetName: "second", StackId: stack });
    await cloud.call(importStacksToStackSet, { ...imports, StackIds: [stack] });
    expect((await cloud.call(listStackInstances, { StackSetName: "second" })).Summaries).toMatchObject([
      { Account: A, StackId: stack, Status: "CURRENT" },
    ]);
    await cloud.call(updateStackSet, { StackSetName: "second", TemplateBody: template({ T: thing({ Name: "t", Text: "x" }) }) });
    expect(things.get(cloud.scope({ account: A }), "t")!.properties["Text"]).toBe("x");
    await cloud.call(importStacksToStackSet, { ...imports, StackIds: [other] });
    expect((await cloud.call(listStackInstances, { StackSetName: "second", StackInstanceAccount: B })).Summaries).toMatchObject([
      { Status: "INOPERABLE", StackInstanceStatus: { DetailedStatus: "FAILED_IMPORT" } },
    ]);
    await expect(cloud.call(importStacksToStackSet, { ...imports, StackIds: [stack] })).rejects.toMatchObject({
      name: "InvalidOperationException",
    });
  });

  test("finds what has drifted", async () => {
    const cloud = setWorld();
    await allow(cloud, A, B);
    await createSet(cloud, { T: thing({ Name: "t", Text: "one" }) });
    await deploy(cloud, [A, B], ["eu-west-1"]);
    cloud.change((scope) => things.patch(scope.in({ account: B }), "t", { properties: { Name: "t", Text: "two" } }));
    const { OperationId } = await cloud.call(detectStackSetDrift, SET);
    expect((await operationOf(cloud, OperationId!)).StackSetDriftDetectionDetails).toMatchObject({
      DriftStatus: "DRIFTED",
      DriftDetectionStatus: "COMPLETED",
      TotalStackInstancesCount: 2,
      DriftedStackInstancesCount: 1,
      InSyncStackInstancesCount: 1,
      InProgressStackInstancesCount: 0,
      FailedStackInstancesCount: 0,
    });
    const drifted = await cloud.call(listStackInstances, { ...SET, Filters: [{ Name: "DRIFT_STATUS", Values: "DRIFTED" }] });
    expect(drifted.Summaries).toMatchObject([{ Account: B, Status: "CURRENT" }]);
    const where = { ...SET, StackInstanceAccount: B, StackInstanceRegion: "eu-west-1", OperationId };
    expect((await cloud.call(listStackInstanceResourceDrifts, where)).Summaries).toMatchObject([
      { LogicalResourceId: "T", StackResourceDriftStatus: "MODIFIED", PropertyDifferences: [{ PropertyPath: "/Text" }] },
    ]);
    expect((await cloud.call(describeStackSet, SET)).StackSet!.StackSetDriftDetectionDetails).toMatchObject({ DriftStatus: "DRIFTED" });
  });
});
