import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type ApprovalState,
  ApprovalStateRequiredException,
  EvaluatePullRequestApprovalRules$,
  type Evaluation,
  GetPullRequestApprovalStates$,
  GetPullRequestOverrideState$,
  InvalidApprovalStateException,
  InvalidOverrideStatusException,
  InvalidRevisionIdException,
  MaximumNumberOfApprovalsExceededException,
  OverrideAlreadySetException,
  OverridePullRequestApprovalRules$,
  OverrideStatusRequiredException,
  PullRequestCannotBeApprovedByAuthorException,
  RevisionIdRequiredException,
  RevisionNotCurrentException,
  UpdatePullRequestApprovalState$,
} from "../../sdk/codecommit.js";
import { isSatisfied, parseContent, type RuleContent } from "./approval-content.ts";
import { type PullRequestRow, pullRequests, requireOpen, requirePullRequest } from "./pull-request.ts";
import { tellPullRequest } from "./pull-request-event.ts";
import { rulesOf } from "./pull-request-rule.ts";

/** What somebody said of one revision; its id is the pull request's, the revision's and the user's ARN. */
export interface Approval extends Row {
  readonly userArn: string;
  readonly state: ApprovalState;
}

/** Who has set the rules of one revision aside; its id is the pull request's and the revision's. */
export interface Override extends Row {
  readonly overrider: string;
}

export const approvals = new Table<Approval>("codecommit/approval");
export const overrides = new Table<Override>("codecommit/override");

const APPROVALS_MAX = 100;

export const updatePullRequestApprovalState = operation(
  UpdatePullRequestApprovalState$,
  (scope, { pullRequestId, revisionId, approvalState: state }) => {
    const row = requireOpen(scope, pullRequestId);
    requireCurrent(row, revisionId);
    if (!state) fault(ApprovalStateRequiredException, "An approval state is required, but was not specified.");
    if (state !== "APPROVE" && state !== "REVOKE") fault(InvalidApprovalStateException, "The state for the approval is not valid.");
    const userArn = scope.caller.arn;
    if (state === "APPROVE" && userArn === row.authorArn) {
      fault(PullRequestCannotBeApprovedByAuthorException, "You cannot approve a pull request that you created.");
    }
    if (approvalsOf(scope, row).length >= APPROVALS_MAX)
      fault(MaximumNumberOfApprovalsExceededException, `A pull request has at most ${APPROVALS_MAX} approvals.`);
    const id = `${revisionKey(row, row.revisionId)}/${userArn}`;
    // To say the same once more changes nothing, nor to take back what was never said.
    if ((approvals.get(scope, id)?.state ?? "REVOKE") === state) return {};
    approvals.put(scope, { id, userArn, state });
    const touched = pullRequests.patch(scope, row.id, { activeAt: scope.clock.now() });
    tellPullRequest(scope, touched, {
      event: "pullRequestApprovalStateChanged",
      sentence: `Event: Updated. Pull request name: ${row.id}. Additional information: A user has changed their approval state for the pull request. State change: ${state}`,
      detail: { approvalStatus: state },
      entry: {
        pullRequestEventType: "PULL_REQUEST_APPROVAL_STATE_CHANGED",
        approvalStateChangedEventMetadata: { revisionId: row.revisionId, approvalStatus: state },
      },
    });
    return {};
  },
);

export const getPullRequestApprovalStates = operation(GetPullRequestApprovalStates$, (scope, { pullRequestId, revisionId }) => {
  const row = requirePullRequest(scope, pullRequestId);
  const found = approvalsOf(scope, row, checkedRevision(revisionId));
  return { approvals: found.map(({ userArn, state }) => ({ userArn, approvalState: state })) };
});

