import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  ActivateOrganizationsAccess$,
  type CallAs,
  DeactivateOrganizationsAccess$,
  DescribeOrganizationsAccess$,
  InvalidOperationException,
} from "../../sdk/cloudformation.js";

/** Whether a management account lets stack sets work on its organization; its id is the account's. */
interface OrganizationsAccess extends Row {
  readonly activatedAt: number;
}

export const organizationsAccesses = new Table<OrganizationsAccess>("cloudformation/organizations-access", { reach: "account" });

/** https://docs.aws.amazon.com/organizations/latest/userguide/services-that-can-integrate-cloudformation.html */
const PRINCIPAL = "member.org.stacksets.cloudformation.amazonaws.com";
const NOT_IN_CHARGE =
  "You must be the management account or delegated admin account of an organization before operating a SERVICE_MANAGED stack set";
const NO_ACCESS = "You must enable organizations access to operate a service managed stack set";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-activate-trusted-access.html */
export const activateOrganizationsAccess = operation(ActivateOrganizationsAccess$, (scope) => {
  requireManagement(scope);
  if (!isActivated(scope)) organizationsAccesses.put(scope, { id: scope.account, activatedAt: scope.clock.now() });
  return {};
});

export const deactivateOrganizationsAccess = operation(DeactivateOrganizationsAccess$, (scope) => {
  requireManagement(scope);
  organizationsAccesses.remove(scope, scope.account);
  return {};
});

export const describeOrganizationsAccess = operation(DescribeOrganizationsAccess$, (scope, { CallAs }) => {
  const owner = ownerOf(scope, CallAs);
  if (owner === scope) requireManagement(scope);
  return { Status: isActivated(owner) ? ("ENABLED" as const) : ("DISABLED" as const) };
});

/** From where stack sets are seen: those of a delegated administrator are in the management account. */
export function ownerOf(scope: Scope, callAs: CallAs | undefined): Scope {
  if (callAs !== "DELEGATED_ADMIN") return scope;
  const management = managementOf(scope);
  if (management === undefined || asked(scope, "organization-delegated-administrator", `${PRINCIPAL}/${scope.account}`) === undefined)
    return fault("ValidationError", "Account used is not a delegated administrator");
  return scope.in({ account: management });
}

/** Refuses as the service-managed operations do where the account may not have such stack sets. */
export function requireOrganization(owner: Scope): void {
  if (managementOf(owner) !== owner.account) fault("ValidationError", NOT_IN_CHARGE);
  if (!isActivated(owner)) fault("ValidationError", NO_ACCESS);
}

/** The management account of the organization that the account is in. */
export const managementOf = (scope: Scope): string | undefined => asked(scope, "organization-management-account", scope.account);

/** The accounts under an organizational unit or the root, but for the management account: stack sets never go there. */
export function accountsUnder(owner: Scope, unit: string): readonly string[] | undefined {
  const found = asked(owner, "organization-accounts", unit);
  return found?.split(",").filter((account) => account !== "" && account !== owner.account);
}

export const isSuspended = (owner: Scope, account: string): boolean => {
  const status = asked(owner, "organization-account-status", account);
  return status === "SUSPENDED" || status === "PENDING_CLOSURE";
};

export const isActivated = (owner: Scope): boolean => organizationsAccesses.get(owner, owner.account) !== undefined;

function requireManagement(scope: Scope): void {
  if (managementOf(scope) !== scope.account)
    fault(InvalidOperationException, "You must be the management account of an organization to perform this operation");
}

function asked(scope: Scope, kind: string, name: string): string | undefined {
  const found = scope.registry.reference(kind)?.resolve(scope, name);
  return found?.state === "value" ? found.value : undefined;
}
