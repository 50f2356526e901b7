import { fault } from "../../kernel/fault.ts";
import type { Stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  ActiveInstanceRefreshNotFoundFault,
  CancelInstanceRefresh$,
  DescribeInstanceRefreshes$,
  InstanceRefreshInProgressFault,
  type InstanceRefreshStatus,
  IrreversibleInstanceRefreshFault,
  type LaunchTemplateSpecification,
  type RefreshPreferences,
  RollbackInstanceRefresh$,
  type InstanceRefresh as Shape,
  StartInstanceRefresh$,
} from "../../sdk/auto-scaling.js";
import { type Group, invalidToken, notImplemented, requireGroup, templateOf } from "./group.ts";
import { type Member, members } from "./member.ts";
import { endRolling } from "./rolling.ts";

/** The replacement of a group's instances, as `group:refresh`. https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html */
export interface Refresh extends Row {
  readonly refreshId: string;
  readonly groupName: string;
  readonly status: InstanceRefreshStatus;
  readonly reason?: string;
  readonly preferences: Stored<RefreshPreferences>;
  /** What the group shall launch from then on, and how that was asked for. */
  readonly desired?: { readonly template: Group["template"]; readonly asked: Stored<LaunchTemplateSpecification> };
  /** The instances that go; on a rollback those that had come. */
  readonly replaces: readonly string[];
  readonly left: number;
  /** How many have others in their place, ready and warm. */
  readonly replaced: number;
  /** When one was last replaced. */
  readonly progressAt: number;
  /** How many checkpoints lie behind it, and since when it is at the next one. */
  readonly checkpoints: number;
  readonly checkpointAt?: number;
  readonly bakesUntil?: number;
  readonly rollback?: { readonly reason: string; readonly at: number; readonly percent: number; readonly left: number };
  readonly startedAt: number;
  readonly endedAt?: number;
}

export const refreshes = new Table<Refresh>("auto-scaling/refresh");

const PAGE_SIZE = 50;
const KEPT_MAX = 100;
const DEFAULTS = {
  MinHealthyPercentage: 90,
  MaxHealthyPercentage: 100,
  SkipMatching: false,
  AutoRollback: false,
  ScaleInProtectedInstances: "Wait",
  StandbyInstances: "Wait",
} as const;
const CHECKPOINT_SECONDS = 3_600;

export const startInstanceRefresh = operation(
  StartInstanceRefresh$,
  (scope, { AutoScalingGroupName, Strategy = "Rolling", DesiredConfiguration, Preferences = {} }) => {
    const group = requireGroup(scope, AutoScalingGroupName!);
    if (Strategy !== "Rolling") notImplemented(`The strategy ${Strategy} of an instance refresh`);
    if (DesiredConfiguration?.MixedInstancesPolicy !== undefined) notImplemented("MixedInstancesPolicy of an instance refresh");
    const asked = DesiredConfiguration?.LaunchTemplate;
    const preferences = checked({ ...DEFAULTS, InstanceWarmup: group.healthCheckGraceSeconds, ...said(Preferences) });
    if (preferences.AutoRollback && (asked === undefined || !isFixed(group.template.version) || !isFixed(asked.Version)))
      fault("ValidationError", "AutoRollback needs a desired configuration, and launch templates of a given version.");
    if (activeRefresh(scope, group.id) !== undefined)
      fault(
        InstanceRefreshInProgressFault,
        "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
      );
    const now = scope.clock.now();
    forgetOldest(scope, group.id);
    const refreshId = scope.id.uuid();
    refreshes.put(scope, {
      id: `${group.id}:${refreshId}`,
      refreshId,
      groupName: group.id,
      status: "Pending",
      preferences: preferences as Stored<RefreshPreferences>,
      ...(asked !== undefined && { desired: { template: templateOf(scope, asked), asked: asked as Stored<LaunchTemplateSpecification> } }),
      replaces: [],
      left: 0,
      replaced: 0,
      progressAt: now,
      checkpoints: 0,
      startedAt: now,
    });
    return { InstanceRefreshId: refreshId };
  },
);

export const describeInstanceRefreshes = operation(
  DescribeInstanceRefreshes$,
  (scope, { AutoScalingGroupName, InstanceRefreshIds, MaxRecords = PAGE_SIZE, NextToken }) => {
    const group = requireGroup(scope, AutoScalingGroupName!);
    const found = refreshesOf(scope, group.id)
      .filter(
        ({ refreshId }) => InstanceRefreshIds === undefined || InstanceRefreshIds.length === 0 || InstanceRefreshIds.includes(refreshId),
      )
      .map((refresh, index) => ({ refresh, place: String(index).padStart(6, "0") }));
    const { items, nextToken } = page(found, ({ place }) => place, MaxRecords, NextToken, invalidToken);
    return { InstanceRefreshes: items.map(({ refresh }) => shown(refresh)), ...(nextToken && { NextToken: nextToken }) };
  },
);

export const cancelInstanceRefresh = operation(
  CancelInstanceRefresh$,
  (scope, { AutoScalingGroupName, WaitForTransitioningInstances = true }) => {
    const refresh = requireActive(scope, AutoScalingGroupName!);
    endRolling(scope, refresh.groupName);
    if (WaitForTransitioningInstances) refreshes.patch(scope, refresh.id, { status: "Cancelling", reason: "Cancelled by a user." });
    else endRefresh(scope, refresh, "Cancelled", "Cancelled by a user.");
    return { InstanceRefreshId: refresh.refreshId };
  },
);

