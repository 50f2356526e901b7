import type { Context } from "../context.ts";
import { asSection, isAbsent, isTruthy, type Section, type Value } from "../draft.ts";
import { combinedCondition } from "../intrinsic.ts";
import { makePathConditional } from "../openapi/integration.ts";
import { own, textOf, type Written } from "../python-dictionary.ts";
import { namesOf } from "../python-marks.ts";
import { typeOf } from "../serverless-type.ts";
import type { ApiKind } from "./kind.ts";

/** What the owners of events say of themselves: the APIs, and their paths, are there when one of their owners is. */
export interface Gathered {
  readonly owners: Map<string, Map<string, Map<string, Section>>>;
  readonly all: Map<string, Section[]>;
  note(api: string, path: string, method: string, owner: Section): void;
}

export function newGathered(): Gathered {
  const owners: Gathered["owners"] = new Map();
  const all: Gathered["all"] = new Map();
  return {
    owners,
    all,
    note(api, path, method, owner) {
      const paths = owners.get(api) ?? new Map<string, Map<string, Section>>();
      const methods = paths.get(path) ?? new Map<string, Section>();
      owners.set(api, paths.set(path, methods.set(method, owner)));
      all.set(api, [...(all.get(api) ?? []), owner]);
    },
  };
}

/** The condition that is true when that of one of the owners is; undefined where one of them has none. */
function conditionOf(owners: readonly Section[], name: string, { declared }: Context): Written {
  const conditions = new Set(owners.map((owner) => owner["Condition"]));
  if (conditions.size === 0 || [...conditions].some(isAbsent)) return undefined;
  const names = [...conditions].map(String).sort();
  if (names.length === 1) return names[0];
  declared["Conditions"] = { ...asSection(declared["Conditions"]), ...combinedCondition(names, name) };
  return own(name);
}

export function addConditions(kind: ApiKind, { owners }: Gathered, context: Context): void {
  const resources = asSection(context.declared["Resources"]);
  const condition = conditionOf(
    [...(owners.get(kind.id)?.values() ?? [])].flatMap((methods) => [...methods.values()]),
    `${kind.id}Condition`,
    context,
  );
  if (condition !== undefined) asSection(resources[kind.id])["Condition"] = textOf(condition);
  for (const [id, resource] of Object.entries(resources)) {
    const properties = asSection(asSection(resource)["Properties"]);
    if (typeOf(resource) !== kind.type || !isTruthy(properties["__MANAGE_SWAGGER"])) continue;
    properties["DefinitionBody"] = kind.edit(properties["DefinitionBody"], (paths) => {
      for (const path of namesOf(paths)) {
        const its = [...(owners.get(id)?.get(path)?.values() ?? [])];
        const name = `${id}${path.replaceAll("/", "SLASH").replaceAll("{", "OB").replaceAll("}", "CB")}PathCondition`;
        const ofPath = conditionOf(its, name, context);
        if (ofPath !== undefined) makePathConditional(paths, path, ofPath);
      }
    });
  }
}

/** The implicit API is kept where one of its owners is. */
export function addPolicies(kind: ApiKind, { all }: Gathered, { declared }: Context): void {
  const api = asSection(asSection(declared["Resources"])[kind.id]);
  const given = (attribute: string): Value[] => (all.get(kind.id) ?? []).map((owner) => owner[attribute]);
  for (const [attribute, strongestFirst] of [
    ["DeletionPolicy", ["Retain", "Delete"]],
    ["UpdateReplacePolicy", ["Retain", "Snapshot", "Delete"]],
  ] as const) {
    const policy = strongestFirst.find((one) => given(attribute).includes(one));
    if (policy !== undefined) api[attribute] = policy;
  }
}
