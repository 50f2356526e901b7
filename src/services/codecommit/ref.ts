import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";

/** Where a branch or a tag stands, by repository id and full name. Git's own refs are the truth; this is their mirror. */
export interface Ref extends Row {
  /** The object it names: a commit, or the object of an annotated tag. */
  readonly target: string;
  /** The ARN of who moved it last, where somebody did. */
  readonly movedBy?: string;
}

export const refs = new Table<Ref>("codecommit/ref");

const BRANCH = "refs/heads/";
const TAG = "refs/tags/";

export const branchRef = (branch: string): string => `${BRANCH}${branch}`;

/** The commit that a branch stands at. */
export const headOf = (scope: Scope, repositoryId: string, branch: string): string | undefined =>
  refs.get(scope, refId(repositoryId, branchRef(branch)))?.target;

/** A branch as its row has it. */
export const branchOf = (scope: Scope, repositoryId: string, branch: string): Ref | undefined =>
  refs.get(scope, refId(repositoryId, branchRef(branch)));

/** What a tag stands at. */
export const tagTargetOf = (scope: Scope, repositoryId: string, tag: string): string | undefined =>
  refs.get(scope, refId(repositoryId, `${TAG}${tag}`))?.target;

/** The names of the branches, in order. */
export const branchesOf = (scope: Scope, repositoryId: string): string[] =>
  refs.list(scope, refId(repositoryId, BRANCH)).map(({ id }) => id.slice(refId(repositoryId, BRANCH).length));

/** Every ref as the rows have it, by full name. */
export const mirroredRefs = (scope: Scope, repositoryId: string): Map<string, string> =>
  new Map(refs.list(scope, refId(repositoryId, "")).map(({ id, target }) => [id.slice(repositoryId.length + 1), target]));

/** Write what a ref stands at now; undefined where it is gone. */
export function writeRef(scope: Scope, repositoryId: string, fullName: string, target: string | undefined, movedBy?: string): void {
  const id = refId(repositoryId, fullName);
  if (target === undefined) refs.remove(scope, id);
  else refs.put(scope, { id, target, ...(movedBy !== undefined && { movedBy }) });
}

/** Forget every ref of a repository. */
export function forgetRefs(scope: Scope, repositoryId: string): void {
  for (const { id } of refs.list(scope, refId(repositoryId, ""))) refs.remove(scope, id);
}

/** The kind and the short name of a ref that AWS tells of; others (notes, pull requests) are nobody's business. */
export function parseRef(fullName: string): { type: "branch" | "tag"; name: string } | undefined {
  if (fullName.startsWith(BRANCH)) return { type: "branch", name: fullName.slice(BRANCH.length) };
  if (fullName.startsWith(TAG)) return { type: "tag", name: fullName.slice(TAG.length) };
  return undefined;
}

const refId = (repositoryId: string, fullName: string): string => `${repositoryId}/${fullName}`;
