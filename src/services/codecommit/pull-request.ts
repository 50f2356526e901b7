import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  ClientRequestTokenRequiredException,
  CreatePullRequest$,
  GetPullRequest$,
  IdempotencyParameterMismatchException,
  InvalidAuthorArnException,
  InvalidClientRequestTokenException,
  InvalidDescriptionException,
  InvalidMaxResultsException,
  InvalidPullRequestIdException,
  InvalidPullRequestStatusException,
  InvalidPullRequestStatusUpdateException,
  InvalidReferenceNameException,
  InvalidTargetsException,
  InvalidTitleException,
  ListPullRequests$,
  MaximumOpenPullRequestsExceededException,
  type MergeOptionTypeEnum,
  MultipleRepositoriesInPullRequestException,
  type PullRequest,
  PullRequestAlreadyClosedException,
  PullRequestDoesNotExistException,
  PullRequestIdRequiredException,
  type PullRequestStatusEnum,
  PullRequestStatusRequiredException,
  ReferenceDoesNotExistException,
  ReferenceNameRequiredException,
  ReferenceTypeNotSupportedException,
  SourceAndDestinationAreSameException,
  TargetsRequiredException,
  TitleRequiredException,
  UpdatePullRequestDescription$,
  UpdatePullRequestStatus$,
  UpdatePullRequestTitle$,
} from "../../sdk/codecommit.js";
import { applyTemplates } from "./approval-template.ts";
import { invalidToken } from "./difference.ts";
import { gitOperation } from "./errand.ts";
import { tellPullRequest } from "./pull-request-event.ts";
import { rulesOf, shownRule } from "./pull-request-rule.ts";
import { branchRef, headOf, tagTargetOf } from "./ref.ts";
import { type Repository, repositories, requireRepository } from "./repository.ts";

/** A wish to merge one branch into another, by its number. Its loop follows the branches as long as it is open. */
export interface PullRequestRow extends Row {
  readonly repositoryId: string;
  readonly title: string;
  readonly description?: string;
  readonly status: PullRequestStatusEnum;
  readonly authorArn: string;
  readonly source: string;
  readonly destination: string;
  readonly sourceCommit: string;
  readonly destinationCommit: string;
  readonly mergeBase?: string;
  /** Another one each time that the source moves; approvals are of a revision. */
  readonly revisionId: string;
  readonly merged?: { readonly option?: MergeOptionTypeEnum; readonly commit?: string; readonly by: string };
  readonly clientRequestToken: string;
  /** What it was asked for with, so that a token is not used for something else. */
  readonly asked: string;
  readonly createdAt: number;
  readonly activeAt: number;
}

export const pullRequests = new Table<PullRequestRow>("codecommit/pull-request", {
  indexes: { repositoryId: ({ repositoryId }) => repositoryId, token: ({ clientRequestToken }) => clientRequestToken },
});

/** The number of the next one in this account and region. */
interface Numbers extends Row {
  readonly next: number;
}

export const pullRequestNumbers = new Table<Numbers>("codecommit/pull-request-number");

const OPEN_MAX = 1000;
const PAGE_SIZE = 100;
const TITLE_MAX = 150;
const DESCRIPTION_MAX = 10_240;

export const createPullRequest = gitOperation(CreatePullRequest$, (scope, input) => {
  const { title, description, targets } = input;
  checkTitle(title);
  checkDescription(description);
  const { repository, source, destination, sourceCommit, destinationCommit } = branchesIn(scope, targets);
  const clientRequestToken = checkedToken(input.clientRequestToken) ?? scope.id.uuid();
  const asked = JSON.stringify({ title, description, targets, by: scope.caller.arn });
  const first = pullRequests.by(scope, "token", clientRequestToken)[0];
  if (first !== undefined && first.asked !== asked) mismatch();
  const open = pullRequests.by(scope, "repositoryId", repository.repositoryId).filter(({ status }) => status === "OPEN");
  if (open.length >= OPEN_MAX) {
    fault(MaximumOpenPullRequestsExceededException, `The repository has too many open pull requests; the maximum is ${OPEN_MAX}.`);
  }
  return {
    repository,
    commands: [{ args: ["merge-base", sourceCommit, destinationCommit], mayFail: true }],
    answer(late, [base]) {
      const known = pullRequests.by(late, "token", clientRequestToken)[0];
      if (known !== undefined) return { pullRequest: shown(late, known) };
      const mergeBase = base!.stdout.toString("utf8").trim();
      const now = late.clock.now();
      const row = pullRequests.put(late, {
        id: String(nextNumber(late)),
        repositoryId: repository.repositoryId,
        title: title!,
        ...(description !== undefined && { description }),
        status: "OPEN",
        authorArn: late.caller.arn,
        source,
        destination,
        sourceCommit,
        destinationCommit,
        ...(mergeBase !== "" && { mergeBase }),
        revisionId: late.id.hex(64),
        clientRequestToken,
        asked,
        createdAt: now,
        activeAt: now,
      });
      applyTemplates(late, row);
      tellPullRequest(late, row, {
        event: "pullRequestCreated",
        sentence: `Event: Created. The pull request was created with the following information: Pull Request ID as ${row.id} and title as ${row.title}`,
        entry: {
          pullRequestEventType: "PULL_REQUEST_CREATED",
          pullRequestCreatedEventMetadata: {
            repositoryName: repository.id,
            sourceCommitId: sourceCommit,
            destinationCommitId: destinationCommit,
            ...(mergeBase !== "" && { mergeBase }),
          },
        },
      });
      return { pullRequest: shown(late, row) };
    },
  };
});

