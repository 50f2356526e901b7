import type { BlobRef } from "../../kernel/blob.ts";
import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  type CreateCommitInput,
  DirectoryNameConflictsWithFileNameException,
  FileContentAndSourceFileSpecifiedException,
  FileContentSizeLimitExceededException,
  FileDoesNotExistException,
  FileEntryRequiredException,
  FileModeRequiredException,
  type FileModeTypeEnum,
  FileNameConflictsWithDirectoryNameException,
  FilePathConflictsWithSubmodulePathException,
  InvalidFileModeException,
  MaximumFileEntriesExceededException,
  NoChangeException,
  PutFileEntryConflictException,
  RestrictedSourceFileException,
  SamePathRequestException,
  SourceFileOrContentRequiredException,
} from "../../sdk/codecommit.js";
import { blobIdOf, type Edit, fileMode, gitMode } from "./commission.ts";
import { emptiedFolders, foldersOf, pathOf, type TreeEntry } from "./tree.ts";

/** One file that a commit changes. */
export type FileChange =
  | {
      readonly kind: "put";
      readonly path: string;
      readonly mode: FileModeTypeEnum | undefined;
      readonly content: BlobRef & { readonly blobId: string };
    }
  | {
      readonly kind: "copy";
      readonly path: string;
      readonly mode: FileModeTypeEnum | undefined;
      readonly from: string;
      readonly isMove: boolean;
    }
  | { readonly kind: "delete"; readonly path: string }
  | { readonly kind: "mode"; readonly path: string; readonly mode: FileModeTypeEnum };

/** What a commit comes to, once the tree that it changes is known. */
export interface Planned {
  readonly edits: readonly Edit[];
  readonly filesAdded: readonly FileMetadata[];
  readonly filesUpdated: readonly FileMetadata[];
  readonly filesDeleted: readonly FileMetadata[];
}

interface FileMetadata {
  readonly absolutePath: string;
  readonly blobId: string;
  readonly fileMode: FileModeTypeEnum;
}

const ENTRIES_MAX = 100;
/** bytes; https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html */
const FILE_MAX = 6 * 1024 * 1024;
const CHANGE_MAX = 20 * 1024 * 1024;
const GIT_KEEP = ".gitkeep";
const SUBMODULE = "160000";

/** The changes that CreateCommit asks for, each checked for itself and against the others. */
export function changesOf(scope: Scope, { putFiles = [], deleteFiles = [], setFileModes = [] }: CreateCommitInput): FileChange[] {
  const changes: FileChange[] = [
    ...putFiles.map((put) => putOrCopy(scope, put)),
    ...deleteFiles.map(({ filePath }) => ({ kind: "delete" as const, path: pathOf(filePath) })),
    ...setFileModes.map(({ filePath, fileMode: mode }) => {
      if (mode === undefined) fault(FileModeRequiredException, "A file mode is required but was not specified.");
      return { kind: "mode" as const, path: pathOf(filePath), mode: checkedMode(mode)! };
    }),
  ];
  if (changes.length === 0) fault(FileEntryRequiredException, "The commit cannot be created because no file entries were specified.");
  if (changes.length > ENTRIES_MAX) {
    fault(MaximumFileEntriesExceededException, `The number of file entries exceeds the maximum of ${ENTRIES_MAX}.`);
  }
  const paths = changes.map(({ path }) => path);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) fault(SamePathRequestException, `More than one change was specified for the path ${twice}.`);
  const inside = paths.find((path) => foldersOf(path).some((folder) => changes.some((other) => other.path === folder && makes(other))));
  if (inside !== undefined) fault(PutFileEntryConflictException, `The path ${inside} is specified both as a file and as a folder.`);
  const total = changes.reduce((sum, change) => sum + (change.kind === "put" ? change.content.size : 0), 0);
  if (total > CHANGE_MAX) tooLarge();
  return changes;
}

/** A file with new content. */
export function putOf(scope: Scope, path: string, content: Uint8Array, mode: FileModeTypeEnum | undefined): FileChange {
  if (content.byteLength > FILE_MAX) tooLarge();
  return { kind: "put", path, mode: checkedMode(mode), content: { ...scope.blobs.write(content), blobId: blobIdOf(content) } };
}

/** What of a tree has to be known, for `git ls-tree -t`: the folders of every path, with what is in them, and the path itself. */
export function pathsToRead(changes: readonly FileChange[]): string[] {
  const paths = changes.flatMap((change) => (change.kind === "copy" ? [change.path, change.from] : [change.path]));
  return [...new Set(paths.flatMap((path) => [...foldersOf(path).map((folder) => `${folder}/`), path]))];
}

