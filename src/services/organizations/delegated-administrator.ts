import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import {
  AccountAlreadyRegisteredException,
  AccountNotRegisteredException,
  ConstraintViolationException,
  DeregisterDelegatedAdministrator$,
  ListDelegatedAdministrators$,
  ListDelegatedServicesForAccount$,
  RegisterDelegatedAdministrator$,
} from "../../sdk/organizations.js";
import { accounts, accountsOf, requireAccount, shownAccount } from "./account.ts";
import { invalidToken, requireManaged, requireSeen } from "./organization.ts";
import { checkPrincipal } from "./service-access.ts";

const LISTED_MAX = 20;
const NOT_REGISTERED = "The provided account is not a registered delegated administrator for your organization.";

export const registerDelegatedAdministrator = operation(RegisterDelegatedAdministrator$, (scope, { AccountId, ServicePrincipal }) => {
  const organization = requireManaged(scope);
  checkPrincipal(ServicePrincipal!);
  const { id, delegations } = requireAccount(scope, organization, AccountId!);
  if (id === organization.account)
    fault(ConstraintViolationException, "You cannot register master account/yourself as delegated administrator for your organization.", {
      Reason: "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
    });
  if (delegations.some(({ principal }) => principal === ServicePrincipal))
    fault(AccountAlreadyRegisteredException, "The provided account is already a delegated administrator for your organization.");
  accounts.patch(scope, id, { delegations: [...delegations, { principal: ServicePrincipal!, since: scope.clock.now() }] });
  return {};
});

export const deregisterDelegatedAdministrator = operation(DeregisterDelegatedAdministrator$, (scope, { AccountId, ServicePrincipal }) => {
  const organization = requireManaged(scope);
  checkPrincipal(ServicePrincipal!);
  const { id, delegations } = requireAccount(scope, organization, AccountId!);
  const rest = delegations.filter(({ principal }) => principal !== ServicePrincipal);
  if (rest.length === delegations.length) fault(AccountNotRegisteredException, NOT_REGISTERED);
  accounts.patch(scope, id, { delegations: rest });
  return {};
});

export const listDelegatedAdministrators = operation(
  ListDelegatedAdministrators$,
  (scope, { ServicePrincipal, NextToken, MaxResults = LISTED_MAX }) => {
    const organization = requireSeen(scope);
    const found = accountsOf(scope, organization).filter(({ delegations }) =>
      delegations.some(({ principal }) => ServicePrincipal === undefined || principal === ServicePrincipal),
    );
    const { items, nextToken } = page(found, ({ id }) => id, MaxResults, NextToken, invalidToken);
    return {
      DelegatedAdministrators: items.map((account) => ({
        ...shownAccount(scope, organization, account),
        DelegationEnabledDate: new Date(Math.min(...account.delegations.map(({ since }) => since))),
      })),
      ...(nextToken && { NextToken: nextToken }),
    };
  },
);

export const listDelegatedServicesForAccount = operation(
  ListDelegatedServicesForAccount$,
  (scope, { AccountId, NextToken, MaxResults = LISTED_MAX }) => {
    const { delegations } = requireAccount(scope, requireSeen(scope), AccountId!);
    if (delegations.length === 0) fault(AccountNotRegisteredException, NOT_REGISTERED);
    const sorted = [...delegations].sort((one, other) => (one.principal < other.principal ? -1 : 1));
    const { items, nextToken } = page(sorted, ({ principal }) => principal, MaxResults, NextToken, invalidToken);
    return {
      DelegatedServices: items.map(({ principal, since }) => ({ ServicePrincipal: principal, DelegationEnabledDate: new Date(since) })),
      ...(nextToken && { NextToken: nextToken }),
    };
  },
);
