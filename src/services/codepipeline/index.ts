import { service } from "../../kernel/service.ts";
import { abandonedJobLoop } from "./abandoned-job.loop.ts";
import { abandonedJobs } from "./abandoned-job.ts";
import { putActionRevision } from "./action-revision.ts";
import * as actionRun from "./action-run.ts";
import * as actionType from "./action-type.ts";
import { lambdaDeployments } from "./actions/lambda-deploy.ts";
import { putApprovalResult } from "./approval.ts";
import { overrideStageCondition } from "./condition.ts";
import * as customActionType from "./custom-action-type.ts";
import { deployTargets, listDeployActionExecutionTargets } from "./deploy-target.ts";
import * as execution from "./execution.ts";
import * as history from "./history.ts";
import * as job from "./job.ts";
import * as jobPoll from "./job-poll.ts";
import { pipelineLoop } from "./pipeline.loop.ts";
import * as pipeline from "./pipeline.ts";
import { codepipelineResources } from "./resources.ts";
import { retryStageExecution } from "./retry.ts";
import { rollbackStage } from "./rollback.ts";
import * as ruleRun from "./rule-run.ts";
import { listRuleTypes } from "./rule-type.ts";
import * as stage from "./stage.ts";
import { getPipelineState } from "./state.ts";
import { stopPipelineExecution } from "./stop.ts";
import * as tag from "./tag.ts";
import { pipelineTarget } from "./target.ts";
import * as thirdPartyJob from "./third-party-job.ts";
import { watchedSources } from "./trigger.ts";
import * as webhook from "./webhook.ts";
import { webhookRegistrationLoop } from "./webhook-registration.loop.ts";
import { webhookRegistrations } from "./webhook-registration.ts";

export const codepipeline = service({
  name: "codepipeline",
  operations: [
    jobPoll.acknowledgeJob,
    thirdPartyJob.acknowledgeThirdPartyJob,
    customActionType.createCustomActionType,
    pipeline.createPipeline,
    customActionType.deleteCustomActionType,
    pipeline.deletePipeline,
    webhook.deleteWebhook,
    webhook.deregisterWebhookWithThirdParty,
    stage.disableStageTransition,
    stage.enableStageTransition,
    actionType.getActionType,
    job.getJobDetails,
    pipeline.getPipeline,
    history.getPipelineExecution,
    getPipelineState,
    thirdPartyJob.getThirdPartyJobDetails,
    actionRun.listActionExecutions,
    actionType.listActionTypes,
    listDeployActionExecutionTargets,
    history.listPipelineExecutions,
    pipeline.listPipelines,
    ruleRun.listRuleExecutions,
    listRuleTypes,
    tag.listTagsForResource,
    webhook.listWebhooks,
    overrideStageCondition,
    jobPoll.pollForJobs,
    thirdPartyJob.pollForThirdPartyJobs,
    putActionRevision,
    putApprovalResult,
    job.putJobFailureResult,
    job.putJobSuccessResult,
    thirdPartyJob.putThirdPartyJobFailureResult,
    thirdPartyJob.putThirdPartyJobSuccessResult,
    webhook.putWebhook,
    webhook.registerWebhookWithThirdParty,
    retryStageExecution,
    rollbackStage,
    execution.startPipelineExecution,
    stopPipelineExecution,
    tag.tagResource,
    tag.untagResource,
    actionType.updateActionType,
    pipeline.updatePipeline,
  ],
  tables: [
    pipeline.pipelines,
    pipeline.pipelineVersions,
    execution.executions,
    actionRun.actionRuns,
    ruleRun.ruleRuns,
    stage.stageStates,
    deployTargets,
    lambdaDeployments,
    job.jobs,
    customActionType.actionTypes,
    webhook.webhooks,
    webhookRegistrations,
    watchedSources,
    abandonedJobs,
  ],
  loops: [pipelineLoop, abandonedJobLoop, webhookRegistrationLoop],
  resources: codepipelineResources,
  targets: [pipelineTarget],
});
