import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Table } from "../../kernel/table.ts";
import { checkPolicyDocument } from "./document.ts";
import { groups, requireGroup } from "./group.ts";
import { addVersion, boundariesOf, type Holdings, holdersOf, newPolicy, type Policy, policies, policyArn } from "./policy.ts";
import { type Holder, type InlinePolicy, inlinePolicies, isDocument, type Properties, textOf } from "./resource-holder.ts";
import { requireRole, roles } from "./role.ts";
import { requireUser, users } from "./user.ts";

type Kind = keyof Holdings;

const KINDS = ["roles", "users", "groups"] as const;
const TABLES = { roles, users, groups } as unknown as Readonly<Record<Kind, Table<Holder>>>;
const REQUIRE = { roles: requireRole, users: requireUser, groups: requireGroup } as Readonly<
  Record<Kind, (scope: Scope, name: string) => Holder>
>;
const NOBODY: Holdings = { roles: [], users: [], groups: [] };
const VERSIONS_MAX = 5;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html; its id is its ARN. */
export const managedPolicyResource: ResourceType<Properties> = {
  type: "AWS::IAM::ManagedPolicy",
  ensure: (scope, declared, id, { generatedName, logicalId }) =>
    attempt(scope, () => {
      const name: string = id === undefined ? (declared["ManagedPolicyName"] ?? nameWithin(128, generatedName, logicalId)) : nameOf(id);
      const document = textOf(declared["PolicyDocument"]);
      const known = policies.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::IAM::ManagedPolicy", name);
      const { Path: path = "/", Description: description } = declared;
      const policy = known ?? newPolicy(scope, { name, path, document, description, tags: {} });
      if (!isDocument(policy.versions[policy.defaultVersion]!.document, document)) addVersion(scope, withRoom(scope, name), document, true);
      give(scope, name, holdingsOf(declared));
      return policyArn(scope.account, policy);
    }),
  read(scope, id) {
    const policy = policies.get(scope, nameOf(id));
    return policy && liveManaged(scope, policy, id);
  },
  remove(scope, id) {
    if (policies.get(scope, nameOf(id)) === undefined) return { state: "done", id };
    give(scope, nameOf(id), NOBODY);
    if (holdersOf(scope, id).length > 0) return { state: "failed", id, reason: "Cannot delete a policy attached to entities." };
    policies.remove(scope, nameOf(id));
    return { state: "done", id };
  },
  list: (scope) => policies.list(scope).map((policy) => policyArn(scope.account, policy)),
};

/** An inline policy of roles, users and groups; its id is a name that stands for it. */
const inlinePolicyResource: ResourceType<Properties> = {
  type: "AWS::IAM::Policy",
  ensure: (scope, declared, id, { generatedName, previous }) =>
    attempt(scope, () => {
      const physicalId = id ?? generatedName;
      const document = textOf(declared["PolicyDocument"]);
      adopt(scope, `policy/${physicalId}`, previous);
      putInline(scope, { id: `policy/${physicalId}`, name: declared["PolicyName"], document, ...holdingsOf(declared) });
      return physicalId;
    }),
  read(scope, id) {
    const policy = inlinePolicies.get(scope, `policy/${id}`);
    return policy && liveInline(scope, id, policy);
  },
  remove(scope, id, { previous }) {
    adopt(scope, `policy/${id}`, previous);
    dropInline(scope, `policy/${id}`);
    return { state: "done", id };
  },
  list: (scope) => inlinePolicies.list(scope, "policy/").map(({ id }) => id.slice("policy/".length)),
};

/** An inline policy of one holder; its id is POLICY|HOLDER. */
const partResource = (type: string, kind: Kind, member: string): ResourceType<Properties> => ({
  type,
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const { PolicyName: name, [member]: holder, PolicyDocument } = declared;
      const physicalId = `${name}|${holder}`;
      if (id === undefined && REQUIRE[kind](scope, holder).inline[name] !== undefined) return alreadyExists(type, physicalId);
      const document = textOf(PolicyDocument ?? { Version: "2012-10-17", Statement: [] });
      putInline(scope, { id: `${kind}/${physicalId}`, name, document, ...NOBODY, [kind]: [holder] });
      return physicalId;
    }),
  read(scope, id) {
    const [name = "", holder = ""] = id.split("|");
    const document = TABLES[kind].get(scope, holder)?.inline[name];
    return document === undefined ? undefined : { PolicyName: name, [member]: holder, PolicyDocument: JSON.parse(document) };
  },
  remove(scope, id) {
    const [name = "", holder = ""] = id.split("|");
    takeInline(scope, kind, holder, name);
    inlinePolicies.remove(scope, `${kind}/${id}`);
    return { state: "done", id };
  },
  list: (scope) => TABLES[kind].list(scope).flatMap(({ id: holder, inline }) => Object.keys(inline).map((name) => `${name}|${holder}`)),
});

export const policyResources = [
  managedPolicyResource,
  inlinePolicyResource,
  partResource("AWS::IAM::RolePolicy", "roles", "RoleName"),
  partResource("AWS::IAM::UserPolicy", "users", "UserName"),
  partResource("AWS::IAM::GroupPolicy", "groups", "GroupName"),
];

const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf("/") + 1);

