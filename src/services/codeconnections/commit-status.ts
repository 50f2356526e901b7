import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { CommitStatus, GitProvider } from "./git-provider.ts";
import type { Asking } from "./provider-question.ts";

/** Where a repository is: behind a connection, or at a server whose API somebody else knows. */
export type StatusPlace = { readonly fullRepositoryId: string } & ({ readonly connectionArn: string } | { readonly provider: GitProvider });

/** What a git server is to be told of a commit. `wanted`, `sending` and `told` count what was to be said. */
export interface PublishedStatus extends Row {
  readonly connectionArn?: string;
  readonly provider?: GitProvider;
  readonly fullRepositoryId: string;
  readonly status: CommitStatus;
  readonly wanted: number;
  /** What is on its way, if anything is. */
  readonly sending?: { readonly nth: number; readonly status: CommitStatus; readonly asking: Asking };
  readonly told: number;
  /** Why the last could not be told, and since when. */
  readonly failure?: { readonly reason: string; readonly at: number };
  /** Nobody asks for it any more. */
  readonly unwanted?: true;
}

export const publishedStatuses = new Table<PublishedStatus>("codeconnections/published-status");

/**
 * Have a git server told how something stands, for whoever the id says. It waits for nothing: the last that was
 * wanted is what the server is told in the end, and what it cannot be told is in `statusFailure`.
 */
export function publishStatus(scope: Scope, id: string, place: StatusPlace, status: CommitStatus): void {
  const known = publishedStatuses.get(scope, id);
  if (known !== undefined && JSON.stringify(known.status) === JSON.stringify(status)) return;
  const { fullRepositoryId } = place;
  publishedStatuses.put(scope, {
    id,
    ...("provider" in place ? { provider: place.provider } : { connectionArn: place.connectionArn }),
    fullRepositoryId,
    status,
    wanted: (known?.wanted ?? 0) + 1,
    ...(known?.sending && { sending: known.sending }),
    told: known?.told ?? 0,
  });
}

/** Why the git server does not know how it stands, where it cannot be told. */
export const statusFailure = (scope: Scope, id: string): PublishedStatus["failure"] => publishedStatuses.get(scope, id)?.failure;

/** Whoever the id says is gone. What is on its way arrives. */
export function forgetStatus(scope: Scope, id: string): void {
  if (publishedStatuses.get(scope, id) !== undefined) publishedStatuses.patch(scope, id, { unwanted: true });
}
