import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import {
  ConstraintViolationException,
  DisableAWSServiceAccess$,
  EnableAWSServiceAccess$,
  InvalidInputException,
  ListAWSServiceAccessForOrganization$,
} from "../../sdk/organizations.js";
import { accountsOf } from "./account.ts";
import { invalidToken, organizations, requireManaged, requireSeen } from "./organization.ts";

const LISTED_MAX = 20;

export const enableAWSServiceAccess = operation(EnableAWSServiceAccess$, (scope, { ServicePrincipal }) => {
  const { id, trusted } = requireManaged(scope);
  checkPrincipal(ServicePrincipal!);
  if (trusted.some(({ principal }) => principal === ServicePrincipal)) return {};
  organizations.patch(scope, id, { trusted: [...trusted, { principal: ServicePrincipal!, since: scope.clock.now() }] });
  return {};
});

export const disableAWSServiceAccess = operation(DisableAWSServiceAccess$, (scope, { ServicePrincipal }) => {
  const organization = requireManaged(scope);
  checkPrincipal(ServicePrincipal!);
  const delegated = accountsOf(scope, organization).some(({ delegations }) =>
    delegations.some(({ principal }) => principal === ServicePrincipal),
  );
  if (delegated)
    fault(ConstraintViolationException, "You cannot disable access of a service that has delegated administrators.", {
      Reason: "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
    });
  const trusted = organization.trusted.filter(({ principal }) => principal !== ServicePrincipal);
  organizations.patch(scope, organization.id, { trusted });
  return {};
});

export const listAWSServiceAccessForOrganization = operation(
  ListAWSServiceAccessForOrganization$,
  (scope, { NextToken, MaxResults = LISTED_MAX }) => {
    const sorted = [...requireSeen(scope).trusted].sort((one, other) => (one.principal < other.principal ? -1 : 1));
    const { items, nextToken } = page(sorted, ({ principal }) => principal, MaxResults, NextToken, invalidToken);
    return {
      EnabledServicePrincipals: items.map(({ principal, since }) => ({ ServicePrincipal: principal, DateEnabled: new Date(since) })),
      ...(nextToken && { NextToken: nextToken }),
    };
  },
);

/** Which services there are nobody here knows: it has to look like one. */
export function checkPrincipal(principal: string): void {
  if (!principal.endsWith(".amazonaws.com"))
    fault(InvalidInputException, "You specified an unrecognized service principal.", { Reason: "UNRECOGNIZED_SERVICE_PRINCIPAL" });
}
