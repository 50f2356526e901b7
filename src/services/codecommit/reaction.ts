import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  GetCommentReactions$,
  InvalidMaxResultsException,
  InvalidReactionUserArnException,
  InvalidReactionValueException,
  PutCommentReaction$,
} from "../../sdk/codecommit.js";
import { requireComment } from "./comment.ts";
import { invalidToken } from "./difference.ts";
import { repositoryFor } from "./pull-request.ts";

/** What somebody thinks of a comment; its id is the comment's and the user's ARN. */
interface Reaction extends Row {
  readonly userArn: string;
  readonly shortCode: string;
}

export const reactions = new Table<Reaction>("codecommit/reaction");

const PAGE_SIZE = 1000;

interface Value {
  readonly emoji: string;
  readonly shortCode: string;
  readonly unicode: string;
}

/** https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-commit-comment.html#emoji-reaction-table */
const VALUES: readonly Value[] = [
  { emoji: "👍", shortCode: ":thumbsup:", unicode: "U+1F44D" },
  { emoji: "👎", shortCode: ":thumbsdown:", unicode: "U+1F44E" },
  { emoji: "😄", shortCode: ":smile:", unicode: "U+1F604" },
  { emoji: "❤", shortCode: ":heart:", unicode: "U+2764" },
  { emoji: "😠", shortCode: ":angry:", unicode: "U+1F620" },
  { emoji: "😕", shortCode: ":confused:", unicode: "U+1F615" },
  { emoji: "😱", shortCode: ":scream:", unicode: "U+1F631" },
  { emoji: "😴", shortCode: ":sleeping:", unicode: "U+1F634" },
];

export const putCommentReaction = operation(PutCommentReaction$, (scope, { commentId, reactionValue }) => {
  const comment = requireComment(scope, commentId);
  const id = `${comment.id}/${scope.caller.arn}`;
  const known = reactions.get(scope, id);
  if (!reactionValue || reactionValue === "none") {
    reactions.remove(scope, id);
    return {};
  }
  const value = reactionIn(reactionValue);
  if (known?.shortCode === value.shortCode) return {};
  reactions.put(scope, { id, userArn: scope.caller.arn, shortCode: value.shortCode });
  const repository = repositoryFor(scope, comment.about)!;
  const did = known === undefined ? "made a comment reaction" : "updated a reaction";
  scope.emit({
    source: "aws.codecommit",
    detailType: "CodeCommit Comment Reaction Change",
    resources: [scope.arn("codecommit", repository.id)],
    detail: {
      callerUserArn: scope.caller.arn,
      commentId: comment.id,
      event: known === undefined ? "commentReactionCreated" : "commentReactionUpdated",
      notificationBody: `A comment reaction event occurred in the following AWS CodeCommit Repository: ${repository.id}. The user: ${scope.caller.arn} ${did} ${value.emoji} to the comment with comment ID: ${comment.id}`,
      reactionEmojis: [value.emoji],
      reactionShortcodes: [value.shortCode],
      reactionUnicodes: [value.unicode],
      repositoryId: repository.repositoryId,
      repositoryName: repository.id,
    },
  });
  return {};
});

/** By any of its three forms; a heart may come with the selector that makes it red. */
const reactionIn = (text: string): Value =>
  VALUES.find(({ emoji, shortCode, unicode }) => [emoji, shortCode, unicode].includes(text.replace("\u{fe0f}", ""))) ??
  fault(InvalidReactionValueException, `The value of the reaction is not valid: ${text}`);

export const getCommentReactions = operation(
  GetCommentReactions$,
  (scope, { commentId, reactionUserArn, maxResults = PAGE_SIZE, nextToken: token }) => {
    const { id } = requireComment(scope, commentId);
    if (maxResults < 1) fault(InvalidMaxResultsException, "The specified number of maximum results is not valid.");
    if (reactionUserArn !== undefined && !reactionUserArn.startsWith("arn:")) {
      fault(InvalidReactionUserArnException, "The Amazon Resource Name (ARN) of the user or identity is not valid.");
    }
    const all = reactions.list(scope, `${id}/`).filter(({ userArn }) => reactionUserArn === undefined || userArn === reactionUserArn);
    const found = VALUES.flatMap((reaction, index) => {
      const reactionUsers = all.filter(({ shortCode }) => shortCode === reaction.shortCode).map(({ userArn }) => userArn);
      return reactionUsers.length === 0 ? [] : [{ place: String(index).padStart(2, "0"), reaction, reactionUsers }];
    });
    const { items, nextToken } = page(found, ({ place }) => place, maxResults, token, invalidToken);
    const reactionsForComment = items.map(({ reaction, reactionUsers }) => ({
      reaction,
      reactionUsers,
      reactionsFromDeletedUsersCount: 0,
    }));
    return { reactionsForComment, ...(nextToken && { nextToken }) };
  },
);

/** How often each reaction was given to a comment, and those of the caller. */
export function reactionsOf(scope: Scope, commentId: string): { counts: Record<string, number>; own: string[] } {
  const all = reactions.list(scope, `${commentId}/`);
  const counts: Record<string, number> = {};
  for (const { shortCode } of all) counts[shortCode] = (counts[shortCode] ?? 0) + 1;
  return { counts, own: all.filter(({ userArn }) => userArn === scope.caller.arn).map(({ shortCode }) => shortCode) };
}
