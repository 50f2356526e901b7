import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { ResumeProcesses$, SuspendProcesses$ } from "../../sdk/auto-scaling.js";
import { type Group, groups, requireGroup } from "./group.ts";

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html */
export const PROCESSES = [
  "AddToLoadBalancer",
  "AlarmNotification",
  "AZRebalance",
  "HealthCheck",
  "InstanceRefresh",
  "Launch",
  "ReplaceUnhealthy",
  "ScheduledActions",
  "Terminate",
];

export const suspendProcesses = operation(SuspendProcesses$, (scope, { AutoScalingGroupName, ScalingProcesses }) => {
  suspend(scope, requireGroup(scope, AutoScalingGroupName!), named(ScalingProcesses));
  return {};
});

export const resumeProcesses = operation(ResumeProcesses$, (scope, { AutoScalingGroupName, ScalingProcesses }) => {
  resume(scope, requireGroup(scope, AutoScalingGroupName!), named(ScalingProcesses));
  return {};
});

export const suspend = (scope: Scope, { id, suspended }: Group, processes: readonly string[]): void =>
  void groups.patch(scope, id, { suspended: [...new Set([...suspended, ...processes])].sort() });

export const resume = (scope: Scope, { id, suspended }: Group, processes: readonly string[]): void =>
  void groups.patch(scope, id, { suspended: suspended.filter((process) => !processes.includes(process)) });

function named(processes: readonly string[] | undefined): readonly string[] {
  const unknown = processes?.find((process) => !PROCESSES.includes(process));
  if (unknown !== undefined) fault("ValidationError", `Invalid scaling process: ${unknown}`);
  return processes === undefined || processes.length === 0 ? PROCESSES : processes;
}
