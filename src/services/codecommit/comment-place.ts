import type { GitCommand } from "../../compute/job.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  BeforeCommitIdAndAfterCommitIdAreSameException,
  CommitDoesNotExistException,
  GetCommentsForComparedCommit$,
  GetCommentsForPullRequest$,
  InvalidFileLocationException,
  InvalidFilePositionException,
  InvalidMaxResultsException,
  InvalidRelativeFileVersionEnumException,
  type Location,
  PathDoesNotExistException,
  PostCommentForComparedCommit$,
  PostCommentForPullRequest$,
  RepositoryNotAssociatedWithPullRequestException,
} from "../../sdk/codecommit.js";
import { type About, type CommentRow, comments, newComment, shownComment } from "./comment.ts";
import { checkCommitId } from "./commit.ts";
import { invalidToken } from "./difference.ts";
import { type GitQuestion, type GitSaid, gitOperation } from "./errand.ts";
import { repositoryFor, requirePullRequest } from "./pull-request.ts";
import { type Repository, requireRepository } from "./repository.ts";
import { pathOf } from "./tree.ts";

const PAGE_SIZE = 100;

export const postCommentForComparedCommit = gitOperation(PostCommentForComparedCommit$, (scope, input) =>
  post(requireRepository(scope, input.repositoryName), input, (late, row) => answerOf(late, row)),
);

export const postCommentForPullRequest = gitOperation(PostCommentForPullRequest$, (scope, input) => {
  const { id, repositoryId } = requirePullRequest(scope, input.pullRequestId);
  const repository = requireRepository(scope, input.repositoryName);
  if (repository.repositoryId !== repositoryId) notAssociated(id);
  return post(repository, { ...input, pullRequestId: id }, (late, row) => ({ ...answerOf(late, row), pullRequestId: id }));
});

export const getCommentsForComparedCommit = operation(GetCommentsForComparedCommit$, (scope, input) => {
  const { repositoryId } = requireRepository(scope, input.repositoryName);
  checkCommitId(input.afterCommitId);
  if (input.beforeCommitId !== undefined) checkCommitId(input.beforeCommitId);
  const found = comments
    .by(scope, "repositoryId", repositoryId)
    .filter(({ about }) => about.pullRequestId === undefined && isBetween(about, input.beforeCommitId, input.afterCommitId));
  const { places, nextToken } = placesOf(scope, found, input.maxResults, input.nextToken);
  return { commentsForComparedCommitData: places, ...(nextToken && { nextToken }) };
});

export const getCommentsForPullRequest = operation(GetCommentsForPullRequest$, (scope, input) => {
  const { id, repositoryId } = requirePullRequest(scope, input.pullRequestId);
  if (input.repositoryName !== undefined && requireRepository(scope, input.repositoryName).repositoryId !== repositoryId) notAssociated(id);
  if (input.afterCommitId !== undefined) checkCommitId(input.afterCommitId);
  if (input.beforeCommitId !== undefined) checkCommitId(input.beforeCommitId);
  const found = comments
    .by(scope, "pullRequestId", id)
    .filter(({ about }) => input.afterCommitId === undefined || isBetween(about, input.beforeCommitId, input.afterCommitId));
  const { places, nextToken } = placesOf(scope, found, input.maxResults, input.nextToken);
  const commentsForPullRequestData = places.map((place) => ({ pullRequestId: id, ...place }));
  return { commentsForPullRequestData, ...(nextToken && { nextToken }) };
});

interface PostInput {
  readonly pullRequestId?: string;
  readonly beforeCommitId?: string | undefined;
  readonly afterCommitId?: string | undefined;
  readonly location?: Location | undefined;
  readonly content?: string | undefined;
  readonly clientRequestToken?: string | undefined;
}

