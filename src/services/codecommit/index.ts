import { service } from "../../kernel/service.ts";
import * as approval from "./approval.ts";
import * as association from "./approval-association.ts";
import * as template from "./approval-template.ts";
import * as blobDifference from "./blob-difference.ts";
import * as branch from "./branch.ts";
import * as change from "./change.ts";
import * as comment from "./comment.ts";
import * as place from "./comment-place.ts";
import * as commit from "./commit.ts";
import * as difference from "./difference.ts";
import { errandLoop } from "./errand.loop.ts";
import { errands } from "./errand.ts";
import * as file from "./file.ts";
import * as fileHistory from "./file-history.ts";
import * as merge from "./merge.ts";
import * as mergeConflict from "./merge-conflict.ts";
import { pullRequestLoop } from "./pull-request.loop.ts";
import * as pullRequest from "./pull-request.ts";
import * as pullRequestEvent from "./pull-request-event.ts";
import * as pullRequestMerge from "./pull-request-merge.ts";
import * as rule from "./pull-request-rule.ts";
import * as reaction from "./reaction.ts";
import { refs } from "./ref.ts";
import * as removal from "./removal.ts";
import * as repository from "./repository.ts";
import { repositoryResource } from "./resources.ts";
import * as trigger from "./trigger.ts";

export const codecommit = service({
  name: "codecommit",
  operations: [
    association.associateApprovalRuleTemplateWithRepository,
    association.batchAssociateApprovalRuleTemplateWithRepositories,
    mergeConflict.batchDescribeMergeConflicts,
    association.batchDisassociateApprovalRuleTemplateFromRepositories,
    commit.batchGetCommits,
    repository.batchGetRepositories,
    template.createApprovalRuleTemplate,
    branch.createBranch,
    change.createCommit,
    pullRequest.createPullRequest,
    rule.createPullRequestApprovalRule,
    repository.createRepository,
    merge.createUnreferencedMergeCommit,
    template.deleteApprovalRuleTemplate,
    branch.deleteBranch,
    comment.deleteCommentContent,
    change.deleteFile,
    rule.deletePullRequestApprovalRule,
    removal.deleteRepository,
    mergeConflict.describeMergeConflicts,
    pullRequestEvent.describePullRequestEvents,
    association.disassociateApprovalRuleTemplateFromRepository,
    approval.evaluatePullRequestApprovalRules,
    template.getApprovalRuleTemplate,
    file.getBlob,
    blobDifference.getBlobDifferences,
    branch.getBranch,
    comment.getComment,
    reaction.getCommentReactions,
    place.getCommentsForComparedCommit,
    place.getCommentsForPullRequest,
    commit.getCommit,
    difference.getDifferences,
    file.getFile,
    file.getFolder,
    mergeConflict.getMergeCommit,
    mergeConflict.getMergeConflicts,
    mergeConflict.getMergeOptions,
    pullRequest.getPullRequest,
    approval.getPullRequestApprovalStates,
    approval.getPullRequestOverrideState,
    repository.getRepository,
    trigger.getRepositoryTriggers,
    template.listApprovalRuleTemplates,
    association.listAssociatedApprovalRuleTemplatesForRepository,
    branch.listBranches,
    fileHistory.listFileCommitHistory,
    pullRequest.listPullRequests,
    repository.listRepositories,
    association.listRepositoriesForApprovalRuleTemplate,
    repository.listTagsForResource,
    merge.mergeBranchesByFastForward,
    merge.mergeBranchesBySquash,
    merge.mergeBranchesByThreeWay,
    pullRequestMerge.mergePullRequestByFastForward,
    pullRequestMerge.mergePullRequestBySquash,
    pullRequestMerge.mergePullRequestByThreeWay,
    approval.overridePullRequestApprovalRules,
    place.postCommentForComparedCommit,
    place.postCommentForPullRequest,
    comment.postCommentReply,
    reaction.putCommentReaction,
    change.putFile,
    trigger.putRepositoryTriggers,
    repository.tagResource,
    trigger.testRepositoryTriggers,
    repository.untagResource,
    template.updateApprovalRuleTemplateContent,
    template.updateApprovalRuleTemplateDescription,
    template.updateApprovalRuleTemplateName,
    comment.updateComment,
    repository.updateDefaultBranch,
    rule.updatePullRequestApprovalRuleContent,
    approval.updatePullRequestApprovalState,
    pullRequest.updatePullRequestDescription,
    pullRequest.updatePullRequestStatus,
    pullRequest.updatePullRequestTitle,
    repository.updateRepositoryDescription,
    repository.updateRepositoryEncryptionKey,
    repository.updateRepositoryName,
  ],
  tables: [
    repository.repositories,
    refs,
    errands,
    pullRequest.pullRequests,
    pullRequest.pullRequestNumbers,
    pullRequestEvent.pullRequestEvents,
    rule.rules,
    approval.approvals,
    approval.overrides,
    template.templates,
    comment.comments,
    reaction.reactions,
  ],
  loops: [errandLoop, pullRequestLoop],
  resources: [repositoryResource],
});
