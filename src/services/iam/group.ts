import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  AddUserToGroup$,
  CreateGroup$,
  DeleteConflictException,
  DeleteGroup$,
  EntityAlreadyExistsException,
  GetGroup$,
  ListGroups$,
  ListGroupsForUser$,
  NoSuchEntityException,
  RemoveUserFromGroup$,
  UpdateGroup$,
} from "../../sdk/iam.js";
import { listed } from "./listed.ts";
import { requireUser, shown as shownUser, users } from "./user.ts";

/** A group of users, by its name: its policies are those of its members too. */
export interface Group extends Row {
  readonly path: string;
  readonly groupId: string;
  readonly createdAt: number;
  readonly inline: Readonly<Record<string, string>>;
  readonly attached: readonly string[];
  /** The names of the users in it. */
  readonly members: readonly string[];
}

export const groups = new Table<Group>("iam/group", {
  reach: "account",
  indexes: { member: ({ members }) => members },
  arn: (group, { account }) => groupArn(account, group),
});

export const createGroup = operation(CreateGroup$, (scope, { GroupName, Path = "/" }) => {
  if (groups.get(scope, GroupName!)) fault(EntityAlreadyExistsException, `Group with name ${GroupName} already exists.`);
  return { Group: shown(scope, newGroup(scope, GroupName!, Path)) };
});

export const getGroup = operation(GetGroup$, (scope, { GroupName, ...paging }) => {
  const group = requireGroup(scope, GroupName!);
  const { items, paged } = listed(
    group.members.flatMap((name) => users.get(scope, name) ?? []),
    paging,
  );
  return { Group: shown(scope, group), Users: items.map((user) => shownUser(scope, user)), ...paged };
});

export const listGroups = operation(ListGroups$, (scope, { PathPrefix = "/", ...paging }) => {
  const { items, paged } = listed(
    groups.list(scope).filter(({ path }) => path.startsWith(PathPrefix)),
    paging,
  );
  return { Groups: items.map((group) => shown(scope, group)), ...paged };
});

export const listGroupsForUser = operation(ListGroupsForUser$, (scope, { UserName, ...paging }) => {
  const { items, paged } = listed(groups.by(scope, "member", requireUser(scope, UserName!).id), paging);
  return { Groups: items.map((group) => shown(scope, group)), ...paged };
});

export const updateGroup = operation(UpdateGroup$, (scope, { GroupName, NewPath, NewGroupName }) => {
  const group = requireGroup(scope, GroupName!);
  if (NewGroupName !== undefined && NewGroupName !== group.id) {
    if (groups.get(scope, NewGroupName)) fault(EntityAlreadyExistsException, `Group with name ${NewGroupName} already exists.`);
    groups.remove(scope, group.id);
  }
  groups.put(scope, { ...group, id: NewGroupName ?? group.id, path: NewPath ?? group.path });
  return {};
});

export const deleteGroup = operation(DeleteGroup$, (scope, { GroupName }) => {
  const group = requireGroup(scope, GroupName!);
  if (group.members.length > 0) fault(DeleteConflictException, "Cannot delete entity, must remove users from group first.");
  if (group.attached.length > 0) fault(DeleteConflictException, "Cannot delete entity, must detach all policies first.");
  if (Object.keys(group.inline).length > 0) fault(DeleteConflictException, "Cannot delete entity, must delete policies first.");
  groups.remove(scope, group.id);
  return {};
});

export const addUserToGroup = operation(AddUserToGroup$, (scope, { GroupName, UserName }) => {
  addMember(scope, GroupName!, UserName!);
  return {};
});

export const removeUserFromGroup = operation(RemoveUserFromGroup$, (scope, { GroupName, UserName }) => {
  requireGroup(scope, GroupName!);
  removeMember(scope, GroupName!, requireUser(scope, UserName!).id);
  return {};
});

export function newGroup(scope: Scope, name: string, path: string): Group {
  const groupId = `AGPA${scope.id.text(17)}`;
  return groups.put(scope, { id: name, path, groupId, createdAt: scope.clock.now(), inline: {}, attached: [], members: [] });
}

export function addMember(scope: Scope, name: string, user: string): void {
  const group = requireGroup(scope, name);
  const { id } = requireUser(scope, user);
  if (!group.members.includes(id)) groups.patch(scope, name, { members: [...group.members, id] });
}

/** A user who is not in the group stays out of it. */
export function removeMember(scope: Scope, name: string, user: string): void {
  const group = groups.get(scope, name);
  if (group !== undefined) groups.patch(scope, name, { members: group.members.filter((other) => other !== user) });
}

export const requireGroup = (scope: Scope, name: string): Group =>
  groups.get(scope, name) ?? fault(NoSuchEntityException, `The group with name ${name} cannot be found.`);

export const groupArn = (account: string, { path, id }: Pick<Group, "path" | "id">): string => `arn:aws:iam::${account}:group${path}${id}`;

const shown = (scope: Scope, group: Group) => ({
  Path: group.path,
  GroupName: group.id,
  GroupId: group.groupId,
  Arn: groupArn(scope.account, group),
  CreateDate: new Date(group.createdAt),
});
