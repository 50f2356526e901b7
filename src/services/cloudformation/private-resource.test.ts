import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { getResourceRequestStatus } from "../cloudcontrol/request.ts";
import { createResource, deleteResource, getResource, listResources, updateResource } from "../cloudcontrol/resource.ts";
import { createChangeSet, describeChangeSet, executeChangeSet } from "./change-set.ts";
import { describeStackDriftDetectionStatus, describeStackResourceDrifts, detectStackDrift, detectStackResourceDrift } from "./drift.ts";
import { BOAT, boatHandlers, boatSchema, extensionWorld, packageOf, register, type Shelf } from "./extension.fixture.ts";
import { deleteStack } from "./operation.ts";
import { describeStackResource } from "./resource.ts";
import { describeResourceScan, listResourceScanResources, startResourceScan } from "./resource-scan.ts";
import { things } from "./simulated-types.fixture.ts";
import { create, eventsOf, S, stackOf, statusOf, template, thing, update } from "./story.fixture.ts";
import { deregisterType } from "./type.ts";
import { setTypeConfiguration } from "./type-configuration.ts";

const boat = (Properties: object, more: object = {}) => ({ Type: BOAT, Properties, ...more });

async function harbour(shelf: Shelf, callbacks = 0): Promise<World> {
  const cloud = extensionWorld(boatHandlers(shelf, callbacks));
  await register(cloud, BOAT, packageOf(boatSchema));
  return cloud;
}

const OUTPUTS = { Outputs: { Ref: { Value: { Ref: "B" } }, Code: { Value: { "Fn::GetAtt": ["B", "Berth.Code"] } } } };

