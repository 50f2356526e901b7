import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { listExports } from "./export.ts";
import { cancelUpdateStack, continueUpdateRollback, rollbackStack, updateStack } from "./operation.ts";
import { describeStackResource } from "./resource.ts";
import { things } from "./simulated-types.fixture.ts";
import { listStacks } from "./stack.ts";
import {
  castSpell,
  create,
  eventsOf,
  liftSpell,
  namesOf,
  S,
  setFact,
  stackOf,
  statusOf,
  template,
  thing,
  update,
  world,
} from "./story.fixture.ts";

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

/** A stack with a nested one, whose update changes `a` and then fails. */
async function madeToFail(cloud: World): Promise<string> {
  await place(cloud, { A: thing({ Name: "a", Text: "one" }) });
  await create(cloud, { N: nested(URL) });
  const B = thing({ Name: "b", FailOnCreate: true, CreateSeconds: 60 }, { DependsOn: "A" });
  await place(cloud, { A: thing({ Name: "a", Text: "two" }), B });
  return innerId(cloud);
}
const both = async (cloud: World, id: string) => [await statusOf(cloud), await statusOf(cloud, id)];
const textOf = (cloud: World) => things.get(cloud.scope(), "a")!.properties["Text"];
const tellsUpdateFailed = (event: string) => event.startsWith("N UPDATE_FAILED");

