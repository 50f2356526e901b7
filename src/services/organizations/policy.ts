import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { tagsOf } from "../../kernel/tag.ts";
import {
  AttachPolicy$,
  ConstraintViolationException,
  CreatePolicy$,
  DeletePolicy$,
  DescribePolicy$,
  DetachPolicy$,
  DuplicatePolicyAttachmentException,
  DuplicatePolicyException,
  InvalidInputException,
  ListPolicies$,
  ListPoliciesForTarget$,
  ListTargetsForPolicy$,
  MalformedPolicyDocumentException,
  PolicyInUseException,
  PolicyNotAttachedException,
  PolicyNotFoundException,
  type PolicyType,
  PolicyTypeNotEnabledException,
  TargetNotFoundException,
  UpdatePolicy$,
} from "../../sdk/organizations.js";
import { accountArn, accounts } from "./account.ts";
import { invalidToken, LOWER, type Organization, organizationArn, requireManaged, requireSeen } from "./organization.ts";
import { isParent, units } from "./organizational-unit.ts";
import { forgetTag, putTags } from "./tag.ts";

/** A policy of an organization; its id is the organization's, a slash and its own. */
export interface Policy extends Row {
  readonly policyId: string;
  readonly name: string;
  readonly description: string;
  readonly type: PolicyType;
  readonly content: string;
  readonly awsManaged: boolean;
  /** The roots, units and accounts that it is attached to. */
  readonly targets: readonly string[];
}

export const policies = new Table<Policy>("organizations/policy", { reach: "global" });

const LISTED_MAX = 20;
/** AWS's own policy, which is attached to all that comes to be. */
const FULL_ACCESS = "p-FullAWSAccess";
/** How many policies of a type a root, a unit or an account can have. */
const ATTACHED_MAX = 10;

export const createPolicy = operation(CreatePolicy$, (scope, { Name, Description, Type, Content, Tags }) => {
  const organization = requireManaged(scope);
  checkContent(Content!);
  checkName(scope, organization, Name!, Type!);
  const policyId = `p-${scope.id.text(8, LOWER)}`;
  const policy = policies.put(scope, {
    id: `${organization.id}/${policyId}`,
    policyId,
    name: Name!,
    description: Description!,
    type: Type!,
    content: Content!,
    awsManaged: false,
    targets: [],
  });
  putTags(scope, organization, policyId, tagsOf(Tags));
  return { Policy: shown(organization, policy) };
});

export const updatePolicy = operation(UpdatePolicy$, (scope, { PolicyId, Name, Description, Content }) => {
  const organization = requireManaged(scope);
  const policy = requireOwnPolicy(scope, organization, PolicyId!);
  if (Content !== undefined) checkContent(Content);
  if (Name !== undefined && Name !== policy.name) checkName(scope, organization, Name, policy.type);
  const changed = policies.patch(scope, policy.id, {
    ...(Name !== undefined && { name: Name }),
    ...(Description !== undefined && { description: Description }),
    ...(Content !== undefined && { content: Content }),
  });
  return { Policy: shown(organization, changed) };
});

export const deletePolicy = operation(DeletePolicy$, (scope, { PolicyId }) => {
  const organization = requireManaged(scope);
  const { id, targets } = requireOwnPolicy(scope, organization, PolicyId!);
  if (targets.length > 0)
    fault(PolicyInUseException, "You can't delete a policy that is attached to one or more entities. Detach it first and try again.");
  policies.remove(scope, id);
  forgetTag(scope, organization, PolicyId!);
  return {};
});

export const describePolicy = operation(DescribePolicy$, (scope, { PolicyId }) => {
  const organization = requireSeen(scope);
  return { Policy: shown(organization, requirePolicy(scope, organization, PolicyId!)) };
});

export const attachPolicy = operation(AttachPolicy$, (scope, { PolicyId, TargetId }) => {
  const organization = requireManaged(scope);
  const policy = requirePolicy(scope, organization, PolicyId!);
  requireTarget(scope, organization, TargetId!);
  if (!organization.policyTypes.includes(policy.type))
    fault(PolicyTypeNotEnabledException, "This operation can be performed only for enabled policy types.");
  if (policy.targets.includes(TargetId!))
    fault(DuplicatePolicyAttachmentException, "A policy with the specified name and type already exists.");
  if (attachedTo(scope, organization, TargetId!, policy.type).length >= ATTACHED_MAX)
    fault(ConstraintViolationException, "You have attained the maximum number of policies that can be attached to the target.", {
      Reason: "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
    });
  policies.patch(scope, policy.id, { targets: [...policy.targets, TargetId!] });
  return {};
});

export const detachPolicy = operation(DetachPolicy$, (scope, { PolicyId, TargetId }) => {
  const organization = requireManaged(scope);
  const policy = requirePolicy(scope, organization, PolicyId!);
  requireTarget(scope, organization, TargetId!);
  if (!policy.targets.includes(TargetId!)) fault(PolicyNotAttachedException, "The policy isn't attached to the specified target.");
  const last = policy.type === "SERVICE_CONTROL_POLICY" && attachedTo(scope, organization, TargetId!, policy.type).length === 1;
  if (last && organization.policyTypes.includes(policy.type))
    fault(
      ConstraintViolationException,
      "You cannot remove the last policy attached to the specified target. You must have at least one attached at all times.",
      {
        Reason: "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
      },
    );
  policies.patch(scope, policy.id, { targets: policy.targets.filter((target) => target !== TargetId) });
  return {};
});

