import type { GitCommand } from "../../compute/job.ts";
import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  CommitDoesNotExistException,
  type ConflictDetailLevelTypeEnum,
  type ConflictResolutionStrategyTypeEnum,
  MaximumFileContentToLoadExceededException,
  MaximumItemsToCompareExceededException,
} from "../../sdk/codecommit.js";
import { objectsIn, requireCommit } from "./commit.ts";
import { type Collision, type Contents, collisionsOf, isBinary, type Judged, judge } from "./conflict.ts";
import { type Difference, differencesIn, EMPTY_TREE } from "./difference.ts";
import { Further, type GitQuestion, type GitSaid } from "./errand.ts";
import { changesIn } from "./line-diff.ts";
import { hunksOf } from "./line-merge.ts";
import type { Repository } from "./repository.ts";

/** The three commits of a merge. */
export interface MergeSides {
  readonly source: string;
  readonly destination: string;
  /** The latest that they have in common, where they have one. */
  readonly base: string | undefined;
}

/** A merge that was looked at. */
export interface MergeReading extends MergeSides {
  /** What the source changed since the base. */
  readonly fromSource: readonly Difference[];
  readonly judged: readonly Judged[];
}

const COLLISIONS_MAX = 1000;
const SUBMODULE = "160000";

/** Find the commits that the specifiers name, and their merge base; then go on. */
export function findSides<O>(
  scope: Scope,
  repository: Repository,
  specified: { readonly source: string | undefined; readonly destination: string | undefined },
  then: (scope: Scope, sides: MergeSides) => O | Further<O>,
): GitQuestion<O> {
  const source = requireCommit(scope, repository, specified.source);
  const destination = requireCommit(scope, repository, specified.destination);
  return {
    repository,
    commands: [
      { args: ["rev-parse", "--verify", `${source}^{commit}`] },
      { args: ["rev-parse", "--verify", `${destination}^{commit}`] },
      { args: ["merge-base", source, destination], mayFail: true },
    ],
    answer: (late, said) => {
      const [sourceId, destinationId, base] = said.map(wordIn);
      return then(late, { source: sourceId!, destination: destinationId!, base: base || undefined });
    },
    refuse: () => fault(CommitDoesNotExistException, "The specified commit does not exist."),
  };
}

/** Look at what both sides changed, and at what collides; then go on. */
export function readMerge<O>(
  repository: Repository,
  sides: MergeSides,
  isByLine: boolean,
  then: (scope: Scope, reading: MergeReading) => O | Further<O>,
): Further<O> {
  const { source, destination, base = EMPTY_TREE } = sides;
  const compare = (commit: string): GitCommand => ({ args: ["diff-tree", "-r", "-z", "--raw", "--no-renames", base, commit] });
  return new Further({
    repository,
    commands: [compare(source), compare(destination)],
    answer(scope, [mine, theirs]) {
      const fromSource = differencesIn(mine!.stdout);
      const collisions = collisionsOf(fromSource, differencesIn(theirs!.stdout));
      if (collisions.length > COLLISIONS_MAX) {
        fault(MaximumItemsToCompareExceededException, "The number of items to compare exceeds the maximum allowed.");
      }
      if (collisions.length === 0) return then(scope, { ...sides, fromSource, judged: [] });
      return readContents(repository, collisions, isByLine, (late, judged) => then(late, { ...sides, fromSource, judged }));
    },
  });
}

/** The contents that collide, and how they differ from their base. */
function readContents<O>(
  repository: Repository,
  collisions: readonly Collision[],
  isByLine: boolean,
  then: (scope: Scope, judged: Judged[]) => O | Further<O>,
): Further<O> {
  const comparable = collisions.filter(isComparable);
  const ids = [...new Set(collisions.flatMap(({ base, source, destination }) => [base, source, destination]).flatMap(blobIn))];
  const compare = (one: string, other: string): GitCommand => ({
    args: ["diff", "-U0", "--no-color", "--no-ext-diff", "--no-textconv", one, other],
  });
  return new Further({
    repository,
    commands: [
      { args: ["cat-file", "--batch"], stdin: ids.map((id) => `${id}\n`).join("") },
      ...comparable.flatMap(({ base, source, destination }) => [
        compare(base!.blobId, source!.blobId),
        compare(base!.blobId, destination!.blobId),
      ]),
    ],
    answer(scope, [objects, ...diffs]) {
      const blobs = new Map(objectsIn(objects!.stdout).map(({ id, content }) => [id, content]));
      const judged = collisions.map((collision) => {
        const place = comparable.indexOf(collision) * 2;
        return judge(collision, contentsOf(collision, blobs, place < 0 ? [] : diffs.slice(place, place + 2)), isByLine);
      });
      return then(scope, judged);
    },
    refuse: () => fault(MaximumFileContentToLoadExceededException, "The number of files to load exceeds the allowed limit."),
  });
}

function contentsOf(collision: Collision, blobs: ReadonlyMap<string, Buffer>, diffs: readonly GitSaid[]): Contents {
  const { base, source, destination } = collision;
  const contentOf = (version: Collision["base"]): Buffer | undefined => version && blobs.get(version.blobId);
  const [ours, mine, theirs] = [contentOf(base), contentOf(source), contentOf(destination)];
  const contents = { ...(ours && { base: ours }), ...(mine && { source: mine }), ...(theirs && { destination: theirs }) };
  if (mine === undefined || theirs === undefined || [ours, mine, theirs].some((content) => content && isBinary(content))) return contents;
  if (ours === undefined) return { ...contents, hunks: wholeFiles(mine, theirs) };
  const [mineDiff, theirDiff] = diffs.map(({ stdout }) => changesIn(stdout.toString("latin1")));
  if (mineDiff === undefined || theirDiff === undefined) return contents;
  return { ...contents, hunks: hunksOf(ours, { content: mine, changes: mineDiff }, { content: theirs, changes: theirDiff }) };
}

/** Two files that came to be on both sides have nothing in common to be told apart by. */
function wholeFiles(source: Buffer, destination: Buffer) {
  const count = (content: Buffer): number => content.toString("latin1").split(/(?<=\n)/).length;
  const changeOf = (content: Buffer) => ({ content, changes: [{ at: 0, gone: 0, otherAt: 0, come: count(content) }] });
  return hunksOf(Buffer.alloc(0), changeOf(source), changeOf(destination));
}

const isComparable = ({ base, source, destination }: Collision): boolean =>
  [base, source, destination].every((version) => version !== undefined && version.mode !== SUBMODULE);

const blobIn = (version: Collision["base"]): string[] => (version === undefined || version.mode === SUBMODULE ? [] : [version.blobId]);

const wordIn = ({ stdout }: GitSaid): string => stdout.toString("utf8").trim().split("\n")[0]!;

/** How a merge is asked to treat conflicts. */
export interface Handling {
  readonly level: ConflictDetailLevelTypeEnum;
  readonly strategy: ConflictResolutionStrategyTypeEnum;
}
