import { attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { tagList, tagsOf } from "../../kernel/tag.ts";
import { accessKeys, createAccessKey } from "./access-key.ts";
import { checkPolicyDocument } from "./document.ts";
import { instanceProfiles, profileArn } from "./instance-profile.ts";
import { addVersion, newPolicy, policies, policyArn } from "./policy.ts";
import { newRole, type Role, requireRole, roleArn, roles } from "./role.ts";
import { requireUser, type User, userArn, users } from "./user.ts";

type Properties = Readonly<Record<string, any>>;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html */
const role: ResourceType<Properties> = {
  type: "AWS::IAM::Role",
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const name = id ?? declared["RoleName"] ?? generatedName.slice(-64);
      const trustPolicy = textOf(declared["AssumeRolePolicyDocument"]);
      if (id === undefined && declared["RoleName"] !== undefined && roles.get(scope, name)) throw new Exists(name);
      const known = roles.get(scope, name) ?? newRole(scope, { name, path: declared["Path"] ?? "/", trustPolicy });
      const { boundaryArn: _boundary, description: _description, ...rest } = known;
      roles.put(scope, {
        ...rest,
        trustPolicy,
        ...(declared["Description"] !== undefined && { description: declared["Description"] }),
        ...(declared["PermissionsBoundary"] !== undefined && { boundaryArn: declared["PermissionsBoundary"] }),
        maxSessionSeconds: Number(declared["MaxSessionDuration"] ?? 3600),
        ...held(declared, known),
        tags: { ...tagsOf(tags), ...tagsOf(declared["Tags"]) },
      });
      return name;
    }),
  read(scope, id) {
    const found = roles.get(scope, id);
    if (found === undefined) return undefined;
    const { path, trustPolicy, description, maxSessionSeconds, boundaryArn, tags } = found;
    return {
      RoleName: id,
      Path: path,
      AssumeRolePolicyDocument: JSON.parse(trustPolicy),
      MaxSessionDuration: maxSessionSeconds,
      ...(description !== undefined && { Description: description }),
      ...(boundaryArn && { PermissionsBoundary: boundaryArn }),
      ...liveHeld(found),
      ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
    };
  },
  remove(scope, id) {
    if (instanceProfiles.list(scope).some(({ role: name }) => name === id)) {
      return { state: "failed", id, reason: "Cannot delete entity, must remove roles from instance profile first." };
    }
    roles.remove(scope, id);
    return { state: "done", id };
  },
  attributes(scope, id) {
    const found = requireRole(scope, id);
    return { Arn: roleArn(scope.account, found), RoleId: found.roleId };
  },
};

const user: ResourceType<Properties> = {
  type: "AWS::IAM::User",
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const name = id ?? declared["UserName"] ?? generatedName.slice(-64);
      const fresh = { id: name, path: declared["Path"] ?? "/", createdAt: scope.clock.now(), inline: {}, attached: [], tags: {} };
      const known: User = users.get(scope, name) ?? { ...fresh, userId: `AIDA${scope.id.text(17)}` };
      users.put(scope, { ...known, ...held(declared, known), tags: { ...tagsOf(tags), ...tagsOf(declared["Tags"]) } });
      return name;
    }),
  read(scope, id) {
    const found = users.get(scope, id);
    return (
      found && {
        UserName: id,
        Path: found.path,
        ...liveHeld(found),
        ...(Object.keys(found.tags).length > 0 && { Tags: tagList(found.tags) }),
      }
    );
  },
  remove(scope, id) {
    users.remove(scope, id);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Arn: userArn(scope.account, requireUser(scope, id)) }),
};

const accessKey: ResourceType<Properties> = {
  type: "AWS::IAM::AccessKey",
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const key = id ?? createAccessKey.handle(scope, { UserName: declared["UserName"] }).AccessKey!.AccessKeyId!;
      accessKeys.patch(scope, key, { status: declared["Status"] ?? "Active" });
      return key;
    }),
  read(scope, id) {
    const key = accessKeys.get(scope, id);
    return key && { Id: id, UserName: key.user, Status: key.status };
  },
  remove(scope, id) {
    accessKeys.remove(scope, id);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ SecretAccessKey: accessKeys.get(scope, id)?.secret }),
};

const managedPolicy: ResourceType<Properties> = {
  type: "AWS::IAM::ManagedPolicy",
  ensure: (scope, declared, id, { generatedName, previous = {} }) =>
    attempt(scope, () => {
      const name = id?.split("/").at(-1) ?? declared["ManagedPolicyName"] ?? generatedName.slice(-128);
      const document = textOf(declared["PolicyDocument"]);
      const known = policies.get(scope, name);
      const path = declared["Path"] ?? "/";
      const description = declared["Description"];
      const policy = known ?? newPolicy(scope, { name, path, document, description, tags: tagsOf(declared["Tags"]) });
      if (policy.versions[policy.defaultVersion]!.document !== document) addVersion(scope, withRoom(scope, policy.id), document, true);
      const arn = policyArn(scope.account, policy);
      attachTo(scope, arn, declared, previous);
      return arn;
    }),
  read(scope, id) {
    const policy = policies.get(scope, id.split("/").at(-1)!);
    if (policy === undefined) return undefined;
    const holding = (rows: readonly (Role | User)[]): string[] => rows.filter(({ attached }) => attached.includes(id)).map((row) => row.id);
    const Roles = holding(roles.list(scope));
    const Users = holding(users.list(scope));
    return {
      PolicyArn: id,
      ManagedPolicyName: policy.id,
      Path: policy.path,
      ...(policy.description !== undefined && { Description: policy.description }),
      PolicyDocument: JSON.parse(policy.versions[policy.defaultVersion]!.document),
      ...(Roles.length > 0 && { Roles }),
      ...(Users.length > 0 && { Users }),
    };
  },
  remove(scope, id, { previous = {} }) {
    attachTo(scope, id, {}, previous);
    policies.remove(scope, id.split("/").at(-1)!);
    return { state: "done", id };
  },
};

