import { createHash } from "node:crypto";
import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type DeploymentTargets,
  DescribeStackSetOperation$,
  InvalidOperationException,
  ListStackSetOperationResults$,
  ListStackSetOperations$,
  OperationIdAlreadyExistsException,
  OperationInProgressException,
  OperationNotFoundException,
  type StackSetOperationAction,
  type StackSetOperationPreferences,
  type StackSetOperationStatus,
  StaleRequestException,
  StopStackSetOperation$,
} from "../../sdk/cloudformation.js";
import type { DeploymentTarget } from "./deployment-target.ts";
import { ownerOf } from "./organizations-access.ts";
import { instanceId, instancesOf, type ParameterOverride, type StackInstance, stackInstances } from "./stack-instance.ts";
import {
  inProgress,
  invalidToken,
  requireStackSet,
  type StackSet,
  type StackSetChange,
  shownDrift,
  stackSetArnOf,
  stackSets,
  type TargetedUnit,
} from "./stack-set.ts";
import { driftOf } from "./stack-set-drift.ts";
import { tellInstance, tellOperation } from "./stack-set-event.ts";
import { type OperationResult, operationResults, resultsOf, shownResult } from "./stack-set-operation-result.ts";
import { checkPreferences, type Preferences, regionOrder } from "./stack-set-preferences.ts";
import { advanceOperation } from "./stack-set-progress.ts";

/** An operation on a stack set; its id is the stack set's, a slash and the operation's. */
export interface StackSetOperation extends Row {
  readonly stackSet: string;
  readonly operationId: string;
  /** The how manyeth of its stack set it is. */
  readonly sequence: number;
  readonly action: StackSetOperationAction;
  readonly status: StackSetOperationStatus;
  readonly createdAt: number;
  readonly endedAt?: number;
  readonly preferences: Preferences;
  /** In the order in which they are gone through. */
  readonly regions: readonly string[];
  /** A digest of the request: a token of another request is refused. */
  readonly fingerprint: string;
  /** Whether it came about because an account joined or left a unit. */
  readonly automatic: boolean;
  readonly retainStacks?: boolean;
  readonly deploymentTargets?: Stored<DeploymentTargets>;
  readonly overrides?: readonly GivenOverride[];
  /** Whether it is about every instance that there is when it begins. */
  readonly everywhere?: boolean;
  /** Whether it is an update of the stack set itself. */
  readonly updatesSet: boolean;
  /** What it makes of the stack set when it begins; until then. */
  readonly change?: StackSetChange;
  /** Whether it leaves every instance behind that it does not reach. */
  readonly outdates?: boolean;
}

/** An override as a caller gives it: without a value, the instance's own stays. */
export type GivenOverride = Pick<ParameterOverride, "key"> & Partial<ParameterOverride>;

export const stackSetOperations = new Table<StackSetOperation>("cloudformation/stack-set-operation", {
  indexes: { open: ({ stackSet, endedAt }) => (endedAt === undefined ? stackSet : undefined) },
  arn: ({ stackSet }, partition) => stackSetArnOf(stackSet, partition),
});

const LISTED_MAX = 100;

/** A request as far as it says which operation it is, and at which pace. */
interface OperationRequest {
  readonly OperationId?: string | undefined;
  readonly OperationPreferences?: StackSetOperationPreferences | undefined;
}

export interface StartedOperation
  extends Pick<StackSetOperation, "action" | "everywhere" | "retainStacks" | "overrides" | "change" | "outdates"> {
  readonly targets: readonly (DeploymentTarget & { readonly imports?: string })[];
  readonly request: OperationRequest;
  readonly deploymentTargets?: DeploymentTargets;
  readonly automatic?: boolean;
  /** The units that the stack set is deployed to from now on. */
  readonly units?: readonly TargetedUnit[];
}

/**
 * The id of the operation that a request has started already; undefined where it is a new one.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackSet.html
 */
export function repeated(owner: Scope, set: StackSet, id: string | undefined, request: object): string | undefined {
  const known = id === undefined ? undefined : stackSetOperations.get(owner, `${set.id}/${id}`);
  if (known === undefined) return undefined;
  if (known.fingerprint !== fingerprintOf(request))
    fault(OperationIdAlreadyExistsException, `Operation ${id} already exists for StackSet ${set.id}`);
  if (set.lastOperationId !== id)
    fault(StaleRequestException, `Another operation has been performed on StackSet ${set.id} since operation ${id} was performed`);
  return id;
}

const fingerprintOf = (request: object): string => createHash("sha256").update(JSON.stringify(request)).digest("hex").slice(0, 32);

/** A stack set as it will be once everything has been done that is asked for. */
export const asWillBe = (owner: Scope, set: StackSet): StackSet =>
  Object.assign({}, set, ...unfinishedOperations(owner, set).map(({ status, change }) => (status === "QUEUED" ? change : undefined)));

