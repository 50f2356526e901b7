import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { describeStackEvents } from "./event.ts";
import { listExports, listImports } from "./export.ts";
import { cancelUpdateStack, continueUpdateRollback, createStack, deleteStack, rollbackStack, updateStack } from "./operation.ts";
import { describeStackResource, describeStackResources, listStackResources } from "./resource.ts";
import { received, things } from "./simulated-types.fixture.ts";
import { describeStacks, listStacks, updateTerminationProtection } from "./stack.ts";
import { getTemplate } from "./stored-template.ts";
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
import { getTemplateSummary, validateTemplate } from "./template-summary.ts";

describe("creating", () => {
  test("makes each resource after those it needs", async () => {
    const cloud = world();
    await create(cloud, { B: thing({ Name: "b", Of: { "Fn::GetAtt": ["A", "Arn"] } }), A: thing({ Name: "a" }) });
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    expect(things.get(cloud.scope(), "b")?.properties["Of"]).toBe(cloud.scope().arn("test", "a"));
    expect(await eventsOf(cloud)).toEqual([
      "s CREATE_IN_PROGRESS User Initiated",
      "A CREATE_IN_PROGRESS",
      "A CREATE_IN_PROGRESS Resource creation Initiated",
      "A CREATE_COMPLETE",
      "B CREATE_IN_PROGRESS",
      "B CREATE_IN_PROGRESS Resource creation Initiated",
      "B CREATE_COMPLETE",
      "s CREATE_COMPLETE",
    ]);
  });

  test("that fails takes away what was made", async () => {
    const cloud = world();
    await create(cloud, {
      A: thing({ Name: "a" }),
      B: thing({ Name: "b", FailOnCreate: true }, { DependsOn: "A" }),
      C: thing({ Name: "c", CreateSeconds: 60 }, { DependsOn: "A" }),
      D: thing({ Name: "d" }, { DependsOn: "B" }),
    });
    await cloud.advance("10m");
    expect(await statusOf(cloud)).toBe("ROLLBACK_COMPLETE");
    expect(namesOf(cloud)).toEqual([]);
    expect(await eventsOf(cloud)).toEqual([
      "s CREATE_IN_PROGRESS User Initiated",
      "A CREATE_IN_PROGRESS",
      "A CREATE_IN_PROGRESS Resource creation Initiated",
      "A CREATE_COMPLETE",
      "B CREATE_IN_PROGRESS",
      "B CREATE_FAILED b does not want to",
      "s ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [B]. Rollback requested by user.",
      "B DELETE_COMPLETE",
      "A DELETE_IN_PROGRESS",
      "A DELETE_COMPLETE",
      "s ROLLBACK_COMPLETE",
    ]);
  });
});

describe("updating", () => {
  test("without changes is refused, and does what changed", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a", Text: "one" }) });
    await expect(update(cloud, { A: thing({ Name: "a", Text: "one" }) })).rejects.toThrow("No updates are to be performed.");
    await update(cloud, { A: thing({ Name: "a", Text: "two" }), B: thing({ Name: "b" }) });
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
    expect(things.get(cloud.scope(), "a")?.properties).toEqual({ Name: "a", Text: "two" });
    await update(cloud, { B: thing({ Name: "b2" }) });
    expect(namesOf(cloud)).toEqual(["b2"]);
    expect((await eventsOf(cloud)).slice(-10)).toEqual([
      "s UPDATE_IN_PROGRESS User Initiated",
      "B UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.",
      "B UPDATE_IN_PROGRESS Resource creation Initiated",
      "B UPDATE_COMPLETE",
      "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
      "A DELETE_IN_PROGRESS",
      "A DELETE_COMPLETE",
      "B DELETE_IN_PROGRESS",
      "B DELETE_COMPLETE",
      "s UPDATE_COMPLETE",
    ]);
    expect((await cloud.call(describeStackResources, S)).StackResources).toMatchObject([
      { LogicalResourceId: "B", PhysicalResourceId: "b2", ResourceStatus: "UPDATE_COMPLETE" },
    ]);
  });

  test("that fails puts back what was, and deletes nothing that existed before", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a", Text: "one" }), B: thing({ Name: "b" }), C: thing({ Name: "c" }) });
    const before = things.list(cloud.scope());
    await update(cloud, {
      A: thing({ Name: "a", Text: "two" }),
      B: thing({ Name: "b2" }),
      N: thing({ Name: "n" }),
      Z: thing({ Name: "z", FailOnCreate: true }, { DependsOn: ["A", "B", "N"] }),
    });
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(things.list(cloud.scope())).toEqual(before);
    expect((await eventsOf(cloud)).slice(-14)).toEqual([
      "Z CREATE_IN_PROGRESS",
      "Z CREATE_FAILED z does not want to",
      "s UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Z]. ",
      "A UPDATE_IN_PROGRESS",
      "A UPDATE_COMPLETE",
      "B UPDATE_IN_PROGRESS",
      "B UPDATE_COMPLETE",
      "s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
      "Z DELETE_COMPLETE",
      "B DELETE_IN_PROGRESS",
      "B DELETE_COMPLETE",
      "N DELETE_IN_PROGRESS",
      "N DELETE_COMPLETE",
      "s UPDATE_ROLLBACK_COMPLETE",
    ]);
  });
});

