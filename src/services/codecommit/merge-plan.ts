import type { BlobRef } from "../../kernel/blob.ts";
import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  type ConflictResolution,
  FileContentSizeLimitExceededException,
  InvalidConflictDetailLevelException,
  InvalidConflictResolutionException,
  InvalidConflictResolutionStrategyException,
  InvalidReplacementTypeException,
  ManualMergeRequiredException,
  MaximumConflictResolutionEntriesExceededException,
  MultipleConflictResolutionEntriesException,
  type ReplaceContentEntry,
  ReplacementContentRequiredException,
  ReplacementTypeRequiredException,
} from "../../sdk/codecommit.js";
import { type Content, type Edit, gitMode } from "./commission.ts";
import { type Collision, isConflict, isLineLevel, type Judged, mergedMode } from "./conflict.ts";
import { merged } from "./line-merge.ts";
import type { Handling, MergeReading } from "./merge-reading.ts";
import { foldersOf, pathOf } from "./tree.ts";

const RESOLUTIONS_MAX = 100;
/** bytes */
const FILE_MAX = 6 * 1024 * 1024;

/** How conflicts are to be treated, as the API has it by default. */
export function handlingOf(input: {
  readonly conflictDetailLevel?: string | undefined;
  readonly conflictResolutionStrategy?: string | undefined;
}): Handling {
  const { conflictDetailLevel: level = "FILE_LEVEL", conflictResolutionStrategy: strategy = "NONE" } = input;
  if (level !== "FILE_LEVEL" && level !== "LINE_LEVEL") {
    fault(InvalidConflictDetailLevelException, "The specified conflict detail level is not valid.");
  }
  if (strategy !== "NONE" && strategy !== "ACCEPT_SOURCE" && strategy !== "ACCEPT_DESTINATION" && strategy !== "AUTOMERGE") {
    fault(InvalidConflictResolutionStrategyException, "The specified conflict resolution strategy is not valid.");
  }
  return { level, strategy };
}

/** What of a merge somebody has to resolve: none where one side is to win. */
export const openConflicts = ({ judged }: MergeReading, { strategy }: Handling): Judged[] =>
  strategy === "ACCEPT_SOURCE" || strategy === "ACCEPT_DESTINATION" ? [] : judged.filter(isConflict);

/** The destination's files become the merge's by these edits; refuses where a conflict is left. */
export function mergeEdits(scope: Scope, reading: MergeReading, handling: Handling, resolution: ConflictResolution = {}): Edit[] {
  const resolved = resolutionsOf(resolution, handling);
  const collided = new Map(reading.judged.map((judged) => [judged.collision.path, judged]));
  const edits = new Map<string, Edit>();
  for (const { path, after } of reading.fromSource) {
    if (collided.has(path) || isUnder(path, collided, handling)) continue;
    edits.set(
      path,
      after === undefined ? { kind: "delete", path } : { kind: "put", path, mode: after.mode, content: { blobId: after.blobId } },
    );
  }
  for (const judged of reading.judged) {
    for (const edit of settle(scope, judged, handling, resolved)) edits.set(edit.path, edit);
  }
  for (const path of resolved.deleted) edits.set(path, { kind: "delete", path });
  return [...edits.values()];
}

/** Where the destination's file wins over a folder of the source, what is in the folder stays away. */
const isUnder = (path: string, collided: ReadonlyMap<string, Judged>, { strategy }: Handling): boolean =>
  strategy === "ACCEPT_DESTINATION" && foldersOf(path).some((folder) => collided.get(folder)?.collision.isFolderIn === "source");

interface Resolutions {
  readonly replaced: ReadonlyMap<string, ReplaceContentEntry>;
  readonly deleted: ReadonlySet<string>;
  readonly modes: ReadonlyMap<string, string>;
}

/** What the caller says of conflicts; it may only where merging is automatic. */
function resolutionsOf(
  { replaceContents = [], deleteFiles = [], setFileModes = [] }: ConflictResolution,
  { strategy }: Handling,
): Resolutions {
  const paths = [...replaceContents, ...deleteFiles].map(({ filePath }) => pathOf(filePath));
  const modes = new Map(setFileModes.map(({ filePath, fileMode }) => [pathOf(filePath), gitMode(fileMode)]));
  if (paths.length + modes.size > 0 && strategy !== "AUTOMERGE") {
    fault(InvalidConflictResolutionException, "The specified conflict resolution list is not valid.");
  }
  if (paths.length + modes.size > RESOLUTIONS_MAX) {
    fault(MaximumConflictResolutionEntriesExceededException, "The number of allowed conflict resolution entries was exceeded.");
  }
  if (new Set(paths).size < paths.length || modes.size < setFileModes.length) {
    fault(MultipleConflictResolutionEntriesException, "More than one conflict resolution entries exists for the conflict.");
  }
  for (const entry of replaceContents) checkReplacement(entry);
  return {
    replaced: new Map(replaceContents.map((entry) => [pathOf(entry.filePath), entry])),
    deleted: new Set(deleteFiles.map(({ filePath }) => pathOf(filePath))),
    modes,
  };
}

