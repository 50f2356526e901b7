import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { DeleteRepository$ } from "../../sdk/codecommit.js";
import { approvals, overrides } from "./approval.ts";
import { forgetAssociations } from "./approval-association.ts";
import { comments } from "./comment.ts";
import { errands } from "./errand.ts";
import { pullRequests } from "./pull-request.ts";
import { pullRequestEvents } from "./pull-request-event.ts";
import { rules } from "./pull-request-rule.ts";
import { reactions } from "./reaction.ts";
import { forgetRefs } from "./ref.ts";
import { type Repository, repositories, requireName } from "./repository.ts";

export const deleteRepository = operation(DeleteRepository$, (scope, { repositoryName }) => {
  const repository = repositories.get(scope, requireName(repositoryName));
  if (repository === undefined) return {};
  removeRepository(scope, repository);
  return { repositoryId: repository.repositoryId };
});

/** Forget a repository with all that was said about it, and have git's objects removed. */
export function removeRepository(scope: Scope, repository: Repository): void {
  const { id, repositoryId } = repository;
  forgetRefs(scope, repositoryId);
  forgetAssociations(scope, repository);
  for (const pullRequest of pullRequests.by(scope, "repositoryId", repositoryId)) {
    for (const table of [pullRequestEvents, rules, approvals, overrides]) {
      for (const row of table.list(scope, `${pullRequest.id}/`)) table.remove(scope, row.id);
    }
    pullRequests.remove(scope, pullRequest.id);
  }
  for (const comment of comments.by(scope, "repositoryId", repositoryId)) {
    for (const reaction of reactions.list(scope, `${comment.id}/`)) reactions.remove(scope, reaction.id);
    comments.remove(scope, comment.id);
  }
  repositories.remove(scope, id);
  errands.put(scope, { id: `codecommit/removal/${repositoryId}`, repositoryId, commands: [], removes: true, callerArn: scope.caller.arn });
}
