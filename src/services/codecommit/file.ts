import { fault } from "../../kernel/fault.ts";
import {
  BlobIdDoesNotExistException,
  FileDoesNotExistException,
  type FileModeTypeEnum,
  FolderDoesNotExistException,
  GetBlob$,
  GetFile$,
  GetFolder$,
  InvalidBlobIdException,
} from "../../sdk/codecommit.js";
import { objectsIn, requireCommit } from "./commit.ts";
import { gitOperation } from "./errand.ts";
import { requireRepository } from "./repository.ts";

const MODES: Readonly<Record<string, FileModeTypeEnum>> = { "100644": "NORMAL", "100755": "EXECUTABLE", "120000": "SYMLINK" };

/** Git's mode of a file that the API names by a word. */
export const gitMode = (mode: FileModeTypeEnum = "NORMAL"): string => Object.entries(MODES).find(([, word]) => word === mode)![0];

export const getFile = gitOperation(GetFile$, (scope, { repositoryName, commitSpecifier, filePath }) => {
  const repository = requireRepository(scope, repositoryName);
  const commitId = requireCommit(scope, repository, commitSpecifier);
  const path = withoutSlashes(filePath!);
  const missing = (): never => fault(FileDoesNotExistException, `Could not find path ${filePath} in commit ${commitId}`);
  return {
    repository,
    commands: [{ args: ["ls-tree", "-z", commitId, "--", path] }, { args: ["cat-file", "--batch"], stdin: `${commitId}:${path}\n` }],
    answer(_, [tree, objects]) {
      const entry = entriesIn(tree!.stdout).find((found) => found.name === path);
      const object = objectsIn(objects!.stdout)[0];
      if (entry?.type !== "blob" || object === undefined) missing();
      const fileMode = MODES[entry!.mode] ?? "NORMAL";
      const { id: blobId, content } = object!;
      return { commitId, blobId, filePath: path, fileMode, fileSize: content.length, fileContent: content };
    },
    refuse: missing,
  };
});

export const getFolder = gitOperation(GetFolder$, (scope, { repositoryName, commitSpecifier, folderPath }) => {
  const repository = requireRepository(scope, repositoryName);
  const commitId = requireCommit(scope, repository, commitSpecifier);
  const path = withoutSlashes(folderPath!);
  return {
    repository,
    commands: [{ args: ["rev-parse", "--verify", `${commitId}:${path}`] }, { args: ["ls-tree", "-z", `${commitId}:${path}`] }],
    answer(_, [tree, listing]) {
      const entries = entriesIn(listing!.stdout).map(({ name, ...entry }) => ({
        ...entry,
        paths: { absolutePath: path === "" ? name : `${path}/${name}`, relativePath: name },
      }));
      const ofType = (type: string) => entries.filter((entry) => entry.type === type);
      const blobs = ofType("blob").map(({ id, mode, paths }) => ({ blobId: id, ...paths, fileMode: MODES[mode] ?? "NORMAL" }));
      return {
        commitId,
        folderPath: path,
        treeId: tree!.stdout.toString("utf8").trim(),
        subFolders: ofType("tree").map(({ id, paths }) => ({ treeId: id, ...paths })),
        files: blobs.filter(({ fileMode }) => fileMode !== "SYMLINK"),
        symbolicLinks: blobs.filter(({ fileMode }) => fileMode === "SYMLINK"),
        subModules: ofType("commit").map(({ id, paths }) => ({ commitId: id, ...paths })),
      };
    },
    refuse: () => fault(FolderDoesNotExistException, `Could not find folder ${folderPath} in commit ${commitId}`),
  };
});

export const getBlob = gitOperation(GetBlob$, (scope, { repositoryName, blobId }) => {
  const repository = requireRepository(scope, repositoryName);
  if (!/^[0-9a-f]{40}$/.test(blobId!)) fault(InvalidBlobIdException, `The specified blob ID is not valid: ${blobId}`);
  return {
    repository,
    commands: [{ args: ["cat-file", "--batch"], stdin: `${blobId}\n` }],
    answer(_, [objects]) {
      const blob = objectsIn(objects!.stdout).find(({ type }) => type === "blob");
      return { content: blob?.content ?? fault(BlobIdDoesNotExistException, `Blob ID ${blobId} does not exist`) };
    },
  };
});

/** What `git ls-tree -z` lists: "mode type id", a tab, the name. */
function entriesIn(listing: Buffer): { mode: string; type: string; id: string; name: string }[] {
  const lines = listing.toString("utf8").split("\0").filter(Boolean);
  return lines.map((line) => {
    const [about, name] = [line.slice(0, line.indexOf("\t")), line.slice(line.indexOf("\t") + 1)];
    const [mode, type, id] = about.split(" ");
    return { mode: mode!, type: type!, id: id!, name };
  });
}

export const withoutSlashes = (path: string): string => path.replace(/^\/+|\/+$/g, "");
