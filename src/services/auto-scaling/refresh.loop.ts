import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { alarms } from "../cloudwatch/api.ts";
import { launchTemplateOf } from "../ec2/api.ts";
import { type Group, groups, setRolling } from "./group.ts";
import { announce } from "./happening.ts";
import { counts, type Member, members } from "./member.ts";
import { beginRollback, endRefresh, isOver, type Refresh, refreshes } from "./refresh.ts";
import { type Plan, type Rolled, roll } from "./rolling.ts";

/** Without any progress for so long a refresh has failed. */
const STUCK_MS = 3_600_000;

/** Takes an instance refresh through the group. https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html */
export const refreshLoop: Loop<Refresh> = {
  table: refreshes,
  turn(scope, refresh) {
    const group = groups.get(scope, refresh.groupName)!;
    if (isOver(refresh) || group.isDeleting) return undefined;
    switch (refresh.status) {
      case "Pending":
        return begin(scope, group, refresh);
      case "InProgress":
        return goOn(scope, group, refresh);
      case "Baking":
        return bake(scope, group, refresh);
      case "Cancelling":
        return comeToRest(scope, group, refresh);
      case "RollbackInProgress":
        return goBack(scope, group, refresh);
      default:
        return undefined;
    }
  },
};

function begin(scope: Scope, group: Group, refresh: Refresh): undefined {
  const { preferences, desired } = refresh;
  const replaces = members
    .by(scope, "group", group.id)
    .filter((member) => counts(member) || member.lifecycle === "Standby")
    .filter(({ isProtected }) => !isProtected || preferences.ScaleInProtectedInstances !== "Ignore")
    .filter(({ lifecycle }) => lifecycle !== "Standby" || preferences.StandbyInstances !== "Ignore")
    .filter((member) => !preferences.SkipMatching || !matches(scope, member, desired?.template ?? group.template))
    .map(({ id }) => id);
  if (desired !== undefined) setRolling(scope, group, { template: desired.template });
  const now = scope.clock.now();
  refreshes.patch(scope, refresh.id, { status: "InProgress", replaces, left: replaces.length, progressAt: now });
  tell(scope, group, refresh, "Started");
}

function matches(scope: Scope, { template }: Member, wanted: Group["template"]): boolean {
  const { id, version } = launchTemplateOf(scope, {
    LaunchTemplateId: wanted.id,
    ...(wanted.version !== undefined && { Version: wanted.version }),
  });
  return template?.id === id && template.version === version;
}

function goOn(scope: Scope, group: Group, refresh: Refresh): Rest | undefined {
  const trouble = alarmOf(scope, refresh);
  if (trouble !== undefined) return fail(scope, group, refresh, trouble);
  const { replaces, preferences, checkpoints, checkpointAt } = refresh;
  const points = preferences.CheckpointPercentages ?? [];
  const point = points[checkpoints];
  // Where the last of the checkpoints is not all of them, the rest stays as it is.
  const goal = Math.ceil((replaces.length * (point ?? points.at(-1) ?? 100)) / 100);
  const rolled = roll(scope, group, planOf(group, refresh, replaces.length - goal));
  if (note(scope, refresh, rolled)) return undefined;
  if (rolled.rest !== undefined) return waitOrFail(scope, group, refresh, rolled.rest, rolled.isWarmingUp === true);
  if (point === undefined) return finish(scope, group, refresh);
  if (checkpointAt === undefined) {
    refreshes.patch(scope, refresh.id, { checkpointAt: scope.clock.now() });
    tell(scope, group, refresh, "Checkpoint Reached");
    return undefined;
  }
  const isLast = checkpoints === points.length - 1;
  const until = checkpointAt + (isLast && point === 100 ? 0 : preferences.CheckpointDelay! * 1000);
  if (scope.clock.now() < until) return { wakeAt: until, kind: "wait", because: `the checkpoint at ${point} % is waited at` };
  refreshes.patch(scope, refresh.id, { checkpoints: checkpoints + 1, checkpointAt: undefined, progressAt: scope.clock.now() });
  return undefined;
}

/** Whether there was any progress to be written down. */
function note(scope: Scope, refresh: Refresh, { left, replaced }: Rolled): boolean {
  if (refresh.left === left && refresh.replaced === replaced) return false;
  refreshes.patch(scope, refresh.id, { left, replaced, progressAt: scope.clock.now() });
  return true;
}

