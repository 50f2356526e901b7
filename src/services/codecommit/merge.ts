import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  BranchDoesNotExistException,
  BranchNameIsTagNameException,
  ConcurrentReferenceUpdateException,
  type ConflictResolution,
  CreateUnreferencedMergeCommit$,
  InvalidMergeOptionException,
  ManualMergeRequiredException,
  MergeBranchesByFastForward$,
  MergeBranchesBySquash$,
  MergeBranchesByThreeWay$,
  MergeOptionRequiredException,
  type MergeOptionTypeEnum,
} from "../../sdk/codecommit.js";
import { checkBranchName } from "./branch.ts";
import { type Author, authorOf, fastImport, madeBy } from "./commission.ts";
import { isLineLevel } from "./conflict.ts";
import { Further, type GitQuestion, gitOperation } from "./errand.ts";
import { keptFolder } from "./file-change.ts";
import { handlingOf, mergeEdits } from "./merge-plan.ts";
import { findSides, type Handling, type MergeReading, type MergeSides, readMerge } from "./merge-reading.ts";
import { type MergeNote, mergeDetail } from "./mirror.ts";
import { branchRef, headOf, tagTargetOf } from "./ref.ts";
import { type Repository, requireRepository } from "./repository.ts";
import { emptiedFolders } from "./tree.ts";

/** What a merge came to. */
export interface Merged {
  readonly commitId: string;
  readonly treeId: string;
}

/** A merge that makes a commit. */
export interface MergeOrder {
  readonly repository: Repository;
  /** The branch that moves from the destination's commit; without one, the commit is nobody's. */
  readonly branch: string | undefined;
  readonly option: "SQUASH_MERGE" | "THREE_WAY_MERGE";
  readonly handling: Handling;
  readonly author: Author;
  readonly message: string | undefined;
  readonly keepEmptyFolders: boolean;
  readonly resolution: ConflictResolution | undefined;
  readonly pullRequestId?: string;
  /** Refuses, should something have come between since it was begun: asked when the branch is about to move. */
  readonly recheck?: (scope: Scope) => void;
}

export const mergeBranchesByFastForward = gitOperation(MergeBranchesByFastForward$, (scope, input) => {
  const repository = requireRepository(scope, input.repositoryName);
  return findSides(scope, repository, specifiersOf(input), (late, sides) => {
    const branch = targetOf(late, repository, input, sides);
    return fastForward(late, { repository, branch, sides }, (merged) => merged);
  });
});

export const mergeBranchesBySquash = gitOperation(MergeBranchesBySquash$, (scope, input) => mergeBranches(scope, input, "SQUASH_MERGE"));

export const mergeBranchesByThreeWay = gitOperation(MergeBranchesByThreeWay$, (scope, input) =>
  mergeBranches(scope, input, "THREE_WAY_MERGE"),
);

/** A commit that no branch names; it stays for whoever knows its id. */
export const createUnreferencedMergeCommit = gitOperation(CreateUnreferencedMergeCommit$, (scope, input) => {
  const repository = requireRepository(scope, input.repositoryName);
  const option = checkedOption(input.mergeOption);
  if (option === "FAST_FORWARD_MERGE") fault(InvalidMergeOptionException, "A fast-forward merge does not create a merge commit.");
  const order = orderOf(scope, repository, undefined, option, input);
  return findSides(scope, repository, specifiersOf(input), (_, sides) =>
    merge(order, sides, (late, merged, note) => {
      late.emit({
        source: "aws.codecommit",
        detailType: "CodeCommit Repository State Change",
        resources: [late.arn("codecommit", repository.id)],
        detail: {
          event: "unreferencedMergeCommitCreated",
          repositoryName: repository.id,
          repositoryId: repository.repositoryId,
          commitId: merged.commitId,
          ...mergeDetail(note),
          callerUserArn: late.caller.arn,
        },
      });
      return merged;
    }),
  );
});

interface MergeInput {
  readonly repositoryName?: string | undefined;
  readonly sourceCommitSpecifier?: string | undefined;
  readonly destinationCommitSpecifier?: string | undefined;
  readonly targetBranch?: string | undefined;
}

/** What all operations say of the commit that a merge makes. */
export interface CommitInput {
  readonly conflictDetailLevel?: string | undefined;
  readonly conflictResolutionStrategy?: string | undefined;
  readonly authorName?: string | undefined;
  readonly email?: string | undefined;
  readonly commitMessage?: string | undefined;
  readonly keepEmptyFolders?: boolean | undefined;
  readonly conflictResolution?: ConflictResolution | undefined;
}

function mergeBranches(scope: Scope, input: MergeInput & CommitInput, option: MergeOrder["option"]): GitQuestion<Merged> {
  const repository = requireRepository(scope, input.repositoryName);
  const order = orderOf(scope, repository, undefined, option, input);
  return findSides(scope, repository, specifiersOf(input), (late, sides) =>
    merge({ ...order, branch: targetOf(late, repository, input, sides) }, sides, (_, merged) => merged),
  );
}

/** A merge as the caller wants it. */
export function orderOf(
  scope: Scope,
  repository: Repository,
  branch: string | undefined,
  option: MergeOrder["option"],
  input: CommitInput,
): MergeOrder {
  return {
    repository,
    branch,
    option,
    handling: handlingOf(input),
    author: authorOf(scope, input.authorName, input.email, input.commitMessage),
    message: input.commitMessage,
    keepEmptyFolders: input.keepEmptyFolders ?? false,
    resolution: input.conflictResolution,
  };
}

interface FastForward extends Pick<MergeOrder, "repository" | "pullRequestId" | "recheck"> {
  readonly branch: string;
  readonly sides: MergeSides;
}

