import type { Scope } from "../../kernel/scope.ts";
import { KNOWN_AFTER_APPLY } from "./evaluate.ts";
import type { DesiredResource, Plan } from "./plan.ts";
import { violationsOf } from "./property-validation.ts";
import { resourceType } from "./target.ts";
import { specificationOf } from "./type-knowledge.ts";
import { asText } from "./value.ts";

/** What is wrong with a change before it is made: where in the template, and AWS's words. */
export interface Finding {
  readonly name: "PROPERTY_VALIDATION" | "NAME_CONFLICT_VALIDATION";
  readonly logicalId: string;
  readonly type: string;
  readonly path: string;
  readonly reason: string;
  readonly physicalId?: string;
}

/**
 * What can be known to fail before anything is touched: properties that a type does not take, and names that are taken.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
 */
export function findingsOf(scope: Scope, { steps, desired }: Pick<Plan, "steps" | "desired">): Finding[] {
  const byId = new Map(desired.map((one) => [one.logicalId, one]));
  return steps.flatMap(({ logicalId, action }) => {
    const wanted = byId.get(logicalId)!;
    const conflict = action === "Add" ? nameConflict(scope, wanted) : undefined;
    return [...propertyFindings(scope, wanted), ...(conflict === undefined ? [] : [conflict])];
  });
}

/** The checks that failed, as the reason of a change set names them. */
export function reasonOf(findings: readonly Finding[]): string {
  const checks = { PROPERTY_VALIDATION: "PropertyValidation", NAME_CONFLICT_VALIDATION: "ResourceExistenceCheck" };
  const failed = [...new Set(findings.map(({ name }) => `AWS::EarlyValidation::${checks[name]}`))].sort();
  return `The following hook(s)/validation failed: [${failed.join(", ")}]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.`;
}

const propertyFindings = (scope: Scope, { logicalId, type, properties }: DesiredResource): Finding[] =>
  violationsOf(scope, type, properties).map(({ path, message }) => ({
    name: "PROPERTY_VALIDATION",
    logicalId,
    type,
    path: `/Resources/${logicalId}/Properties${path}`,
    reason: `#${path}: ${message}`,
  }));

/** Of types whose declared properties are what identifies them. */
function nameConflict(scope: Scope, { logicalId, type, properties }: DesiredResource): Finding | undefined {
  const names = specificationOf(scope, type).type(type)?.primaryIdentifier ?? [];
  const values = names.map((name) => asText(properties[name]));
  if (
    values.length === 0 ||
    values.some((value) => value === undefined || value.includes(KNOWN_AFTER_APPLY) || value.includes("{{resolve:"))
  )
    return undefined;
  const physicalId = values.join("|");
  if (resourceType(scope, type)?.read(scope, physicalId) === undefined) return undefined;
  const reason = `Resource of type '${type}' with identifier '${physicalId}' already exists.`;
  return { name: "NAME_CONFLICT_VALIDATION", logicalId, type, path: `/Resources/${logicalId}`, reason, physicalId };
}
