import { fault } from "../../kernel/fault.ts";
import {
  BlobIdDoesNotExistException,
  BlobIdRequiredException,
  CommitDoesNotExistException,
  FileDoesNotExistException,
  FileTooLargeException,
  FolderDoesNotExistException,
  GetBlob$,
  GetFile$,
  GetFolder$,
  InvalidBlobIdException,
  PathRequiredException,
} from "../../sdk/codecommit.js";
import { fileMode as wordOf } from "./commission.ts";
import { objectsIn, requireCommit } from "./commit.ts";
import { Further, type GitSaid, gitOperation } from "./errand.ts";
import { requireRepository } from "./repository.ts";
import { entriesIn, pathOf, withoutSlashes } from "./tree.ts";

/** bytes; https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html */
const FILE_MAX = 6 * 1024 * 1024;
const BLOB_ID = /^[0-9a-f]{40}$/;

export const getFile = gitOperation(GetFile$, (scope, { repositoryName, commitSpecifier, filePath }) => {
  const repository = requireRepository(scope, repositoryName);
  const specified = requireCommit(scope, repository, commitSpecifier);
  const path = pathOf(filePath);
  return {
    repository,
    commands: [commitAt(specified), { args: ["ls-tree", "-z", "-l", specified, "--", path] }],
    answer(_, [commit, tree]) {
      const commitId = wordIn(commit!);
      const entry = sizedEntriesIn(tree!.stdout).find(({ name }) => name === path);
      if (entry?.type !== "blob") fault(FileDoesNotExistException, `Could not find path ${filePath} in commit ${commitId}`);
      const { id: blobId, size: fileSize } = entry!;
      if (fileSize > FILE_MAX) tooLarge(blobId);
      return new Further({
        repository,
        commands: [{ args: ["cat-file", "blob", blobId] }],
        answer: (_, [content]) => ({
          commitId,
          blobId,
          filePath: path,
          fileMode: wordOf(entry!.mode),
          fileSize,
          fileContent: content!.stdout,
        }),
      });
    },
    refuse: () => fault(CommitDoesNotExistException, `Commit ${specified} does not exist`),
  };
});

export const getFolder = gitOperation(GetFolder$, (scope, { repositoryName, commitSpecifier, folderPath }) => {
  const repository = requireRepository(scope, repositoryName);
  const specified = requireCommit(scope, repository, commitSpecifier);
  if (!folderPath) fault(PathRequiredException, "A folder path is required but was not specified.");
  const path = withoutSlashes(folderPath);
  const tree = `${specified}:${path}`;
  return {
    repository,
    commands: [
      commitAt(specified),
      { args: ["rev-parse", "--verify", tree], mayFail: true },
      { args: ["ls-tree", "-z", tree], mayFail: true },
    ],
    answer(_, [commit, treeId, listing]) {
      if (listing!.exitCode !== 0) fault(FolderDoesNotExistException, `Could not find folder ${folderPath} in commit ${specified}`);
      const entries = entriesIn(listing!.stdout).map(({ name, ...entry }) => ({
        ...entry,
        paths: { absolutePath: path === "" ? name : `${path}/${name}`, relativePath: name },
      }));
      const ofType = (type: string) => entries.filter((entry) => entry.type === type);
      const blobs = ofType("blob").map(({ id, mode, paths }) => ({ blobId: id, ...paths, fileMode: wordOf(mode) }));
      return {
        commitId: wordIn(commit!),
        folderPath: path,
        treeId: wordIn(treeId!),
        subFolders: ofType("tree").map(({ id, paths }) => ({ treeId: id, ...paths })),
        files: blobs.filter(({ fileMode }) => fileMode !== "SYMLINK"),
        symbolicLinks: blobs.filter(({ fileMode }) => fileMode === "SYMLINK"),
        subModules: ofType("commit").map(({ id, paths }) => ({ commitId: id, ...paths })),
      };
    },
    refuse: () => fault(CommitDoesNotExistException, `Commit ${specified} does not exist`),
  };
});

export const getBlob = gitOperation(GetBlob$, (scope, { repositoryName, blobId }) => {
  const repository = requireRepository(scope, repositoryName);
  const id = checkedBlobId(blobId);
  return {
    repository,
    commands: [{ args: ["cat-file", "--batch-check"], stdin: `${id}\n` }],
    answer(_, [about]) {
      const [, type, size] = about!.stdout.toString("utf8").trim().split(" ");
      if (type !== "blob") fault(BlobIdDoesNotExistException, `Blob ID ${id} does not exist`);
      if (Number(size) > FILE_MAX) tooLarge(id);
      return new Further({
        repository,
        commands: [{ args: ["cat-file", "--batch"], stdin: `${id}\n` }],
        answer: (_, [objects]) => ({ content: objectsIn(objects!.stdout)[0]!.content }),
      });
    },
  };
});

/** A blob's id as the caller gave it; refuses what is none. */
export function checkedBlobId(blobId: string | undefined): string {
  if (!blobId) fault(BlobIdRequiredException, "A blob ID is required but was not specified.");
  return BLOB_ID.test(blobId) ? blobId : fault(InvalidBlobIdException, `The specified blob ID is not valid: ${blobId}`);
}

/** An annotated tag names an object of its own; what is meant is the commit. */
const commitAt = (specified: string) => ({ args: ["rev-parse", "--verify", `${specified}^{commit}`] });

const wordIn = ({ stdout }: GitSaid): string => stdout.toString("utf8").trim();

/** With `-l` there is a size before the name. */
const sizedEntriesIn = (listing: Buffer) =>
  listing
    .toString("utf8")
    .split("\0")
    .filter(Boolean)
    .map((line) => {
      const [about, name] = [line.slice(0, line.indexOf("\t")), line.slice(line.indexOf("\t") + 1)];
      const [mode, type, id, size] = about.split(/ +/);
      return { mode: mode!, type: type!, id: id!, size: Number(size), name };
    });

function tooLarge(blobId: string): never {
  fault(FileTooLargeException, `The blob ${blobId} exceeds the size limit of ${FILE_MAX} bytes.`);
}
