import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DeleteResourcePolicy$,
  DescribeResourcePolicies$,
  InvalidParameterException,
  LimitExceededException,
  PutResourcePolicy$,
  ResourceNotFoundException,
} from "../../sdk/cloudwatch-logs.js";
import { notImplemented } from "./metric-filter.ts";

/** What allows other services to write lines, by its name. */
export interface ResourcePolicy extends Row {
  readonly document: string;
  readonly updatedAt: number;
}

export const resourcePolicies = new Table<ResourcePolicy>("cloudwatch-logs/resource-policy");

const POLICIES_MAX = 10;

export const putResourcePolicy = operation(
  PutResourcePolicy$,
  (scope, { policyName, policyDocument, resourceArn }) => {
    if (resourceArn !== undefined) notImplemented("policies of single log groups");
    return { resourcePolicy: shown(saveResourcePolicy(scope, policyName!, policyDocument!)) };
  },
  { partial: "policies of the account; they are kept, and not evaluated" },
);

export const describeResourcePolicies = operation(DescribeResourcePolicies$, (scope) => ({
  resourcePolicies: resourcePolicies.list(scope).map(shown),
}));

export const deleteResourcePolicy = operation(DeleteResourcePolicy$, (scope, { policyName }) => {
  if (resourcePolicies.get(scope, policyName!) === undefined)
    fault(ResourceNotFoundException, `Policy with name [${policyName}] does not exist.`);
  resourcePolicies.remove(scope, policyName!);
  return {};
});

export function saveResourcePolicy(scope: Scope, name: string, document: string): ResourcePolicy {
  try {
    JSON.parse(document);
  } catch {
    fault(InvalidParameterException, "Invalid policy document.");
  }
  if (resourcePolicies.get(scope, name) === undefined && resourcePolicies.list(scope).length >= POLICIES_MAX)
    fault(LimitExceededException, "Resource limit exceeded.");
  return resourcePolicies.put(scope, { id: name, document, updatedAt: scope.clock.now() });
}

const shown = ({ id, document, updatedAt }: ResourcePolicy) => ({ policyName: id, policyDocument: document, lastUpdatedTime: updatedAt });
