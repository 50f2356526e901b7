import type { Consumer } from "../kernel/consumer.ts";
import { events, type Fact } from "../kernel/facts.ts";
import type { Scope } from "../kernel/scope.ts";
import type { Entry } from "../kernel/stream.ts";
import { unread } from "./change.loop.ts";
import { branches, changes } from "./change.ts";
import { type Deployment, deployments, standings } from "./deployment.ts";
import { counts } from "./dora.ts";
import { measureDeployment } from "./metric.ts";
import { policyOf } from "./policy.ts";

type Detail = Readonly<Record<string, any>>;

/** Reads what is deployed out of what CodeCommit and CodePipeline tell; each event is seen once. */
export const followDeployments: Consumer<Fact> = {
  name: "insights/deployments",
  stream: events,
  consume(scope, entry) {
    const { source, detailType } = entry.value;
    if (source === "aws.codecommit" && detailType === "CodeCommit Repository State Change") return takeChange(scope, entry);
    if (source !== "aws.codepipeline") return;
    if (detailType === "CodePipeline Pipeline Execution State Change") followExecution(scope, entry);
    if (detailType === "CodePipeline Action Execution State Change") followAction(scope, entry);
  },
};

/** A new branch is compared with so many others at the most. */
const BRANCHES_MAX = 1000;

function takeChange(scope: Scope, { at, value }: Entry<Fact>): void {
  const { commitId, oldCommitId: previous, referenceType, repositoryId, referenceName } = value.detail as Detail;
  if (referenceType === "tag") return;
  const branch = `${repositoryId}/${referenceName}`;
  if (commitId === undefined) return branches.remove(scope, branch);
  const others = previous === undefined ? branches.list(scope, `${repositoryId}/`, { limit: BRANCHES_MAX }) : [];
  branches.put(scope, { id: branch, commit: commitId });
  if (changes.get(scope, commitId) !== undefined) return;
  changes.put(scope, { id: commitId, pushedAt: at, event: value.id, ...(previous && { previous }) });
  // Of the first push to a repository its newest commit counts: what it had before was made before anybody measured.
  const before = previous === undefined ? others.map(({ commit }) => commit) : [previous];
  if (before.length > 0) unread.put(scope, { id: commitId, repositoryId, before: [...new Set(before)] });
}

const ROLLBACKS = ["ManualRollback", "AutomatedRollback"];

function followExecution(scope: Scope, entry: Entry<Fact>): void {
  const { pipeline, state, "execution-id": id, "execution-trigger": trigger } = entry.value.detail as Detail;
  if (state === "STARTED" && ROLLBACKS.includes(trigger?.["trigger-type"])) return startRollback(scope, { id, pipeline }, entry);
  const deployment = deployments.get(scope, id);
  if (deployment === undefined || deployment.endedAt !== undefined) return;
  if (state === "SUCCEEDED" || state === "FAILED") end(scope, deployment, entry);
  else if (state === "STOPPED" || state === "SUPERSEDED") deployments.remove(scope, id);
}

/** A rollback takes back what its pipeline brought last. */
function startRollback(scope: Scope, { id, pipeline }: { id: string; pipeline: string }, { at, value }: Entry<Fact>): void {
  deployments.put(scope, { id, pipeline, revisions: [], stages: [], deploys: false, isRollback: true, events: [value.id] });
  const last = standings.get(scope, pipeline)?.last;
  const taken = last === undefined ? undefined : deployments.get(scope, last);
  if (taken === undefined || taken.takenBack !== undefined) return;
  deployments.patch(scope, taken.id, { takenBack: { by: id, at }, events: [...taken.events, value.id] });
}

function followAction(scope: Scope, { value }: Entry<Fact>): void {
  const { pipeline, state, stage, type, "execution-id": id, "execution-result": result = {} } = value.detail as Detail;
  if (state !== "SUCCEEDED" && state !== "FAILED") return;
  const known: Deployment = deployments.get(scope, id) ?? { id, pipeline, revisions: [], stages: [], deploys: false, events: [] };
  const revision = result["external-execution-id"];
  if (type?.category === "Source" && state === "SUCCEEDED") {
    const revisions = revision === undefined ? known.revisions : [...known.revisions, revision];
    deployments.put(scope, { ...known, revisions, events: [...known.events, value.id] });
  } else if (type?.category !== "Source" && type?.category !== "Approval") {
    const { reason: _, ...rest } = known;
    const reason = state === "FAILED" ? result["external-execution-summary"] : undefined;
    const stages = [...new Set([...known.stages, stage as string])];
    const deploys = known.deploys || type?.category === "Deploy";
    deployments.put(scope, { ...rest, stages, deploys, ...(reason !== undefined && { reason }), events: [...known.events, value.id] });
  }
}

function end(scope: Scope, deployment: Deployment, { at, value }: Entry<Fact>): void {
  const { id, pipeline, revisions, stages, isRollback } = deployment;
  if (stages.length === 0) return deployments.remove(scope, id);
  const standing = standings.get(scope, pipeline) ?? { id: pipeline };
  const outcome = value.detail["state"] === "SUCCEEDED" ? "succeeded" : "failed";
  const ended = deployments.put(scope, {
    ...deployment,
    outcome,
    endedAt: at,
    ...(standing.commit !== undefined && { since: standing.commit }),
    events: [...deployment.events, value.id],
  });
  if (!counts(ended, policyOf(scope))) return;
  measureDeployment(scope, ended, standing);
  if (outcome === "failed") {
    standings.put(scope, { ...standing, broken: standing.broken ?? { id, at } });
    return;
  }
  const commit = revisions.find((revision) => changes.get(scope, revision) !== undefined);
  const { broken: _, ...rest } = standing;
  standings.put(scope, { ...rest, last: id, ...(commit !== undefined && !isRollback && { commit }) });
}