export const getPullRequest = operation(GetPullRequest$, (scope, { pullRequestId }) => ({
  pullRequest: shown(scope, requirePullRequest(scope, pullRequestId)),
}));

export const listPullRequests = operation(ListPullRequests$, (scope, input) => {
  const { repositoryId } = requireRepository(scope, input.repositoryName);
  const { authorArn, pullRequestStatus: status, maxResults = PAGE_SIZE } = input;
  if (maxResults < 1) fault(InvalidMaxResultsException, "The specified number of maximum results is not valid.");
  if (authorArn !== undefined && !authorArn.startsWith("arn:")) fault(InvalidAuthorArnException, "The author's ARN is not valid.");
  if (status !== undefined && status !== "OPEN" && status !== "CLOSED") invalidStatus();
  const found = pullRequests
    .by(scope, "repositoryId", repositoryId)
    .filter((row) => (authorArn === undefined || row.authorArn === authorArn) && (status === undefined || row.status === status));
  const numbers = found.map(({ id }) => id).sort((one, other) => Number(other) - Number(one));
  // The newest first; a page goes on below the last number of the one before.
  const placed = numbers.map((id) => ({ id, place: String(Number.MAX_SAFE_INTEGER - Number(id)) }));
  const { items, nextToken } = page(placed, ({ place }) => place, maxResults, input.nextToken, invalidToken);
  return { pullRequestIds: items.map(({ id }) => id), ...(nextToken && { nextToken }) };
});

export const updatePullRequestTitle = operation(UpdatePullRequestTitle$, (scope, { pullRequestId, title }) => {
  const { id } = requireOpen(scope, pullRequestId);
  checkTitle(title);
  return { pullRequest: shown(scope, pullRequests.patch(scope, id, { title: title!, activeAt: scope.clock.now() })) };
});

export const updatePullRequestDescription = operation(UpdatePullRequestDescription$, (scope, { pullRequestId, description }) => {
  const { id } = requireOpen(scope, pullRequestId);
  checkDescription(description);
  return { pullRequest: shown(scope, pullRequests.patch(scope, id, { description: description!, activeAt: scope.clock.now() })) };
});

export const updatePullRequestStatus = operation(UpdatePullRequestStatus$, (scope, { pullRequestId, pullRequestStatus: status }) => {
  const row = requirePullRequest(scope, pullRequestId);
  if (!status) fault(PullRequestStatusRequiredException, "A pull request status is required, but none was provided.");
  if (status !== "OPEN" && status !== "CLOSED") invalidStatus();
  if (row.status === "CLOSED" || status === "OPEN") {
    fault(
      InvalidPullRequestStatusUpdateException,
      "The pull request status update is not valid. The only valid update is from OPEN to CLOSED.",
    );
  }
  return { pullRequest: shown(scope, closePullRequest(scope, row, scope.caller.arn)) };
});

/** Close it without a merge. */
export function closePullRequest(scope: Scope, { id }: PullRequestRow, actorArn: string): PullRequestRow {
  const row = pullRequests.patch(scope, id, { status: "CLOSED", activeAt: scope.clock.now() });
  tellPullRequest(scope, row, {
    actorArn,
    event: "pullRequestStatusChanged",
    sentence: `Event: Updated. The user updated the following PullRequest ${id}. The pull request status has been updated. The status is closed`,
    entry: { pullRequestEventType: "PULL_REQUEST_STATUS_CHANGED", pullRequestStatusChangedEventMetadata: { pullRequestStatus: "CLOSED" } },
  });
  return row;
}

/** The pull request of that number; refuses where there is none. */
export function requirePullRequest(scope: Scope, id: string | undefined): PullRequestRow {
  if (!id) fault(PullRequestIdRequiredException, "A pull request ID is required, but none was provided.");
  if (!/^\d{1,18}$/.test(id)) fault(InvalidPullRequestIdException, `The pull request ID is not valid: ${id}`);
  return pullRequests.get(scope, id) ?? fault(PullRequestDoesNotExistException, `The pull request ID could not be found: ${id}`);
}

/** The same, and refuses one that is closed. */
export function requireOpen(scope: Scope, id: string | undefined): PullRequestRow {
  const row = requirePullRequest(scope, id);
  if (row.status === "CLOSED") fault(PullRequestAlreadyClosedException, `The pull request ${id} is already closed.`);
  return row;
}

/** The repository that it is of; undefined where that is gone. */
export const repositoryFor = (scope: Scope, { repositoryId }: { readonly repositoryId: string }): Repository | undefined =>
  repositories.by(scope, "repositoryId", repositoryId)[0];

