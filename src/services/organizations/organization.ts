import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  AccessDeniedException,
  AlreadyInOrganizationException,
  AWSOrganizationsNotInUseException,
  CreateOrganization$,
  DeleteOrganization$,
  DescribeOrganization$,
  InvalidInputException,
  type OrganizationFeatureSet,
  OrganizationNotEmptyException,
  type PolicyType,
} from "../../sdk/organizations.js";
import { accounts, accountsOf } from "./account.ts";
import { units, unitsOf } from "./organizational-unit.ts";
import { attachFullAccess, forgetPolicies } from "./policy.ts";
import { forgetTags } from "./tag.ts";

/** An organization, by its id; it has one root. */
export interface Organization extends Row {
  /** The id of its management account. */
  readonly account: string;
  readonly root: string;
  readonly featureSet: OrganizationFeatureSet;
  readonly policyTypes: readonly PolicyType[];
  readonly createdAt: number;
  /** The services that may work in its accounts. */
  readonly trusted: readonly { readonly principal: string; readonly since: number }[];
}

export const organizations = new Table<Organization>("organizations/organization", { reach: "global" });

export const LOWER = "abcdefghijklmnopqrstuvwxyz0123456789";

export const createOrganization = operation(CreateOrganization$, (scope, { FeatureSet = "ALL" }) => {
  if (accounts.get(scope, scope.account) !== undefined)
    fault(AlreadyInOrganizationException, "The provided account is already a member of an organization.");
  const now = scope.clock.now();
  const organization = organizations.put(scope, {
    id: `o-${scope.id.text(10, LOWER)}`,
    account: scope.account,
    root: `r-${scope.id.text(4, LOWER)}`,
    featureSet: FeatureSet,
    policyTypes: [],
    createdAt: now,
    trusted: [],
  });
  accounts.put(scope, {
    id: scope.account,
    organization: organization.id,
    parent: organization.root,
    name: "Management account",
    email: `${scope.account}@example.com`,
    status: "ACTIVE",
    joinedMethod: "INVITED",
    joinedAt: now,
    delegations: [],
  });
  for (const target of [organization.root, scope.account]) attachFullAccess(scope, organization, target);
  return { Organization: shown(scope, organization) };
});

export const describeOrganization = operation(DescribeOrganization$, (scope) => ({
  Organization: shown(scope, requireOrganization(scope)),
}));

export const deleteOrganization = operation(DeleteOrganization$, (scope) => {
  const organization = requireManaged(scope);
  if (accountsOf(scope, organization).length > 1 || unitsOf(scope, organization).length > 0)
    fault(OrganizationNotEmptyException, "To delete an organization you must first remove all member accounts (except the master).");
  forgetPolicies(scope, organization);
  forgetTags(scope, organization);
  accounts.remove(scope, scope.account);
  organizations.remove(scope, organization.id);
  return {};
});

/** The organization that the account is in. */
export function organizationOf(scope: Scope, account = scope.account): Organization | undefined {
  const member = accounts.get(scope, account);
  return member && organizations.get(scope, member.organization);
}

export const requireOrganization = (scope: Scope): Organization =>
  organizationOf(scope) ?? fault(AWSOrganizationsNotInUseException, "Your account is not a member of an organization.");

/** The organization, for what only its management account may do. */
export function requireManaged(scope: Scope): Organization {
  const organization = requireOrganization(scope);
  return organization.account === scope.account ? organization : denied();
}

/** The organization, for what its management account and delegated administrators may see. */
export function requireSeen(scope: Scope): Organization {
  const organization = requireOrganization(scope);
  const delegated = (accounts.get(scope, scope.account)?.delegations ?? []).length > 0;
  return organization.account === scope.account || delegated ? organization : denied();
}

const denied = (): never => fault(AccessDeniedException, "You don't have permissions to access this resource.");

export const invalidValue = (): never => fault(InvalidInputException, "You specified an invalid value.", { Reason: "INVALID_PATTERN" });

export const invalidToken = (): never =>
  fault(InvalidInputException, "You specified an invalid value for the pagination token.", { Reason: "INVALID_PAGINATION_TOKEN" });

/** ARNs of an organization have no region, and are its management account's. */
export const organizationArn = ({ account }: Organization, resource: string): string => `arn:aws:organizations::${account}:${resource}`;

const shown = (scope: Scope, organization: Organization) => {
  const { id, account, featureSet } = organization;
  return {
    Id: id,
    Arn: organizationArn(organization, `organization/${id}`),
    FeatureSet: featureSet,
    MasterAccountArn: organizationArn(organization, `account/${id}/${account}`),
    MasterAccountId: account,
    MasterAccountEmail: accounts.get(scope, account)!.email,
    AvailablePolicyTypes: [{ Type: "SERVICE_CONTROL_POLICY" as const, Status: "ENABLED" as const }],
  };
};

/** Whether there is nothing more of an organizational unit. */
export const isEmpty = (scope: Scope, unit: string): boolean =>
  accounts.by(scope, "parent", unit).length === 0 && units.by(scope, "parent", unit).length === 0;
