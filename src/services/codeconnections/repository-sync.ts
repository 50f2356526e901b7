import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { GetRepositorySyncStatus$, type RepositorySyncStatus, ResourceNotFoundException } from "../../sdk/codeconnections.js";
import * as former from "../../sdk/codestar-connections.js";
import { linkArn, type RepositoryLink, requireLink } from "./repository-link.ts";
import { underBothNames } from "./two-names.ts";

/** What was last seen of a branch that stacks follow; its id is the link's, a slash and the branch. */
interface RepositorySync extends Row {
  readonly status: RepositorySyncStatus;
  readonly commit?: string;
  readonly startedAt: number;
  readonly events: readonly { readonly type: string; readonly event: string; readonly at: number }[];
}

export const repositorySyncs = new Table<RepositorySync>("codeconnections/repository-sync");

export const getRepositorySyncStatus = underBothNames(
  GetRepositorySyncStatus$,
  former.GetRepositorySyncStatus$,
  (scope, { RepositoryLinkId, Branch }) => {
    const { id } = requireLink(scope, RepositoryLinkId!);
    const sync =
      repositorySyncs.get(scope, `${id}/${Branch}`) ??
      fault(ResourceNotFoundException, `No sync has been attempted for branch ${Branch} of repository link ${id}.`);
    return {
      LatestSync: {
        StartedAt: new Date(sync.startedAt),
        Status: sync.status,
        Events: sync.events.map(({ type, event, at }) => ({ Type: type, Event: event, Time: new Date(at) })),
      },
    };
  },
);

/** The branch was looked at: where it stands, or why nobody can tell. The same again is no news. */
export function noteRepository(scope: Scope, link: RepositoryLink, branch: string, seen: { commit: string } | { failure: string }): void {
  const id = `${link.id}/${branch}`;
  const known = repositorySyncs.get(scope, id);
  const status = "commit" in seen ? "SUCCEEDED" : "FAILED";
  const sentence = "commit" in seen ? `Branch ${branch} is at commit ${seen.commit}.` : seen.failure;
  if (known?.status === status && known.events[0]?.event === sentence) return;
  const at = scope.clock.now();
  const commit = "commit" in seen ? seen.commit : known?.commit;
  repositorySyncs.put(scope, {
    id,
    status,
    ...(commit !== undefined && { commit }),
    startedAt: at,
    events: [{ type: status === "SUCCEEDED" ? "REPOSITORY_SYNCED" : "REPOSITORY_SYNC_FAILED", event: sentence, at }],
  });
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-respository-sync-status-change.html
  scope.emit({
    source: "aws.codeconnections",
    detailType: "Git Sync Repository Sync Status Change",
    resources: [linkArn(scope, link)],
    detail: {
      connectionArn: link.connectionArn,
      providerType: link.providerType,
      repositoryName: link.repositoryName,
      repositoryArn: linkArn(scope, link),
      repositoryLinkId: link.id,
      ownerId: link.ownerId,
      ...(commit !== undefined && { commit }),
      branch,
      syncType: "CFN_STACK_SYNC",
      status,
      ...(known && { previousSync: known.status }),
    },
  });
}

/** Nothing follows the branch any more. */
export const forgetRepository = (scope: Scope, linkId: string, branch: string): void =>
  repositorySyncs.remove(scope, `${linkId}/${branch}`);
