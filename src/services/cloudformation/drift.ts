import { fault } from "../../kernel/fault.ts";
import type { Rest } from "../../kernel/loop.ts";
import { lateOperation, operation, Waiting } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DescribeStackDriftDetectionStatus$,
  DescribeStackResourceDrifts$,
  DetectStackDrift$,
  DetectStackResourceDrift$,
  type PropertyDifference,
  type StackDriftDetectionStatus,
  type StackDriftStatus,
  type StackResourceDriftStatus,
} from "../../sdk/cloudformation.js";
import { compareLive, type PropertyDrift } from "./drift-comparison.ts";
import { type Masking, maskingOf } from "./no-echo.ts";
import { rowsOf } from "./phase.ts";
import { isRecorded } from "./recorded.ts";
import { withoutPaths } from "./registry-schema.ts";
import { type Made, resourceRowId, resources, type StackResource } from "./resource.ts";
import { driftOf, type ResourceDrift, resourceDrifts } from "./resource-drift.ts";
import { arnOf, isInProgress, requireStack, type Stack, stacks } from "./stack.ts";
import { resourceType } from "./target.ts";
import { schemaOf, specificationOf } from "./type-knowledge.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

/** A search for drift in a stack; its id is that of the search. */
export interface DriftDetection extends Row {
  readonly stack: string;
  /** The logical ids to look at; all where it is left out. */
  readonly only?: readonly string[];
  readonly status: StackDriftDetectionStatus;
  readonly reason?: string;
  readonly drift?: StackDriftStatus;
  readonly drifted?: number;
  readonly startedAt: number;
}

export const driftDetections = new Table<DriftDetection>("cloudformation/drift-detection", { indexes: { stack: ({ stack }) => stack } });

export const detectStackDrift = operation(DetectStackDrift$, (scope, { StackName, LogicalResourceIds }) => {
  const stack = requireDetectable(scope, StackName);
  for (const name of LogicalResourceIds ?? []) requireRow(scope, stack, name);
  const running = driftDetections.by(scope, "stack", stack.id).find(({ status }) => status === "DETECTION_IN_PROGRESS");
  if (running !== undefined) fault("ValidationError", `Drift detection is already in progress for stack [${arnOf(scope, stack)}]`);
  const { id } = driftDetections.put(scope, {
    id: scope.id.uuid(),
    stack: stack.id,
    ...(LogicalResourceIds && { only: LogicalResourceIds }),
    status: "DETECTION_IN_PROGRESS",
    startedAt: scope.clock.now(),
  });
  return { StackDriftDetectionId: id };
});

export const describeStackDriftDetectionStatus = operation(DescribeStackDriftDetectionStatus$, (scope, { StackDriftDetectionId }) => {
  const found =
    driftDetections.get(scope, StackDriftDetectionId!) ??
    fault("ValidationError", `Drift detection with id ${StackDriftDetectionId} does not exist`);
  return {
    StackId: scope.arn("cloudformation", `stack/${found.stack}`),
    StackDriftDetectionId: found.id,
    DetectionStatus: found.status,
    ...(found.reason !== undefined && { DetectionStatusReason: found.reason }),
    ...(found.drift !== undefined && { StackDriftStatus: found.drift }),
    ...(found.drifted !== undefined && { DriftedStackResourceCount: found.drifted }),
    Timestamp: new Date(found.startedAt),
  };
});

/** Looks at once, or when a handler has told how the resource is; the answer is what it found. */
export const detectStackResourceDrift = lateOperation(DetectStackResourceDrift$, {
  begin(scope, { StackName, LogicalResourceId }) {
    const stack = requireDetectable(scope, StackName);
    requireRow(scope, stack, LogicalResourceId!);
    return { stack: stack.id, logicalId: LogicalResourceId!, token: scope.id.uuid() };
  },
  answer(scope, { stack: id, logicalId, token }) {
    const stack = stacks.get(scope, id)!;
    const row = requireRow(scope, stack, logicalId);
    const seen = observed(scope, row, token);
    if (seen.rest !== undefined) return new Waiting(seen.rest);
    if (seen.failure !== undefined) return fault("ValidationError", seen.failure);
    const found = look(scope, row, maskingOf(scope, stack));
    if (found === undefined) return fault("ValidationError", `Drift detection is not supported for resource type ${row.type}`);
    return { StackResourceDrift: shownDrift(scope, stack, found) };
  },
});

/** Have a resource looked at anew, where that takes a hand: what is to be waited for, or why it could not be looked at. */
export function observed(scope: Scope, { type, now }: StackResource, token: string): { readonly rest?: Rest; readonly failure?: string } {
  if (now === undefined || now.physicalId === "") return {};
  const progress = resourceType(scope, type)?.observe?.(scope, token, now.physicalId);
  switch (progress?.state) {
    case "busy": {
      const { because, wakeAt } = progress;
      return { rest: { kind: "wait", because, ...(wakeAt !== undefined && { wakeAt }) } };
    }
    case "failed":
      return { failure: progress.reason };
    default:
      return {};
  }
}