/** Keep a new operation and the results that it is to have; answers its id. It begins when nothing stands in its way. */
export function startOperation(owner: Scope, set: StackSet, started: StartedOperation): string {
  const { targets, request, deploymentTargets, automatic = false, units, ...kept } = started;
  const open = unfinishedOperations(owner, set);
  if (open.length > 0 && !set.managedExecution && !automatic) fault(OperationInProgressException, inProgress(owner, set));
  const regions = [...new Set(targets.map(({ region }) => region))];
  const preferences = stored(request.OperationPreferences ?? {}) as Preferences;
  checkPreferences(preferences, regions);
  const operationId = request.OperationId ?? owner.id.uuid();
  const row = stackSetOperations.put(owner, {
    id: `${set.id}/${operationId}`,
    stackSet: set.id,
    operationId,
    sequence: set.operations + 1,
    status: "QUEUED",
    createdAt: owner.clock.now(),
    preferences,
    regions: regionOrder(preferences, regions),
    fingerprint: fingerprintOf(request),
    automatic,
    updatesSet: kept.change !== undefined,
    ...kept,
    ...(deploymentTargets && { deploymentTargets: stored(deploymentTargets) }),
  });
  stackSets.patch(owner, set.id, {
    operations: row.sequence,
    lastOperationId: operationId,
    ...(units && { units }),
  });
  if (!kept.everywhere) putResults(owner, row, targets);
  if (open.length === 0 && !automatic) beginOperation(owner, row);
  else tellOperation(owner, row);
  return operationId;
}

function putResults(owner: Scope, row: StackSetOperation, targets: StartedOperation["targets"]): void {
  for (const { account, region, organizationalUnitId, imports } of targets)
    operationResults.put(owner, {
      id: `${row.id}/${region}/${account}`,
      operation: row.id,
      stackSet: row.stackSet,
      account,
      region,
      ...(organizationalUnitId !== undefined && { organizationalUnitId }),
      ...(imports !== undefined && { imports }),
      status: "PENDING",
    });
}

/** What is to be updated, deleted or looked at is what there is now: it may have been queued for long. */
function settleTargets(owner: Scope, row: StackSetOperation): StackSetOperation {
  const isTarget = (instance: StackInstance | undefined): boolean =>
    instance !== undefined && (row.action !== "UPDATE" || instance.status !== "INOPERABLE");
  if (row.everywhere) {
    const targets = instancesOf(owner, { id: row.stackSet }).filter(isTarget);
    putResults(owner, row, targets);
    const regions = [...new Set(targets.map(({ region }) => region))];
    return stackSetOperations.patch(owner, row.id, { regions: regionOrder(row.preferences, regions) });
  }
  if (row.action !== "CREATE")
    for (const result of resultsOf(owner, row))
      if (!isTarget(stackInstances.get(owner, instanceId(row.stackSet, result)))) operationResults.remove(owner, result.id);
  return row;
}

/** What it is for begins: the stack set is as wanted, its instances are to follow. */
export function beginOperation(owner: Scope, queued: StackSetOperation): void {
  const row = settleTargets(owner, queued);
  const { action, change, outdates, operationId, stackSet } = row;
  if (change !== undefined) stackSets.patch(owner, stackSet, { ...change, modified: true });
  if (outdates)
    for (const { id, status } of instancesOf(owner, { id: stackSet }))
      if (status === "CURRENT") stackInstances.patch(owner, id, { status: "OUTDATED" });
  for (const result of resultsOf(owner, row)) {
    const known = stackInstances.get(owner, instanceId(stackSet, result));
    if (action === "DETECT_DRIFT") {
      if (known !== undefined) stackInstances.patch(owner, known.id, { lastOperationId: operationId });
    } else {
      const pending = stackInstances.put(owner, pendingInstance(row, result, known));
      tellInstance(owner, pending, action);
    }
  }
  advanceOperation(owner, setStatus(owner, row, "RUNNING"));
}

function setStatus(owner: Scope, { id }: StackSetOperation, status: StackSetOperation["status"], endedAt?: number): StackSetOperation {
  // What it was to make of the stack set is made, or never will be.
  const row = stackSetOperations.patch(owner, id, { status, change: undefined, ...(endedAt !== undefined && { endedAt }) });
  tellOperation(owner, row);
  return row;
}

function pendingInstance(row: StackSetOperation, result: OperationResult, known: StackInstance | undefined): StackInstance {
  const { reason: _, ...before } = known ?? {
    id: instanceId(row.stackSet, result),
    stackSet: row.stackSet,
    account: result.account,
    region: result.region,
    overrides: [],
  };
  return {
    ...before,
    ...(result.organizationalUnitId !== undefined && { organizationalUnitId: result.organizationalUnitId }),
    overrides: overridden(before.overrides, row.overrides),
    // What is to go is as up to date as it was.
    status: row.action === "DELETE" && known !== undefined ? known.status : "OUTDATED",
    detailedStatus: "PENDING",
    lastOperationId: row.operationId,
  };
}

