import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { DescribeStackResource$, DescribeStackResources$, ListStackResources$, type ResourceStatus } from "../../sdk/cloudformation.js";
import { customAttributes, isCustom } from "./custom-resource.ts";
import type { ResourceValues } from "./evaluate.ts";
import type { DesiredResource, ExistingResource } from "./plan.ts";
import { driftOf } from "./resource-drift.ts";
import { arnOf, requireStack, type Stack, stacks, withId } from "./stack.ts";
import { resourceType } from "./target.ts";
import { isObject, type Json } from "./value.ts";

/**
 * A resource as it was made: what was declared, and the token of its creation, from which its generated name derives. Its
 * physical id is empty where its creation was given up before the id was known.
 */
export interface Made extends ExistingResource {
  readonly token: string;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
}

/** Where the running operation stands with one resource. */
export interface Step {
  readonly verb: "ensure" | "restore" | "remove";
  /** The logical ids of the resources whose steps come before. */
  readonly after: readonly string[];
  readonly state: "WAITING" | "RUNNING" | "DONE" | "FAILED" | "CANCELLED";
  readonly token: string;
  readonly startedAt?: number;
  /** What is being made, evaluated. */
  readonly wanted?: DesiredResource;
  /** Whether it is made anew, beside the one that is there. */
  readonly replaces?: boolean;
  /** The physical id as far as it is known. */
  readonly id?: string;
  /** The UpdatePolicy by which another service carries the update out. */
  readonly policy?: string;
  /** The hooks have let it pass. */
  readonly hooked?: boolean;
  /** Of a step that puts back what was: the step that it undoes. */
  readonly undoes?: Step;
}

/** A resource of a stack; its id is the stack's, a slash and the logical id. */
export interface StackResource extends Row {
  readonly logicalId: string;
  readonly type: string;
  readonly status: ResourceStatus;
  readonly reason?: string;
  readonly updatedAt: number;
  /** What is there now. */
  readonly now?: Made;
  /** What was there when the stack last stood still, kept from the first touch on; null where there was nothing. */
  readonly was?: Made | null;
  /** It existed before it came into the stack: rolling back lets it go. */
  readonly imported?: boolean;
  /** What was replaced, and is to be taken away. */
  readonly leftovers?: readonly Made[];
  readonly step?: Step;
}

export const resources = new Table<StackResource>("cloudformation/resource", {
  indexes: { physical: ({ now }) => now?.physicalId || undefined },
});

/** A resource that no step has touched yet is not shown. */
const shownRows = (scope: Scope, stack: Stack): StackResource[] =>
  resources
    .list(scope, `${stack.id}/`)
    .filter(({ now, was, step }) => now !== undefined || was !== undefined || step === undefined || step.startedAt !== undefined);

export const resourceRowId = (stack: Pick<Stack, "id">, logicalId: string): string => `${stack.id}/${logicalId}`;

/** The resources that a stack has. */
export const existing = (scope: Scope, stack: Stack): Made[] =>
  resources.list(scope, `${stack.id}/`).flatMap(({ now }) => (now === undefined || now.physicalId === "" ? [] : [now]));

/** What Ref and Fn::GetAtt give of a resource; undefined while it does not exist. */
export function valuesOf(scope: Scope, stack: Stack, logicalId: string): ResourceValues | undefined {
  const { now } = resources.get(scope, resourceRowId(stack, logicalId)) ?? {};
  if (now === undefined || now.physicalId === "") return undefined;
  const { physicalId: id, type: name } = now;
  const type = resourceType(scope, name);
  return {
    ref: type?.ref?.(scope, id) ?? id,
    attribute(attribute) {
      if (isCustom(name)) return member(customAttributes(scope, resourceRowId(stack, logicalId)), attribute);
      return member(type?.attributes?.(scope, id), attribute) ?? member(type?.read(scope, id), attribute);
    },
  };
}

/** A member by its name, or by a path of names with dots between. */
function member(value: unknown, path: string): Json | undefined {
  if (!isObject(value)) return undefined;
  if (value[path] !== undefined) return value[path];
  let found: Json | undefined = value;
  for (const name of path.split(".")) found = isObject(found) ? found[name] : undefined;
  return found;
}

export const describeStackResource = operation(DescribeStackResource$, (scope, { StackName, LogicalResourceId }) => {
  const stack = requireStack(scope, StackName, (name) => `Stack '${name}' does not exist`);
  const row =
    shownRows(scope, stack).find(({ logicalId }) => logicalId === LogicalResourceId) ??
    fault("ValidationError", `Resource ${LogicalResourceId} does not exist for stack ${stack.name}`);
  const { Timestamp: LastUpdatedTimestamp, ...shown } = shownResource(scope, stack, row);
  const metadata = row.now?.metadata;
  return {
    StackResourceDetail: { ...shown, LastUpdatedTimestamp, ...(metadata && { Metadata: JSON.stringify(metadata) }) },
  };
});

const LISTED_MAX = 100;

export const describeStackResources = operation(DescribeStackResources$, (scope, { StackName, LogicalResourceId, PhysicalResourceId }) => {
  const stack = StackName === undefined ? owner(scope, PhysicalResourceId) : requireStack(scope, StackName, withId);
  const rows = shownRows(scope, stack).filter(
    ({ logicalId, now }) =>
      (LogicalResourceId === undefined || logicalId === LogicalResourceId) &&
      (StackName === undefined || PhysicalResourceId === undefined || now?.physicalId === PhysicalResourceId),
  );
  return { StackResources: rows.slice(0, LISTED_MAX).map((row) => shownResource(scope, stack, row)) };
});

export const listStackResources = operation(ListStackResources$, (scope, { StackName, NextToken }) => {
  const stack = requireStack(scope, StackName, withId);
  const rows = shownRows(scope, stack);
  const invalid = (): never => fault("ValidationError", "Invalid NextToken");
  const { items, nextToken } = page(rows, ({ id }) => id, LISTED_MAX, NextToken, invalid);
  return {
    StackResourceSummaries: items.map((row) => {
      const { Timestamp: LastUpdatedTimestamp, StackId: _, StackName: __, ...shown } = shownResource(scope, stack, row);
      return { ...shown, LastUpdatedTimestamp };
    }),
    ...(nextToken && { NextToken: nextToken }),
  };
});

function owner(scope: Scope, physicalId: string | undefined): Stack {
  if (physicalId === undefined) return fault("ValidationError", "Either StackName or PhysicalResourceId must be specified");
  const [row] = resources.by(scope, "physical", physicalId);
  const stack = row && stacks.get(scope, row.id.split("/").slice(0, 2).join("/"));
  return stack ?? fault("ValidationError", `Stack for ${physicalId} does not exist`);
}

function shownResource(scope: Scope, stack: Stack, { id, logicalId, type, status, reason, updatedAt, now, step }: StackResource) {
  const physicalId = step?.id ?? now?.physicalId;
  const drift = driftOf(scope, id, now);
  return {
    StackName: stack.name,
    StackId: arnOf(scope, stack),
    LogicalResourceId: logicalId,
    ...(physicalId && { PhysicalResourceId: physicalId }),
    ResourceType: type,
    Timestamp: new Date(updatedAt),
    ResourceStatus: status,
    ...(reason !== undefined && { ResourceStatusReason: reason }),
    DriftInformation: {
      StackResourceDriftStatus: drift?.status ?? ("NOT_CHECKED" as const),
      ...(drift && { LastCheckTimestamp: new Date(drift.checkedAt) }),
    },
  };
}
