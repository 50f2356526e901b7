import { service } from "../../kernel/service.ts";
import * as actionRun from "./action-run.ts";
import { listActionTypes } from "./action-type.ts";
import { putApprovalResult } from "./approval.ts";
import * as execution from "./execution.ts";
import * as job from "./job.ts";
import { pipelineLoop } from "./pipeline.loop.ts";
import * as pipeline from "./pipeline.ts";
import { codepipelineResources } from "./resources.ts";
import * as stage from "./stage.ts";
import { getPipelineState } from "./state.ts";
import { pipelineTarget } from "./target.ts";

export const codepipeline = service({
  name: "codepipeline",
  operations: [
    pipeline.createPipeline,
    pipeline.deletePipeline,
    stage.disableStageTransition,
    stage.enableStageTransition,
    job.getJobDetails,
    pipeline.getPipeline,
    execution.getPipelineExecution,
    getPipelineState,
    actionRun.listActionExecutions,
    listActionTypes,
    execution.listPipelineExecutions,
    pipeline.listPipelines,
    pipeline.listTagsForResource,
    putApprovalResult,
    job.putJobFailureResult,
    job.putJobSuccessResult,
    execution.retryStageExecution,
    execution.startPipelineExecution,
    execution.stopPipelineExecution,
    pipeline.tagResource,
    pipeline.untagResource,
    pipeline.updatePipeline,
  ],
  tables: [pipeline.pipelines, pipeline.pipelineVersions, execution.executions, actionRun.actionRuns, stage.stageStates, job.jobs],
  loops: [pipelineLoop],
  resources: codepipelineResources,
  targets: [pipelineTarget],
});
