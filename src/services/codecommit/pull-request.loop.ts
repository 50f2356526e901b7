import { ensureJob, forgetJob, type GitSpec, isOver, type Job, jobs } from "../../compute/job.ts";
import type { Loop } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { closePullRequest, type PullRequestRow, pullRequests, repositoryFor } from "./pull-request.ts";
import { closeAsMerged } from "./pull-request-end.ts";
import { tellPullRequest } from "./pull-request-event.ts";
import { branchOf, type Ref } from "./ref.ts";

const RETRY_MS = 1000;

/**
 * Follows the branches of a pull request, whoever moves them: another source is another revision, a destination that has
 * all of the source has merged it, and a branch that is gone closes it.
 * https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-close-pull-request.html
 */
export const pullRequestLoop: Loop<PullRequestRow> = {
  table: pullRequests,
  turn(scope, row) {
    if (row.status === "CLOSED") return forgetJob(scope, jobId(row)) as undefined;
    const source = branchOf(scope, row.repositoryId, row.source);
    const destination = branchOf(scope, row.repositoryId, row.destination);
    if (source === undefined || destination === undefined) {
      closePullRequest(scope, row, `arn:aws:iam::${scope.account}:root`);
      return;
    }
    if (source.target === row.sourceCommit && destination.target === row.destinationCommit) {
      return { kind: "tick", because: "nobody has merged it, nor moved its branches" };
    }
    const job = ensureMergeBase(scope, row, source.target, destination.target);
    if (!isOver(job)) return { kind: "wait", because: "git looks for what its branches have in common" };
    forgetJob(scope, job.id);
    // Of other commits, or lost: it is asked for again.
    if (job.status !== "SUCCEEDED" || !isOf(job, source.target, destination.target)) {
      return { wakeAt: scope.clock.now() + RETRY_MS, kind: "tick", because: "git is asked once more" };
    }
    follow(scope, row, { source, destination, base: job.result!.git![0]!.stdout.trim() });
    return { kind: "tick", because: "nobody has merged it, nor moved its branches" };
  },
};

interface Moved {
  readonly source: Ref;
  readonly destination: Ref;
  readonly base: string;
}

function follow(scope: Scope, row: PullRequestRow, { source, destination, base }: Moved): void {
  const isSourceNew = source.target !== row.sourceCommit;
  const isDestinationNew = destination.target !== row.destinationCommit;
  const hadChanges = isSourceNew || row.mergeBase !== row.sourceCommit;
  if (isDestinationNew && hadChanges && base === source.target) {
    const mergeOption = source.target === destination.target ? "FAST_FORWARD_MERGE" : undefined;
    const actorArn = destination.movedBy ?? row.authorArn;
    return closeAsMerged(scope, row.id, { mergeOption, commit: destination.target, actorArn });
  }
  const now = scope.clock.now();
  const next = pullRequests.patch(scope, row.id, {
    sourceCommit: source.target,
    destinationCommit: destination.target,
    mergeBase: base || undefined,
    ...(isSourceNew && { revisionId: scope.id.hex(64), activeAt: now }),
  });
  if (!isSourceNew) return;
  tellPullRequest(scope, next, {
    actorArn: source.movedBy ?? row.authorArn,
    event: "pullRequestSourceBranchUpdated",
    sentence: `Event: Updated. The user updated the following pull request: ${row.id}. The pull request was updated with one or more commits to the source branch: ${row.source}`,
    entry: {
      pullRequestEventType: "PULL_REQUEST_SOURCE_REFERENCE_UPDATED",
      pullRequestSourceReferenceUpdatedEventMetadata: {
        repositoryName: repositoryFor(scope, row)?.id,
        beforeCommitId: row.sourceCommit,
        afterCommitId: source.target,
        ...(base !== "" && { mergeBase: base }),
      },
    },
  });
}

const jobId = ({ id }: PullRequestRow): string => `codecommit/pull-request/${id}`;

function ensureMergeBase(scope: Scope, row: PullRequestRow, source: string, destination: string): Job {
  const known = jobs.get(scope, jobId(row));
  if (known !== undefined) return known;
  const commands: GitSpec["commands"] = [{ args: ["merge-base", source, destination], mayFail: true }];
  return ensureJob(scope, jobId(row), { type: "git", repositoryId: row.repositoryId, commands });
}

function isOf({ spec }: Job, source: string, destination: string): boolean {
  const [, asked, other] = (spec as GitSpec).commands[0]!.args;
  return asked === source && other === destination;
}
