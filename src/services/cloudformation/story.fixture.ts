import { World } from "../../testing/world.ts";
import { describeStackEvents } from "./event.ts";
import { cloudformation } from "./index.ts";
import { createStack, updateStack } from "./operation.ts";
import { facts, simulated, spells, things } from "./simulated-types.fixture.ts";
import { describeStacks } from "./stack.ts";

/** What the tests of stacks have in common. */
export const world = (): World => new World({ services: [simulated, cloudformation] });

export const thing = (Properties: object = {}, more: object = {}) => ({ Type: "Test::Thing::Thing", Properties, ...more });
export const template = (Resources: object, more: object = {}): string => JSON.stringify({ ...more, Resources });
export const S = { StackName: "s" };

export const create = (cloud: World, resources: object, more: object = {}) =>
  cloud.call(createStack, { ...S, TemplateBody: template(resources), ...more });
export const update = (cloud: World, resources: object, more: object = {}) =>
  cloud.call(updateStack, { ...S, TemplateBody: template(resources), ...more });
export const stackOf = async (cloud: World, StackName = "s") => (await cloud.call(describeStacks, { StackName })).Stacks![0]!;
export const statusOf = async (cloud: World, StackName = "s") => (await stackOf(cloud, StackName)).StackStatus;
/** What happened, oldest first, without the stack's id. */
export const eventsOf = async (cloud: World, StackName = "s"): Promise<string[]> =>
  (await cloud.call(describeStackEvents, { StackName }))
    .StackEvents!.map(({ LogicalResourceId, ResourceStatus, ResourceStatusReason }) =>
      [LogicalResourceId, ResourceStatus, ResourceStatusReason].filter((part) => part !== undefined).join(" "),
    )
    .reverse();
export const namesOf = (cloud: World): string[] =>
  things
    .list(cloud.scope())
    .map(({ id }) => id)
    .sort();

/** An alarm, an object or a parameter that has this value from now on. */
export const setFact = (cloud: World, id: string, value: string) => cloud.change((scope) => facts.put(scope, { id, value }));

/** From now on, and until it is lifted, a thing resists: "remove a", "update a". */
export const castSpell = (cloud: World, id: string) => cloud.change((scope) => spells.put(scope, { id }));
export const liftSpell = (cloud: World, id: string) => cloud.change((scope) => spells.remove(scope, id));
