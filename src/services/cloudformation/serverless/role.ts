import { awsManagedPolicy } from "./aws-managed-policies.ts";
import type { Context } from "./context.ts";
import { isSame, isText, type Section, unlessEmpty, type Value } from "./draft.ts";
import { isIf } from "./intrinsic.ts";
import { invalidResource } from "./invalid.ts";
import { convertIf, readPolicies } from "./policy.ts";
import { type Resource, resource } from "./resource.ts";

/** That a service may assume the role. */
export const trustOf = (service: string): Section => ({
  Version: "2012-10-17",
  Statement: [{ Action: ["sts:AssumeRole"], Effect: "Allow", Principal: { Service: [service] } }],
});

export const managedPolicyArn = (context: Context, name: string): string => `arn:${context.partition}:iam::aws:policy/${name}`;

/** An inline policy that allows one action on one resource. */
export const allowing = (name: string, action: Value, on: Value): Section => ({
  PolicyName: name,
  PolicyDocument: { Statement: [{ Action: action, Effect: "Allow", Resource: on }] },
});

export interface RoleOf {
  /** The id of the resource that the role is made for. */
  readonly id: string;
  readonly attributes: Section;
  readonly trust: Value;
  readonly policies: Value;
  readonly managedPolicyArns?: Value[];
  readonly inlinePolicies?: Value[];
  readonly path?: Value;
  readonly permissionsBoundary?: Value;
  readonly tags?: Value;
}

/** The role of a function or a state machine that brings none of its own. Policy templates are statements by now. */
export function roleFor(of: RoleOf, context: Context): Resource {
  const id = `${of.id}Role`;
  const arns = [...(of.managedPolicyArns ?? [])];
  const inline = [...(of.inlinePolicies ?? [])];
  const arnOf = (name: Value): Value => {
    const known = isText(name) ? awsManagedPolicy(name) : undefined;
    return known === undefined ? name : managedPolicyArn(context, known);
  };
  readPolicies(of.policies, () => false).forEach(({ kind, data }, index) => {
    const named = (document: Value): Value => ({ PolicyName: `${id}Policy${index}`, PolicyDocument: document });
    if (kind === "statement") inline.push(isIf(data) ? convertIf(data, named) : named(data));
    else if (kind === "managed policy") {
      const arn = isIf(data) ? convertIf(data, arnOf) : arnOf(data);
      if (!arns.some((one) => isSame(one, arn))) arns.push(arn);
    } else throw invalidResource(of.id, `Policy at index ${index} in the 'Policies' property is not valid`);
  });
  const properties = {
    AssumeRolePolicyDocument: of.trust,
    ManagedPolicyArns: arns,
    Policies: unlessEmpty(inline),
    Path: of.path,
    PermissionsBoundary: of.permissionsBoundary,
    Tags: of.tags,
  };
  return resource("AWS::IAM::Role", id, properties, of.attributes);
}
