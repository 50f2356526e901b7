import { isUtf8 } from "node:buffer";
import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  BranchDoesNotExistException,
  CreateCommit$,
  DeleteFile$,
  FileDoesNotExistException,
  FileEntryRequiredException,
  type FileModeTypeEnum,
  InvalidPathException,
  ParentCommitIdOutdatedException,
  ParentCommitIdRequiredException,
  PutFile$,
} from "../../sdk/codecommit.js";
import { checkBranchName } from "./branch.ts";
import { type GitSaid, gitOperation } from "./errand.ts";
import { gitMode, withoutSlashes } from "./file.ts";
import { branchRef, headOf } from "./ref.ts";
import { type Repository, requireRepository } from "./repository.ts";

/** One change of a commit. */
type Change =
  | { readonly kind: "put"; readonly path: string; readonly mode: FileModeTypeEnum | undefined; readonly content: string }
  | { readonly kind: "delete"; readonly path: string };

/** A commit to make on top of a branch. */
interface Commission {
  readonly repository: Repository;
  readonly branch: string;
  readonly parent: string | undefined;
  readonly author: { readonly name: string; readonly email: string };
  readonly message: string;
  readonly changes: readonly Change[];
}

const PARTIAL = { partial: "content is UTF-8 text; a commit that changes nothing is made nevertheless" };

export const putFile = gitOperation(
  PutFile$,
  (scope, input) => {
    const put = putOf(input.filePath!, input.fileContent, input.fileMode);
    const commission = commissionOf(scope, { ...input, authorName: input.name, message: input.commitMessage ?? `Added ${put.path}` }, [
      put,
    ]);
    return {
      ...work(scope, commission),
      answer: (_, [said]) => {
        const { commitId, treeId, blobs } = madeBy(said!);
        return { commitId, treeId, blobId: blobs[0]!.id };
      },
    };
  },
  PARTIAL,
);

export const deleteFile = gitOperation(DeleteFile$, (scope, input) => {
  const path = pathOf(input.filePath!);
  const message = input.commitMessage ?? `Deleted ${path}`;
  const commission = commissionOf(scope, { ...input, authorName: input.name, message }, [{ kind: "delete", path }]);
  const { commands, ...rest } = work(scope, commission);
  return {
    ...rest,
    // Refuses where there is no such file.
    commands: [...commands.slice(0, -1), { args: ["rev-parse", "--verify", `${commission.parent}:${path}`] }, commands.at(-1)!],
    answer: (_, said) => {
      const { commitId, treeId } = madeBy(said[1]!);
      return { commitId, treeId, blobId: said[0]!.stdout.toString("utf8").trim(), filePath: path };
    },
    moves: { ...rest.moves, to: { firstWordOf: 1 } },
    refuse: () => fault(FileDoesNotExistException, `Could not find path ${path}`),
  };
});

export const createCommit = gitOperation(
  CreateCommit$,
  (scope, input) => {
    const puts = (input.putFiles ?? []).map(({ filePath, fileContent, fileMode, sourceFile }) => {
      if (sourceFile !== undefined) fault("NotImplemented", "Copies of source files are not implemented by Slipway.", 501);
      return putOf(filePath!, fileContent, fileMode);
    });
    if ((input.setFileModes ?? []).length > 0) fault("NotImplemented", "setFileModes is not implemented by Slipway.", 501);
    const deletes = (input.deleteFiles ?? []).map(({ filePath }) => ({ kind: "delete" as const, path: pathOf(filePath!) }));
    if (puts.length + deletes.length === 0)
      fault(FileEntryRequiredException, "The commit cannot be created because no file entries were specified.");
    const commission = commissionOf(scope, { ...input, message: input.commitMessage ?? "" }, [...puts, ...deletes]);
    return {
      ...work(scope, commission),
      answer: (_, [said]) => {
        const { commitId, treeId, blobs } = madeBy(said!);
        const put = blobs.map(({ id, path, existed }, index) => ({
          existed,
          file: { absolutePath: path, blobId: id, fileMode: puts[index]!.mode ?? "NORMAL" },
        }));
        return {
          commitId,
          treeId,
          filesAdded: put.filter(({ existed }) => !existed).map(({ file }) => file),
          filesUpdated: put.filter(({ existed }) => existed).map(({ file }) => file),
          filesDeleted: deletes.map(({ path }) => ({ absolutePath: path })),
        };
      },
    };
  },
  { partial: `${PARTIAL.partial}; no copies of files and no changes of modes` },
);

