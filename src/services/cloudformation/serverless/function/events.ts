import type { Context } from "../context.ts";
import { asSection, type Value } from "../draft.ts";
import { declaredEvents, inOwner, readEvent } from "../event-source/declared.ts";
import { eventSources } from "../event-source/index.ts";
import { isMarked } from "../python-marks.ts";
import type { Resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";

/** That the events are right by themselves: said before all else. */
export const linkEvents = (declared: Declared, context: Context): void =>
  inOwner(declared.id, () => {
    for (const [name, section] of declaredEvents(declared)) {
      const { source, event } = readEvent(eventSources, declared.id, name, section, isMarked(declared.properties["Events"]));
      source.link?.(event, context);
    }
  });

/** What the events are made of, when the role is known: some add to it. */
export const invokingEvents = (declared: Declared, target: Resource, role: Resource, context: Context): Resource[] =>
  inOwner(declared.id, () =>
    declaredEvents(declared)
      .toSorted(byPath)
      .flatMap(([name, section]) => {
        const { source, event } = readEvent(eventSources, declared.id, name, section, isMarked(declared.properties["Events"]));
        return source.transform(event, { id: declared.id, passedOn: declared.passedOn, target, role }, context);
      }),
  );

/** Events of APIs are taken in the order of their paths; among others, their names stand for paths. */
function byPath(one: readonly [string, Value], other: readonly [string, Value]): number {
  const [a, b] = [one, other].map(([name, event]) => String(asSection(asSection(event)["Properties"])["Path"] ?? name)) as [string, string];
  return a < b ? -1 : a > b ? 1 : 0;
}