describe("deleting", () => {
  test("takes away what was made last first; it can still be described by its id", async () => {
    const cloud = world();
    const { StackId } = await create(cloud, { A: thing({ Name: "a" }), B: thing({ Name: "b", Of: { Ref: "A" } }) });
    await cloud.call(deleteStack, S);
    expect(namesOf(cloud)).toEqual([]);
    expect(await statusOf(cloud, StackId)).toBe("DELETE_COMPLETE");
    await expect(stackOf(cloud)).rejects.toThrow("Stack with id s does not exist");
    expect((await eventsOf(cloud, StackId)).slice(-6)).toEqual([
      "s DELETE_IN_PROGRESS User Initiated",
      "B DELETE_IN_PROGRESS",
      "B DELETE_COMPLETE",
      "A DELETE_IN_PROGRESS",
      "A DELETE_COMPLETE",
      "s DELETE_COMPLETE",
    ]);
  });

  test("that fails can be tried again", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a" }), B: thing({ Name: "b" }) });
    castSpell(cloud, "remove a");
    await cloud.call(deleteStack, S);
    expect(await stackOf(cloud)).toMatchObject({
      StackStatus: "DELETE_FAILED",
      StackStatusReason: "The following resource(s) failed to delete: [A]. ",
    });
    await cloud.call(deleteStack, { ...S, RetainResources: ["A"] });
    expect(namesOf(cloud)).toEqual(["a"]);
    await expect(stackOf(cloud)).rejects.toThrow("does not exist");
  });
});