/** Move a branch to the source's commit; that is a fast-forward where the branch has nothing of its own. */
export function fastForward<O>(
  scope: Scope,
  { repository, branch, sides, pullRequestId, recheck }: FastForward,
  answer: (merged: Merged, scope: Scope) => O,
): Further<O> {
  const { source, destination, base } = sides;
  recheck?.(scope);
  if (base !== destination) manualMerge();
  const fullName = branchRef(branch);
  const note: MergeNote = { ...noteOf(sides, "FAST_FORWARD_MERGE"), ...(pullRequestId !== undefined && { pullRequestId }) };
  return new Further({
    repository,
    commands: [{ args: ["rev-parse", "--verify", `${source}^{tree}`] }, { args: ["update-ref", fullName, source, destination] }],
    moves: { fullName, from: destination, to: { commit: source }, merge: note },
    answer: (late, [tree]) => answer({ commitId: source, treeId: tree!.stdout.toString("utf8").trim() }, late),
    refuse: outrun,
  });
}

/** Look, decide, and have the commit made. */
export function merge<O>(order: MergeOrder, sides: MergeSides, answer: (scope: Scope, merged: Merged, note: MergeNote) => O): Further<O> {
  const { repository, handling, keepEmptyFolders } = order;
  return readMerge(repository, sides, isLineLevel(handling.level, handling.strategy), (scope, reading) => {
    const edits = mergeEdits(scope, reading, handling, order.resolution);
    const isEmptying = keepEmptyFolders && edits.some(({ kind }) => kind === "delete");
    if (!isEmptying) return make(scope, order, reading, edits, answer);
    return new Further({
      repository,
      commands: [{ args: ["ls-tree", "-r", "-z", "--name-only", sides.destination] }],
      answer: (late, [listing]) => {
        const paths = listing!.stdout.toString("utf8").split("\0").filter(Boolean);
        const pathsOf = (wanted: "put" | "delete"): string[] => edits.filter(({ kind }) => kind === wanted).map(({ path }) => path);
        const emptied = emptiedFolders(paths, new Set(pathsOf("delete")), pathsOf("put"));
        return make(late, order, reading, [...edits, ...emptied.map(keptFolder)], answer);
      },
    });
  });
}

function make<O>(
  scope: Scope,
  order: MergeOrder,
  reading: MergeReading,
  edits: ReturnType<typeof mergeEdits>,
  answer: (scope: Scope, merged: Merged, note: MergeNote) => O,
): Further<O> {
  const { repository, branch, option, author, pullRequestId } = order;
  const { source, destination } = reading;
  order.recheck?.(scope);
  const fullName = branch === undefined ? `refs/slipway/${scope.id.uuid()}` : branchRef(branch);
  const parents = option === "SQUASH_MERGE" ? [destination] : [destination, source];
  const message = order.message ?? `Merge ${source} into ${destination}`;
  const note = {
    ...noteOf(reading, option),
    conflictDetailsLevel: order.handling.level,
    conflictResolutionStrategy: order.handling.strategy,
    ...(pullRequestId !== undefined && { pullRequestId }),
  };
  const commit = fastImport(scope, { fullName, parents, author, message, edits });
  return new Further({
    repository,
    commands: branch === undefined ? [commit, { args: ["update-ref", "-d", fullName] }] : [commit],
    ...(branch !== undefined && { moves: { fullName, from: destination, to: { firstWordOf: 0 }, merge: note } }),
    answer: (late, [said]) => answer(late, madeBy(said!), note),
    refuse: outrun,
  });
}

const noteOf = ({ base, source, destination }: MergeSides, mergeOption: MergeOptionTypeEnum): MergeNote => ({
  ...(base !== undefined && { baseCommitId: base }),
  sourceCommitId: source,
  destinationCommitId: destination,
  mergeOption,
});

const specifiersOf = ({ sourceCommitSpecifier, destinationCommitSpecifier }: MergeInput) => ({
  source: sourceCommitSpecifier,
  destination: destinationCommitSpecifier,
});

/** The branch that a merge moves: the one that is named, or the destination where that is one. It stands at the destination's commit. */
function targetOf(scope: Scope, { repositoryId, defaultBranch }: Repository, input: MergeInput, { destination }: MergeSides): string {
  const named = input.targetBranch ?? input.destinationCommitSpecifier;
  const branch = named === undefined || named === "HEAD" ? defaultBranch! : named.replace(/^refs\/heads\//, "");
  checkBranchName(branch);
  const head = headOf(scope, repositoryId, branch);
  if (head === undefined && tagTargetOf(scope, repositoryId, branch) !== undefined) {
    fault(BranchNameIsTagNameException, `The specified branch name is a tag name: ${branch}`);
  }
  if (head === undefined) fault(BranchDoesNotExistException, `Branch ${branch} does not exist`);
  if (head !== destination) outrun();
  return branch;
}

/** A merge option as the caller named it. */
export function checkedOption(option: string | undefined): MergeOptionTypeEnum {
  if (!option) fault(MergeOptionRequiredException, "A merge option or strategy is required, and none was provided.");
  if (option === "FAST_FORWARD_MERGE" || option === "SQUASH_MERGE" || option === "THREE_WAY_MERGE") return option;
  return fault(InvalidMergeOptionException, `The specified merge option is not valid: ${option}`);
}

/** Somebody moved the branch while it was being merged. */
export function outrun(): never {
  fault(ConcurrentReferenceUpdateException, "The merge cannot be completed because the target branch has been modified.");
}

export function manualMerge(): never {
  fault(ManualMergeRequiredException, "The branches cannot be merged automatically; merge them manually and resolve any conflicts.");
}
