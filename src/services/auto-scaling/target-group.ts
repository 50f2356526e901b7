import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  AttachLoadBalancerTargetGroups$,
  AttachTrafficSources$,
  DescribeLoadBalancerTargetGroups$,
  DescribeTrafficSources$,
  DetachLoadBalancerTargetGroups$,
  DetachTrafficSources$,
} from "../../sdk/auto-scaling.js";
import { deregisterTarget, registerTarget, targetGroupOf } from "../elastic-load-balancing-v2/api.ts";
import { type Group, groups, requireGroup, requireTargetGroup } from "./group.ts";
import { members } from "./member.ts";

export const attachLoadBalancerTargetGroups = operation(
  AttachLoadBalancerTargetGroups$,
  (scope, { AutoScalingGroupName, TargetGroupARNs = [] }) => {
    attach(scope, requireGroup(scope, AutoScalingGroupName!), TargetGroupARNs);
    return {};
  },
);

export const detachLoadBalancerTargetGroups = operation(
  DetachLoadBalancerTargetGroups$,
  (scope, { AutoScalingGroupName, TargetGroupARNs = [] }) => {
    detach(scope, requireGroup(scope, AutoScalingGroupName!), TargetGroupARNs);
    return {};
  },
);

export const describeLoadBalancerTargetGroups = operation(DescribeLoadBalancerTargetGroups$, (scope, { AutoScalingGroupName }) => {
  const { targetGroupArns } = requireGroup(scope, AutoScalingGroupName!);
  return {
    LoadBalancerTargetGroups: targetGroupArns.map((LoadBalancerTargetGroupARN) => ({ LoadBalancerTargetGroupARN, State: "InService" })),
  };
});

export const attachTrafficSources = operation(AttachTrafficSources$, (scope, { AutoScalingGroupName, TrafficSources = [] }) => {
  attach(
    scope,
    requireGroup(scope, AutoScalingGroupName!),
    TrafficSources.map(({ Identifier }) => Identifier!),
  );
  return {};
});

export const detachTrafficSources = operation(DetachTrafficSources$, (scope, { AutoScalingGroupName, TrafficSources = [] }) => {
  detach(
    scope,
    requireGroup(scope, AutoScalingGroupName!),
    TrafficSources.map(({ Identifier }) => Identifier!),
  );
  return {};
});

export const describeTrafficSources = operation(DescribeTrafficSources$, (scope, { AutoScalingGroupName }) => {
  const { targetGroupArns } = requireGroup(scope, AutoScalingGroupName!);
  return {
    TrafficSources: targetGroupArns.map((Identifier) => ({ Identifier, TrafficSource: Identifier, Type: "elbv2", State: "InService" })),
  };
});

/** Whoever is in service gets its traffic from these, too. */
export function attach(scope: Scope, group: Group, arns: readonly string[]): void {
  for (const arn of arns) requireTargetGroup(scope, arn);
  groups.patch(scope, group.id, { targetGroupArns: [...new Set([...group.targetGroupArns, ...arns])] });
  for (const { id, lifecycle } of members.by(scope, "group", group.id))
    if (lifecycle === "InService") for (const arn of arns) registerTarget(scope, targetGroupOf(scope, arn)!.name, id);
}

export function detach(scope: Scope, group: Group, arns: readonly string[]): void {
  groups.patch(scope, group.id, { targetGroupArns: group.targetGroupArns.filter((arn) => !arns.includes(arn)) });
  for (const { id } of members.by(scope, "group", group.id))
    for (const arn of arns) {
      const target = targetGroupOf(scope, arn);
      if (target !== undefined) deregisterTarget(scope, target.name, id);
    }
}