describe("what a template and a request say", () => {
  test("parameters, conditions, outputs, tags, description", async () => {
    const cloud = world();
    const TemplateBody = template(
      {
        A: thing({ Name: "a", Text: { "Fn::If": ["Loud", "LOUD", { Ref: "AWS::NoValue" }] }, Count: { Ref: "Count" } }),
        B: thing({ Name: "b" }, { Condition: "Loud" }),
      },
      {
        Description: "two things",
        Parameters: {
          Count: { Type: "Number", Default: 3 },
          Secret: { Type: "String", NoEcho: true },
          Version: { Type: "AWS::SSM::Parameter::Value<String>", Default: "/v" },
        },
        Conditions: { Loud: { "Fn::Equals": [{ Ref: "Count" }, "7"] } },
        Outputs: {
          Arn: { Value: { "Fn::GetAtt": ["A", "Arn"] }, Description: "where it is" },
          Loud: { Value: "x", Condition: "Loud" },
        },
      },
    );
    await cloud
      .call(createStack, {
        ...S,
        TemplateBody,
        Parameters: [{ ParameterKey: "Secret", ParameterValue: "hush" }],
        Tags: [{ Key: "team", Value: "one" }],
      })
      .then(
        () => expect.unreachable(),
        (error) => expect(error.message).toBe("Unable to fetch parameters [/v] from parameter store for this account."),
      );
    setFact(cloud, "ssm /v", "33");
    await cloud.call(createStack, {
      ...S,
      TemplateBody,
      Parameters: [{ ParameterKey: "Secret", ParameterValue: "hush" }],
      Tags: [{ Key: "team", Value: "one" }],
    });
    expect(await stackOf(cloud)).toMatchObject({
      Description: "two things",
      Parameters: [
        { ParameterKey: "Count", ParameterValue: "3" },
        { ParameterKey: "Secret", ParameterValue: "****" },
        { ParameterKey: "Version", ParameterValue: "/v", ResolvedValue: "33" },
      ],
      Outputs: [{ OutputKey: "Arn", OutputValue: cloud.scope().arn("test", "a"), Description: "where it is" }],
      Tags: [{ Key: "team", Value: "one" }],
    });
    expect(things.get(cloud.scope(), "a")).toMatchObject({ properties: { Name: "a", Count: "3" }, tags: [{ Key: "team", Value: "one" }] });
    await cloud.call(updateStack, {
      ...S,
      UsePreviousTemplate: true,
      Parameters: [
        { ParameterKey: "Count", ParameterValue: "7" },
        { ParameterKey: "Secret", UsePreviousValue: true },
      ],
    });
    expect(things.get(cloud.scope(), "a")?.properties).toMatchObject({ Text: "LOUD", Count: "7" });
    expect(namesOf(cloud)).toEqual(["a", "b"]);
    expect((await cloud.call(getTemplate, S)).TemplateBody).toBe(TemplateBody);
  });

  test("what is wrong is refused before anything happens", async () => {
    const cloud = world();
    const before = cloud.image();
    await expect(create(cloud, { A: { Type: "AWS::No::Where" } })).rejects.toThrow("Unrecognized resource types: [AWS::No::Where]");
    await expect(create(cloud, { A: { Type: "AWS::IAM::Role", Properties: { RoleName: "x" } } })).rejects.toThrow(
      "Requires capabilities : [CAPABILITY_NAMED_IAM]",
    );
    await expect(cloud.call(createStack, { ...S, TemplateBody: template({ A: thing() }, { Transform: "AWS::CodeStar" }) })).rejects.toThrow(
      "The transform AWS::CodeStar is not implemented by Slipway",
    );
    await expect(update(cloud, { A: thing() })).rejects.toThrow("Stack [s] does not exist");
    await expect(cloud.call(describeStackEvents, S)).rejects.toThrow("Stack [s] does not exist");
    await expect(
      cloud.call(createStack, {
        ...S,
        TemplateBody: template(
          { A: thing() },
          {
            Parameters: { P: { Type: "String", Default: "5" } },
            Rules: {
              R: {
                Assertions: [
                  { Assert: { "Fn::Not": [{ "Fn::Contains": [["4", "5"], { Ref: "P" }] }] }, AssertDescription: "P is too old" },
                ],
              },
            },
          },
        ),
      }),
    ).rejects.toThrow("P is too old");
    expect(cloud.image()).toEqual(before);
    await create(cloud, { A: thing() });
    await expect(create(cloud, { A: thing() })).rejects.toThrow("Stack [s] already exists");
  });

  test("a token makes a call once", async () => {
    const cloud = world();
    const first = await create(cloud, { A: thing({ Text: "1" }) }, { ClientRequestToken: "one" });
    expect(await create(cloud, { A: thing({ Text: "1" }) }, { ClientRequestToken: "one" })).toMatchObject({ StackId: first.StackId });
    await update(cloud, { A: thing({ Text: "2" }) }, { ClientRequestToken: "two" });
    await update(cloud, { A: thing({ Text: "2" }) }, { ClientRequestToken: "two" });
    const { StackEvents } = await cloud.call(describeStackEvents, S);
    expect(StackEvents![0]).toMatchObject({ ResourceStatus: "UPDATE_COMPLETE", ClientRequestToken: "two" });
  });

  test("a template behind a URL; what it needs, before it is used", async () => {
    const cloud = world();
    const TemplateBody = template({ A: thing() }, { Description: "d", Parameters: { P: { Type: "String", Default: "x" } } });
    await expect(cloud.call(validateTemplate, { TemplateURL: "https://b.s3.amazonaws.com/t.json" })).rejects.toThrow("S3 error");
    setFact(cloud, "s3-url https://b.s3.amazonaws.com/t.json", TemplateBody);
    expect(await cloud.call(validateTemplate, { TemplateURL: "https://b.s3.amazonaws.com/t.json" })).toMatchObject({
      Description: "d",
      Parameters: [{ ParameterKey: "P", DefaultValue: "x" }],
    });
    expect(await cloud.call(getTemplateSummary, { TemplateBody })).toMatchObject({ ResourceTypes: ["Test::Thing::Thing"] });
    await cloud.call(createStack, { ...S, TemplateURL: "https://b.s3.amazonaws.com/t.json" });
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
  });
});