const holdingsOf = ({ Roles = [], Users = [], Groups = [] }: Properties): Holdings => ({ roles: Roles, users: Users, groups: Groups });

/** Attach a managed policy to those, and to nobody else that its template named before. */
function give(scope: Scope, name: string, now: Holdings): void {
  const { given = NOBODY, ...policy } = policies.get(scope, name)!;
  const arn = policyArn(scope.account, policy);
  for (const kind of KINDS) {
    for (const holder of new Set([...given[kind], ...now[kind]])) {
      const found = now[kind].includes(holder) ? REQUIRE[kind](scope, holder) : TABLES[kind].get(scope, holder);
      if (found === undefined) continue;
      const others = found.attached.filter((other) => other !== arn);
      TABLES[kind].put(scope, { ...found, attached: now[kind].includes(holder) ? [...others, arn] : others });
    }
  }
  policies.patch(scope, name, { given: now });
}

/** A managed policy that can take one more version: the oldest that is not in force goes. */
function withRoom(scope: Scope, name: string): Policy {
  const policy = policies.get(scope, name)!;
  const spare = Object.keys(policy.versions).find((version) => version !== policy.defaultVersion);
  if (Object.keys(policy.versions).length < VERSIONS_MAX || spare === undefined) return policy;
  const { [spare]: _, ...versions } = policy.versions;
  return policies.patch(scope, name, { versions });
}

function liveManaged(scope: Scope, policy: Policy, arn: string): Properties {
  const holders = holdersOf(scope, arn);
  const named = (kind: "roleId" | "userId" | "groupId"): string[] => holders.flatMap((holder) => (kind in holder ? [holder.id] : []));
  const { given = NOBODY } = policy;
  /** Whom it was given to, in the template's order, and then whoever has it besides. */
  const ordered = (declared: readonly string[], live: readonly string[]): string[] => [
    ...declared.filter((name) => live.includes(name)),
    ...live.filter((name) => !declared.includes(name)),
  ];
  return present({
    PolicyArn: arn,
    PolicyId: policy.policyId,
    ManagedPolicyName: policy.id,
    Path: policy.path,
    Description: policy.description,
    PolicyDocument: JSON.parse(policy.versions[policy.defaultVersion]!.document),
    Roles: ordered(given.roles, named("roleId")),
    Users: ordered(given.users, named("userId")),
    Groups: ordered(given.groups, named("groupId")),
    DefaultVersionId: policy.defaultVersion,
    IsAttachable: true,
    AttachmentCount: holders.length,
    PermissionsBoundaryUsageCount: boundariesOf(scope, arn),
    CreateDate: new Date(policy.createdAt).toISOString(),
    UpdateDate: new Date(policy.updatedAt).toISOString(),
  });
}

/** Stacks of earlier versions have given policies without noting whom. */
function adopt(scope: Scope, id: string, previous: Properties | undefined): void {
  if (previous?.["PolicyName"] === undefined || inlinePolicies.get(scope, id) !== undefined) return;
  const document = textOf(previous["PolicyDocument"]);
  inlinePolicies.put(scope, { id, name: previous["PolicyName"], document, ...holdingsOf(previous) });
}

/** Give the policy to its holders, and take it from those that had it and are not to have it under that name. */
function putInline(scope: Scope, policy: InlinePolicy): void {
  checkPolicyDocument(policy.document);
  const before = inlinePolicies.get(scope, policy.id);
  for (const kind of KINDS) {
    const gone = (before?.[kind] ?? []).filter((holder) => before?.name !== policy.name || !policy[kind].includes(holder));
    for (const holder of gone) takeInline(scope, kind, holder, before!.name);
    for (const holder of policy[kind]) {
      const found = REQUIRE[kind](scope, holder);
      TABLES[kind].put(scope, { ...found, inline: { ...found.inline, [policy.name]: policy.document } });
    }
  }
  inlinePolicies.put(scope, policy);
}

function dropInline(scope: Scope, id: string): void {
  const policy = inlinePolicies.get(scope, id);
  if (policy === undefined) return;
  for (const kind of KINDS) for (const holder of policy[kind]) takeInline(scope, kind, holder, policy.name);
  inlinePolicies.remove(scope, id);
}

function takeInline(scope: Scope, kind: Kind, holder: string, name: string): void {
  const found = TABLES[kind].get(scope, holder);
  if (found === undefined) return;
  const { [name]: _, ...inline } = found.inline;
  TABLES[kind].put(scope, { ...found, inline });
}

/** The holders that have it; of documents that are no longer the same, the one that somebody changed. */
function liveInline(scope: Scope, id: string, policy: InlinePolicy): Properties | undefined {
  const having = (kind: Kind): string[] =>
    policy[kind].filter((holder) => TABLES[kind].get(scope, holder)?.inline[policy.name] !== undefined);
  const documents = KINDS.flatMap((kind) => having(kind).map((holder) => TABLES[kind].get(scope, holder)!.inline[policy.name]!));
  if (documents.length === 0) return undefined;
  const changed = documents.find((document) => !isDocument(document, policy.document));
  return present({
    Id: id,
    PolicyName: policy.name,
    PolicyDocument: JSON.parse(changed ?? policy.document),
    Roles: having("roles"),
    Users: having("users"),
    Groups: having("groups"),
  });
}
