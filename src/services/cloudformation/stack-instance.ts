import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CreateStackInstances$,
  DeleteStackInstances$,
  DescribeStackInstance$,
  ImportStacksToStackSet$,
  InvalidOperationException,
  ListStackInstances$,
  type Parameter,
  type StackDriftStatus,
  type StackInstanceDetailedStatus,
  type StackInstanceFilter,
  StackInstanceNotFoundException,
  type StackInstanceStatus,
  StackNotFoundException,
  UpdateStackInstances$,
} from "../../sdk/cloudformation.js";
import { type Addressed, type DeploymentTarget, meansWholeUnits, targetsOf } from "./deployment-target.ts";
import { accountsUnder, ownerOf, requireOrganization } from "./organizations-access.ts";
import { findStack } from "./stack.ts";
import { invalidToken, requireStackSet, type StackSet, type TargetedUnit } from "./stack-set.ts";
import { asWillBe, repeated, startOperation } from "./stack-set-operation.ts";
import { readChecked } from "./target.ts";
import { textAt } from "./template-url.ts";

/** A stack set in one account and region; its id is the stack set's, the account and the region, with slashes between. */
export interface StackInstance extends Row {
  readonly stackSet: string;
  readonly account: string;
  readonly region: string;
  readonly organizationalUnitId?: string;
  /** The ARN of the stack, once there was one. */
  readonly stackId?: string;
  readonly status: StackInstanceStatus;
  readonly detailedStatus: StackInstanceDetailedStatus;
  readonly reason?: string;
  readonly overrides: readonly ParameterOverride[];
  readonly drift?: { readonly status: StackDriftStatus; readonly checkedAt: number };
  readonly lastOperationId: string;
}

/** A parameter that is not as the stack set says. */
export interface ParameterOverride {
  readonly key: string;
  readonly value: string;
}

export const stackInstances = new Table<StackInstance>("cloudformation/stack-instance");