describe("policies", () => {
  test("of deletion and of replacement keep what they retain", async () => {
    const cloud = world();
    const keep = { DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" };
    await create(cloud, { A: thing({ Name: "a" }, keep), B: thing({ Name: "b" }, keep), C: thing({ Name: "c" }, keep) });
    await update(cloud, { A: thing({ Name: "a2" }, keep), C: thing({ Name: "c" }, keep) });
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
    await cloud.call(deleteStack, S);
    expect(namesOf(cloud)).toEqual(["a", "a2", "b", "c"]);
  });

  test.each([
    ["Retain", false, ["a"]],
    ["Retain", true, []],
    ["RetainExceptOnCreate", false, []],
  ])("%s when a creation is rolled back (RetainExceptOnCreate %s) leaves %j", async (DeletionPolicy, RetainExceptOnCreate, left) => {
    const cloud = world();
    await create(
      cloud,
      { A: thing({ Name: "a" }, { DeletionPolicy }), B: thing({ FailOnCreate: true }, { DependsOn: "A" }) },
      { RetainExceptOnCreate },
    );
    expect(await statusOf(cloud)).toBe("ROLLBACK_COMPLETE");
    expect(namesOf(cloud)).toEqual(left);
  });

  test.each([
    ["DO_NOTHING", "CREATE_FAILED", ["a"]],
    ["DELETE", "DELETE_COMPLETE", []],
  ] as const)("a creation that fails with %s ends in %s", async (OnFailure, status, left) => {
    const cloud = world();
    const resources = { A: thing({ Name: "a" }), B: thing({ Name: "b", FailOnCreate: true }, { DependsOn: "A" }) };
    const { StackId } = await create(cloud, resources, { OnFailure });
    expect(await statusOf(cloud, StackId)).toBe(status);
    expect(namesOf(cloud)).toEqual(left);
  });

  test("an update that fails with DisableRollback can be mended, or rolled back to what was", async () => {
    const cloud = world();
    const one = { A: thing({ Name: "a", Text: "1" }) };
    await create(cloud, one);
    const broken = { A: thing({ Name: "a", Text: "2" }), B: thing({ Name: "b", FailOnCreate: true }, { DependsOn: "A" }) };
    await update(cloud, broken, { DisableRollback: true });
    expect(await statusOf(cloud)).toBe("UPDATE_FAILED");
    expect(things.get(cloud.scope(), "a")?.properties["Text"]).toBe("2");
    await cloud.call(rollbackStack, S);
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(things.get(cloud.scope(), "a")?.properties["Text"]).toBe("1");
    await update(cloud, broken, { DisableRollback: true });
    await update(cloud, { A: thing({ Name: "a", Text: "2" }), B: thing({ Name: "b" }, { DependsOn: "A" }) });
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
    expect(namesOf(cloud)).toEqual(["a", "b"]);
  });

  test("an UpdatePolicy of another service carries the update out; when it fails, what was is put back", async () => {
    const cloud = world();
    const of = (Text: string, settings: object) => ({
      A: thing({ Name: "a", Text: "1" }),
      P: thing({ Name: "p", Text }, { UpdatePolicy: { TestSlowUpdate: settings } }),
    });
    await create(cloud, of("1", {}));
    await update(cloud, of("2", { Seconds: 300 }));
    expect(await statusOf(cloud)).toBe("UPDATE_IN_PROGRESS");
    await cloud.advance("5m");
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
    expect(things.get(cloud.scope(), "p")?.properties["Text"]).toBe("2");
    await update(cloud, of("3", { Fail: true }));
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(things.get(cloud.scope(), "p")?.properties["Text"]).toBe("2");
  });
});

describe("stopping", () => {
  test("an update that is cancelled is rolled back", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a", Text: "1", UpdateSeconds: 60 }) });
    await update(cloud, { A: thing({ Name: "a", Text: "2", UpdateSeconds: 60 }), B: thing({ CreateSeconds: 90 }) });
    await cloud.advance("10s");
    await cloud.call(cancelUpdateStack, S);
    await cloud.advance("5m");
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(things.get(cloud.scope(), "a")?.properties["Text"]).toBe("1");
    expect(namesOf(cloud)).toEqual(["a"]);
    expect(await eventsOf(cloud)).toContain("A UPDATE_FAILED Resource update cancelled");
    await expect(cloud.call(cancelUpdateStack, S)).rejects.toThrow(
      "CancelUpdateStack cannot be called from current stack status UPDATE_ROLLBACK_COMPLETE",
    );
  });

  test("a creation that takes too long is rolled back, and one that is deleted too", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a", CreateSeconds: 600 }) }, { TimeoutInMinutes: 5 });
    await cloud.advance("20m");
    expect(await stackOf(cloud)).toMatchObject({ StackStatus: "ROLLBACK_COMPLETE" });
    expect(await eventsOf(cloud)).toContain(
      "s ROLLBACK_IN_PROGRESS Stack creation time exceeded the specified timeout. Rollback requested by user.",
    );
    expect(namesOf(cloud)).toEqual([]);
    await cloud.call(deleteStack, S);
    const { StackId } = await create(cloud, { A: thing({ Name: "a", CreateSeconds: 600 }), B: thing() });
    await cloud.call(deleteStack, S);
    await cloud.advance("20m");
    expect(await statusOf(cloud, StackId)).toBe("DELETE_COMPLETE");
    expect(namesOf(cloud)).toEqual([]);
  });

  test("an alarm stops an update, also while it is monitored", async () => {
    const cloud = world();
    const RollbackConfiguration = {
      MonitoringTimeInMinutes: 10,
      RollbackTriggers: [{ Arn: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors", Type: "AWS::CloudWatch::Alarm" }],
    };
    setFact(cloud, "alarm arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors", "OK");
    await create(cloud, { A: thing({ Name: "a", Text: "1" }) }, { RollbackConfiguration });
    expect(await statusOf(cloud)).toBe("CREATE_IN_PROGRESS");
    await cloud.advance("10m");
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    await update(cloud, { A: thing({ Name: "a", Text: "2" }) });
    await cloud.advance("9m");
    expect(await statusOf(cloud)).toBe("UPDATE_IN_PROGRESS");
    setFact(cloud, "alarm arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors", "ALARM");
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(things.get(cloud.scope(), "a")?.properties["Text"]).toBe("1");
  });

  test("a rollback that fails can be continued, and what resists can be skipped", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a", Text: "1" }), B: thing({ Name: "b", Text: "1" }) });
    await update(cloud, {
      A: thing({ Name: "a", Text: "2" }),
      B: thing({ Name: "b", Text: "2" }),
      C: thing({ FailOnCreate: true, CreateSeconds: 60 }, { DependsOn: ["A", "B"] }),
    });
    castSpell(cloud, "update a");
    await cloud.advance("2m");
    expect(await stackOf(cloud)).toMatchObject({
      StackStatus: "UPDATE_ROLLBACK_FAILED",
      StackStatusReason: "The following resource(s) failed to update: [A]. ",
    });
    await expect(update(cloud, { A: thing() })).rejects.toThrow("is in UPDATE_ROLLBACK_FAILED state and can not be updated.");
    await cloud.call(continueUpdateRollback, S);
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_FAILED");
    liftSpell(cloud, "update a");
    await cloud.call(continueUpdateRollback, S);
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(things.list(cloud.scope()).map(({ properties }) => properties["Text"])).toEqual(["1", "1"]);
  });

  test("a protected stack stays", async () => {
    const cloud = world();
    await create(cloud, { A: thing() }, { EnableTerminationProtection: true });
    await expect(cloud.call(deleteStack, S)).rejects.toThrow("Stack [s] cannot be deleted while TerminationProtection is enabled");
    await cloud.call(updateTerminationProtection, { ...S, EnableTerminationProtection: false });
    await cloud.call(deleteStack, S);
    expect((await cloud.call(listStacks, { StackStatusFilter: ["DELETE_COMPLETE"] })).StackSummaries).toHaveLength(1);
  });
});

