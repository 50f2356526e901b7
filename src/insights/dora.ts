import type { Fact } from "../kernel/facts.ts";
import type { Entry } from "../kernel/stream.ts";

/** How deployments are counted: a visible setting, since every team argues about it. */
export interface DoraPolicy {
  /** Only pipelines whose name contains this; all by default. */
  readonly pipeline?: string;
}

/** A pipeline execution that came as far as a Deploy action. */
export interface Deployment {
  readonly pipeline: string;
  readonly executionId: string;
  readonly commitId?: string;
  /** When the commit was pushed, in milliseconds. */
  readonly committedAt?: number;
  readonly endedAt: number;
  readonly outcome: "succeeded" | "failed";
  /** Why it failed, where it says. */
  readonly reason?: string;
  /** The ids of the events that it was read from. */
  readonly events: readonly string[];
}

/** One metric, and what it was computed from. */
export interface DoraMetric {
  readonly name: string;
  /** undefined where nothing happened that it could be computed from. */
  readonly value: number | undefined;
  readonly unit: "per day" | "seconds" | "percent";
  readonly from: readonly { readonly what: string; readonly at: string; readonly events: readonly string[] }[];
}

export interface DoraReport {
  readonly from: string;
  readonly to: string;
  readonly policy: DoraPolicy;
  readonly deployments: readonly Deployment[];
  readonly metrics: {
    readonly deploymentFrequency: DoraMetric;
    readonly leadTimeForChanges: DoraMetric;
    readonly changeFailureRate: DoraMetric;
    readonly failedDeploymentRecoveryTime: DoraMetric;
    readonly deploymentReworkRate: DoraMetric;
  };
}

const DAY_MS = 86_400_000;

export const parsePolicy = (query: URLSearchParams): DoraPolicy => {
  const pipeline = query.get("pipeline");
  return pipeline === null ? {} : { pipeline };
};

/** DORA's five metrics of a window, out of what CodeCommit's and CodePipeline's events tell. https://dora.dev/guides/dora-metrics/ */
export function dora(facts: readonly Entry<Fact>[], { from, to, policy }: { from: number; to: number; policy: DoraPolicy }): DoraReport {
  const deployments = deploymentsOf(facts).filter(({ pipeline }) => pipeline.includes(policy.pipeline ?? ""));
  const succeeded = deployments.filter(({ outcome }) => outcome === "succeeded");
  const failed = deployments.filter(({ outcome }) => outcome === "failed");
  const leads = succeeded.filter(({ committedAt }) => committedAt !== undefined);
  const recoveries = recoveriesOf(deployments);
  const reworked = recoveries.map(({ fix }) => fix);
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
        value: median(leads.map(({ committedAt, endedAt }) => (endedAt - committedAt!) / 1000)),
        unit: "seconds",
        from: leads.map(evidence),
      },
      changeFailureRate: { name: "change failure rate", value: share(failed), unit: "percent", from: failed.map(evidence) },
      failedDeploymentRecoveryTime: {
        name: "failed deployment recovery time (median)",
        value: median(recoveries.map(({ failure, fix }) => (fix.endedAt - failure.endedAt) / 1000)),
        unit: "seconds",
        from: recoveries.flatMap(({ failure, fix }) => [evidence(failure), evidence(fix)]),
      },
      deploymentReworkRate: { name: "deployment rework rate", value: share(reworked), unit: "percent", from: reworked.map(evidence) },
    },
  };
}

interface Draft {
  pipeline: string;
  /** What its sources gave: commits, and versions of objects. */
  readonly revisions: string[];
  deployed: boolean;
  reason?: string;
  events: string[];
}

/** Follow each execution from its source action to its end. */
function deploymentsOf(facts: readonly Entry<Fact>[]): Deployment[] {
  const pushes = new Map<string, number>();
  const drafts = new Map<string, Draft>();
  const found: Deployment[] = [];
  for (const { at, value } of facts) {
    const detail = value.detail as Record<string, any>;
    if (value.source === "aws.codecommit" && detail["commitId"]) {
      if (!pushes.has(detail["commitId"])) pushes.set(detail["commitId"], at);
      continue;
    }
    if (value.source !== "aws.codepipeline") continue;
    const executionId: string = detail["execution-id"];
    const draft = drafts.get(executionId) ?? { pipeline: detail["pipeline"], revisions: [], deployed: false, events: [] };
    drafts.set(executionId, draft);
    if (value.detailType === "CodePipeline Action Execution State Change") {
      follow(draft, value.id, detail);
    } else if (
      value.detailType === "CodePipeline Pipeline Execution State Change" &&
      (detail["state"] === "SUCCEEDED" || detail["state"] === "FAILED")
    ) {
      drafts.delete(executionId);
      if (!draft.deployed) continue;
      const { pipeline, revisions, reason } = draft;
      const commitId = revisions.find((revision) => pushes.has(revision)) ?? revisions[0];
      const committedAt = commitId === undefined ? undefined : pushes.get(commitId);
      found.push({
        pipeline,
        executionId,
        ...(commitId && { commitId }),
        ...(committedAt !== undefined && { committedAt }),
        endedAt: at,
        outcome: detail["state"] === "SUCCEEDED" ? "succeeded" : "failed",
        ...(reason && { reason }),
        events: [...draft.events, value.id],
      });
    }
  }
  return found;
}

function follow(draft: Draft, eventId: string, detail: Record<string, any>): void {
  const result = detail["execution-result"] ?? {};
  const category = detail["type"]?.category;
  if (category === "Source" && detail["state"] === "SUCCEEDED") {
    if (result["external-execution-id"] !== undefined) draft.revisions.push(result["external-execution-id"]);
    draft.events.push(eventId);
  }
  if (category === "Deploy" && (detail["state"] === "SUCCEEDED" || detail["state"] === "FAILED")) {
    draft.deployed = true;
    if (detail["state"] === "FAILED") draft.reason = result["external-execution-summary"];
    draft.events.push(eventId);
  }
}

/** Each first failure of a pipeline with the success that ended it. */
function recoveriesOf(deployments: readonly Deployment[]): { failure: Deployment; fix: Deployment }[] {
  const broken = new Map<string, Deployment>();
  const found: { failure: Deployment; fix: Deployment }[] = [];
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

const evidence = ({ pipeline, executionId, commitId, outcome, endedAt, reason, events }: Deployment) => ({
  what: `${pipeline} ${executionId.slice(0, 8)}${commitId ? ` of commit ${commitId.slice(0, 8)}` : ""} ${outcome}${reason ? `: ${reason}` : ""}`,
  at: new Date(endedAt).toISOString(),
  events,
});

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return undefined;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
