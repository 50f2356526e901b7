import { expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { deleteStack } from "./operation.ts";
import { things } from "./simulated-types.fixture.ts";
import { A, allow, B, C, instancesOf, setWorld, thingsIn } from "./stack-set.fixture.ts";
import { describeStackSet, listStackSets } from "./stack-set.ts";
import { create, eventsOf, S, stackOf, statusOf, template, thing, update } from "./story.fixture.ts";

const inner = (text: string, more: object = {}) =>
  template(
    { T: thing({ Name: "t", Text: text, Own: { Ref: "Own" }, ...more }) },
    { Parameters: { Own: { Type: "String", Default: "no" } } },
  );
const group = (Accounts: string[], Regions: string[], own?: string) => ({
  DeploymentTargets: { Accounts },
  Regions,
  ...(own !== undefined && { ParameterOverrides: [{ ParameterKey: "Own", ParameterValue: own }] }),
});
const set = (text: string, groups: object[], more: object = {}) => ({
  Set: {
    Type: "AWS::CloudFormation::StackSet",
    Properties: {
      StackSetName: "net",
      PermissionModel: "SELF_MANAGED",
      TemplateBody: inner(text, more),
      StackInstancesGroup: groups,
      OperationPreferences: { MaxConcurrentCount: "2", FailureToleranceCount: 0 },
    },
  },
});
const propertiesIn = (cloud: World, account: string, region = "eu-west-1") => things.get(cloud.scope({ account, region }), "t")?.properties;

test("a stack set in a stack has the instances that are declared", async () => {
  const cloud = setWorld();
  await allow(cloud, A, B, C);
  await create(cloud, set("one", [group([A, B], ["eu-west-1"]), group([A], ["us-east-1"], "yes")]), {
    Tags: [{ Key: "team", Value: "blue" }],
  });
  expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
  const { Summaries } = await cloud.call(listStackSets, {});
  expect(Summaries).toMatchObject([{ StackSetName: "net", PermissionModel: "SELF_MANAGED" }]);
  expect((await cloud.call(describeStackSet, { StackSetName: "net" })).StackSet!.Tags).toEqual([{ Key: "team", Value: "blue" }]);
  expect(propertiesIn(cloud, A, "us-east-1")).toMatchObject({ Text: "one", Own: "yes" });

  await update(cloud, set("two", [group([A, C], ["eu-west-1"], "yes")]));
  expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
  expect(await instancesOf(cloud)).toEqual([A, C].map((account) => `${account} eu-west-1 CURRENT SUCCEEDED`));
  expect(propertiesIn(cloud, A)).toMatchObject({ Text: "two", Own: "yes" });
  expect(thingsIn(cloud, A, "us-east-1")).toEqual([]);

  await cloud.call(deleteStack, S);
  expect((await cloud.call(listStackSets, { Status: "ACTIVE" })).Summaries).toEqual([]);
  expect([A, B, C].flatMap((account) => thingsIn(cloud, account, "eu-west-1"))).toEqual([]);
});

test("a stack whose stack set fails takes it away again", async () => {
  const cloud = setWorld();
  await allow(cloud, A, B);
  await create(cloud, set("one", [group([A], ["eu-west-1"]), group([B], ["eu-west-1"])], { FailOnCreate: true }));
  expect((await stackOf(cloud)).StackStatus).toBe("ROLLBACK_COMPLETE");
  expect((await eventsOf(cloud)).join()).toMatch(/Stack set operation \[[0-9a-f-]{36}\] was unexpectedly stopped or failed/);
  expect((await cloud.call(listStackSets, { Status: "ACTIVE" })).Summaries).toEqual([]);
  expect(thingsIn(cloud, A, "eu-west-1")).toEqual([]);
});

test("a stack set that cannot be updated is as it was", async () => {
  const cloud = setWorld();
  await allow(cloud, A, B);
  await create(cloud, set("one", [group([A, B], ["eu-west-1"])]));
  await update(cloud, set("two", [group([A], ["eu-west-1"])], { FailOnUpdate: true }));
  expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
  expect(propertiesIn(cloud, A)).toMatchObject({ Text: "one" });
  expect(await instancesOf(cloud)).toEqual([A, B].map((account) => `${account} eu-west-1 CURRENT SUCCEEDED`));
});

test("a stack set in a stack comes to be the same whenever the power is cut", () =>
  endsTheSameWheneverThePowerIsCut(setWorld, async (cloud) => {
    await allow(cloud, A, B);
    await create(cloud, set("one", [group([A], ["eu-west-1"])]));
    await update(cloud, set("two", [group([B], ["eu-west-1"])]));
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
  }));