describe("a nested stack whose update fails", () => {
  test("goes back by itself, and its parent with it", async () => {
    const cloud = world();
    const id = await madeToFail(cloud);
    await update(cloud, { N: nested(URL) });
    await cloud.advance("2m");
    expect([...(await both(cloud, id)), textOf(cloud)]).toEqual(["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "one"]);
    expect((await eventsOf(cloud)).find(tellsUpdateFailed)).toContain(
      "Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: The following",
    );
  });

  test("stays as it failed where its parent does, and goes back with it later, at any depth", async () => {
    const cloud = world();
    await place(cloud, { D: thing({ Name: "d" }) }, {}, DEEP);
    await place(cloud, { N: nested(DEEP), A: thing({ Name: "a" }) });
    await create(cloud, { N: nested(URL) });
    const id = await innerId(cloud);
    await place(cloud, { D: thing({ Name: "d2" }) }, {}, DEEP);
    await place(cloud, { N: nested(DEEP), A: thing({ Name: "a2", FailOnCreate: true }, { DependsOn: "N" }) });
    await update(cloud, { N: nested(URL) }, { DisableRollback: true });
    expect([...(await both(cloud, id)), namesOf(cloud)]).toEqual(["UPDATE_FAILED", "UPDATE_FAILED", ["a", "d", "d2"]]);
    await cloud.call(rollbackStack, S);
    expect([...(await both(cloud, id)), namesOf(cloud)]).toEqual(["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", ["a", "d"]]);
  });

  test("and that cannot go back keeps its parent from it; both can be continued at the root", async () => {
    const cloud = world();
    const id = await madeToFail(cloud);
    await update(cloud, { N: nested(URL) });
    castSpell(cloud, "update a");
    await cloud.advance("2m");
    expect(await both(cloud, id)).toEqual(["UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED"]);
    await expect(cloud.call(continueUpdateRollback, { StackName: id })).rejects.toThrow("cannot be invoked on child stacks");
    await cloud.call(continueUpdateRollback, S);
    expect(await both(cloud, id)).toEqual(["UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED"]);
    liftSpell(cloud, "update a");
    await cloud.call(continueUpdateRollback, S);
    expect([...(await both(cloud, id)), textOf(cloud)]).toEqual(["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "one"]);
  });

  test("can leave what resists as it is, by the name of the nested stack", async () => {
    const cloud = world();
    const id = await madeToFail(cloud);
    await update(cloud, { N: nested(URL) });
    castSpell(cloud, "update a");
    await cloud.advance("2m");
    const name = (await stackOf(cloud, id)).StackName!;
    const skip = (...ResourcesToSkip: string[]) => cloud.call(continueUpdateRollback, { ...S, ResourcesToSkip });
    await expect(skip("N")).rejects.toThrow("Nested stacks could not be skipped");
    await expect(skip("N.A")).rejects.toThrow("Stack [N] does not exist");
    await expect(skip("A")).rejects.toThrow("does not belong to stack [s]");
    await expect(skip(`${name}.B`)).rejects.toThrow("Only the resources failed during UpdateRollback are allowed to be skipped");
    await skip(`${name}.A`);
    expect([...(await both(cloud, id)), textOf(cloud)]).toEqual(["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "two"]);
  });
});

test("to cancel an update is to cancel those of the nested stacks that are at work", async () => {
  const cloud = world();
  const id = await made(cloud);
  await place(cloud, { A: thing({ Name: "a", UpdateSeconds: 3600 }), New: thing({ Name: "new" }) });
  await update(cloud, { N: nested(URL) });
  await cloud.call(cancelUpdateStack, S);
  await place(cloud, {});
  expect(await both(cloud, id)).toEqual(["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]);
  expect(namesOf(cloud)).toEqual(["a", "gone"]);
});

test("a second update that fails before it comes to a nested stack undoes what the first did to it", async () => {
  const cloud = world();
  const id = await made(cloud);
  await update(cloud, failing, { DisableRollback: true });
  await cloud.advance("2m");
  await update(cloud, { N: { ...nested(URL), DependsOn: "Y" }, Y: thing({ FailOnCreate: true }) });
  expect(await both(cloud, id)).toEqual(["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]);
  expect(namesOf(cloud)).toEqual(["a", "gone"]);
});

test("what somebody does to a nested stack while its parent's update goes on is not undone with that", async () => {
  const cloud = world();
  await place(cloud, { A: thing({ Name: "a" }) });
  await create(cloud, { N: nested(URL) });
  const id = await innerId(cloud);
  await update(cloud, failing);
  await place(cloud, { A: thing({ Name: "a2" }) });
  await cloud.call(updateStack, { StackName: id, TemplateURL: URL });
  await cloud.advance("2m");
  expect([...(await both(cloud, id)), namesOf(cloud)]).toEqual(["UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE", ["a2"]]);
});

test("nested stacks of a stack with the longest of names have names of their own", async () => {
  const cloud = world();
  const StackName = "s".repeat(128);
  await place(cloud, { A: thing() });
  await create(cloud, { N: nested(URL), M: nested(URL) }, { StackName });
  expect(await statusOf(cloud, StackName)).toBe("CREATE_COMPLETE");
  const names = (await cloud.call(listStacks, {})).StackSummaries!.map((stack) => stack.StackName);
  expect(new Set(names).size).toBe(3);
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

test("whenever the power is cut while a nested stack's update fails, the end is the same", async () => {
  const story = async (cloud: World) => {
    await madeToFail(cloud);
    await update(cloud, { N: nested(URL), Z: thing({ Name: "z" }) });
    await cloud.advance("2m");
  };
  expect(await endsTheSameWheneverThePowerIsCut(world, story)).toBeGreaterThan(1);
});

const ALARM = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors";

test("an alarm that its parent watches while it is held takes a nested stack back, too", async () => {
  const cloud = world();
  await setFact(cloud, `alarm ${ALARM}`, "OK");
  await place(cloud, { A: thing({ Name: "a" }), G: thing({ Name: "g" }) });
  const RollbackConfiguration = { MonitoringTimeInMinutes: 10, RollbackTriggers: [{ Arn: ALARM, Type: "AWS::CloudWatch::Alarm" }] };
  await create(cloud, { N: nested(URL) }, { RollbackConfiguration });
  await cloud.advance("11m");
  const id = await innerId(cloud);
  await place(cloud, { A: thing({ Name: "a2" }) });
  await update(cloud, { N: nested(URL) });
  await cloud.advance("5m");
  expect([await statusOf(cloud), await statusOf(cloud, id), namesOf(cloud)]).toEqual([
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    ["a", "a2", "g"],
  ]);
  await setFact(cloud, `alarm ${ALARM}`, "ALARM");
  await cloud.advance("1m");
  expect([await statusOf(cloud), await statusOf(cloud, id), namesOf(cloud)]).toEqual([
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    ["a", "g"],
  ]);
});

test("a second update that a nested stack refuses undoes what the first did to it", async () => {
  const cloud = world();
  const P = { Parameters: { P: { Type: "String", AllowedPattern: "[a-z0-9]+" } } };
  await place(cloud, { A: thing({ Name: { Ref: "P" } }) }, P);
  const n = (p: string) => ({ ...nested(URL), Properties: { TemplateURL: URL, Parameters: { P: p } } });
  await create(cloud, { N: n("a") });
  const id = await innerId(cloud);
  await update(cloud, { N: n("a2"), Z: thing({ FailOnCreate: true, CreateSeconds: 5 }, { DependsOn: "N" }) }, { DisableRollback: true });
  await cloud.advance("1m");
  await update(cloud, { N: n("???") });
  await cloud.advance("1m");
  expect([await statusOf(cloud), await statusOf(cloud, id), namesOf(cloud)]).toEqual([
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    ["a"],
  ]);
});

test("whenever the power is cut while the rollback of a stack two levels down is continued, the end is the same", async () => {
  const story = async (cloud: World) => {
    await place(cloud, { D: thing({ Name: "d", Text: "1" }) }, {}, DEEP);
    await place(cloud, { N: nested(DEEP), A: thing({ Name: "a" }) });
    await create(cloud, { N: nested(URL) });
    await place(cloud, { D: thing({ Name: "d", Text: "2" }) }, {}, DEEP);
    await update(cloud, { N: nested(URL), Z: thing({ FailOnCreate: true, CreateSeconds: 60 }, { DependsOn: "N" }) });
    await castSpell(cloud, "update d");
    await cloud.advance("2m");
    const deep = await innerId(cloud, await innerId(cloud));
    const name = (await stackOf(cloud, deep)).StackName;
    expect([await statusOf(cloud), await statusOf(cloud, await innerId(cloud)), await statusOf(cloud, deep)]).toEqual(
      Array(3).fill("UPDATE_ROLLBACK_FAILED"),
    );
    await cloud.call(continueUpdateRollback, { ...S, ResourcesToSkip: [`${name}.D`] });
    await cloud.advance("1m");
    expect([await statusOf(cloud), await statusOf(cloud, await innerId(cloud)), await statusOf(cloud, deep)]).toEqual(
      Array(3).fill("UPDATE_ROLLBACK_COMPLETE"),
    );
  };
  expect(await endsTheSameWheneverThePowerIsCut(world, story)).toBeGreaterThan(1);
});
