import { type KnownKey, rootCaller } from "../../kernel/caller.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CreateAccessKey$,
  DeleteAccessKey$,
  GetAccessKeyLastUsed$,
  LimitExceededException,
  ListAccessKeys$,
  NoSuchEntityException,
  UpdateAccessKey$,
} from "../../sdk/iam.js";
import { userArn, userNameOf, users } from "./user.ts";

/** A long-term access key, by its id; whoever presents it has not said yet which account is theirs. */
export interface AccessKey extends Row {
  readonly account: string;
  /** Absent where it is the account's root user's. */
  readonly user?: string;
  readonly secret: string;
  readonly status: "Active" | "Inactive";
  /** How often its template has asked for another one. */
  readonly serial?: number;
  readonly createdAt: number;
}

export const accessKeys = new Table<AccessKey>("iam/access-key", { reach: "global" });

export const createAccessKey = operation(CreateAccessKey$, (scope, { UserName }) => {
  const user = userNameOf(scope, UserName);
  if (keysOf(scope, user).length >= 2) fault(LimitExceededException, "Cannot exceed quota for AccessKeysPerUser: 2");
  const key = newKey(scope, user);
  const { status, secret, createdAt } = key;
  return { AccessKey: { UserName: user, AccessKeyId: key.id, Status: status, SecretAccessKey: secret, CreateDate: new Date(createdAt) } };
});

/** A key of a user, or of the account's root user. */
export function newKey(scope: Scope, user?: string): AccessKey {
  const { id } = scope;
  return accessKeys.put(scope, {
    id: `AKIA${id.text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}`,
    account: scope.account,
    ...(user !== undefined && { user }),
    secret: id.text(40, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
    status: "Active",
    createdAt: scope.clock.now(),
  });
}

export const listAccessKeys = operation(ListAccessKeys$, (scope, { UserName }) => {
  const keys = keysOf(scope, userNameOf(scope, UserName));
  const shown = keys.map(({ id, user, status, createdAt }) => ({
    UserName: user,
    AccessKeyId: id,
    Status: status,
    CreateDate: new Date(createdAt),
  }));
  return { AccessKeyMetadata: shown, IsTruncated: false };
});

export const updateAccessKey = operation(UpdateAccessKey$, (scope, { AccessKeyId, Status }) => {
  accessKeys.patch(scope, requireKey(scope, AccessKeyId!).id, { status: Status as AccessKey["status"] });
  return {};
});

export const deleteAccessKey = operation(DeleteAccessKey$, (scope, { AccessKeyId }) => {
  accessKeys.remove(scope, requireKey(scope, AccessKeyId!).id);
  return {};
});

export const getAccessKeyLastUsed = operation(
  GetAccessKeyLastUsed$,
  (scope, { AccessKeyId }) => ({
    UserName: requireKey(scope, AccessKeyId!).user,
    AccessKeyLastUsed: { ServiceName: "N/A", Region: "N/A" },
  }),
  { partial: "uses of keys are not recorded" },
);

/** Who owns a long-term access key. */
export function ownerOfKey(scope: Scope, accessKeyId: string): KnownKey | undefined {
  const key = accessKeys.get(scope, accessKeyId);
  if (key?.status !== "Active") return undefined;
  const { secret, account: accountId } = key;
  if (key.user === undefined) return { secret, ...rootUser(accountId) };
  const user = users.get(scope.in({ account: accountId }), key.user);
  return user && { secret, accountId, arn: userArn(accountId, user), userId: user.userId, type: "user" };
}

/** The root user, who is subject to no policy. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html */
function rootUser(account: string): Omit<KnownKey, "secret"> {
  const { accountId, arn, userId, type } = rootCaller(account, "");
  return { accountId, arn, userId, type };
}

const keysOf = (scope: Scope, name: string): AccessKey[] =>
  accessKeys.list(scope).filter(({ account, user }) => account === scope.account && user === name);

const requireKey = (scope: Scope, id: string): AccessKey => {
  const key = accessKeys.get(scope, id);
  return key?.account === scope.account ? key : fault(NoSuchEntityException, `The Access Key with id ${id} cannot be found`);
};
