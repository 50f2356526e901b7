import { sameJson } from "../../kernel/json.ts";
import type { ResourceChange, ResourceChangeDetail, ResourceTargetDefinition } from "../../sdk/cloudformation.js";
import type { Mutability } from "./specification.ts";
import { isObject, type Json, type JsonObject } from "./value.ts";

/** Something that makes an attribute of a resource come out differently. */
export type Cause =
  /** The template says it otherwise; or, where that can not be ruled out, the value itself differs. */
  | { readonly source: "DirectModification"; readonly evaluation: "Static" | "Dynamic" }
  | { readonly source: "ParameterReference"; readonly evaluation: "Static"; readonly entity: string }
  | { readonly source: "ResourceReference" | "ResourceAttribute"; readonly evaluation: "Static" | "Dynamic"; readonly entity: string }
  /** A nested stack, whose template may have changed though its URL did not. */
  | { readonly source: "Automatic"; readonly evaluation: "Dynamic" };

/** One attribute of a resource, and of its Properties one property, that changes or may change. */
export interface AttributeChange {
  readonly attribute: "Properties" | "Metadata" | "CreationPolicy" | "UpdatePolicy" | "DeletionPolicy" | "UpdateReplacePolicy" | "Tags";
  readonly name?: string;
  readonly mutability: Mutability;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
  readonly causes: readonly Cause[];
  /** Where the live value is not the one that was deployed. */
  readonly drift?: { readonly previous: Json | undefined; readonly actual: Json | undefined };
}

export type Replacement = "True" | "False" | "Conditional";

const RECREATION = { Mutable: "Never", Immutable: "Always", Conditional: "Conditionally" } as const;

/** Whether changes replace the resource: certainly where one that is certain needs it, perhaps where one that is not does. */
export function replacementOf(changes: readonly AttributeChange[]): Replacement {
  const certain = ({ causes }: AttributeChange): boolean => causes.some(({ evaluation }) => evaluation === "Static");
  const immutable = changes.filter(({ mutability }) => mutability === "Immutable");
  if (immutable.some(certain)) return "True";
  return immutable.length > 0 || changes.some(({ mutability }) => mutability === "Conditional") ? "Conditional" : "False";
}

/** The details of a change as DescribeChangeSet shows them, one a cause; with values where these were asked for. */
export function detailsOf(changes: readonly AttributeChange[], includePropertyValues: boolean): ResourceChangeDetail[] {
  return changes.flatMap((change) =>
    change.causes.map((cause) => ({
      Target: targetOf(change, includePropertyValues),
      Evaluation: cause.evaluation,
      ChangeSource: cause.source,
      ...("entity" in cause && { CausingEntity: cause.entity }),
    })),
  );
}

function targetOf(
  { attribute, name, mutability, before, after, drift }: AttributeChange,
  includePropertyValues: boolean,
): ResourceTargetDefinition {
  return {
    Attribute: attribute,
    ...(name !== undefined && { Name: name }),
    RequiresRecreation: RECREATION[mutability],
    ...(includePropertyValues && {
      Path: name === undefined ? `/${attribute}` : `/${attribute}/${name}`,
      ...(before !== undefined && { BeforeValue: written(before) }),
      ...(after !== undefined && { AfterValue: written(after) }),
      ...(drift && {
        Drift: { PreviousValue: shown(drift.previous), ActualValue: shown(drift.actual) },
        BeforeValueFrom: "ACTUAL_STATE" as const,
        AfterValueFrom: "TEMPLATE" as const,
      }),
      AttributeChangeType: before === undefined ? "Add" : after === undefined ? "Remove" : "Modify",
    }),
  };
}

const written = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));

const shown = (value: Json | undefined): string => (value === undefined ? "null" : written(value));

/** What there was or will be of a resource, for BeforeContext and AfterContext. */
export const contextOf = (properties: JsonObject, metadata: JsonObject | undefined): string =>
  JSON.stringify({ Properties: properties, ...(metadata && { Metadata: metadata }) });

/** The kinds of attribute that changes touch, each once. */
export const scopeOf = (changes: readonly AttributeChange[]): NonNullable<ResourceChange["Scope"]> => [
  ...new Set(changes.map(({ attribute }) => attribute)),
];

/** The paths at which two values differ, as deep as both are objects, or lists of one length. */
export function differences(before: Json | undefined, after: Json | undefined, path: readonly string[] = []): (readonly string[])[] {
  if (sameJson(before, after)) return [];
  const [one, other] = [membersOf(before), membersOf(after)];
  if (one === undefined || other === undefined || Array.isArray(before) !== Array.isArray(after)) return [path];
  if (Array.isArray(before) && one.size !== other.size) return [path];
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((key) => differences(one.get(key), other.get(key), [...path, key]));
}

const membersOf = (value: Json | undefined): Map<string, Json> | undefined =>
  isObject(value) || Array.isArray(value) ? new Map(Object.entries(value as JsonObject)) : undefined;