export const rollbackInstanceRefresh = operation(RollbackInstanceRefresh$, (scope, { AutoScalingGroupName }) => {
  const refresh = requireActive(scope, AutoScalingGroupName!);
  const { template } = requireGroup(scope, refresh.groupName);
  if (refresh.desired === undefined || !isFixed(template.version))
    fault(
      IrreversibleInstanceRefreshFault,
      "The instance refresh cannot be rolled back: it has no desired configuration, or the group's launch template has no given version.",
    );
  beginRollback(scope, refresh, "A user asked for the rollback.");
  return { InstanceRefreshId: refresh.refreshId };
});

/** The newest first. */
const refreshesOf = (scope: Scope, groupName: string): Refresh[] =>
  refreshes
    .list(scope, `${groupName}:`)
    .sort((one, other) => Number(isOver(one)) - Number(isOver(other)) || other.startedAt - one.startedAt || (one.id < other.id ? 1 : -1));

const activeRefresh = (scope: Scope, groupName: string): Refresh | undefined => refreshesOf(scope, groupName).find((one) => !isOver(one));

export const isOver = ({ endedAt }: Refresh): boolean => endedAt !== undefined;

/** One that has not come to its end, and is not on its way back either. */
function requireActive(scope: Scope, groupName: string): Refresh {
  const refresh = activeRefresh(scope, requireGroup(scope, groupName).id);
  if (refresh === undefined || refresh.status === "Cancelling")
    return fault(
      ActiveInstanceRefreshNotFoundFault,
      `No in progress or pending Instance Refresh found for Auto Scaling group ${groupName}`,
    );
  return refresh;
}

function forgetOldest(scope: Scope, groupName: string): void {
  for (const { id } of refreshesOf(scope, groupName).slice(KEPT_MAX - 1)) refreshes.remove(scope, id);
}

/** Those that have come go; the group launches from what it launched from before. */
export function beginRollback(scope: Scope, refresh: Refresh, reason: string): void {
  const at = scope.clock.now();
  const hasCome = ({ id, joinedAt }: Member): boolean => joinedAt >= refresh.startedAt && !refresh.replaces.includes(id);
  endRolling(scope, refresh.groupName);
  refreshes.patch(scope, refresh.id, {
    status: "RollbackInProgress",
    reason,
    replaces: members
      .by(scope, "group", refresh.groupName)
      .filter(hasCome)
      .map(({ id }) => id),
    progressAt: at,
    rollback: { reason, at, percent: percentOf(refresh), left: refresh.left },
  });
}

export function endRefresh(scope: Scope, refresh: Refresh, status: InstanceRefreshStatus, reason?: string): Refresh {
  endRolling(scope, refresh.groupName);
  return refreshes.patch(scope, refresh.id, { status, endedAt: scope.clock.now(), ...(reason !== undefined && { reason }) });
}

const isFixed = (version: string | undefined): boolean => version !== undefined && !version.startsWith("$");

const said = (preferences: RefreshPreferences): RefreshPreferences =>
  Object.fromEntries(Object.entries(preferences).filter(([, value]) => value !== undefined));

function checked(preferences: RefreshPreferences): RefreshPreferences {
  const { MinHealthyPercentage: min, MaxHealthyPercentage: max, CheckpointPercentages: points, CheckpointDelay } = preferences;
  if (max! - min! > 100)
    fault("ValidationError", "The difference between MinHealthyPercentage and MaxHealthyPercentage cannot be greater than 100.");
  if (points === undefined || points.length === 0) {
    if (CheckpointDelay !== undefined) fault("ValidationError", "CheckpointDelay cannot be specified without CheckpointPercentages.");
    return preferences;
  }
  if (points.some((point, index) => index > 0 && point <= points[index - 1]!))
    fault("ValidationError", "CheckpointPercentages must be unique and in ascending order.");
  return { CheckpointDelay: CHECKPOINT_SECONDS, ...preferences };
}

/** Of those that shall be replaced, how many are and have warmed up. */
export const percentOf = ({ replaces, replaced }: Pick<Refresh, "replaces" | "replaced">): number =>
  replaces.length === 0 ? 0 : Math.floor((100 * replaced) / replaces.length);

function shown(refresh: Refresh): Shape {
  const { rollback, desired, endedAt, reason, status } = refresh;
  const isBack = rollback !== undefined;
  const percent = status === "Successful" ? 100 : isBack ? rollback.percent : percentOf(refresh);
  const left = isBack ? rollback.left : Math.max(0, refresh.replaces.length - refresh.replaced);
  return {
    InstanceRefreshId: refresh.refreshId,
    AutoScalingGroupName: refresh.groupName,
    Status: status,
    ...(reason !== undefined && { StatusReason: reason }),
    ...(status !== "Pending" && { StartTime: new Date(refresh.startedAt) }),
    ...(endedAt !== undefined && { EndTime: new Date(endedAt) }),
    PercentageComplete: percent,
    InstancesToUpdate: status === "Successful" ? 0 : left,
    Preferences: refresh.preferences as RefreshPreferences,
    ...(desired !== undefined && { DesiredConfiguration: { LaunchTemplate: desired.asked as LaunchTemplateSpecification } }),
    ...(isBack && {
      RollbackDetails: {
        RollbackReason: rollback.reason,
        RollbackStartTime: new Date(rollback.at),
        PercentageCompleteOnRollback: rollback.percent,
        InstancesToUpdateOnRollback: rollback.left,
      },
    }),
    Strategy: "Rolling",
  };
}