describe("a stack with a resource of a private type", () => {
  test("waits for its handlers, which are asked again as they want", async () => {
    const shelf: Shelf = new Map();
    const cloud = await harbour(shelf, 3);
    const Configuration = JSON.stringify({ Harbour: "kiel" });
    await cloud.call(setTypeConfiguration, { Type: "RESOURCE", TypeName: BOAT, Configuration });
    await create(cloud, {}, { TemplateBody: template({ B: boat({ Name: "ida", Length: "7", Secret: "s" }) }, OUTPUTS) });
    await cloud.advance("40s");
    expect(await statusOf(cloud)).toBe("CREATE_IN_PROGRESS");
    expect((await eventsOf(cloud)).at(-1)).toBe("B CREATE_IN_PROGRESS Resource creation Initiated");
    await cloud.advance("2m");
    expect((await stackOf(cloud)).Outputs!.map(({ OutputValue }) => OutputValue)).toEqual(["boat-ida", "kiel-ida"]);
    expect(shelf.get("boat-ida")).toMatchObject({ Length: 7, Secret: "s" });
    const { StackResourceDetail } = await cloud.call(describeStackResource, { ...S, LogicalResourceId: "B" });
    expect(StackResourceDetail).toMatchObject({ PhysicalResourceId: "boat-ida", ResourceStatus: "CREATE_COMPLETE" });
  });

  test("is updated, replaced and deleted", async () => {
    const shelf: Shelf = new Map();
    const cloud = await harbour(shelf);
    await create(cloud, { B: boat({ Name: "ida", Length: 7 }), T: thing({ Name: "t", Of: { "Fn::GetAtt": ["B", "Id"] } }) });
    await cloud.advance("1m");
    await update(cloud, { B: boat({ Name: "ida", Length: 8 }), T: thing({ Name: "t", Of: { "Fn::GetAtt": ["B", "Id"] } }) });
    await cloud.advance("1m");
    expect(shelf.get("boat-ida")).toMatchObject({ Length: 8, Id: "boat-ida" });
    await update(cloud, { B: boat({ Name: "eva" }), T: thing({ Name: "t", Of: { "Fn::GetAtt": ["B", "Id"] } }) });
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
    expect([...shelf.keys()]).toEqual(["boat-eva"]);
    expect(things.get(cloud.scope(), "t")!.properties["Of"]).toBe("boat-eva");
    await cloud.call(deleteStack, S);
    await cloud.advance("1m");
    expect([...shelf.keys()]).toEqual([]);
  });

  test("is made anew by every change where nothing updates it", async () => {
    const shelf: Shelf = new Map();
    const asked: string[] = [];
    const handlers = boatHandlers(shelf);
    const cloud = extensionWorld((request, spec) => {
      asked.push(request.action);
      return handlers(request, spec);
    });
    const { update: _, ...others } = boatSchema.handlers;
    const { createOnlyProperties: __, ...schema } = boatSchema;
    await register(cloud, BOAT, packageOf({ ...schema, handlers: others }));
    await create(cloud, { B: boat({ Name: "ida" }) });
    await cloud.advance("1m");
    await update(cloud, { B: boat({ Name: "eva" }) });
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
    expect(asked).toEqual(["CREATE", "READ", "CREATE", "READ", "DELETE"]);
  });

  test("is listed without losing what a list leaves out", async () => {
    const shelf: Shelf = new Map();
    const handlers = boatHandlers(shelf);
    const cloud = extensionWorld((request, spec) =>
      request.action === "LIST" ? { status: "SUCCESS", resourceModels: [], nextToken: "again" } : handlers(request, spec),
    );
    await register(cloud, BOAT, packageOf(boatSchema));
    await create(cloud, {}, { TemplateBody: template({ B: boat({ Name: "ida" }) }, OUTPUTS) });
    await cloud.advance("1m");
    expect((await cloud.call(listResources, { TypeName: BOAT })).ResourceDescriptions).toEqual([]);
    await update(cloud, {}, { TemplateBody: template({ B: boat({ Name: "ida" }), T: thing({ Of: { "Fn::GetAtt": ["B", "Id"] } }) }) });
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
  });

  test("fails with what the handler says, and goes back", async () => {
    const shelf: Shelf = new Map();
    const cloud = await harbour(shelf);
    await create(cloud, { A: boat({ Name: "ida" }), B: boat({ Name: "titanic" }, { DependsOn: "A" }) });
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("ROLLBACK_COMPLETE");
    expect((await eventsOf(cloud)).find((event) => event.startsWith("B CREATE_FAILED"))).toMatch(
      /^B CREATE_FAILED Resource handler returned message: "it met an iceberg" \(RequestToken: [0-9a-f-]{36}, HandlerErrorCode: GeneralServiceException\)$/,
    );
    expect([...shelf.keys()]).toEqual([]);
  });

  test("does not take over what is there already", async () => {
    const shelf: Shelf = new Map([["boat-ida", { Name: "ida", Id: "boat-ida" }]]);
    const cloud = await harbour(shelf);
    await create(cloud, { B: boat({ Name: "ida" }) });
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("ROLLBACK_COMPLETE");
    expect((await eventsOf(cloud)).join()).toContain("HandlerErrorCode: AlreadyExists");
    expect([...shelf.keys()]).toEqual(["boat-ida"]);
  });

  test("is asked for again after an error that may pass, but not for ever", async () => {
    const shelf: Shelf = new Map();
    const handlers = boatHandlers(shelf);
    let throttled = 0;
    const cloud = extensionWorld((request, spec) => {
      if (request.action !== "CREATE" || throttled <= 0) return handlers(request, spec);
      throttled--;
      return { status: "FAILED", errorCode: "Throttling", message: "slower" };
    });
    await register(cloud, BOAT, packageOf(boatSchema));
    throttled = 2;
    await create(cloud, { B: boat({ Name: "ida" }) });
    await cloud.advance("5s");
    expect(await statusOf(cloud)).toBe("CREATE_IN_PROGRESS");
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    throttled = 100;
    await create(cloud, { B: boat({ Name: "eva" }) }, { StackName: "t" });
    await cloud.advance("5m");
    expect((await eventsOf(cloud, "t")).join()).toContain("HandlerErrorCode: Throttling");
  });

  test("is judged by the type's schema", async () => {
    const cloud = await harbour(new Map());
    await create(cloud, { B: boat({ Name: "IDA", Colour: "red" }) });
    await cloud.advance("1m");
    const reason = (await eventsOf(cloud)).find((event) => event.startsWith("B CREATE_FAILED"));
    expect(reason).toContain("#: extraneous key [Colour] is not permitted");
    expect(reason).toContain("#/Name: failed validation constraint for keyword [pattern]");
  });

  test("shows the drift that its handler reads", async () => {
    const shelf: Shelf = new Map();
    const cloud = await harbour(shelf);
    await create(cloud, { B: boat({ Name: "ida", Length: 7, Secret: "s" }) });
    await cloud.advance("1m");
    shelf.set("boat-ida", { ...shelf.get("boat-ida")!, Length: "7" });
    const same = await cloud.call(detectStackResourceDrift, { ...S, LogicalResourceId: "B" });
    expect(same.StackResourceDrift).toMatchObject({ StackResourceDriftStatus: "IN_SYNC" });
    shelf.set("boat-ida", { ...shelf.get("boat-ida")!, Length: 9 });
    const { StackResourceDrift } = await cloud.call(detectStackResourceDrift, { ...S, LogicalResourceId: "B" });
    expect(StackResourceDrift).toMatchObject({
      StackResourceDriftStatus: "MODIFIED",
      PropertyDifferences: [{ PropertyPath: "/Length", ExpectedValue: "7", ActualValue: "9" }],
    });
    shelf.delete("boat-ida");
    const { StackDriftDetectionId } = await cloud.call(detectStackDrift, S);
    await cloud.advance("1m");
    expect(await cloud.call(describeStackDriftDetectionStatus, { StackDriftDetectionId })).toMatchObject({ StackDriftStatus: "DRIFTED" });
    expect((await cloud.call(describeStackResourceDrifts, S)).StackResourceDrifts).toMatchObject([{ StackResourceDriftStatus: "DELETED" }]);
  });

  test("whose handler breaks is not said to be as it was", async () => {
    const shelf: Shelf = new Map();
    const handlers = boatHandlers(shelf);
    let broken = false;
    const cloud = extensionWorld((request, spec) => (broken ? { takesMs: 1000, throws: "oops" } : handlers(request, spec)));
    await register(cloud, BOAT, packageOf(boatSchema));
    await create(cloud, { B: boat({ Name: "ida" }) });
    await cloud.advance("1m");
    broken = true;
    await expect(cloud.call(detectStackResourceDrift, { ...S, LogicalResourceId: "B" })).rejects.toThrow('returned message: "oops"');
    const { StackDriftDetectionId } = await cloud.call(detectStackDrift, S);
    await cloud.advance("1m");
    expect(await cloud.call(describeStackDriftDetectionStatus, { StackDriftDetectionId })).toMatchObject({
      DetectionStatus: "DETECTION_FAILED",
      DetectionStatusReason: expect.stringContaining("Failed to detect drift on resource [B]"),
    });
  });

  test("stays where its type was taken away", async () => {
    const shelf: Shelf = new Map();
    const cloud = await harbour(shelf);
    await create(cloud, { B: boat({ Name: "ida" }) });
    await cloud.advance("1m");
    await cloud.call(deregisterType, { Type: "RESOURCE", TypeName: BOAT });
    const { StackId } = await stackOf(cloud);
    await cloud.call(deleteStack, S);
    await cloud.advance("1m");
    expect(await statusOf(cloud, StackId)).toBe("DELETE_FAILED");
    expect(await eventsOf(cloud, StackId)).toContain(`B DELETE_FAILED The type '${BOAT}' cannot be found.`);
  });

  test("takes in what exists", async () => {
    const shelf: Shelf = new Map([["boat-ida", { Name: "ida", Id: "boat-ida", Berth: { Code: "x" } }]]);
    const cloud = await harbour(shelf);
    const C = { ...S, ChangeSetName: "c" };
    const ResourcesToImport = [{ ResourceType: BOAT, LogicalResourceId: "B", ResourceIdentifier: { Id: "boat-ida" } }];
    const TemplateBody = template({ B: boat({ Name: "ida" }, { DeletionPolicy: "Retain" }) });
    await cloud.call(createChangeSet, { ...C, ChangeSetType: "IMPORT", TemplateBody, ResourcesToImport });
    expect((await cloud.call(describeChangeSet, C)).Status).toBe("CREATE_COMPLETE");
    await cloud.call(executeChangeSet, C);
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("IMPORT_COMPLETE");
    const { ResourceScanId } = await cloud.call(startResourceScan, { ScanFilters: [{ Types: [BOAT] }] });
    await cloud.advance("1m");
    expect(await cloud.call(describeResourceScan, { ResourceScanId })).toMatchObject({ Status: "COMPLETE", ResourcesScanned: 1 });
    expect((await cloud.call(listResourceScanResources, { ResourceScanId })).Resources).toMatchObject([
      { ResourceIdentifier: { Id: "boat-ida" }, ManagedByStack: true },
    ]);
  });

  test("ends the same whenever the power is cut", async () => {
    const build = () => extensionWorld(boatHandlers(new Map(), 3));
    await endsTheSameWheneverThePowerIsCut(build, async (cloud) => {
      await register(cloud, BOAT, packageOf(boatSchema));
      await create(cloud, { B: boat({ Name: "ida" }), F: boat({ Name: "titanic" }, { DependsOn: "B" }) });
      await cloud.advance("5m");
    });
  });
});

