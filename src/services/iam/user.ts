import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  CreateUser$,
  DeleteConflictException,
  DeleteUser$,
  DeleteUserPermissionsBoundary$,
  EntityAlreadyExistsException,
  GetUser$,
  ListUsers$,
  ListUserTags$,
  NoSuchEntityException,
  PutUserPermissionsBoundary$,
  TagUser$,
  UntagUser$,
  UpdateUser$,
} from "../../sdk/iam.js";
import { accessKeys } from "./access-key.ts";
import { groups } from "./group.ts";
import { listed } from "./listed.ts";
import { serviceCredentials } from "./service-credential.ts";

/** A user, by its name. */
export interface User extends Row {
  readonly path: string;
  readonly userId: string;
  readonly createdAt: number;
  readonly boundaryArn?: string;
  readonly inline: Readonly<Record<string, string>>;
  readonly attached: readonly string[];
  readonly tags: Tags;
}

export const users = new Table<User>("iam/user", { reach: "account", arn: (user, { account }) => userArn(account, user) });

export const createUser = operation(CreateUser$, (scope, { UserName, Path = "/", PermissionsBoundary, Tags }) => {
  if (users.get(scope, UserName!)) fault(EntityAlreadyExistsException, `User with name ${UserName} already exists.`);
  const user = { ...newUser(scope, UserName!, Path), tags: tagsOf(Tags) };
  return { User: shown(scope, users.put(scope, { ...user, ...(PermissionsBoundary && { boundaryArn: PermissionsBoundary }) })) };
});

export const getUser = operation(GetUser$, (scope, { UserName }) => {
  if (UserName !== undefined) return { User: shown(scope, requireUser(scope, UserName)) };
  const { type, arn, accountId, userId } = scope.caller;
  if (type === "user") return { User: shown(scope, requireUser(scope, arn.split("/").at(-1)!)) };
  if (type !== "root") fault("ValidationError", "Must specify userName when calling with non-User credentials");
  return { User: { Path: "/", UserName: "root", UserId: userId, Arn: `arn:aws:iam::${accountId}:root`, CreateDate: new Date(0) } };
});

export const listUsers = operation(ListUsers$, (scope, { PathPrefix = "/", ...paging }) => {
  const { items, paged } = listed(
    users.list(scope).filter(({ path }) => path.startsWith(PathPrefix)),
    paging,
  );
  return { Users: items.map((user) => shown(scope, user)), ...paged };
});

export const updateUser = operation(UpdateUser$, (scope, { UserName, NewPath, NewUserName }) => {
  const user = requireUser(scope, UserName!);
  if (NewUserName !== undefined && NewUserName !== UserName) {
    if (users.get(scope, NewUserName)) fault(EntityAlreadyExistsException, `User with name ${NewUserName} already exists.`);
    users.remove(scope, user.id);
    for (const key of keysOf(scope, user.id)) accessKeys.patch(scope, key.id, { user: NewUserName });
    for (const { id, members } of groups.by(scope, "member", user.id))
      groups.patch(scope, id, { members: members.map((member) => (member === user.id ? NewUserName : member)) });
    for (const held of serviceCredentials.by(scope, "user", user.id)) serviceCredentials.patch(scope, held.id, { user: NewUserName });
  }
  users.put(scope, { ...user, id: NewUserName ?? user.id, path: NewPath ?? user.path });
  return {};
});

export const deleteUser = operation(DeleteUser$, (scope, { UserName }) => {
  const user = requireUser(scope, UserName!);
  if (keysOf(scope, user.id).length > 0) fault(DeleteConflictException, "Cannot delete entity, must delete access keys first.");
  if (user.attached.length > 0) fault(DeleteConflictException, "Cannot delete entity, must detach all policies first.");
  if (Object.keys(user.inline).length > 0) fault(DeleteConflictException, "Cannot delete entity, must delete policies first.");
  if (groups.by(scope, "member", user.id).length > 0)
    fault(DeleteConflictException, "Cannot delete entity, must remove users from group first.");
  for (const { id } of serviceCredentials.by(scope, "user", user.id)) serviceCredentials.remove(scope, id);
  users.remove(scope, user.id);
  return {};
});

export const putUserPermissionsBoundary = operation(PutUserPermissionsBoundary$, (scope, { UserName, PermissionsBoundary }) => {
  users.patch(scope, requireUser(scope, UserName!).id, { boundaryArn: PermissionsBoundary! });
  return {};
});

export const deleteUserPermissionsBoundary = operation(DeleteUserPermissionsBoundary$, (scope, { UserName }) => {
  users.patch(scope, requireUser(scope, UserName!).id, { boundaryArn: undefined });
  return {};
});

export const tagUser = operation(TagUser$, (scope, { UserName, Tags }) => {
  const { id, tags } = requireUser(scope, UserName!);
  users.patch(scope, id, { tags: withTags(tags, tagsOf(Tags)) });
  return {};
});

export const untagUser = operation(UntagUser$, (scope, { UserName, TagKeys }) => {
  const { id, tags } = requireUser(scope, UserName!);
  users.patch(scope, id, { tags: withoutTags(tags, TagKeys!) });
  return {};
});

export const listUserTags = operation(ListUserTags$, (scope, { UserName }) => ({
  Tags: tagList(requireUser(scope, UserName!).tags),
  IsTruncated: false,
}));

export const requireUser = (scope: Scope, name: string): User =>
  users.get(scope, name) ?? fault(NoSuchEntityException, `The user with name ${name} cannot be found.`);

export const userArn = (account: string, { path, id }: Pick<User, "path" | "id">): string => `arn:aws:iam::${account}:user${path}${id}`;

/** The name that was given, or the caller's own. */
export function userNameOf(scope: Scope, name: string | undefined): string {
  if (name !== undefined) return requireUser(scope, name).id;
  if (scope.caller.type !== "user") fault("ValidationError", "Must specify userName when calling with non-User credentials");
  return scope.caller.arn.split("/").at(-1)!;
}

const keysOf = (scope: Scope, name: string) =>
  accessKeys.list(scope).filter(({ account, user }) => account === scope.account && user === name);

/** A user with nothing attached to it yet. */
export function newUser(scope: Scope, name: string, path: string): User {
  const userId = `AIDA${scope.id.text(17)}`;
  return { id: name, path, userId, createdAt: scope.clock.now(), inline: {}, attached: [], tags: {} };
}

export function shown(scope: Scope, user: User) {
  const { boundaryArn, tags } = user;
  return {
    Path: user.path,
    UserName: user.id,
    UserId: user.userId,
    Arn: userArn(scope.account, user),
    CreateDate: new Date(user.createdAt),
    ...(boundaryArn && {
      PermissionsBoundary: { PermissionsBoundaryType: "PermissionsBoundaryPolicy" as const, PermissionsBoundaryArn: boundaryArn },
    }),
    ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
  };
}
