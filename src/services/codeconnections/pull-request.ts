import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { DeploymentFile } from "./deployment-file.ts";
import type { Asking } from "./provider-question.ts";
import type { Source } from "./source.ts";

/** A stack whose pull requests are commented, by its name. They are looked for after each fetch of the repository. */
export interface PullRequestWatch extends Row {
  /** How many fetches there had been when it was last looked. */
  readonly looked: number;
  /** The look that is on its way. */
  readonly looking?: { readonly nth: number; readonly source: Source; readonly asking: Asking };
  /** Why the last look has found nothing. */
  readonly failure?: string;
  /** The ids of the comments of those that were open. */
  readonly open: readonly string[];
}

export const pullRequestWatches = new Table<PullRequestWatch>("codeconnections/pull-request-watch");

/** What a commit of an open pull request would do to a stack; its id is the stack's name, the number and the commit. */
export interface PullRequestComment extends Row {
  readonly resourceName: string;
  readonly source: Omit<Source, "branch">;
  readonly configFile: string;
  readonly roleArn: string;
  readonly number: number;
  readonly repositoryId: string;
  readonly commit: string;
  readonly status: "IN_PROGRESS" | "COMMENTED" | "SKIPPED" | "FAILED";
  readonly deployment?: DeploymentFile;
  /** The digests of the blobs with the two files' texts. */
  readonly files?: { readonly deployment: string; readonly template?: string };
  /** What is to be said. */
  readonly text?: string;
  readonly asking: Asking;
  /** Why it could not be said. */
  readonly reason?: string;
}

export const pullRequestComments = new Table<PullRequestComment>("codeconnections/pull-request-comment");

/** Have the pull requests of a stack commented, as long as its configuration asks for it. */
export function watchPullRequests(scope: Scope, resourceName: string): void {
  if (pullRequestWatches.get(scope, resourceName) === undefined) pullRequestWatches.put(scope, { id: resourceName, looked: 0, open: [] });
}

export const commentId = (resourceName: string, number: number, commit: string): string => `${resourceName}/${number}/${commit}`;
