import { expect, test } from "vitest";
import { createChangeSet, describeChangeSet } from "./change-set.ts";
import { describeStackResourceDrifts, detectStackDrift } from "./drift.ts";
import { describeStackEvents } from "./event.ts";
import { things } from "./simulated-types.fixture.ts";
import { create, S, template, thing, world } from "./story.fixture.ts";

const Parameters = { P: { Type: "String", NoEcho: true } };
const A = { A: thing({ Name: "a", Text: { "Fn::Sub": "it is ${P}!" } }) };
const secret = (ParameterValue: string) => ({ Parameters: [{ ParameterKey: "P", ParameterValue }] });

test("the value of a NoEcho parameter is nowhere to be read", async () => {
  const cloud = world();
  await create(cloud, A, { TemplateBody: template(A, { Parameters }), ...secret("hunter2") });
  expect(things.get(cloud.scope(), "a")!.properties["Text"]).toBe("it is hunter2!");
  const { StackEvents } = await cloud.call(describeStackEvents, S);
  expect(StackEvents!.map(({ ResourceProperties }) => ResourceProperties)).toContain('{"Name":"a","Text":"it is ****!"}');
  const set = { ...S, ChangeSetName: "c", IncludePropertyValues: true };
  await cloud.call(createChangeSet, { ...set, TemplateBody: template(A, { Parameters }), ...secret("hunter3") });
  await cloud.advance("1s");
  const described = await cloud.call(describeChangeSet, set);
  expect(described.Changes![0]!.ResourceChange!.Details![0]!.Target).toMatchObject({
    BeforeValue: "it is ****!",
    AfterValue: "it is ****!",
  });
  await cloud.change((scope) => things.patch(scope, "a", { properties: { Name: "a", Text: "it is hunter2?" } }));
  await cloud.call(detectStackDrift, S);
  const drifts = await cloud.call(describeStackResourceDrifts, S);
  expect(drifts.StackResourceDrifts![0]!.StackResourceDriftStatus).toBe("MODIFIED");
  expect(JSON.stringify([StackEvents, described, drifts])).not.toContain("hunter");
});
