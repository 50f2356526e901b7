import type { Scope } from "../../kernel/scope.ts";
import type { MergeOptionTypeEnum } from "../../sdk/codecommit.js";
import { pullRequests, repositoryFor } from "./pull-request.ts";
import { keepPullRequestEvent, tellPullRequest } from "./pull-request-event.ts";
import { branchRef } from "./ref.ts";

/** How a pull request was merged. */
interface Merging {
  /** Unknown where git merged it outside, and made a commit. */
  readonly mergeOption?: MergeOptionTypeEnum | undefined;
  /** What the destination stands at since. */
  readonly commit: string | undefined;
  readonly actorArn: string;
}

/** Close it, as merged; one that is closed stays as it is. */
export function closeAsMerged(scope: Scope, id: string, { mergeOption, commit, actorArn }: Merging): void {
  const known = pullRequests.get(scope, id);
  if (known === undefined || known.status === "CLOSED") return;
  // A fast-forward makes no commit.
  const mergeCommit = mergeOption === "FAST_FORWARD_MERGE" ? undefined : commit;
  const row = pullRequests.patch(scope, id, {
    status: "CLOSED",
    merged: {
      by: actorArn,
      ...(mergeOption !== undefined && { option: mergeOption }),
      ...(mergeCommit !== undefined && { commit: mergeCommit }),
    },
    activeAt: scope.clock.now(),
  });
  tellPullRequest(scope, row, {
    actorArn,
    event: "pullRequestMergeStatusUpdated",
    sentence: `Event: Updated. The user updated the following PullRequest ${id}. The pull request merge status has been updated. The status is merged`,
    entry: {
      pullRequestEventType: "PULL_REQUEST_MERGE_STATE_CHANGED",
      pullRequestMergedStateChangedEventMetadata: {
        repositoryName: repositoryFor(scope, row)?.id,
        destinationReference: branchRef(row.destination),
        mergeMetadata: {
          isMerged: true,
          mergedBy: actorArn,
          ...(mergeCommit !== undefined && { mergeCommitId: mergeCommit }),
          ...(mergeOption !== undefined && { mergeOption }),
        },
      },
    },
  });
  keepPullRequestEvent(scope, id, actorArn, {
    pullRequestEventType: "PULL_REQUEST_STATUS_CHANGED",
    pullRequestStatusChangedEventMetadata: { pullRequestStatus: "CLOSED" },
  });
}