/** A list of overrides takes the place of the one before; where there is none, that stays. */
const overridden = (before: readonly ParameterOverride[], given: readonly GivenOverride[] | undefined): readonly ParameterOverride[] =>
  given?.flatMap(({ key, value }) => (value === undefined ? (before.find((one) => one.key === key) ?? []) : { key, value })) ?? before;

/** The operation is over. */
export function endOperation(owner: Scope, row: StackSetOperation, status: "SUCCEEDED" | "FAILED" | "STOPPED"): void {
  const ended = setStatus(owner, row, status, owner.clock.now());
  if (row.action === "DETECT_DRIFT") stackSets.patch(owner, row.stackSet, { drift: driftOf(ended, resultsOf(owner, row)) });
}

/** Those of a stack set that are not over, in the order in which they were asked for. */
export const unfinishedOperations = (owner: Scope, { id }: Pick<StackSet, "id">): StackSetOperation[] =>
  stackSetOperations.by(owner, "open", id).sort((one, other) => one.sequence - other.sequence);

export const describeStackSetOperation = operation(DescribeStackSetOperation$, (scope, { StackSetName, OperationId, CallAs }) => {
  const owner = ownerOf(scope, CallAs);
  const set = requireStackSet(owner, StackSetName);
  const row = requireOperation(owner, set, OperationId!);
  const results = resultsOf(owner, row);
  const { retainStacks, deploymentTargets, action } = row;
  return {
    StackSetOperation: {
      ...shown(row, results),
      StackSetId: set.id,
      ...(retainStacks !== undefined && { RetainStacks: retainStacks }),
      ...(set.administrationRoleArn !== undefined && { AdministrationRoleARN: set.administrationRoleArn }),
      ...(set.executionRoleName !== undefined && { ExecutionRoleName: set.executionRoleName }),
      ...(deploymentTargets && { DeploymentTargets: deploymentTargets as DeploymentTargets }),
      ...(action === "DETECT_DRIFT" && { StackSetDriftDetectionDetails: shownDrift(driftOf(row, results)) }),
    },
  };
});

export const listStackSetOperations = operation(
  ListStackSetOperations$,
  (scope, { StackSetName, NextToken, MaxResults = LISTED_MAX, CallAs }) => {
    const owner = ownerOf(scope, CallAs);
    const rows = stackSetOperations
      .list(owner, `${requireStackSet(owner, StackSetName).id}/`)
      .sort((one, other) => other.sequence - one.sequence);
    const order = ({ sequence }: StackSetOperation): string => String(Number.MAX_SAFE_INTEGER - sequence).padStart(16, "0");
    const { items, nextToken } = page(rows, order, MaxResults, NextToken, invalidToken);
    return { Summaries: items.map((row) => shown(row, resultsOf(owner, row))), ...(nextToken && { NextToken: nextToken }) };
  },
);

export const listStackSetOperationResults = operation(
  ListStackSetOperationResults$,
  (scope, { StackSetName, OperationId, NextToken, MaxResults = LISTED_MAX, Filters = [], CallAs }) => {
    const owner = ownerOf(scope, CallAs);
    const row = requireOperation(owner, requireStackSet(owner, StackSetName), OperationId!);
    const found = resultsOf(owner, row).filter(({ status }) => Filters.every(({ Values }) => Values === undefined || Values === status));
    const { items, nextToken } = page(found, ({ id }) => id, MaxResults, NextToken, invalidToken);
    return { Summaries: items.map(shownResult), ...(nextToken && { NextToken: nextToken }) };
  },
);

/** What has not begun never does; what has is waited for. */
export const stopStackSetOperation = operation(StopStackSetOperation$, (scope, { StackSetName, OperationId, CallAs }) => {
  const owner = ownerOf(scope, CallAs);
  const set = requireStackSet(owner, StackSetName);
  const row = requireOperation(owner, set, OperationId!);
  if (row.endedAt !== undefined)
    fault(InvalidOperationException, `Operation ${OperationId} is in ${row.status} state and cannot be stopped`);
  if (row.status !== "STOPPING") advanceOperation(owner, setStatus(owner, row, "STOPPING"));
  return {};
});

export const requireOperation = (owner: Scope, set: StackSet, id: string): StackSetOperation =>
  stackSetOperations.get(owner, `${set.id}/${id}`) ?? fault(OperationNotFoundException, `Operation ${id} not found for StackSet ${set.id}`);

const shown = (row: StackSetOperation, results: readonly OperationResult[]) => ({
  OperationId: row.operationId,
  Action: row.action,
  Status: row.status,
  CreationTimestamp: new Date(row.createdAt),
  ...(row.endedAt !== undefined && { EndTimestamp: new Date(row.endedAt) }),
  OperationPreferences: { ...row.preferences, RegionOrder: [...(row.preferences.RegionOrder ?? [])] },
  StatusDetails: { FailedStackInstancesCount: results.filter(({ status }) => status === "FAILED").length },
});
