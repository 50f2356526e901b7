import { expect, test } from "vitest";
import { stackEvents } from "./event.ts";
import { deleteStack } from "./operation.ts";
import { resources } from "./resource.ts";
import { things } from "./simulated-types.fixture.ts";
import { stacks } from "./stack.ts";
import { templates } from "./stored-template.ts";
import { create, S, statusOf, thing, update, world } from "./story.fixture.ts";

/** Numbers that look random and are the same for a seed. */
function chance(seed: number): (below: number) => number {
  let state = seed * 7919 + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

type Resources = Record<string, ReturnType<typeof thing>>;

/** Things that refer only to those before them. Some are slow, some are replaced, some wait for others without naming them. */
function randomResources(next: (below: number) => number): Resources {
  const names = ["A", "B", "C", "D", "E", "F"].filter(() => next(4) > 0);
  const found: Resources = { Root: thing({ Text: next(3) }) };
  names.forEach((name, index) => {
    const other = index === 0 ? "Root" : names[next(index)]!;
    const Of = [{ Ref: other }, { "Fn::GetAtt": [other, "Arn"] }, { "Fn::Sub": `x-\${${other}}` }, "nothing"][next(4)];
    const slow = next(3) === 0 ? { CreateSeconds: next(20), UpdateSeconds: next(20), RemoveSeconds: next(20) } : {};
    found[name] = thing({ Text: next(3), Replace: next(3), Of, ...slow }, next(3) === 0 ? { DependsOn: other } : {});
  });
  return found;
}

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
