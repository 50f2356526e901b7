import type { Context } from "../context.ts";
import { asSection, isSection, isText, type Section, type Value } from "../draft.ts";
import type { DeclaredEvent, EventSource } from "../event-source/event-source.ts";
import { eventSources } from "../event-source/index.ts";
import { Invalid, invalidEvent, invalidResource } from "../invalid.ts";
import { checkProperties } from "../property.ts";
import { display } from "../python.ts";
import { checkLogicalId, type Resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";

/** The events of a function: read at once, so that what is wrong with one is said before all else; made when the role is known. */
export function eventResources(declared: Declared, context: Context): { made(target: Resource, role: Resource): Resource[] } {
  const events = Object.entries(asSection(declared.properties["Events"])).filter((event): event is [string, Section] =>
    isSection(event[1]),
  );
  inFunction(declared.id, () => {
    for (const [name, section] of events) {
      const { source, event } = readEvent(declared, name, section);
      source.link?.(event, context);
    }
  });
  return {
    made: (target, role) =>
      inFunction(declared.id, () =>
        events.toSorted(byPath).flatMap(([name, section]) => {
          const { source, event } = readEvent(declared, name, section);
          return source.transform(event, { id: declared.id, passedOn: declared.passedOn, target, role }, context);
        }),
      ),
  };
}

/** A fault of an event is one of its function. */
function inFunction<T>(id: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof Invalid && error.kind === "event" ? invalidResource(id, error.message) : error;
  }
}

function readEvent({ id }: Declared, name: string, section: Section): { source: EventSource; event: DeclaredEvent } {
  const type = section["Type"];
  const source = isText(type) ? eventSources.get(type) : undefined;
  if (source === undefined) {
    throw invalidEvent(name, `Resource dict has missing or invalid value for key Type. Event Type is: ${display(type)}.`);
  }
  const itsId = id + name;
  checkLogicalId(itsId);
  const properties = section["Properties"] ?? {};
  if (!isSection(properties)) throw invalidResource(itsId, "Properties of a resource must be an object.");
  checkProperties(itsId, source.type, properties, source.properties);
  return { source, event: { id: itsId, name, properties } };
}

/** Events of APIs are taken in the order of their paths; among others, their names stand for paths. */
function byPath(one: readonly [string, Value], other: readonly [string, Value]): number {
  const [a, b] = [one, other].map(([name, event]) => String(asSection(asSection(event)["Properties"])["Path"] ?? name)) as [string, string];
  return a < b ? -1 : a > b ? 1 : 0;
}
