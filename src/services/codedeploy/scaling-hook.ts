import type { Scope } from "../../kernel/scope.ts";
import { dropHook, ensureHook, groupOf } from "../auto-scaling/api.ts";
import type { DeploymentGroup } from "./group.ts";

const HEARTBEAT_SECONDS = 600;

/** CodeDeploy's own life-cycle hooks. https://docs.aws.amazon.com/codedeploy/latest/userguide/integrations-aws-auto-scaling.html */
export const launchHookOf = ({ name, groupId }: DeploymentGroup): string =>
  `CodeDeploy-managed-automatic-launch-deployment-hook-${name}-${groupId}`;
export const terminationHookOf = ({ name, groupId }: DeploymentGroup): string =>
  `CodeDeploy-managed-automatic-termination-deployment-hook-${name}-${groupId}`;

/** New instances of an Auto Scaling group wait for their revision; where it is asked for, old ones for what stops the application. */
export function hook(scope: Scope, group: DeploymentGroup, scalingGroup: string): void {
  if (groupOf(scope, scalingGroup) === undefined) return;
  const wish = { HeartbeatTimeout: HEARTBEAT_SECONDS, NotificationMetadata: group.groupId };
  ensureHook(scope, scalingGroup, {
    ...wish,
    LifecycleHookName: launchHookOf(group),
    LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
    DefaultResult: "ABANDON",
  });
  if (!group.settings?.terminationHookEnabled) dropHook(scope, scalingGroup, terminationHookOf(group));
  else
    ensureHook(scope, scalingGroup, {
      ...wish,
      LifecycleHookName: terminationHookOf(group),
      LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
      DefaultResult: "CONTINUE",
    });
}

export function unhook(scope: Scope, group: DeploymentGroup, scalingGroup: string): void {
  for (const name of [launchHookOf(group), terminationHookOf(group)]) dropHook(scope, scalingGroup, name);
}

/** The Auto Scaling groups that a group has, or has no more. */
export function syncHooks(scope: Scope, before: DeploymentGroup | undefined, after: DeploymentGroup | undefined): void {
  const names = after?.settings?.autoScalingGroups ?? [];
  for (const name of before?.settings?.autoScalingGroups ?? []) if (!names.includes(name)) unhook(scope, before!, name);
  for (const name of names) hook(scope, after!, name);
}
