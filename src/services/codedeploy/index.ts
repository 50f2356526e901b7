import { service } from "../../kernel/service.ts";
import { aliasUpdate } from "./alias-update.ts";
import * as application from "./application.ts";
import * as config from "./config.ts";
import { deploymentLoop } from "./deployment.loop.ts";
import * as deployment from "./deployment.ts";
import * as control from "./deployment-control.ts";
import { createDeployment, createDeploymentTo } from "./deployment-create.ts";
import { deploymentInstanceLoop } from "./deployment-instance.loop.ts";
import { deploymentInstances } from "./deployment-instance.ts";
import type { EcsControl } from "./ecs.ts";
import { ecsPlatform } from "./ecs-platform.ts";
import * as github from "./github-token.ts";
import { groupLoop } from "./group.loop.ts";
import * as group from "./group.ts";
import { instanceHealths } from "./health.ts";
import { putLifecycleEventHookExecutionStatus } from "./lambda.ts";
import { lambdaPlatform } from "./lambda-platform.ts";
import * as onPremises from "./on-premises.ts";
import { codedeployResources } from "./resources.ts";
import * as revision from "./revision.ts";
import { serverPlatform } from "./server-platform.ts";
import * as target from "./target.ts";

/** `ecs` is what deployments to ECS ask for; there are none where it is missing. */
export const codedeployWith = (ecs?: EcsControl) =>
  service({
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
      control.continueDeployment,
      control.deleteResourcesByExternalId,
      control.skipWaitTimeForInstanceTermination,
      control.stopDeployment,
      deployment.batchGetDeployments,
      deployment.getDeployment,
      deployment.listDeployments,
      ecs === undefined ? createDeployment : createDeploymentTo(["Lambda", "Server", "ECS"]),
      github.deleteGitHubAccountToken,
      github.listGitHubAccountTokenNames,
      group.batchGetDeploymentGroups,
      group.createDeploymentGroup,
      group.deleteDeploymentGroup,
      group.getDeploymentGroup,
      group.listDeploymentGroups,
      group.updateDeploymentGroup,
      onPremises.addTagsToOnPremisesInstances,
      onPremises.batchGetOnPremisesInstances,
      onPremises.deregisterOnPremisesInstance,
      onPremises.getOnPremisesInstance,
      onPremises.listOnPremisesInstances,
      onPremises.registerOnPremisesInstance,
      onPremises.removeTagsFromOnPremisesInstances,
      putLifecycleEventHookExecutionStatus,
      revision.batchGetApplicationRevisions,
      revision.getApplicationRevision,
      revision.listApplicationRevisions,
      revision.registerApplicationRevision,
      target.batchGetDeploymentInstances,
      target.batchGetDeploymentTargets,
      target.getDeploymentInstance,
      target.getDeploymentTarget,
      target.listDeploymentInstances,
      target.listDeploymentTargets,
    ],
    tables: [
      application.applications,
      config.configs,
      deployment.deployments,
      deployment.deploymentCounts,
      deploymentInstances,
      group.groups,
      instanceHealths,
      onPremises.onPremisesInstances,
      revision.revisions,
    ],
    loops: [
      deploymentLoop({ Lambda: lambdaPlatform, Server: serverPlatform, ...(ecs !== undefined && { ECS: ecsPlatform(ecs) }) }),
      deploymentInstanceLoop,
      groupLoop,
    ],
    resources: codedeployResources,
    updatePolicies: [aliasUpdate],
  });

export const codedeploy = codedeployWith();
