import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  AttachInstances$,
  DescribeAutoScalingInstances$,
  DetachInstances$,
  EnterStandby$,
  ExitStandby$,
  type LifecycleState,
  SetInstanceHealth$,
  SetInstanceProtection$,
  type Instance as Shape,
  TerminateInstanceInAutoScalingGroup$,
} from "../../sdk/auto-scaling.js";
import { instanceOf, putTags } from "../ec2/api.ts";
import { shownActivity, startActivity } from "./activity.ts";
import { type Group, groups, invalidToken, requireGroup } from "./group.ts";

/** An instance of a group, by the instance's id. */
export interface Member extends Row {
  readonly groupName: string;
  readonly lifecycle: LifecycleState;
  readonly health: "Healthy" | "Unhealthy";
  readonly isProtected: boolean;
  readonly instanceType: string;
  readonly zone: string;
  readonly template?: { readonly id: string; readonly name: string; readonly version: number };
  /** What is being done with it. */
  readonly activityId?: string;
  readonly inServiceAt?: number;
  readonly joinedAt: number;
}

export const members = new Table<Member>("auto-scaling/member", { indexes: { group: ({ groupName }) => groupName } });

export const describeAutoScalingInstances = operation(
  DescribeAutoScalingInstances$,
  (scope, { InstanceIds, MaxRecords = 50, NextToken }) => {
    const found = members.list(scope).filter(({ id }) => InstanceIds === undefined || InstanceIds.length === 0 || InstanceIds.includes(id));
    const { items, nextToken } = page(found, ({ id }) => id, MaxRecords, NextToken, invalidToken);
    const AutoScalingInstances = items.map((member) => ({
      ...shownMember(member),
      AutoScalingGroupName: member.groupName,
      HealthStatus: member.health.toUpperCase(),
    }));
    return { AutoScalingInstances, ...(nextToken && { NextToken: nextToken }) };
  },
);

export const attachInstances = operation(AttachInstances$, (scope, { AutoScalingGroupName, InstanceIds = [] }) => {
  const group = requireGroup(scope, AutoScalingGroupName!);
  const desiredCapacity = group.desiredCapacity + InstanceIds.length;
  if (desiredCapacity > group.maxSize)
    fault(
      "ValidationError",
      `You are not authorized to attach ${InstanceIds.length} instances: the group would exceed its maximum size of ${group.maxSize}.`,
    );
  for (const id of InstanceIds) {
    const instance = instanceOf(scope, id);
    if (instance?.state !== "running")
      fault("ValidationError", `Invalid Instance ID(s): [${id}] specified. The instances must be in the 'running' state.`);
    if (members.get(scope, id) !== undefined)
      fault("ValidationError", `Instance ${id} is already part of AutoScalingGroup:${members.get(scope, id)!.groupName}`);
    putTags(scope, id, { "aws:autoscaling:groupName": group.id });
    const cause = `At ${at(scope)} an instance was attached in response to a user request.`;
    join(scope, group, id, startActivity(scope, group, `Attaching an existing EC2 instance: ${id}`, cause));
  }
  groups.patch(scope, group.id, { desiredCapacity });
  return {};
});

export const detachInstances = operation(
  DetachInstances$,
  (scope, { AutoScalingGroupName, InstanceIds = [], ShouldDecrementDesiredCapacity }) => ({
    Activities: InstanceIds.map((id) => leave(scope, AutoScalingGroupName!, id, "Detaching", ShouldDecrementDesiredCapacity ?? false)),
  }),
);

export const enterStandby = operation(
  EnterStandby$,
  (scope, { AutoScalingGroupName, InstanceIds = [], ShouldDecrementDesiredCapacity }) => ({
    Activities: InstanceIds.map((id) =>
      leave(scope, AutoScalingGroupName!, id, "EnteringStandby", ShouldDecrementDesiredCapacity ?? false),
    ),
  }),
);

export const exitStandby = operation(ExitStandby$, (scope, { AutoScalingGroupName, InstanceIds = [] }) => {
  const group = requireGroup(scope, AutoScalingGroupName!);
  const desiredCapacity = group.desiredCapacity + InstanceIds.length;
  if (desiredCapacity > group.maxSize)
    fault(
      "ValidationError",
      `AutoScalingGroup ${group.id} has max-size=${group.maxSize}. It cannot take ${InstanceIds.length} instances back.`,
    );
  groups.patch(scope, group.id, { desiredCapacity });
  const Activities = InstanceIds.map((id) => {
    const member = requireMember(scope, group.id, id);
    if (member.lifecycle !== "Standby") fault("ValidationError", `The instance ${id} is in ${member.lifecycle} and not in Standby.`);
    const activity = startActivity(
      scope,
      group,
      `Moving EC2 instance out of Standby: ${id}`,
      `At ${at(scope)} instance ${id} was moved out of standby in response to a user request.`,
    );
    members.patch(scope, id, { lifecycle: "Pending", activityId: activity.id });
    return shownActivity(activity);
  });
  return { Activities };
});