/** The rows that a search for drift looks at. */
export function rowsToDetect(scope: Scope, { stack: id, only }: Pick<DriftDetection, "stack" | "only">): StackResource[] {
  const stack = stacks.get(scope, id);
  return stack === undefined ? [] : rowsOf(scope, stack).filter(({ logicalId }) => only === undefined || only.includes(logicalId));
}

const LISTED_MAX = 100;

export const describeStackResourceDrifts = operation(
  DescribeStackResourceDrifts$,
  (scope, { StackName, StackResourceDriftStatusFilters: filters = [], MaxResults = LISTED_MAX, NextToken }) => {
    const stack = requireStack(scope, StackName);
    const found = shownDrifts(scope, stack).filter(({ status }) => filters.length === 0 || filters.includes(status));
    const { items, nextToken } = page(
      found,
      ({ id }) => id,
      MaxResults,
      NextToken,
      () => fault("ValidationError", "Invalid NextToken"),
    );
    return { StackResourceDrifts: items.map((drift) => shownDrift(scope, stack, drift)), ...(nextToken && { NextToken: nextToken }) };
  },
);

/** Look at the resources of a stack, and keep what was found; of what could not be looked at, by logical id, that it could not. */
export function detect(
  scope: Scope,
  detection: Pick<DriftDetection, "stack" | "only">,
  unseen: ReadonlyMap<string, string> = new Map(),
): Partial<DriftDetection> {
  const { stack: id } = detection;
  const stack = stacks.get(scope, id);
  if (stack === undefined) return { status: "DETECTION_FAILED", reason: `Stack [${id}] does not exist` };
  const rows = rowsToDetect(scope, detection);
  const masking = maskingOf(scope, stack);
  for (const row of rows) if (!unseen.has(row.logicalId)) look(scope, row, masking);
  const known = shownDrifts(scope, stack);
  const drifted = known.filter(({ status }) => status === "MODIFIED" || status === "DELETED").length;
  const drift = drifted > 0 ? "DRIFTED" : "IN_SYNC";
  stacks.patch(scope, stack.id, { drift: { status: drift, checkedAt: scope.clock.now() } });
  if (unseen.size === 0) return { status: "DETECTION_COMPLETE", drift, drifted };
  const reason = `Failed to detect drift on resource [${[...unseen.keys()].join(", ")}]. ${[...unseen.values()][0]}`;
  return { status: "DETECTION_FAILED", reason, drift, drifted };
}

/** Forget what was looked for in a stack. */
export function forgetDetections(scope: Scope, stackRow: string): void {
  for (const { id } of driftDetections.by(scope, "stack", stackRow)) driftDetections.remove(scope, id);
  for (const { id } of resourceDrifts.list(scope, `${stackRow}/`)) resourceDrifts.remove(scope, id);
}

/** How a live resource differs from what was declared; undefined of a type whose live properties nobody can tell. */
export function liveDrift(
  scope: Scope,
  made: Made,
):
  | {
      readonly status: StackResourceDriftStatus;
      readonly expected: JsonObject;
      readonly actual?: JsonObject;
      readonly drifts: readonly PropertyDrift[];
    }
  | undefined {
  if (!isChecked(made.type) || isRecorded(scope, made.type)) return undefined;
  const schema = schemaOf(scope, made.type);
  const hidden = new Set([...(schema?.writeOnly ?? []), ...(schema?.readOnly ?? [])]);
  const expected = withoutPaths(made.properties, hidden);
  const type = resourceType(scope, made.type);
  if (type === undefined) return undefined;
  const live = type.read(scope, made.physicalId) as JsonObject | undefined;
  if (live === undefined) return { status: "DELETED", expected, drifts: [] };
  const order = { isUnordered: (path: readonly string[]) => schema?.isUnordered(path) ?? false };
  const actual = withoutStackTags(live, made, schema?.tags ?? "Tags");
  const drifts = compareLive(expected, actual, order);
  const shown = Object.fromEntries(Object.entries(actual).filter(([name]) => Object.hasOwn(expected, name)));
  return { status: drifts.length > 0 ? "MODIFIED" : "IN_SYNC", expected, actual: shown, drifts };
}

/** How a resource stands and what it was made as, where something is to be brought back from drift. */
export interface LiveState {
  readonly status: StackResourceDriftStatus;
  readonly deployed: JsonObject;
}

/** A resource with the properties that it has now in place of those that it was given; undefined where it is gone. */
export function asLive(scope: Scope, made: Made): { readonly made: Made | undefined; readonly state: LiveState } {
  const found = liveDrift(scope, made);
  if (found === undefined) return { made, state: { status: "NOT_CHECKED", deployed: made.properties } };
  const state = { status: found.status, deployed: made.properties };
  if (found.status !== "MODIFIED") return { made: found.status === "DELETED" ? undefined : made, state };
  const properties: Record<string, Json> = { ...made.properties };
  for (const name of new Set(found.drifts.map(({ path }) => path[0]!))) {
    const live = found.actual?.[name];
    if (live === undefined) delete properties[name];
    else properties[name] = live;
  }
  return { made: { ...made, properties }, state };
}

