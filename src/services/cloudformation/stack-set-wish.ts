import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { CreateStackSetInput, DeploymentTargets, Parameter, StackSetOperationPreferences } from "../../sdk/cloudformation.js";
import { ownerOf } from "./organizations-access.ts";
import { createStackInstances, instancesOf, updateStackInstances } from "./stack-instance.ts";
import { createStackSet, findStackSet, type StackSet, updateStackSet } from "./stack-set.ts";
import { stackSetOperations } from "./stack-set-operation.ts";
import { resultsOf } from "./stack-set-operation-result.ts";

/** What a caller below wants of a stack set. The token says which wish it is: asking again with it starts nothing. */
export interface StackSetWish extends StackInstancesWish {
  readonly settings: Pick<
    CreateStackSetInput,
    | "Description"
    | "TemplateBody"
    | "Parameters"
    | "Capabilities"
    | "PermissionModel"
    | "AdministrationRoleARN"
    | "ExecutionRoleName"
    | "AutoDeployment"
  >;
}

/** Where a stack set is to be, and at which pace it gets there. */
export interface StackInstancesWish {
  readonly token: string;
  readonly stackSetName: string;
  readonly callAs?: "SELF" | "DELEGATED_ADMIN";
  readonly targets?: {
    readonly accounts?: readonly string[];
    readonly organizationalUnits?: readonly string[];
    readonly regions: readonly string[];
  };
  readonly overrides?: readonly Parameter[];
  readonly preferences?: StackSetOperationPreferences;
}

export type StackSetOutcome =
  | { readonly state: "busy"; readonly because: string; readonly operationId?: string }
  | { readonly state: "done"; readonly stackSetId: string; readonly operationId?: string }
  | { readonly state: "failed"; readonly reason: string; readonly operationId?: string };

/** Create the stack set and its instances, or add what instances are missing and then update it everywhere. */
export function deployStackSet(scope: Scope, wish: StackSetWish): StackSetOutcome {
  return attempt(() => {
    const { token, stackSetName, settings } = wish;
    const called = wish.callAs === undefined ? {} : { CallAs: wish.callAs };
    const owner = ownerOf(scope, wish.callAs);
    if (findStackSet(owner, stackSetName) === undefined) {
      createStackSet.handle(scope, { ...settings, ...called, StackSetName: stackSetName, ClientRequestToken: token });
    }
    const set = findStackSet(owner, stackSetName)!;
    const added = addInstances(scope, owner, set, wish);
    if (added !== undefined && added.state !== "done") return added;
    if (set.token === token) return added ?? { state: "done", stackSetId: set.id };
    const request = { ...settings, ...called, ...paced(wish), StackSetName: stackSetName };
    return step(owner, set, `${token}/update`, (OperationId) => updateStackSet.handle(scope, { ...request, OperationId }));
  });
}

/** Create the instances that are missing, and update the others. */
export function deployStackInstances(scope: Scope, wish: StackInstancesWish): StackSetOutcome {
  return attempt(() => {
    const { token, stackSetName } = wish;
    const owner = ownerOf(scope, wish.callAs);
    const set = findStackSet(owner, stackSetName);
    if (set === undefined) return { state: "failed", reason: `StackSet ${stackSetName} not found` };
    const added = addInstances(scope, owner, set, wish);
    if (added !== undefined && (added.state !== "done" || hasReachedAll(owner, set, wish))) return added;
    const request = requestOf(wish, wish.targets!.accounts ?? [], wish.targets!.regions);
    return step(owner, set, `${token}/update`, (OperationId) => updateStackInstances.handle(scope, { ...request, OperationId }));
  });
}

/** Undefined where no instance is missing, and none was when the wish was new. */
function addInstances(scope: Scope, owner: Scope, set: StackSet, wish: StackInstancesWish): StackSetOutcome | undefined {
  const known = stackSetOperations.get(owner, `${set.id}/${operationOf(wish.token, "add")}`);
  const { accounts, regions } = missing(owner, set, wish);
  if (wish.targets === undefined || (known === undefined && regions.length === 0)) return undefined;
  const request = requestOf(wish, accounts, regions);
  return step(owner, set, `${wish.token}/add`, (OperationId) => createStackInstances.handle(scope, { ...request, OperationId }));
}

function missing(owner: Scope, set: StackSet, { targets }: StackInstancesWish): { accounts: string[]; regions: string[] } {
  const { accounts = [], organizationalUnits = [], regions = [] } = targets ?? {};
  const there = instancesOf(owner, set);
  if (organizationalUnits.length > 0) {
    const isIn = (region: string): boolean =>
      organizationalUnits.every((unit) => there.some((one) => one.organizationalUnitId === unit && one.region === region));
    return { accounts: [], regions: regions.filter((region) => !isIn(region)) };
  }
  const isThere = (account: string, region: string): boolean => there.some((one) => one.account === account && one.region === region);
  return {
    accounts: accounts.filter((account) => regions.some((region) => !isThere(account, region))),
    regions: regions.filter((region) => accounts.some((account) => !isThere(account, region))),
  };
}

function hasReachedAll(owner: Scope, set: StackSet, { token, targets }: StackInstancesWish): boolean {
  const { accounts = [], regions = [] } = targets ?? {};
  const reached = resultsOf(owner, { id: `${set.id}/${operationOf(token, "add")}` }).length;
  return accounts.length === 0 || reached >= accounts.length * regions.length;
}

function requestOf(wish: StackInstancesWish, accounts: readonly string[], regions: readonly string[]) {
  const { organizationalUnits = [] } = wish.targets!;
  const DeploymentTargets: DeploymentTargets = { OrganizationalUnitIds: [...organizationalUnits] };
  return {
    StackSetName: wish.stackSetName,
    ...(organizationalUnits.length > 0 ? { DeploymentTargets } : { Accounts: [...accounts] }),
    Regions: [...regions],
    ...(wish.overrides && { ParameterOverrides: [...wish.overrides] }),
    ...(wish.callAs !== undefined && { CallAs: wish.callAs }),
    ...paced(wish),
  };
}

const paced = ({ preferences }: StackInstancesWish) => (preferences === undefined ? {} : { OperationPreferences: preferences });

/** Start the operation unless it was, and say how it stands. */
function step(owner: Scope, set: StackSet, token: string, start: (operationId: string) => unknown): StackSetOutcome {
  const operationId = idsFrom(token).uuid();
  const id = `${set.id}/${operationId}`;
  if (stackSetOperations.get(owner, id) === undefined) {
    try {
      owner.attempt(() => start(operationId));
    } catch (error) {
      if (!isFault(error) || error.name !== "OperationInProgressException") throw error;
      return { state: "busy", because: `another operation on stack set ${set.name} has to end` };
    }
  }
  const { status } = stackSetOperations.get(owner, id)!;
  if (status === "SUCCEEDED") return { state: "done", stackSetId: set.id, operationId };
  if (status !== "FAILED" && status !== "STOPPED") return { state: "busy", because: `operation ${operationId} is ${status}`, operationId };
  const why = resultsOf(owner, { id }).find((result) => result.status === "FAILED")?.reason;
  return { state: "failed", reason: `Operation ${operationId} is ${status}${why === undefined ? "" : `: ${why}`}`, operationId };
}

const operationOf = (token: string, what: "add"): string => idsFrom(`${token}/${what}`).uuid();

function attempt(work: () => StackSetOutcome): StackSetOutcome {
  try {
    return work();
  } catch (error) {
    if (!isFault(error)) throw error;
    return { state: "failed", reason: error.message };
  }
}