export const terminateInstanceInAutoScalingGroup = operation(
  TerminateInstanceInAutoScalingGroup$,
  (scope, { InstanceId, ShouldDecrementDesiredCapacity }) => {
    const member =
      members.get(scope, InstanceId!) ??
      fault("ValidationError", `Instance Id not found - No managed instance found for instance ID ${InstanceId}`);
    const group = requireGroup(scope, member.groupName);
    if (ShouldDecrementDesiredCapacity) decrement(scope, group);
    const cause = `At ${at(scope)} instance ${InstanceId} was taken out of service in response to a user request.`;
    const activity = beginTermination(scope, group, member, cause);
    return { Activity: shownActivity(activity) };
  },
);

export const setInstanceHealth = operation(SetInstanceHealth$, (scope, { InstanceId, HealthStatus, ShouldRespectGracePeriod = true }) => {
  const member =
    members.get(scope, InstanceId!) ??
    fault("ValidationError", `Instance Id not found - No managed instance found for instance ID ${InstanceId}`);
  if (HealthStatus !== "Healthy" && HealthStatus !== "Unhealthy")
    fault("ValidationError", "HealthStatus must be one of Healthy, Unhealthy");
  const group = requireGroup(scope, member.groupName);
  if (ShouldRespectGracePeriod && isInGrace(scope, group, member)) return {};
  members.patch(scope, member.id, { health: HealthStatus as Member["health"] });
  return {};
});

export const setInstanceProtection = operation(
  SetInstanceProtection$,
  (scope, { AutoScalingGroupName, InstanceIds = [], ProtectedFromScaleIn }) => {
    const group = requireGroup(scope, AutoScalingGroupName!);
    for (const id of InstanceIds) members.patch(scope, requireMember(scope, group.id, id).id, { isProtected: ProtectedFromScaleIn! });
    return {};
  },
);

/** A running or starting instance becomes a member; its loop brings it into service. */
export function join(scope: Scope, group: Group, id: string, activity: { readonly id: string }, template?: Member["template"]): Member {
  const instance = instanceOf(scope, id)!;
  return members.put(scope, {
    id,
    groupName: group.id,
    lifecycle: "Pending",
    health: "Healthy",
    isProtected: group.protectsNew,
    instanceType: instance.instanceType,
    zone: instance.zone,
    ...(template !== undefined && { template }),
    activityId: activity.id,
    joinedAt: scope.clock.now(),
  });
}

/** Take a member out of service, and end it. */
export function beginTermination(scope: Scope, group: Group, member: Member, cause: string): { id: string } & any {
  const activity = startActivity(scope, group, `Terminating EC2 instance: ${member.id}`, cause);
  members.patch(scope, member.id, { lifecycle: "Terminating", activityId: activity.id });
  return activity;
}

export const isInGrace = (scope: Scope, { healthCheckGraceSeconds }: Group, { inServiceAt }: Member): boolean =>
  inServiceAt === undefined || scope.clock.now() < inServiceAt + healthCheckGraceSeconds * 1000;

/** Those that make up the group's capacity. */
export const counts = ({ lifecycle }: Member): boolean => /^(Pending|InService)/.test(lifecycle);

export const at = (scope: Scope): string => `${new Date(scope.clock.now()).toISOString().slice(0, 19)}Z`;

function leave(scope: Scope, groupName: string, id: string, lifecycle: "Detaching" | "EnteringStandby", decrements: boolean) {
  const group = requireGroup(scope, groupName);
  const member = requireMember(scope, groupName, id);
  if (member.lifecycle !== "InService") fault("ValidationError", `The instance ${id} is not in InService or EnteringStandby or Standby.`);
  if (decrements) decrement(scope, group);
  const [what, how] =
    lifecycle === "Detaching" ? ["Detaching EC2 instance", "detached"] : ["Moving EC2 instance to Standby", "moved to standby"];
  const cause = `At ${at(scope)} instance ${id} was ${how} in response to a user request${decrements ? `, shrinking the capacity from ${group.desiredCapacity} to ${group.desiredCapacity - 1}` : ""}.`;
  const activity = startActivity(scope, group, `${what}: ${id}`, cause);
  members.patch(scope, id, { lifecycle, activityId: activity.id });
  return shownActivity(activity);
}

function decrement(scope: Scope, { id }: Group): void {
  const { desiredCapacity, minSize } = requireGroup(scope, id);
  if (desiredCapacity - 1 < minSize)
    fault(
      "ValidationError",
      `Currently, desiredSize equals minSize (${minSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
    );
  groups.patch(scope, id, { desiredCapacity: desiredCapacity - 1 });
}

function requireMember(scope: Scope, groupName: string, id: string): Member {
  const member = members.get(scope, id);
  if (member?.groupName === groupName) return member;
  return fault("ValidationError", `The instance ${id} is not part of Auto Scaling group ${groupName}.`);
}

export const shownMember = (member: Member): Shape => ({
  InstanceId: member.id,
  InstanceType: member.instanceType,
  AvailabilityZone: member.zone,
  LifecycleState: member.lifecycle,
  HealthStatus: member.health,
  ProtectedFromScaleIn: member.isProtected,
  ...(member.template !== undefined && {
    LaunchTemplate: {
      LaunchTemplateId: member.template.id,
      LaunchTemplateName: member.template.name,
      Version: String(member.template.version),
    },
  }),
});
