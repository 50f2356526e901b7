import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { listExports, listImports } from "./export.ts";
import { deleteStack, updateStack } from "./operation.ts";
import { listStackResources } from "./resource.ts";
import { things } from "./simulated-types.fixture.ts";
import {
  createStackRefactor,
  describeStackRefactor,
  executeStackRefactor,
  listStackRefactorActions,
  listStackRefactors,
} from "./stack-refactor.ts";
import { getTemplate } from "./stored-template.ts";
import { create, eventsOf, namesOf, S, stackOf, statusOf, template, thing, world } from "./story.fixture.ts";

const A = thing({ Name: "a" });
const exported = (name: string) => ({ Outputs: { O: { Value: { Ref: name }, Export: { Name: "shared" } } } });
const define = (StackName: string, resources: object, more: object = {}) => ({ StackName, TemplateBody: template(resources, more) });
const move = (source: [string, string], destination: [string, string]) => ({
  Source: { StackName: source[0], LogicalResourceId: source[1] },
  Destination: { StackName: destination[0], LogicalResourceId: destination[1] },
});
const begin = async (cloud: World, StackDefinitions: object[], more: object = {}) => {
  const { StackRefactorId } = await cloud.call(createStackRefactor, { StackDefinitions: StackDefinitions as any, ...more });
  return { StackRefactorId, ...(await cloud.call(describeStackRefactor, { StackRefactorId })) };
};
const execute = async (cloud: World, { StackRefactorId }: { StackRefactorId: string | undefined }) => {
  await cloud.call(executeStackRefactor, { StackRefactorId });
  return cloud.call(describeStackRefactor, { StackRefactorId });
};
const resourcesOf = async (cloud: World, StackName: string) =>
  (await cloud.call(listStackResources, { StackName })).StackResourceSummaries!.map(
    ({ LogicalResourceId, PhysicalResourceId, ResourceStatus }) => `${LogicalResourceId} ${PhysicalResourceId} ${ResourceStatus}`,
  );

