import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type ApprovalRule,
  ApprovalRuleContentRequiredException,
  ApprovalRuleDoesNotExistException,
  ApprovalRuleNameAlreadyExistsException,
  ApprovalRuleNameRequiredException,
  CannotDeleteApprovalRuleFromTemplateException,
  CannotModifyApprovalRuleFromTemplateException,
  CreatePullRequestApprovalRule$,
  DeletePullRequestApprovalRule$,
  InvalidApprovalRuleContentException,
  InvalidApprovalRuleNameException,
  InvalidRuleContentSha256Exception,
  NumberOfRulesExceededException,
  type PullRequestEventType,
  UpdatePullRequestApprovalRuleContent$,
} from "../../sdk/codecommit.js";
import { contentHash, parseContent } from "./approval-content.ts";
import { type PullRequestRow, requireOpen } from "./pull-request.ts";
import { tellPullRequest } from "./pull-request-event.ts";

/** A rule of one pull request; its id is the pull request's and its name. */
export interface Rule extends Row {
  readonly ruleId: string;
  readonly name: string;
  readonly content: string;
  /** The template that it was made of, where it was. */
  readonly template?: { readonly id: string; readonly name: string };
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly modifiedBy: string;
}

export const rules = new Table<Rule>("codecommit/pull-request-rule");

const RULES_MAX = 30;
const NAME_MAX = 100;

/** The rules of a pull request, by name. */
export const rulesOf = (scope: Scope, pullRequestId: string): Rule[] => rules.list(scope, `${pullRequestId}/`);

export const createPullRequestApprovalRule = operation(CreatePullRequestApprovalRule$, (scope, input) => {
  const row = requireOpen(scope, input.pullRequestId);
  const name = checkedName(input.approvalRuleName);
  const content = checkedContent(input.approvalRuleContent);
  if (rules.get(scope, ruleKey(row, name)) !== undefined) {
    fault(ApprovalRuleNameAlreadyExistsException, `An approval rule with that name already exists: ${name}`);
  }
  if (rulesOf(scope, row.id).length >= RULES_MAX)
    fault(NumberOfRulesExceededException, `A pull request has at most ${RULES_MAX} approval rules.`);
  const rule = newRule(scope, row, name, content);
  tellRule(scope, row, rule, "Created");
  return { approvalRule: shownRule(rule) };
});

export const updatePullRequestApprovalRuleContent = operation(UpdatePullRequestApprovalRuleContent$, (scope, input) => {
  const row = requireOpen(scope, input.pullRequestId);
  const known = requireRule(scope, row, input.approvalRuleName);
  if (known.template !== undefined) {
    fault(
      CannotModifyApprovalRuleFromTemplateException,
      "The approval rule was created by an approval rule template and cannot be modified.",
    );
  }
  if (input.existingRuleContentSha256 !== undefined && input.existingRuleContentSha256 !== contentHash(known.content)) {
    fault(InvalidRuleContentSha256Exception, "The SHA-256 hash signature for the rule content is not valid.");
  }
  const content = checkedContent(input.newRuleContent);
  const rule = rules.patch(scope, known.id, { content, modifiedAt: scope.clock.now(), modifiedBy: scope.caller.arn });
  tellRule(scope, row, rule, "Updated");
  return { approvalRule: shownRule(rule) };
});

export const deletePullRequestApprovalRule = operation(DeletePullRequestApprovalRule$, (scope, input) => {
  const row = requireOpen(scope, input.pullRequestId);
  const name = checkedName(input.approvalRuleName);
  const rule = rules.get(scope, ruleKey(row, name));
  // Deleting what is gone is no mistake; there is no id to tell of.
  if (rule === undefined) return { approvalRuleId: scope.id.uuid() };
  if (rule.template !== undefined) {
    fault(
      CannotDeleteApprovalRuleFromTemplateException,
      "The approval rule was created by an approval rule template and cannot be deleted.",
    );
  }
  rules.remove(scope, rule.id);
  tellRule(scope, row, rule, "Deleted");
  return { approvalRuleId: rule.ruleId };
});

/** Give a pull request a rule. */
export function newRule(scope: Scope, row: PullRequestRow, name: string, content: string, template?: Rule["template"]): Rule {
  const now = scope.clock.now();
  return rules.put(scope, {
    id: ruleKey(row, name),
    ruleId: scope.id.uuid(),
    name,
    content,
    ...(template && { template }),
    createdAt: now,
    modifiedAt: now,
    modifiedBy: scope.caller.arn,
  });
}

/** A rule as the API shows it. */
export const shownRule = ({ ruleId, name, content, template, createdAt, modifiedAt, modifiedBy }: Rule): ApprovalRule => ({
  approvalRuleId: ruleId,
  approvalRuleName: name,
  approvalRuleContent: content,
  ruleContentSha256: contentHash(content),
  lastModifiedDate: new Date(modifiedAt),
  creationDate: new Date(createdAt),
  lastModifiedUser: modifiedBy,
  ...(template && { originApprovalRuleTemplate: { approvalRuleTemplateId: template.id, approvalRuleTemplateName: template.name } }),
});

const ruleKey = ({ id }: PullRequestRow, name: string): string => `${id}/${name}`;

function requireRule(scope: Scope, row: PullRequestRow, asked: string | undefined): Rule {
  const name = checkedName(asked);
  return (
    rules.get(scope, ruleKey(row, name)) ?? fault(ApprovalRuleDoesNotExistException, `The specified approval rule does not exist: ${name}`)
  );
}

function checkedName(name: string | undefined): string {
  if (!name) fault(ApprovalRuleNameRequiredException, "An approval rule name is required, but was not specified.");
  return name.length <= NAME_MAX ? name : fault(InvalidApprovalRuleNameException, "The name for the approval rule is not valid.");
}

function checkedContent(content: string | undefined): string {
  if (!content) fault(ApprovalRuleContentRequiredException, "The content for the approval rule is empty.");
  const parsed = parseContent(content, false);
  return typeof parsed === "string"
    ? fault(InvalidApprovalRuleContentException, `The content for the approval rule is not valid. ${parsed}.`)
    : content;
}

const SENTENCES = {
  Created: (name: string) => `An approval rule has been created with the following name: ${name}`,
  Updated: (name: string) =>
    `The content of an approval rule has been updated for the pull request. The name of the updated rule is: ${name}`,
  Deleted: (name: string) => `An approval rule has been deleted: ${name} was deleted`,
};

function tellRule(scope: Scope, row: PullRequestRow, { ruleId, name, content }: Rule, how: keyof typeof SENTENCES): void {
  const type: PullRequestEventType = `PULL_REQUEST_APPROVAL_RULE_${how.toUpperCase() as Uppercase<typeof how>}`;
  tellPullRequest(scope, row, {
    event: `pullRequestApprovalRule${how}`,
    sentence: `Event: Updated. Pull request: ${row.id}. Additional information: ${SENTENCES[how](name)}`,
    detail: { approvalRuleContentSha256: contentHash(content), approvalRuleId: ruleId, approvalRuleName: name },
    entry: {
      pullRequestEventType: type,
      approvalRuleEventMetadata: { approvalRuleName: name, approvalRuleId: ruleId, approvalRuleContent: content },
    },
  });
}
