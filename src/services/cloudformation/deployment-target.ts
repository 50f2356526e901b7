import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { DeploymentTargets } from "../../sdk/cloudformation.js";
import { accountsUnder } from "./organizations-access.ts";
import type { StackSet } from "./stack-set.ts";
import { textAt } from "./template-url.ts";

/** One account and region of an operation. */
export interface DeploymentTarget {
  readonly account: string;
  readonly region: string;
  /** The unit of the organization for whose sake it is one; of a service-managed stack set. */
  readonly organizationalUnitId?: string;
}

/** How a caller says where. */
export interface Addressed {
  readonly Accounts?: string[] | undefined;
  readonly DeploymentTargets?: DeploymentTargets | undefined;
  readonly Regions?: string[] | undefined;
}

const refuse = (message: string): never => fault("ValidationError", message);
const UNITS_MAX = 50;

/** Every account and region that a caller means, each once, region by region. */
export function targetsOf(owner: Scope, set: StackSet, addressed: Addressed, { creating = false } = {}): DeploymentTarget[] {
  const accounts = set.permissionModel === "SERVICE_MANAGED" ? inUnits(owner, addressed, creating) : inAccounts(owner, addressed);
  return [...new Set(addressed.Regions)].flatMap((region) =>
    [...accounts].map(([account, unit]) => ({ account, region, ...(unit !== undefined && { organizationalUnitId: unit }) })),
  );
}

/** Whether the caller means whole units, not only some of their accounts. */
export const meansWholeUnits = ({ DeploymentTargets }: Addressed): boolean => {
  const { OrganizationalUnitIds = [], AccountFilterType = "NONE", Accounts, AccountsUrl } = DeploymentTargets ?? {};
  const all = AccountFilterType === "NONE" || AccountFilterType === "UNION" || (Accounts === undefined && AccountsUrl === undefined);
  return OrganizationalUnitIds.length > 0 && all;
};

function inAccounts(owner: Scope, { Accounts, DeploymentTargets }: Addressed): Map<string, undefined> {
  if (Accounts !== undefined && DeploymentTargets !== undefined) refuse("You can specify Accounts or DeploymentTargets, but not both");
  if ((DeploymentTargets?.OrganizationalUnitIds ?? []).length > 0)
    refuse("StackSets with SELF_MANAGED permission model can only have accounts as target");
  const accounts = [...(Accounts ?? []), ...listed(owner, DeploymentTargets)];
  if (accounts.length === 0) refuse("You must specify at least one value for either Accounts or DeploymentTargets");
  return new Map(accounts.map((account) => [account, undefined]));
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeploymentTargets.html */
function inUnits(owner: Scope, { Accounts, DeploymentTargets }: Addressed, creating: boolean): Map<string, string | undefined> {
  const { OrganizationalUnitIds: units = [], AccountFilterType } = DeploymentTargets ?? {};
  if (Accounts !== undefined || units.length === 0)
    refuse("StackSets with SERVICE_MANAGED permission model can only have OrganizationalUnit as target");
  if (units.length > UNITS_MAX) refuse(`An operation can target at most ${UNITS_MAX} organizational units`);
  const named = new Set(listed(owner, DeploymentTargets));
  const filter = AccountFilterType ?? (named.size > 0 ? "UNION" : "NONE");
  if (creating && filter === "UNION") refuse("AccountFilterType UNION is not supported for CreateStackInstances operations");
  if (filter !== "NONE" && named.size === 0) refuse(`AccountFilterType ${filter} needs Accounts or AccountsUrl`);
  const within = new Map<string, string | undefined>();
  for (const unit of units) {
    const accounts = accountsUnder(owner, unit) ?? refuse(`Organizational unit ${unit} does not exist in the organization`);
    for (const account of accounts) if (!within.has(account)) within.set(account, unit);
  }
  switch (filter) {
    case "NONE":
      return within;
    case "INTERSECTION":
      return new Map([...within].filter(([account]) => named.has(account)));
    case "DIFFERENCE":
      return new Map([...within].filter(([account]) => !named.has(account)));
    case "UNION":
      return new Map([...within, ...[...named].filter((account) => !within.has(account)).map((account) => [account, undefined] as const)]);
  }
}

/** The accounts that are named one by one, here or in a file. */
function listed(owner: Scope, { Accounts = [], AccountsUrl }: DeploymentTargets = {}): string[] {
  if (AccountsUrl === undefined) return Accounts;
  const inFile = textAt(owner, AccountsUrl)
    .split(/[\s,]+/)
    .filter((account) => account !== "");
  const strange = inFile.find((account) => !/^\d{12}$/.test(account));
  if (strange !== undefined) refuse(`${strange} in ${AccountsUrl} is not the id of an account`);
  return [...Accounts, ...inFile];
}
