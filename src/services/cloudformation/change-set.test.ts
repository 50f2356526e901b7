import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import {
  createOrUpdateStack,
  createChangeSet as ensureChangeSet,
  deleteStack as ensureDeleted,
  executeChangeSet as ensureExecuted,
} from "./api.ts";
import { createChangeSet, deleteChangeSet, describeChangeSet, executeChangeSet, listChangeSets } from "./change-set.ts";
import { createStack, deleteStack } from "./operation.ts";
import { describeEvents } from "./operation-event.ts";
import { things } from "./simulated-types.fixture.ts";
import { getTemplate } from "./stored-template.ts";
import { create, eventsOf, namesOf, S, stackOf, statusOf, template, thing, world } from "./story.fixture.ts";

const C = { ...S, ChangeSetName: "c" };
const change = (cloud: World, resources: object, more: object = {}) =>
  cloud.call(createChangeSet, { ...C, TemplateBody: template(resources), ...more });

describe("a change set", () => {
  test("of a new stack: review, then create", async () => {
    const cloud = world();
    const { Id, StackId } = await change(cloud, { A: thing({ Name: "a" }) }, { ChangeSetType: "CREATE" });
    expect(await stackOf(cloud)).toMatchObject({ StackStatus: "REVIEW_IN_PROGRESS", StackId });
    expect((await cloud.call(getTemplate, S)).TemplateBody).toBe("");
    expect(await cloud.call(describeChangeSet, { ChangeSetName: Id })).toMatchObject({
      Status: "CREATE_COMPLETE",
      ExecutionStatus: "AVAILABLE",
      Changes: [{ Type: "Resource", ResourceChange: { Action: "Add", LogicalResourceId: "A" } }],
    });
    expect((await cloud.call(listChangeSets, S)).Summaries).toHaveLength(1);
    await cloud.call(executeChangeSet, { ...C, ClientRequestToken: "exec" });
    expect(await stackOf(cloud)).toMatchObject({ StackStatus: "CREATE_COMPLETE", ChangeSetId: Id });
    expect(namesOf(cloud)).toEqual(["a"]);
    await expect(cloud.call(describeChangeSet, C)).rejects.toMatchObject({ name: "ChangeSetNotFoundException" });
    expect(await cloud.call(describeChangeSet, { ChangeSetName: Id })).toMatchObject({ ExecutionStatus: "EXECUTE_COMPLETE" });
    expect((await eventsOf(cloud)).slice(0, 2)).toEqual(["s REVIEW_IN_PROGRESS User Initiated", "s CREATE_IN_PROGRESS User Initiated"]);
  });

  test("without changes fails with AWS's words; one that is gone can be deleted", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a" }) });
    await change(cloud, { A: thing({ Name: "a" }) });
    expect(await cloud.call(describeChangeSet, C)).toMatchObject({
      Status: "FAILED",
      StatusReason: "The submitted information didn't contain changes. Submit different information to create a change set.",
      Changes: [],
    });
    await expect(cloud.call(executeChangeSet, C)).rejects.toMatchObject({ name: "InvalidChangeSetStatusException" });
    expect((await cloud.call(describeEvents, { ...C, Filters: { FailedEvents: true } })).OperationEvents).toEqual([]);
    await cloud.call(deleteChangeSet, C);
    await cloud.call(deleteChangeSet, C);
    await expect(change(cloud, { A: thing() }, { StackName: "none" })).rejects.toThrow("Stack [none] does not exist");
    await expect(change(cloud, { A: thing() }, { ChangeSetType: "CREATE" })).rejects.toThrow(
      "Stack [s] already exists and cannot be created again with the changeSet [c].",
    );
  });

  test("shows values where they are asked for; outputs alone are a change", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a", Text: "1" }) });
    await change(cloud, { A: thing({ Name: "a", Text: "2" }) });
    const { Changes } = await cloud.call(describeChangeSet, { ...C, IncludePropertyValues: true });
    expect(Changes![0]!.ResourceChange).toMatchObject({
      Action: "Modify",
      Replacement: "False",
      Details: [{ Target: { Name: "Text", BeforeValue: "1", AfterValue: "2" } }],
    });
    const TemplateBody = template({ A: thing({ Name: "a", Text: "1" }) }, { Outputs: { O: { Value: { Ref: "A" } } } });
    await cloud.call(createChangeSet, { ...C, ChangeSetName: "d", TemplateBody });
    expect(await cloud.call(describeChangeSet, { ...C, ChangeSetName: "d" })).toMatchObject({ Status: "CREATE_COMPLETE", Changes: [] });
    await cloud.call(executeChangeSet, { ...C, ChangeSetName: "d" });
    expect(await stackOf(cloud)).toMatchObject({ StackStatus: "UPDATE_COMPLETE", Outputs: [{ OutputKey: "O", OutputValue: "a" }] });
  });

  test("a stack under review can be deleted", async () => {
    const cloud = world();
    const { StackId } = await change(cloud, { A: thing() }, { ChangeSetType: "CREATE" });
    await cloud.call(deleteStack, S);
    expect(await statusOf(cloud, StackId)).toBe("DELETE_COMPLETE");
    await expect(stackOf(cloud)).rejects.toThrow("Stack with id s does not exist");
    await change(cloud, { A: thing() }, { ChangeSetType: "CREATE" });
    expect((await stackOf(cloud)).StackId).not.toBe(StackId);
  });

  test("brings in what exists by its name", async () => {
    const cloud = world();
    cloud.change((scope) => things.put(scope, { id: "kept", properties: { Name: "kept" }, token: "", tags: [] }));
    const resources = { A: thing({ Name: "kept" }, { DeletionPolicy: "Retain" }), B: thing() };
    const toImport = { ResourceType: "Test::Thing::Thing", LogicalResourceId: "A", ResourceIdentifier: { Name: "kept" } };
    await change(cloud, { A: resources.A }, { ChangeSetType: "IMPORT", ResourcesToImport: [toImport] });
    expect((await cloud.call(describeChangeSet, C)).Changes).toMatchObject([
      { ResourceChange: { Action: "Import", PhysicalResourceId: "kept" } },
    ]);
    await cloud.call(executeChangeSet, C);
    expect(await statusOf(cloud)).toBe("IMPORT_COMPLETE");
    await cloud.call(deleteStack, S);
    expect(namesOf(cloud)).toEqual(["kept"]);
  });

  test("ends the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await change(cloud, { A: thing({ CreateSeconds: 3 }), B: thing({ Of: { Ref: "A" } }) }, { ChangeSetType: "CREATE" });
      await cloud.call(executeChangeSet, C);
      await cloud.advance("1m");
      await change(cloud, { A: thing({ CreateSeconds: 3, Text: "2" }) });
      await cloud.call(executeChangeSet, C);
      await cloud.advance("1m");
    });
  });
});

