import { fault } from "../../kernel/fault.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  BatchDescribeMergeConflicts$,
  DescribeMergeConflicts$,
  FileDoesNotExistException,
  GetMergeCommit$,
  GetMergeConflicts$,
  GetMergeOptions$,
  InvalidMaxConflictFilesException,
  InvalidMaxMergeHunksException,
  type MergeOptionTypeEnum,
} from "../../sdk/codecommit.js";
import { hunksToTell, isLineLevel, type Judged, metadataOf } from "./conflict.ts";
import { invalidToken } from "./difference.ts";
import { Further, type GitQuestion, gitOperation } from "./errand.ts";
import { checkedOption } from "./merge.ts";
import { handlingOf, openConflicts } from "./merge-plan.ts";
import { findSides, type MergeReading, type MergeSides, readMerge } from "./merge-reading.ts";
import { requireRepository } from "./repository.ts";
import { pathOf } from "./tree.ts";

const FILES_MAX = 1000;
const HUNKS_MAX = 1000;

export const getMergeConflicts = gitOperation(GetMergeConflicts$, (scope, input) => {
  const option = checkedOption(input.mergeOption);
  const limit = input.maxConflictFiles ?? FILES_MAX;
  if (limit < 1) fault(InvalidMaxConflictFilesException, "The specified value for the number of conflict files to return is not valid.");
  return look(scope, input, (_, reading, open, isByLine) => {
    if (option === "FAST_FORWARD_MERGE") {
      return { mergeable: reading.base === reading.destination, ...idsOf(reading), conflictMetadataList: [] };
    }
    const { items, nextToken } = page(open, pathIn, limit, input.nextToken, invalidToken);
    return {
      mergeable: open.length === 0,
      ...idsOf(reading),
      conflictMetadataList: items.map((judged) => metadataOf(judged, isByLine)),
      ...(nextToken && { nextToken }),
    };
  });
});

export const describeMergeConflicts = gitOperation(DescribeMergeConflicts$, (scope, input) => {
  checkedOption(input.mergeOption);
  const path = pathOf(input.filePath);
  const limit = checkedHunks(input.maxMergeHunks);
  return look(scope, input, (_, reading, __, isByLine) => {
    const judged = reading.judged.find(({ collision }) => collision.path === path);
    if (judged === undefined) fault(FileDoesNotExistException, `Could not find a conflict in path ${path}`);
    const placed = hunksToTell(judged).map((hunk, index) => ({ hunk, place: String(index).padStart(9, "0") }));
    const { items, nextToken } = page(placed, ({ place }) => place, limit, input.nextToken, invalidToken);
    return {
      conflictMetadata: metadataOf(judged, isByLine),
      mergeHunks: items.map(({ hunk }) => hunk),
      ...idsOf(reading),
      ...(nextToken && { nextToken }),
    };
  });
});

export const batchDescribeMergeConflicts = gitOperation(BatchDescribeMergeConflicts$, (scope, input) => {
  checkedOption(input.mergeOption);
  const limit = input.maxConflictFiles ?? FILES_MAX;
  if (limit < 1) fault(InvalidMaxConflictFilesException, "The specified value for the number of conflict files to return is not valid.");
  const hunks = checkedHunks(input.maxMergeHunks);
  const wanted = input.filePaths?.map((path) => pathOf(path));
  return look(scope, input, (_, reading, open, isByLine) => {
    const found = wanted === undefined ? open : reading.judged.filter(({ collision }) => wanted.includes(collision.path));
    const { items, nextToken } = page(found, pathIn, limit, input.nextToken, invalidToken);
    const missing = (wanted ?? []).filter((path) => !found.some(({ collision }) => collision.path === path));
    return {
      conflicts: items.map((judged) => ({
        conflictMetadata: metadataOf(judged, isByLine),
        mergeHunks: hunksToTell(judged).slice(0, hunks),
      })),
      errors: missing.map((filePath) => ({
        filePath,
        exceptionName: "FileDoesNotExistException",
        message: `Could not find a conflict in path ${filePath}`,
      })),
      ...idsOf(reading),
      ...(nextToken && { nextToken }),
    };
  });
});

/** Which kinds of merge would go through. */
export const getMergeOptions = gitOperation(GetMergeOptions$, (scope, input) =>
  look(scope, input, (_, reading, open) => {
    const mergeOptions: MergeOptionTypeEnum[] = [
      ...(reading.base === reading.destination ? (["FAST_FORWARD_MERGE"] as const) : []),
      ...(open.length === 0 ? (["SQUASH_MERGE", "THREE_WAY_MERGE"] as const) : []),
    ];
    return { mergeOptions, ...idsOf(reading), baseCommitId: reading.base };
  }),
);

/** The commit that has merged the source into the destination, where there is one. */
export const getMergeCommit = gitOperation(GetMergeCommit$, (scope, input) => {
  const repository = requireRepository(scope, input.repositoryName);
  handlingOf(input);
  return findSides(
    scope,
    repository,
    { source: input.sourceCommitSpecifier, destination: input.destinationCommitSpecifier },
    (_, sides) => {
      return new Further({
        repository,
        commands: [{ args: ["rev-list", "--all", "--merges", "--parents"] }],
        answer: (_, [list]) => {
          const lines = list!.stdout.toString("utf8").split("\n");
          const mergedCommitId = lines
            .map((line) => line.split(" "))
            .find(([, first, second]) => first === sides.destination && second === sides.source)?.[0];
          return { ...idsOf(sides), ...(mergedCommitId !== undefined && { mergedCommitId }) };
        },
      });
    },
  );
});

interface ConflictInput {
  readonly repositoryName?: string | undefined;
  readonly sourceCommitSpecifier?: string | undefined;
  readonly destinationCommitSpecifier?: string | undefined;
  readonly conflictDetailLevel?: string | undefined;
  readonly conflictResolutionStrategy?: string | undefined;
}

/** Look at a merge that nobody does; `open` is what would have to be resolved. */
function look<O>(
  scope: Scope,
  input: ConflictInput,
  answer: (scope: Scope, reading: MergeReading, open: readonly Judged[], isByLine: boolean) => O,
): GitQuestion<O> {
  const repository = requireRepository(scope, input.repositoryName);
  const handling = handlingOf(input);
  const isByLine = isLineLevel(handling.level, handling.strategy);
  const specified = { source: input.sourceCommitSpecifier, destination: input.destinationCommitSpecifier };
  return findSides(scope, repository, specified, (_, sides) =>
    readMerge(repository, sides, isByLine, (late, reading) => answer(late, reading, openConflicts(reading, handling), isByLine)),
  );
}

function checkedHunks(limit: number = HUNKS_MAX): number {
  return limit < 1
    ? fault(InvalidMaxMergeHunksException, "The specified value for the number of merge hunks to return is not valid.")
    : limit;
}

const pathIn = ({ collision }: Judged): string => collision.path;

const idsOf = ({ source, destination, base }: MergeSides) => ({
  sourceCommitId: source,
  destinationCommitId: destination,
  ...(base !== undefined && { baseCommitId: base }),
});