/** A pull request as the API shows it. */
export function shown(scope: Scope, row: PullRequestRow): PullRequest {
  const { id, description, mergeBase, merged } = row;
  return {
    pullRequestId: id,
    title: row.title,
    ...(description !== undefined && { description }),
    lastActivityDate: new Date(row.activeAt),
    creationDate: new Date(row.createdAt),
    pullRequestStatus: row.status,
    authorArn: row.authorArn,
    pullRequestTargets: [
      {
        repositoryName: repositoryFor(scope, row)?.id,
        sourceReference: branchRef(row.source),
        destinationReference: branchRef(row.destination),
        destinationCommit: row.destinationCommit,
        sourceCommit: row.sourceCommit,
        ...(mergeBase !== undefined && { mergeBase }),
        mergeMetadata: {
          isMerged: merged !== undefined,
          ...(merged && { mergedBy: merged.by }),
          ...(merged?.commit !== undefined && { mergeCommitId: merged.commit }),
          ...(merged?.option !== undefined && { mergeOption: merged.option }),
        },
      },
    ],
    clientRequestToken: row.clientRequestToken,
    revisionId: row.revisionId,
    approvalRules: rulesOf(scope, id).map(shownRule),
  };
}

/** A token that makes asking twice asking once, where the caller gave one. */
export function checkedToken(token: string | undefined): string | undefined {
  if (token === "") fault(ClientRequestTokenRequiredException, "A client request token is required.");
  if (token !== undefined && !/^[\w.:+-]{1,128}$/.test(token))
    fault(InvalidClientRequestTokenException, "The client request token is not valid.");
  return token;
}

export function mismatch(): never {
  fault(IdempotencyParameterMismatchException, "The client request token has been used in a previous request with other parameters.");
}

function invalidStatus(): never {
  fault(InvalidPullRequestStatusException, "The pull request status is not valid. The only valid values are OPEN and CLOSED.");
}

function nextNumber(scope: Scope): number {
  const next = pullRequestNumbers.get(scope, "next")?.next ?? 1;
  pullRequestNumbers.put(scope, { id: "next", next: next + 1 });
  return next;
}

interface TargetInput {
  readonly repositoryName?: string | undefined;
  readonly sourceReference?: string | undefined;
  readonly destinationReference?: string | undefined;
}

function branchesIn(scope: Scope, targets: readonly TargetInput[] | undefined) {
  if (targets === undefined || targets.length === 0) fault(TargetsRequiredException, "An array of target objects is required.");
  if (targets.length > 1) {
    const names = new Set(targets.map(({ repositoryName }) => repositoryName));
    if (names.size > 1) fault(MultipleRepositoriesInPullRequestException, "You cannot include more than one repository in a pull request.");
    fault(InvalidTargetsException, "A pull request has exactly one target.");
  }
  const [target] = targets;
  const repository = requireRepository(scope, target!.repositoryName);
  const source = branchIn(target!.sourceReference);
  const destination = target!.destinationReference === undefined ? repository.defaultBranch! : branchIn(target!.destinationReference);
  if (source === destination) {
    fault(SourceAndDestinationAreSameException, "The source branch and destination branch for the pull request are the same.");
  }
  const sourceCommit = tipOf(scope, repository, source);
  return { repository, source, destination, sourceCommit, destinationCommit: tipOf(scope, repository, destination) };
}

function branchIn(reference: string | undefined): string {
  if (!reference) fault(ReferenceNameRequiredException, "A reference name is required, but none was provided.");
  if (reference.startsWith("refs/") && !reference.startsWith("refs/heads/")) {
    fault(ReferenceTypeNotSupportedException, `The specified reference is not a supported type: ${reference}`);
  }
  if (/\s|\.\.|[~^:?*[\\]/.test(reference)) fault(InvalidReferenceNameException, `The specified reference name is not valid: ${reference}`);
  return reference.replace(/^refs\/heads\//, "");
}

function tipOf(scope: Scope, { repositoryId }: Repository, branch: string): string {
  const tip = headOf(scope, repositoryId, branch);
  if (tip !== undefined) return tip;
  if (tagTargetOf(scope, repositoryId, branch) !== undefined) {
    fault(ReferenceTypeNotSupportedException, `The specified reference is not a supported type: ${branch}`);
  }
  return fault(ReferenceDoesNotExistException, `The specified reference does not exist: ${branch}`);
}

function checkTitle(title: string | undefined): void {
  if (!title) fault(TitleRequiredException, "A pull request title is required.");
  if (title.length > TITLE_MAX) fault(InvalidTitleException, `Pull request titles cannot exceed ${TITLE_MAX} characters in length.`);
}

function checkDescription(description: string | undefined): void {
  if ((description?.length ?? 0) <= DESCRIPTION_MAX) return;
  fault(
    InvalidDescriptionException,
    `The pull request description is not valid. Descriptions cannot be more than ${DESCRIPTION_MAX} characters.`,
  );
}