interface Asked {
  readonly repositoryName?: string | undefined;
  readonly branchName?: string | undefined;
  readonly parentCommitId?: string | undefined;
  readonly authorName?: string | undefined;
  readonly email?: string | undefined;
  readonly message: string;
}

function commissionOf(scope: Scope, asked: Asked, changes: readonly Change[]): Commission {
  const repository = requireRepository(scope, asked.repositoryName);
  const branch = asked.branchName!;
  checkBranchName(branch);
  const tip = headOf(scope, repository.repositoryId, branch);
  if (tip === undefined && repository.defaultBranch !== undefined) {
    fault(BranchDoesNotExistException, `Branch ${branch} does not exist`);
  }
  if (tip !== undefined && asked.parentCommitId === undefined) {
    fault(ParentCommitIdRequiredException, "A parent commit ID is required.");
  }
  if (asked.parentCommitId !== tip) {
    fault(
      ParentCommitIdOutdatedException,
      `The specified parent commit ID ${asked.parentCommitId} is not the tip of branch ${branch}. Use the full commit ID of its tip and try again.`,
    );
  }
  const author = { name: asked.authorName ?? scope.caller.arn.split("/").at(-1)!, email: asked.email ?? "" };
  return { repository, branch, parent: tip, author, message: asked.message, changes };
}

/** What git is asked for; it refuses where the branch has moved meanwhile. */
function work(scope: Scope, commission: Commission) {
  const { repository, branch, parent } = commission;
  const fullName = branchRef(branch);
  const stdin = fastImport(scope, commission, fullName);
  return {
    repository,
    commands: [{ args: ["fast-import", "--quiet"], stdin }],
    moves: { fullName, ...(parent !== undefined && { from: parent }), to: { firstWordOf: 0 } },
  };
}

/** https://git-scm.com/docs/git-fast-import; it prints the commit, its tree, and of each file put what is there now and what was. */
function fastImport(scope: Scope, { parent, author, message, changes }: Commission, fullName: string): string {
  const who = `${author.name.replaceAll(/[<>\n]/g, "")} <${author.email.replaceAll(/[<>\n]/g, "")}> ${Math.floor(scope.clock.now() / 1000)} +0000`;
  const puts = changes.filter(({ kind }) => kind === "put");
  return [
    `commit ${fullName}`,
    "mark :1",
    `author ${who}`,
    `committer ${who}`,
    data(message),
    ...(parent === undefined ? [] : [`from ${parent}`]),
    ...changes.map((change) =>
      change.kind === "delete"
        ? `D ${quoted(change.path)}`
        : `M ${gitMode(change.mode)} inline ${quoted(change.path)}\n${data(change.content)}`,
    ),
    "",
    "get-mark :1",
    'ls :1 ""',
    ...puts.flatMap(({ path }) => [`ls :1 ${quoted(path)}`, parent === undefined ? 'ls :1 "\\001"' : `ls ${parent} ${quoted(path)}`]),
    "done",
    "",
  ].join("\n");
}

/** What fast-import printed: "mode type id", a tab, the path; or "missing" and the path. */
function madeBy({ stdout }: GitSaid): { commitId: string; treeId: string; blobs: { id: string; path: string; existed: boolean }[] } {
  const [commitId, tree, ...files] = stdout.toString("utf8").trimEnd().split("\n");
  const blobs = [];
  for (let at = 0; at < files.length; at += 2) {
    const [about, path] = files[at]!.split("\t");
    blobs.push({ id: about!.split(" ")[2]!, path: path!, existed: !files[at + 1]!.startsWith("missing") });
  }
  return { commitId: commitId!, treeId: tree!.split(/\s/)[2]!, blobs };
}

function putOf(filePath: string, content: Uint8Array | undefined, mode: FileModeTypeEnum | undefined): Extract<Change, { kind: "put" }> {
  const bytes = content ?? new Uint8Array();
  if (!isUtf8(bytes)) fault("NotImplemented", "Content that is not UTF-8 is not implemented by Slipway; push it with git.", 501);
  return { kind: "put", path: pathOf(filePath), mode, content: Buffer.from(bytes).toString("utf8") };
}

function pathOf(filePath: string): string {
  const path = withoutSlashes(filePath);
  const isBad = path === "" || path.split("/").some((part) => part === "" || part === "." || part === ".." || part === ".git");
  return isBad ? fault(InvalidPathException, `The specified path is not valid: ${filePath}`) : path;
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}`;

const quoted = (path: string): string => `"${path.replaceAll(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`;
