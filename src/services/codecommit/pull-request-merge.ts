import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  MergePullRequestByFastForward$,
  MergePullRequestBySquash$,
  MergePullRequestByThreeWay$,
  type PullRequest,
  PullRequestApprovalRulesNotSatisfiedException,
  ReferenceDoesNotExistException,
  RepositoryNotAssociatedWithPullRequestException,
  TipOfSourceReferenceIsDifferentException,
} from "../../sdk/codecommit.js";
import { evaluate } from "./approval.ts";
import { checkCommitId } from "./commit.ts";
import { type GitQuestion, gitOperation } from "./errand.ts";
import { type CommitInput, fastForward, type MergeOrder, merge, orderOf } from "./merge.ts";
import { findSides } from "./merge-reading.ts";
import { type PullRequestRow, pullRequests, requireOpen, shown } from "./pull-request.ts";
import { branchRef, headOf } from "./ref.ts";
import { type Repository, requireRepository } from "./repository.ts";

interface MergeInput {
  readonly pullRequestId?: string | undefined;
  readonly repositoryName?: string | undefined;
  readonly sourceCommitId?: string | undefined;
}

interface Mergeable {
  readonly row: PullRequestRow;
  readonly repository: Repository;
  readonly specified: { readonly source: string; readonly destination: string };
}

/** The errand that moves the branch closes the pull request with the same commit. */
export const mergePullRequestByFastForward = gitOperation(MergePullRequestByFastForward$, (scope, input) => {
  const { row, repository, specified } = requireMergeable(scope, input, "MergePullRequestByFastForward");
  const recheck = recheckOf(row);
  return findSides(scope, repository, specified, (late, sides) =>
    fastForward(late, { repository, branch: row.destination, sides, pullRequestId: row.id, recheck }, (_, then) => answerOf(then, row.id)),
  );
});

export const mergePullRequestBySquash = gitOperation(MergePullRequestBySquash$, (scope, input) =>
  mergeByCommit(scope, input, "SQUASH_MERGE", "MergePullRequestBySquash"),
);

export const mergePullRequestByThreeWay = gitOperation(MergePullRequestByThreeWay$, (scope, input) =>
  mergeByCommit(scope, input, "THREE_WAY_MERGE", "MergePullRequestByThreeWay"),
);

function mergeByCommit(
  scope: Scope,
  input: MergeInput & CommitInput,
  option: MergeOrder["option"],
  action: string,
): GitQuestion<{ pullRequest: PullRequest }> {
  const { row, repository, specified } = requireMergeable(scope, input, action);
  const order = { ...orderOf(scope, repository, row.destination, option, input), pullRequestId: row.id, recheck: recheckOf(row) };
  return findSides(scope, repository, specified, (_, sides) => merge(order, sides, (late) => answerOf(late, row.id)));
}

const answerOf = (scope: Scope, id: string): { pullRequest: PullRequest } => ({ pullRequest: shown(scope, pullRequests.get(scope, id)!) });

function requireMergeable(scope: Scope, input: MergeInput, action: string): Mergeable {
  const row = requireOpen(scope, input.pullRequestId);
  const repository = requireRepository(scope, input.repositoryName);
  if (repository.repositoryId !== row.repositoryId) {
    fault(
      RepositoryNotAssociatedWithPullRequestException,
      `The repository does not contain any pull requests with that pull request ID: ${row.id}`,
    );
  }
  // What it merges into is in the row, not in the call, so the wire could not judge it.
  const refusal = scope.refusal(`codecommit:${action}`, scope.arn("codecommit", repository.id), {
    "codecommit:References": branchRef(row.destination),
  });
  if (refusal !== undefined) fault("AccessDeniedException", refusal);
  const tipOf = (branch: string): string =>
    headOf(scope, row.repositoryId, branch) ?? fault(ReferenceDoesNotExistException, `The specified reference does not exist: ${branch}`);
  const specified = { source: tipOf(row.source), destination: tipOf(row.destination) };
  if (input.sourceCommitId !== undefined) {
    checkCommitId(input.sourceCommitId);
    if (input.sourceCommitId !== specified.source) {
      fault(
        TipOfSourceReferenceIsDifferentException,
        "The tip of the source branch does not match the tip that was specified in the request.",
      );
    }
  }
  // Approvals of an earlier revision say nothing of commits that came since.
  if (specified.source !== row.sourceCommit) {
    fault(TipOfSourceReferenceIsDifferentException, "The source branch of the pull request has been updated.");
  }
  requireApproved(scope, row);
  return { row, repository, specified };
}

/** What holds when a merge begins has to hold when the branch moves: git reads for a while in between. */
const recheckOf =
  ({ id, revisionId }: PullRequestRow) =>
  (scope: Scope): void => {
    const row = requireOpen(scope, id);
    if (row.revisionId !== revisionId) {
      fault(TipOfSourceReferenceIsDifferentException, "The source branch of the pull request has been updated.");
    }
    requireApproved(scope, row);
  };

function requireApproved(scope: Scope, row: PullRequestRow): void {
  if (evaluate(scope, row).approved) return;
  fault(
    PullRequestApprovalRulesNotSatisfiedException,
    "The pull request cannot be merged because one or more approval rules have not been met.",
  );
}
