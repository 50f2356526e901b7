import type { Stored } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { Diagnostics, InstanceStatus, LifecycleEventStatus, TargetLabel } from "../../sdk/codedeploy.js";
import { announceInstance } from "./announcement.ts";
import { type Deployment, deployments } from "./deployment.ts";
import type { FleetMember } from "./fleet.ts";
import { groups } from "./group.ts";
import { healthOf, noteHealth } from "./health.ts";
import { revisionKey } from "./revision.ts";

/** One instance of a deployment, as `deployment/target`. */
export interface DeploymentInstance extends Row, FleetMember {
  readonly deploymentId: string;
  readonly label?: TargetLabel;
  /** What the last deployment left behind. */
  readonly wasHealthy: boolean;
  readonly status: InstanceStatus;
  readonly events: readonly InstanceEvent[];
  /** The event before which it waits, until the deployment lets it go on. */
  readonly gate?: InstanceEventName;
  /** Why it failed, where no script says so. */
  readonly reason?: string;
  readonly startedAt?: number;
  readonly updatedAt: number;
  readonly endedAt?: number;
}

export type InstanceEventName =
  | "ApplicationStop"
  | "DownloadBundle"
  | "BeforeInstall"
  | "Install"
  | "AfterInstall"
  | "ApplicationStart"
  | "ValidateService"
  | "BeforeBlockTraffic"
  | "BlockTraffic"
  | "AfterBlockTraffic"
  | "BeforeAllowTraffic"
  | "AllowTraffic"
  | "AfterAllowTraffic";

export interface InstanceEvent {
  readonly name: InstanceEventName;
  readonly status: LifecycleEventStatus;
  /** When it became a command that the agent may take. */
  readonly sentAt?: number;
  /** When an agent asked and was given it. */
  readonly offeredAt?: number;
  readonly startedAt?: number;
  /** When it has to be over. */
  readonly until?: number;
  readonly endedAt?: number;
  readonly diagnostics?: Stored<Diagnostics>;
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#reference-appspec-file-structure-hooks-availability */
export const INSTALLING: readonly InstanceEventName[] = [
  "ApplicationStop",
  "DownloadBundle",
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
];
export const BLOCKING: readonly InstanceEventName[] = ["BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic"];
export const ALLOWING: readonly InstanceEventName[] = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"];

/** Events whose failure a deployment may be told to ignore: they run what an earlier revision left. */
const OF_EARLIER: readonly InstanceEventName[] = ["ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"];

export const deploymentInstances = new Table<DeploymentInstance>("codedeploy/deployment-instance", {
  indexes: { host: (instance) => (commandOf(instance) === undefined ? undefined : instance.host) },
});

export const instancesOf = (scope: Scope, deploymentId: string): DeploymentInstance[] =>
  deploymentInstances.list(scope, `${deploymentId}/`);

/** The event that an agent is to take, or is at. */
export const commandOf = ({ status, events }: DeploymentInstance): InstanceEvent | undefined =>
  status === "InProgress" ? events.find((event) => event.sentAt !== undefined && isOpen(event)) : undefined;

/** Whether an agent has something to do for it. */
export const isAtWork = (instance: DeploymentInstance): boolean => commandOf(instance) !== undefined;

export const isOpen = ({ status }: InstanceEvent): boolean => status === "Pending" || status === "InProgress";

/** Make sure that a deployment has the instance, with the events it will go through. */
export function ensureInstance(
  scope: Scope,
  deployment: Deployment,
  member: FleetMember,
  names: readonly InstanceEventName[],
  more: Pick<Partial<DeploymentInstance>, "label" | "gate"> = {},
): DeploymentInstance {
  const id = `${deployment.id}/${member.targetId}`;
  const known = deploymentInstances.get(scope, id);
  if (known !== undefined) return known;
  const groupId = groups.get(scope, deployment.group)!.groupId;
  return deploymentInstances.put(scope, {
    id,
    ...member,
    deploymentId: deployment.id,
    ...more,
    wasHealthy: healthOf(scope, groupId, member.targetId).isHealthy,
    status: "Pending",
    events: names.map((name) => ({ name, status: "Pending" })),
    updatedAt: scope.clock.now(),
  });
}

export function startInstance(scope: Scope, instance: DeploymentInstance): void {
  const isFirst = instance.startedAt === undefined;
  const now = scope.clock.now();
  const started = deploymentInstances.patch(scope, instance.id, {
    status: "InProgress",
    ...(!isFirst && { gate: undefined }),
    startedAt: instance.startedAt ?? now,
    updatedAt: now,
  });
  if (isFirst) tell(scope, started, "START");
}

/** An event goes on or is over. What fails ends the instance's part, unless it may be ignored. */
export function setInstanceEvent(scope: Scope, instance: DeploymentInstance, event: InstanceEvent): void {
  const events = instance.events.map((one) => (one.name === event.name ? event : one));
  const next = deploymentInstances.patch(scope, instance.id, { events, updatedAt: scope.clock.now() });
  if (event.status !== "Failed") return;
  const ignores = deployments.get(scope, instance.deploymentId)?.server?.ignoresStopFailures === true && OF_EARLIER.includes(event.name);
  if (!ignores) endInstance(scope, next, "Failed");
}

/** The instance's part is over: what it did not come to is skipped. */
export function endInstance(scope: Scope, instance: DeploymentInstance, status: "Succeeded" | "Failed" | "Skipped", reason?: string): void {
  const now = scope.clock.now();
  const events = instance.events.map((event) => (isOpen(event) ? { ...event, status: "Skipped" as const } : event));
  const ended = deploymentInstances.patch(scope, instance.id, {
    status,
    events,
    updatedAt: now,
    endedAt: now,
    gate: undefined,
    ...(reason !== undefined && { reason }),
  });
  if (status === "Skipped") return;
  const deployment = deployments.get(scope, instance.deploymentId)!;
  const installed = events.some((event) => event.name === "Install" && event.status === "Succeeded");
  const groupId = groups.get(scope, deployment.group)?.groupId;
  if (groupId !== undefined && events.some(({ name }) => name === "Install"))
    noteHealth(scope, groupId, instance.targetId, status === "Succeeded", installed ? revisionKey(deployment.revision) : undefined);
  tell(scope, ended, status === "Succeeded" ? "SUCCESS" : "FAILURE");
}

export function tell(
  scope: Scope,
  { deploymentId, arn, targetId, status, events }: DeploymentInstance,
  state: "START" | "SUCCESS" | "FAILURE" | "READY",
): void {
  announceInstance(scope, deployments.get(scope, deploymentId)!, { arn, id: targetId, status, events }, state);
}
