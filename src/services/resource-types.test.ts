import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { handsThat } from "../testing/hands.ts";
import type { ResourceExample } from "../testing/resource-example.ts";
import { World } from "../testing/world.ts";
import { detectStackResourceDrift } from "./cloudformation/drift.ts";
import { describeStackEvents } from "./cloudformation/event.ts";
import { createStack, deleteStack, updateStack } from "./cloudformation/operation.ts";
import { describeStackResource } from "./cloudformation/resource.ts";
import { specification, type ValueType } from "./cloudformation/specification.ts";
import { stacks } from "./cloudformation/stack.ts";
import { services } from "./index.ts";
import { resourceExamples } from "./resource-examples.fixture.ts";

// Every resource type with every property that it has here, through its whole life in a stack.

const schemas = createRequire(import.meta.url)("../../data/resource-schemas.json") as Readonly<Record<string, any>>;
const types = services.filter(({ name }) => name !== "cloudformation").flatMap(({ resources = [] }) => resources);
const examplesOf = (type: string): ResourceExample[] => resourceExamples.filter((example) => example.type === type);

/** Agents on instances find nothing to do; git servers take webhooks. */
const hands = handsThat({
  instance: { deploys: () => "nothing" },
  server: ({ url, method }) => (url.includes("/hooks") ? { status: 200, body: method === "GET" ? "[]" : '{"id":1}' } : undefined),
});
const S = { StackName: "s" };
const IT = { ...S, LogicalResourceId: "It" };

describe.each(types.map((type) => [type.type, type] as const))("%s", (name, type) => {
  const schema = schemas[name];
  const names = (kind: string): string[] =>
    ((schema[kind] ?? []) as string[]).map((pointer) => pointer.replace("/properties/", "")).filter((path) => !path.includes("/"));
  const readOnly = names("readOnlyProperties");
  const specified = specification.type(name)!;
  const settable = [...specified.properties.keys()].filter(
    (property) => !readOnly.includes(property) && schema.properties[property] !== undefined,
  );
  const refused = Object.keys(type.absent ?? {});
  const examples = examplesOf(name);
  const shown = examples.map((example) => [Object.keys(example.properties).join(" "), example] as const);

  test("does or refuses every property of its schema", () => {
    expect(examples).not.toEqual([]);
    const used = new Set(
      examples.flatMap(({ properties, updates = [], contradictory = [] }) => [
        ...contradictory,
        ...[properties, ...updates].flatMap((one) => pathsIn(one)),
      ]),
    );
    const paths = settable.flatMap((property) => pathsOf(specified.properties.get(property)!.type, property));
    const isRefused = (path: string): boolean => refused.some((one) => path === one || path.startsWith(`${one}/`));
    expect(paths.filter((path) => !used.has(path) && !isRefused(path))).toEqual([]);
    const changed = new Set(examples.flatMap(({ updates = [], unchangeable = [] }) => [...unchangeable, ...updates.flatMap(Object.keys)]));
    const mutable = settable.filter(
      (property) => specified.properties.get(property)!.mutability === "Mutable" && !refused.includes(property),
    );
    expect(mutable.filter((property) => !changed.has(property))).toEqual([]);
  });

  test.each(shown)("lives in a stack: %s", async (_, example) => {
    const cloud = new World({ services, hands });
    await example.before?.(cloud);
    const before = rowsOf(cloud);
    const id = await create(cloud, example);
    expect(await driftOf(cloud)).toEqual(IN_SYNC);
    const live = () => cloud.kernel.registry.resource(name)!.read(cloud.scope(), id) as Record<string, any>;
    const identifier = names("primaryIdentifier")
      .map((property) => live()[property])
      .join("|");
    const listed = (): readonly string[] => cloud.kernel.registry.resource(name)!.list!(cloud.scope());
    expect(listed()).toContain(identifier);
    expect(cloud.kernel.registry.resource(name)!.read(cloud.scope(), identifier)).toEqual(live());

    let properties = example.properties;
    for (const update of example.updates ?? []) {
      properties = { ...properties, ...update };
      await call(cloud, updateStack, { ...example, properties });
      expect(await failures(cloud)).toEqual([]);
      expect([Object.keys(update), statusOf(cloud)]).toEqual([Object.keys(update), "UPDATE_COMPLETE"]);
      expect([update, await driftOf(cloud)]).toEqual([update, IN_SYNC]);
      const { StackResourceDetail } = await cloud.call(describeStackResource, IT);
      expect([Object.keys(update), StackResourceDetail!.PhysicalResourceId]).toEqual([Object.keys(update), id]);
    }

    await cloud.call(deleteStack, S);
    await rest(cloud);
    expect(statusOf(cloud)).toBe("DELETE_COMPLETE");
    expect(listed()).not.toContain(identifier);
    expect(live()).toBeUndefined();
    expect(rowsOf(cloud)).toEqual(before);
  });

  const byHand = examples.flatMap((example) => Object.entries(example.byHand ?? {}).map(([path, change]) => ({ example, path, change })));
  if (byHand.length > 0) {
    test.each(byHand)("drifts at $path", async ({ example, path, change }) => {
      const cloud = new World({ services, hands });
      await example.before?.(cloud);
      await change(cloud, await create(cloud, example));
      const { status, drifts } = await driftOf(cloud);
      expect([status, drifts.map((drift) => drift.split(" ")[1])]).toEqual(["MODIFIED", [path]]);
    });
  }
});

