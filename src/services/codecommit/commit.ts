import { fault } from "../../kernel/fault.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  BatchGetCommits$,
  type ChangeTypeEnum,
  type Commit,
  CommitDoesNotExistException,
  CommitIdDoesNotExistException,
  CommitRequiredException,
  GetCommit$,
  GetDifferences$,
  InvalidCommitIdException,
  InvalidContinuationTokenException,
} from "../../sdk/codecommit.js";
import { gitOperation } from "./errand.ts";
import { headOf, tagTargetOf } from "./ref.ts";
import { type Repository, requireRepository } from "./repository.ts";

const COMMIT_ID = /^[0-9a-f]{40}$/;
const PAGE_SIZE = 100;
/** What git compares with, where there is nothing before: the tree without files. */
const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

export const getCommit = gitOperation(GetCommit$, (scope, { repositoryName, commitId }) => {
  const repository = requireRepository(scope, repositoryName);
  if (!COMMIT_ID.test(commitId!)) fault(InvalidCommitIdException, `The specified commit ID is not valid: ${commitId}`);
  return {
    repository,
    commands: [{ args: ["cat-file", "--batch"], stdin: `${commitId}\n` }],
    answer(_, [objects]) {
      const commit = objectsIn(objects!.stdout).find(({ type }) => type === "commit");
      if (commit === undefined) fault(CommitIdDoesNotExistException, `Commit ID ${commitId} does not exist`);
      return { commit: parseCommit(commit.id, commit.content.toString("utf8")) };
    },
  };
});

export const batchGetCommits = gitOperation(BatchGetCommits$, (scope, { repositoryName, commitIds = [] }) => ({
  repository: requireRepository(scope, repositoryName),
  commands: [{ args: ["cat-file", "--batch"], stdin: commitIds.map((id) => `${COMMIT_ID.test(id) ? id : "0".repeat(40)}\n`).join("") }],
  answer(_, [objects]) {
    const found = objectsIn(objects!.stdout).filter(({ type }) => type === "commit");
    const missing = commitIds.filter((id) => !found.some((object) => object.id === id));
    return {
      commits: found.map(({ id, content }) => parseCommit(id, content.toString("utf8"))),
      errors: missing.map((commitId) => ({
        commitId,
        errorCode: "CommitIdDoesNotExistException",
        errorMessage: `Commit ID ${commitId} does not exist`,
      })),
    };
  },
}));

export const getDifferences = gitOperation(GetDifferences$, (scope, input) => {
  const repository = requireRepository(scope, input.repositoryName);
  const after = requireCommit(scope, repository, input.afterCommitSpecifier);
  const before = input.beforeCommitSpecifier === undefined ? EMPTY_TREE : requireCommit(scope, repository, input.beforeCommitSpecifier);
  const paths = [input.beforePath, input.afterPath].filter((path) => path !== undefined);
  const invalid = (): never => fault(InvalidContinuationTokenException, "The specified continuation token is not valid.");
  return {
    repository,
    commands: [{ args: ["diff-tree", "-r", "-z", "--raw", "--no-renames", before, after, "--", ...paths] }],
    answer(_, [raw]) {
      const placed = parseDifferences(raw!.stdout.toString("utf8")).map((difference, index) => ({
        difference,
        place: String(index).padStart(9, "0"),
      }));
      const { items, nextToken } = page(placed, ({ place }) => place, input.MaxResults ?? PAGE_SIZE, input.NextToken, invalid);
      return { differences: items.map(({ difference }) => difference), ...(nextToken && { NextToken: nextToken }) };
    },
    refuse: () => fault(CommitDoesNotExistException, `Commit ${input.afterCommitSpecifier} does not exist`),
  };
});

/** The object that a branch, a tag, a full reference or an id names; the default branch's where nothing is named. */
export function requireCommit(scope: Scope, { repositoryId, defaultBranch }: Repository, specifier: string | undefined): string {
  const name = specifier === undefined || specifier === "HEAD" ? defaultBranch : specifier.replace(/^refs\/(heads|tags)\//, "");
  if (name === undefined) fault(CommitRequiredException, "A commit was not specified.");
  const found = headOf(scope, repositoryId, name) ?? tagTargetOf(scope, repositoryId, name) ?? (COMMIT_ID.test(name) ? name : undefined);
  return found ?? fault(CommitDoesNotExistException, `Commit ${name} does not exist`);
}

/** An object as `git cat-file --batch` prints it. */
export interface GitObject {
  readonly id: string;
  readonly type: string;
  readonly content: Buffer;
}

/** The objects that `git cat-file --batch` found; what is missing is left out. */
export function objectsIn(output: Buffer): GitObject[] {
  const found: GitObject[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const [id, type, size] = output.toString("utf8", at, end).split(" ");
    at = end + 1;
    if (size === undefined || !COMMIT_ID.test(id!)) continue;
    found.push({ id: id!, type: type!, content: output.subarray(at, at + Number(size)) });
    at += Number(size) + 1;
  }
  return found;
}

/** A commit object's text in the API's form. Dates are git's own: seconds and an offset. */
export function parseCommit(commitId: string, text: string): Commit {
  const split = text.indexOf("\n\n");
  const headers = text.slice(0, split).split("\n");
  const all = (name: string): string[] => headers.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  return {
    commitId,
    treeId: all("tree")[0],
    parents: all("parent"),
    message: text.slice(split + 2),
    author: personOf(all("author")[0]),
    committer: personOf(all("committer")[0]),
    additionalData: "",
  };
}

function personOf(line = ""): NonNullable<Commit["author"]> {
  const [, name, email, date] = /^(.*) <(.*)> (.*)$/.exec(line) ?? [];
  return { name, email, date };
}

/** Entries are ":mode mode id id letter" and a path, each closed by a NUL. */
function parseDifferences(raw: string) {
  const parts = raw.split("\0");
  const differences = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [beforeMode, afterMode, beforeId, afterId, letter] = parts[at]!.slice(1).split(" ");
    const path = parts[at + 1]!;
    const changeType = (letter === "T" ? "M" : letter) as ChangeTypeEnum;
    differences.push({
      ...(changeType !== "A" && { beforeBlob: { blobId: beforeId, path, mode: beforeMode } }),
      ...(changeType !== "D" && { afterBlob: { blobId: afterId, path, mode: afterMode } }),
      changeType,
    });
  }
  return differences;
}
