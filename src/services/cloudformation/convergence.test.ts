import { expect, test } from "vitest";
import { stackEvents } from "./event.ts";
import { deleteStack } from "./operation.ts";
import { chance, type Resources, randomResources } from "./random-stack.fixture.ts";
import { resources } from "./resource.ts";
import { things } from "./simulated-types.fixture.ts";
import { stacks } from "./stack.ts";
import { templates } from "./stored-template.ts";
import { create, S, statusOf, update, world } from "./story.fixture.ts";

/** What there is, by logical id: the names that are made up differ from run to run of an update. */
function ended(cloud: ReturnType<typeof world>): Record<string, unknown> {
  const rows = resources.list(cloud.scope()).filter(({ now }) => now !== undefined);
  return Object.fromEntries(rows.map(({ logicalId, now }) => [logicalId, things.get(cloud.scope(), now!.physicalId)?.properties]));
}

test.each(
  Array.from({ length: 40 }, (_, seed) => seed),
)("whatever fails, a stack ends as it was or as it should be: seed %i", async (seed) => {
  const next = chance(seed);
  const [one, other] = [randomResources(next), randomResources(next)];
  const start = async (resourcesOf: Resources) => {
    const cloud = world();
    await create(cloud, resourcesOf);
    await cloud.advance("1h");
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    return cloud;
  };
  const before = things.list((await start(one)).scope());
  for (const victim of [undefined, ...Object.keys(other)]) {
    const cloud = await start(one);
    expect(things.list(cloud.scope())).toEqual(before);
    const broken = { ...other };
    if (victim !== undefined)
      broken[victim] = { ...broken[victim]!, Properties: { ...broken[victim]!.Properties, FailOnCreate: true, FailOnUpdate: true } };
    const started = await update(cloud, broken).then(
      () => true,
      (error) => {
        expect(error.message).toBe("No updates are to be performed.");
        return false;
      },
    );
    await cloud.advance("1h");
    const status = await statusOf(cloud);
    if (started) expect(status).toBe(victim === undefined ? "UPDATE_COMPLETE" : "UPDATE_ROLLBACK_COMPLETE");
    if (victim === undefined) expect(Object.keys(ended(cloud))).toEqual(Object.keys(started ? other : one).sort());
    else expect(things.list(cloud.scope())).toEqual(before);
    // Nothing is left over, and nothing is waited for.
    expect(things.list(cloud.scope())).toHaveLength(Object.keys(ended(cloud)).length);
    expect(resources.list(cloud.scope()).filter(({ step, was, leftovers }) => step ?? was ?? leftovers)).toEqual([]);
    expect(templates.list(cloud.scope())).toHaveLength(1);
    expect(cloud.waits().filter((wait) => wait.startsWith("cloudformation/"))).toEqual([]);
    const [stack] = stacks.list(cloud.scope());
    expect(stack!.operation).toBeUndefined();
    expect(stackEvents.peek(cloud.scope(), stack!.id).at(-1)?.value.status).toBe(status);
    await cloud.call(deleteStack, S);
    await cloud.advance("1h");
    expect(things.list(cloud.scope())).toEqual([]);
  }
});