describe("a stack refactor", () => {
  test("moves a resource to a new stack and touches nothing; what needed it imports it", async () => {
    const cloud = world();
    await create(cloud, { A, B: thing({ Name: "b", Of: { Ref: "A" } }) });
    const before = things.list(cloud.scope());
    const rest = { B: thing({ Name: "b", Of: { "Fn::ImportValue": "shared" } }) };
    const refactor = await begin(cloud, [define("s", rest), define("t", { A }, exported("A"))], {
      EnableStackCreation: true,
      Description: "split",
    });
    expect(refactor).toMatchObject({ Status: "CREATE_COMPLETE", ExecutionStatus: "AVAILABLE", Description: "split" });
    expect(await statusOf(cloud, "t")).toBe("REVIEW_IN_PROGRESS");
    const { StackId: from } = await stackOf(cloud);
    const { StackId: to } = await stackOf(cloud, "t");
    expect((await cloud.call(listStackRefactorActions, refactor)).StackRefactorActions).toMatchObject([
      { Action: "CREATE", Entity: "STACK", Description: `Stack ${to} created.` },
      {
        Action: "MOVE",
        Entity: "RESOURCE",
        PhysicalResourceId: "a",
        Description: "No configuration changes detected.",
        Detection: "AUTO",
        ResourceMapping: {
          Source: { StackName: from, LogicalResourceId: "A" },
          Destination: { StackName: to, LogicalResourceId: "A" },
        },
      },
    ]);
    expect(await execute(cloud, refactor)).toMatchObject({ ExecutionStatus: "EXECUTE_COMPLETE" });
    expect(things.list(cloud.scope())).toEqual(before);
    expect(await resourcesOf(cloud, "s")).toEqual(["B b CREATE_COMPLETE"]);
    expect(await resourcesOf(cloud, "t")).toEqual(["A a IMPORT_COMPLETE"]);
    expect((await eventsOf(cloud)).slice(-4)).toEqual([
      "s UPDATE_IN_PROGRESS User Initiated",
      "A EXPORT_IN_PROGRESS Resource export started.",
      "A EXPORT_COMPLETE Resource export completed.",
      "s UPDATE_COMPLETE",
    ]);
    expect(await eventsOf(cloud, "t")).toEqual([
      "t REVIEW_IN_PROGRESS User Initiated",
      "t CREATE_IN_PROGRESS User Initiated",
      "A IMPORT_IN_PROGRESS Resource import started.",
      "A IMPORT_COMPLETE Resource import completed.",
      "t CREATE_COMPLETE",
    ]);
    expect((await cloud.call(listExports, {})).Exports).toMatchObject([{ Name: "shared", Value: "a", ExportingStackId: to }]);
    expect((await cloud.call(listImports, { ExportName: "shared" })).Imports).toEqual(["s"]);
    expect((await cloud.call(getTemplate, S)).TemplateBody).toBe(template(rest));
    // The stacks go on as if it had always been so.
    await expect(cloud.call(updateStack, { ...S, TemplateBody: template(rest) })).rejects.toThrow("No updates are to be performed.");
    await cloud.call(deleteStack, S);
    await cloud.call(deleteStack, { StackName: "t" });
    expect(namesOf(cloud)).toEqual([]);
  });

  test("renames what is in one stack, also in a circle, and what refers to it", async () => {
    const cloud = world();
    await create(cloud, { A, B: thing({ Name: "b", Of: { Ref: "A" } }) });
    const swapped = { B: A, A: thing({ Name: "b", Of: { Ref: "B" } }) };
    const ResourceMappings = [move(["s", "A"], ["s", "B"]), move(["s", "B"], ["s", "A"])];
    const refactor = await begin(cloud, [define("s", swapped)], { ResourceMappings });
    expect(refactor).toMatchObject({ Status: "CREATE_COMPLETE" });
    await execute(cloud, refactor);
    expect(await resourcesOf(cloud, "s")).toEqual(["A b IMPORT_COMPLETE", "B a IMPORT_COMPLETE"]);
    const renamed = { C: A, A: thing({ Name: "b", Of: { Ref: "C" } }) };
    const found = await begin(cloud, [define("s", renamed)]);
    expect(found).toMatchObject({ Status: "CREATE_COMPLETE" });
    await execute(cloud, found);
    expect(await resourcesOf(cloud, "s")).toEqual(["A b IMPORT_COMPLETE", "C a IMPORT_COMPLETE"]);
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
  });

  test("does nothing else than moving", async () => {
    const cloud = world();
    await create(cloud, { A, B: thing({ Name: "b", Stack: { Ref: "AWS::StackName" } }) }, { StackName: "s" });
    await create(cloud, { X: thing({ Name: "x" }) }, { StackName: "t" });
    const X = thing({ Name: "x" });
    const B = thing({ Name: "b", Stack: { Ref: "AWS::StackName" } });
    const refusals: [object[], string, object?][] = [
      [[define("s", { A, B })], "The stack refactor moves no resources."],
      [[define("s", { A, B, N: thing() }), define("t", { X })], "Resources [s.N] would be created."],
      [[define("s", { A }), define("t", { X })], "Resources [s.B] would be deleted."],
      [[define("s", { B }), define("t", { X, A: thing({ Name: "a", Text: "x" }) })], "Resource [t.A] would be modified: [Text]."],
      [
        [define("s", { B }), define("t", { X, A: thing({ Name: "a" }, { DeletionPolicy: "Retain" }) })],
        "Resource [t.A] would be modified: [deletionPolicy].",
      ],
      [[define("s", { A }), define("t", { X, B })], "Resource [t.B] would be modified: [Stack]."],
      [
        [define("s", { B }, { Parameters: { P: { Type: "String", Default: "1" } } }), define("t", { X, A })],
        "Stack [s]: Parameters can not be changed or added during a stack refactor.",
      ],
      [
        [define("s", { A: B, B: A })],
        "The destination of a resource mapping [Z] is not in the stack [s].",
        { ResourceMappings: [move(["s", "A"], ["s", "Z"])] },
      ],
    ];
    const reasons: string[] = [];
    for (const [definitions, , more] of refusals) reasons.push((await begin(cloud, definitions, more)).StatusReason ?? "");
    expect(reasons).toEqual(refusals.map(([, message]) => expect.stringContaining(message)));
    const { Status, ExecutionStatus, StackRefactorId } = await begin(cloud, [define("s", { A }), define("t", { X })]);
    expect({ Status, ExecutionStatus }).toEqual({ Status: "CREATE_FAILED", ExecutionStatus: "UNAVAILABLE" });
    await expect(cloud.call(executeStackRefactor, { StackRefactorId })).rejects.toThrow("current execution status of [UNAVAILABLE]");
    await expect(begin(cloud, [define("s", { B }), define("u", { A })])).rejects.toThrow("Stack [u] does not exist");
    await expect(
      begin(
        cloud,
        "123456".split("").map((n) => define(`s${n}`, { A })),
      ),
    ).rejects.toThrow("at most 5 stacks");
    await expect(cloud.call(describeStackRefactor, { StackRefactorId: "none" })).rejects.toMatchObject({
      name: "StackRefactorNotFoundException",
    });
  });

  test("moves no types that have no resource of their own", async () => {
    const cloud = world();
    const W = { Type: "AWS::CloudFormation::WaitConditionHandle" };
    await create(cloud, { A, W });
    const X = thing({ Name: "x" });
    await create(cloud, { X }, { StackName: "t" });
    const { StatusReason } = await begin(cloud, [define("s", { A }), define("t", { X, W })]);
    expect(StatusReason).toBe("Stack refactoring does not support resource types [AWS::CloudFormation::WaitConditionHandle]");
  });

  test("keeps what others import", async () => {
    const cloud = world();
    await create(cloud, { A, B: thing({ Name: "b" }) }, { TemplateBody: template({ A, B: thing({ Name: "b" }) }, exported("A")) });
    await create(cloud, { X: thing({ Name: "x", Of: { "Fn::ImportValue": "shared" } }) }, { StackName: "user" });
    const definitions = (more: object) => [define("s", { B: thing({ Name: "b" }) }), define("t", { A }, more)];
    const { StatusReason } = await begin(cloud, definitions({}), { EnableStackCreation: true });
    expect(StatusReason).toBe("Export shared cannot be deleted as it is in use by user");
    const refactor = await begin(cloud, definitions(exported("A")), { EnableStackCreation: true });
    expect(await execute(cloud, refactor)).toMatchObject({ ExecutionStatus: "EXECUTE_COMPLETE" });
    expect((await cloud.call(listExports, {})).Exports).toHaveLength(1);
  });

  test("is obsolete when one of its stacks has changed, and is forgotten after 90 days", async () => {
    const cloud = world();
    await create(cloud, { A, B: thing({ Name: "b" }) });
    const refactor = await begin(cloud, [define("s", { B: thing({ Name: "b" }) }), define("t", { A })], { EnableStackCreation: true });
    await cloud.call(updateStack, { ...S, TemplateBody: template({ A, B: thing({ Name: "b", Text: "x" }) }) });
    expect(await cloud.call(describeStackRefactor, refactor)).toMatchObject({ ExecutionStatus: "OBSOLETE" });
    const listed = async (filter: string[]) =>
      (await cloud.call(listStackRefactors, { ExecutionStatusFilter: filter as any })).StackRefactorSummaries!.length;
    expect(await listed(["OBSOLETE"])).toBe(1);
    expect(await listed(["AVAILABLE"])).toBe(0);
    await cloud.advance("91d");
    expect(await listed([])).toBe(0);
  });

  test("ends the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      await create(cloud, { A, B: thing({ Name: "b", Of: { Ref: "A" } }) });
      const rest = define("s", { B: thing({ Name: "b", Of: { "Fn::ImportValue": "shared" } }) });
      const refactor = await begin(cloud, [rest, define("t", { C: A }, exported("C"))], { EnableStackCreation: true });
      await execute(cloud, refactor);
      await cloud.call(deleteStack, S);
      await cloud.advance("91d");
    });
  });
});
