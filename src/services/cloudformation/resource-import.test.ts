import { describe, expect, test } from "vitest";
import { handsThat } from "../../testing/hands.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { services } from "../index.ts";
import { createBucket } from "../s3/bucket.ts";
import { createChangeSet, describeChangeSet, executeChangeSet } from "./change-set.ts";
import { deleteStack } from "./operation.ts";
import { listStackResources } from "./resource.ts";
import { things } from "./simulated-types.fixture.ts";
import { stacks } from "./stack.ts";
import { create, eventsOf, namesOf, S, stackOf, statusOf, template, thing, world } from "./story.fixture.ts";
import { getTemplateSummary } from "./template-summary.ts";

const C = { ...S, ChangeSetName: "c" };
const kept = (Name: string, more: object = {}) => thing({ Name }, { DeletionPolicy: "Retain", ...more });
const named = (LogicalResourceId: string, Name = LogicalResourceId.toLowerCase()) => ({
  ResourceType: "Test::Thing::Thing",
  LogicalResourceId,
  ResourceIdentifier: { Name },
});
const bring = (cloud: World, resources: object, toImport: object[], more: object = {}, outer: object = {}) =>
  cloud.call(createChangeSet, {
    ...C,
    TemplateBody: template(resources, outer),
    ChangeSetType: "IMPORT",
    ResourcesToImport: toImport as any,
    ...more,
  });
const existing = (cloud: World, ...names: string[]) =>
  cloud.change((scope) => {
    for (const id of names) things.put(scope, { id, properties: { Name: id }, token: "", tags: [] });
  });

