import type { Scope } from "../kernel/scope.ts";
import { commitsOf } from "./change.ts";
import { type Deployment, deployments, type Standing } from "./deployment.ts";
import { policyOf } from "./policy.ts";

const NAMESPACE = "Slipway/DORA";

/**
 * What a deployment that has just ended says, as metrics for alarms and dashboards, with the dimension PipelineName:
 * Deployments, FailedDeployments and ReworkDeployments (counts; their averages are rates), LeadTime for each commit, and
 * RecoveryTime (seconds).
 */
export function measureDeployment(scope: Scope, deployment: Deployment, { last, broken }: Standing): void {
  const { pipeline, outcome, endedAt } = deployment;
  const tell = (name: string, value: number, unit: "Count" | "Seconds"): void =>
    scope.measure({ namespace: NAMESPACE, name, dimensions: { PipelineName: pipeline } }, { value, unit });
  const before = last === undefined ? undefined : deployments.get(scope, last);
  const takenAt = policyOf(scope).rollbackIsFailure && before?.takenBack?.by === deployment.id ? before.takenBack.at : undefined;
  const brokenAt = broken?.at ?? takenAt;
  const failed = outcome === "failed";
  tell("Deployments", 1, "Count");
  // One that is taken back has failed, though that is known only now.
  tell("FailedDeployments", failed || takenAt !== undefined ? 1 : 0, "Count");
  tell("ReworkDeployments", !failed && brokenAt !== undefined ? 1 : 0, "Count");
  if (failed) return;
  if (brokenAt !== undefined) tell("RecoveryTime", (endedAt! - brokenAt) / 1000, "Seconds");
  if (!deployment.isRollback)
    for (const { pushedAt } of commitsOf(scope, deployment)) tell("LeadTime", (endedAt! - pushedAt) / 1000, "Seconds");
}
