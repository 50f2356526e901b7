import type { Scope } from "../kernel/scope.ts";
import { type Row, Table } from "../kernel/table.ts";
import type { Deployment } from "./deployment.ts";

/** A push that moved a branch. Its id is the commit that it moved the branch to. */
export interface Change extends Row {
  /** The commit that the branch was at before. */
  readonly previous?: string;
  readonly pushedAt: number;
  /** The id of the event that told of it. */
  readonly event: string;
  /** The commits that the branch got, oldest first, where git has been asked. */
  readonly commits?: readonly string[];
}

/** A commit, by its id, when it was first pushed: to whichever branch. */
export interface Commit extends Row {
  readonly pushedAt: number;
  /** The id of the event that told of that push. */
  readonly event: string;
}

/** Where a branch stands. Its id is the repository's, a slash, and its name. */
interface Branch extends Row {
  readonly commit: string;
}

export const branches = new Table<Branch>("insights/branch");
export const changes = new Table<Change>("insights/change", { stored: true });
export const commits = new Table<Commit>("insights/commit", { stored: true });

/** Of a deployment that brings more commits, the older pushes are not told. */
const COMMITS_MAX = 1000;

/** The commits that a deployment brings: those of its own push, and of the pushes before it which its pipeline had not brought yet. */
export function commitsOf(scope: Scope, { revisions, since }: Pick<Deployment, "revisions" | "since">): Commit[] {
  const found = new Map<string, Commit>();
  for (const { id, pushedAt, event, commits: brought = [id] } of changesOf(scope, revisions, since)) {
    for (const commit of brought) if (commit !== since) found.set(commit, commits.get(scope, commit) ?? { id: commit, pushedAt, event });
  }
  return [...found.values()];
}

function changesOf(scope: Scope, revisions: readonly string[], since: string | undefined): Change[] {
  const found = new Map<string, Change>();
  let count = 0;
  let next = revisions.find((revision) => changes.get(scope, revision) !== undefined);
  // A branch that was moved back has been at the same commit before.
  while (next !== undefined && next !== since && !found.has(next) && count < COMMITS_MAX) {
    const change = changes.get(scope, next);
    if (change === undefined) break;
    found.set(next, change);
    count += change.commits?.length ?? 1;
    next = since === undefined ? undefined : change.previous;
  }
  return [...found.values()].reverse();
}
