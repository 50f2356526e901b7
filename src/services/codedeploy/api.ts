import type { Scope } from "../../kernel/scope.ts";
import type { ErrorInformation, RevisionLocation } from "../../sdk/codedeploy.js";
import { type Deployment, deployments } from "./deployment.ts";
import { startDeployment } from "./deployment-start.ts";
import { requireGroup } from "./group.ts";

export { deploymentInstances, isAtWork } from "./deployment-instance.ts";
export {
  acknowledgeCommand,
  completeCommand,
  type HostCommand,
  hostOfCommand,
  offerCommand,
  postponeCommand,
  specificationOf,
} from "./host-command.ts";

/** A deployment for services that stand below. */
export type DeploymentView = Pick<Deployment, "id" | "status" | "rollbackDeploymentId"> & { readonly error?: ErrorInformation };

/** Make sure that a group's deployment with this id was begun; a second one waits for the first. What cannot be begun is a fault, as of CreateDeployment. */
export function ensureDeployment(
  scope: Scope,
  id: string,
  wish: {
    readonly applicationName: string;
    readonly deploymentGroupName: string;
    readonly revision: RevisionLocation;
    readonly description?: string;
  },
): DeploymentView {
  const group = requireGroup(scope, wish.applicationName, wish.deploymentGroupName);
  const { description } = wish;
  const started = startDeployment(scope, {
    id,
    application: group.application,
    groupName: group.name,
    configName: group.configName,
    revision: wish.revision,
    creator: "user",
    ...(description !== undefined && { description }),
    alarms: group.alarms,
    rollback: group.rollback,
  });
  return viewOf(started);
}

export const deploymentOf = (scope: Scope, id: string): DeploymentView | undefined => {
  const deployment = deployments.get(scope, id);
  return deployment && viewOf(deployment);
};

const viewOf = ({ id, status, rollbackDeploymentId, error }: Deployment): DeploymentView => ({
  id,
  status,
  ...(rollbackDeploymentId !== undefined && { rollbackDeploymentId }),
  ...(error !== undefined && { error: error as ErrorInformation }),
});