function waitOrFail(scope: Scope, group: Group, refresh: Refresh, rest: Rest, isWarmingUp: boolean): Rest | undefined {
  if (isWarmingUp) return rest;
  const until = refresh.progressAt + STUCK_MS;
  if (scope.clock.now() < until) return { wakeAt: until, kind: "deadline", because: rest.because };
  return fail(
    scope,
    group,
    refresh,
    "No instance was replaced for an hour: those that are left do not come into service, are protected from scale-in, or are in Standby.",
  );
}

function planOf({ id: _, desiredCapacity }: Group, { replaces, preferences }: Refresh, keeps: number): Plan {
  const { MinHealthyPercentage: min, MaxHealthyPercentage: max, InstanceWarmup, ScaleInProtectedInstances } = preferences;
  return {
    replaces,
    keeps,
    minHealthy: Math.ceil((desiredCapacity * min!) / 100),
    surge: Math.max(0, Math.floor((desiredCapacity * max!) / 100) - desiredCapacity),
    warmupSeconds: InstanceWarmup!,
    replacesProtected: ScaleInProtectedInstances === "Refresh",
    replacesStandby: preferences.StandbyInstances === "Terminate",
    because: "an instance was taken out of service in response to an instance refresh.",
  };
}

function finish(scope: Scope, group: Group, refresh: Refresh): undefined {
  const { BakeTime = 0 } = refresh.preferences;
  if (BakeTime > 0) refreshes.patch(scope, refresh.id, { status: "Baking", bakesUntil: scope.clock.now() + BakeTime * 1000 });
  else succeed(scope, group, refresh);
}

function bake(scope: Scope, group: Group, refresh: Refresh): Rest | undefined {
  const trouble = alarmOf(scope, refresh);
  if (trouble !== undefined) return fail(scope, group, refresh, trouble);
  const until = refresh.bakesUntil!;
  if (scope.clock.now() < until) return { wakeAt: until, kind: "wait", because: "the instance refresh bakes" };
  return succeed(scope, group, refresh);
}

/** From now on the group launches from what was desired. */
function succeed(scope: Scope, group: Group, refresh: Refresh): undefined {
  if (refresh.desired !== undefined) groups.patch(scope, group.id, { template: refresh.desired.template });
  tell(scope, group, endRefresh(scope, refresh, "Successful"), "Succeeded");
}

function fail(scope: Scope, group: Group, refresh: Refresh, reason: string): undefined {
  if (refresh.preferences.AutoRollback) return beginRollback(scope, refresh, reason) as undefined;
  tell(scope, group, endRefresh(scope, refresh, "Failed", reason), "Failed");
}

function comeToRest(scope: Scope, group: Group, refresh: Refresh): Rest | undefined {
  const counted = members.by(scope, "group", group.id).filter(counts);
  if (counted.length !== group.desiredCapacity || counted.some(({ lifecycle }) => lifecycle !== "InService"))
    return { kind: "wait", because: "launches and terminations that are under way end first" };
  tell(scope, group, endRefresh(scope, refresh, "Cancelled"), "Cancelled");
}

function goBack(scope: Scope, group: Group, refresh: Refresh): Rest | undefined {
  const rolled = roll(scope, group, { ...planOf(group, refresh, 0), replacesProtected: true });
  if (note(scope, refresh, rolled)) return undefined;
  const { rest, isWarmingUp } = rolled;
  if (rest === undefined) {
    tell(scope, group, endRefresh(scope, refresh, "RollbackSuccessful"), "Rollback Succeeded");
    return undefined;
  }
  if (isWarmingUp) return rest;
  const until = refresh.progressAt + STUCK_MS;
  if (scope.clock.now() < until) return { wakeAt: until, kind: "deadline", because: rest.because };
  tell(scope, group, endRefresh(scope, refresh, "RollbackFailed", "No instance was replaced for an hour."), "Rollback Failed");
  return undefined;
}

function alarmOf(scope: Scope, { preferences }: Refresh): string | undefined {
  const active = (preferences.AlarmSpecification?.Alarms ?? []).filter((name) => alarms.get(scope, name)?.state === "ALARM");
  return active.length === 0 ? undefined : `The alarms ${active.join(", ")} are in the ALARM state.`;
}

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/automating-ec2-auto-scaling-with-eventbridge.html */
const tell = (scope: Scope, group: Group, { refreshId }: Refresh, what: string): void =>
  announce(scope, group, `EC2 Auto Scaling Instance Refresh ${what}`, { InstanceRefreshId: refreshId });