test("what can not be cleaned up after an update is let go", async () => {
  const cloud = world();
  await create(cloud, { A: thing({ Name: "a" }), B: thing({ Name: "b" }) });
  castSpell(cloud, "remove a");
  castSpell(cloud, "remove b");
  await update(cloud, { A: thing({ Name: "a2" }) });
  expect(await stackOf(cloud)).toMatchObject({
    StackStatus: "UPDATE_COMPLETE",
    StackStatusReason: "Update successful. One or more resources could not be deleted.",
  });
  expect((await cloud.call(describeStackResources, S)).StackResources).toMatchObject([
    { LogicalResourceId: "A", PhysicalResourceId: "a2", ResourceStatus: "UPDATE_COMPLETE" },
  ]);
  expect(namesOf(cloud)).toEqual(["a", "a2", "b"]);
});

describe("stacks among each other", () => {
  const exporting = (Value: string) =>
    template({ A: thing({ Name: Value }) }, { Outputs: { Out: { Value: { Ref: "A" }, Export: { Name: "shared" } } } });
  const importing = template({ B: thing({ Name: "b", Of: { "Fn::ImportValue": "shared" } }) });

  test("an export stays as it is while it is imported", async () => {
    const cloud = world();
    await expect(cloud.call(createStack, { StackName: "two", TemplateBody: importing })).rejects.toThrow("No export named shared found.");
    await cloud.call(createStack, { StackName: "one", TemplateBody: exporting("a") });
    await cloud.call(createStack, { StackName: "two", TemplateBody: importing });
    expect(things.get(cloud.scope(), "b")?.properties["Of"]).toBe("a");
    expect((await cloud.call(listExports, {})).Exports).toMatchObject([{ Name: "shared", Value: "a" }]);
    expect((await cloud.call(listImports, { ExportName: "shared" })).Imports).toEqual(["two"]);
    await cloud.call(updateStack, { StackName: "one", TemplateBody: exporting("a2") });
    expect(await statusOf(cloud, "one")).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await eventsOf(cloud, "one")).toContain("one UPDATE_ROLLBACK_IN_PROGRESS Cannot update export shared as it is in use by two. ");
    await cloud.call(deleteStack, { StackName: "one" });
    expect(await stackOf(cloud, "one")).toMatchObject({
      StackStatus: "UPDATE_ROLLBACK_COMPLETE",
      StackStatusReason: "Delete canceled. Cannot delete export shared as it is in use by two.",
    });
    await cloud.call(deleteStack, { StackName: "two" });
    await cloud.call(deleteStack, { StackName: "one" });
    expect((await cloud.call(listExports, {})).Exports).toEqual([]);
    expect(namesOf(cloud)).toEqual([]);
  });

  test("two stacks can not export the same name", async () => {
    const cloud = world();
    await cloud.call(createStack, { StackName: "one", TemplateBody: exporting("a") });
    await cloud.call(createStack, { StackName: "two", TemplateBody: exporting("b") });
    expect(await statusOf(cloud, "two")).toBe("ROLLBACK_COMPLETE");
    expect(await eventsOf(cloud, "two")).toContain(
      "two ROLLBACK_IN_PROGRESS Export with name shared is already exported by stack one. Rollback requested by user.",
    );
  });

  test("a nested stack follows its parent, in and out", async () => {
    const cloud = world();
    const url = "https://b.s3.amazonaws.com/inner.json";
    const inner = (text: object) =>
      template(
        { I: thing({ Name: { Ref: "Name" }, ...text }) },
        { Parameters: { Name: { Type: "String" } }, Outputs: { Out: { Value: { "Fn::GetAtt": ["I", "Arn"] } } } },
      );
    const outer = (more: object = {}) => ({
      N: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: url, Parameters: { Name: "inner" } } },
      O: thing({ Name: "outer", Of: { "Fn::GetAtt": ["N", "Outputs.Out"] } }),
      ...more,
    });
    setFact(cloud, `s3-url ${url}`, inner({ CreateSeconds: 30 }));
    await create(cloud, outer());
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    expect(things.get(cloud.scope(), "outer")?.properties["Of"]).toBe(cloud.scope().arn("test", "inner"));
    const id = (await cloud.call(describeStackResource, { ...S, LogicalResourceId: "N" })).StackResourceDetail!.PhysicalResourceId!;
    expect(await stackOf(cloud, id)).toMatchObject({ StackStatus: "CREATE_COMPLETE", ParentId: (await stackOf(cloud)).StackId });
    setFact(cloud, `s3-url ${url}`, inner({ Text: "new" }));
    await update(cloud, outer({ Z: thing({ FailOnCreate: true }, { DependsOn: "O" }) }));
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    setFact(cloud, `s3-url ${url}`, inner({ FailOnUpdate: true }));
    await update(cloud, outer());
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect((await eventsOf(cloud)).find((event) => event.startsWith("N UPDATE_FAILED"))).toContain("was not successfully updated");
    await cloud.call(deleteStack, S);
    expect(namesOf(cloud)).toEqual([]);
    expect(await statusOf(cloud, id)).toBe("DELETE_COMPLETE");
  });
});

