import { service } from "../../kernel/service.ts";
import * as account from "./account.ts";
import { createAccountLoop } from "./create-account.loop.ts";
import * as creation from "./create-account.ts";
import * as delegation from "./delegated-administrator.ts";
import * as organization from "./organization.ts";
import * as unit from "./organizational-unit.ts";
import * as policy from "./policy.ts";
import * as reference from "./reference.ts";
import * as root from "./root.ts";
import * as access from "./service-access.ts";
import * as tag from "./tag.ts";

export const organizations = service({
  name: "organizations",
  operations: [
    policy.attachPolicy,
    account.closeAccount,
    creation.createAccount,
    organization.createOrganization,
    unit.createOrganizationalUnit,
    policy.createPolicy,
    organization.deleteOrganization,
    unit.deleteOrganizationalUnit,
    policy.deletePolicy,
    delegation.deregisterDelegatedAdministrator,
    account.describeAccount,
    creation.describeCreateAccountStatus,
    organization.describeOrganization,
    unit.describeOrganizationalUnit,
    policy.describePolicy,
    policy.detachPolicy,
    access.disableAWSServiceAccess,
    root.disablePolicyType,
    access.enableAWSServiceAccess,
    root.enablePolicyType,
    account.leaveOrganization,
    account.listAccounts,
    account.listAccountsForParent,
    access.listAWSServiceAccessForOrganization,
    unit.listChildren,
    creation.listCreateAccountStatus,
    delegation.listDelegatedAdministrators,
    delegation.listDelegatedServicesForAccount,
    unit.listOrganizationalUnitsForParent,
    unit.listParents,
    policy.listPolicies,
    policy.listPoliciesForTarget,
    root.listRoots,
    tag.listTagsForResource,
    policy.listTargetsForPolicy,
    account.moveAccount,
    delegation.registerDelegatedAdministrator,
    account.removeAccountFromOrganization,
    tag.tagResource,
    tag.untagResource,
    unit.updateOrganizationalUnit,
    policy.updatePolicy,
  ],
  tables: [organization.organizations, account.accounts, creation.accountCreations, unit.units, policy.policies, tag.tagged],
  loops: [createAccountLoop],
  references: [
    reference.accountsReference,
    reference.managementAccountReference,
    reference.accountStatusReference,
    reference.delegatedAdministratorReference,
  ],
});
