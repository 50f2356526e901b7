import type { Stored } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import type {
  AlarmConfiguration,
  AutoRollbackConfiguration,
  DeploymentInfo,
  ErrorInformation,
  LoadBalancerInfo,
  RevisionLocation,
} from "../../sdk/codedeploy.js";
import { byAge, type Deployment, deployments, isForInstances, newestOf } from "./deployment.ts";
import { instancesOf } from "./deployment-instance.ts";

/** As GetDeployment tells of one. */
export function shown(scope: Scope, deployment: Deployment): DeploymentInfo {
  const { alarms, rollback, error, rollbackDeploymentId, triggeringDeploymentId, rollbackMessage } = deployment;
  const previous = newestOf(
    scope,
    deployment.group,
    (other) => other.status === "Succeeded" && byAge(other, deployment) < 0 && !isForInstances(other.creator),
  );
  return {
    applicationName: deployment.application,
    deploymentGroupName: deployment.groupName,
    deploymentConfigName: deployment.configName,
    deploymentId: deployment.id,
    ...(previous && { previousRevision: previous.revision as RevisionLocation }),
    revision: deployment.revision as RevisionLocation,
    status: deployment.status,
    ...(error && { errorInformation: error as ErrorInformation }),
    createTime: new Date(deployment.createdAt),
    ...(deployment.startedAt !== undefined && { startTime: new Date(deployment.startedAt) }),
    ...(deployment.endedAt !== undefined && { completeTime: new Date(deployment.endedAt) }),
    deploymentOverview: overviewOf(scope, deployment),
    ...(deployment.description !== undefined && { description: deployment.description }),
    creator: deployment.creator,
    ignoreApplicationStopFailures: deployment.server?.ignoresStopFailures ?? false,
    ...(rollback && { autoRollbackConfiguration: rollback as AutoRollbackConfiguration }),
    updateOutdatedInstancesOnly: deployment.server?.outdatedOnly ?? false,
    ...((rollbackDeploymentId || triggeringDeploymentId || rollbackMessage) && {
      rollbackInfo: {
        ...(rollbackDeploymentId && { rollbackDeploymentId }),
        ...(triggeringDeploymentId && { rollbackTriggeringDeploymentId: triggeringDeploymentId }),
        ...(rollbackMessage && { rollbackMessage }),
      },
    }),
    ...platformMembers(scope, deployment),
    ...(alarms && { overrideAlarmConfiguration: alarms as AlarmConfiguration }),
    ...(deployment.externalId && { externalId: deployment.externalId }),
    computePlatform: deployment.platform,
  };
}

function platformMembers(scope: Scope, { id, group, server, ecs }: Deployment): Partial<DeploymentInfo> {
  const shownInfo = (info: Stored<LoadBalancerInfo> | undefined) => info && { loadBalancerInfo: info as LoadBalancerInfo };
  if (server === undefined)
    return {
      deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
      instanceTerminationWaitTimeStarted: ecs?.bakedAt !== undefined,
      ...(ecs && {
        blueGreenDeploymentConfiguration: ecs.blueGreen as DeploymentInfo["blueGreenDeploymentConfiguration"],
        ...shownInfo(ecs.loadBalancerInfo),
      }),
    };
  const {
    type,
    targetGroups,
    targetInstances,
    blueGreen,
    blockedAt,
    fileExistsBehavior = "DISALLOW",
    loadBalancerInfo,
    rootDeploymentId,
  } = server;
  const keepsAlive = blueGreen?.terminateBlueInstancesOnDeploymentSuccess?.action === "KEEP_ALIVE";
  const updates = deployments
    .by(scope, "group", group)
    .filter((other) => other.server?.rootDeploymentId === id)
    .map((other) => other.id);
  return {
    deploymentStyle: {
      deploymentType: type,
      deploymentOption: targetGroups.length > 0 ? "WITH_TRAFFIC_CONTROL" : "WITHOUT_TRAFFIC_CONTROL",
    },
    ...(targetInstances && { targetInstances: targetInstances as DeploymentInfo["targetInstances"] }),
    instanceTerminationWaitTimeStarted: blockedAt !== undefined && !keepsAlive,
    ...(blueGreen && { blueGreenDeploymentConfiguration: blueGreen as DeploymentInfo["blueGreenDeploymentConfiguration"] }),
    ...shownInfo(loadBalancerInfo),
    fileExistsBehavior,
    ...((rootDeploymentId !== undefined || updates.length > 0) && {
      relatedDeployments: {
        ...(rootDeploymentId !== undefined && { autoUpdateOutdatedInstancesRootDeploymentId: rootDeploymentId }),
        autoUpdateOutdatedInstancesDeploymentIds: updates,
      },
    }),
  };
}

/** How many instances stand how; a deployment to Lambda or ECS counts as one. */
function overviewOf(scope: Scope, { id, status, server }: Deployment): DeploymentInfo["deploymentOverview"] {
  const counts = { Pending: 0, InProgress: 0, Succeeded: 0, Failed: 0, Skipped: 0, Ready: 0 };
  if (server !== undefined) {
    for (const instance of instancesOf(scope, id)) if (instance.status !== "Unknown") counts[instance.status]++;
    return counts;
  }
  const as = { Created: "Pending", Queued: "Pending", Stopped: "Skipped", Baking: "InProgress" } as const;
  counts[as[status as keyof typeof as] ?? (status as keyof typeof counts)]++;
  return counts;
}