/** An inline policy on roles and users; its id is a name that stands for it. */
const inlinePolicy: ResourceType<Properties> = {
  type: "AWS::IAM::Policy",
  ensure: (scope, declared, id, { generatedName, previous = {} }) =>
    attempt(scope, () => {
      const document = textOf(declared["PolicyDocument"]);
      checkPolicyDocument(document);
      removeInline(scope, previous, declared);
      for (const name of declared["Roles"] ?? []) {
        const holder = requireRole(scope, name);
        roles.put(scope, { ...holder, inline: { ...holder.inline, [declared["PolicyName"]]: document } });
      }
      for (const name of declared["Users"] ?? []) {
        const holder = requireUser(scope, name);
        users.put(scope, { ...holder, inline: { ...holder.inline, [declared["PolicyName"]]: document } });
      }
      return id ?? generatedName;
    }),
  read: () => undefined,
  remove(scope, id, { previous = {} }) {
    removeInline(scope, previous, {});
    return { state: "done", id };
  },
};

const instanceProfile: ResourceType<Properties> = {
  type: "AWS::IAM::InstanceProfile",
  ensure: (scope, declared, id, { generatedName }) =>
    attempt(scope, () => {
      const name = id ?? declared["InstanceProfileName"] ?? generatedName.slice(-128);
      const fresh = { id: name, path: declared["Path"] ?? "/", createdAt: scope.clock.now(), tags: {} };
      const known = instanceProfiles.get(scope, name) ?? { ...fresh, profileId: `AIPA${scope.id.text(17)}` };
      instanceProfiles.put(scope, { ...known, role: requireRole(scope, declared["Roles"][0]).id });
      return name;
    }),
  read(scope, id) {
    const found = instanceProfiles.get(scope, id);
    return found && { InstanceProfileName: id, Path: found.path, Roles: found.role ? [found.role] : [] };
  },
  remove(scope, id) {
    instanceProfiles.remove(scope, id);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Arn: profileArn(scope.account, instanceProfiles.get(scope, id)!) }),
};

export const iamResources = [role, user, accessKey, managedPolicy, inlinePolicy, instanceProfile];

class Exists extends Error {
  readonly $fault = "client";
  constructor(name: string) {
    super(`Role with name ${name} already exists.`);
  }
}

const textOf = (document: unknown): string => (typeof document === "string" ? document : JSON.stringify(document));

/** The policies that a role's or user's own properties give it; those that other resources gave it stay. */
function held(declared: Properties, known: Role | User): Pick<Role, "inline" | "attached"> {
  const inline = Object.fromEntries(
    ((declared["Policies"] ?? []) as Properties[]).map((policy) => [policy["PolicyName"], textOf(policy["PolicyDocument"])]),
  );
  for (const document of Object.values(inline)) checkPolicyDocument(document as string);
  const attached = [
    ...new Set([...(declared["ManagedPolicyArns"] ?? []), ...known.attached.filter((arn) => !arn.startsWith("arn:aws:iam::aws:"))]),
  ];
  return { inline: { ...known.inline, ...inline }, attached };
}

const liveHeld = ({ inline, attached }: Role | User): Properties => ({
  ...(attached.length > 0 && { ManagedPolicyArns: attached }),
  ...(Object.keys(inline).length > 0 && {
    Policies: Object.entries(inline).map(([PolicyName, document]) => ({ PolicyName, PolicyDocument: JSON.parse(document) })),
  }),
});

/** A managed policy that can take one more version: the oldest that is not in force goes. */
function withRoom(scope: Scope, name: string) {
  const policy = policies.get(scope, name)!;
  const spare = Object.keys(policy.versions).find((version) => version !== policy.defaultVersion);
  if (Object.keys(policy.versions).length < 5 || spare === undefined) return policy;
  const { [spare]: _, ...versions } = policy.versions;
  return policies.patch(scope, name, { versions });
}

function attachTo(scope: Scope, arn: string, declared: Properties, previous: Properties): void {
  const change = (now: string[] = [], before: string[] = [], table: typeof roles | typeof users): void => {
    for (const name of new Set([...now, ...before])) {
      const holder = (table as typeof roles).get(scope, name);
      if (holder === undefined) continue;
      const others = holder.attached.filter((other) => other !== arn);
      (table as typeof roles).put(scope, { ...holder, attached: now.includes(name) ? [...others, arn] : others });
    }
  };
  change(declared["Roles"], previous["Roles"], roles);
  change(declared["Users"], previous["Users"], users);
}

/** Take an inline policy from whoever no longer is to have it under that name. */
function removeInline(scope: Scope, previous: Properties, declared: Properties): void {
  const name = previous["PolicyName"];
  if (name === undefined) return;
  const gone = (kind: string): string[] =>
    (previous[kind] ?? []).filter((holder: string) => declared["PolicyName"] !== name || !(declared[kind] ?? []).includes(holder));
  for (const holder of gone("Roles")) {
    const found = roles.get(scope, holder);
    if (found !== undefined) roles.put(scope, { ...found, inline: without(found.inline, name) });
  }
  for (const holder of gone("Users")) {
    const found = users.get(scope, holder);
    if (found !== undefined) users.put(scope, { ...found, inline: without(found.inline, name) });
  }
}

const without = (record: Readonly<Record<string, string>>, key: string): Record<string, string> => {
  const { [key]: _, ...rest } = record;
  return rest;
};