test("Cloud Control acts on resources of a private type", async () => {
  const shelf: Shelf = new Map();
  const cloud = await harbour(shelf, 1);
  const TypeName = BOAT;
  const done = async ({ ProgressEvent }: { ProgressEvent?: { RequestToken?: string | undefined } | undefined }) => {
    await cloud.advance("2m");
    return (await cloud.call(getResourceRequestStatus, { RequestToken: ProgressEvent!.RequestToken })).ProgressEvent!;
  };
  const created = await done(await cloud.call(createResource, { TypeName, DesiredState: JSON.stringify({ Name: "ida", Length: 7 }) }));
  expect(created).toMatchObject({ OperationStatus: "SUCCESS", Identifier: "boat-ida" });
  shelf.set("boat-eva", { Name: "eva", Id: "boat-eva" });
  const { ResourceDescriptions } = await cloud.call(listResources, { TypeName });
  expect(ResourceDescriptions!.map(({ Identifier }) => Identifier)).toEqual(["boat-eva", "boat-ida"]);
  const Identifier = "boat-ida";
  const PatchDocument = JSON.stringify([{ op: "replace", path: "/Length", value: 9 }]);
  expect(await done(await cloud.call(updateResource, { TypeName, Identifier, PatchDocument }))).toMatchObject({
    OperationStatus: "SUCCESS",
  });
  const { ResourceDescription } = await cloud.call(getResource, { TypeName, Identifier });
  expect(JSON.parse(ResourceDescription!.Properties!)).toMatchObject({ Length: 9, Berth: { Code: "sea-ida" } });
  expect(await done(await cloud.call(deleteResource, { TypeName, Identifier }))).toMatchObject({ OperationStatus: "SUCCESS" });
  await expect(cloud.call(getResource, { TypeName, Identifier })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  const failed = await done(await cloud.call(createResource, { TypeName, DesiredState: '{"Name":"titanic"}' }));
  expect(failed).toMatchObject({ OperationStatus: "FAILED", ErrorCode: "GeneralServiceException" });
});