describe("telling", () => {
  test("notifications have CloudFormation's text, and events come newest first, in pages", async () => {
    const cloud = world();
    const resources = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`R${index}`, thing()]));
    await create(cloud, resources, { NotificationARNs: ["arn:aws:sns:eu-west-1:111122223333:topic"] });
    const first = await cloud.call(describeStackEvents, S);
    expect(first.StackEvents).toHaveLength(100);
    const second = await cloud.call(describeStackEvents, { ...S, NextToken: first.NextToken });
    expect(second.StackEvents).toHaveLength(52);
    expect(second.NextToken).toBeUndefined();
    expect(new Set([...first.StackEvents!, ...second.StackEvents!].map(({ EventId }) => EventId)).size).toBe(152);
    const sent = received.list(cloud.scope());
    expect(sent).toHaveLength(152);
    expect(
      sent.map(({ payload }) => payload).find((text) => text.includes("'CREATE_COMPLETE'") && text.includes("LogicalResourceId='s'")),
    ).toMatch(/^StackId='arn:aws:cloudformation:eu-west-1:111122223333:stack\/s\/[-0-9a-f]{36}'\nTimestamp='/);
    expect((await cloud.call(listStackResources, S)).StackResourceSummaries).toHaveLength(50);
  });

  test("an update of tags alone reaches the resources", async () => {
    const cloud = world();
    await create(cloud, { A: thing({ Name: "a" }) }, { Tags: [{ Key: "team", Value: "one" }] });
    await update(cloud, { A: thing({ Name: "a" }) }, { Tags: [{ Key: "team", Value: "two" }] });
    expect(things.get(cloud.scope(), "a")?.tags).toEqual([{ Key: "team", Value: "two" }]);
    expect((await cloud.call(describeStacks, {})).Stacks).toHaveLength(1);
  });
});

