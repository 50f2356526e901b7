import { service } from "../../kernel/service.ts";
import * as keys from "./access-key.ts";
import { authorize } from "./evaluate.ts";
import * as group from "./group.ts";
import { holderOperations } from "./holder.ts";
import * as profile from "./instance-profile.ts";
import { oidcOperations, oidcProviders } from "./oidc-provider.ts";
import * as policy from "./policy.ts";
import { groupAdditions } from "./resource-group.ts";
import { inlinePolicies } from "./resource-holder.ts";
import { iamResources } from "./resources.ts";
import * as role from "./role.ts";
import * as credential from "./service-credential.ts";
import * as user from "./user.ts";

export const iam = service({
  name: "iam",
  operations: [
    role.createRole,
    role.createServiceLinkedRole,
    role.deleteRole,
    role.deleteRolePermissionsBoundary,
    role.getRole,
    role.listRoles,
    role.listRoleTags,
    role.putRolePermissionsBoundary,
    role.tagRole,
    role.untagRole,
    role.updateAssumeRolePolicy,
    role.updateRole,
    role.updateRoleDescription,
    role.deleteServiceLinkedRole,
    role.getServiceLinkedRoleDeletionStatus,
    group.addUserToGroup,
    group.createGroup,
    group.deleteGroup,
    group.getGroup,
    group.listGroups,
    group.listGroupsForUser,
    group.removeUserFromGroup,
    group.updateGroup,
    user.createUser,
    user.deleteUser,
    user.deleteUserPermissionsBoundary,
    user.getUser,
    user.listUsers,
    user.listUserTags,
    user.putUserPermissionsBoundary,
    user.tagUser,
    user.untagUser,
    user.updateUser,
    keys.createAccessKey,
    keys.deleteAccessKey,
    keys.getAccessKeyLastUsed,
    keys.listAccessKeys,
    keys.updateAccessKey,
    credential.createServiceSpecificCredential,
    credential.deleteServiceSpecificCredential,
    credential.listServiceSpecificCredentials,
    credential.resetServiceSpecificCredential,
    credential.updateServiceSpecificCredential,
    policy.createPolicy,
    policy.createPolicyVersion,
    policy.deletePolicy,
    policy.deletePolicyVersion,
    policy.getPolicy,
    policy.getPolicyVersion,
    policy.listEntitiesForPolicy,
    policy.listPolicies,
    policy.listPolicyVersions,
    policy.setDefaultPolicyVersion,
    policy.tagPolicy,
    policy.untagPolicy,
    profile.addRoleToInstanceProfile,
    profile.createInstanceProfile,
    profile.deleteInstanceProfile,
    profile.getInstanceProfile,
    profile.listInstanceProfiles,
    profile.listInstanceProfilesForRole,
    profile.removeRoleFromInstanceProfile,
    ...holderOperations,
    ...oidcOperations,
  ],
  tables: [
    role.roles,
    user.users,
    group.groups,
    groupAdditions,
    keys.accessKeys,
    credential.serviceCredentials,
    policy.policies,
    inlinePolicies,
    profile.instanceProfiles,
    oidcProviders,
  ],
  resources: iamResources,
  keys: keys.ownerOfKey,
  authorize,
});