function checkReplacement({ replacementType, content }: ReplaceContentEntry): void {
  switch (replacementType) {
    case "KEEP_BASE":
    case "KEEP_SOURCE":
    case "KEEP_DESTINATION":
      return;
    case "USE_NEW_CONTENT":
      if (content === undefined)
        fault(ReplacementContentRequiredException, "USE_NEW_CONTENT was specified, but no replacement content has been provided.");
      if (content.byteLength > FILE_MAX) fault(FileContentSizeLimitExceededException, "The file cannot be added because it is too large.");
      return;
    case undefined:
      fault(ReplacementTypeRequiredException, "A replacement type is required.");
  }
  fault(InvalidReplacementTypeException, "The specified replacement type is not valid.");
}

/** What becomes of one path that both sides changed. */
function settle(scope: Scope, judged: Judged, handling: Handling, { replaced, deleted, modes }: Resolutions): Edit[] {
  const { strategy } = handling;
  const { collision } = judged;
  const { path, source, destination } = collision;
  const replacement = replaced.get(path);
  if (deleted.has(path)) return [];
  if (replacement !== undefined) return replace(scope, collision, replacement, modes.get(path));
  if (!isConflict(judged)) return put(path, mergedMode(collision)!, contentOf(scope, judged, handling, "source"));
  switch (strategy) {
    case "ACCEPT_SOURCE":
      if (source === undefined) return [{ kind: "delete", path }];
      return put(path, source.mode, judged.typeConflict ? { blobId: source.blobId } : contentOf(scope, judged, handling, "source"));
    case "ACCEPT_DESTINATION":
      if (destination === undefined || judged.typeConflict) return [];
      return put(path, destination.mode, contentOf(scope, judged, handling, "destination"));
    case "AUTOMERGE":
    case "NONE": {
      const mode = modes.get(path);
      if (mode !== undefined && judged.modeConflict && !judged.contentConflict && !judged.typeConflict) {
        return put(path, mode, contentOf(scope, judged, handling, "source"));
      }
      return fault(
        ManualMergeRequiredException,
        "The merge cannot be completed because there are conflicts that must be resolved manually.",
      );
    }
  }
}

/** The merged content; where lines are in conflict, one side's, and so where contents are not told apart by lines. */
function contentOf(
  scope: Scope,
  { collision, contents }: Judged,
  { level, strategy }: Handling,
  prefer: "source" | "destination",
): Content {
  const { base, source, destination } = collision;
  const preferred = (prefer === "source" ? source : destination)!;
  if (source === undefined || destination === undefined || source.blobId === destination.blobId) return { blobId: preferred.blobId };
  if (destination.blobId === base?.blobId) return { blobId: source.blobId };
  if (source.blobId === base?.blobId) return { blobId: destination.blobId };
  if (contents.hunks === undefined || !isLineLevel(level, strategy)) return { blobId: preferred.blobId };
  return scope.blobs.write(merged(contents.base ?? Buffer.alloc(0), contents.hunks, prefer));
}

function replace(
  scope: Scope,
  collision: Collision,
  { replacementType, content, fileMode }: ReplaceContentEntry,
  askedMode: string | undefined,
): Edit[] {
  const { path, base, source, destination } = collision;
  const asked = askedMode ?? (fileMode && gitMode(fileMode));
  const keep = (version: Collision["base"]): Edit[] =>
    version === undefined ? [{ kind: "delete", path }] : put(path, asked ?? version.mode, { blobId: version.blobId });
  switch (replacementType) {
    case "KEEP_BASE":
      return keep(base);
    case "KEEP_SOURCE":
      return keep(source);
    case "KEEP_DESTINATION":
      return keep(destination);
    default: {
      const bytes: BlobRef = scope.blobs.write(content!);
      return put(path, asked ?? mergedMode(collision) ?? source!.mode, bytes);
    }
  }
}

const put = (path: string, mode: string, content: Content): Edit[] => [
  { kind: "put", path, mode: mode === "" ? gitMode("NORMAL") : mode, content },
];