describe("whenever the power is cut, the end is the same", () => {
  test.each([
    [
      "create",
      async (cloud: World) => {
        await create(cloud, { A: thing({ CreateSeconds: 5 }), B: thing({ Of: { Ref: "A" } }), C: thing() });
        await cloud.advance("1m");
      },
    ],
    [
      "an update with a replacement",
      async (cloud: World) => {
        await create(cloud, { A: thing({ Name: "a" }), B: thing({ Of: { Ref: "A" } }) });
        await update(cloud, { A: thing({ Name: "a2", CreateSeconds: 5 }), B: thing({ Of: { Ref: "A" } }) });
        await cloud.advance("1m");
      },
    ],
    [
      "an update that fails",
      async (cloud: World) => {
        await create(cloud, { A: thing({ Name: "a" }), B: thing({ Of: { Ref: "A" }, UpdateSeconds: 3 }) });
        await update(cloud, {
          A: thing({ Name: "a2", CreateSeconds: 5 }),
          B: thing({ Of: { Ref: "A" }, UpdateSeconds: 3 }),
          C: thing({ FailOnCreate: true, On: { Ref: "B" } }),
        });
        await cloud.advance("1m");
      },
    ],
    [
      "delete",
      async (cloud: World) => {
        await create(cloud, { A: thing({ RemoveSeconds: 7 }), B: thing({ Of: { Ref: "A" } }) });
        await cloud.call(deleteStack, S);
        await cloud.advance("1m");
      },
    ],
  ])("%s", async (_, story) => {
    expect(await endsTheSameWheneverThePowerIsCut(world, story)).toBeGreaterThan(1);
  });
});

test("a deployment configuration is kept, and may leave what failed as it is", async () => {
  const cloud = world();
  const DeploymentConfig = { Mode: "EXPRESS", DisableRollback: true } as const;
  await create(cloud, { A: thing(), B: thing({ FailOnCreate: true }) }, { DeploymentConfig });
  expect(await stackOf(cloud)).toMatchObject({ StackStatus: "CREATE_FAILED", DeploymentConfig });
});

test("a resource that somebody took away is not made anew in silence", async () => {
  const cloud = world();
  const of = (Text: number) => ({ A: thing({ Name: "a", Text }), B: thing({ Name: "b", Text }) });
  await create(cloud, of(1));
  await cloud.change((scope) => things.remove(scope, "a"));
  await update(cloud, of(2));
  expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
  expect(await eventsOf(cloud)).toContain("A UPDATE_FAILED Resource of type 'Test::Thing::Thing' with identifier 'a' was not found.");
  expect(namesOf(cloud)).toEqual(["b"]);
});
