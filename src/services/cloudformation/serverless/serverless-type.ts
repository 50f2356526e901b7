import type { Context } from "./context.ts";
import { asSection, hasMember, isSection, isText, type Section, type Value } from "./draft.ts";
import { invalidResource } from "./invalid.ts";
import { checkKinds, checkProperties, type PropertyRules } from "./property.ts";
import { checkLogicalId, type Resource } from "./resource.ts";

/** A resource of SAM as the template declares it, its properties checked. */
export interface Declared {
  /** A type that puts a hash into the id writes the new one here. */
  id: string;
  readonly properties: Section;
  readonly dependsOn: Value;
  /** All attributes that SAM knows: for the resource that takes its place. */
  readonly attributes: Section;
  /** Those that go to every generated resource. */
  readonly passedOn: Section;
}

/** One type AWS::Serverless::X: what it may say and what becomes of it. */
export interface ServerlessType {
  readonly type: string;
  readonly properties: PropertyRules;
  /** SAM passes over what it does not know of GraphQL APIs. */
  readonly ignoresUnknown?: boolean;
  /** `Ref: Function.Alias` and the like: the property, and the type of the generated resource that it stands for. */
  readonly referable?: Readonly<Record<string, string>>;
  /** What happens to the properties before they are checked. */
  prepare?(id: string, properties: Section, context: Context): void;
  /** The resources that take its place. */
  transform(declared: Declared, context: Context): Resource[];
}

const ATTRIBUTES = ["DeletionPolicy", "UpdatePolicy", "Condition", "UpdateReplacePolicy", "Metadata"];
const PASSED_ON = ["Condition", "DeletionPolicy", "UpdateReplacePolicy"];

export function readDeclared(type: ServerlessType, id: string, section: Section, context: Context): Declared {
  checkLogicalId(id);
  if (hasMember(section, "Properties") && !isSection(section["Properties"])) {
    throw invalidResource(id, "Properties of a resource must be an object.");
  }
  const properties = asSection(section["Properties"]);
  type.prepare?.(id, properties, context);
  if (type.ignoresUnknown === true) checkKinds(id, properties, type.properties);
  else checkProperties(id, type.type, properties, type.properties);
  return {
    id,
    properties,
    dependsOn: section["DependsOn"],
    attributes: pick(section, ATTRIBUTES),
    passedOn: pick(section, PASSED_ON),
  };
}

const pick = (section: Section, names: readonly string[]): Section =>
  Object.fromEntries(names.filter((name) => Object.hasOwn(section, name)).map((name) => [name, section[name]]));

/** The type of a declared resource; undefined where it has none that is a text. */
export const typeOf = (section: Value): string | undefined => {
  const type = isSection(section) ? section["Type"] : undefined;
  return isText(type) ? type : undefined;
};
