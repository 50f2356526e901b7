import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { instanceOf, terminateInstance } from "../ec2/api.ts";
import { deregisterTarget, registerTarget, targetGroupOf, targetsOf } from "../elastic-load-balancing-v2/api.ts";
import { activities, endActivity } from "./activity.ts";
import { type Group, groups, retryLater } from "./group.ts";
import { activityDetail, announce, announceAction } from "./happening.ts";
import { completeAction, globalSeconds, hooks, lifecycleActions, type Transition } from "./lifecycle-hook.ts";
import { isInGrace, type Member, members } from "./member.ts";

/**
 * Takes an instance of a group through its life-cycle.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
 */
export const memberLoop: Loop<Member> = {
  table: members,
  turn(scope, member) {
    const group = groups.get(scope, member.groupName)!;
    switch (member.lifecycle) {
      case "Pending":
        return comeUp(scope, group, member);
      case "Pending:Wait":
        return waitAtHooks(scope, group, member, "autoscaling:EC2_INSTANCE_LAUNCHING");
      case "Pending:Proceed":
        return enterService(scope, group, member);
      case "InService":
        return watchHealth(scope, group, member);
      case "EnteringStandby":
        return leaveService(scope, group, member) ?? endIn(scope, member, "Standby");
      case "Detaching":
        return leaveService(scope, group, member) ?? forget(scope, member);
      case "Terminating":
        return leaveService(scope, group, member) ?? goDown(scope, group, member);
      case "Terminating:Wait":
        return waitAtHooks(scope, group, member, "autoscaling:EC2_INSTANCE_TERMINATING");
      case "Terminating:Proceed":
        return end(scope, group, member);
      default:
        return undefined;
    }
  },
};

function comeUp(scope: Scope, group: Group, member: Member): Rest | undefined {
  const instance = instanceOf(scope, member.id);
  if (instance?.state === "pending") return { kind: "wait", because: `instance ${member.id} is starting` };
  if (instance?.state !== "running") {
    endActivity(scope, member.activityId, "Failed", "The instance did not come up.");
    retryLater(scope, group);
    members.patch(scope, member.id, { lifecycle: "Terminating:Proceed", activityId: undefined });
    return undefined;
  }
  members.patch(scope, member.id, {
    lifecycle: hasHooks(scope, group, "autoscaling:EC2_INSTANCE_LAUNCHING") ? "Pending:Wait" : "Pending:Proceed",
  });
  return undefined;
}

function enterService(scope: Scope, group: Group, member: Member): undefined {
  if (!group.suspended.includes("AddToLoadBalancer") && instanceOf(scope, member.id)?.state === "running")
    for (const arn of group.targetGroupArns) {
      const target = targetGroupOf(scope, arn);
      if (target !== undefined) registerTarget(scope, target.name, member.id);
    }
  endActivity(scope, member.activityId, "Successful");
  tell(scope, group, member, "EC2 Instance Launch Successful");
  members.patch(scope, member.id, { lifecycle: "InService", health: "Healthy", inServiceAt: scope.clock.now(), activityId: undefined });
}

function watchHealth(scope: Scope, group: Group, member: Member): Rest | undefined {
  if (member.health === "Unhealthy" || group.suspended.includes("HealthCheck")) return undefined;
  const state = instanceOf(scope, member.id)?.state;
  const isThere = state === "running" || state === "pending";
  if (isThere && group.healthCheckType === "EC2") return undefined;
  if (isThere && isInGrace(scope, group, member))
    return { wakeAt: member.inServiceAt! + group.healthCheckGraceSeconds * 1000, kind: "tick", because: "its grace period is over then" };
  const isIll = group.targetGroupArns.some((arn) =>
    targetsIn(scope, arn).some((target) => target.targetId === member.id && target.state === "unhealthy"),
  );
  if (!isThere || isIll) members.patch(scope, member.id, { health: "Unhealthy" });
  return undefined;
}

/** Undefined when no target group has it any more. */
function leaveService(scope: Scope, group: Group, { id }: Member): Rest | undefined {
  let isLeaving = false;
  for (const arn of group.targetGroupArns) {
    const mine = targetsIn(scope, arn).filter(({ targetId }) => targetId === id);
    if (mine.length === 0) continue;
    isLeaving = true;
    if (mine.some(({ state }) => state !== "draining")) deregisterTarget(scope, targetGroupOf(scope, arn)!.name, id);
  }
  return isLeaving ? { kind: "wait", because: `connections to ${id} are being drained` } : undefined;
}

