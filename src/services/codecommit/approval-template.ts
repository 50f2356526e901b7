import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type ApprovalRuleTemplate,
  ApprovalRuleTemplateContentRequiredException,
  ApprovalRuleTemplateDoesNotExistException,
  ApprovalRuleTemplateInUseException,
  ApprovalRuleTemplateNameAlreadyExistsException,
  ApprovalRuleTemplateNameRequiredException,
  CreateApprovalRuleTemplate$,
  DeleteApprovalRuleTemplate$,
  GetApprovalRuleTemplate$,
  InvalidApprovalRuleTemplateContentException,
  InvalidApprovalRuleTemplateDescriptionException,
  InvalidApprovalRuleTemplateNameException,
  InvalidRuleContentSha256Exception,
  ListApprovalRuleTemplates$,
  NumberOfRuleTemplatesExceededException,
  UpdateApprovalRuleTemplateContent$,
  UpdateApprovalRuleTemplateDescription$,
  UpdateApprovalRuleTemplateName$,
} from "../../sdk/codecommit.js";
import { contentHash, isFor, parseContent, type RuleContent } from "./approval-content.ts";
import { invalidToken } from "./difference.ts";
import { javaDate } from "./notification.ts";
import type { PullRequestRow } from "./pull-request.ts";
import { newRule } from "./pull-request-rule.ts";
import { branchRef } from "./ref.ts";

/** Rules for the pull requests of the repositories that it is associated with, by its name. */
export interface Template extends Row {
  readonly templateId: string;
  readonly description?: string;
  readonly content: string;
  /** The ids of the repositories. */
  readonly repositoryIds: readonly string[];
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly modifiedBy: string;
}

export const templates = new Table<Template>("codecommit/approval-template", {
  indexes: { repositoryId: ({ repositoryIds }) => repositoryIds },
});

const NAME_MAX = 100;
const DESCRIPTION_MAX = 1000;
const TEMPLATES_MAX = 1000;
export const PAGE_SIZE = 100;

export const createApprovalRuleTemplate = operation(CreateApprovalRuleTemplate$, (scope, input) => {
  const id = checkedTemplateName(input.approvalRuleTemplateName);
  const content = checkedContent(input.approvalRuleTemplateContent);
  const description = input.approvalRuleTemplateDescription;
  checkDescription(description);
  requireFree(scope, id);
  if (templates.list(scope).length >= TEMPLATES_MAX)
    fault(NumberOfRuleTemplatesExceededException, `There are at most ${TEMPLATES_MAX} approval rule templates.`);
  const now = scope.clock.now();
  const template = templates.put(scope, {
    id,
    templateId: scope.id.uuid(),
    ...(description !== undefined && { description }),
    content,
    repositoryIds: [],
    createdAt: now,
    modifiedAt: now,
    modifiedBy: scope.caller.arn,
  });
  const sentence = `An approval rule template with the following name has been created: ${id}. The ID of the created template is: ${template.templateId}`;
  tellTemplate(scope, template, "approvalRuleTemplateCreated", sentence);
  return { approvalRuleTemplate: shown(template) };
});

export const getApprovalRuleTemplate = operation(GetApprovalRuleTemplate$, (scope, { approvalRuleTemplateName }) => ({
  approvalRuleTemplate: shown(requireTemplate(scope, approvalRuleTemplateName)),
}));

export const listApprovalRuleTemplates = operation(ListApprovalRuleTemplates$, (scope, { maxResults = PAGE_SIZE, nextToken: token }) => {
  const { items, nextToken } = page(templates.list(scope), ({ id }) => id, maxResults, token, invalidToken);
  return { approvalRuleTemplateNames: items.map(({ id }) => id), ...(nextToken && { nextToken }) };
});

export const deleteApprovalRuleTemplate = operation(DeleteApprovalRuleTemplate$, (scope, { approvalRuleTemplateName }) => {
  const template = templates.get(scope, checkedTemplateName(approvalRuleTemplateName));
  // Deleting what is gone is no mistake; there is no id to tell of.
  if (template === undefined) return { approvalRuleTemplateId: scope.id.uuid() };
  if (template.repositoryIds.length > 0) {
    fault(ApprovalRuleTemplateInUseException, "The approval rule template is associated with one or more repositories.");
  }
  templates.remove(scope, template.id);
  const sentence = `An approval rule template with the following name has been deleted: ${template.id}. The ID of the updated template is: ${template.templateId}`;
  tellTemplate(scope, template, "approvalRuleTemplateDeleted", sentence);
  return { approvalRuleTemplateId: template.templateId };
});

export const updateApprovalRuleTemplateContent = operation(UpdateApprovalRuleTemplateContent$, (scope, input) => {
  const known = requireTemplate(scope, input.approvalRuleTemplateName);
  if (input.existingRuleContentSha256 !== undefined && input.existingRuleContentSha256 !== contentHash(known.content)) {
    fault(InvalidRuleContentSha256Exception, "The SHA-256 hash signature for the rule content is not valid.");
  }
  return update(scope, known, { content: checkedContent(input.newRuleContent) });
});

