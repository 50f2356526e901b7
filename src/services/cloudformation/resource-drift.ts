import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { PropertyDifference, StackResourceDriftStatus } from "../../sdk/cloudformation.js";
import type { JsonObject } from "./value.ts";

/** How a resource was when it was last looked at; its id is the resource's. */
export interface ResourceDrift extends Row {
  readonly type: string;
  readonly physicalId: string;
  readonly status: StackResourceDriftStatus;
  readonly expected: JsonObject;
  readonly actual?: JsonObject;
  readonly differences: readonly PropertyDifference[];
  readonly checkedAt: number;
}

export const resourceDrifts = new Table<ResourceDrift>("cloudformation/resource-drift");

/** What was last found of a resource, where it is still the same one. */
export function driftOf(scope: Scope, id: string, now: { readonly physicalId: string } | undefined): ResourceDrift | undefined {
  const found = resourceDrifts.get(scope, id);
  return found?.physicalId === now?.physicalId ? found : undefined;
}
