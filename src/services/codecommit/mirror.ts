import type { Scope } from "../../kernel/scope.ts";
import type { ConflictDetailLevelTypeEnum, ConflictResolutionStrategyTypeEnum, MergeOptionTypeEnum } from "../../sdk/codecommit.js";
import { type Errand, errands } from "./errand.ts";
import { mirroredRefs, parseRef, writeRef } from "./ref.ts";
import { type Repository, repositories } from "./repository.ts";
import { fireTriggers } from "./trigger.ts";

/** A ref that moved: from nothing, or to nothing, where it came or went. */
interface Move {
  readonly fullName: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly merge?: MergeNote;
}

/** What the events of a merge say besides: https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html#referenceUpdated */
export interface MergeNote {
  readonly baseCommitId?: string;
  readonly sourceCommitId: string;
  readonly destinationCommitId: string;
  readonly mergeOption: MergeOptionTypeEnum;
  readonly conflictDetailsLevel?: ConflictDetailLevelTypeEnum;
  readonly conflictResolutionStrategy?: ConflictResolutionStrategyTypeEnum;
  /** The pull request that it closes. */
  readonly pullRequestId?: string;
}

/** Who pushed, and which refs. */
export interface Push {
  readonly callerArn: string;
  /** Full names. */
  readonly refs: readonly string[];
}

/**
 * Bring the rows to what git's refs are, and say what happened to each, once: called after each push and at boot. A
 * repository that is gone has no mirror.
 */
export function mirrorRefs(scope: Scope, repositoryId: string, actual: ReadonlyMap<string, string>, push?: Push): void {
  const [repository] = repositories.by(scope, "repositoryId", repositoryId);
  if (repository === undefined) return;
  const known = mirroredRefs(scope, repositoryId);
  const names = [...new Set([...known.keys(), ...actual.keys()])].sort();
  const moves: Move[] = names.map((fullName) => ({ fullName, from: known.get(fullName), to: actual.get(fullName) }));
  const errandOf = (move: Move) => (push?.refs.includes(move.fullName) ? undefined : errandThatMoves(scope, repositoryId, move));
  const ordered = moves.filter(({ from, to }) => from !== to).map((move) => ({ move, errand: errandOf(move) }));
  for (const { move, errand } of ordered)
    if (errand !== undefined) moveRef(scope, repository, { ...move, ...mergeIn(errand) }, errand.callerArn);
  const others = ordered.filter(({ errand }) => errand === undefined).map(({ move }) => move);
  if (others.length > 0) moveRefs(scope, repository, others, push?.callerArn);
}

/** What git was asked for by a call is the caller's, even where a boot, or a push of other refs, has seen it first. */
const errandThatMoves = (scope: Scope, repositoryId: string, { fullName, from, to }: Move): Errand | undefined =>
  errands.by(scope, "moving", `${repositoryId} ${fullName}`).find(({ moves }) => {
    if (moves!.from !== from) return false;
    if (moves!.to === "gone") return to === undefined;
    return to !== undefined && (!("commit" in moves!.to) || moves!.to.commit === to);
  });

const mergeIn = ({ moves }: Errand): Pick<Move, "merge"> => (moves?.merge === undefined ? {} : { merge: moves.merge });

/** One ref moved. */
export const moveRef = (scope: Scope, repository: Repository, move: Move, callerArn?: string): void =>
  moveRefs(scope, repository, [move], callerArn);

function moveRefs(scope: Scope, repository: Repository, all: readonly Move[], callerArn = rootArn(scope)): void {
  const moves = all.filter(({ fullName, from, to }) => parseRef(fullName) !== undefined && from !== to);
  for (const move of moves) tellMove(scope, repository, move, callerArn);
  fireTriggers(scope, repository, moves, callerArn);
}

/** Write the row, say so, and make the first branch the default. */
function tellMove(scope: Scope, repository: Repository, move: Move, callerArn: string): void {
  const { fullName, from, to, merge } = move;
  const { id, repositoryId } = repository;
  const ref = parseRef(fullName)!;
  writeRef(scope, repositoryId, fullName, to, callerArn);
  const now = scope.clock.now();
  const { defaultBranch } = repositories.patch(scope, id, { modifiedAt: now });
  if (defaultBranch === undefined && to !== undefined && ref.type === "branch") {
    repositories.patch(scope, id, { defaultBranch: ref.name });
  }
  // https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html
  scope.emit({
    source: "aws.codecommit",
    detailType: "CodeCommit Repository State Change",
    resources: [scope.arn("codecommit", id)],
    detail: {
      event: eventOf(move),
      repositoryName: id,
      repositoryId,
      referenceType: ref.type,
      referenceName: ref.name,
      referenceFullName: fullName,
      ...(to !== undefined && { commitId: to }),
      ...(from !== undefined && { oldCommitId: from }),
      ...(merge && mergeDetail(merge)),
      callerUserArn: callerArn,
    },
  });
}

export const mergeDetail = ({ pullRequestId: _, ...detail }: MergeNote): Readonly<Record<string, string>> => detail;

function eventOf({ from, to }: Move): string {
  if (from === undefined) return "referenceCreated";
  return to === undefined ? "referenceDeleted" : "referenceUpdated";
}

const rootArn = ({ account }: Scope): string => `arn:aws:iam::${account}:root`;