/** The path of a property, and those of what it may have inside; lists have no steps of their own. */
function pathsOf(type: ValueType, path: string): string[] {
  switch (type.kind) {
    case "object":
      return [path, ...[...type.properties()].flatMap(([name, member]) => pathsOf(member.type, `${path}/${name}`))];
    case "list":
      return pathsOf(type.item, path);
    case "union":
      return [...new Set(type.types.flatMap((one) => pathsOf(one, path)))];
    default:
      return [path];
  }
}

/** The paths that an example has. */
function pathsIn(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsIn(item, path));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [`${path}${name}`, ...pathsIn(member, `${path}${name}/`)]);
}

/** The rows of the services, but for what is kept on purpose. */
const rowsOf = (cloud: World): string[] =>
  cloud
    .image()
    .map((line) => line.split(" ")[0]!)
    .filter((path) => !/^(~|sha256:|(cloudformation|kernel|compute|testing)\/)/.test(path) && !KEPT.test(path));

/**
 * Keys wait for their deletion, deployments, instances and what was done with them are told of afterwards, numbers of layers, versions of
 * action types and sequences of queues are never used again, and the default bus is always there.
 */
const KEPT =
  /^(kms\/key|lambda\/layer|sqs\/sequence|codedeploy\/deployment(-instance)?|ec2\/instance|auto-scaling\/activity|codepipeline\/action-type):|^eventbridge\/bus:.*:default$|^ec2\/tag:.*:i-[0-9a-f]+$/;

const IN_SYNC = { status: "IN_SYNC", drifts: [] };

/** The example's stack, made, with every attribute of the resource as an output; answers the physical id. */
async function create(cloud: World, example: ResourceExample): Promise<string> {
  await call(cloud, createStack, example);
  expect(await failures(cloud)).toEqual([]);
  expect(statusOf(cloud)).toBe("CREATE_COMPLETE");
  return (await cloud.call(describeStackResource, IT)).StackResourceDetail!.PhysicalResourceId!;
}

async function call(cloud: World, operation: typeof createStack | typeof updateStack, example: ResourceExample): Promise<void> {
  const { type, around, properties, withoutAttributes = [] } = example;
  const attributes = specification.type(type)!.attributes.filter((attribute) => !withoutAttributes.includes(attribute));
  const Resources = { ...around, It: { Type: type, Properties: properties } };
  const Outputs = Object.fromEntries(attributes.map((name, index) => [`A${index}`, { Value: { "Fn::GetAtt": ["It", name] } }]));
  const Capabilities = ["CAPABILITY_NAMED_IAM" as const];
  await cloud.call(operation as typeof createStack, {
    ...S,
    TemplateBody: JSON.stringify({ Resources, Outputs }),
    Capabilities,
    Tags: [{ Key: "stack", Value: "s" }],
  });
  await rest(cloud);
}

/** Until the stack is at rest. */
async function rest(cloud: World): Promise<void> {
  const isAtRest = (): boolean => !statusOf(cloud).endsWith("_IN_PROGRESS");
  if (!isAtRest()) await cloud.advanceUntil(isAtRest, "2h");
}

const statusOf = (cloud: World): string => stacks.list(cloud.scope()).find(({ name }) => name === "s")!.status;

const failures = async (cloud: World): Promise<(string | undefined)[]> =>
  (await cloud.call(describeStackEvents, S))
    .StackEvents!.filter(({ ResourceStatus }) => /FAILED|ROLLBACK_IN/.test(ResourceStatus!))
    .map(({ LogicalResourceId, ResourceStatusReason }) => `${LogicalResourceId}: ${ResourceStatusReason}`);

async function driftOf(cloud: World): Promise<{ status: string; drifts: string[] }> {
  const { StackResourceDrift } = await cloud.call(detectStackResourceDrift, IT);
  const { StackResourceDriftStatus: status, PropertyDifferences = [] } = StackResourceDrift!;
  const drifts = PropertyDifferences.map(
    ({ DifferenceType, PropertyPath, ExpectedValue, ActualValue }) => `${DifferenceType} ${PropertyPath} ${ExpectedValue} ${ActualValue}`,
  );
  return { status: status!, drifts };
}
