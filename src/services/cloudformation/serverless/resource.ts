import { isAbsent, isTruthy, type Section, type Value } from "./draft.ts";
import { invalidResource } from "./invalid.ts";

/** A resource that the transform makes, before it is put into the template. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Section;
  /** Condition, DeletionPolicy and the like. */
  readonly attributes: Section;
  dependsOn?: Value;
}

export function resource(type: string, id: string, properties: Section, attributes: Section = {}, dependsOn?: Value): Resource {
  checkLogicalId(id);
  return { id, type, properties, attributes: { ...attributes }, dependsOn };
}

export function checkLogicalId(id: string): void {
  if (!/^[A-Za-z0-9]+$/.test(id)) throw invalidResource(id, "Logical ids must be alphanumeric.");
}

/** The resource as it stands in the template. */
export function asDeclared({ type, properties, attributes, dependsOn }: Resource): Section {
  return {
    Type: type,
    ...(isTruthy(dependsOn) ? { DependsOn: dependsOn } : {}),
    ...attributes,
    Properties: withoutAbsent(properties),
  };
}

export const withoutAbsent = (section: Section): Section =>
  Object.fromEntries(Object.entries(section).filter(([, value]) => !isAbsent(value)));
