import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { listExports } from "./export.ts";
import { rollbackStack, updateStack } from "./operation.ts";
import { describeStackResource } from "./resource.ts";
import { things } from "./simulated-types.fixture.ts";
import { create, eventsOf, namesOf, S, setFact, stackOf, statusOf, template, thing, update, world } from "./story.fixture.ts";

const URL = "https://b.s3.amazonaws.com/inner.json";
const DEEP = "https://b.s3.amazonaws.com/deep.json";
const nested = (TemplateURL: string) => ({ Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL } });
const place = (cloud: World, resources: object, more: object = {}, url = URL) => setFact(cloud, `s3-url ${url}`, template(resources, more));
const exporting = (Value: string) => ({ Outputs: { Out: { Value, Export: { Name: "shared" } } } });

const innerId = async (cloud: World, StackName = "s"): Promise<string> =>
  (await cloud.call(describeStackResource, { StackName, LogicalResourceId: "N" })).StackResourceDetail!.PhysicalResourceId!;
const exportedValue = async (cloud: World) => (await cloud.call(listExports, {})).Exports![0]!.Value;

/** A stack with a nested one, of which an update replaces `a`, drops `gone` and changes the export. */
async function made(cloud: World): Promise<string> {
  await place(cloud, { A: thing({ Name: "a", Text: "one" }), Gone: thing({ Name: "gone" }) }, exporting("one"));
  await create(cloud, { N: nested(URL) });
  const id = await innerId(cloud);
  await place(cloud, { A: thing({ Name: "a2", Text: "two" }), New: thing({ Name: "new" }) }, exporting("two"));
  return id;
}

const failing = { N: nested(URL), Z: thing({ FailOnCreate: true, CreateSeconds: 60 }, { DependsOn: "N" }) };

describe("a nested stack, while its parent's update goes on", () => {
  test("takes nothing away, and goes back to the very resources it had where its parent does", async () => {
    const cloud = world();
    const id = await made(cloud);
    await update(cloud, failing);
    expect(await statusOf(cloud, id)).toBe("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    expect(namesOf(cloud)).toEqual(["a", "a2", "gone", "new"]);
    expect(await exportedValue(cloud)).toBe("two");
    const before = things.get(cloud.scope(), "gone");
    await cloud.advance("2m");
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await stackOf(cloud, id)).toMatchObject({ StackStatus: "UPDATE_ROLLBACK_COMPLETE", Outputs: [{ OutputValue: "one" }] });
    expect(namesOf(cloud)).toEqual(["a", "gone"]);
    expect(things.get(cloud.scope(), "gone")).toBe(before);
    expect(await exportedValue(cloud)).toBe("one");
    expect((await eventsOf(cloud)).some((event) => event.startsWith("N UPDATE_FAILED"))).toBe(false);
  });

  test("cleans up before its parent is done", async () => {
    const cloud = world();
    const id = await made(cloud);
    await place(cloud, { A: thing({ Name: "a2", RemoveSeconds: 5 }) });
    await update(cloud, { N: nested(URL), Y: thing({ CreateSeconds: 60 }, { DependsOn: "N" }) });
    await cloud.advance("30s");
    expect(await statusOf(cloud)).toBe("UPDATE_IN_PROGRESS");
    await cloud.advance("31s");
    expect([await statusOf(cloud), await statusOf(cloud, id)]).toEqual(["UPDATE_COMPLETE", "UPDATE_COMPLETE"]);
    expect(namesOf(cloud)).toEqual(["a2", expect.stringMatching(/^s-Y-/)]);
    await place(cloud, { A: thing({ Name: "a3" }) });
    await update(cloud, { N: nested(URL), Y: thing({ CreateSeconds: 60 }, { DependsOn: "N" }) });
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    await cloud.advance("5s");
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
    expect(namesOf(cloud)).toEqual(["a3", expect.stringMatching(/^s-Y-/)]);
  });

  test("goes back at any depth", async () => {
    const cloud = world();
    await place(cloud, { D: thing({ Name: "d" }) }, {}, DEEP);
    await place(cloud, { N: nested(DEEP) });
    await create(cloud, { N: nested(URL) });
    await place(cloud, { D: thing({ Name: "d2" }) }, {}, DEEP);
    await update(cloud, failing);
    expect(namesOf(cloud)).toEqual(["d", "d2"]);
    await cloud.advance("2m");
    const inner = await innerId(cloud);
    const statuses = [await statusOf(cloud), await statusOf(cloud, inner), await statusOf(cloud, await innerId(cloud, inner))];
    expect(statuses).toEqual(Array(3).fill("UPDATE_ROLLBACK_COMPLETE"));
    expect(namesOf(cloud)).toEqual(["d"]);
  });

  test("can go back later, where its parent has stayed as it failed", async () => {
    const cloud = world();
    const id = await made(cloud);
    await update(cloud, failing, { DisableRollback: true });
    await cloud.advance("2m");
    expect([await statusOf(cloud), await statusOf(cloud, id)]).toEqual(["UPDATE_FAILED", "UPDATE_COMPLETE"]);
    await cloud.call(rollbackStack, S);
    expect([await statusOf(cloud), await statusOf(cloud, id)]).toEqual(["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]);
    expect(namesOf(cloud)).toEqual(["a", "gone"]);
  });

  test("or go on, and cleans up then", async () => {
    const cloud = world();
    const id = await made(cloud);
    await update(cloud, failing, { DisableRollback: true });
    await cloud.advance("2m");
    await update(cloud, { N: nested(URL) });
    expect([await statusOf(cloud), await statusOf(cloud, id)]).toEqual(["UPDATE_COMPLETE", "UPDATE_COMPLETE"]);
    expect(namesOf(cloud)).toEqual(["a2", "new"]);
  });
});

test("a nested stack that is updated by itself waits for nobody", async () => {
  const cloud = world();
  const id = await made(cloud);
  await cloud.call(updateStack, { StackName: id, TemplateURL: URL });
  expect(await statusOf(cloud, id)).toBe("UPDATE_COMPLETE");
  expect(namesOf(cloud)).toEqual(["a2", "new"]);
});

test("whenever the power is cut while a nested stack goes back with its parent, the end is the same", async () => {
  const story = async (cloud: World) => {
    await made(cloud);
    await update(cloud, failing);
    await cloud.advance("2m");
  };
  expect(await endsTheSameWheneverThePowerIsCut(world, story)).toBeGreaterThan(1);
});
