import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CompleteLifecycleAction$,
  DeleteLifecycleHook$,
  DescribeLifecycleHooks$,
  PutLifecycleHook$,
  RecordLifecycleActionHeartbeat$,
} from "../../sdk/auto-scaling.js";
import { requireGroup } from "./group.ts";

export type Transition = "autoscaling:EC2_INSTANCE_LAUNCHING" | "autoscaling:EC2_INSTANCE_TERMINATING";

/** Where an instance waits on its way in or out, as `group:hook`. */
export interface Hook extends Row {
  readonly name: string;
  readonly groupName: string;
  readonly transition: Transition;
  readonly heartbeatSeconds: number;
  readonly defaultResult: "CONTINUE" | "ABANDON";
  readonly metadata?: string;
  readonly targetArn?: string;
  readonly roleArn?: string;
  /** Its group was declared with it. */
  readonly isOfGroup?: boolean;
}

/** One instance's wait at a hook, as `instance/hook`. */
export interface LifecycleAction extends Row {
  readonly instanceId: string;
  readonly groupName: string;
  readonly hookName: string;
  readonly transition: Transition;
  readonly token: string;
  readonly defaultResult: "CONTINUE" | "ABANDON";
  readonly heartbeatSeconds: number;
  readonly expiresAt: number;
  readonly globalExpiresAt: number;
  readonly result?: "CONTINUE" | "ABANDON";
}

export const hooks = new Table<Hook>("auto-scaling/hook");
export const lifecycleActions = new Table<LifecycleAction>("auto-scaling/lifecycle-action");

const HEARTBEAT_SECONDS = 3600;
const GLOBAL_MAX_SECONDS = 172_800;

/** As CreateAutoScalingGroup and PutLifecycleHook say one. */
export interface HookWish {
  readonly LifecycleHookName?: string | undefined;
  readonly LifecycleTransition?: string | undefined;
  readonly RoleARN?: string | undefined;
  readonly NotificationTargetARN?: string | undefined;
  readonly NotificationMetadata?: string | undefined;
  readonly HeartbeatTimeout?: number | undefined;
  readonly DefaultResult?: string | undefined;
}

export const putLifecycleHook = operation(PutLifecycleHook$, (scope, { AutoScalingGroupName, ...wish }) => {
  putHook(scope, requireGroup(scope, AutoScalingGroupName!).id, wish);
  return {};
});

export const deleteLifecycleHook = operation(DeleteLifecycleHook$, (scope, { AutoScalingGroupName, LifecycleHookName }) => {
  removeHook(scope, requireGroup(scope, AutoScalingGroupName!).id, LifecycleHookName!);
  return {};
});

export const describeLifecycleHooks = operation(DescribeLifecycleHooks$, (scope, { AutoScalingGroupName, LifecycleHookNames }) => {
  const group = requireGroup(scope, AutoScalingGroupName!);
  const LifecycleHooks = hooks
    .list(scope, `${group.id}:`)
    .filter(({ name }) => LifecycleHookNames === undefined || LifecycleHookNames.length === 0 || LifecycleHookNames.includes(name))
    .map((hook) => ({
      LifecycleHookName: hook.name,
      AutoScalingGroupName: hook.groupName,
      LifecycleTransition: hook.transition,
      HeartbeatTimeout: hook.heartbeatSeconds,
      GlobalTimeout: Math.min(hook.heartbeatSeconds * 100, GLOBAL_MAX_SECONDS),
      DefaultResult: hook.defaultResult,
      ...(hook.metadata !== undefined && { NotificationMetadata: hook.metadata }),
      ...(hook.targetArn !== undefined && { NotificationTargetARN: hook.targetArn }),
      ...(hook.roleArn !== undefined && { RoleARN: hook.roleArn }),
    }));
  return { LifecycleHooks };
});

export const completeLifecycleAction = operation(CompleteLifecycleAction$, (scope, input) => {
  const action = requireAction(scope, input.LifecycleHookName!, input.InstanceId, input.LifecycleActionToken);
  if (input.LifecycleActionResult !== "CONTINUE" && input.LifecycleActionResult !== "ABANDON")
    fault("ValidationError", "LifecycleActionResult must be CONTINUE or ABANDON.");
  completeAction(scope, action.id, input.LifecycleActionResult as "CONTINUE" | "ABANDON");
  return {};
});

export const recordLifecycleActionHeartbeat = operation(RecordLifecycleActionHeartbeat$, (scope, input) => {
  const action = requireAction(scope, input.LifecycleHookName!, input.InstanceId, input.LifecycleActionToken);
  const expiresAt = Math.min(scope.clock.now() + action.heartbeatSeconds * 1000, action.globalExpiresAt);
  lifecycleActions.patch(scope, action.id, { expiresAt });
  return {};
});

export function putHook(scope: Scope, groupName: string, wish: HookWish): Hook {
  const { LifecycleHookName: name, LifecycleTransition, HeartbeatTimeout, DefaultResult } = wish;
  const known = hooks.get(scope, `${groupName}:${name}`);
  const transition = (LifecycleTransition ?? known?.transition) as Transition | undefined;
  if (transition !== "autoscaling:EC2_INSTANCE_LAUNCHING" && transition !== "autoscaling:EC2_INSTANCE_TERMINATING")
    return fault("ValidationError", "You must specify a valid lifecycle transition.");
  const targetArn = wish.NotificationTargetARN ?? known?.targetArn;
  const roleArn = wish.RoleARN ?? known?.roleArn;
  const metadata = wish.NotificationMetadata ?? known?.metadata;
  return hooks.put(scope, {
    id: `${groupName}:${name}`,
    name: name!,
    groupName,
    transition,
    heartbeatSeconds: HeartbeatTimeout ?? known?.heartbeatSeconds ?? HEARTBEAT_SECONDS,
    defaultResult: (DefaultResult ?? known?.defaultResult ?? "ABANDON") as Hook["defaultResult"],
    ...(metadata !== undefined && { metadata }),
    ...(targetArn && { targetArn }),
    ...(roleArn !== undefined && { roleArn }),
    ...(known?.isOfGroup && { isOfGroup: true }),
  });
}

/** Who waits at it goes on as its default says. */
export function removeHook(scope: Scope, groupName: string, name: string): void {
  const id = `${groupName}:${name}`;
  if (hooks.get(scope, id) === undefined)
    fault("ValidationError", `No Lifecycle Hook found with name: ${name} and group name: ${groupName}.`);
  for (const action of lifecycleActions.list(scope))
    if (action.groupName === groupName && action.hookName === name && action.result === undefined)
      completeAction(scope, action.id, action.defaultResult);
  hooks.remove(scope, id);
}

export const completeAction = (scope: Scope, id: string, result: "CONTINUE" | "ABANDON"): void =>
  void lifecycleActions.patch(scope, id, { result });

export const globalSeconds = (heartbeatSeconds: number): number => Math.min(heartbeatSeconds * 100, GLOBAL_MAX_SECONDS);

function requireAction(scope: Scope, hookName: string, instanceId: string | undefined, token: string | undefined): LifecycleAction {
  const found = lifecycleActions
    .list(scope, instanceId === undefined ? "" : `${instanceId}/`)
    .find((action) => action.hookName === hookName && action.result === undefined && (token === undefined || action.token === token));
  return (
    found ??
    fault(
      "ValidationError",
      `No active Lifecycle Action found with ${token === undefined ? `instance ID ${instanceId}` : `token ${token}`}`,
    )
  );
}
