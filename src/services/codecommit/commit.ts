import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  BatchGetCommits$,
  type Commit,
  CommitDoesNotExistException,
  CommitIdDoesNotExistException,
  CommitIdRequiredException,
  CommitIdsLimitExceededException,
  CommitIdsListRequiredException,
  CommitRequiredException,
  GetCommit$,
  InvalidCommitException,
  InvalidCommitIdException,
} from "../../sdk/codecommit.js";
import { gitOperation } from "./errand.ts";
import { headOf, tagTargetOf } from "./ref.ts";
import { type Repository, requireRepository } from "./repository.ts";

const COMMIT_ID = /^[0-9a-f]{40}$/;
const BATCH_MAX = 100;

export const getCommit = gitOperation(GetCommit$, (scope, { repositoryName, commitId }) => {
  const repository = requireRepository(scope, repositoryName);
  checkCommitId(commitId);
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
  repository: batchIn(requireRepository(scope, repositoryName), commitIds),
  commands: [{ args: ["cat-file", "--batch"], stdin: commitIds.map((id) => `${COMMIT_ID.test(id) ? id : "0".repeat(40)}\n`).join("") }],
  answer(_, [objects]) {
    const found = objectsIn(objects!.stdout).filter(({ type }) => type === "commit");
    const missing = commitIds.filter((id) => !found.some((object) => object.id === id));
    return {
      commits: found.map(({ id, content }) => parseCommit(id, content.toString("utf8"))),
      errors: missing.map((commitId) => ({ commitId, ...errorFor(commitId) })),
    };
  },
}));

function batchIn(repository: Repository, commitIds: readonly string[]): Repository {
  if (commitIds.length === 0) fault(CommitIdsListRequiredException, "A list of commit IDs is required but was not specified.");
  if (commitIds.length > BATCH_MAX) fault(CommitIdsLimitExceededException, `The maximum number of commit IDs in a batch is ${BATCH_MAX}.`);
  return repository;
}

const errorFor = (commitId: string): { errorCode: string; errorMessage: string } =>
  COMMIT_ID.test(commitId)
    ? { errorCode: "CommitIdDoesNotExistException", errorMessage: `Commit ID ${commitId} does not exist` }
    : { errorCode: "InvalidCommitIdException", errorMessage: `The specified commit ID is not valid: ${commitId}` };

/** A full commit id; refuses what is none. */
export function checkCommitId(commitId: string | undefined): asserts commitId is string {
  if (!commitId) fault(CommitIdRequiredException, "A commit ID is required but was not specified.");
  if (!COMMIT_ID.test(commitId)) fault(InvalidCommitIdException, `The specified commit ID is not valid: ${commitId}`);
}

/** The object that a branch, a tag, a full reference or an id names; the default branch's where nothing is named. */
export function requireCommit(scope: Scope, { repositoryId, defaultBranch }: Repository, specifier: string | undefined): string {
  const name = specifier === undefined || specifier === "HEAD" ? defaultBranch : specifier.replace(/^refs\/(heads|tags)\//, "");
  if (name === undefined) fault(CommitRequiredException, "A commit was not specified.");
  const found = headOf(scope, repositoryId, name) ?? tagTargetOf(scope, repositoryId, name) ?? (COMMIT_ID.test(name) ? name : undefined);
  if (found !== undefined) return found;
  if (/[\s~^:?*[\\]|\.\.|@\{/.test(name) || name === "") fault(InvalidCommitException, `The specified commit is not valid: ${name}`);
  return fault(CommitDoesNotExistException, `Commit ${name} does not exist`);
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
