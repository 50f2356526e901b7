import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  AssociateApprovalRuleTemplateWithRepository$,
  BatchAssociateApprovalRuleTemplateWithRepositories$,
  BatchDisassociateApprovalRuleTemplateFromRepositories$,
  DisassociateApprovalRuleTemplateFromRepository$,
  ListAssociatedApprovalRuleTemplatesForRepository$,
  ListRepositoriesForApprovalRuleTemplate$,
  MaximumRepositoryNamesExceededException,
  MaximumRuleTemplatesAssociatedWithRepositoryException,
  RepositoryNamesRequiredException,
} from "../../sdk/codecommit.js";
import { PAGE_SIZE, requireTemplate, type Template, tellTemplate, templates } from "./approval-template.ts";
import { invalidToken } from "./difference.ts";
import { repositoryFor } from "./pull-request.ts";
import { type Repository, repositories, requireRepository } from "./repository.ts";

const ASSOCIATED_MAX = 25;
const BATCH_MAX = 100;

export const associateApprovalRuleTemplateWithRepository = operation(AssociateApprovalRuleTemplateWithRepository$, (scope, input) => {
  const template = requireTemplate(scope, input.approvalRuleTemplateName);
  const repository = requireRepository(scope, input.repositoryName);
  if (isFull(scope, template, repository)) {
    fault(MaximumRuleTemplatesAssociatedWithRepositoryException, FULL);
  }
  const changed = associate(scope, template, [repository]);
  const sentence = `An approval rule template has been associated with the following repository: [${repository.id}]`;
  tellTemplate(scope, changed, "approvalRuleTemplateAssociatedWithRepository", sentence, idsOf([repository]));
  return {};
});

export const disassociateApprovalRuleTemplateFromRepository = operation(DisassociateApprovalRuleTemplateFromRepository$, (scope, input) => {
  const template = requireTemplate(scope, input.approvalRuleTemplateName);
  const repository = requireRepository(scope, input.repositoryName);
  const changed = disassociate(scope, template, [repository]);
  const sentence = `An approval rule template has been disassociated from the following repository: [${repository.id}]`;
  tellTemplate(scope, changed, "approvalRuleTemplateDisassociatedFromRepository", sentence, idsOf([repository]));
  return {};
});

export const batchAssociateApprovalRuleTemplateWithRepositories = operation(
  BatchAssociateApprovalRuleTemplateWithRepositories$,
  (scope, input) => {
    const template = requireTemplate(scope, input.approvalRuleTemplateName);
    const { found, errors } = batchOf(scope, input.repositoryNames);
    const full = found.filter((repository) => isFull(scope, template, repository));
    const fitting = found.filter((repository) => !full.includes(repository));
    const changed = associate(scope, template, fitting);
    const names = fitting.map(({ id }) => id);
    const sentence = `An approval rule template has been batch associated with the following repository names: [${names.join(", ")}]`;
    if (names.length > 0) tellTemplate(scope, changed, "batchAssociateApprovalRuleTemplateWithRepositories", sentence, idsOf(fitting));
    const refused = full.map(({ id }) => ({
      repositoryName: id,
      errorCode: "MaximumRuleTemplatesAssociatedWithRepositoryException",
      errorMessage: FULL,
    }));
    return { associatedRepositoryNames: names, errors: [...errors, ...refused] };
  },
);

export const batchDisassociateApprovalRuleTemplateFromRepositories = operation(
  BatchDisassociateApprovalRuleTemplateFromRepositories$,
  (scope, input) => {
    const template = requireTemplate(scope, input.approvalRuleTemplateName);
    const { found, errors } = batchOf(scope, input.repositoryNames);
    const changed = disassociate(scope, template, found);
    const names = found.map(({ id }) => id);
    const sentence = `An approval rule template has been batch disassociated from the following repository names: [${names.join(", ")}]`;
    if (names.length > 0) tellTemplate(scope, changed, "batchDisassociateApprovalRuleTemplateFromRepositories", sentence, idsOf(found));
    return { disassociatedRepositoryNames: names, errors };
  },
);

export const listAssociatedApprovalRuleTemplatesForRepository = operation(
  ListAssociatedApprovalRuleTemplatesForRepository$,
  (scope, { repositoryName, maxResults = PAGE_SIZE, nextToken: token }) => {
    const { repositoryId } = requireRepository(scope, repositoryName);
    const { items, nextToken } = page(templates.by(scope, "repositoryId", repositoryId), ({ id }) => id, maxResults, token, invalidToken);
    return { approvalRuleTemplateNames: items.map(({ id }) => id), ...(nextToken && { nextToken }) };
  },
);

export const listRepositoriesForApprovalRuleTemplate = operation(
  ListRepositoriesForApprovalRuleTemplate$,
  (scope, { approvalRuleTemplateName, maxResults = PAGE_SIZE, nextToken: token }) => {
    const { repositoryIds } = requireTemplate(scope, approvalRuleTemplateName);
    const names = repositoryIds.flatMap((repositoryId) => repositoryFor(scope, { repositoryId })?.id ?? []).sort();
    const { items, nextToken } = page(names, (name) => name, maxResults, token, invalidToken);
    return { repositoryNames: items, ...(nextToken && { nextToken }) };
  },
);

/** A repository that goes is associated with nothing any more. */
export function forgetAssociations(scope: Scope, repository: Repository): void {
  for (const template of templates.by(scope, "repositoryId", repository.repositoryId)) disassociate(scope, template, [repository]);
}

const FULL = `You cannot associate more than ${ASSOCIATED_MAX} approval rule templates with a repository.`;

const isFull = (scope: Scope, { repositoryIds }: Template, { repositoryId }: Repository): boolean =>
  !repositoryIds.includes(repositoryId) && templates.by(scope, "repositoryId", repositoryId).length >= ASSOCIATED_MAX;

function associate(scope: Scope, { id, repositoryIds }: Template, more: readonly Repository[]): Template {
  return templates.patch(scope, id, { repositoryIds: [...new Set([...repositoryIds, ...more.map(({ repositoryId }) => repositoryId)])] });
}

function disassociate(scope: Scope, { id, repositoryIds }: Template, gone: readonly Repository[]): Template {
  return templates.patch(scope, id, {
    repositoryIds: repositoryIds.filter((repositoryId) => !gone.some((repository) => repository.repositoryId === repositoryId)),
  });
}

const idsOf = (all: readonly Repository[]): Record<string, string> =>
  Object.fromEntries(all.map(({ id, repositoryId }) => [id, repositoryId]));

/** The repositories of a batch, and what to say of the names that are none. */
function batchOf(scope: Scope, names: readonly string[] | undefined) {
  if (names === undefined || names.length === 0) fault(RepositoryNamesRequiredException, "At least one repository name is required.");
  if (names.length > BATCH_MAX)
    fault(MaximumRepositoryNamesExceededException, `The maximum number of allowed repository names is ${BATCH_MAX}.`);
  const found = names.flatMap((name) => repositories.get(scope, name) ?? []);
  const missing = names.filter((name) => repositories.get(scope, name) === undefined);
  const errors = missing.map((repositoryName) => ({
    repositoryName,
    errorCode: "RepositoryDoesNotExistException",
    errorMessage: `${repositoryName} does not exist`,
  }));
  return { found, errors };
}
