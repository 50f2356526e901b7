import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  CreateAccount$,
  type CreateAccountFailureReason,
  type CreateAccountState,
  CreateAccountStatusNotFoundException,
  DescribeCreateAccountStatus$,
  ListCreateAccountStatus$,
} from "../../sdk/organizations.js";
import { accounts, accountsOf } from "./account.ts";
import { invalidToken, LOWER, type Organization, organizations, requireManaged } from "./organization.ts";
import { attachFullAccess } from "./policy.ts";
import { putTags } from "./tag.ts";

/** A wish for a new account, by its id. */
export interface AccountCreation extends Row {
  readonly organization: string;
  readonly name: string;
  readonly email: string;
  readonly roleName: string;
  readonly tags: Tags;
  readonly state: CreateAccountState;
  readonly requestedAt: number;
  readonly completedAt?: number;
  readonly accountId?: string;
  readonly failure?: CreateAccountFailureReason;
}

export const accountCreations = new Table<AccountCreation>("organizations/account-creation", {
  reach: "global",
  indexes: { organization: ({ organization }) => organization },
});

const LISTED_MAX = 20;
/** What AWS lets an organization have until more is asked for. */
const ACCOUNTS_MAX = 10_000;

export const createAccount = operation(CreateAccount$, (scope, { AccountName, Email, RoleName, Tags }) => {
  const { id: organization } = requireManaged(scope);
  const creation = accountCreations.put(scope, {
    id: `car-${scope.id.text(32, LOWER)}`,
    organization,
    name: AccountName!,
    email: Email!,
    roleName: RoleName ?? "OrganizationAccountAccessRole",
    tags: tagsOf(Tags),
    state: "IN_PROGRESS",
    requestedAt: scope.clock.now(),
  });
  return { CreateAccountStatus: shown(creation) };
});

export const describeCreateAccountStatus = operation(DescribeCreateAccountStatus$, (scope, { CreateAccountRequestId }) => {
  const { id } = requireManaged(scope);
  const found = accountCreations.get(scope, CreateAccountRequestId!);
  if (found?.organization !== id)
    return fault(CreateAccountStatusNotFoundException, "You specified a create account request that doesn't exist.");
  return { CreateAccountStatus: shown(found) };
});

export const listCreateAccountStatus = operation(ListCreateAccountStatus$, (scope, { States = [], NextToken, MaxResults = LISTED_MAX }) => {
  const { id } = requireManaged(scope);
  const found = accountCreations.by(scope, "organization", id).filter(({ state }) => States.length === 0 || States.includes(state));
  const { items, nextToken } = page(found, (creation) => creation.id, MaxResults, NextToken, invalidToken);
  return { CreateAccountStatuses: items.map(shown), ...(nextToken && { NextToken: nextToken }) };
});

/** The account comes to be, with the role by which the management account gets into it. */
export function completeCreation(scope: Scope, creation: AccountCreation): void {
  const organization = organizations.get(scope, creation.organization);
  const now = scope.clock.now();
  const failure = organization === undefined ? "INTERNAL_FAILURE" : failureOf(scope, organization, creation);
  if (organization === undefined || failure !== undefined) {
    accountCreations.patch(scope, creation.id, { state: "FAILED", completedAt: now, failure });
    return;
  }
  const id = scope.id.text(12, "123456789");
  accounts.put(scope, {
    id,
    organization: organization.id,
    parent: organization.root,
    name: creation.name,
    email: creation.email,
    status: "ACTIVE",
    joinedMethod: "CREATED",
    joinedAt: now,
    delegations: [],
  });
  attachFullAccess(scope, organization, id);
  putTags(scope, organization, id, creation.tags);
  ensureAccessRole(scope.in({ account: id }), organization, creation);
  accountCreations.patch(scope, creation.id, { state: "SUCCEEDED", completedAt: now, accountId: id });
}

function failureOf(scope: Scope, organization: Organization, { email }: AccountCreation): CreateAccountFailureReason | undefined {
  const members = accountsOf(scope, organization);
  if (members.length >= ACCOUNTS_MAX) return "ACCOUNT_LIMIT_EXCEEDED";
  return members.some((account) => account.email.toLowerCase() === email.toLowerCase()) ? "EMAIL_ALREADY_EXISTS" : undefined;
}

/** https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access-cross-account-role.html */
function ensureAccessRole(there: Scope, organization: Organization, { id, roleName }: AccountCreation): void {
  const principal = { AWS: `arn:aws:iam::${organization.account}:root` };
  there.registry.resource("AWS::IAM::Role")?.ensure(
    there,
    {
      RoleName: roleName,
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" }],
      },
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"],
    },
    undefined,
    { token: id, generatedName: roleName, logicalId: roleName, stackId: "", tags: [] },
  );
}

const shown = ({ id, name, state, requestedAt, completedAt, accountId, failure }: AccountCreation) => ({
  Id: id,
  AccountName: name,
  State: state,
  RequestedTimestamp: new Date(requestedAt),
  ...(completedAt !== undefined && { CompletedTimestamp: new Date(completedAt) }),
  ...(accountId !== undefined && { AccountId: accountId }),
  ...(failure !== undefined && { FailureReason: failure }),
});
