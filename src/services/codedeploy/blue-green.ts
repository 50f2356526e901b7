import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { copyGroup, dropHook, membersOf, removeGroup } from "../auto-scaling/api.ts";
import { terminateInstance } from "../ec2/api.ts";
import { announce } from "./announcement.ts";
import { type Deployment, deployments, type Ending } from "./deployment.ts";
import {
  ALLOWING,
  BLOCKING,
  type DeploymentInstance,
  ensureInstance,
  INSTALLING,
  instancesOf,
  startInstance,
} from "./deployment-instance.ts";
import { type FleetMember, fleetOf, memberOf, replacementOf } from "./fleet.ts";
import { type DeploymentGroup, groups } from "./group.ts";
import type { Outcome } from "./platform.ts";
import { rollOut, TOO_MANY_FAILED } from "./rollout.ts";
import { launchHookOf, syncHooks, terminationHookOf } from "./scaling-hook.ts";
import { patchServer } from "./server.ts";

const MINUTE_MS = 60_000;

/**
 * Installs on other instances, and then leads the traffic to them.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/welcome.html#welcome-deployment-overview-blue-green
 */
export function stepBlueGreen(scope: Scope, deployment: Deployment): Outcome {
  const { provisionedAt, installedAt, reroutedAt, blockedAt } = deployment.server!;
  if (provisionedAt === undefined) return provision(scope, deployment);
  if (installedAt === undefined) return install(scope, deployment);
  if (reroutedAt === undefined) return awaitGo(scope, deployment) ?? reroute(scope, deployment);
  if (blockedAt === undefined) return block(scope, deployment);
  return retire(scope, deployment);
}

function provision(scope: Scope, deployment: Deployment): Outcome {
  const { server, group } = deployment;
  const row = groups.get(scope, group)!;
  const isCopy = server!.blueGreen?.greenFleetProvisioningOption?.action === "COPY_AUTO_SCALING_GROUP";
  const found = isCopy ? copied(scope, deployment, row) : replacementOf(scope, server!.targetInstances ?? {});
  if (!Array.isArray(found)) return found;
  if (found.length === 0)
    return {
      status: "Failed",
      code: "NO_INSTANCES",
      message: "The deployment failed because no instances were found for the replacement environment.",
    };
  const greens = new Set(found.map(({ targetId }) => targetId));
  for (const member of found)
    ensureInstance(scope, deployment, member, [...INSTALLING, ...ALLOWING], { label: "Green", gate: "BeforeAllowTraffic" });
  for (const member of fleetOf(scope, row))
    if (!greens.has(member.targetId)) ensureInstance(scope, deployment, member, BLOCKING, { label: "Blue" });
  patchServer(scope, deployment.id, { provisionedAt: scope.clock.now() });
  return undefined;
}

/** The instances of a copy of the group's Auto Scaling group, once all of them are there. */
function copied(scope: Scope, { id, server }: Deployment, group: DeploymentGroup): FleetMember[] | Rest | Ending {
  const [from] = group.settings?.autoScalingGroups ?? [];
  const name = `CodeDeploy_${group.name}_${id}`;
  const invalid = (message: string): Ending => ({ status: "Failed", code: "AUTO_SCALING_CONFIGURATION", message });
  if (from === undefined) return invalid("The deployment group has no Auto Scaling group to copy.");
  const copy = copyGroup(scope, from, name);
  if (copy === undefined) return invalid(`The Auto Scaling group ${from} does not exist.`);
  if (server!.greenGroup === undefined) {
    // Who comes up in it gets its revision from this deployment, not at the hook.
    for (const hook of [launchHookOf(group), terminationHookOf(group)]) dropHook(scope, name, hook);
    patchServer(scope, id, { greenGroup: name });
  }
  const members = membersOf(scope, name).filter(({ lifecycle }) => lifecycle === "InService");
  if (members.length < copy.desiredCapacity)
    return { kind: "wait", because: `${copy.desiredCapacity - members.length} instances of ${name} are coming up` };
  return members.map((member) => memberOf(scope, member.id));
}

const greensOf = (scope: Scope, id: string): DeploymentInstance[] => instancesOf(scope, id).filter(({ label }) => label === "Green");
const bluesOf = (scope: Scope, id: string): DeploymentInstance[] => instancesOf(scope, id).filter(({ label }) => label === "Blue");

function install(scope: Scope, { id, server }: Deployment): Outcome {
  const outcome = rollOut(scope, greensOf(scope, id), server!.minimum, server!.zonal);
  if (outcome === undefined || !("status" in outcome) || outcome.status !== "Succeeded") return outcome;
  patchServer(scope, id, { installedAt: scope.clock.now() });
  return undefined;
}

