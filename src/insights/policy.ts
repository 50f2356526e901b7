import type { Scope } from "../kernel/scope.ts";
import { type Row, Table } from "../kernel/table.ts";

/** How deployments are counted: a visible setting of an account and region, since every team argues about it. */
export interface DoraPolicy {
  /** Only pipelines whose name contains this; all by default. */
  readonly pipeline?: string;
  /** The stage that brings a change to its users, whatever runs in it; by default, any with a Deploy action. */
  readonly stage?: string;
  /** Whether a deployment that was taken back later has failed. */
  readonly rollbackIsFailure: boolean;
}

export const policies = new Table<Row & DoraPolicy>("insights/policy");

const ONLY = "dora";

export function policyOf(scope: Scope): DoraPolicy {
  const { id: _, ...policy } = policies.get(scope, ONLY) ?? { id: ONLY, rollbackIsFailure: true };
  return policy;
}

export function setPolicy(scope: Scope, policy: DoraPolicy): DoraPolicy {
  policies.put(scope, { id: ONLY, ...policy });
  return policyOf(scope);
}

/** The policy with some of its members said anew; the sentence of what is wrong with them. An empty text takes a member away. */
export function changedPolicy(policy: DoraPolicy, said: Readonly<Record<string, unknown>>): DoraPolicy | string {
  const other = Object.keys(said).find((name) => !["pipeline", "stage", "rollbackIsFailure"].includes(name));
  if (other !== undefined) return `the policy has pipeline, stage and rollbackIsFailure, and no ${other}`;
  const { pipeline = policy.pipeline ?? "", stage = policy.stage ?? "", rollbackIsFailure = policy.rollbackIsFailure } = said;
  if (typeof pipeline !== "string" || typeof stage !== "string") return "pipeline and stage are texts";
  if (!["true", "false"].includes(String(rollbackIsFailure))) return "rollbackIsFailure is true or false";
  return {
    ...(pipeline !== "" && { pipeline }),
    ...(stage !== "" && { stage }),
    rollbackIsFailure: String(rollbackIsFailure) === "true",
  };
}