export const listPolicies = operation(ListPolicies$, (scope, { Filter, NextToken, MaxResults = LISTED_MAX }) => {
  const organization = requireSeen(scope);
  const found = policiesOf(scope, organization).filter(({ type }) => type === Filter);
  const { items, nextToken } = page(found, ({ id }) => id, MaxResults, NextToken, invalidToken);
  return { Policies: items.map((policy) => summaryOf(organization, policy)), ...(nextToken && { NextToken: nextToken }) };
});

export const listPoliciesForTarget = operation(
  ListPoliciesForTarget$,
  (scope, { TargetId, Filter, NextToken, MaxResults = LISTED_MAX }) => {
    const organization = requireSeen(scope);
    requireTarget(scope, organization, TargetId!);
    const found = attachedTo(scope, organization, TargetId!, Filter!);
    const { items, nextToken } = page(found, ({ id }) => id, MaxResults, NextToken, invalidToken);
    return { Policies: items.map((policy) => summaryOf(organization, policy)), ...(nextToken && { NextToken: nextToken }) };
  },
);

export const listTargetsForPolicy = operation(ListTargetsForPolicy$, (scope, { PolicyId, NextToken, MaxResults = LISTED_MAX }) => {
  const organization = requireSeen(scope);
  const { targets } = requirePolicy(scope, organization, PolicyId!);
  const { items, nextToken } = page([...targets].sort(), (id) => id, MaxResults, NextToken, invalidToken);
  return { Targets: items.map((id) => shownTarget(scope, organization, id)), ...(nextToken && { NextToken: nextToken }) };
});

/** What is new is allowed everything, until somebody says otherwise. */
export function attachFullAccess(scope: Scope, { id }: Organization, target: string): void {
  const known: Policy = policies.get(scope, `${id}/${FULL_ACCESS}`) ?? {
    id: `${id}/${FULL_ACCESS}`,
    policyId: FULL_ACCESS,
    name: "FullAWSAccess",
    description: "Allows access to every operation",
    type: "SERVICE_CONTROL_POLICY",
    content: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }),
    awsManaged: true,
    targets: [],
  };
  policies.put(scope, { ...known, targets: [...known.targets, target] });
}

/** Nothing is attached to it any more. */
export function detachAll(scope: Scope, organization: Organization, target: string): void {
  for (const { id, targets } of policiesOf(scope, organization))
    if (targets.includes(target)) policies.patch(scope, id, { targets: targets.filter((one) => one !== target) });
}

export function forgetPolicies(scope: Scope, organization: Organization): void {
  for (const { id } of policiesOf(scope, organization)) policies.remove(scope, id);
}

const policiesOf = (scope: Scope, { id }: Organization): Policy[] => policies.list(scope, `${id}/`);

const attachedTo = (scope: Scope, organization: Organization, target: string, type: PolicyType): Policy[] =>
  policiesOf(scope, organization).filter((policy) => policy.type === type && policy.targets.includes(target));

const requirePolicy = (scope: Scope, { id }: Organization, policy: string): Policy =>
  policies.get(scope, `${id}/${policy}`) ?? fault(PolicyNotFoundException, "We can't find a policy with the PolicyId that you specified.");

function requireOwnPolicy(scope: Scope, organization: Organization, id: string): Policy {
  const policy = requirePolicy(scope, organization, id);
  if (policy.awsManaged)
    fault(InvalidInputException, "You specified a policy that is managed by AWS and can't be changed.", { Reason: "IMMUTABLE_POLICY" });
  return policy;
}

function requireTarget(scope: Scope, organization: Organization, id: string): void {
  if (!isParent(scope, organization, id) && accounts.get(scope, id)?.organization !== organization.id)
    fault(TargetNotFoundException, "You specified a target that doesn't exist.");
}

function checkName(scope: Scope, organization: Organization, name: string, type: PolicyType): void {
  if (policiesOf(scope, organization).some((policy) => policy.name === name && policy.type === type))
    fault(DuplicatePolicyException, "A policy with the same name already exists.");
}

function checkContent(content: string): void {
  try {
    JSON.parse(content);
  } catch {
    fault(MalformedPolicyDocumentException, "The provided policy document does not meet the requirements of the specified policy type.");
  }
}

function summaryOf(organization: Organization, { policyId, name, description, type, awsManaged }: Policy) {
  const kind = type.toLowerCase();
  return {
    Id: policyId,
    Arn: awsManaged
      ? `arn:aws:organizations::aws:policy/${kind}/${policyId}`
      : organizationArn(organization, `policy/${organization.id}/${kind}/${policyId}`),
    Name: name,
    Description: description,
    Type: type,
    AwsManaged: awsManaged,
  };
}

const shown = (organization: Organization, policy: Policy) => ({
  PolicySummary: summaryOf(organization, policy),
  Content: policy.content,
});

function shownTarget(scope: Scope, organization: Organization, id: string) {
  const account = accounts.get(scope, id);
  if (account !== undefined) return { TargetId: id, Arn: accountArn(organization, id), Name: account.name, Type: "ACCOUNT" as const };
  const unit = units.get(scope, id);
  if (unit !== undefined)
    return {
      TargetId: id,
      Arn: organizationArn(organization, `ou/${organization.id}/${id}`),
      Name: unit.name,
      Type: "ORGANIZATIONAL_UNIT" as const,
    };
  return { TargetId: id, Arn: organizationArn(organization, `root/${organization.id}/${id}`), Name: "Root", Type: "ROOT" as const };
}