describe("resources that exist", () => {
  test("make up a new stack, or come into one that is there", async () => {
    const cloud = world();
    existing(cloud, "a", "b");
    await bring(cloud, { A: kept("a") }, [named("A")]);
    await cloud.call(executeChangeSet, C);
    expect(await eventsOf(cloud)).toEqual([
      "s REVIEW_IN_PROGRESS User Initiated",
      "s IMPORT_IN_PROGRESS User Initiated",
      "A IMPORT_IN_PROGRESS Resource import started.",
      "A IMPORT_COMPLETE Resource import completed.",
      "s IMPORT_COMPLETE",
    ]);
    await bring(cloud, { A: kept("a"), B: kept("b") }, [named("B")]);
    await cloud.call(executeChangeSet, C);
    expect(await statusOf(cloud)).toBe("IMPORT_COMPLETE");
    const { StackResourceSummaries } = await cloud.call(listStackResources, S);
    expect(StackResourceSummaries!.map(({ PhysicalResourceId, ResourceStatus }) => `${PhysicalResourceId} ${ResourceStatus}`)).toEqual([
      "a IMPORT_COMPLETE",
      "b IMPORT_COMPLETE",
    ]);
  });

  test("do not come in otherwise than AWS lets them", async () => {
    const cloud = world();
    existing(cloud, "b");
    await create(cloud, { A: kept("a") });
    const A = kept("a");
    const refusals: [object, object[], string, object?][] = [
      [{ A, B: kept("b") }, [], "ResourcesToImport is required for change sets of type IMPORT"],
      [{ A }, [named("B")], "Resources [B] passed in ResourceToImport are not in the template."],
      [
        { A, B: kept("b") },
        [named("A"), named("B")],
        "Resources [A] passed in ResourceToImport are already in a stack and cannot be imported.",
      ],
      [
        { A, B: thing({ Name: "b" }) },
        [named("B")],
        "The following resources to import [B] must have DeletionPolicy attribute specified in the template.",
      ],
      [{ A, B: kept("b") }, [{ ...named("B"), ResourceIdentifier: { Name: "" } }], "Resource identifier [Name] of [B] is missing"],
      [{ A, B: kept("b"), C: thing() }, [named("B")], "Resources [C] is missing from ResourceToImport list"],
      [
        { A: thing({ Name: "a", Text: "x" }, { DeletionPolicy: "Retain" }), B: kept("b") },
        [named("B")],
        "You have modified resources [A] in your template that are not being imported. Update, create or delete operations cannot be executed during import operations.",
      ],
      [{ B: kept("b") }, [named("B")], "You have modified resources [A] in your template"],
      [
        { A, B: kept("b") },
        [named("B")],
        "As part of the import operation, you cannot modify or add [Outputs]",
        { Outputs: { O: { Value: "1" } } },
      ],
      [
        { A, W: { Type: "AWS::CloudFormation::WaitConditionHandle", DeletionPolicy: "Retain" } },
        [{ ...named("W"), ResourceType: "AWS::CloudFormation::WaitConditionHandle" }],
        "ResourceTypes [AWS::CloudFormation::WaitConditionHandle] are not supported for Import",
      ],
    ];
    for (const [resources, toImport, message, outer] of refusals)
      await expect(bring(cloud, resources, toImport, {}, outer)).rejects.toThrow(message);
    expect((await stackOf(cloud)).StackStatus).toBe("CREATE_COMPLETE");
  });

  test("stay as they are when the import fails", async () => {
    const cloud = world();
    existing(cloud, "b");
    await create(cloud, { A: thing({ Name: "a" }) });
    await bring(cloud, { A: thing({ Name: "a" }), B: kept("b"), C: kept("c", { DependsOn: "B" }) }, [named("B"), named("C")]);
    await cloud.call(executeChangeSet, C);
    expect((await eventsOf(cloud)).slice(5)).toEqual([
      "s IMPORT_IN_PROGRESS User Initiated",
      "B IMPORT_IN_PROGRESS Resource import started.",
      "B IMPORT_COMPLETE Resource import completed.",
      "C IMPORT_IN_PROGRESS Resource import started.",
      "C IMPORT_FAILED Resource of type 'Test::Thing::Thing' with identifier 'c' was not found.",
      "s IMPORT_ROLLBACK_IN_PROGRESS The following resource(s) failed to import: [C]. ",
      "C IMPORT_ROLLBACK_IN_PROGRESS",
      "C IMPORT_ROLLBACK_COMPLETE",
      "B IMPORT_ROLLBACK_IN_PROGRESS",
      "B IMPORT_ROLLBACK_COMPLETE",
      "s IMPORT_ROLLBACK_COMPLETE",
    ]);
    expect(namesOf(cloud)).toEqual(["a", "b"]);
    expect((await cloud.call(listStackResources, S)).StackResourceSummaries!.map(({ LogicalResourceId }) => LogicalResourceId)).toEqual([
      "A",
    ]);
    await bring(cloud, { A: thing({ Name: "a" }), B: kept("b") }, [named("B")]);
    await cloud.call(executeChangeSet, C);
    expect(await statusOf(cloud)).toBe("IMPORT_COMPLETE");
  });

  test("belong to one stack only", async () => {
    const cloud = world();
    const { StackId } = await create(cloud, { A: kept("a") });
    await bring(cloud, { A: kept("a") }, [named("A")], { StackName: "t" });
    await cloud.call(executeChangeSet, { ...C, StackName: "t" });
    expect(await eventsOf(cloud, "t")).toContain(`A IMPORT_FAILED a already exists in stack ${StackId}`);
    expect(await statusOf(cloud, "t")).toBe("IMPORT_ROLLBACK_COMPLETE");
    expect(namesOf(cloud)).toEqual(["a"]);
  });

  test("are found by their names where that is wanted, and their policy keeps them", async () => {
    const cloud = new World({ services, hands: handsThat({}) });
    await cloud.call(createBucket, { Bucket: "kept", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
    const bucket = (more: object) => ({ B: { Type: "AWS::S3::Bucket", Properties: { BucketName: { "Fn::Sub": "kept" } }, ...more } });
    const change = (more: object, ChangeSetName: string) =>
      cloud.call(createChangeSet, {
        ...S,
        ChangeSetName,
        TemplateBody: template(bucket(more)),
        ChangeSetType: "CREATE",
        ImportExistingResources: true,
      });
    await change({}, "c");
    expect(await cloud.call(describeChangeSet, C)).toMatchObject({
      Status: "FAILED",
      StatusReason:
        "CloudFormation is attempting to import some resources because they already exist in your account. The resources must have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for successful import. The affected resources are B ({BucketName=kept})",
    });
    await change({ DeletionPolicy: "RetainExceptOnCreate" }, "d");
    await cloud.call(executeChangeSet, { ...S, ChangeSetName: "d" });
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    const { ResourceIdentifierSummaries } = await cloud.call(getTemplateSummary, {
      TemplateBody: template({ ...bucket({}), M: { Type: "AWS::CDK::Metadata" }, T: { Type: "AWS::CloudFormation::WaitConditionHandle" } }),
    });
    expect(ResourceIdentifierSummaries).toEqual([
      { ResourceType: "AWS::S3::Bucket", LogicalResourceIds: ["B"], ResourceIdentifiers: ["BucketName"] },
    ]);
  });

  test("may be stacks, that are nested then", async () => {
    const cloud = world();
    await create(cloud, { A: kept("a") });
    const { StackId } = await stackOf(cloud);
    const inner = { Type: "AWS::CloudFormation::Stack", DeletionPolicy: "Retain", Properties: { TemplateURL: "https://t" } };
    const toImport = {
      ResourceType: "AWS::CloudFormation::Stack",
      LogicalResourceId: "Inner",
      ResourceIdentifier: { StackId: StackId! },
    };
    const outer = await bring(cloud, { Inner: inner }, [toImport], { StackName: "outer" });
    await cloud.call(executeChangeSet, { ...C, StackName: "outer" });
    expect(await statusOf(cloud, "outer")).toBe("IMPORT_COMPLETE");
    expect(await stackOf(cloud)).toMatchObject({ ParentId: outer.StackId, RootId: outer.StackId, StackStatus: "CREATE_COMPLETE" });
    await bring(cloud, { Inner: inner }, [toImport], { StackName: "other" });
    await cloud.call(executeChangeSet, { ...C, StackName: "other" });
    expect(await statusOf(cloud, "other")).toBe("IMPORT_ROLLBACK_COMPLETE");
    expect(stacks.list(cloud.scope()).filter(({ parentId }) => parentId === outer.StackId)).toHaveLength(1);
  });

  test("end the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(world, async (cloud) => {
      existing(cloud, "a", "b");
      await bring(cloud, { A: kept("a"), B: kept("b") }, [named("A"), named("B")]);
      await cloud.call(executeChangeSet, C);
      await bring(cloud, { A: kept("a"), B: kept("b"), D: kept("d") }, [named("D")]);
      await cloud.call(executeChangeSet, C);
      await cloud.call(deleteStack, S);
      await cloud.advance("1m");
    });
  });
});