/** Where somebody has to say that traffic may move. */
function awaitGo(scope: Scope, deployment: Deployment): Outcome {
  const { id, server, status } = deployment;
  const { actionOnTimeout, waitTimeInMinutes = 0 } = server!.blueGreen?.deploymentReadyOption ?? {};
  if (actionOnTimeout !== "STOP_DEPLOYMENT" || server!.continued) {
    if (status === "Ready") deployments.patch(scope, id, { status: "InProgress" });
    return undefined;
  }
  if (status !== "Ready") {
    announce(scope, deployments.patch(scope, id, { status: "Ready" }), "READY");
    return { kind: "wait", because: "the replacement instances are ready" };
  }
  const until = server!.installedAt! + waitTimeInMinutes * MINUTE_MS;
  if (scope.clock.now() < until) return { wakeAt: until, kind: "deadline", because: "somebody has to say that traffic may be rerouted" };
  return {
    status: "Stopped",
    code: "TIMEOUT",
    message: "The deployment was stopped because traffic rerouting was not started within the wait time.",
  };
}

function reroute(scope: Scope, { id, server }: Deployment): Outcome {
  const greens = greensOf(scope, id).filter(
    ({ status, events }) => status !== "Failed" || events.some(({ name, startedAt }) => name === "AllowTraffic" && startedAt !== undefined),
  );
  const outcome = rollOut(scope, greens, server!.minimum, undefined, ({ status }) => {
    if (status === "Ready") return "pending";
    return status === "InProgress" ? "inProgress" : status === "Succeeded" ? "succeeded" : "failed";
  });
  if (outcome === undefined || !("status" in outcome) || outcome.status !== "Succeeded") return outcome;
  patchServer(scope, id, { reroutedAt: scope.clock.now() });
  return undefined;
}

/** That one original instance keeps its traffic is enough to fail. https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-health.html */
function block(scope: Scope, { id }: Deployment): Outcome {
  const blues = bluesOf(scope, id);
  for (const instance of blues) if (instance.status === "Pending") startInstance(scope, instance);
  if (blues.some(({ status }) => status === "Pending" || status === "InProgress"))
    return { kind: "deadline", because: "the original instances are being taken out of the traffic" };
  if (blues.some(({ status }) => status === "Failed")) return TOO_MANY_FAILED;
  patchServer(scope, id, { blockedAt: scope.clock.now() });
  return undefined;
}

/** The replacement is the group from now on; the original goes after a while, or stays for somebody else to see to. */
function retire(scope: Scope, deployment: Deployment): Outcome {
  const { id, server } = deployment;
  const { action = "TERMINATE", terminationWaitTimeInMinutes = 60 } = server!.blueGreen?.terminateBlueInstancesOnDeploymentSuccess ?? {};
  if (action === "TERMINATE") {
    const until = server!.blockedAt! + terminationWaitTimeInMinutes * MINUTE_MS;
    if (!server!.terminationSkipped && scope.clock.now() < until)
      return { wakeAt: until, kind: "wait", because: "the original instances are kept until then" };
  }
  const group = groups.get(scope, deployment.group)!;
  const originals = group.settings?.autoScalingGroups ?? [];
  takeOver(scope, deployment, group);
  if (action === "TERMINATE") {
    if (server!.greenGroup !== undefined) for (const name of originals) removeGroup(scope, name);
    else for (const { targetId } of bluesOf(scope, id)) terminateInstance(scope, targetId);
  }
  return { status: "Succeeded" };
}

/** The group's settings lead to the replacement; its hooks follow when the group is looked at next. */
function takeOver(scope: Scope, { server }: Deployment, group: DeploymentGroup): void {
  const { ec2TagFilters: _, ec2TagSet: __, autoScalingGroups: ___, ...rest } = group.settings ?? {};
  const { tagFilters, ec2TagSet, autoScalingGroups } = server!.targetInstances ?? {};
  const next =
    server!.greenGroup !== undefined
      ? { autoScalingGroups: [server!.greenGroup] }
      : {
          ...(tagFilters !== undefined && { ec2TagFilters: tagFilters }),
          ...(ec2TagSet !== undefined && { ec2TagSet }),
          ...(autoScalingGroups !== undefined && { autoScalingGroups }),
        };
  const taken = groups.patch(scope, group.id, { settings: { ...rest, ...next } });
  syncHooks(scope, group, taken);
}

/** A rollback installs nothing: it leads the traffic back to the original instances. */
export function takeTrafficBack(scope: Scope, deployment: Deployment): undefined {
  for (const { label, targetId, arn, host, zone } of instancesOf(scope, deployment.server!.restores!))
    ensureInstance(
      scope,
      deployment,
      { targetId, arn, host, ...(zone !== undefined && { zone }) },
      label === "Blue" ? ALLOWING : BLOCKING,
      { label: label! },
    );
}
