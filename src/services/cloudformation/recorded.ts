import type { ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { specification } from "./specification.ts";
import type { JsonObject } from "./value.ts";

/** A resource of a type that Slipway does not have, and whose user asked for it to be written down; by its physical id. */
export interface Recorded extends Row {
  readonly type: string;
  readonly properties: JsonObject;
}

export const recorded = new Table<Recorded>("cloudformation/recorded");

/** Whether the setting names the type: whole, or by how it begins, such as AWS::EC2::*. */
export const isRecorded = ({ settings: { recordedTypes = [] } }: Scope, type: string): boolean =>
  recordedTypes.some((name) => (name.endsWith("*") ? type.startsWith(name.slice(0, -1)) : name === type));

/** What is said of such a resource wherever it is shown. */
export const RECORDED = "Recorded only: Slipway does not implement this type of resource";

/** It is kept as declared, and nothing else happens. What Ref and Fn::GetAtt give of it names it, and is of no use elsewhere. */
export const recordedType = (type: string): ResourceType<JsonObject> => ({
  type,
  ensure(scope, properties, id, { generatedName }) {
    const name = id ?? `recorded-${generatedName}`;
    recorded.put(scope, { id: name, type, properties });
    return { state: "done", id: name };
  },
  // Nobody knows how it is: there is nothing to look at.
  read: () => undefined,
  remove(scope, id) {
    recorded.remove(scope, id);
    return { state: "done", id };
  },
  attributes(scope, id) {
    const names = specification.type(type)?.attributes ?? [];
    return { ...recorded.get(scope, id)?.properties, ...Object.fromEntries(names.map((name) => [name, `${id}/${name}`])) };
  },
});
