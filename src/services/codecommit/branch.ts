import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import {
  BranchDoesNotExistException,
  BranchNameExistsException,
  BranchNameRequiredException,
  CommitDoesNotExistException,
  CreateBranch$,
  DefaultBranchCannotBeDeletedException,
  DeleteBranch$,
  type DeleteBranchInput,
  type DeleteBranchOutput,
  GetBranch$,
  InvalidBranchNameException,
  InvalidCommitIdException,
  InvalidContinuationTokenException,
  ListBranches$,
} from "../../sdk/codecommit.js";
import { gitOperation } from "./errand.ts";
import { branchesOf, branchRef, headOf } from "./ref.ts";
import { requireRepository } from "./repository.ts";

const PAGE_SIZE = 1000;
const COMMIT_ID = /^[0-9a-f]{40}$/;

export const listBranches = operation(ListBranches$, (scope, { repositoryName, nextToken: token }) => {
  const { repositoryId } = requireRepository(scope, repositoryName);
  const invalid = (): never => fault(InvalidContinuationTokenException, "The specified continuation token is not valid.");
  const { items, nextToken } = page(branchesOf(scope, repositoryId), (name) => name, PAGE_SIZE, token, invalid);
  return { branches: items, ...(nextToken && { nextToken }) };
});

export const getBranch = operation(GetBranch$, (scope, { repositoryName, branchName }) => {
  const { repositoryId } = requireRepository(scope, repositoryName);
  if (!branchName) fault(BranchNameRequiredException, "A branch name is required but was not specified.");
  const commitId = headOf(scope, repositoryId, branchName);
  if (commitId === undefined) fault(BranchDoesNotExistException, `Branch ${branchName} does not exist`);
  return { branch: { branchName, commitId } };
});

export const createBranch = gitOperation(CreateBranch$, (scope, { repositoryName, branchName, commitId }) => {
  const repository = requireRepository(scope, repositoryName);
  checkBranchName(branchName!);
  if (!COMMIT_ID.test(commitId!)) fault(InvalidCommitIdException, `The specified commit ID is not valid: ${commitId}`);
  if (headOf(scope, repository.repositoryId, branchName!) !== undefined) {
    fault(BranchNameExistsException, `Branch name ${branchName} already exists.`);
  }
  const fullName = branchRef(branchName!);
  return {
    repository,
    // 40 zeros: only if there is no such branch.
    commands: [{ args: ["cat-file", "-e", `${commitId}^{commit}`] }, { args: ["update-ref", fullName, commitId!, "0".repeat(40)] }],
    moves: { fullName, to: { commit: commitId! } },
    answer: () => ({}),
    refuse: () => fault(CommitDoesNotExistException, `Commit ${commitId} does not exist`),
  };
});

export const deleteBranch = gitOperation<DeleteBranchInput, DeleteBranchOutput>(DeleteBranch$, (scope, { repositoryName, branchName }) => {
  const repository = requireRepository(scope, repositoryName);
  checkBranchName(branchName!);
  if (repository.defaultBranch === branchName) {
    fault(DefaultBranchCannotBeDeletedException, "The default branch for a repository cannot be deleted.");
  }
  const commitId = headOf(scope, repository.repositoryId, branchName!);
  const fullName = branchRef(branchName!);
  if (commitId === undefined) return { repository, commands: [], answer: () => ({}) };
  return {
    repository,
    commands: [{ args: ["update-ref", "-d", fullName, commitId] }],
    moves: { fullName, from: commitId, to: "gone" },
    answer: () => ({ deletedBranch: { branchName, commitId } }),
  };
});

/** As git bears it, and AWS allows it. */
export function checkBranchName(name: string): void {
  const isBad = name === "" || name.length > 256 || /^[-/]|[/.]$|\.\.|\/\/|@\{|[\s~^:?*[\\\x7f]|\.lock$|(^|\/)\./.test(name);
  if (isBad) fault(InvalidBranchNameException, `The specified branch name is not valid: ${name}`);
}
