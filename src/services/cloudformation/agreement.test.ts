import { expect, test } from "vitest";
import type { ResourceChange } from "../../sdk/cloudformation.js";
import type { World } from "../../testing/world.ts";
import { createChangeSet, describeChangeSet, executeChangeSet } from "./change-set.ts";
import { KNOWN_AFTER_APPLY } from "./evaluate.ts";
import { chance, randomResources } from "./random-stack.fixture.ts";
import { resources } from "./resource.ts";
import { things } from "./simulated-types.fixture.ts";
import { create, eventsOf, statusOf, template, world } from "./story.fixture.ts";

const SET = { StackName: "s", ChangeSetName: "c" };

interface Was {
  readonly physicalId: string;
  readonly properties: Readonly<Record<string, unknown>> | undefined;
}

/** What there is, by logical id. */
const standing = (cloud: World): Map<string, Was> =>
  new Map(
    resources.list(cloud.scope()).flatMap(({ logicalId, now }): [string, Was][] => {
      if (now === undefined) return [];
      return [[logicalId, { physicalId: now.physicalId, properties: things.get(cloud.scope(), now.physicalId)?.properties }]];
    }),
  );

/** What became of a resource, in the words of a change set; undefined where it was left alone. */
function became(before: Was | undefined, after: Was | undefined, touched: boolean): string | undefined {
  if (before === undefined) return "Add";
  if (after === undefined) return "Remove";
  if (before.physicalId !== after.physicalId) return "Modify True";
  return touched ? "Modify False" : undefined;
}

/** The ways in which a change may turn out as the change set shows it. */
function foretold({ Action, Replacement, Details = [] }: ResourceChange): (string | undefined)[] {
  if (Action !== "Modify") return [Action];
  const certain = Details.some(({ Evaluation }) => Evaluation === "Static");
  const ways = Replacement === "Conditional" ? ["Modify True", "Modify False"] : [`Modify ${Replacement}`];
  // What only may change may also stay.
  return certain ? ways : [...ways, undefined];
}

test.each(Array.from({ length: 60 }, (_, seed) => seed))("an update does what its change set shows: seed %i", async (seed) => {
  const next = chance(seed);
  const cloud = world();
  await create(cloud, randomResources(next));
  await cloud.advance("1h");
  await cloud.call(createChangeSet, { ...SET, TemplateBody: template(randomResources(next)) });
  await cloud.advance("1s");
  const { Status, Changes = [] } = await cloud.call(describeChangeSet, { ...SET, IncludePropertyValues: true });
  const plain = await cloud.call(describeChangeSet, SET);
  expect(plain.Changes?.map(({ ResourceChange }) => ResourceChange!.LogicalResourceId)).toEqual(
    Changes.map(({ ResourceChange }) => ResourceChange!.LogicalResourceId),
  );
  if (Status === "FAILED") return;
  const before = standing(cloud);
  const known = (await eventsOf(cloud)).length;
  await cloud.call(executeChangeSet, SET);
  await cloud.advance("1h");
  expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
  const after = standing(cloud);
  const events = (await eventsOf(cloud)).slice(known);
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const change = plain.Changes!.find(({ ResourceChange }) => ResourceChange!.LogicalResourceId === name)?.ResourceChange;
    const touched = events.some((event) => event.startsWith(`${name} UPDATE_IN_PROGRESS`));
    expect(change === undefined ? [undefined] : foretold(change), name).toContain(became(before.get(name), after.get(name), touched));
  }
  for (const { ResourceChange } of Changes) {
    const { AfterContext, LogicalResourceId, Details = [] } = ResourceChange!;
    const live = after.get(LogicalResourceId!)?.properties;
    if (AfterContext === undefined) continue;
    // Every value that the change set shows is what it then is; what it says is not known yet may be anything.
    for (const [name, value] of Object.entries(JSON.parse(AfterContext).Properties))
      if (!JSON.stringify(value).includes(KNOWN_AFTER_APPLY)) expect(live?.[name], `${LogicalResourceId}.${name}`).toEqual(value);
    for (const { Target } of Details) {
      if (Target?.Attribute !== "Properties" || Target.BeforeValue === undefined) continue;
      expect(String(before.get(LogicalResourceId!)?.properties?.[Target.Name!])).toBe(Target.BeforeValue);
    }
  }
});
