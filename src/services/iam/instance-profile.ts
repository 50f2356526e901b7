import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf } from "../../kernel/tag.ts";
import {
  AddRoleToInstanceProfile$,
  CreateInstanceProfile$,
  DeleteConflictException,
  DeleteInstanceProfile$,
  EntityAlreadyExistsException,
  GetInstanceProfile$,
  LimitExceededException,
  ListInstanceProfiles$,
  ListInstanceProfilesForRole$,
  NoSuchEntityException,
  RemoveRoleFromInstanceProfile$,
} from "../../sdk/iam.js";
import { listed } from "./listed.ts";
import { requireRole, roles, shown as shownRole } from "./role.ts";

/** What gives an instance a role, by its name. */
export interface InstanceProfile extends Row {
  readonly path: string;
  readonly profileId: string;
  readonly role?: string;
  readonly createdAt: number;
  readonly tags: Tags;
}

export const instanceProfiles = new Table<InstanceProfile>("iam/instance-profile", { reach: "account" });

export const createInstanceProfile = operation(CreateInstanceProfile$, (scope, { InstanceProfileName, Path = "/", Tags }) => {
  const name = InstanceProfileName!;
  if (instanceProfiles.get(scope, name)) fault(EntityAlreadyExistsException, `Instance Profile ${name} already exists.`);
  const profile = { id: name, path: Path, profileId: `AIPA${scope.id.text(17)}`, createdAt: scope.clock.now(), tags: tagsOf(Tags) };
  return { InstanceProfile: shown(scope, instanceProfiles.put(scope, profile)) };
});

export const getInstanceProfile = operation(GetInstanceProfile$, (scope, { InstanceProfileName }) => ({
  InstanceProfile: shown(scope, requireProfile(scope, InstanceProfileName!)),
}));

export const listInstanceProfiles = operation(ListInstanceProfiles$, (scope, { PathPrefix = "/", ...paging }) => {
  const { items, paged } = listed(
    instanceProfiles.list(scope).filter(({ path }) => path.startsWith(PathPrefix)),
    paging,
  );
  return { InstanceProfiles: items.map((profile) => shown(scope, profile)), ...paged };
});

export const listInstanceProfilesForRole = operation(ListInstanceProfilesForRole$, (scope, { RoleName, ...paging }) => {
  const { id } = requireRole(scope, RoleName!);
  const { items, paged } = listed(
    instanceProfiles.list(scope).filter(({ role }) => role === id),
    paging,
  );
  return { InstanceProfiles: items.map((profile) => shown(scope, profile)), ...paged };
});

export const addRoleToInstanceProfile = operation(AddRoleToInstanceProfile$, (scope, { InstanceProfileName, RoleName }) => {
  const profile = requireProfile(scope, InstanceProfileName!);
  if (profile.role !== undefined) fault(LimitExceededException, "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
  instanceProfiles.patch(scope, profile.id, { role: requireRole(scope, RoleName!).id });
  return {};
});

export const removeRoleFromInstanceProfile = operation(RemoveRoleFromInstanceProfile$, (scope, { InstanceProfileName, RoleName }) => {
  const profile = requireProfile(scope, InstanceProfileName!);
  if (profile.role !== RoleName) fault(NoSuchEntityException, `The role with name ${RoleName} cannot be found in the instance profile.`);
  instanceProfiles.patch(scope, profile.id, { role: undefined });
  return {};
});

export const deleteInstanceProfile = operation(DeleteInstanceProfile$, (scope, { InstanceProfileName }) => {
  const profile = requireProfile(scope, InstanceProfileName!);
  if (profile.role !== undefined) fault(DeleteConflictException, "Cannot delete entity, must remove roles from instance profile first.");
  instanceProfiles.remove(scope, profile.id);
  return {};
});

export const profileArn = (account: string, { path, id }: Pick<InstanceProfile, "path" | "id">): string =>
  `arn:aws:iam::${account}:instance-profile${path}${id}`;

const requireProfile = (scope: Scope, name: string): InstanceProfile =>
  instanceProfiles.get(scope, name) ?? fault(NoSuchEntityException, `Instance Profile ${name} cannot be found.`);

function shown(scope: Scope, profile: InstanceProfile) {
  const role = profile.role === undefined ? undefined : roles.get(scope, profile.role);
  return {
    Path: profile.path,
    InstanceProfileName: profile.id,
    InstanceProfileId: profile.profileId,
    Arn: profileArn(scope.account, profile),
    CreateDate: new Date(profile.createdAt),
    Roles: role === undefined ? [] : [shownRole(scope, role)],
    ...(Object.keys(profile.tags).length > 0 && { Tags: tagList(profile.tags) }),
  };
}
