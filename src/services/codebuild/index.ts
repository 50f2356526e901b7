import { service } from "../../kernel/service.ts";
import { batchLoop } from "./batch.loop.ts";
import { buildBatches } from "./batch.ts";
import * as batch from "./batch-operations.ts";
import { buildLoop } from "./build.loop.ts";
import { builds } from "./build.ts";
import * as build from "./build-operations.ts";
import { caches, invalidateProjectCache } from "./cache.ts";
import * as command from "./command-execution.ts";
import { listCuratedEnvironmentImages } from "./curated-image.ts";
import * as fleet from "./fleet.ts";
import * as project from "./project.ts";
import { approvalLoop } from "./pull-request-approval.loop.ts";
import { approvals } from "./pull-request-approval.ts";
import { reportLoop } from "./report.loop.ts";
import * as report from "./report.ts";
import * as group from "./report-group.ts";
import { getReportGroupTrend } from "./report-trend.ts";
import * as policy from "./resource-policy.ts";
import { fleetResource, projectResource, reportGroupResource, sourceCredentialResource } from "./resources.ts";
import { sandboxLoop } from "./sandbox.loop.ts";
import * as sandbox from "./sandbox.ts";
import * as credential from "./source-credential.ts";
import { projectTarget } from "./target.ts";
import { webhookLoop } from "./webhook.loop.ts";
import * as webhook from "./webhook.ts";

export const codebuild = service({
  name: "codebuild",
  operations: [
    build.batchDeleteBuilds,
    batch.batchGetBuildBatches,
    build.batchGetBuilds,
    command.batchGetCommandExecutions,
    fleet.batchGetFleets,
    project.batchGetProjects,
    group.batchGetReportGroups,
    report.batchGetReports,
    sandbox.batchGetSandboxes,
    fleet.createFleet,
    project.createProject,
    group.createReportGroup,
    webhook.createWebhook,
    batch.deleteBuildBatch,
    fleet.deleteFleet,
    project.deleteProject,
    report.deleteReport,
    group.deleteReportGroup,
    policy.deleteResourcePolicy,
    credential.deleteSourceCredentials,
    webhook.deleteWebhook,
    report.describeCodeCoverages,
    report.describeTestCases,
    getReportGroupTrend,
    policy.getResourcePolicy,
    credential.importSourceCredentials,
    invalidateProjectCache,
    batch.listBuildBatches,
    batch.listBuildBatchesForProject,
    build.listBuilds,
    build.listBuildsForProject,
    command.listCommandExecutionsForSandbox,
    listCuratedEnvironmentImages,
    fleet.listFleets,
    project.listProjects,
    group.listReportGroups,
    report.listReports,
    report.listReportsForReportGroup,
    sandbox.listSandboxes,
    sandbox.listSandboxesForProject,
    policy.listSharedProjects,
    policy.listSharedReportGroups,
    credential.listSourceCredentials,
    policy.putResourcePolicy,
    build.retryBuild,
    batch.retryBuildBatch,
    build.startBuild,
    batch.startBuildBatch,
    command.startCommandExecution,
    sandbox.startSandbox,
    build.stopBuild,
    batch.stopBuildBatch,
    sandbox.stopSandbox,
    fleet.updateFleet,
    project.updateProject,
    project.updateProjectVisibility,
    group.updateReportGroup,
    webhook.updateWebhook,
  ],
  tables: [
    project.projects,
    builds,
    buildBatches,
    caches,
    command.commandExecutions,
    fleet.fleets,
    report.reports,
    report.testCases,
    report.codeCoverages,
    group.reportGroups,
    policy.resourcePolicies,
    sandbox.sandboxes,
    credential.sourceCredentials,
    webhook.webhooks,
    approvals,
  ],
  loops: [buildLoop, batchLoop, reportLoop, sandboxLoop, webhookLoop, approvalLoop],
  resources: [projectResource, fleetResource, reportGroupResource, sourceCredentialResource],
  targets: [projectTarget],
});