export const updateApprovalRuleTemplateDescription = operation(UpdateApprovalRuleTemplateDescription$, (scope, input) => {
  const known = requireTemplate(scope, input.approvalRuleTemplateName);
  checkDescription(input.approvalRuleTemplateDescription);
  return update(scope, known, { description: input.approvalRuleTemplateDescription! });
});

export const updateApprovalRuleTemplateName = operation(UpdateApprovalRuleTemplateName$, (scope, input) => {
  const known = requireTemplate(scope, input.oldApprovalRuleTemplateName);
  const id = checkedTemplateName(input.newApprovalRuleTemplateName);
  requireFree(scope, id);
  templates.remove(scope, known.id);
  return update(scope, templates.put(scope, { ...known, id }), {});
});

/** A new pull request gets the rules of its repository's templates that are for its destination. */
export function applyTemplates(scope: Scope, row: PullRequestRow): void {
  for (const { id, templateId, content } of templates.by(scope, "repositoryId", row.repositoryId)) {
    if (!isFor(parseContent(content, true) as RuleContent, branchRef(row.destination))) continue;
    newRule(scope, row, id, content, { id: templateId, name: id });
  }
}

/** The template of that name; refuses where there is none. */
export const requireTemplate = (scope: Scope, name: string | undefined): Template =>
  templates.get(scope, checkedTemplateName(name)) ??
  fault(ApprovalRuleTemplateDoesNotExistException, `The specified approval rule template does not exist: ${name}`);

/** https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html#approvalRuleTemplateCreated */
export function tellTemplate(
  scope: Scope,
  { id, templateId, content, createdAt, modifiedAt }: Template,
  event: string,
  sentence: string,
  about: Readonly<Record<string, string>> = {},
): void {
  scope.emit({
    source: "aws.codecommit",
    detailType: "CodeCommit Approval Rule Template Change",
    resources: Object.keys(about).map((name) => scope.arn("codecommit", name)),
    detail: {
      approvalRuleTemplateContentSha256: contentHash(content),
      approvalRuleTemplateId: templateId,
      approvalRuleTemplateName: id,
      callerUserArn: scope.caller.arn,
      creationDate: javaDate(createdAt),
      event,
      lastModifiedDate: javaDate(modifiedAt),
      notificationBody: `A approval rule template event occurred in the following AWS CodeCommit account: ${scope.account}. User: ${scope.caller.arn}. Additional information: ${sentence}. For more information, go to the AWS CodeCommit console.`,
      repositories: about,
    },
  });
}

function update(scope: Scope, { id }: Template, change: Partial<Pick<Template, "content" | "description">>) {
  const template = templates.patch(scope, id, { ...change, modifiedAt: scope.clock.now(), modifiedBy: scope.caller.arn });
  const sentence = `An approval rule template with the following name has been updated: ${id}. The ID of the updated template is: ${template.templateId}. The after rule template content SHA256 is ${contentHash(template.content)}`;
  tellTemplate(scope, template, "approvalRuleTemplateUpdated", sentence);
  return { approvalRuleTemplate: shown(template) };
}

const shown = ({ id, templateId, description, content, createdAt, modifiedAt, modifiedBy }: Template): ApprovalRuleTemplate => ({
  approvalRuleTemplateId: templateId,
  approvalRuleTemplateName: id,
  ...(description !== undefined && { approvalRuleTemplateDescription: description }),
  approvalRuleTemplateContent: content,
  ruleContentSha256: contentHash(content),
  lastModifiedDate: new Date(modifiedAt),
  creationDate: new Date(createdAt),
  lastModifiedUser: modifiedBy,
});

function requireFree(scope: Scope, name: string): void {
  if (templates.get(scope, name) === undefined) return;
  fault(ApprovalRuleTemplateNameAlreadyExistsException, `An approval rule template with that name already exists: ${name}`);
}

function checkedTemplateName(name: string | undefined): string {
  if (!name) fault(ApprovalRuleTemplateNameRequiredException, "An approval rule template name is required, but was not specified.");
  return name.length <= NAME_MAX
    ? name
    : fault(InvalidApprovalRuleTemplateNameException, "The name of the approval rule template is not valid.");
}

function checkedContent(content: string | undefined): string {
  if (!content) fault(ApprovalRuleTemplateContentRequiredException, "The content for the approval rule template is empty.");
  const parsed = parseContent(content, true);
  if (typeof parsed !== "string") return content;
  return fault(InvalidApprovalRuleTemplateContentException, `The content of the approval rule template is not valid. ${parsed}.`);
}

function checkDescription(description: string | undefined): void {
  if ((description?.length ?? 0) <= DESCRIPTION_MAX) return;
  fault(InvalidApprovalRuleTemplateDescriptionException, `The description exceeds the maximum of ${DESCRIPTION_MAX} characters.`);
}