/** Resources that have no live properties of their own to be compared. */
const isChecked = (type: string): boolean => !/^(AWS::CloudFormation|AWS::CDK|Custom)::/.test(type);

/** What was last found of the resources that the stack has now. */
const shownDrifts = (scope: Scope, stack: Stack): ResourceDrift[] =>
  rowsOf(scope, stack).flatMap(({ id, now }) => driftOf(scope, id, now) ?? []);

/** The logical ids of the stack's resources that were last found to be other than declared. */
export const driftedIn = (scope: Scope, stack: Stack): string[] =>
  shownDrifts(scope, stack)
    .filter(({ status }) => status === "MODIFIED" || status === "DELETED")
    .map(({ id }) => id.slice(id.lastIndexOf("/") + 1));

function look(scope: Scope, { id, type, now }: StackResource, masking: Masking): ResourceDrift | undefined {
  if (now === undefined || now.physicalId === "") return undefined;
  const found = liveDrift(scope, now);
  if (found === undefined) return undefined;
  const { status, expected, actual, drifts } = found;
  return resourceDrifts.put(scope, {
    id,
    type,
    physicalId: now.physicalId,
    status,
    expected: masking(expected),
    ...(actual && { actual: masking(actual) }),
    differences: drifts.map((one) =>
      shownDifference({ ...one, ...masking({ expected: one.expected ?? null, actual: one.actual ?? null }) }),
    ),
    checkedAt: scope.clock.now(),
  });
}

const shownDifference = ({ path, type, expected, actual }: PropertyDrift): PropertyDifference => ({
  PropertyPath: `/${path.join("/")}`,
  ExpectedValue: shownValue(expected),
  ActualValue: shownValue(actual),
  DifferenceType: type,
});

/** AWS writes the absence of a value as a word. */
export const shownValue = (value: Json | undefined): string =>
  value === undefined || value === null ? "null" : typeof value === "string" ? value : JSON.stringify(value);

/** A stack puts its own tags on its resources: they are declared with it, not with them. */
function withoutStackTags(live: JsonObject, { tags: ofStack, properties }: Made, name: string): JsonObject {
  const declared = properties[name];
  const own = (key: string): boolean =>
    isList(declared) ? declared.some((tag) => isObject(tag) && tag["Key"] === key) : isObject(declared) && Object.hasOwn(declared, key);
  const given = (key: unknown): boolean =>
    typeof key === "string" && !own(key) && (key.startsWith("aws:") || ofStack.some(({ Key }) => Key === key));
  const tags = live[name];
  if (isList(tags)) return { ...live, [name]: tags.filter((tag) => !(isObject(tag) && given(tag["Key"]))) };
  if (isObject(tags)) return { ...live, [name]: Object.fromEntries(Object.entries(tags).filter(([key]) => !given(key))) };
  return live;
}

function shownDrift(scope: Scope, stack: Stack, drift: ResourceDrift) {
  const { id, type, physicalId, status, expected, actual, differences, checkedAt } = drift;
  const names = specificationOf(scope, type).type(type)?.primaryIdentifier ?? [];
  const values = physicalId.split("|");
  return {
    StackId: arnOf(scope, stack),
    LogicalResourceId: id.slice(id.lastIndexOf("/") + 1),
    PhysicalResourceId: physicalId,
    ...(names.length > 1 &&
      names.length === values.length && {
        PhysicalResourceIdContext: names.map((Key, index) => ({ Key, Value: values[index]! })),
      }),
    ResourceType: type,
    ExpectedProperties: JSON.stringify(expected),
    ...(actual && { ActualProperties: JSON.stringify(actual) }),
    ...(status !== "NOT_CHECKED" && { PropertyDifferences: [...differences] }),
    StackResourceDriftStatus: status,
    Timestamp: new Date(checkedAt),
  };
}

function requireDetectable(scope: Scope, name: string | undefined): Stack {
  const stack = requireStack(scope, name);
  const { status } = stack;
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html#drift-considerations
  const standing = !isInProgress(stack) && !/^(CREATE_FAILED|ROLLBACK_|DELETE_|REVIEW_)/.test(status);
  if (!standing) fault("ValidationError", `Drift detection cannot be performed on stack [${arnOf(scope, stack)}] in status [${status}]`);
  return stack;
}

const requireRow = (scope: Scope, stack: Stack, logicalId: string): StackResource =>
  resources.get(scope, resourceRowId(stack, logicalId)) ??
  fault("ValidationError", `Resource ${logicalId} does not exist for stack ${stack.name}`);
