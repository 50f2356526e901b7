import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  CreatePolicy$,
  CreatePolicyVersion$,
  DeleteConflictException,
  DeletePolicy$,
  DeletePolicyVersion$,
  EntityAlreadyExistsException,
  GetPolicy$,
  GetPolicyVersion$,
  LimitExceededException,
  ListEntitiesForPolicy$,
  ListPolicies$,
  ListPolicyVersions$,
  NoSuchEntityException,
  SetDefaultPolicyVersion$,
  TagPolicy$,
  UntagPolicy$,
} from "../../sdk/iam.js";
import { type AwsPolicy, awsPolicies, isOfAws } from "./aws-managed.ts";
import { checkPolicyDocument } from "./document.ts";
import { groups } from "./group.ts";
import { listed } from "./listed.ts";
import { roles } from "./role.ts";
import { users } from "./user.ts";

/** A managed policy of the account, by its name. */
export interface Policy extends Row {
  readonly path: string;
  readonly policyId: string;
  readonly description?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly defaultVersion: string;
  readonly nextVersion: number;
  /** By version id (v1, v2, …). */
  readonly versions: Readonly<Record<string, { readonly document: string; readonly createdAt: number }>>;
  readonly tags: Tags;
  /** Whom its template gives it to. */
  readonly given?: Holdings;
}

