import type { Progress } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { instanceOf, launchTemplateOf } from "../ec2/api.ts";
import { type Group, groups } from "./group.ts";
import { counts, type Member, members } from "./member.ts";
import { resume, suspend } from "./process.ts";
import { endRolling, type Plan, roll } from "./rolling.ts";

/** The update policy AutoScalingRollingUpdate, evaluated. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html#cfn-attributes-updatepolicy-rollingupdate */
export type RollingPolicy = Readonly<Record<string, any>>;

/** The update of one stack that replaces the instances of a group, by the group's name. */
interface RollingUpdate extends Row {
  /** That of the update. */
  readonly token: string;
  readonly plan: Pick<Plan, "replaces" | "minHealthy" | "surge" | "batch" | "warmupSeconds">;
  readonly left: number;
  readonly progressAt: number;
  /** The processes that were suspended for it. */
  readonly suspended: readonly string[];
}

export const rollingUpdates = new Table<RollingUpdate>("auto-scaling/rolling-update");

const STUCK_MS = 3_600_000;
const DURATION = /^P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/;

/** What of a policy is refused by name. */
export function absentIn(policy: RollingPolicy): string | undefined {
  if (String(policy["WaitOnResourceSignals"] ?? false) === "true") return "WaitOnResourceSignals";
  return Number(policy["MinActiveInstancesPercent"] ?? 100) === 100 ? undefined : "MinActiveInstancesPercent";
}

export const isRolling = (scope: Scope, groupName: string, token: string): boolean => rollingUpdates.get(scope, groupName)?.token === token;

/** Begin to replace the instances that are not as the group says now. */
export function beginRollingUpdate(scope: Scope, group: Group, policy: RollingPolicy, token: string): Progress | undefined {
  const replaces = members
    .by(scope, "group", group.id)
    .filter((member) => counts(member) && !isAsWanted(scope, group, member))
    .map(({ id }) => id);
  if (replaces.length === 0) return undefined;
  const minHealthy = Number(policy["MinInstancesInService"] ?? 0);
  const batch = Number(policy["MaxBatchSize"] ?? 1);
  const { desiredCapacity, maxSize } = group;
  if (minHealthy >= maxSize)
    return {
      state: "failed",
      id: group.id,
      reason:
        "Autoscaling rolling updates cannot be performed because: MinInstancesInService must be less than the autoscaling group's MaxSize",
    };
  const surge = Math.max(0, Math.min(maxSize, minHealthy + batch) - desiredCapacity);
  const warmupSeconds = secondsOf(policy["PauseTime"] ?? "PT0S");
  const wanted: string[] = policy["SuspendProcesses"] ?? [];
  const suspended = wanted.filter((process) => !group.suspended.includes(process));
  suspend(scope, group, suspended);
  rollingUpdates.put(scope, {
    id: group.id,
    token,
    plan: { replaces, minHealthy, surge, batch, warmupSeconds },
    left: replaces.length,
    progressAt: scope.clock.now(),
    suspended,
  });
  return undefined;
}

/** Take it a step further. */
export function rollOn(scope: Scope, groupName: string): Progress {
  const update = rollingUpdates.get(scope, groupName);
  if (update === undefined) return { state: "done", id: groupName };
  const group = groups.get(scope, groupName)!;
  const because = "an instance was taken out of service in response to a rolling update of its stack.";
  const { left, rest } = roll(scope, group, { ...update.plan, replacesProtected: true, replacesStandby: false, because });
  if (rest === undefined) {
    endRollingUpdate(scope, groupName);
    return { state: "done", id: groupName };
  }
  const now = scope.clock.now();
  const progressAt = left === update.left ? update.progressAt : now;
  if (left !== update.left) rollingUpdates.patch(scope, groupName, { left, progressAt });
  const until = progressAt + update.plan.warmupSeconds * 1000 + STUCK_MS;
  if (now >= until) {
    endRollingUpdate(scope, groupName);
    return {
      state: "failed",
      id: groupName,
      reason: "Group did not stabilize. Its new instances did not come into service within an hour.",
    };
  }
  return { state: "busy", id: groupName, because: rest.because, wakeAt: rest.wakeAt ?? until };
}

/** Whatever became of it, the group is its own again. */
export function endRollingUpdate(scope: Scope, groupName: string): void {
  const update = rollingUpdates.get(scope, groupName);
  if (update === undefined) return;
  endRolling(scope, groupName);
  const group = groups.get(scope, groupName);
  if (group !== undefined) resume(scope, group, update.suspended);
  rollingUpdates.remove(scope, groupName);
}

function isAsWanted(scope: Scope, { template, subnetIds }: Group, member: Member): boolean {
  const { id, version } = launchTemplateOf(scope, {
    LaunchTemplateId: template.id,
    ...(template.version !== undefined && { Version: template.version }),
  });
  const subnetId = instanceOf(scope, member.id)?.subnetId;
  return member.template?.id === id && member.template.version === version && subnetId !== undefined && subnetIds.includes(subnetId);
}

function secondsOf(duration: string): number {
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = DURATION.exec(duration) ?? [];
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}
