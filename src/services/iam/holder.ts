import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Table } from "../../kernel/table.ts";
import {
  AttachGroupPolicy$,
  AttachRolePolicy$,
  AttachUserPolicy$,
  DeleteGroupPolicy$,
  DeleteRolePolicy$,
  DeleteUserPolicy$,
  DetachGroupPolicy$,
  DetachRolePolicy$,
  DetachUserPolicy$,
  GetGroupPolicy$,
  GetRolePolicy$,
  GetUserPolicy$,
  LimitExceededException,
  ListAttachedGroupPolicies$,
  ListAttachedRolePolicies$,
  ListAttachedUserPolicies$,
  ListGroupPolicies$,
  ListRolePolicies$,
  ListUserPolicies$,
  NoSuchEntityException,
  PutGroupPolicy$,
  PutRolePolicy$,
  PutUserPolicy$,
} from "../../sdk/iam.js";
import { isOfAws } from "./aws-managed.ts";
import { checkPolicyDocument } from "./document.ts";
import { type Group, groups, requireGroup } from "./group.ts";
import { documentOf } from "./policy.ts";
import { type Role, requireRole, roles } from "./role.ts";
import { requireUser, type User, users } from "./user.ts";

const ATTACHED_MAX = 20;

/** What can hold policies: roles, users and groups, alike but for the names of their operations. */
class Holders<T extends Role | User | Group> {
  readonly #table: Table<T>;
  readonly #require: (scope: Scope, name: string) => T;
  readonly #word: string;

  constructor(table: Table<T>, require: (scope: Scope, name: string) => T, word: string) {
    this.#table = table;
    this.#require = require;
    this.#word = word;
  }

  put(scope: Scope, name: string, policy: string, document: string): void {
    const holder = this.#require(scope, name);
    checkPolicyDocument(document);
    this.#table.put(scope, { ...holder, inline: { ...holder.inline, [policy]: document } });
  }

