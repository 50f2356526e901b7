import { asSection, hasMember, isSection, isText, type Value } from "../draft.ts";
import { Invalid, invalidEvent, invalidResource } from "../invalid.ts";
import { checkProperties, type PropertyRules } from "../property.ts";
import { display, typeName } from "../python.ts";
import { checkLogicalId } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";
import type { DeclaredEvent } from "./event-source.ts";

export const declaredEvents = ({ properties }: Declared): [string, Value][] => Object.entries(asSection(properties["Events"]));

/** The source of an event, by its type, and the event with its properties checked. */
export function readEvent<T extends { readonly type: string; readonly properties: PropertyRules }>(
  sources: ReadonlyMap<string, T>,
  ownerId: string,
  name: string,
  section: Value,
  isOld = false,
): { source: T; event: DeclaredEvent } {
  // SAM passes on what Python has to say about this; a text of a template with REST APIs has a type of SAM's own there.
  const typed = (): string => (isText(section) && isOld ? "Py27UniStr" : typeName(section));
  if (!isSection(section)) throw invalidEvent(name, `'${typed()}' object has no attribute 'get'`);
  const type = section["Type"];
  const source = isText(type) ? sources.get(type) : undefined;
  if (source === undefined) {
    throw invalidEvent(name, `Resource dict has missing or invalid value for key Type. Event Type is: ${display(type)}.`);
  }
  const id = ownerId + name;
  checkLogicalId(id);
  const properties = hasMember(section, "Properties") ? section["Properties"] : {};
  if (!isSection(properties)) throw invalidResource(id, "Properties of a resource must be an object.");
  checkProperties(id, source.type, properties, source.properties);
  return { source, event: { id, name, properties } };
}

/** A fault of an event is one of the resource that has it. */
export function inOwner<T>(id: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof Invalid && error.kind === "event" ? invalidResource(id, error.message) : error;
  }
}