/** What changes come to on a tree; refuses what does not fit it. */
export function plan(changes: readonly FileChange[], entries: readonly TreeEntry[], keepsFolders: boolean): Planned {
  const known = new Map(entries.map((entry) => [entry.name, entry]));
  for (const change of changes) checkFits(change, known, changes);
  const puts = changes.flatMap((change) => puttingOf(change, known) ?? []);
  const gone = new Set([
    ...changes.filter(({ kind }) => kind === "delete").map(({ path }) => path),
    ...changes.flatMap((change) => (change.kind === "copy" && change.isMove ? [change.from] : [])),
  ]);
  const changing = puts.filter(({ path, mode, blobId }) => known.get(path)?.id !== blobId || known.get(path)?.mode !== mode);
  if (changing.length === 0 && gone.size === 0) {
    fault(NoChangeException, "The commit cannot be created because no changes will be made to the repository as a result of this commit.");
  }
  const files = entries.filter(({ type }) => type !== "tree").map(({ name }) => name);
  const whole = entries.filter(({ type, name }) => type === "tree" && !files.some((file) => file.startsWith(`${name}/`)));
  const emptied = keepsFolders
    ? emptiedFolders(
        [...files, ...whole.map(({ name }) => `${name}/`)],
        gone,
        puts.map(({ path }) => path),
      )
    : [];
  const kept = emptied.map((folder) => ({ ...keptFolder(folder), blobId: EMPTY_BLOB }));
  const metadata = ({ path, mode, blobId }: Putting): FileMetadata => ({ absolutePath: path, blobId, fileMode: fileMode(mode) });
  return {
    edits: [
      ...[...gone].map((path) => ({ kind: "delete" as const, path })),
      ...changing.map(({ path, mode, blobId, bytes }) => ({ kind: "put" as const, path, mode, content: bytes ?? { blobId } })),
      ...emptied.map(keptFolder),
    ],
    filesAdded: [...changing.filter(({ path }) => !known.has(path)), ...kept].map(metadata),
    filesUpdated: changing.filter(({ path }) => known.has(path)).map(metadata),
    filesDeleted: [...gone].map((path) => metadata({ path, mode: known.get(path)!.mode, blobId: known.get(path)!.id })),
  };
}

interface Putting {
  readonly path: string;
  readonly mode: string;
  readonly blobId: string;
  readonly bytes?: BlobRef;
}

/** An empty file that keeps a folder. */
export const keptFolder = (folder: string): Extract<Edit, { kind: "put" }> => ({
  kind: "put",
  path: `${folder}/${GIT_KEEP}`,
  mode: gitMode("NORMAL"),
  content: { text: "" },
});

const EMPTY_BLOB = blobIdOf(new Uint8Array());

function putOrCopy(
  scope: Scope,
  { filePath, fileContent, fileMode: mode, sourceFile }: NonNullable<CreateCommitInput["putFiles"]>[number],
): FileChange {
  const path = pathOf(filePath);
  if (sourceFile === undefined) {
    if (fileContent === undefined) fault(SourceFileOrContentRequiredException, "Either a source file or file content is required.");
    return putOf(scope, path, fileContent, mode);
  }
  if (fileContent !== undefined) {
    fault(FileContentAndSourceFileSpecifiedException, `Both a source file and file content were specified for ${path}.`);
  }
  const from = pathOf(sourceFile.filePath);
  if (from.split("/").at(-1) === GIT_KEEP) fault(RestrictedSourceFileException, "A .gitkeep file cannot be copied or moved.");
  return { kind: "copy", path, mode: checkedMode(mode), from, isMove: sourceFile.isMove ?? false };
}

/** Refuse a change that the tree has no room for, or nothing to change. */
function checkFits(change: FileChange, known: ReadonlyMap<string, TreeEntry>, changes: readonly FileChange[]): void {
  const wanted = change.kind === "copy" ? change.from : makes(change) ? undefined : change.path;
  if (wanted !== undefined && known.get(wanted)?.type !== "blob") {
    fault(FileDoesNotExistException, `Could not find path ${wanted}`);
  }
  if (!makes(change)) return;
  const { path } = change;
  const there = known.get(path);
  if (there?.type === "tree") fault(FileNameConflictsWithDirectoryNameException, `There is a directory with the name ${path}.`);
  if (there?.mode === SUBMODULE) fault(FilePathConflictsWithSubmodulePathException, `The path ${path} is that of a submodule.`);
  const deleted = new Set(changes.filter(({ kind }) => kind === "delete").map((other) => other.path));
  const above = foldersOf(path).find((folder) => known.has(folder) && known.get(folder)!.type !== "tree" && !deleted.has(folder));
  if (above === undefined) return;
  if (known.get(above)!.mode === SUBMODULE) {
    fault(FilePathConflictsWithSubmodulePathException, `The path ${path} lies in the submodule ${above}.`);
  }
  fault(DirectoryNameConflictsWithFileNameException, `There is a file with the name ${above}.`);
}

function puttingOf(change: FileChange, known: ReadonlyMap<string, TreeEntry>): Putting | undefined {
  const there = known.get(change.path);
  switch (change.kind) {
    case "put": {
      const { blobId, ...bytes } = change.content;
      return { path: change.path, mode: modeFor(change.mode, there), blobId, bytes };
    }
    case "copy": {
      const source = known.get(change.from)!;
      return { path: change.path, mode: modeFor(change.mode, source), blobId: source.id };
    }
    case "mode":
      return { path: change.path, mode: gitMode(change.mode), blobId: there!.id };
    case "delete":
      return undefined;
  }
}

const makes = ({ kind }: FileChange): boolean => kind === "put" || kind === "copy";

const modeFor = (asked: FileModeTypeEnum | undefined, there: TreeEntry | undefined): string =>
  asked === undefined && there !== undefined ? there.mode : gitMode(asked);

function checkedMode(mode: FileModeTypeEnum | undefined): FileModeTypeEnum | undefined {
  if (mode === undefined || mode === "NORMAL" || mode === "EXECUTABLE" || mode === "SYMLINK") return mode;
  return fault(InvalidFileModeException, `The specified file mode is not valid: ${mode}`);
}

function tooLarge(): never {
  fault(FileContentSizeLimitExceededException, "The file cannot be added because it is too large.");
}