  get(scope: Scope, name: string, policy: string): { PolicyName: string; PolicyDocument: string } {
    return { PolicyName: policy, PolicyDocument: encodeURIComponent(this.#requireInline(scope, name, policy)) };
  }

  list(scope: Scope, name: string): { PolicyNames: string[]; IsTruncated: boolean } {
    return { PolicyNames: Object.keys(this.#require(scope, name).inline).sort(), IsTruncated: false };
  }

  remove(scope: Scope, name: string, policy: string): void {
    this.#requireInline(scope, name, policy);
    const holder = this.#require(scope, name);
    const { [policy]: _, ...inline } = holder.inline;
    this.#table.put(scope, { ...holder, inline });
  }

  attach(scope: Scope, name: string, arn: string): void {
    const holder = this.#require(scope, name);
    if (!isOfAws(arn) && documentOf(scope, arn) === undefined)
      fault(NoSuchEntityException, `Policy ${arn} does not exist or is not attachable.`);
    if (holder.attached.includes(arn)) return;
    if (holder.attached.length >= ATTACHED_MAX)
      fault(LimitExceededException, `Cannot exceed quota for PoliciesPer${this.#word}: ${ATTACHED_MAX}`);
    this.#table.put(scope, { ...holder, attached: [...holder.attached, arn] });
  }

  detach(scope: Scope, name: string, arn: string): void {
    const holder = this.#require(scope, name);
    if (!holder.attached.includes(arn)) fault(NoSuchEntityException, `Policy ${arn} was not found.`);
    this.#table.put(scope, { ...holder, attached: holder.attached.filter((other) => other !== arn) });
  }

  listAttached(scope: Scope, name: string): { AttachedPolicies: { PolicyName: string; PolicyArn: string }[]; IsTruncated: boolean } {
    const { attached } = this.#require(scope, name);
    return { AttachedPolicies: attached.map((arn) => ({ PolicyName: arn.split("/").at(-1)!, PolicyArn: arn })), IsTruncated: false };
  }

  #requireInline(scope: Scope, name: string, policy: string): string {
    const document = this.#require(scope, name).inline[policy];
    return document ?? fault(NoSuchEntityException, `The ${this.#word.toLowerCase()} policy with name ${policy} cannot be found.`);
  }
}

const roleHolders = new Holders(roles, requireRole, "Role");
const groupHolders = new Holders(groups, requireGroup, "Group");
const userHolders = new Holders(users, requireUser, "User");

export const holderOperations = [
  operation(PutRolePolicy$, (scope, { RoleName, PolicyName, PolicyDocument }) =>
    done(roleHolders.put(scope, RoleName!, PolicyName!, PolicyDocument!)),
  ),
  operation(GetRolePolicy$, (scope, { RoleName, PolicyName }) => ({
    RoleName: RoleName!,
    ...roleHolders.get(scope, RoleName!, PolicyName!),
  })),
  operation(ListRolePolicies$, (scope, { RoleName }) => roleHolders.list(scope, RoleName!)),
  operation(DeleteRolePolicy$, (scope, { RoleName, PolicyName }) => done(roleHolders.remove(scope, RoleName!, PolicyName!))),
  operation(AttachRolePolicy$, (scope, { RoleName, PolicyArn }) => done(roleHolders.attach(scope, RoleName!, PolicyArn!))),
  operation(DetachRolePolicy$, (scope, { RoleName, PolicyArn }) => done(roleHolders.detach(scope, RoleName!, PolicyArn!))),
  operation(ListAttachedRolePolicies$, (scope, { RoleName }) => roleHolders.listAttached(scope, RoleName!)),
  operation(PutUserPolicy$, (scope, { UserName, PolicyName, PolicyDocument }) =>
    done(userHolders.put(scope, UserName!, PolicyName!, PolicyDocument!)),
  ),
  operation(GetUserPolicy$, (scope, { UserName, PolicyName }) => ({
    UserName: UserName!,
    ...userHolders.get(scope, UserName!, PolicyName!),
  })),
  operation(ListUserPolicies$, (scope, { UserName }) => userHolders.list(scope, UserName!)),
  operation(DeleteUserPolicy$, (scope, { UserName, PolicyName }) => done(userHolders.remove(scope, UserName!, PolicyName!))),
  operation(AttachUserPolicy$, (scope, { UserName, PolicyArn }) => done(userHolders.attach(scope, UserName!, PolicyArn!))),
  operation(DetachUserPolicy$, (scope, { UserName, PolicyArn }) => done(userHolders.detach(scope, UserName!, PolicyArn!))),
  operation(ListAttachedUserPolicies$, (scope, { UserName }) => userHolders.listAttached(scope, UserName!)),
  operation(PutGroupPolicy$, (scope, { GroupName, PolicyName, PolicyDocument }) =>
    done(groupHolders.put(scope, GroupName!, PolicyName!, PolicyDocument!)),
  ),
  operation(GetGroupPolicy$, (scope, { GroupName, PolicyName }) => ({
    GroupName: GroupName!,
    ...groupHolders.get(scope, GroupName!, PolicyName!),
  })),
  operation(ListGroupPolicies$, (scope, { GroupName }) => groupHolders.list(scope, GroupName!)),
  operation(DeleteGroupPolicy$, (scope, { GroupName, PolicyName }) => done(groupHolders.remove(scope, GroupName!, PolicyName!))),
  operation(AttachGroupPolicy$, (scope, { GroupName, PolicyArn }) => done(groupHolders.attach(scope, GroupName!, PolicyArn!))),
  operation(DetachGroupPolicy$, (scope, { GroupName, PolicyArn }) => done(groupHolders.detach(scope, GroupName!, PolicyArn!))),
  operation(ListAttachedGroupPolicies$, (scope, { GroupName }) => groupHolders.listAttached(scope, GroupName!)),
];

const done = (_: void) => ({});