describe("what a pipeline asks", () => {
  const wish = (token: string, resources: object) => ({ stackName: "s", token, templateBody: template(resources) });

  test("creating and updating can be asked again at any time", async () => {
    const cloud = world();
    const ask = (token: string, resources: object, options = {}) =>
      cloud.change((scope) => createOrUpdateStack(scope, wish(token, resources), options));
    expect(ask("1", { A: thing({ Name: "a", CreateSeconds: 30 }) })).toMatchObject({ state: "busy", status: "CREATE_IN_PROGRESS" });
    expect(ask("1", { A: thing({ Name: "a", CreateSeconds: 30 }) })).toMatchObject({ state: "busy" });
    await cloud.advance("1m");
    expect(ask("1", { A: thing({ Name: "a", CreateSeconds: 30 }) })).toMatchObject({ state: "done", status: "CREATE_COMPLETE" });
    expect(ask("2", { A: thing({ Name: "a", CreateSeconds: 30 }) })).toMatchObject({ state: "done", status: "CREATE_COMPLETE" });
    expect(ask("3", { A: thing({ Name: "a", FailOnUpdate: true }) })).toMatchObject({ state: "busy" });
    expect(ask("3", { A: thing({ Name: "a", FailOnUpdate: true }) })).toMatchObject({
      state: "failed",
      status: "UPDATE_ROLLBACK_COMPLETE",
      reason: expect.stringMatching(/^The following resource\(s\) failed to update: \[A\]\. A: ./),
    });
    expect(ask("4", { A: { Type: "AWS::No::Where" } })).toMatchObject({ state: "failed" });
    expect(cloud.change((scope) => ensureDeleted(scope, { stackName: "s", token: "5" }))).toMatchObject({ state: "busy" });
    expect(cloud.change((scope) => ensureDeleted(scope, { stackName: "s", token: "5" }))).toMatchObject({ state: "done" });
  });

  test("a stack whose creation failed is replaced where that is wanted", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a", FailOnCreate: true }) });
    const ask = (replaceFailed: boolean) =>
      cloud.change((scope) => createOrUpdateStack(scope, wish("1", { A: thing({ Name: "a" }) }), { replaceFailed }));
    expect(ask(false)).toMatchObject({ state: "failed" });
    expect(ask(true)).toMatchObject({ state: "busy" });
    ask(true);
    expect(ask(true)).toMatchObject({ state: "done", status: "CREATE_COMPLETE" });
  });

  test("change sets", async () => {
    const cloud = world();
    const ask = (token: string, resources: object) =>
      cloud.change((scope) => ensureChangeSet(scope, { ...wish(token, resources), changeSetName: "c" }));
    const execute = (token: string) => cloud.change((scope) => ensureExecuted(scope, { stackName: "s", changeSetName: "c", token }));
    expect(ask("1", { A: thing({ Name: "a" }) })).toMatchObject({ state: "busy" });
    expect(ask("1", { A: thing({ Name: "a" }) })).toMatchObject({ state: "done", noChanges: false });
    expect(execute("2")).toMatchObject({ state: "busy" });
    expect(execute("2")).toMatchObject({ state: "done" });
    ask("3", { A: thing({ Name: "a" }) });
    expect(ask("3", { A: thing({ Name: "a" }) })).toMatchObject({ state: "done", noChanges: true });
    expect(execute("4")).toMatchObject({ state: "done" });
    expect(ask("5", { A: thing({ Name: "a" }, { Nonsense: 1 }) })).toMatchObject({ state: "failed" });
    await expect(cloud.call(createStack, { ...S, TemplateBody: template({ A: thing() }) })).rejects.toThrow("already exists");
  });
});