const refuse = (message: string): never => fault("ValidationError", message);
const LISTED_MAX = 100;
const IMPORTED_MAX = 10;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackInstances.html */
export const createStackInstances = operation(CreateStackInstances$, (scope, input) => {
  const owner = ownerOf(scope, input.CallAs);
  const set = requireStackSet(owner, input.StackSetName);
  const again = repeated(owner, set, input.OperationId, input);
  if (again !== undefined) return { OperationId: again };
  if (set.permissionModel === "SERVICE_MANAGED") requireOrganization(owner);
  return {
    OperationId: startOperation(owner, set, {
      action: "CREATE",
      targets: targetsOf(owner, set, input, { creating: true }),
      request: input,
      ...overridesIn(asWillBe(owner, set), input.ParameterOverrides),
      ...shownTargets(input),
      units: withUnits(owner, set, input),
    }),
  };
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackInstances.html */
export const updateStackInstances = operation(UpdateStackInstances$, (scope, input) => {
  const owner = ownerOf(scope, input.CallAs);
  const set = requireStackSet(owner, input.StackSetName);
  const again = repeated(owner, set, input.OperationId, input);
  if (again !== undefined) return { OperationId: again };
  const targets = targetsOf(owner, set, input);
  if (set.permissionModel === "SELF_MANAGED") for (const target of targets) requireInstance(owner, set, target);
  return {
    OperationId: startOperation(owner, set, {
      action: "UPDATE",
      targets,
      request: input,
      ...overridesIn(asWillBe(owner, set), input.ParameterOverrides),
      ...shownTargets(input),
    }),
  };
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStackInstances.html */
export const deleteStackInstances = operation(DeleteStackInstances$, (scope, input) => {
  const owner = ownerOf(scope, input.CallAs);
  const set = requireStackSet(owner, input.StackSetName);
  const again = repeated(owner, set, input.OperationId, input);
  if (again !== undefined) return { OperationId: again };
  return {
    OperationId: startOperation(owner, set, {
      action: "DELETE",
      targets: targetsOf(owner, set, input),
      request: input,
      retainStacks: input.RetainStacks!,
      ...shownTargets(input),
      units: withoutUnits(set, input),
    }),
  };
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-import.html */
export const importStacksToStackSet = operation(ImportStacksToStackSet$, (scope, input) => {
  const owner = ownerOf(scope, input.CallAs);
  const set = requireStackSet(owner, input.StackSetName);
  const again = repeated(owner, set, input.OperationId, input);
  if (again !== undefined) return { OperationId: again };
  const { StackIds, StackIdsUrl, OrganizationalUnitIds = [] } = input;
  if ((StackIds === undefined) === (StackIdsUrl === undefined)) refuse("You must specify either StackIds or StackIdsUrl");
  const arns =
    StackIds ??
    textAt(owner, StackIdsUrl!)
      .split(/[\s,]+/)
      .filter(Boolean);
  if (StackIds !== undefined && arns.length > IMPORTED_MAX) refuse(`You can import up to ${IMPORTED_MAX} stacks per StackSet at a time`);
  const targets = arns.map((stackId) => {
    const [, , , region = "", account = ""] = stackId.split(":");
    if (findStack(owner.in({ account, region }), stackId) === undefined) fault(StackNotFoundException, `Stack ${stackId} does not exist`);
    if (stackInstances.get(owner, instanceId(set.id, { account, region }))?.stackId !== undefined)
      fault(InvalidOperationException, `StackSet ${set.id} has a stack instance in account ${account}, region ${region} already`);
    const unit = OrganizationalUnitIds.find((id) => accountsUnder(owner, id)?.includes(account));
    if (set.permissionModel === "SERVICE_MANAGED" && unit === undefined)
      refuse(`Account ${account} of stack ${stackId} is in none of the specified OrganizationalUnitIds`);
    return { account, region, imports: stackId, ...(unit !== undefined && { organizationalUnitId: unit }) };
  });
  return { OperationId: startOperation(owner, set, { action: "CREATE", targets, request: input }) };
});

export const describeStackInstance = operation(
  DescribeStackInstance$,
  (scope, { StackSetName, StackInstanceAccount, StackInstanceRegion, CallAs }) => {
    const owner = ownerOf(scope, CallAs);
    const set = requireStackSet(owner, StackSetName);
    const instance = requireInstance(owner, set, { account: StackInstanceAccount!, region: StackInstanceRegion! });
    const declared = readChecked(set.templateBody).template.Parameters;
    const hidden = (key: string): boolean => String(declared[key]?.NoEcho) === "true";
    return {
      StackInstance: {
        ...shown(instance),
        ParameterOverrides: instance.overrides.map(({ key, value }) => ({
          ParameterKey: key,
          ParameterValue: hidden(key) ? "****" : value,
        })),
      },
    };
  },
);

export const listStackInstances = operation(
  ListStackInstances$,
  (scope, { StackSetName, NextToken, MaxResults = LISTED_MAX, Filters = [], StackInstanceAccount, StackInstanceRegion, CallAs }) => {
    const owner = ownerOf(scope, CallAs);
    const found = instancesOf(owner, requireStackSet(owner, StackSetName))
      .filter(({ account }) => StackInstanceAccount === undefined || account === StackInstanceAccount)
      .filter(({ region }) => StackInstanceRegion === undefined || region === StackInstanceRegion)
      .filter((instance) => Filters.every((filter) => passes(instance, filter)));
    const { items, nextToken } = page(found, ({ id }) => id, MaxResults, NextToken, invalidToken);
    return { Summaries: items.map(shown), ...(nextToken && { NextToken: nextToken }) };
  },
);

export const instancesOf = (owner: Scope, { id }: Pick<StackSet, "id">): StackInstance[] => stackInstances.list(owner, `${id}/`);

export const instanceId = (set: string, { account, region }: Pick<DeploymentTarget, "account" | "region">): string =>
  `${set}/${account}/${region}`;

export const requireInstance = (owner: Scope, { id }: StackSet, where: Pick<DeploymentTarget, "account" | "region">): StackInstance =>
  stackInstances.get(owner, instanceId(id, where)) ??
  fault(StackInstanceNotFoundException, `StackInstance not found for StackSet ${id}, account ${where.account}, region ${where.region}`);

const shown = (instance: StackInstance) => ({
  StackSetId: instance.stackSet,
  Region: instance.region,
  Account: instance.account,
  ...(instance.stackId !== undefined && { StackId: instance.stackId }),
  Status: instance.status,
  StackInstanceStatus: { DetailedStatus: instance.detailedStatus },
  ...(instance.reason !== undefined && { StatusReason: instance.reason }),
  ...(instance.organizationalUnitId !== undefined && { OrganizationalUnitId: instance.organizationalUnitId }),
  DriftStatus: instance.drift?.status ?? "NOT_CHECKED",
  ...(instance.drift && { LastDriftCheckTimestamp: new Date(instance.drift.checkedAt) }),
  LastOperationId: instance.lastOperationId,
});

function passes({ detailedStatus, lastOperationId, drift }: StackInstance, { Name, Values }: StackInstanceFilter): boolean {
  switch (Name) {
    case "DETAILED_STATUS":
      return Values === detailedStatus;
    case "LAST_OPERATION_ID":
      return Values === lastOperationId;
    case "DRIFT_STATUS":
      return Values === (drift?.status ?? "NOT_CHECKED");
    default:
      return true;
  }
}

/** The overrides as an operation keeps them; of those that stay, that they do. */
function overridesIn(set: StackSet, given: Parameter[] | undefined) {
  if (given === undefined) return {};
  const declared = readChecked(set.templateBody).template.Parameters;
  const unknown = given.map(({ ParameterKey = "" }) => ParameterKey).filter((key) => !Object.hasOwn(declared, key));
  if (unknown.length > 0) refuse(`Parameters: [${unknown.join(", ")}] do not exist in the template`);
  const both = given.find(({ ParameterValue, UsePreviousValue }) => UsePreviousValue && ParameterValue !== undefined);
  if (both !== undefined)
    refuse(
      `Invalid input for parameter key ${both.ParameterKey}. Cannot specify usePreviousValue as true and non empty value for a parameter`,
    );
  const kept = ({ ParameterKey, ParameterValue }: Parameter) => ({
    key: ParameterKey!,
    ...(ParameterValue !== undefined && { value: ParameterValue }),
  });
  return { overrides: given.map(kept) };
}

const shownTargets = ({ DeploymentTargets }: Addressed) =>
  DeploymentTargets === undefined ? {} : { deploymentTargets: DeploymentTargets };

/** The units that the set is deployed to, with those that a caller adds. */
function withUnits(owner: Scope, { units, permissionModel }: StackSet, { DeploymentTargets, Regions = [] }: Addressed): TargetedUnit[] {
  if (permissionModel === "SELF_MANAGED") return [...units];
  const named = DeploymentTargets?.OrganizationalUnitIds ?? [];
  const known = units.map((unit) => (named.includes(unit.id) ? { ...unit, regions: [...new Set([...unit.regions, ...Regions])] } : unit));
  const fresh = [...new Set(named)]
    .filter((id) => !units.some((unit) => unit.id === id))
    .map((id) => ({ id, regions: [...new Set(Regions)], accounts: accountsUnder(owner, id) ?? [] }));
  return [...known, ...fresh];
}

/** The units that remain once a caller takes whole ones out of regions. */
function withoutUnits({ units }: StackSet, addressed: Addressed): TargetedUnit[] {
  if (!meansWholeUnits(addressed)) return [...units];
  const { DeploymentTargets, Regions = [] } = addressed;
  return units
    .map((unit) =>
      DeploymentTargets!.OrganizationalUnitIds!.includes(unit.id)
        ? { ...unit, regions: unit.regions.filter((region) => !Regions.includes(region)) }
        : unit,
    )
    .filter(({ regions }) => regions.length > 0);
}
