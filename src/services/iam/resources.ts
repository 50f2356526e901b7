import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import { allTags, tagList, tagsOf } from "../../kernel/tag.ts";
import { checkPolicyDocument } from "./document.ts";
import { instanceProfiles, profileArn } from "./instance-profile.ts";
import { newProvider, oidcProviders, providerArn, providerIdOf } from "./oidc-provider.ts";
import { groupAdditionResource, groupResource } from "./resource-group.ts";
import { held, heldRefusal, liveHeld, type Properties, textOf } from "./resource-holder.ts";
import { policyResources } from "./resource-policy.ts";
import { accessKeyResource, userResource } from "./resource-user.ts";
import { newRole, newServiceLinkedRole, requireRole, roleArn, roles } from "./role.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html; its id is its name. */
const roleResource: ResourceType<Properties> = {
  type: "AWS::IAM::Role",
  ensure: (scope, declared, id, { generatedName, logicalId, tags, previous = {} }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["RoleName"] ?? nameWithin(64, generatedName, logicalId);
      const trustPolicy = textOf(declared["AssumeRolePolicyDocument"]);
      checkPolicyDocument(trustPolicy);
      const known = roles.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::IAM::Role", name);
      const role = known ?? newRole(scope, { name, path: declared["Path"] ?? "/", trustPolicy });
      roles.put(scope, { ...role, trustPolicy, ...held(declared, previous, role) });
      roles.patch(scope, name, {
        description: declared["Description"],
        boundaryArn: declared["PermissionsBoundary"],
        maxSessionSeconds: Number(declared["MaxSessionDuration"] ?? 3600),
        tags: allTags(tags, declared["Tags"]),
      });
      return name;
    }),
  read(scope, id) {
    const role = roles.get(scope, id);
    if (role === undefined) return undefined;
    return present({
      RoleName: id,
      RoleId: role.roleId,
      Arn: roleArn(scope.account, role),
      Path: role.path,
      AssumeRolePolicyDocument: JSON.parse(role.trustPolicy),
      MaxSessionDuration: role.maxSessionSeconds,
      Description: role.description,
      PermissionsBoundary: role.boundaryArn,
      ...liveHeld(scope, "roles", role),
      Tags: tagList(role.tags),
    });
  },
  remove(scope, id, { previous }) {
    const role = roles.get(scope, id);
    if (role === undefined) return { state: "done", id };
    const reason = instanceProfiles.list(scope).some(({ role: name }) => name === id)
      ? "Cannot delete entity, must remove roles from instance profile first."
      : heldRefusal(role, previous ?? liveHeld(scope, "roles", role));
    if (reason !== undefined) return { state: "failed", id, reason };
    roles.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => roles.list(scope).map(({ id }) => id),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-servicelinkedrole.html; its id is its name. */
const serviceLinkedRoleResource: ResourceType<Properties> = {
  type: "AWS::IAM::ServiceLinkedRole",
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const { AWSServiceName, CustomSuffix, Description } = declared;
      const name = id ?? newServiceLinkedRole(scope, AWSServiceName, CustomSuffix, undefined).id;
      requireRole(scope, name);
      roles.patch(scope, name, { description: Description });
      return name;
    }),
  read(scope, id) {
    const role = roles.get(scope, id);
    if (!role?.path.startsWith("/aws-service-role/")) return undefined;
    return present({ RoleName: id, AWSServiceName: role.path.split("/")[2], Description: role.description });
  },
  remove(scope, id) {
    roles.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) =>
    roles
      .list(scope)
      .filter(({ path }) => path.startsWith("/aws-service-role/"))
      .map(({ id }) => id),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-instanceprofile.html; its id is its name. */
const instanceProfileResource: ResourceType<Properties> = {
  type: "AWS::IAM::InstanceProfile",
  ensure: (scope, declared, id, { generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["InstanceProfileName"] ?? nameWithin(128, generatedName, logicalId);
      const known = instanceProfiles.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::IAM::InstanceProfile", name);
      const fresh = { id: name, path: declared["Path"] ?? "/", createdAt: scope.clock.now() };
      const profile = known ?? { ...fresh, profileId: `AIPA${scope.id.text(17)}` };
      const role = requireRole(scope, declared["Roles"][0]).id;
      instanceProfiles.put(scope, { ...profile, role, tags: tagsOf(tags) });
      return name;
    }),
  read(scope, id) {
    const profile = instanceProfiles.get(scope, id);
    if (profile === undefined) return undefined;
    return present({
      InstanceProfileName: id,
      Arn: profileArn(scope.account, profile),
      Path: profile.path,
      Roles: profile.role === undefined ? [] : [profile.role],
      Tags: tagList(profile.tags),
    });
  },
  remove(scope, id) {
    instanceProfiles.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => instanceProfiles.list(scope).map(({ id }) => id),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-oidcprovider.html; its id is its ARN. */
const oidcProviderResource: ResourceType<Properties> = {
  type: "AWS::IAM::OIDCProvider",
  ensure: (scope, declared, id, { tags }) =>
    attempt(scope, () => {
      const { Url, ClientIdList: clientIds = [], ThumbprintList: thumbprints = [], Tags } = declared;
      const settings = { clientIds, thumbprints, tags: allTags(tags, Tags) };
      const key = id === undefined ? newProvider(scope, Url, settings).id : providerIdOf(id);
      oidcProviders.patch(scope, key, settings);
      return providerArn(scope.account, key);
    }),
  read(scope, id) {
    const provider = oidcProviders.get(scope, providerIdOf(id));
    if (provider === undefined) return undefined;
    const { id: host, clientIds, thumbprints, tags } = provider;
    return present({ Arn: id, Url: `https://${host}`, ClientIdList: clientIds, ThumbprintList: thumbprints, Tags: tagList(tags) });
  },
  remove(scope, id) {
    oidcProviders.remove(scope, providerIdOf(id));
    return { state: "done", id };
  },
  list: (scope) => oidcProviders.list(scope).map(({ id }) => providerArn(scope.account, id)),
};

export const iamResources = [
  roleResource,
  serviceLinkedRoleResource,
  userResource,
  accessKeyResource,
  groupResource,
  groupAdditionResource,
  ...policyResources,
  instanceProfileResource,
  oidcProviderResource,
];
