import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import {
  DisablePolicyType$,
  EnablePolicyType$,
  ListRoots$,
  type PolicyType,
  PolicyTypeAlreadyEnabledException,
  PolicyTypeNotEnabledException,
  RootNotFoundException,
} from "../../sdk/organizations.js";
import { type Organization, organizationArn, organizations, requireManaged, requireSeen } from "./organization.ts";

export const listRoots = operation(ListRoots$, (scope) => ({ Roots: [shown(requireSeen(scope))] }));

export const enablePolicyType = operation(EnablePolicyType$, (scope, { RootId, PolicyType }) => {
  const { id, policyTypes } = requireRoot(requireManaged(scope), RootId!);
  if (policyTypes.includes(PolicyType!)) fault(PolicyTypeAlreadyEnabledException, "The specified policy type is already enabled.");
  return { Root: shown(organizations.patch(scope, id, { policyTypes: [...policyTypes, PolicyType!] })) };
});

export const disablePolicyType = operation(DisablePolicyType$, (scope, { RootId, PolicyType }) => {
  const { id, policyTypes } = requireRoot(requireManaged(scope), RootId!);
  if (!policyTypes.includes(PolicyType!))
    fault(PolicyTypeNotEnabledException, "This operation can be performed only for enabled policy types.");
  return { Root: shown(organizations.patch(scope, id, { policyTypes: policyTypes.filter((type) => type !== PolicyType) })) };
});

const requireRoot = (organization: Organization, id: string): Organization =>
  organization.root === id ? organization : fault(RootNotFoundException, "You specified a root that doesn't exist.");

const shown = (organization: Organization) => ({
  Id: organization.root,
  Arn: organizationArn(organization, `root/${organization.id}/${organization.root}`),
  Name: "Root",
  PolicyTypes: organization.policyTypes.map((Type: PolicyType) => ({ Type, Status: "ENABLED" as const })),
});
