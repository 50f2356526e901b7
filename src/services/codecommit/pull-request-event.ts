import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DescribePullRequestEvents$,
  InvalidActorArnException,
  InvalidMaxResultsException,
  InvalidPullRequestEventTypeException,
  type PullRequestEvent,
  type PullRequestEventType,
} from "../../sdk/codecommit.js";
import { invalidToken } from "./difference.ts";
import { javaDate, notification } from "./notification.ts";
import { type PullRequestRow, repositoryFor, requirePullRequest } from "./pull-request.ts";
import { branchRef } from "./ref.ts";

type Entry = Omit<PullRequestEvent, "pullRequestId" | "eventDate" | "actorArn">;

/** Something that happened to a pull request; its id is the pull request's and a running number. */
interface PullRequestEventRow extends Row {
  readonly at: number;
  readonly actorArn: string;
  readonly entry: Entry;
}

export const pullRequestEvents = new Table<PullRequestEventRow>("codecommit/pull-request-event", { stored: true });

const PAGE_SIZE = 100;
const TYPES: readonly PullRequestEventType[] = [
  "PULL_REQUEST_CREATED",
  "PULL_REQUEST_STATUS_CHANGED",
  "PULL_REQUEST_SOURCE_REFERENCE_UPDATED",
  "PULL_REQUEST_MERGE_STATE_CHANGED",
  "PULL_REQUEST_APPROVAL_RULE_CREATED",
  "PULL_REQUEST_APPROVAL_RULE_UPDATED",
  "PULL_REQUEST_APPROVAL_RULE_DELETED",
  "PULL_REQUEST_APPROVAL_RULE_OVERRIDDEN",
  "PULL_REQUEST_APPROVAL_STATE_CHANGED",
];

export const describePullRequestEvents = operation(DescribePullRequestEvents$, (scope, input) => {
  const { id } = requirePullRequest(scope, input.pullRequestId);
  const { pullRequestEventType: type, actorArn, maxResults = PAGE_SIZE, nextToken: token } = input;
  if (maxResults < 1) fault(InvalidMaxResultsException, "The specified number of maximum results is not valid.");
  if (actorArn !== undefined && !actorArn.startsWith("arn:"))
    fault(InvalidActorArnException, "The Amazon Resource Name (ARN) is not valid.");
  if (type !== undefined && !TYPES.includes(type)) {
    fault(InvalidPullRequestEventTypeException, `The pull request event type is not valid: ${type}`);
  }
  const found = pullRequestEvents
    .list(scope, `${id}/`)
    .filter(
      (row) => (type === undefined || row.entry.pullRequestEventType === type) && (actorArn === undefined || row.actorArn === actorArn),
    );
  const { items, nextToken } = page(found, (row) => row.id, maxResults, token, invalidToken);
  const events = items.map((row) => ({ pullRequestId: id, eventDate: new Date(row.at), actorArn: row.actorArn, ...row.entry }));
  return { pullRequestEvents: events, ...(nextToken && { nextToken }) };
});

/** Keep an event for DescribePullRequestEvents. */
export function keepPullRequestEvent(scope: Scope, pullRequestId: string, actorArn: string, entry: Entry): void {
  const count = pullRequestEvents.list(scope, `${pullRequestId}/`).length;
  const id = `${pullRequestId}/${String(count).padStart(6, "0")}`;
  pullRequestEvents.put(scope, { id, at: scope.clock.now(), actorArn, entry });
}

/** What there is to say of a pull request. */
interface Telling {
  /** Who did it; the caller where nobody is named. */
  readonly actorArn?: string;
  /** The name that EventBridge knows it by. */
  readonly event: string;
  /** For people: what follows the user, without a full stop. */
  readonly sentence: string;
  readonly detail?: Readonly<Record<string, string>>;
  readonly entry: Entry;
}

/** Keep an event, and tell EventBridge. https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html#pullRequestCreated */
export function tellPullRequest(
  scope: Scope,
  row: PullRequestRow,
  { actorArn = scope.caller.arn, event, sentence, detail = {}, entry }: Telling,
): void {
  keepPullRequestEvent(scope, row.id, actorArn, entry);
  const repository = repositoryFor(scope, row);
  if (repository === undefined) return;
  scope.emit({
    source: "aws.codecommit",
    detailType: "CodeCommit Pull Request State Change",
    resources: [scope.arn("codecommit", repository.id)],
    detail: {
      author: row.authorArn,
      callerUserArn: actorArn,
      creationDate: javaDate(row.createdAt),
      ...(row.description !== undefined && { description: row.description }),
      destinationCommit: row.destinationCommit,
      destinationReference: branchRef(row.destination),
      event,
      isMerged: row.merged === undefined ? "False" : "True",
      lastModifiedDate: javaDate(row.activeAt),
      ...(row.merged?.option !== undefined && { mergeOption: row.merged.option }),
      notificationBody: notification(scope, "A pull request event", repository.id, {
        sentence: `User: ${actorArn}. ${sentence}`,
        page: `pull-requests/${row.id}`,
      }),
      pullRequestId: row.id,
      pullRequestStatus: row.status === "OPEN" ? "Open" : "Closed",
      repositoryNames: [repository.id],
      revisionId: row.revisionId,
      sourceCommit: row.sourceCommit,
      sourceReference: branchRef(row.source),
      title: row.title,
      ...detail,
    },
  });
}
