import type { Scope } from "../../kernel/scope.ts";
import type { Group } from "./group.ts";
import type { Hook, LifecycleAction } from "./lifecycle-hook.ts";
import type { Member } from "./member.ts";

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html */
export function announce(
  scope: Scope,
  group: Group,
  detailType: string,
  detail: Readonly<Record<string, unknown>>,
  instanceId?: string,
): void {
  scope.emit({
    source: "aws.autoscaling",
    detailType,
    detail: {
      AutoScalingGroupName: group.id,
      RequestId: detail["ActivityId"],
      ...detail,
      ...(instanceId !== undefined && { EC2InstanceId: instanceId }),
    },
    resources: [group.arn, ...(instanceId === undefined ? [] : [scope.arn("ec2", `instance/${instanceId}`)])],
  });
}

/** What a hook's waiting is told of by: an event, and a message to its target, where it has one. */
export function announceAction(scope: Scope, group: Group, hook: Hook, { token, instanceId }: LifecycleAction): void {
  const isLaunch = hook.transition === "autoscaling:EC2_INSTANCE_LAUNCHING";
  const detail = {
    LifecycleActionToken: token,
    AutoScalingGroupName: group.id,
    LifecycleHookName: hook.name,
    EC2InstanceId: instanceId,
    LifecycleTransition: hook.transition,
    ...(hook.metadata !== undefined && { NotificationMetadata: hook.metadata }),
    Origin: isLaunch ? "EC2" : "AutoScalingGroup",
    Destination: isLaunch ? "AutoScalingGroup" : "EC2",
  };
  scope.emit({
    source: "aws.autoscaling",
    detailType: isLaunch ? "EC2 Instance-launch Lifecycle Action" : "EC2 Instance-terminate Lifecycle Action",
    detail,
    resources: [group.arn],
  });
  if (hook.targetArn === undefined) return;
  const { Origin, Destination, ...message } = detail;
  const payload = {
    Service: "AWS Auto Scaling",
    Time: new Date(scope.clock.now()).toISOString(),
    AccountId: scope.account,
    ...message,
    Origin,
    Destination,
  };
  scope.deliver(`auto-scaling/${token}`, hook.targetArn, JSON.stringify(payload), { from: group.arn, attemptsMax: 3 });
}

/** What is said of an instance that came or went. */
export const activityDetail = ({ activityId, zone }: Member, description: string, cause: string) => ({
  ActivityId: activityId,
  Description: description,
  Cause: cause,
  StatusCode: "InProgress",
  StatusMessage: "",
  Details: { "Availability Zone": zone },
});
