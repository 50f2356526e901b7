import type { Reference, Resolved } from "../../kernel/reference.ts";
import { accounts } from "./account.ts";
import { organizationOf } from "./organization.ts";
import { accountsBelow, isParent } from "./organizational-unit.ts";

const value = (text: string): Resolved => ({ state: "value", value: text });
const absent = (reason: string): Resolved => ({ state: "absent", reason });

/** By the id of a root or a unit of the asking account's organization: the accounts in it and below it, with commas between. */
export const accountsReference: Reference = {
  kind: "organization-accounts",
  resolve(scope, parent) {
    const organization = organizationOf(scope);
    if (organization === undefined || !isParent(scope, organization, parent)) return absent(`${parent} is not in the organization`);
    return value(accountsBelow(scope, parent).join(","));
  },
};

/** By the id of an account: the management account of its organization. */
export const managementAccountReference: Reference = {
  kind: "organization-management-account",
  resolve(scope, account) {
    const organization = organizationOf(scope, account);
    return organization === undefined ? absent(`${account} is in no organization`) : value(organization.account);
  },
};

/** By the id of an account: its status, such as ACTIVE. */
export const accountStatusReference: Reference = {
  kind: "organization-account-status",
  resolve(scope, account) {
    const found = accounts.get(scope, account);
    return found === undefined ? absent(`${account} is in no organization`) : value(found.status);
  },
};

/** By principal/account: the account, where it administers that service for its organization. */
export const delegatedAdministratorReference: Reference = {
  kind: "organization-delegated-administrator",
  resolve(scope, name) {
    const [principal, account = ""] = name.split("/");
    const found = accounts.get(scope, account)?.delegations.some((delegation) => delegation.principal === principal);
    return found ? value(account) : absent(`${account} does not administer ${principal}`);
  },
};