const targetsIn = (scope: Scope, arn: string) => {
  const target = targetGroupOf(scope, arn);
  return target === undefined ? [] : targetsOf(scope, target.name);
};

function endIn(scope: Scope, member: Member, lifecycle: "Standby"): undefined {
  endActivity(scope, member.activityId, "Successful");
  members.patch(scope, member.id, { lifecycle, activityId: undefined });
}

function forget(scope: Scope, member: Member): undefined {
  endActivity(scope, member.activityId, "Successful");
  for (const action of lifecycleActions.list(scope, `${member.id}/`)) lifecycleActions.remove(scope, action.id);
  members.remove(scope, member.id);
}

function goDown(scope: Scope, group: Group, member: Member): undefined {
  const waits = hasHooks(scope, group, "autoscaling:EC2_INSTANCE_TERMINATING");
  members.patch(scope, member.id, { lifecycle: waits ? "Terminating:Wait" : "Terminating:Proceed" });
}

function end(scope: Scope, group: Group, member: Member): Rest | undefined {
  const instance = instanceOf(scope, member.id);
  if (instance !== undefined && instance.state !== "terminated") {
    terminateInstance(scope, member.id);
    return { kind: "wait", because: `instance ${member.id} is shutting down` };
  }
  tell(scope, group, member, "EC2 Instance Terminate Successful");
  return forget(scope, member);
}

const hooksOf = (scope: Scope, group: Group, transition: Transition) =>
  hooks.list(scope, `${group.id}:`).filter((hook) => hook.transition === transition);

const hasHooks = (scope: Scope, group: Group, transition: Transition): boolean => hooksOf(scope, group, transition).length > 0;

/** Every hook waits for its answer, or for its time to be over; a launch goes on only if all of them say so. */
function waitAtHooks(scope: Scope, group: Group, member: Member, transition: Transition): Rest | undefined {
  const now = scope.clock.now();
  const known = lifecycleActions.list(scope, `${member.id}/`).filter((action) => action.transition === transition);
  if (known.length === 0) {
    for (const hook of hooksOf(scope, group, transition)) {
      const action = lifecycleActions.put(scope, {
        id: `${member.id}/${transition}/${hook.name}`,
        instanceId: member.id,
        groupName: group.id,
        hookName: hook.name,
        transition,
        token: scope.id.uuid(),
        defaultResult: hook.defaultResult,
        heartbeatSeconds: hook.heartbeatSeconds,
        expiresAt: now + hook.heartbeatSeconds * 1000,
        globalExpiresAt: now + globalSeconds(hook.heartbeatSeconds) * 1000,
      });
      announceAction(scope, group, hook, action);
    }
    // Its hooks may have gone meanwhile.
    if (!hasHooks(scope, group, transition)) proceed(scope, member, transition, "CONTINUE");
    return undefined;
  }
  for (const action of known)
    if (action.result === undefined && now >= action.expiresAt) {
      completeAction(scope, action.id, action.defaultResult);
      return undefined;
    }
  const waiting = known.filter(({ result }) => result === undefined);
  const isAbandoned = known.some(({ result }) => result === "ABANDON");
  if (waiting.length > 0 && !isAbandoned) {
    const wakeAt = Math.min(...waiting.map(({ expiresAt }) => expiresAt));
    return { wakeAt, kind: "deadline", because: `the lifecycle hook ${waiting[0]!.hookName} has not been completed` };
  }
  for (const action of known) lifecycleActions.remove(scope, action.id);
  proceed(scope, member, transition, isAbandoned ? "ABANDON" : "CONTINUE");
  return undefined;
}

function proceed(scope: Scope, member: Member, transition: Transition, result: "CONTINUE" | "ABANDON"): void {
  if (transition === "autoscaling:EC2_INSTANCE_TERMINATING") members.patch(scope, member.id, { lifecycle: "Terminating:Proceed" });
  else if (result === "CONTINUE") members.patch(scope, member.id, { lifecycle: "Pending:Proceed" });
  else {
    endActivity(
      scope,
      member.activityId,
      "Cancelled",
      "Instance failed to complete user's Lifecycle Action: Lifecycle Action was abandoned",
    );
    members.patch(scope, member.id, { lifecycle: "Terminating", activityId: undefined });
  }
}

function tell(scope: Scope, group: Group, member: Member, detailType: string): void {
  const activity = member.activityId === undefined ? undefined : activities.get(scope, member.activityId);
  announce(scope, group, detailType, activityDetail(member, activity?.description ?? "", activity?.cause ?? ""), member.id);
}
