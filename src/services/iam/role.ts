import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  CreateRole$,
  CreateServiceLinkedRole$,
  DeleteConflictException,
  DeleteRole$,
  DeleteRolePermissionsBoundary$,
  DeleteServiceLinkedRole$,
  EntityAlreadyExistsException,
  GetRole$,
  GetServiceLinkedRoleDeletionStatus$,
  InvalidInputException,
  ListRoles$,
  ListRoleTags$,
  NoSuchEntityException,
  PutRolePermissionsBoundary$,
  TagRole$,
  UntagRole$,
  UpdateAssumeRolePolicy$,
  UpdateRole$,
  UpdateRoleDescription$,
} from "../../sdk/iam.js";
import { checkPolicyDocument } from "./document.ts";
import { instanceProfiles } from "./instance-profile.ts";
import { listed } from "./listed.ts";

/** A role, by its name. */
export interface Role extends Row {
  readonly path: string;
  readonly roleId: string;
  readonly trustPolicy: string;
  readonly description?: string;
  readonly maxSessionSeconds: number;
  readonly boundaryArn?: string;
  readonly createdAt: number;
  /** By name of the inline policy: its document. */
  readonly inline: Readonly<Record<string, string>>;
  /** The ARNs of the managed policies attached to it. */
  readonly attached: readonly string[];
  readonly tags: Tags;
}

export const roles = new Table<Role>("iam/role", { reach: "account", arn: (role, { account }) => roleArn(account, role) });

export const createRole = operation(CreateRole$, (scope, input) => {
  if (roles.get(scope, input.RoleName!)) fault(EntityAlreadyExistsException, `Role with name ${input.RoleName} already exists.`);
  checkPolicyDocument(input.AssumeRolePolicyDocument!);
  const role = newRole(scope, { name: input.RoleName!, path: input.Path ?? "/", trustPolicy: input.AssumeRolePolicyDocument! });
  const { Description, MaxSessionDuration, PermissionsBoundary, Tags } = input;
  const whole = {
    ...role,
    ...(Description !== undefined && { description: Description }),
    ...(MaxSessionDuration !== undefined && { maxSessionSeconds: MaxSessionDuration }),
    ...(PermissionsBoundary !== undefined && { boundaryArn: PermissionsBoundary }),
    tags: tagsOf(Tags),
  };
  return { Role: shown(scope, roles.put(scope, whole)) };
});

const SERVICE_PATH = "/aws-service-role/";

export const createServiceLinkedRole = operation(CreateServiceLinkedRole$, (scope, { AWSServiceName, CustomSuffix, Description }) => ({
  Role: shown(scope, newServiceLinkedRole(scope, AWSServiceName!, CustomSuffix, Description)),
}));

