import { fault } from "../../kernel/fault.ts";
import { InvalidPathException, PathRequiredException } from "../../sdk/codecommit.js";

/** What a commit's tree has at a path. */
export interface TreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly id: string;
  readonly name: string;
}

/** What `git ls-tree -z` lists: "mode type id", a tab, the name. */
export function entriesIn(listing: Buffer): TreeEntry[] {
  const lines = listing.toString("utf8").split("\0").filter(Boolean);
  return lines.map((line) => {
    const [about, name] = [line.slice(0, line.indexOf("\t")), line.slice(line.indexOf("\t") + 1)];
    const [mode, type, id] = about.split(" ");
    return { mode: mode!, type: type!, id: id!, name };
  });
}

/** The folders that a path lies in, from the outermost. */
export const foldersOf = (path: string): string[] => {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
};

export const withoutSlashes = (path: string): string => path.replace(/^\/+|\/+$/g, "");

/** A file's path as git has it; refuses what git could not have. */
export function pathOf(filePath: string | undefined): string {
  if (!filePath) fault(PathRequiredException, "A file path is required but was not specified.");
  const path = withoutSlashes(filePath);
  const isBad = path === "" || path.split("/").some((part) => part === "" || part === "." || part === ".." || part === ".git");
  return isBad ? fault(InvalidPathException, `The specified path is not valid: ${filePath}`) : path;
}

/**
 * The folders that are left without a file when paths go and others come; `paths` are all those of the tree that lie in
 * the folders of what goes.
 */
export function emptiedFolders(paths: readonly string[], gone: ReadonlySet<string>, come: readonly string[]): string[] {
  const left = [...paths.filter((path) => !gone.has(path)), ...come];
  // Only the innermost: a file in it keeps the outer ones.
  return [...new Set([...gone].flatMap((path) => foldersOf(path).at(-1) ?? []))].filter(
    (folder) => !left.some((path) => path.startsWith(`${folder}/`)),
  );
}
