import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  BranchDoesNotExistException,
  BranchNameIsTagNameException,
  BranchNameRequiredException,
  CreateCommit$,
  DeleteFile$,
  FileContentRequiredException,
  InvalidParentCommitIdException,
  ParentCommitDoesNotExistException,
  ParentCommitIdOutdatedException,
  ParentCommitIdRequiredException,
  PutFile$,
  SameFileContentException,
} from "../../sdk/codecommit.js";
import { checkBranchName } from "./branch.ts";
import { authorOf, type Commission, fastImport, gitMode, madeBy } from "./commission.ts";
import { Further, type GitQuestion, gitOperation } from "./errand.ts";
import { changesOf, type FileChange, type Planned, pathsToRead, plan, putOf } from "./file-change.ts";
import { branchRef, headOf, tagTargetOf } from "./ref.ts";
import { type Repository, requireRepository } from "./repository.ts";
import { entriesIn, pathOf, type TreeEntry } from "./tree.ts";

const COMMIT_ID = /^[0-9a-f]{40}$/;

export const putFile = gitOperation(PutFile$, (scope, input) => {
  const base = baseOf(scope, input);
  if (input.fileContent === undefined) fault(FileContentRequiredException, "File content is required but was not specified.");
  const path = pathOf(input.filePath);
  const put = putOf(scope, path, input.fileContent, input.fileMode);
  const asked = { ...input, authorName: input.name, message: input.commitMessage ?? `Added ${path}` };
  return change(scope, base, { ...asked, isPutFile: true }, [put], (made, { filesAdded, filesUpdated }) => ({
    ...made,
    blobId: [...filesAdded, ...filesUpdated][0]!.blobId,
  }));
});

export const deleteFile = gitOperation(DeleteFile$, (scope, input) => {
  const base = baseOf(scope, input);
  const path = pathOf(input.filePath);
  const asked = { ...input, authorName: input.name, message: input.commitMessage ?? `Deleted ${path}` };
  return change(scope, base, asked, [{ kind: "delete", path }], (made, { filesDeleted }) => ({
    ...made,
    blobId: filesDeleted[0]!.blobId,
    filePath: path,
  }));
});

export const createCommit = gitOperation(CreateCommit$, (scope, input) => {
  const base = baseOf(scope, input);
  const asked = { ...input, message: input.commitMessage ?? "" };
  return change(scope, base, asked, changesOf(scope, input), (made, { filesAdded, filesUpdated, filesDeleted }) => ({
    ...made,
    filesAdded: [...filesAdded],
    filesUpdated: [...filesUpdated],
    filesDeleted: [...filesDeleted],
  }));
});

interface Place {
  readonly repositoryName?: string | undefined;
  readonly branchName?: string | undefined;
  readonly parentCommitId?: string | undefined;
}

/** What a commit is made on top of; nothing in a repository without commits. */
interface Base {
  readonly repository: Repository;
  readonly branch: string;
  readonly tip: string | undefined;
  /** What the caller takes for the tip. */
  readonly parent: string | undefined;
}

function baseOf(scope: Scope, { repositoryName, branchName, parentCommitId }: Place): Base {
  const repository = requireRepository(scope, repositoryName);
  if (!branchName) fault(BranchNameRequiredException, "A branch name is required but was not specified.");
  checkBranchName(branchName);
  if (COMMIT_ID.test(parentCommitId ?? "0".repeat(40)) === false) {
    fault(InvalidParentCommitIdException, `The specified parent commit ID is not valid: ${parentCommitId}`);
  }
  const tip = headOf(scope, repository.repositoryId, branchName);
  if (tip === undefined && repository.defaultBranch !== undefined) {
    if (tagTargetOf(scope, repository.repositoryId, branchName) !== undefined) {
      fault(BranchNameIsTagNameException, `The specified branch name is a tag name: ${branchName}`);
    }
    fault(BranchDoesNotExistException, `Branch ${branchName} does not exist`);
  }
  if (tip !== undefined && parentCommitId === undefined) fault(ParentCommitIdRequiredException, "A parent commit ID is required.");
  return { repository, branch: branchName, tip, parent: parentCommitId };
}

interface Asked {
  readonly authorName?: string | undefined;
  readonly email?: string | undefined;
  readonly message: string;
  readonly keepEmptyFolders?: boolean | undefined;
  readonly isPutFile?: true;
}

/** Look at what is there, decide what comes of it, and have it made. */
function change<O>(
  scope: Scope,
  base: Base,
  asked: Asked,
  changes: readonly FileChange[],
  answer: (made: { commitId: string; treeId: string }, planned: Planned) => O,
): GitQuestion<O> {
  const { repository, branch, tip, parent } = base;
  const author = authorOf(scope, asked.authorName, asked.email, asked.message);
  const fullName = branchRef(branch);
  const make = (planned: Planned): GitQuestion<O> => {
    const commission: Commission = {
      fullName,
      parents: tip === undefined ? [] : [tip],
      author,
      message: asked.message,
      edits: planned.edits,
    };
    return {
      repository,
      commands: [fastImport(scope, commission)],
      moves: { fullName, ...(tip !== undefined && { from: tip }), to: { firstWordOf: 0 } },
      answer: (_, [said]) => answer(madeBy(said!), planned),
      refuse: () => outdated(parent, branch),
    };
  };
  if (parent !== tip) return misplaced(base);
  const look = tip === undefined ? ["version"] : ["ls-tree", "-t", "-z", tip, "--", ...pathsToRead(changes)];
  return {
    repository,
    commands: [{ args: look }],
    answer: (_, [listing]) => {
      const entries = tip === undefined ? [] : entriesIn(listing!.stdout);
      checkPut(asked, changes, entries);
      return new Further(make(plan(changes, entries, asked.keepEmptyFolders ?? false)));
    },
  };
}

/** PutFile has a word of its own for a file that is there already as it is. */
function checkPut({ isPutFile }: Asked, [put]: readonly FileChange[], entries: readonly TreeEntry[]): void {
  if (!isPutFile || put?.kind !== "put") return;
  const there = entries.find(({ name }) => name === put.path);
  if (there?.id !== put.content.blobId || (put.mode !== undefined && gitMode(put.mode) !== there.mode)) return;
  fault(SameFileContentException, "The file was not added or updated because its content is exactly the same as in the branch.");
}

/** The parent is not the tip: whether it is a commit at all, git has to say. */
const misplaced = ({ repository, branch, parent }: Base): GitQuestion<never> => ({
  repository,
  commands: [{ args: ["cat-file", "-e", `${parent}^{commit}`] }],
  answer: () => outdated(parent, branch),
  refuse: () => fault(ParentCommitDoesNotExistException, `The specified parent commit ID does not exist: ${parent}`),
});

function outdated(parent: string | undefined, branch: string): never {
  fault(
    ParentCommitIdOutdatedException,
    `The specified parent commit ID ${parent} is not the tip of branch ${branch}. Use the full commit ID of its tip and try again.`,
  );
}
