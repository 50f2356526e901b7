import { createHash } from "node:crypto";
import type { GitCommand, GitInput } from "../../compute/job.ts";
import type { BlobRef } from "../../kernel/blob.ts";
import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  CommitMessageLengthExceededException,
  type FileModeTypeEnum,
  InvalidEmailException,
  NameLengthExceededException,
} from "../../sdk/codecommit.js";
import type { GitSaid } from "./errand.ts";

/** What a file holds: a blob of git's, bytes of ours, or a text. */
export type Content = { readonly blobId: string } | BlobRef | { readonly text: string };

/** One change of a commit's files. */
export type Edit =
  | { readonly kind: "put"; readonly path: string; readonly mode: string; readonly content: Content }
  | { readonly kind: "delete"; readonly path: string };

export interface Author {
  readonly name: string;
  readonly email: string;
}

/** A commit to make: on top of the first of its parents, with edits. */
export interface Commission {
  /** The ref that it moves; git refuses where that has moved meanwhile. */
  readonly fullName: string;
  readonly parents: readonly string[];
  readonly author: Author;
  readonly message: string;
  readonly edits: readonly Edit[];
}

const NAME_MAX = 255;
const EMAIL_MAX = 320;
/** bytes */
const MESSAGE_MAX = 256 * 1024;

const MODES: Readonly<Record<string, FileModeTypeEnum>> = { "100644": "NORMAL", "100755": "EXECUTABLE", "120000": "SYMLINK" };

/** Git's mode of a file that the API names by a word. */
export const gitMode = (mode: FileModeTypeEnum = "NORMAL"): string => Object.entries(MODES).find(([, word]) => word === mode)![0];

/** The API's word for git's mode. */
export const fileMode = (mode: string): FileModeTypeEnum => MODES[mode] ?? "NORMAL";

/** Who a commit is by, as asked for or else the caller. */
export function authorOf(scope: Scope, name: string | undefined, email = "", message = ""): Author {
  if (name !== undefined && name.length > NAME_MAX) fault(NameLengthExceededException, "The user name is too long.");
  if (email.length > EMAIL_MAX || /[<>\s]/.test(email)) fault(InvalidEmailException, "The specified email address is not valid.");
  if (Buffer.byteLength(message) > MESSAGE_MAX) fault(CommitMessageLengthExceededException, "The commit message is too long.");
  return { name: name ?? scope.caller.arn.split(/[/:]/).at(-1)!, email };
}

/** https://git-scm.com/docs/git-fast-import; it prints the commit and its tree. */
export function fastImport(scope: Scope, { fullName, parents, author, message, edits }: Commission): GitCommand {
  const who = `${author.name.replaceAll(/[<>\n]/g, "")} <${author.email}> ${Math.floor(scope.clock.now() / 1000)} +0000`;
  const [first, ...others] = parents;
  const head = [
    `commit ${fullName}`,
    "mark :1",
    `author ${who}`,
    `committer ${who}`,
    `data ${Buffer.byteLength(message)}\n${message}`,
    ...(first === undefined ? [] : [`from ${first}`]),
    ...others.map((parent) => `merge ${parent}`),
    "",
  ].join("\n");
  // What goes makes room: a folder may become a file.
  const ordered = [...edits].sort((one, other) => Number(one.kind === "put") - Number(other.kind === "put"));
  const stdin = [head, ...ordered.flatMap(editIn), '\nget-mark :1\nls :1 ""\ndone\n'];
  return { args: ["fast-import", "--quiet"], stdin };
}

function editIn(edit: Edit): GitInput[] {
  if (edit.kind === "delete") return [`D ${quoted(edit.path)}\n`];
  const { mode, path, content } = edit;
  if ("blobId" in content) return [`M ${mode} ${content.blobId} ${quoted(path)}\n`];
  if ("text" in content) return [`M ${mode} inline ${quoted(path)}\ndata ${Buffer.byteLength(content.text)}\n${content.text}\n`];
  return [`M ${mode} inline ${quoted(path)}\ndata ${content.size}\n`, { digest: content.digest }, "\n"];
}

/** What fast-import printed: the commit, and "mode type id" of its tree. */
export function madeBy({ stdout }: GitSaid): { commitId: string; treeId: string } {
  const [commitId, tree] = stdout.toString("utf8").trimEnd().split("\n");
  return { commitId: commitId!, treeId: tree!.split(/\s/)[2]! };
}

/** The id that git gives a blob. */
export const blobIdOf = (bytes: Uint8Array): string => createHash("sha1").update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");

const quoted = (path: string): string => `"${path.replaceAll(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`;
