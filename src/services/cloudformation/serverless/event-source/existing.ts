import type { Context } from "../context.ts";
import { asSection, hasMember, isSection, isText, type Section, type Value } from "../draft.ts";
import { type Invalid, invalidResource } from "../invalid.ts";
import { display } from "../python.ts";
import { type Resource, resource } from "../resource.ts";

/** A resource of the same template that an event changes: a bucket, or a user pool. */
export interface Existing {
  readonly id: string;
  readonly section: Section;
}

/** The resource that a Ref names; undefined where the template has none such. */
export function referredTo(value: Value, context: Context, wrongRef: () => Invalid): Existing | undefined {
  if (!isSection(value) || !hasMember(value, "Ref")) return undefined;
  const id = value["Ref"];
  if (!isText(id)) throw wrongRef();
  const section = asSection(context.declared["Resources"])[id];
  return isSection(section) ? { id, section } : undefined;
}

const KEPT = ["DeletionPolicy", "UpdatePolicy", "Condition", "UpdateReplacePolicy", "Metadata"];

/** It comes out anew, with what the event put into it. SAM takes only what it knew of the type. */
export function again({ id, section }: Existing, type: string, known: ReadonlySet<string>): Resource {
  if (!hasMember(section, "Type")) throw invalidResource(id, "Resource dict missing key 'Type'.");
  if (section["Type"] !== type) {
    throw invalidResource(id, `Resource has incorrect Type; expected '${type}', got '${display(section["Type"])}'`);
  }
  const properties = section["Properties"];
  if (hasMember(section, "Properties") && !isSection(properties)) throw invalidResource(id, "Properties of a resource must be an object.");
  const unknown = Object.keys(asSection(properties)).find((name) => !known.has(name));
  if (unknown !== undefined) throw invalidResource(id, `property ${unknown} not defined for resource of type ${type}`);
  const attributes = Object.fromEntries(KEPT.filter((name) => hasMember(section, name)).map((name) => [name, section[name]]));
  return resource(type, id, asSection(properties), attributes, section["DependsOn"]);
}
