import type { Scope } from "../../kernel/scope.ts";
import { type EvaluationContext, evaluate } from "./evaluate.ts";
import type { DesiredResource } from "./plan.ts";
import type { ResourceDeclaration } from "./template.ts";
import { specificationOf } from "./type-knowledge.ts";
import type { Json, JsonObject } from "./value.ts";

const PARTS = ["Properties", "Metadata", "CreationPolicy", "UpdatePolicy", "DeletionPolicy", "UpdateReplacePolicy"] as const;

/** A resource as a template declares it, with the values that are there now; or why that can not be said. */
export function declaredResource(
  scope: Scope,
  context: EvaluationContext,
  logicalId: string,
  declared: ResourceDeclaration,
  needs: readonly string[],
): DesiredResource | string {
  const parts: Record<string, Json> = {};
  for (const name of PARTS) {
    const json = declared[name];
    if (json === undefined) continue;
    const result = evaluate(context, json);
    if (result.state === "error") return result.message;
    if (result.state === "unknown") throw new Error(`${logicalId} was looked at before ${result.awaited.join(", ")}`);
    if (result.value !== undefined) parts[`${name[0]!.toLowerCase()}${name.slice(1)}`] = result.value;
  }
  return {
    logicalId,
    type: declared.Type,
    needs,
    ...(parts as Omit<DesiredResource, "logicalId" | "type" | "needs" | "properties">),
    properties: specificationOf(scope, declared.Type).coerce(declared.Type, (parts["properties"] ?? {}) as JsonObject),
  };
}
