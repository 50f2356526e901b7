import { type Console, consoles, jobs } from "../../compute/job.ts";
import type { Scope } from "../../kernel/scope.ts";
import { DescribeInstanceStatus$, GetConsoleOutput$ } from "../../sdk/ec2.js";
import { ec2Operation } from "./ec2-operation.ts";
import { checkNames, fits, type Named, paged } from "./filter.ts";
import { jobOf } from "./instance.loop.ts";
import { type Instance, instances, requireInstance, requireInstances, stateOf } from "./instance.ts";

/** Whether the first process of an instance has said that it is there. */
export function statusOf(scope: Scope, instance: Instance): "ok" | "initializing" | "not-applicable" {
  if (instance.state !== "running") return "not-applicable";
  return jobs.get(scope, jobOf(instance))?.readyAt === undefined ? "initializing" : "ok";
}

const FILTERS = [
  "instance-state-name",
  "instance-state-code",
  "availability-zone",
  "instance-status.status",
  "instance-status.reachability",
  "system-status.status",
  "system-status.reachability",
] as const;

const filterable = (scope: Scope, instance: Instance): Named<typeof FILTERS> => ({
  "instance-state-name": instance.state,
  "instance-state-code": stateOf(instance.state).Code,
  "availability-zone": instance.zone,
  "instance-status.status": statusOf(scope, instance),
  "instance-status.reachability": reachability(statusOf(scope, instance)),
  "system-status.status": statusOf(scope, instance),
  "system-status.reachability": reachability(statusOf(scope, instance)),
});

export const describeInstanceStatus = ec2Operation(
  DescribeInstanceStatus$,
  (scope, { InstanceIds, IncludeAllInstances = false, Filters, ...paging }) => {
    checkNames(Filters, FILTERS);
    const asked = InstanceIds === undefined ? instances.list(scope) : requireInstances(scope, InstanceIds);
    const found = asked.filter(
      (instance) => (IncludeAllInstances || instance.state === "running") && fits(Filters, filterable(scope, instance)),
    );
    const { items, next } = paged(found, ({ id }) => id, paging);
    const InstanceStatuses = items.map((instance) => {
      const Status = statusOf(scope, instance);
      const summary = {
        Status,
        ...(Status !== "not-applicable" && { Details: [{ Name: "reachability" as const, Status: reachability(Status)! }] }),
      };
      return {
        InstanceId: instance.id,
        AvailabilityZone: instance.zone,
        InstanceState: stateOf(instance.state),
        InstanceStatus: summary,
        SystemStatus: summary,
      };
    });
    return { InstanceStatuses, ...next };
  },
);

export const getConsoleOutput = ec2Operation(GetConsoleOutput$, (scope, { InstanceId }) => {
  requireInstance(scope, InstanceId!);
  const console: Console | undefined = consoles.get(scope, InstanceId!);
  if (console === undefined) return { InstanceId: InstanceId! };
  return { InstanceId: InstanceId!, Output: Buffer.from(console.text).toString("base64"), Timestamp: new Date(console.writtenAt) };
});

const reachability = (status: string): "passed" | "initializing" | undefined =>
  status === "ok" ? "passed" : status === "initializing" ? "initializing" : undefined;
