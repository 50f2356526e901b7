import type { Commit } from "./change.ts";
import type { Deployment } from "./deployment.ts";
import type { DoraPolicy } from "./policy.ts";

/** A deployment that is over, with the commits that it brought. */
export interface Deployed {
  readonly deployment: Deployment;
  readonly commits: readonly Commit[];
}

/** One metric, and what it was computed from. */
export interface DoraMetric {
  readonly name: string;
  /** undefined where nothing happened that it could be computed from. */
  readonly value: number | undefined;
  readonly unit: "per day" | "seconds" | "percent";
  readonly from: readonly Evidence[];
}

/** What happened, when, and the ids of the events that tell so. */
export interface Evidence {
  readonly what: string;
  readonly at: string;
  readonly events: readonly string[];
}

export interface DoraReport {
  readonly from: string;
  readonly to: string;
  readonly policy: DoraPolicy;
  readonly deployments: readonly Counted[];
  readonly metrics: Readonly<
    Record<
      "deploymentFrequency" | "leadTimeForChanges" | "changeFailureRate" | "failedDeploymentRecoveryTime" | "deploymentReworkRate",
      DoraMetric
    >
  >;
}

/** A deployment as the policy counts it. */
export interface Counted {
  readonly pipeline: string;
  readonly executionId: string;
  readonly outcome: "succeeded" | "failed";
  readonly endedAt: string;
  /** Since when its users were without it, where it failed. */
  readonly failedAt?: string;
  readonly reason?: string;
  readonly isRollback: boolean;
  readonly commits: readonly { readonly commitId: string; readonly pushedAt: string; readonly leadTimeSeconds?: number }[];
  readonly events: readonly string[];
}

const DAY_MS = 86_400_000;
/** How many of its commits a line about a deployment names: the newest. */
const COMMITS_NAMED = 5;

/** Whether the policy counts an execution as a deployment at all. */
export const counts = ({ pipeline, stages, deploys }: Deployment, policy: DoraPolicy): boolean =>
  pipeline.includes(policy.pipeline ?? "") && (policy.stage === undefined ? deploys : stages.includes(policy.stage));

/** DORA's five metrics of a window of time; the deployments come in the order in which they ended. https://dora.dev/guides/dora-metrics/ */
export function dora(all: readonly Deployed[], { from, to, policy }: { from: number; to: number; policy: DoraPolicy }): DoraReport {
  const deployments = all.filter(({ deployment }) => counts(deployment, policy)).map((one) => counted(one, policy));
  const succeeded = deployments.filter(({ outcome }) => outcome === "succeeded");
  const failed = deployments.filter(({ outcome }) => outcome === "failed");
  const recoveries = recoveriesOf(deployments);
  const share = (part: readonly unknown[]): number | undefined =>
    deployments.length === 0 ? undefined : (100 * part.length) / deployments.length;
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    policy,
    deployments,
    metrics: {
      deploymentFrequency: {
        name: "deployment frequency",
        value: (succeeded.length * DAY_MS) / (to - from),
        unit: "per day",
        from: succeeded.map(evidence),
      },
      leadTimeForChanges: {
        name: "lead time for changes (median)",
        value: median(deployments.flatMap(({ commits }) => commits.flatMap(({ leadTimeSeconds }) => leadTimeSeconds ?? []))),
        unit: "seconds",
        from: deployments.filter(({ commits }) => commits.some(({ leadTimeSeconds }) => leadTimeSeconds !== undefined)).map(evidence),
      },
      changeFailureRate: { name: "change failure rate", value: share(failed), unit: "percent", from: failed.map(evidence) },
      failedDeploymentRecoveryTime: {
        name: "failed deployment recovery time (median)",
        value: median(recoveries.map(({ failure, fix }) => (Date.parse(fix.endedAt) - Date.parse(failure.failedAt!)) / 1000)),
        unit: "seconds",
        from: recoveries.flatMap(({ failure, fix }) => [evidence(failure), evidence(fix)]),
      },
      deploymentReworkRate: {
        name: "deployment rework rate",
        value: share(recoveries),
        unit: "percent",
        from: recoveries.map(({ fix }) => evidence(fix)),
      },
    },
  };
}

function counted({ deployment, commits }: Deployed, { rollbackIsFailure }: DoraPolicy): Counted {
  const { id, pipeline, endedAt, reason, isRollback = false, takenBack, events } = deployment;
  const taken = rollbackIsFailure ? takenBack : undefined;
  const failed = deployment.outcome === "failed" || taken !== undefined;
  const why = taken === undefined ? reason : `taken back by ${taken.by}`;
  return {
    pipeline,
    executionId: id,
    outcome: failed ? "failed" : "succeeded",
    endedAt: new Date(endedAt!).toISOString(),
    ...(failed && { failedAt: new Date(taken?.at ?? endedAt!).toISOString() }),
    ...(failed && why !== undefined && { reason: why }),
    isRollback,
    commits: commits.map(({ id: commitId, pushedAt }) => ({
      commitId,
      pushedAt: new Date(pushedAt).toISOString(),
      ...(deployment.outcome === "succeeded" && { leadTimeSeconds: (endedAt! - pushedAt) / 1000 }),
    })),
    events: [...new Set(commits.map(({ event }) => event)), ...events],
  };
}

/** Each first failure of a pipeline with the success that ended it. */
function recoveriesOf(deployments: readonly Counted[]): { failure: Counted; fix: Counted }[] {
  const broken = new Map<string, Counted>();
  const found: { failure: Counted; fix: Counted }[] = [];
  for (const deployment of deployments) {
    const failure = broken.get(deployment.pipeline);
    if (deployment.outcome === "failed") broken.set(deployment.pipeline, failure ?? deployment);
    else if (failure !== undefined) {
      found.push({ failure, fix: deployment });
      broken.delete(deployment.pipeline);
    }
  }
  return found;
}

function evidence({ pipeline, executionId, outcome, endedAt, reason, isRollback, commits, events }: Counted): Evidence {
  const named = commits.slice(-COMMITS_NAMED).map(({ commitId }) => commitId.slice(0, 8));
  const more = commits.length > COMMITS_NAMED ? ` and ${commits.length - COMMITS_NAMED} more` : "";
  const of = commits.length === 0 ? "" : ` of ${named.join(", ")}${more}`;
  const what = `${pipeline} ${executionId.slice(0, 8)}${isRollback ? ", a rollback," : ""}${of} ${outcome}${reason ? `: ${reason}` : ""}`;
  return { what, at: endedAt, events };
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return undefined;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