export const overridePullRequestApprovalRules = operation(
  OverridePullRequestApprovalRules$,
  (scope, { pullRequestId, revisionId, overrideStatus: status }) => {
    const row = requireOpen(scope, pullRequestId);
    requireCurrent(row, revisionId);
    if (!status) fault(OverrideStatusRequiredException, "An override status is required, but no value was provided.");
    if (status !== "OVERRIDE" && status !== "REVOKE") fault(InvalidOverrideStatusException, "The override status is not valid.");
    const id = revisionKey(row, row.revisionId);
    const isSet = overrides.get(scope, id) !== undefined;
    if (status === "OVERRIDE" && isSet)
      fault(OverrideAlreadySetException, "The pull request has already had its approval rules set to override.");
    if (status === "REVOKE" && !isSet) return {};
    if (status === "OVERRIDE") overrides.put(scope, { id, overrider: scope.caller.arn });
    else overrides.remove(scope, id);
    const touched = pullRequests.patch(scope, row.id, { activeAt: scope.clock.now() });
    tellPullRequest(scope, touched, {
      event: "pullRequestApprovalRuleOverridden",
      sentence: `Event: Updated. Pull request name: ${row.id}. Additional information: An override event has occurred for the approval rules for this pull request. Override status: ${status}`,
      detail: { overrideStatus: status },
      entry: {
        pullRequestEventType: "PULL_REQUEST_APPROVAL_RULE_OVERRIDDEN",
        approvalRuleOverriddenEventMetadata: { revisionId: row.revisionId, overrideStatus: status },
      },
    });
    return {};
  },
);

export const getPullRequestOverrideState = operation(GetPullRequestOverrideState$, (scope, { pullRequestId, revisionId }) => {
  const row = requirePullRequest(scope, pullRequestId);
  const override = overrides.get(scope, revisionKey(row, checkedRevision(revisionId)));
  return { overridden: override !== undefined, ...(override && { overrider: override.overrider }) };
});

export const evaluatePullRequestApprovalRules = operation(EvaluatePullRequestApprovalRules$, (scope, { pullRequestId, revisionId }) => {
  const row = requirePullRequest(scope, pullRequestId);
  requireCurrent(row, revisionId);
  return { evaluation: evaluate(scope, row) };
});

/** Whether the rules of a pull request let it be merged as it is now. */
export function evaluate(scope: Scope, row: PullRequestRow): Required<Evaluation> {
  const approvers = approvalsOf(scope, row)
    .filter(({ state }) => state === "APPROVE")
    .map(({ userArn }) => userArn);
  const isMet = (content: string): boolean => isSatisfied(parseContent(content, true) as RuleContent, approvers);
  const all = rulesOf(scope, row.id);
  const satisfied = all.filter(({ content }) => isMet(content)).map(({ name }) => name);
  const unsatisfied = all.map(({ name }) => name).filter((name) => !satisfied.includes(name));
  const overridden = overrides.get(scope, revisionKey(row, row.revisionId)) !== undefined;
  return {
    approved: overridden || unsatisfied.length === 0,
    overridden,
    approvalRulesSatisfied: satisfied,
    approvalRulesNotSatisfied: unsatisfied,
  };
}

const approvalsOf = (scope: Scope, row: PullRequestRow, revisionId = row.revisionId): Approval[] =>
  approvals.list(scope, `${revisionKey(row, revisionId)}/`);

const revisionKey = ({ id }: PullRequestRow, revisionId: string): string => `${id}/${revisionId}`;

function requireCurrent(row: PullRequestRow, revisionId: string | undefined): void {
  if (checkedRevision(revisionId) === row.revisionId) return;
  fault(RevisionNotCurrentException, "The revision ID provided in the request does not match the current revision ID.");
}

function checkedRevision(revisionId: string | undefined): string {
  if (!revisionId) fault(RevisionIdRequiredException, "A revision ID is required, but was not provided.");
  return /^[0-9a-f]{64}$/.test(revisionId) ? revisionId : fault(InvalidRevisionIdException, "The revision ID is not valid.");
}
