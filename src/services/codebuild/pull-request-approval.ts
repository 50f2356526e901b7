import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { Asking } from "../codeconnections/api.ts";
import type { Webhook } from "./webhook.ts";
import type { Approval, SourceEvent } from "./webhook-event.ts";
import type { Trigger } from "./webhook-start.ts";

/**
 * A commit of a pull request that is built only if somebody whose role allows it has made it, or approves of it by a comment; its id is
 * project/number/commit. https://docs.aws.amazon.com/codebuild/latest/userguide/pull-request-build-policy.html
 */
export interface PullRequestApproval extends Row {
  readonly project: string;
  readonly event: SourceEvent;
  readonly trigger: Trigger;
  /** Whose role the server is asked for: first the contributor, then whoever comments. */
  readonly asked: readonly string[];
  /** How many of them it was asked for. */
  readonly known: number;
  readonly asking: Asking;
  /** Nobody builds it any more; a server may still be about to answer. */
  readonly isForgotten?: true;
}

export const approvals = new Table<PullRequestApproval>("codebuild/pull-request-approval");

const COMMENTERS_MAX = 20;

/** Whether a webhook wants somebody to look at a pull request first. */
export function needsApproval({ settings: { pullRequestBuildPolicy: policy } }: Webhook, { event, pullRequest }: SourceEvent): boolean {
  if (pullRequest === undefined || /_(CLOSED|MERGED)$/.test(event)) return false;
  if (policy?.requiresCommentApproval === "FORK_PULL_REQUESTS") return pullRequest.isFork;
  return policy?.requiresCommentApproval === "ALL_PULL_REQUESTS";
}

/** Build it if its contributor may approve, else when somebody does. */
export function askForApproval(scope: Scope, project: string, event: SourceEvent, trigger: Trigger): void {
  const { number, commit, contributor } = event.pullRequest!;
  const id = `${project}/${number}/${commit}`;
  const known = approvals.get(scope, id);
  if (known !== undefined && !known.isForgotten) return;
  approvals.put(scope, { id, project, event, trigger, asked: [contributor], known: 0, asking: { attempt: 0 } });
}

/** Somebody has approved of a commit; whether he may is asked of the server. Answers what is to be said of it. */
export function takeApproval(scope: Scope, project: string, { number, commit, commenter }: Approval): string {
  const waiting = approvals.list(scope, `${project}/${number}/${commit}`)[0];
  if (waiting === undefined || waiting.isForgotten) return "no build of that commit waits for an approval";
  if (waiting.asked.length >= COMMENTERS_MAX) return "too many have approved of it who may not";
  if (waiting.asked.includes(commenter)) return "that was asked before";
  approvals.patch(scope, waiting.id, { asked: [...waiting.asked, commenter] });
  return "the role of whoever approves is asked for";
}

/** Of a pull request nobody builds other commits than this any more. */
export function forgetApprovals(scope: Scope, project: string, number: number, commit: string | undefined): void {
  for (const { id } of approvals.list(scope, `${project}/${number}/`)) {
    if (commit === undefined || !id.endsWith(`/${commit}`)) approvals.patch(scope, id, { isForgotten: true });
  }
}
