import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { DescribeScalingActivities$, type Activity as Shape } from "../../sdk/auto-scaling.js";
import { type Group, invalidToken } from "./group.ts";

/** Something that is being done with an instance of a group; told of for six weeks. */
export interface Activity extends Row {
  readonly groupName: string;
  readonly groupArn: string;
  readonly description: string;
  readonly cause: string;
  readonly status: "InProgress" | "Successful" | "Failed" | "Cancelled";
  readonly message?: string;
  readonly startedAt: number;
  readonly endedAt?: number;
}

export const activities = new Table<Activity>("auto-scaling/activity", { stored: true, indexes: { group: ({ groupName }) => groupName } });

const PAGE_SIZE = 100;
const KEPT_MS = 42 * 86_400_000;
const KEPT_MAX = 1000;

export const describeScalingActivities = operation(
  DescribeScalingActivities$,
  (scope, { ActivityIds, AutoScalingGroupName, MaxRecords = PAGE_SIZE, NextToken }) => {
    const all = AutoScalingGroupName === undefined ? activities.list(scope) : activities.by(scope, "group", AutoScalingGroupName);
    const found = all
      .filter(({ id }) => ActivityIds === undefined || ActivityIds.length === 0 || ActivityIds.includes(id))
      .sort((one, other) => other.startedAt - one.startedAt || (one.id < other.id ? -1 : 1))
      .map((activity, index) => ({ activity, place: String(index).padStart(6, "0") }));
    const { items, nextToken } = page(found, ({ place }) => place, MaxRecords, NextToken, invalidToken);
    return { Activities: items.map(({ activity }) => shownActivity(activity)), ...(nextToken && { NextToken: nextToken }) };
  },
);

export function startActivity(scope: Scope, group: Group, description: string, cause: string): Activity {
  const startedAt = scope.clock.now();
  const known = activities.by(scope, "group", group.id);
  for (const old of known)
    if (old.startedAt < startedAt - KEPT_MS || (known.length >= KEPT_MAX && old.endedAt !== undefined)) activities.remove(scope, old.id);
  const id = scope.id.uuid();
  return activities.put(scope, { id, groupName: group.id, groupArn: group.arn, description, cause, status: "InProgress", startedAt });
}

export function endActivity(scope: Scope, id: string | undefined, status: Activity["status"], message?: string): void {
  if (id === undefined || activities.get(scope, id) === undefined) return;
  activities.patch(scope, id, { status, endedAt: scope.clock.now(), ...(message !== undefined && { message }) });
}

export const shownActivity = (activity: Activity): Shape => ({
  ActivityId: activity.id,
  AutoScalingGroupName: activity.groupName,
  AutoScalingGroupARN: activity.groupArn,
  Description: activity.description,
  Cause: activity.cause,
  StartTime: new Date(activity.startedAt),
  ...(activity.endedAt !== undefined && { EndTime: new Date(activity.endedAt) }),
  StatusCode: activity.status,
  ...(activity.message !== undefined && { StatusMessage: activity.message }),
  Progress: activity.endedAt === undefined ? 50 : 100,
  Details: "{}",
});
