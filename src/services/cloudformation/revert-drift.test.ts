import { describe, expect, test } from "vitest";
import type { World } from "../../testing/world.ts";
import { createChangeSet, describeChangeSet, executeChangeSet } from "./change-set.ts";
import { things } from "./simulated-types.fixture.ts";
import { create, statusOf, template, thing, world } from "./story.fixture.ts";

const SET = { StackName: "s", ChangeSetName: "c" };

async function revert(cloud: World, resources: object) {
  await cloud.call(createChangeSet, { ...SET, TemplateBody: template(resources), DeploymentMode: "REVERT_DRIFT" });
  await cloud.advance("1s");
  return cloud.call(describeChangeSet, { ...SET, IncludePropertyValues: true });
}
const change = (cloud: World, id: string, properties: object) =>
  cloud.change((scope) => things.patch(scope, id, { properties: { ...things.get(scope, id)!.properties, ...properties } }));
const textOf = (cloud: World, id: string) => things.get(cloud.scope(), id)?.properties["Text"];

describe("a change set that reverts drift", () => {
  const A = { A: thing({ Name: "a", Text: "one" }) };

  test("brings back what was changed by hand, and shows from what to what", async () => {
    const cloud = world();
    await create(cloud, A);
    await change(cloud, "a", { Text: "by hand" });
    const { Changes } = await revert(cloud, A);
    expect(Changes).toHaveLength(1);
    expect(Changes![0]!.ResourceChange).toMatchObject({
      Action: "Modify",
      ResourceDriftStatus: "MODIFIED",
      Details: [
        {
          Target: {
            Path: "/Properties/Text",
            BeforeValue: "by hand",
            AfterValue: "one",
            Drift: { PreviousValue: "one", ActualValue: "by hand" },
            BeforeValueFrom: "ACTUAL_STATE",
          },
        },
      ],
    });
    await cloud.call(executeChangeSet, SET);
    await cloud.advance("1m");
    expect([await statusOf(cloud), textOf(cloud, "a")]).toEqual(["UPDATE_COMPLETE", "one"]);
  });

  test("makes what was deleted by hand again", async () => {
    const cloud = world();
    await create(cloud, { ...A, B: thing({ Text: "two" }) });
    await cloud.change((scope) => things.list(scope).forEach(({ id }) => void things.remove(scope, id)));
    const { Changes } = await revert(cloud, { ...A, B: thing({ Text: "two" }) });
    expect(Changes!.map(({ ResourceChange }) => [ResourceChange!.Action, ResourceChange!.ResourceDriftStatus])).toEqual([
      ["Add", "DELETED"],
      ["Add", "DELETED"],
    ]);
    await cloud.call(executeChangeSet, SET);
    await cloud.advance("1m");
    expect([await statusOf(cloud), textOf(cloud, "a"), things.list(cloud.scope()).length]).toEqual(["UPDATE_COMPLETE", "one", 2]);
  });

  test("touches nothing where the template was brought to what is live", async () => {
    const cloud = world();
    await create(cloud, A);
    await change(cloud, "a", { Text: "by hand", FailOnUpdate: true });
    const { Changes } = await revert(cloud, { A: thing({ Name: "a", Text: "by hand" }) });
    expect(Changes!.map(({ ResourceChange }) => ResourceChange!.Action)).toEqual(["SyncWithActual"]);
    await cloud.call(executeChangeSet, SET);
    await cloud.advance("1m");
    expect([await statusOf(cloud), textOf(cloud, "a")]).toEqual(["UPDATE_COMPLETE", "by hand"]);
  });

  test("has nothing to do where nothing has changed", async () => {
    const cloud = world();
    await create(cloud, A);
    expect((await revert(cloud, A)).Status).toBe("FAILED");
  });
});
