import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { ListStackSetAutoDeploymentTargets$ } from "../../sdk/cloudformation.js";
import type { DeploymentTarget } from "./deployment-target.ts";
import { accountsUnder, isActivated, ownerOf } from "./organizations-access.ts";
import { instanceId, instancesOf, stackInstances } from "./stack-instance.ts";
import { findStackSet, invalidToken, requireStackSet, type StackSet, stackSets, type TargetedUnit } from "./stack-set.ts";
import { startOperation, unfinishedOperations } from "./stack-set-operation.ts";

const LISTED_MAX = 100;

export const listStackSetAutoDeploymentTargets = operation(
  ListStackSetAutoDeploymentTargets$,
  (scope, { StackSetName, NextToken, MaxResults = LISTED_MAX, CallAs }) => {
    const { units } = requireStackSet(ownerOf(scope, CallAs), StackSetName);
    const sorted = [...units].sort((one, other) => (one.id < other.id ? -1 : 1));
    const { items, nextToken } = page(sorted, ({ id }) => id, MaxResults, NextToken, invalidToken);
    return {
      Summaries: items.map(({ id, regions }) => ({ OrganizationalUnitId: id, Regions: [...regions] })),
      ...(nextToken && { NextToken: nextToken }),
    };
  },
);

/** What has changed in the units of a stack set since they were last looked at. */
interface Movement {
  readonly units: readonly TargetedUnit[];
  readonly joined: readonly string[];
  readonly left: readonly string[];
}

function movementOf(owner: Scope, { units }: StackSet): Movement | undefined {
  const now = units.map((unit) => ({ ...unit, accounts: accountsUnder(owner, unit.id) ?? [] }));
  const all = (some: readonly TargetedUnit[]): Set<string> => new Set(some.flatMap(({ accounts }) => accounts));
  const before = all(units);
  const after = all(now);
  const moved = now.some(({ accounts }, index) => accounts.join() !== units[index]!.accounts.join());
  if (!moved) return undefined;
  return {
    units: now,
    joined: [...after].filter((account) => !before.has(account)),
    left: [...before].filter((account) => !after.has(account)),
  };
}

/**
 * Deploy to the accounts that joined a unit, and take away from those that left, an operation for each account.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-manage-auto-deployment.html
 */
export function followUnits(owner: Scope, set: StackSet): void {
  const movement = isActivated(owner) ? movementOf(owner, set) : undefined;
  if (movement === undefined) return;
  const { units, joined, left } = movement;
  stackSets.patch(owner, set.id, { units });
  if (!set.autoDeployment?.enabled) return;
  // What an operation before is still to make or to take away counts as well: a unit may be left as soon as it is joined.
  const settled = unfinishedOperations(owner, set).length === 0;
  const has = (target: DeploymentTarget): boolean => stackInstances.get(owner, instanceId(set.id, target)) !== undefined;
  for (const account of joined) {
    const targets = targetsIn(units, account).filter((target) => !settled || !has(target));
    start(owner, set.id, "CREATE", targets);
  }
  for (const account of left) {
    const instances = instancesOf(owner, set).filter((instance) => instance.account === account);
    const expected = settled ? [] : targetsIn(set.units, account).filter((target) => !has(target));
    start(owner, set.id, "DELETE", [...instances, ...expected]);
  }
}

/** Where an account has an instance because of the units that it is in. */
function targetsIn(units: readonly TargetedUnit[], account: string): DeploymentTarget[] {
  const targets = new Map<string, DeploymentTarget>();
  for (const { id, regions, accounts } of units)
    if (accounts.includes(account))
      for (const region of regions) if (!targets.has(region)) targets.set(region, { account, region, organizationalUnitId: id });
  return [...targets.values()];
}

function start(owner: Scope, id: string, action: "CREATE" | "DELETE", targets: readonly DeploymentTarget[]): void {
  if (targets.length === 0) return;
  const set = stackSets.get(owner, id)!;
  startOperation(owner, set, {
    action,
    targets,
    request: {},
    automatic: true,
    ...(action === "DELETE" && { retainStacks: set.autoDeployment?.retainStacks ?? false }),
  });
}

/** Whether an automatic deployment of the stack set of an ARN is under way, or about to be. */
export function isAheadInDeployment(owner: Scope, arn: string): boolean {
  const set = findStackSet(owner, arn);
  if (set === undefined) return false;
  return movementOf(owner, set) !== undefined || unfinishedOperations(owner, set).some(({ automatic }) => automatic);
}
