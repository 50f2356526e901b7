import { fault } from "../../kernel/fault.ts";
import { page } from "../../kernel/page.ts";
import {
  type ChangeTypeEnum,
  CommitDoesNotExistException,
  CommitRequiredException,
  GetDifferences$,
  InvalidContinuationTokenException,
  InvalidMaxResultsException,
  PathDoesNotExistException,
} from "../../sdk/codecommit.js";
import { requireCommit } from "./commit.ts";
import { gitOperation } from "./errand.ts";
import { requireRepository } from "./repository.ts";
import { withoutSlashes } from "./tree.ts";

const PAGE_SIZE = 100;
/** What git compares with, where there is nothing before: the tree without files. */
export const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** A file that differs, as `git diff-tree --raw` tells it. */
export interface Difference {
  readonly changeType: ChangeTypeEnum;
  readonly path: string;
  /** Where it was there before. */
  readonly before?: DifferentFile;
  readonly after?: DifferentFile;
}

export interface DifferentFile {
  readonly blobId: string;
  readonly mode: string;
}

/** Renames are told as a file that goes and one that comes, as CodeCommit's change types have it. */
export const getDifferences = gitOperation(GetDifferences$, (scope, input) => {
  const repository = requireRepository(scope, input.repositoryName);
  if (!input.afterCommitSpecifier) fault(CommitRequiredException, "A commit was not specified.");
  const after = requireCommit(scope, repository, input.afterCommitSpecifier);
  const before = input.beforeCommitSpecifier === undefined ? EMPTY_TREE : requireCommit(scope, repository, input.beforeCommitSpecifier);
  const [beforePath, afterPath] = [input.beforePath, input.afterPath].map((path) => path && withoutSlashes(path));
  const limit = input.MaxResults ?? PAGE_SIZE;
  if (limit < 1) fault(InvalidMaxResultsException, "The specified number of maximum results is not valid.");
  const paths = [...new Set([beforePath, afterPath].filter((path) => path !== undefined && path !== ""))] as string[];
  return {
    repository,
    commands: [
      { args: ["diff-tree", "-r", "-z", "--raw", "--no-renames", before, after, "--", ...paths] },
      { args: ["cat-file", "--batch-check"], stdin: paths.flatMap((path) => [`${before}:${path}\n`, `${after}:${path}\n`]).join("") },
    ],
    answer(_, [raw, there]) {
      const isThere = there!.stdout.toString("utf8").split("\n");
      const missing = paths.find((_, index) => [0, 1].every((side) => isThere[index * 2 + side]!.endsWith(" missing")));
      if (missing !== undefined) fault(PathDoesNotExistException, `Could not find path ${missing}`);
      const placed = differencesIn(raw!.stdout).map((difference, index) => ({ difference, place: String(index).padStart(9, "0") }));
      const { items, nextToken } = page(placed, ({ place }) => place, limit, input.NextToken, invalidToken);
      return { differences: items.map(({ difference }) => shown(difference)), ...(nextToken && { NextToken: nextToken }) };
    },
    refuse: () => fault(CommitDoesNotExistException, `Commit ${input.afterCommitSpecifier} does not exist`),
  };
});

export const invalidToken = (): never => fault(InvalidContinuationTokenException, "The specified continuation token is not valid.");

/** Entries are ":mode mode id id letter" and a path, each closed by a NUL. */
export function differencesIn(raw: Buffer): Difference[] {
  const parts = raw.toString("utf8").split("\0");
  const differences: Difference[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [beforeMode, afterMode, beforeId, afterId, letter] = parts[at]!.slice(1).split(" ");
    const changeType = (letter === "T" ? "M" : letter) as ChangeTypeEnum;
    differences.push({
      changeType,
      path: parts[at + 1]!,
      ...(changeType !== "A" && { before: { blobId: beforeId!, mode: beforeMode! } }),
      ...(changeType !== "D" && { after: { blobId: afterId!, mode: afterMode! } }),
    });
  }
  return differences;
}

const shown = ({ changeType, path, before, after }: Difference) => ({
  ...(before && { beforeBlob: { ...before, path } }),
  ...(after && { afterBlob: { ...after, path } }),
  changeType,
});
