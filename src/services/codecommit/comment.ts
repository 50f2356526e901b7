import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type Comment,
  CommentContentRequiredException,
  CommentContentSizeLimitExceededException,
  CommentDeletedException,
  CommentDoesNotExistException,
  CommentIdRequiredException,
  CommentNotCreatedByCallerException,
  DeleteCommentContent$,
  GetComment$,
  InvalidCommentIdException,
  type Location,
  PostCommentReply$,
  UpdateComment$,
} from "../../sdk/codecommit.js";
import { notification } from "./notification.ts";
import { checkedToken, mismatch, repositoryFor } from "./pull-request.ts";
import { reactionsOf } from "./reaction.ts";

/** What somebody said of a change. */
export interface CommentRow extends Row {
  readonly about: About;
  readonly content: string;
  readonly inReplyTo?: string;
  readonly authorArn: string;
  readonly deleted: boolean;
  readonly clientRequestToken: string;
  /** What it was asked for with, so that a token is not used for something else. */
  readonly asked: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** What a comment is about: the difference of two commits, or a place in it. Replies are about the same. */
export interface About {
  readonly repositoryId: string;
  readonly pullRequestId?: string;
  readonly beforeCommitId?: string;
  readonly afterCommitId: string;
  readonly beforeBlobId?: string;
  readonly afterBlobId?: string;
  readonly location?: Location;
}

export const comments = new Table<CommentRow>("codecommit/comment", {
  indexes: {
    repositoryId: ({ about }) => about.repositoryId,
    pullRequestId: ({ about }) => about.pullRequestId,
    token: ({ clientRequestToken }) => clientRequestToken,
  },
});

const CONTENT_MAX = 10_240;
const COMMENT_ID = /^[0-9a-f-]{36}:[0-9a-f-]{36}$/;

export const getComment = operation(GetComment$, (scope, { commentId }) => ({
  comment: shownComment(scope, requireComment(scope, commentId)),
}));

export const postCommentReply = operation(PostCommentReply$, (scope, { inReplyTo, content, clientRequestToken }) => {
  const parent = requireComment(scope, inReplyTo);
  return { comment: shownComment(scope, newComment(scope, { about: parent.about, content, inReplyTo: parent.id, clientRequestToken })) };
});

export const updateComment = operation(UpdateComment$, (scope, { commentId, content }) => {
  const known = requireComment(scope, commentId);
  requireOwn(scope, known);
  const row = comments.patch(scope, known.id, { content: checkedContent(content), modifiedAt: scope.clock.now() });
  tell(scope, row, "Updated");
  return { comment: shownComment(scope, row) };
});

export const deleteCommentContent = operation(DeleteCommentContent$, (scope, { commentId }) => {
  const known = requireComment(scope, commentId);
  requireOwn(scope, known);
  return { comment: shownComment(scope, comments.patch(scope, known.id, { content: "", deleted: true, modifiedAt: scope.clock.now() })) };
});

/** Whether there is one already for a token, with the same words. */
export function commentFor(scope: Scope, token: string | undefined, asked: string): CommentRow | undefined {
  const known = token === undefined ? undefined : comments.by(scope, "token", token)[0];
  if (known !== undefined && known.asked !== asked) mismatch();
  return known;
}

interface NewComment {
  readonly about: About;
  readonly content: string | undefined;
  readonly inReplyTo?: string;
  readonly clientRequestToken: string | undefined;
}

/** Say something, or give back what was said with the same token. */
export function newComment(scope: Scope, { about, content, inReplyTo, clientRequestToken }: NewComment): CommentRow {
  const text = checkedContent(content);
  const token = checkedToken(clientRequestToken);
  const { beforeBlobId: _, afterBlobId: __, ...place } = about;
  const asked = JSON.stringify([place, text, inReplyTo, scope.caller.arn]);
  const known = commentFor(scope, token, asked);
  if (known !== undefined) return known;
  const now = scope.clock.now();
  const row = comments.put(scope, {
    id: `${scope.id.uuid()}:${scope.id.uuid()}`,
    about,
    content: text,
    ...(inReplyTo !== undefined && { inReplyTo }),
    authorArn: scope.caller.arn,
    deleted: false,
    clientRequestToken: token ?? scope.id.uuid(),
    asked,
    createdAt: now,
    modifiedAt: now,
  });
  tell(scope, row, "Created");
  return row;
}

/** The comment of that id; refuses where there is none, or not any more. */
export function requireComment(scope: Scope, commentId: string | undefined): CommentRow {
  if (!commentId) fault(CommentIdRequiredException, "The comment ID is missing or null. A comment ID is required.");
  if (!COMMENT_ID.test(commentId)) fault(InvalidCommentIdException, `The comment ID is not in a valid format: ${commentId}`);
  const row = comments.get(scope, commentId);
  if (row === undefined) fault(CommentDoesNotExistException, `No comment exists with the provided ID: ${commentId}`);
  return row.deleted ? fault(CommentDeletedException, "This comment has already been deleted.") : row;
}

/** A comment as the API shows it, to the caller. */
export function shownComment(scope: Scope, row: CommentRow): Comment {
  const { counts, own } = reactionsOf(scope, row.id);
  return {
    commentId: row.id,
    ...(!row.deleted && { content: row.content }),
    ...(row.inReplyTo !== undefined && { inReplyTo: row.inReplyTo }),
    creationDate: new Date(row.createdAt),
    lastModifiedDate: new Date(row.modifiedAt),
    authorArn: row.authorArn,
    deleted: row.deleted,
    clientRequestToken: row.clientRequestToken,
    callerReactions: own,
    reactionCounts: counts,
  };
}

function requireOwn(scope: Scope, { authorArn }: CommentRow): void {
  if (authorArn === scope.caller.arn) return;
  fault(
    CommentNotCreatedByCallerException,
    "You cannot modify or delete this comment. Only comment authors can modify or delete their comments.",
  );
}

function checkedContent(content: string | undefined): string {
  if (!content) fault(CommentContentRequiredException, "The comment is empty. You must provide some content for a comment.");
  if (content.length > CONTENT_MAX)
    fault(CommentContentSizeLimitExceededException, `The comment is too large. Comments are limited to ${CONTENT_MAX} characters.`);
  return content;
}

/** https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html#commentOnCommitCreated */
function tell(scope: Scope, { id, about, inReplyTo }: CommentRow, how: "Created" | "Updated"): void {
  const { repositoryId, pullRequestId, beforeCommitId, afterCommitId } = about;
  const repository = repositoryFor(scope, about)!;
  const isOnPullRequest = pullRequestId !== undefined;
  const made = how === "Created" ? "made a comment" : "updated a comment or replied to a comment";
  const where = isOnPullRequest ? `Pull Request: ${pullRequestId}` : `comment ID: ${id}`;
  scope.emit({
    source: "aws.codecommit",
    detailType: isOnPullRequest ? "CodeCommit Comment on Pull Request" : "CodeCommit Comment on Commit",
    resources: [scope.arn("codecommit", repository.id)],
    detail: {
      ...(beforeCommitId !== undefined && { beforeCommitId }),
      repositoryId,
      ...(inReplyTo !== undefined && { inReplyTo }),
      notificationBody: notification(scope, "A comment event", repository.id, {
        sentence: `The user ${scope.caller.arn} ${made}. The comment was made on the following ${where}`,
        page: isOnPullRequest
          ? `pull-requests/${pullRequestId}/activity#${id}`
          : `compare/${beforeCommitId ?? ""}/.../${afterCommitId}#${id}`,
      }),
      commentId: id,
      afterCommitId,
      event: `commentOn${isOnPullRequest ? "PullRequest" : "Commit"}${how}`,
      repositoryName: repository.id,
      callerUserArn: scope.caller.arn,
      ...(isOnPullRequest && { pullRequestId }),
    },
  });
}
