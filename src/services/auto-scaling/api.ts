import type { Scope } from "../../kernel/scope.ts";
import { createGroup, deleteGroup, type Group, groups } from "./group.ts";
import { completeAction, type HookWish, hooks, lifecycleActions, putHook, removeHook } from "./lifecycle-hook.ts";
import { type Member, members } from "./member.ts";
import { resume, suspend } from "./process.ts";

/** A group as other services see it. */
export type GroupView = Pick<Group, "id" | "arn" | "minSize" | "maxSize" | "desiredCapacity" | "targetGroupArns" | "suspended">;
/** A member as other services see it: the instance's id and where it is in its life-cycle. */
export type MemberView = Pick<Member, "id" | "groupName" | "lifecycle" | "health">;

export const groupOf = (scope: Scope, name: string): GroupView | undefined => groups.get(scope, name);

export const membersOf = (scope: Scope, groupName: string): MemberView[] => members.by(scope, "group", groupName);

/** The group that an instance is in. */
export const memberOf = (scope: Scope, instanceId: string): MemberView | undefined => members.get(scope, instanceId);

/** Suspend processes of a group, by AWS's names; answers those that were not suspended before, to be resumed afterwards. */
export function suspendProcessesOf(scope: Scope, groupName: string, processes: readonly string[]): readonly string[] {
  const group = groups.get(scope, groupName);
  if (group === undefined) return [];
  const fresh = processes.filter((process) => !group.suspended.includes(process));
  suspend(scope, group, fresh);
  return fresh;
}

export function resumeProcessesOf(scope: Scope, groupName: string, processes: readonly string[]): void {
  const group = groups.get(scope, groupName);
  if (group !== undefined) resume(scope, group, processes);
}

/** A group like another one, under another name, with its hooks; for a blue/green deployment that copies one. */
export function copyGroup(scope: Scope, from: string, name: string): GroupView | undefined {
  const known = groups.get(scope, name);
  const source = groups.get(scope, from);
  if (known !== undefined || source === undefined) return known;
  const { template, tags } = source;
  const copy = createGroup(scope, name, {
    MinSize: source.minSize,
    MaxSize: source.maxSize,
    DesiredCapacity: source.desiredCapacity,
    DefaultCooldown: source.defaultCooldownSeconds,
    LaunchTemplate: { LaunchTemplateId: template.id, ...(template.version !== undefined && { Version: template.version }) },
    VPCZoneIdentifier: source.subnetIds.join(","),
    HealthCheckType: source.healthCheckType,
    HealthCheckGracePeriod: source.healthCheckGraceSeconds,
    TerminationPolicies: source.terminationPolicies,
    NewInstancesProtectedFromScaleIn: source.protectsNew,
    Tags: tags.map(({ key, value, propagates }) => ({ Key: key, Value: value, PropagateAtLaunch: propagates })),
  });
  for (const hook of hooks.list(scope, `${from}:`)) hooks.put(scope, { ...hook, id: `${name}:${hook.name}`, groupName: name });
  return copy;
}

/** A group and all of its instances go. */
export function removeGroup(scope: Scope, name: string): void {
  const group = groups.get(scope, name);
  if (group !== undefined) deleteGroup(scope, group);
}

/** Which target groups a group's instances are put into when they come into service. */
export function setTargetGroups(scope: Scope, name: string, targetGroupArns: readonly string[]): void {
  if (groups.get(scope, name) !== undefined) groups.patch(scope, name, { targetGroupArns });
}

/** A hook of another service's own, such as CodeDeploy's: its waits are found by `lifecycleActionsOf`. */
export const ensureHook = (scope: Scope, groupName: string, hook: HookWish): void => void putHook(scope, groupName, hook);

export function dropHook(scope: Scope, groupName: string, name: string): void {
  if (hooks.get(scope, `${groupName}:${name}`) !== undefined) removeHook(scope, groupName, name);
}

/** The instances of a group that wait at a hook. */
export const lifecycleActionsOf = (scope: Scope, groupName: string, hookName: string): { instanceId: string; token: string }[] =>
  lifecycleActions
    .list(scope)
    .filter((action) => action.groupName === groupName && action.hookName === hookName && action.result === undefined);

/** Let an instance that waits at a hook go on, or not. */
export function completeHook(scope: Scope, instanceId: string, hookName: string, result: "CONTINUE" | "ABANDON"): void {
  const action = lifecycleActions.list(scope, `${instanceId}/`).find((one) => one.hookName === hookName && one.result === undefined);
  if (action !== undefined) completeAction(scope, action.id, result);
}
