import { service } from "../../kernel/service.ts";
import { aliasUpdate } from "./alias-update.ts";
import * as application from "./application.ts";
import * as config from "./config.ts";
import { deploymentLoop } from "./deployment.loop.ts";
import * as deployment from "./deployment.ts";
import * as group from "./group.ts";
import { codedeployResources } from "./resources.ts";

export const codedeploy = service({
  name: "codedeploy",
  operations: [
    application.batchGetApplications,
    application.createApplication,
    application.deleteApplication,
    application.getApplication,
    application.listApplications,
    application.listTagsForResource,
    application.tagResource,
    application.untagResource,
    application.updateApplication,
    config.createDeploymentConfig,
    config.deleteDeploymentConfig,
    config.getDeploymentConfig,
    config.listDeploymentConfigs,
    deployment.batchGetDeployments,
    deployment.batchGetDeploymentTargets,
    deployment.createDeployment,
    deployment.getDeployment,
    deployment.getDeploymentTarget,
    deployment.listDeployments,
    deployment.listDeploymentTargets,
    deployment.putLifecycleEventHookExecutionStatus,
    deployment.stopDeployment,
    group.batchGetDeploymentGroups,
    group.createDeploymentGroup,
    group.deleteDeploymentGroup,
    group.getDeploymentGroup,
    group.listDeploymentGroups,
    group.updateDeploymentGroup,
  ],
  tables: [application.applications, config.configs, deployment.deployments, group.groups],
  loops: [deploymentLoop],
  resources: codedeployResources,
  updatePolicies: [aliasUpdate],
});
