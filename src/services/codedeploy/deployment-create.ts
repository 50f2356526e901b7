import { fault } from "../../kernel/fault.ts";
import { stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  type ComputePlatform,
  CreateDeployment$,
  type CreateDeploymentInput,
  DeploymentLimitExceededException,
  InvalidTargetInstancesException,
  type RevisionLocation,
  RevisionRequiredException,
} from "../../sdk/codedeploy.js";
import { requireApplication } from "./application.ts";
import { requireConfig } from "./config.ts";
import { deployments, isForInstances, lastGoodOf } from "./deployment.ts";
import { type DeploymentRequest, startDeployment } from "./deployment-start.ts";
import { checkAlarms, type DeploymentGroup, requireGroup } from "./group.ts";
import { checkDescription } from "./revision.ts";
import type { ServerWish } from "./server.ts";

/** CreateDeployment, to the platforms that there are. */
export const createDeploymentTo = (platforms: readonly ComputePlatform[]) =>
  operation(
    CreateDeployment$,
    (scope, input) => {
      const { platform } = requireApplication(scope, input.applicationName);
      const group = requireGroup(scope, input.applicationName, input.deploymentGroupName);
      if (!platforms.includes(platform)) fault("NotImplemented", `Deployments to the ${platform} platform are not implemented.`, 501);
      checkDescription(input.description);
      checkAlarms(input.overrideAlarmConfiguration);
      const active = deployments.by(scope, "open", group.id).find((other) => !isForInstances(other.creator));
      if (active !== undefined)
        fault(DeploymentLimitExceededException, `The Deployment Group '${group.name}' already has an active Deployment '${active.id}'`);
      const revision = input.revision ?? lastRevisionOf(scope, group, input);
      return { deploymentId: startDeployment(scope, { ...requestOf(scope, group, input), revision, server: wishOf(group, input) }).id };
    },
    platforms.includes("ECS") ? {} : { partial: "the Lambda and Server platforms; a deployment to ECS is refused" },
  );

export const createDeployment = createDeploymentTo(["Lambda", "Server"]);

function requestOf(scope: Scope, group: DeploymentGroup, input: CreateDeploymentInput): Omit<DeploymentRequest, "revision"> {
  return {
    id: `d-${scope.id.text(9)}`,
    application: group.application,
    groupName: group.name,
    configName: requireConfig(scope, input.deploymentConfigName ?? group.configName).id,
    creator: "user",
    ...(input.description !== undefined && { description: input.description }),
    alarms: input.overrideAlarmConfiguration ?? group.alarms,
    rollback: input.autoRollbackConfiguration ?? group.rollback,
  };
}

/** Without a revision, outdated instances get the one that the group has. */
function lastRevisionOf(scope: Scope, group: DeploymentGroup, { updateOutdatedInstancesOnly }: CreateDeploymentInput): RevisionLocation {
  const last = updateOutdatedInstancesOnly ? lastGoodOf(scope, group.id) : undefined;
  return last === undefined ? fault(RevisionRequiredException, "The revision was not specified.") : (last.revision as RevisionLocation);
}

function wishOf(group: DeploymentGroup, input: CreateDeploymentInput): ServerWish {
  const { ignoreApplicationStopFailures, fileExistsBehavior, updateOutdatedInstancesOnly, targetInstances } = input;
  const isDiscovery =
    group.style?.deploymentType === "BLUE_GREEN" &&
    group.settings?.blueGreenDeploymentConfiguration?.greenFleetProvisioningOption?.action !== "COPY_AUTO_SCALING_GROUP";
  if (targetInstances !== undefined && !isDiscovery)
    fault(InvalidTargetInstancesException, "Target instances can be specified only for a blue/green deployment to existing instances.");
  return {
    ...(ignoreApplicationStopFailures && { ignoresStopFailures: true }),
    ...(fileExistsBehavior !== undefined && { fileExistsBehavior }),
    ...(updateOutdatedInstancesOnly && { outdatedOnly: true }),
    ...(targetInstances !== undefined && { targetInstances: stored(targetInstances) }),
  };
}
