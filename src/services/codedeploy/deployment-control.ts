import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  ContinueDeployment$,
  DeleteResourcesByExternalId$,
  DeploymentAlreadyCompletedException,
  DeploymentIsNotInReadyStateException,
  DeploymentNotStartedException,
  InvalidDeploymentWaitTypeException,
  SkipWaitTimeForInstanceTermination$,
  StopDeployment$,
  UnsupportedActionForDeploymentTypeException,
} from "../../sdk/codedeploy.js";
import { type Deployment, deployments, isOver, requireDeployment } from "./deployment.ts";
import { deploymentInstances, instancesOf } from "./deployment-instance.ts";
import { patchEcs } from "./ecs.ts";
import { patchServer } from "./server.ts";

export const stopDeployment = operation(StopDeployment$, (scope, { deploymentId, autoRollbackEnabled }) => {
  const deployment = requireDeployment(scope, deploymentId);
  if (isOver(deployment)) completed(deployment);
  deployments.patch(scope, deployment.id, { stop: { rollBack: autoRollbackEnabled ?? false } });
  return { status: "Pending" as const, statusMessage: "Deployment stop is pending." };
});

export const continueDeployment = operation(ContinueDeployment$, (scope, { deploymentId, deploymentWaitType = "READY_WAIT" }) => {
  const deployment = requireDeployment(scope, deploymentId);
  if (isOver(deployment)) completed(deployment);
  if (deploymentWaitType !== "READY_WAIT" && deploymentWaitType !== "TERMINATION_WAIT")
    fault(InvalidDeploymentWaitTypeException, `The wait type is invalid: ${deploymentWaitType}`);
  requireBlueGreen(deployment);
  if (deploymentWaitType === "TERMINATION_WAIT") skipTermination(scope, deployment);
  else if (deployment.status !== "Ready")
    fault(DeploymentIsNotInReadyStateException, `The deployment is not in the Ready state: ${deployment.id}`);
  else if (deployment.server !== undefined) patchServer(scope, deployment.id, { continued: true });
  else patchEcs(scope, deployment, { continued: true });
  return {};
});

/** What ContinueDeployment has replaced. */
export const skipWaitTimeForInstanceTermination = operation(SkipWaitTimeForInstanceTermination$, (scope, { deploymentId }) => {
  const deployment = requireDeployment(scope, deploymentId);
  if (isOver(deployment)) completed(deployment);
  requireBlueGreen(deployment);
  if (deployment.startedAt === undefined) fault(DeploymentNotStartedException, `The deployment has not started: ${deployment.id}`);
  skipTermination(scope, deployment);
  return {};
});

/** CloudFormation forgets what a stack of it deployed. */
export const deleteResourcesByExternalId = operation(DeleteResourcesByExternalId$, (scope, { externalId }) => {
  if (!externalId) return {};
  for (const deployment of deployments.by(scope, "externalId", externalId)) {
    if (!isOver(deployment)) continue;
    for (const { id } of instancesOf(scope, deployment.id)) deploymentInstances.remove(scope, id);
    deployments.remove(scope, deployment.id);
  }
  return {};
});

function skipTermination(scope: Scope, deployment: Deployment): void {
  if (deployment.server !== undefined) patchServer(scope, deployment.id, { terminationSkipped: true });
  else patchEcs(scope, deployment, { terminationSkipped: true });
}

function requireBlueGreen({ server, ecs }: Deployment): void {
  if (server?.type !== "BLUE_GREEN" && ecs === undefined)
    fault(UnsupportedActionForDeploymentTypeException, "This action is supported only for blue/green deployments.");
}

const completed = ({ id }: Deployment): never => fault(DeploymentAlreadyCompletedException, `The deployment is already complete: ${id}`);
