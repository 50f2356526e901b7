import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { RevisionLocation } from "../../sdk/codedeploy.js";
import { stepBlueGreen, takeTrafficBack } from "./blue-green.ts";
import { byAge, type Deployment, type Ending, isForInstances, newestOf } from "./deployment.ts";
import {
  ALLOWING,
  BLOCKING,
  type DeploymentInstance,
  endInstance,
  ensureInstance,
  INSTALLING,
  type InstanceEventName,
  instancesOf,
  startInstance,
} from "./deployment-instance.ts";
import { startDeployment } from "./deployment-start.ts";
import { type FleetMember, fleetOf, memberOf } from "./fleet.ts";
import { groups } from "./group.ts";
import { healthOf } from "./health.ts";
import type { Outcome, Platform } from "./platform.ts";
import { revisionKey } from "./revision.ts";
import { rollOut } from "./rollout.ts";

const NO_INSTANCES =
  "The deployment failed because no instances were found for your deployment group. Check your deployment group settings to make sure the tags for your Amazon EC2 instances or Auto Scaling groups correctly identify the instances you want to deploy to, and then try again.";

/** Deploys to instances, by the agents on them. */
export const serverPlatform: Platform = {
  begin(scope, deployment) {
    const { type, restores } = deployment.server!;
    if (restores !== undefined) return takeTrafficBack(scope, deployment);
    if (type === "BLUE_GREEN") return undefined;
    const members = membersOf(scope, deployment);
    // Where instances come and go by themselves, there may be none just now.
    if (members.length === 0)
      return isForInstances(deployment.creator)
        ? { status: "Succeeded" }
        : { status: "Failed", code: "NO_INSTANCES", message: NO_INSTANCES };
    for (const member of members) ensureInstance(scope, deployment, member, eventsOf(deployment));
    return undefined;
  },
  step(scope, deployment): Outcome {
    const { type, restores, minimum, zonal } = deployment.server!;
    const instances = instancesOf(scope, deployment.id);
    if (restores !== undefined) return stepRestoration(scope, instances);
    if (type === "BLUE_GREEN") return stepBlueGreen(scope, deployment);
    return rollOut(scope, instances, minimum, zonal);
  },
  /** Who has begun comes to the end of what it does; nobody else begins. */
  settle(scope, { id }): Rest | undefined {
    const instances = instancesOf(scope, id);
    for (const instance of instances)
      if (instance.status === "Pending" || instance.status === "Ready") endInstance(scope, instance, "Skipped");
    const busy = instances.filter(({ status }) => status === "InProgress");
    if (busy.length === 0) return undefined;
    return { kind: "deadline", because: `${busy.map(({ targetId }) => targetId).join(", ")} come to the end of what they have begun` };
  },
  takeBack(scope, deployment, rollbackId) {
    const { id, application, groupName, configName, server } = deployment;
    const request = {
      id: rollbackId,
      application,
      groupName,
      configName,
      creator: "codeDeployRollback",
      description: `Rollback of deployment ${id}`,
      triggeringDeploymentId: id,
    } as const;
    const message = `Deployment ${rollbackId} takes it back.`;
    if (server!.type === "BLUE_GREEN") {
      if (server!.installedAt === undefined || !hasMoved(scope, id))
        return { started: false, message: "No traffic had been rerouted: the original instances still have all of it." };
      startDeployment(scope, { ...request, revision: deployment.revision as RevisionLocation, server: { restores: id } });
      return { started: true, message };
    }
    const good = newestOf(
      scope,
      deployment.group,
      (other) => other.status === "Succeeded" && byAge(other, deployment) < 0 && !isForInstances(other.creator),
    );
    if (good === undefined) return { started: false, message: "There is no successful deployment of the group to roll back to." };
    startDeployment(scope, {
      ...request,
      revision: good.revision as RevisionLocation,
      server: { ...(server!.fileExistsBehavior !== undefined && { fileExistsBehavior: server!.fileExistsBehavior }) },
    });
    return { started: true, message };
  },
};

/** The order is CodeDeploy's: first those that are ill, then those that nobody knows of, then those that are outdated. */
function membersOf(scope: Scope, { group, server, revision }: Deployment): FleetMember[] {
  const row = groups.get(scope, group)!;
  const all = server!.only === undefined ? fleetOf(scope, row) : server!.only.map((id) => memberOf(scope, id));
  if (!server!.outdatedOnly) return all;
  const key = revisionKey(revision as RevisionLocation);
  return all.filter(({ targetId }) => healthOf(scope, row.groupId, targetId).revisionKey !== key);
}

function eventsOf({ server }: Deployment): readonly InstanceEventName[] {
  const { targetGroups, isFarewell } = server!;
  if (isFarewell) return targetGroups.length > 0 ? [...BLOCKING, "ApplicationStop"] : ["ApplicationStop"];
  return targetGroups.length > 0 ? [...BLOCKING, ...INSTALLING, ...ALLOWING] : INSTALLING;
}

/** First the originals get the traffic again, then the replacements lose it. */
function stepRestoration(scope: Scope, instances: readonly DeploymentInstance[]): Outcome {
  for (const label of ["Blue", "Green"] as const) {
    const own = instances.filter((instance) => instance.label === label);
    for (const instance of own) if (instance.status === "Pending") startInstance(scope, instance);
    if (own.some(({ status }) => status === "Pending" || status === "InProgress"))
      return {
        kind: "deadline",
        because: `traffic is led back: ${label === "Blue" ? "to the original" : "away from the replacement"} instances`,
      };
  }
  if (instances.every(({ status }) => status === "Succeeded")) return { status: "Succeeded" };
  return {
    status: "Failed",
    code: "HEALTH_CONSTRAINTS",
    message: "The traffic could not be led back from or to some of the instances.",
  } satisfies Ending;
}

const hasMoved = (scope: Scope, id: string): boolean =>
  instancesOf(scope, id).some(
    ({ label, events }) =>
      label === "Green" && events.some(({ name, status }) => name === "AllowTraffic" && status !== "Pending" && status !== "Skipped"),
  );
