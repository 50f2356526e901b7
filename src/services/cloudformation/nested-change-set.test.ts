import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { createChangeSet, deleteChangeSet, describeChangeSet, executeChangeSet } from "./change-set.ts";
import { things } from "./simulated-types.fixture.ts";
import { listStacks } from "./stack.ts";
import { setFact, statusOf, template, thing, world } from "./story.fixture.ts";

const INNER = "https://bucket.s3.amazonaws.com/inner.json";
const inner = (text: string) =>
  JSON.stringify({
    Parameters: { P: { Type: "String", Default: "none", AllowedPattern: "[a-z-]*" } },
    Resources: { T: thing({ Name: "inner", Text: text, Of: { Ref: "P" } }) },
  });
const outer = (more: object = {}, parameters?: object) =>
  template({
    Nested: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: INNER, ...(parameters && { Parameters: parameters }) } },
    ...more,
  });
const SET = { StackName: "s", ChangeSetName: "c" };

async function review(cloud: World, TemplateBody: string, type: "CREATE" | "UPDATE") {
  await cloud.call(createChangeSet, { ...SET, TemplateBody, ChangeSetType: type, IncludeNestedStacks: true });
  await cloud.advance("1s");
  const root = await cloud.call(describeChangeSet, { ...SET, IncludePropertyValues: true });
  const nested = root.Changes?.flatMap(({ ResourceChange }) => ResourceChange?.ChangeSetId ?? []) ?? [];
  return { root, nested: await Promise.all(nested.map((ChangeSetName) => cloud.call(describeChangeSet, { ChangeSetName }))) };
}

const actionsOf = ({ Changes }: { Changes?: any }): string[] =>
  (Changes ?? []).map(({ ResourceChange: { Action, LogicalResourceId } }: any) => `${Action} ${LogicalResourceId}`);

async function build(): Promise<World> {
  const cloud = world();
  await setFact(cloud, `s3-url ${INNER}`, inner("one"));
  return cloud;
}

describe("a change set with nested stacks", () => {
  test("of a new stack shows what the nested one gets, under the names that it then has", async () => {
    const cloud = await build();
    const { root, nested } = await review(cloud, outer(), "CREATE");
    expect(actionsOf(root)).toEqual(["Add Nested"]);
    expect(actionsOf(nested[0]!)).toEqual(["Add T"]);
    expect(nested[0]).toMatchObject({ ParentChangeSetId: root.ChangeSetId, RootChangeSetId: root.ChangeSetId, Status: "CREATE_COMPLETE" });
    await expect(cloud.call(executeChangeSet, { ChangeSetName: nested[0]!.ChangeSetId })).rejects.toThrow("from its root change set");
    await cloud.call(executeChangeSet, SET);
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    const { StackSummaries } = await cloud.call(listStacks, {});
    expect(StackSummaries!.map(({ StackId }) => StackId).sort()).toEqual([nested[0]!.StackId, root.StackId].sort());
    expect(things.get(cloud.scope(), "inner")?.properties).toMatchObject({ Text: "one" });
  });

  test("of an update leaves out what stays as it is, and takes what is not known yet for changed", async () => {
    const cloud = await build();
    await review(cloud, outer({ A: thing({ Name: "a", Replace: 1 }) }, { P: { Ref: "A" } }), "CREATE");
    await cloud.call(executeChangeSet, SET);
    await cloud.advance("1m");
    const same = await review(
      cloud,
      outer({ A: thing({ Name: "a", Replace: 1 }), B: thing({ Name: "b" }) }, { P: { Ref: "A" } }),
      "UPDATE",
    );
    expect(actionsOf(same.root)).toEqual(["Add B"]);
    await cloud.call(deleteChangeSet, SET);
    const { root, nested } = await review(cloud, outer({ A: thing({ Name: "a-two", Replace: 2 }) }, { P: { Ref: "A" } }), "UPDATE");
    expect(actionsOf(root)).toEqual(["Modify A", "Modify Nested"]);
    expect(actionsOf(nested[0]!)).toEqual(["Modify T"]);
    expect(nested[0]!.Parameters).toEqual([{ ParameterKey: "P", ParameterValue: "{{changeSet:KNOWN_AFTER_APPLY}}" }]);
    await cloud.call(executeChangeSet, SET);
    await cloud.advance("1m");
    expect(things.get(cloud.scope(), "inner")?.properties).toMatchObject({ Of: "a-two" });
  });

  test("fails where that of a nested stack does, and takes the nested stack away with it", async () => {
    const cloud = await build();
    await setFact(cloud, `s3-url ${INNER}`, JSON.stringify({ Resources: { T: { Type: "Test::Thing::Unknown" } } }));
    const { root } = await review(cloud, outer(), "CREATE");
    expect(root.Status).toBe("FAILED");
    await setFact(cloud, `s3-url ${INNER}`, inner("one"));
    await cloud.call(deleteChangeSet, SET);
    await review(cloud, outer(), "CREATE");
    await cloud.call(deleteChangeSet, SET);
    const { StackSummaries } = await cloud.call(listStacks, {});
    expect(StackSummaries!.map(({ StackName }) => StackName)).toEqual(["s"]);
  });

  test("ends the same whenever the power is cut", () =>
    endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await setFact(cloud, `s3-url ${INNER}`, inner("one"));
      await cloud.call(createChangeSet, { ...SET, TemplateBody: outer(), ChangeSetType: "CREATE", IncludeNestedStacks: true });
      await cloud.advance("1m");
      await cloud.call(executeChangeSet, SET);
      await cloud.advance("1m");
    }));
});
