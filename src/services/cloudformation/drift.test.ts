import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { describeStackDriftDetectionStatus, describeStackResourceDrifts, detectStackDrift, detectStackResourceDrift } from "./drift.ts";
import { compareLive } from "./drift-comparison.ts";
import { listStackResources } from "./resource.ts";
import { things } from "./simulated-types.fixture.ts";
import { create, S, stackOf, thing, world } from "./story.fixture.ts";

const detect = async (cloud: World) => {
  const { StackDriftDetectionId } = await cloud.call(detectStackDrift, S);
  return cloud.call(describeStackDriftDetectionStatus, { StackDriftDetectionId });
};
const driftsOf = async (cloud: World) =>
  (await cloud.call(describeStackResourceDrifts, S)).StackResourceDrifts!.map(
    ({ LogicalResourceId, StackResourceDriftStatus, PropertyDifferences }) => [
      LogicalResourceId,
      StackResourceDriftStatus,
      ...(PropertyDifferences ?? []).map(
        ({ PropertyPath, DifferenceType, ExpectedValue, ActualValue }) =>
          `${DifferenceType} ${PropertyPath} ${ExpectedValue} ${ActualValue}`,
      ),
    ],
  );
/** Somebody changes a thing by hand. */
const change = (cloud: World, id: string, properties: object) =>
  cloud.change((scope) => things.patch(scope, id, { properties: { ...things.get(scope, id)!.properties, ...properties } }));

describe("drift", () => {
  test("nothing has changed", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a", Text: 1 }) });
    expect(await detect(cloud)).toMatchObject({
      DetectionStatus: "DETECTION_COMPLETE",
      StackDriftStatus: "IN_SYNC",
      DriftedStackResourceCount: 0,
    });
    expect(await driftsOf(cloud)).toEqual([["A", "IN_SYNC"]]);
  });

  test("what was changed by hand is shown, property by property, until it is as declared", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a", Text: "x", Inner: { Deep: [1, 2], Gone: true } }), B: thing({ Name: "b" }) });
    expect((await stackOf(cloud)).DriftInformation).toEqual({ StackDriftStatus: "NOT_CHECKED" });
    await change(cloud, "a", { Text: "y", Inner: { Deep: [1, 2, 3] }, Undeclared: 1 });
    expect(await detect(cloud)).toMatchObject({ StackDriftStatus: "DRIFTED", DriftedStackResourceCount: 1 });
    expect(await driftsOf(cloud)).toEqual([
      ["A", "MODIFIED", "NOT_EQUAL /Text x y", "ADD /Inner/Deep/2 null 3", "REMOVE /Inner/Gone true null"],
      ["B", "IN_SYNC"],
    ]);
    expect((await stackOf(cloud)).DriftInformation!.StackDriftStatus).toBe("DRIFTED");
    const shown = (await cloud.call(listStackResources, S)).StackResourceSummaries!.map(({ DriftInformation }) => DriftInformation);
    expect(shown.map((drift) => drift!.StackResourceDriftStatus)).toEqual(["MODIFIED", "IN_SYNC"]);
    await change(cloud, "a", { Text: "x", Inner: { Deep: [1, 2], Gone: true } });
    expect(await detect(cloud)).toMatchObject({ StackDriftStatus: "IN_SYNC" });
  });

  test("what was deleted by hand", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a" }) });
    await cloud.change((scope) => things.remove(scope, "a"));
    const { StackResourceDrift } = await cloud.call(detectStackResourceDrift, { ...S, LogicalResourceId: "A" });
    expect(StackResourceDrift).toMatchObject({ StackResourceDriftStatus: "DELETED", PropertyDifferences: [] });
    expect(await detect(cloud)).toMatchObject({ StackDriftStatus: "DRIFTED" });
  });

  test("is refused for what is not in the stack, and for a stack that is not there", async () => {
    const cloud = world();
    await create(cloud, { A: thing() });
    await expect(cloud.call(detectStackResourceDrift, { ...S, LogicalResourceId: "B" })).rejects.toThrow(
      "Resource B does not exist for stack s",
    );
    await expect(cloud.call(detectStackDrift, { StackName: "t" })).rejects.toThrow("Stack [t] does not exist");
  });

  test("is found the same whenever the power is cut", () =>
    endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await create(cloud, { A: thing({ Name: "a", Text: 1 }) });
      await change(cloud, "a", { Text: 2 });
      await cloud.call(detectStackDrift, S);
      await cloud.advance("1m");
    }));
});

describe("the comparison of live properties with declared ones", () => {
  const ordered = { isUnordered: () => false };
  const unordered = { isUnordered: () => true };
  const paths = (expected: any, actual: any, order = ordered) =>
    compareLive({ P: expected }, { P: actual }, order).map(({ type, path }) => `${type} ${path.join("/")}`);

  test.each([
    ["a number as text", "1", 1, ordered, []],
    ["a document as text", { Statement: [] }, '{"Statement":[]}', ordered, []],
    ["one action, and a list of one", { Action: "s3:*" }, { Action: ["s3:*"] }, ordered, []],
    ["a list that is turned round", ["a", "b"], ["b", "a"], ordered, ["NOT_EQUAL P/0", "NOT_EQUAL P/1"]],
    ["a set that is turned round", ["a", "b"], ["b", "a"], unordered, []],
    ["a set that lost one and got another", ["a", "b"], ["b", "c"], unordered, ["NOT_EQUAL P/0"]],
    ["a set that grew", ["a"], ["b", "a"], unordered, ["ADD P/0"]],
    [
      "tags by their keys",
      [
        { Key: "k", Value: 1 },
        { Key: "l", Value: 2 },
      ],
      [{ Key: "l", Value: 3 }],
      ordered,
      ["NOT_EQUAL P/1/Value", "REMOVE P/0"],
    ],
    ["what is only named", "{{resolve:ssm:secret}}", "value", ordered, []],
    ["a function by its name", "f", "arn:aws:lambda:eu-west-1:111122223333:function:f", ordered, []],
    ["nothing, and nothing at all", [], undefined, ordered, []],
  ])("%s", (_, expected, actual, order, found) => {
    expect(paths(expected, actual, order)).toEqual(found);
  });
});