export function newServiceLinkedRole(scope: Scope, service: string, suffix: string | undefined, description: string | undefined): Role {
  const words = service
    .split(".")[0]!
    .split("-")
    .map((word) => word[0]!.toUpperCase() + word.slice(1));
  const name = `AWSServiceRoleFor${words.join("")}${suffix ? `_${suffix}` : ""}`;
  if (roles.get(scope, name))
    fault(InvalidInputException, `Service role name ${name} has been taken in this account, please try a different suffix.`);
  const statement = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" };
  const trustPolicy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const role = newRole(scope, { name, path: `${SERVICE_PATH}${service}/`, trustPolicy });
  return roles.put(scope, { ...role, ...(description && { description }) });
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteServiceLinkedRole.html: asks for the deletion; here nothing uses the role. */
export const deleteServiceLinkedRole = operation(DeleteServiceLinkedRole$, (scope, { RoleName }) => {
  const role = requireRole(scope, RoleName!);
  if (!role.path.startsWith(SERVICE_PATH)) fault(InvalidInputException, `${RoleName} is not a service-linked role.`);
  roles.remove(scope, role.id);
  return { DeletionTaskId: `task${role.path}${role.id}/${scope.id.uuid()}` };
});

export const getServiceLinkedRoleDeletionStatus = operation(GetServiceLinkedRoleDeletionStatus$, (scope, { DeletionTaskId }) => {
  const name = /^task\/aws-service-role\/[^/]+\/([^/]+)\//.exec(DeletionTaskId!)?.[1];
  if (name === undefined || roles.get(scope, name) !== undefined)
    fault(NoSuchEntityException, `Deletion task ${DeletionTaskId} cannot be found.`);
  return { Status: "SUCCEEDED" as const };
});

export const getRole = operation(GetRole$, (scope, { RoleName }) => ({ Role: shown(scope, requireRole(scope, RoleName!)) }));

export const listRoles = operation(ListRoles$, (scope, { PathPrefix = "/", ...paging }) => {
  const { items, paged } = listed(
    roles.list(scope).filter(({ path }) => path.startsWith(PathPrefix)),
    paging,
  );
  return { Roles: items.map((role) => shown(scope, role)), ...paged };
});

export const updateRole = operation(UpdateRole$, (scope, { RoleName, Description, MaxSessionDuration }) => {
  const { id } = requireRole(scope, RoleName!);
  // What is not said stays as it is: https://github.com/go-to-k/cdkd/pull/1239 tried it.
  roles.patch(scope, id, {
    ...(Description !== undefined && { description: Description }),
    ...(MaxSessionDuration !== undefined && { maxSessionSeconds: MaxSessionDuration }),
  });
  return {};
});

export const updateRoleDescription = operation(UpdateRoleDescription$, (scope, { RoleName, Description }) => {
  const { id } = requireRole(scope, RoleName!);
  return { Role: shown(scope, roles.patch(scope, id, { description: Description })) };
});

export const updateAssumeRolePolicy = operation(UpdateAssumeRolePolicy$, (scope, { RoleName, PolicyDocument }) => {
  const { id } = requireRole(scope, RoleName!);
  checkPolicyDocument(PolicyDocument!);
  roles.patch(scope, id, { trustPolicy: PolicyDocument! });
  return {};
});

export const deleteRole = operation(DeleteRole$, (scope, { RoleName }) => {
  const role = requireRole(scope, RoleName!);
  if (role.attached.length > 0) fault(DeleteConflictException, "Cannot delete entity, must detach all policies first.");
  if (Object.keys(role.inline).length > 0) fault(DeleteConflictException, "Cannot delete entity, must delete policies first.");
  if (instanceProfiles.list(scope).some(({ role: name }) => name === role.id)) {
    fault(DeleteConflictException, "Cannot delete entity, must remove roles from instance profile first.");
  }
  roles.remove(scope, role.id);
  return {};
});

export const putRolePermissionsBoundary = operation(PutRolePermissionsBoundary$, (scope, { RoleName, PermissionsBoundary }) => {
  roles.patch(scope, requireRole(scope, RoleName!).id, { boundaryArn: PermissionsBoundary! });
  return {};
});

export const deleteRolePermissionsBoundary = operation(DeleteRolePermissionsBoundary$, (scope, { RoleName }) => {
  roles.patch(scope, requireRole(scope, RoleName!).id, { boundaryArn: undefined });
  return {};
});

export const tagRole = operation(TagRole$, (scope, { RoleName, Tags }) => {
  const { id, tags } = requireRole(scope, RoleName!);
  roles.patch(scope, id, { tags: withTags(tags, tagsOf(Tags)) });
  return {};
});

export const untagRole = operation(UntagRole$, (scope, { RoleName, TagKeys }) => {
  const { id, tags } = requireRole(scope, RoleName!);
  roles.patch(scope, id, { tags: withoutTags(tags, TagKeys!) });
  return {};
});

export const listRoleTags = operation(ListRoleTags$, (scope, { RoleName }) => ({
  Tags: tagList(requireRole(scope, RoleName!).tags),
  IsTruncated: false,
}));

export const requireRole = (scope: Scope, name: string): Role =>
  roles.get(scope, name) ?? fault(NoSuchEntityException, `The role with name ${name} cannot be found.`);

export const roleArn = (account: string, { path, id }: Pick<Role, "path" | "id">): string => `arn:aws:iam::${account}:role${path}${id}`;

/** A role with nothing attached to it yet. */
export function newRole(scope: Scope, { name, path, trustPolicy }: { name: string; path: string; trustPolicy: string }): Role {
  const roleId = `AROA${scope.id.text(17)}`;
  return { id: name, path, roleId, trustPolicy, maxSessionSeconds: 3600, createdAt: scope.clock.now(), inline: {}, attached: [], tags: {} };
}

/** A role as the API shows it; documents are URL-encoded. */
export function shown(scope: Scope, role: Role) {
  const { boundaryArn, description, tags } = role;
  return {
    Path: role.path,
    RoleName: role.id,
    RoleId: role.roleId,
    Arn: roleArn(scope.account, role),
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeURIComponent(role.trustPolicy),
    MaxSessionDuration: role.maxSessionSeconds,
    ...(description !== undefined && { Description: description }),
    ...(boundaryArn && {
      PermissionsBoundary: { PermissionsBoundaryType: "PermissionsBoundaryPolicy" as const, PermissionsBoundaryArn: boundaryArn },
    }),
    ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
    RoleLastUsed: {},
  };
}