/** Find what the comment is about in the repository, then take it down. */
function post<O>(repository: Repository, input: PostInput, answer: (scope: Scope, row: CommentRow) => O): GitQuestion<O> {
  const { pullRequestId, beforeCommitId, afterCommitId, location, content, clientRequestToken } = input;
  checkCommitId(afterCommitId);
  if (beforeCommitId !== undefined) checkCommitId(beforeCommitId);
  if (beforeCommitId === afterCommitId) {
    fault(BeforeCommitIdAndAfterCommitIdAreSameException, "The before commit ID and the after commit ID are the same, which is not valid.");
  }
  const path = location === undefined ? undefined : pathIn(location);
  const commits = [...(beforeCommitId === undefined ? [] : [beforeCommitId]), afterCommitId];
  const about: About = {
    repositoryId: repository.repositoryId,
    ...(pullRequestId !== undefined && { pullRequestId }),
    ...(beforeCommitId !== undefined && { beforeCommitId }),
    afterCommitId,
    ...(location && { location: { ...location } }),
  };
  return {
    repository,
    commands: [
      ...commits.map((commit): GitCommand => ({ args: ["cat-file", "-e", `${commit}^{commit}`] })),
      ...(path === undefined
        ? []
        : commits.map((commit): GitCommand => ({ args: ["rev-parse", "--verify", "--quiet", `${commit}:${path}`], mayFail: true }))),
      ...(location?.filePosition === undefined
        ? []
        : [{ args: ["show", `${sideOf(location) ?? afterCommitId}:${path}`], mayFail: true as const }]),
    ],
    answer(scope, said) {
      const blobs = said.slice(commits.length, commits.length * 2).map(wordIn);
      const afterBlobId = path === undefined ? "" : blobs.at(-1)!;
      const beforeBlobId = path === undefined || commits.length < 2 ? "" : blobs[0]!;
      if (path !== undefined && afterBlobId === "" && beforeBlobId === "") fault(PathDoesNotExistException, `Could not find path ${path}`);
      if (location?.filePosition !== undefined) checkPosition(location.filePosition, said.at(-1)!);
      const found = { ...about, ...(beforeBlobId && { beforeBlobId }), ...(afterBlobId && { afterBlobId }) };
      return answer(scope, newComment(scope, { about: found, content, clientRequestToken }));
    },
    refuse: () => fault(CommitDoesNotExistException, "The specified commit does not exist."),
  };

  function sideOf({ relativeFileVersion }: Location): string | undefined {
    return relativeFileVersion === "BEFORE" ? beforeCommitId : undefined;
  }
}

function pathIn({ filePath, filePosition, relativeFileVersion: version }: Location): string {
  if (!filePath) fault(InvalidFileLocationException, "The location of the file is not valid.");
  if (version !== undefined && version !== "BEFORE" && version !== "AFTER") {
    fault(InvalidRelativeFileVersionEnumException, `The specified file version is not valid: ${version}`);
  }
  if (filePosition !== undefined && filePosition < 1) badPosition();
  return pathOf(filePath);
}

/** The line has to be there, in the version that is meant. */
function checkPosition(position: number, { exitCode, stdout }: GitSaid): void {
  if (exitCode !== 0 || position > stdout.toString("latin1").split(/(?<=\n)/).length) badPosition();
}

function badPosition(): never {
  fault(
    InvalidFilePositionException,
    "The position is not valid. Make sure that the line number exists in the version of the file you want to comment on.",
  );
}

function notAssociated(id: string): never {
  fault(
    RepositoryNotAssociatedWithPullRequestException,
    `The repository does not contain any pull requests with that pull request ID: ${id}`,
  );
}

const wordIn = ({ stdout }: GitSaid): string => stdout.toString("utf8").trim();

const isBetween = (about: About, before: string | undefined, after: string | undefined): boolean =>
  about.afterCommitId === after && (before === undefined || about.beforeCommitId === before);

const answerOf = (scope: Scope, row: CommentRow) => ({ ...placeOf(scope, row.about), comment: shownComment(scope, row) });

function placeOf(scope: Scope, about: About) {
  const { repositoryId: _, pullRequestId: __, location, ...ids } = about;
  return { repositoryName: repositoryFor(scope, about)!.id, ...ids, ...(location && { location: { ...location } }) };
}

/** A page of comments, those about the same place together, with their replies. */
function placesOf(scope: Scope, found: readonly CommentRow[], maxResults = PAGE_SIZE, token: string | undefined) {
  if (maxResults < 1) fault(InvalidMaxResultsException, "The specified number of maximum results is not valid.");
  const ordered = [...found].sort((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1));
  const placed = ordered.map((row) => ({ row, place: `${String(row.createdAt).padStart(15, "0")} ${row.id}` }));
  const { items, nextToken } = page(placed, ({ place }) => place, maxResults, token, invalidToken);
  const groups = Map.groupBy(items, ({ row }) => JSON.stringify(row.about));
  const places = [...groups.values()].map((group) => ({
    ...placeOf(scope, group[0]!.row.about),
    comments: group.map(({ row }) => shownComment(scope, row)),
  }));
  return { places, nextToken };
}
