import { idsFrom } from "../../kernel/id.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { RevisionLocation } from "../../sdk/codedeploy.js";
import { completeHook, lifecycleActionsOf, membersOf } from "../auto-scaling/api.ts";
import { type Deployment, deployments, isForInstances, isOver, lastGoodOf } from "./deployment.ts";
import { instancesOf } from "./deployment-instance.ts";
import { startDeployment } from "./deployment-start.ts";
import { type DeploymentGroup, groups } from "./group.ts";
import { healthOf } from "./health.ts";
import { revisionKey } from "./revision.ts";
import { launchHookOf, terminationHookOf } from "./scaling-hook.ts";
import type { ServerWish } from "./server.ts";

/** Gives new instances of a group's Auto Scaling groups its last good revision, before they come into service. */
export const groupLoop: Loop<DeploymentGroup> = {
  table: groups,
  turn(scope, group) {
    const names = group.settings?.autoScalingGroups ?? [];
    if (names.length === 0) return undefined;
    const waiting = names.flatMap((name) => [...atLaunch(scope, group, name), ...atTermination(scope, group, name)]);
    updateOutdated(scope, group, names);
    return waiting.length === 0
      ? undefined
      : ({ kind: "deadline", because: `${waiting.join(", ")} wait at a life-cycle hook` } satisfies Rest);
  },
};

/** Answers who waits. */
function atLaunch(scope: Scope, group: DeploymentGroup, scalingGroup: string): string[] {
  const hookName = launchHookOf(group);
  return lifecycleActionsOf(scope, scalingGroup, hookName).flatMap(({ instanceId, token }) => {
    const deployment = ensureFor(scope, group, "autoscaling", `${instanceId} ${token}`, { only: [instanceId] });
    if (deployment !== undefined && !isOver(deployment)) return [instanceId];
    // Where nothing was deployed yet, there is nothing to wait for.
    const isGood = deployment === undefined || deployment.status === "Succeeded";
    completeHook(scope, instanceId, hookName, isGood ? "CONTINUE" : "ABANDON");
    return [];
  });
}

/** Whatever comes of stopping the application: the instance goes. */
function atTermination(scope: Scope, group: DeploymentGroup, scalingGroup: string): string[] {
  const hookName = terminationHookOf(group);
  return lifecycleActionsOf(scope, scalingGroup, hookName).flatMap(({ instanceId, token }) => {
    const deployment = ensureFor(scope, group, "autoscalingTermination", `${instanceId} ${token}`, {
      only: [instanceId],
      isFarewell: true,
    });
    if (deployment !== undefined && !isOver(deployment)) return [instanceId];
    completeHook(scope, instanceId, hookName, "CONTINUE");
    return [];
  });
}

/**
 * Who came up while a deployment took place got the revision before it, and is told of the new one by a deployment of its own.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/integrations-aws-auto-scaling.html#integrations-aws-auto-scaling-behaviors-mixed-environment
 */
function updateOutdated(scope: Scope, group: DeploymentGroup, scalingGroups: readonly string[]): void {
  if (group.settings?.outdatedInstancesStrategy === "IGNORE") return;
  const last = lastGoodOf(scope, group.id);
  if (last === undefined || last.server?.type !== "IN_PLACE") return;
  if (deployments.by(scope, "open", group.id).some(({ creator }) => !isForInstances(creator))) return;
  const seen = [last, ...deployments.by(scope, "group", group.id).filter(({ server }) => server?.rootDeploymentId === last.id)];
  const seenTargets = new Set(
    seen.flatMap(({ id, server }) => [...instancesOf(scope, id).map(({ targetId }) => targetId), ...(server?.only ?? [])]),
  );
  const key = revisionKey(last.revision as RevisionLocation);
  const outdated = scalingGroups
    .flatMap((name) => membersOf(scope, name))
    .filter(({ id, lifecycle }) => {
      const had = healthOf(scope, group.groupId, id).revisionKey;
      return lifecycle === "InService" && !seenTargets.has(id) && had !== undefined && had !== key;
    })
    .map(({ id }) => id)
    .sort();
  if (outdated.length === 0) return;
  ensureFor(scope, group, "CodeDeployAutoUpdate", `${last.id} ${outdated.join(" ")}`, { only: outdated, rootDeploymentId: last.id });
}

/** The deployment of the group's last good revision for a reason; undefined where there is no such revision. */
function ensureFor(
  scope: Scope,
  group: DeploymentGroup,
  creator: Deployment["creator"],
  reason: string,
  server: ServerWish,
): Deployment | undefined {
  const id = `d-${idsFrom(`${group.groupId} ${creator} ${reason}`).text(9)}`;
  const known = deployments.get(scope, id);
  if (known !== undefined) return known;
  const good = lastGoodOf(scope, group.id);
  if (good === undefined) return undefined;
  return startDeployment(scope, {
    id,
    application: group.application,
    groupName: group.name,
    configName: "CodeDeployDefault.AllAtOnce",
    revision: good.revision as RevisionLocation,
    creator,
    server,
  });
}
