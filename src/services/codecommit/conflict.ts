import type {
  ChangeTypeEnum,
  ConflictDetailLevelTypeEnum,
  ConflictMetadata,
  ConflictResolutionStrategyTypeEnum,
  MergeHunk,
  ObjectTypeEnum,
} from "../../sdk/codecommit.js";
import { fileMode } from "./commission.ts";
import type { Difference } from "./difference.ts";
import type { Hunk, Lines } from "./line-merge.ts";

/** A file as one of the three sides of a merge has it; absent where it is not there. */
export interface FileVersion {
  readonly blobId: string;
  readonly mode: string;
}

/** A path that source and destination both changed, and not to the same. */
export interface Collision {
  readonly path: string;
  readonly base?: FileVersion;
  readonly source?: FileVersion;
  readonly destination?: FileVersion;
  /** One side has a file where the other has a folder. */
  readonly isFolderIn?: "source" | "destination";
}

/** What a collision's contents say, where all that are there are files. */
export interface Contents {
  readonly base?: Buffer;
  readonly source?: Buffer;
  readonly destination?: Buffer;
  /** Where both are text with a common base. */
  readonly hunks?: readonly Hunk[];
}

/** A collision, looked at. */
export interface Judged {
  readonly collision: Collision;
  readonly contents: Contents;
  readonly contentConflict: boolean;
  readonly modeConflict: boolean;
  readonly typeConflict: boolean;
}

/** Whether contents are told apart line by line. */
export const isLineLevel = (level: ConflictDetailLevelTypeEnum, strategy: ConflictResolutionStrategyTypeEnum): boolean =>
  level === "LINE_LEVEL" || strategy === "AUTOMERGE";

const SYMLINK = "120000";
const SUBMODULE = "160000";
const BINARY_LOOK = 8000;

/** The paths that both sides changed differently, in order. */
export function collisionsOf(source: readonly Difference[], destination: readonly Difference[]): Collision[] {
  const there = new Map(destination.map((difference) => [difference.path, difference]));
  const both = source.flatMap((mine): Collision[] => {
    const theirs = there.get(mine.path);
    if (theirs === undefined) return folderIn(mine, destination, "destination");
    if (isSameFile(mine.after, theirs.after)) return [];
    return [{ path: mine.path, ...sides(mine.before, mine.after, theirs.after) }];
  });
  const swapped = destination
    .filter(({ path }) => !source.some((mine) => mine.path === path))
    .flatMap((theirs) => folderIn(theirs, source, "source"));
  return [...both, ...swapped].sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** A file that one side wrote where the other has a folder now. */
function folderIn({ path, before, after }: Difference, others: readonly Difference[], isFolderIn: "source" | "destination"): Collision[] {
  const isFolder = others.some((other) => other.after !== undefined && other.path.startsWith(`${path}/`));
  if (after === undefined || !isFolder) return [];
  return [{ path, ...(isFolderIn === "source" ? sides(before, undefined, after) : sides(before, after, undefined)), isFolderIn }];
}

const sides = (base: FileVersion | undefined, source: FileVersion | undefined, destination: FileVersion | undefined) => ({
  ...(base && { base }),
  ...(source && { source }),
  ...(destination && { destination }),
});

/** What is in conflict about a collision. */
export function judge(collision: Collision, contents: Contents, isByLine: boolean): Judged {
  const { base, source, destination, isFolderIn } = collision;
  if (isFolderIn !== undefined) return { collision, contents, contentConflict: false, modeConflict: false, typeConflict: true };
  const typeConflict = source !== undefined && destination !== undefined && typeOf(source) !== typeOf(destination);
  const differ = source?.blobId !== destination?.blobId;
  const bothWrote = differ && source?.blobId !== base?.blobId && destination?.blobId !== base?.blobId;
  const isMixed = contents.hunks === undefined ? bothWrote : contents.hunks.some(({ isConflict }) => isConflict);
  return {
    collision,
    contents,
    contentConflict: source === undefined || destination === undefined || (isByLine ? isMixed : bothWrote),
    modeConflict: mergedMode(collision) === undefined,
    typeConflict,
  };
}

export const isConflict = ({ contentConflict, modeConflict, typeConflict }: Judged): boolean =>
  contentConflict || modeConflict || typeConflict;

/** The mode that both sides can live with; undefined where they changed it differently. */
export function mergedMode({ base, source, destination }: Collision): string | undefined {
  if (source === undefined || destination === undefined) return (source ?? destination)?.mode ?? "";
  if (source.mode === destination.mode || destination.mode === base?.mode) return source.mode;
  return source.mode === base?.mode ? destination.mode : undefined;
}

/** In the API's words. */
export function metadataOf(judged: Judged, isByLine: boolean): ConflictMetadata {
  const { collision, contents, contentConflict, modeConflict, typeConflict } = judged;
  const { path, base, source, destination } = collision;
  const inHunks = isByLine ? contents.hunks?.filter((hunk) => hunk.isConflict).length : undefined;
  const ofAll = <T>(tell: (version: FileVersion, content: Buffer | undefined) => T) => ({
    ...(source && { source: tell(source, contents.source) }),
    ...(destination && { destination: tell(destination, contents.destination) }),
    ...(base && { base: tell(base, contents.base) }),
  });
  return {
    filePath: path,
    fileSizes: ofAll((_, content) => content?.length ?? 0),
    fileModes: ofAll(({ mode }) => fileMode(mode)),
    objectTypes: {
      ...ofAll(typeOf),
      ...(collision.isFolderIn && { [collision.isFolderIn]: "DIRECTORY" as const }),
    },
    numberOfConflicts: (contentConflict ? (inHunks ?? 1) : 0) + Number(modeConflict) + Number(typeConflict),
    isBinaryFile: ofAll((_, content) => content !== undefined && isBinary(content)),
    contentConflict,
    fileModeConflict: modeConflict,
    objectTypeConflict: typeConflict,
    mergeOperations: { source: operationOf(base, source), destination: operationOf(base, destination) },
  };
}

/** The hunks of a file in the API's words: lines are counted from 1, contents are base64. */
export const hunksToTell = ({ contents }: Judged): MergeHunk[] =>
  (contents.hunks ?? []).map(({ isConflict: isHunkConflict, source, destination, base }) => ({
    isConflict: isHunkConflict,
    source: detailOf(source),
    destination: detailOf(destination),
    base: detailOf(base),
  }));

/** As git looks for it: a NUL near the beginning. */
export const isBinary = (content: Buffer): boolean => content.subarray(0, BINARY_LOOK).includes(0);

const detailOf = ({ at, lines }: Lines) => ({
  startLine: at + 1,
  endLine: at + lines.length,
  hunkContent: Buffer.from(lines.join(""), "latin1").toString("base64"),
});

const isSameFile = (one: FileVersion | undefined, other: FileVersion | undefined): boolean =>
  one?.blobId === other?.blobId && one?.mode === other?.mode;

function operationOf(base: FileVersion | undefined, side: FileVersion | undefined): ChangeTypeEnum {
  if (side === undefined) return "D";
  return base === undefined ? "A" : "M";
}

function typeOf({ mode }: FileVersion): ObjectTypeEnum {
  if (mode === SYMLINK) return "SYMBOLIC_LINK";
  return mode === SUBMODULE ? "GIT_LINK" : "FILE";
}