/** Names of roles, users and groups. */
export interface Holdings {
  readonly roles: readonly string[];
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

export const policies = new Table<Policy>("iam/policy", { reach: "account", arn: (policy, { account }) => policyArn(account, policy) });

export const createPolicy = operation(CreatePolicy$, (scope, { PolicyName, Path = "/", PolicyDocument, Description, Tags }) => {
  if (policies.get(scope, PolicyName!))
    fault(EntityAlreadyExistsException, `A policy called ${PolicyName} already exists. Duplicate names are not allowed.`);
  return {
    Policy: shown(
      scope,
      newPolicy(scope, { name: PolicyName!, path: Path, document: PolicyDocument!, description: Description, tags: tagsOf(Tags) }),
    ),
  };
});

export const getPolicy = operation(GetPolicy$, (scope, { PolicyArn }) => {
  const ofAws = awsPolicies.find(PolicyArn!);
  return { Policy: ofAws === undefined ? shown(scope, requirePolicy(scope, PolicyArn!)) : shownOfAws(scope, ofAws) };
});

export const listPolicies = operation(ListPolicies$, (scope, { PathPrefix = "/", OnlyAttached, Scope: wanted, ...paging }) => {
  const own = wanted === "AWS" ? [] : policies.list(scope).map((policy) => policyArn(scope.account, policy));
  const ofAws = wanted === "Local" ? [] : awsPolicies.list().map(({ arn }) => arn);
  const attached = OnlyAttached ? new Set(holders(scope).flatMap((holder) => holder.attached)) : undefined;
  const all = [...own, ...ofAws]
    .filter((arn) => pathOf(arn).startsWith(PathPrefix) && (attached === undefined || attached.has(arn)))
    .sort();
  const { items, paged } = listed(
    all.map((id) => ({ id })),
    paging,
  );
  const policyOf = (arn: string) => (isOfAws(arn) ? shownOfAws(scope, awsPolicies.find(arn)!) : shown(scope, requirePolicy(scope, arn)));
  return { Policies: items.map(({ id }) => policyOf(id)), ...paged };
});

export const deletePolicy = operation(DeletePolicy$, (scope, { PolicyArn }) => {
  const policy = requirePolicy(scope, PolicyArn!);
  if (holdersOf(scope, PolicyArn!).length > 0) fault(DeleteConflictException, "Cannot delete a policy attached to entities.");
  if (Object.keys(policy.versions).length > 1) {
    fault(
      DeleteConflictException,
      "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
    );
  }
  policies.remove(scope, policy.id);
  return {};
});

export const createPolicyVersion = operation(CreatePolicyVersion$, (scope, { PolicyArn, PolicyDocument, SetAsDefault }) => {
  const { policy, version } = addVersion(scope, requirePolicy(scope, PolicyArn!), PolicyDocument!, SetAsDefault ?? false);
  return { PolicyVersion: shownVersion(policy, version) };
});

export const getPolicyVersion = operation(GetPolicyVersion$, (scope, { PolicyArn, VersionId }) => {
  const ofAws = awsPolicies.find(PolicyArn!);
  if (ofAws !== undefined) {
    // Only the newest of AWS's versions is known.
    if (ofAws.version !== VersionId)
      fault(NoSuchEntityException, `Policy ${PolicyArn} version ${VersionId} does not exist or is not attachable.`);
    return { PolicyVersion: { ...versionOfAws(ofAws), Document: encodeURIComponent(awsPolicies.document(PolicyArn!)) } };
  }
  const policy = requirePolicy(scope, PolicyArn!);
  requireVersion(policy, VersionId!);
  return { PolicyVersion: { ...shownVersion(policy, VersionId!), Document: encodeURIComponent(policy.versions[VersionId!]!.document) } };
});

export const listPolicyVersions = operation(ListPolicyVersions$, (scope, { PolicyArn }) => {
  const ofAws = awsPolicies.find(PolicyArn!);
  if (ofAws !== undefined) return { Versions: [versionOfAws(ofAws)], IsTruncated: false };
  const policy = requirePolicy(scope, PolicyArn!);
  return {
    Versions: Object.keys(policy.versions)
      .reverse()
      .map((version) => shownVersion(policy, version)),
    IsTruncated: false,
  };
});

export const setDefaultPolicyVersion = operation(SetDefaultPolicyVersion$, (scope, { PolicyArn, VersionId }) => {
  const policy = requirePolicy(scope, PolicyArn!);
  requireVersion(policy, VersionId!);
  policies.patch(scope, policy.id, { defaultVersion: VersionId!, updatedAt: scope.clock.now() });
  return {};
});

export const deletePolicyVersion = operation(DeletePolicyVersion$, (scope, { PolicyArn, VersionId }) => {
  const policy = requirePolicy(scope, PolicyArn!);
  requireVersion(policy, VersionId!);
  if (policy.defaultVersion === VersionId) fault(DeleteConflictException, "Cannot delete the default version of a policy.");
  const { [VersionId!]: _, ...versions } = policy.versions;
  policies.patch(scope, policy.id, { versions });
  return {};
});

export const listEntitiesForPolicy = operation(ListEntitiesForPolicy$, (scope, { PolicyArn }) => {
  const found = holdersOf(scope, PolicyArn!);
  return {
    PolicyRoles: found.flatMap((holder) => ("roleId" in holder ? [{ RoleName: holder.id, RoleId: holder.roleId }] : [])),
    PolicyUsers: found.flatMap((holder) => ("userId" in holder ? [{ UserName: holder.id, UserId: holder.userId }] : [])),
    PolicyGroups: found.flatMap((holder) => ("groupId" in holder ? [{ GroupName: holder.id, GroupId: holder.groupId }] : [])),
    IsTruncated: false,
  };
});

export const tagPolicy = operation(TagPolicy$, (scope, { PolicyArn, Tags }) => {
  const { id, tags } = requirePolicy(scope, PolicyArn!);
  policies.patch(scope, id, { tags: withTags(tags, tagsOf(Tags)) });
  return {};
});

export const untagPolicy = operation(UntagPolicy$, (scope, { PolicyArn, TagKeys }) => {
  const { id, tags } = requirePolicy(scope, PolicyArn!);
  policies.patch(scope, id, { tags: withoutTags(tags, TagKeys!) });
  return {};
});

export function newPolicy(
  scope: Scope,
  {
    name,
    path,
    document,
    description,
    tags,
  }: { name: string; path: string; document: string; description: string | undefined; tags: Tags },
): Policy {
  checkPolicyDocument(document);
  const now = scope.clock.now();
  const versions = { v1: { document, createdAt: now } };
  const policy = {
    id: name,
    path,
    policyId: `ANPA${scope.id.text(17)}`,
    createdAt: now,
    updatedAt: now,
    defaultVersion: "v1",
    nextVersion: 2,
    versions,
    tags,
  };
  return policies.put(scope, { ...policy, ...(description !== undefined && { description }) });
}

/** Five versions at most; the caller decides which to give up. */
export function addVersion(scope: Scope, policy: Policy, document: string, makeDefault: boolean): { policy: Policy; version: string } {
  checkPolicyDocument(document);
  if (Object.keys(policy.versions).length >= 5) {
    fault(
      LimitExceededException,
      "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
    );
  }
  const version = `v${policy.nextVersion}`;
  const now = scope.clock.now();
  const versions = { ...policy.versions, [version]: { document, createdAt: now } };
  const change = { versions, nextVersion: policy.nextVersion + 1, updatedAt: now, ...(makeDefault && { defaultVersion: version }) };
  return { policy: policies.patch(scope, policy.id, change), version };
}

/** The document in force of a managed policy, AWS's own or the account's; undefined where there is none. */
export function documentOf(scope: Scope, arn: string): string | undefined {
  if (isOfAws(arn)) return awsPolicies.document(arn);
  const policy = policies.get(scope.at(arn), arn.split("/").at(-1)!);
  return policy?.versions[policy.defaultVersion]?.document;
}

export function requirePolicy(scope: Scope, arn: string): Policy {
  const policy = policies.get(scope.at(arn), arn.split("/").at(-1)!);
  return policy ?? fault(NoSuchEntityException, `Policy ${arn} was not found.`);
}

export const policyArn = (account: string, { path, id }: Pick<Policy, "path" | "id">): string =>
  `arn:aws:iam::${account}:policy${path}${id}`;

/** The path in a policy's ARN: /service-role/ and the like. */
const pathOf = (arn: string): string => arn.slice(arn.indexOf(":policy/") + ":policy".length, arn.lastIndexOf("/") + 1);

/** The roles, users and groups that a managed policy is attached to. */
export const holdersOf = (scope: Scope, arn: string) => holders(scope).filter(({ attached }) => attached.includes(arn));

const holders = (scope: Scope) => [...roles.list(scope), ...users.list(scope), ...groups.list(scope)];

/** How many roles and users have a managed policy as their boundary. */
export const boundariesOf = (scope: Scope, arn: string): number =>
  [...roles.list(scope), ...users.list(scope)].filter(({ boundaryArn }) => boundaryArn === arn).length;

const requireVersion = (policy: Policy, version: string): void => {
  if (policy.versions[version] === undefined) fault(NoSuchEntityException, `Policy version ${version} does not exist.`);
};

const shownVersion = ({ versions, defaultVersion }: Policy, version: string) => ({
  VersionId: version,
  IsDefaultVersion: version === defaultVersion,
  CreateDate: new Date(versions[version]!.createdAt),
});

const versionOfAws = ({ version, known }: AwsPolicy) => ({
  VersionId: version,
  IsDefaultVersion: true,
  ...(known && { CreateDate: known.updatedAt }),
});

const shownOfAws = (scope: Scope, { name, arn, path, version, known }: AwsPolicy) => ({
  PolicyName: name,
  Arn: arn,
  Path: path,
  DefaultVersionId: version,
  AttachmentCount: holdersOf(scope, arn).length,
  PermissionsBoundaryUsageCount: boundariesOf(scope, arn),
  IsAttachable: true,
  ...(known
    ? { CreateDate: known.createdAt, UpdateDate: known.updatedAt }
    : { Description: "Slipway does not know this policy of AWS's: where trust is enforced it allows nothing." }),
});

function shown(scope: Scope, policy: Policy) {
  const { tags, description } = policy;
  const arn = policyArn(scope.account, policy);
  return {
    PolicyName: policy.id,
    PolicyId: policy.policyId,
    Arn: arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: holdersOf(scope, arn).length,
    PermissionsBoundaryUsageCount: boundariesOf(scope, arn),
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
    ...(description !== undefined && { Description: description }),
    ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
  };
}
