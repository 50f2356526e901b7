import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  AccountAlreadyClosedException,
  type AccountJoinedMethod,
  AccountNotFoundException,
  type AccountStatus,
  CloseAccount$,
  ConstraintViolationException,
  DescribeAccount$,
  DestinationParentNotFoundException,
  DuplicateAccountException,
  LeaveOrganization$,
  ListAccounts$,
  ListAccountsForParent$,
  MasterCannotLeaveOrganizationException,
  MoveAccount$,
  ParentNotFoundException,
  RemoveAccountFromOrganization$,
  SourceParentNotFoundException,
} from "../../sdk/organizations.js";
import { invalidToken, type Organization, organizationArn, requireManaged, requireOrganization, requireSeen } from "./organization.ts";
import { isParent, pathOf } from "./organizational-unit.ts";
import { detachAll } from "./policy.ts";
import { forgetTag } from "./tag.ts";

/** An account of an organization, by its id. */
export interface Account extends Row {
  readonly organization: string;
  /** The root or the organizational unit that it is in. */
  readonly parent: string;
  readonly name: string;
  readonly email: string;
  readonly status: AccountStatus;
  readonly joinedMethod: AccountJoinedMethod;
  readonly joinedAt: number;
  /** The services that it administers for the organization. */
  readonly delegations: readonly { readonly principal: string; readonly since: number }[];
}

export const accounts = new Table<Account>("organizations/account", {
  reach: "global",
  indexes: { organization: ({ organization }) => organization, parent: ({ parent }) => parent },
});

const LISTED_MAX = 20;

export const listAccounts = operation(ListAccounts$, (scope, { NextToken, MaxResults = LISTED_MAX }) => {
  const organization = requireSeen(scope);
  const { items, nextToken } = page(accountsOf(scope, organization), ({ id }) => id, MaxResults, NextToken, invalidToken);
  return { Accounts: items.map((account) => shownAccount(scope, organization, account)), ...(nextToken && { NextToken: nextToken }) };
});

export const listAccountsForParent = operation(ListAccountsForParent$, (scope, { ParentId, NextToken, MaxResults = LISTED_MAX }) => {
  const organization = requireSeen(scope);
  if (!isParent(scope, organization, ParentId!)) fault(ParentNotFoundException, `You specified parent that doesn't exist.`);
  const { items, nextToken } = page(accounts.by(scope, "parent", ParentId!), ({ id }) => id, MaxResults, NextToken, invalidToken);
  return { Accounts: items.map((account) => shownAccount(scope, organization, account)), ...(nextToken && { NextToken: nextToken }) };
});

export const describeAccount = operation(DescribeAccount$, (scope, { AccountId }) => {
  const organization = requireSeen(scope);
  return { Account: shownAccount(scope, organization, requireAccount(scope, organization, AccountId!)) };
});

export const moveAccount = operation(MoveAccount$, (scope, { AccountId, SourceParentId, DestinationParentId }) => {
  const organization = requireManaged(scope);
  const { id, parent } = requireAccount(scope, organization, AccountId!);
  if (!isParent(scope, organization, SourceParentId!) || parent !== SourceParentId)
    fault(SourceParentNotFoundException, "You specified a source parent that doesn't exist or doesn't contain the account.");
  if (!isParent(scope, organization, DestinationParentId!))
    fault(DestinationParentNotFoundException, "You specified a destination parent that doesn't exist.");
  if (DestinationParentId === parent) fault(DuplicateAccountException, "The account is already in the destination parent.");
  accounts.patch(scope, id, { parent: DestinationParentId! });
  return {};
});

export const removeAccountFromOrganization = operation(RemoveAccountFromOrganization$, (scope, { AccountId }) => {
  const organization = requireManaged(scope);
  leave(scope, organization, requireAccount(scope, organization, AccountId!));
  return {};
});

export const leaveOrganization = operation(LeaveOrganization$, (scope) => {
  leave(scope, requireOrganization(scope), accounts.get(scope, scope.account)!);
  return {};
});

/** A closed account stays in the organization, suspended. */
export const closeAccount = operation(CloseAccount$, (scope, { AccountId }) => {
  const organization = requireManaged(scope);
  const { id, status } = requireAccount(scope, organization, AccountId!);
  if (id === organization.account)
    fault(ConstraintViolationException, "You cannot close the management account of an organization.", {
      Reason: "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
    });
  if (status !== "ACTIVE") fault(AccountAlreadyClosedException, "The provided account is already closed.");
  accounts.patch(scope, id, { status: "SUSPENDED" });
  return {};
});

export const accountsOf = (scope: Scope, { id }: Organization): Account[] => accounts.by(scope, "organization", id);

export function requireAccount(scope: Scope, { id }: Organization, account: string): Account {
  const found = accounts.get(scope, account);
  return found?.organization === id ? found : fault(AccountNotFoundException, "You specified an account that doesn't exist.");
}

export const accountArn = (organization: Organization, account: string): string =>
  organizationArn(organization, `account/${organization.id}/${account}`);

export const shownAccount = (scope: Scope, organization: Organization, account: Account) => ({
  Id: account.id,
  Arn: accountArn(organization, account.id),
  Email: account.email,
  Name: account.name,
  Status: account.status,
  State: account.status,
  Paths: [`${pathOf(scope, organization, account.parent)}${account.id}/`],
  JoinedMethod: account.joinedMethod,
  JoinedTimestamp: new Date(account.joinedAt),
});

/** The account is on its own again. */
export function leave(scope: Scope, organization: Organization, account: Account): void {
  if (account.id === organization.account)
    fault(MasterCannotLeaveOrganizationException, "You can't remove a management account from an organization.");
  if (account.delegations.length > 0)
    fault(ConstraintViolationException, "You cannot remove a delegated administrator account from the organization.", {
      Reason: "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
    });
  detachAll(scope, organization, account.id);
  forgetTag(scope, organization, account.id);
  accounts.remove(scope, account.id);
}
