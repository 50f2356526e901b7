import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { MinimumHealthyHosts } from "../../sdk/codedeploy.js";

/** How the last deployment of a group to an instance went, as `groupId/target`. https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-health.html */
export interface InstanceHealth extends Row {
  readonly isHealthy: boolean;
  /** The revision that it has; unknown where no deployment succeeded. */
  readonly revisionKey?: string;
}

export const instanceHealths = new Table<InstanceHealth>("codedeploy/instance-health");

/** An instance that no deployment has been to is healthy, and nobody knows what it has. */
export const healthOf = (scope: Scope, groupId: string, target: string): Pick<InstanceHealth, "isHealthy" | "revisionKey"> =>
  instanceHealths.get(scope, `${groupId}/${target}`) ?? { isHealthy: true };

export function noteHealth(scope: Scope, groupId: string, target: string, isHealthy: boolean, revisionKey?: string): void {
  const id = `${groupId}/${target}`;
  const known = instanceHealths.get(scope, id);
  const key = revisionKey ?? known?.revisionKey;
  instanceHealths.put(scope, { id, isHealthy, ...(key !== undefined && { revisionKey: key }) });
}

/** How an instance stands in a deployment, as far as the constraints ask for it. */
export interface Standing {
  readonly id: string;
  readonly state: "pending" | "inProgress" | "succeeded" | "failed";
  /** Before this deployment. */
  readonly wasHealthy: boolean;
}

export type Decision =
  | { readonly state: "done" }
  | { readonly state: "failed"; readonly isInvalid: boolean }
  | { readonly state: "going"; readonly start: readonly string[] };

/** As GetDeploymentConfig shows one: OneAtATime is a concurrency, which no caller can ask for. */
export interface Minimum {
  readonly type?: MinimumHealthyHosts["type"] | "MOST_CONCURRENCY" | undefined;
  readonly value?: number | undefined;
}

/** How many have to be healthy, of so many. A percentage is rounded up. */
export function minimumOf({ type, value = 0 }: Minimum, total: number): number {
  switch (type) {
    case "FLEET_PERCENT":
      return Math.ceil((total * value) / 100);
    case "MOST_CONCURRENCY":
      return Math.max(0, total - value);
    default:
      return value;
  }
}

/**
 * Which instances may begin now, so that enough of them stay healthy; those that are ill anyway come first. A deployment has succeeded
 * where it did so on as many instances as have to be healthy, and on one at least.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-health-minimum-healthy-hosts.html
 */
export function decide(standings: readonly Standing[], minimum: Minimum): Decision {
  const total = standings.length;
  const least = minimumOf(minimum, total);
  const needed = Math.max(1, least);
  const inState = (state: Standing["state"]): Standing[] => standings.filter((one) => one.state === state);
  const [pending, inProgress, succeeded] = [inState("pending"), inState("inProgress").length, inState("succeeded").length];
  if (pending.length === 0 && inProgress === 0) return succeeded >= needed ? { state: "done" } : { state: "failed", isInvalid: false };
  const isLost = succeeded + inProgress + pending.length < needed;
  const start = isLost ? [] : startable(pending, inProgress, succeeded, total, least);
  if (start.length === 0 && inProgress === 0) return { state: "failed", isInvalid: pending.length === total };
  return { state: "going", start };
}

function startable(pending: readonly Standing[], inProgress: number, succeeded: number, total: number, least: number): string[] {
  const ill = pending.filter(({ wasHealthy }) => !wasHealthy);
  const well = pending.filter(({ wasHealthy }) => wasHealthy);
  const room = Math.max(0, total - least - inProgress);
  const start = ill.slice(0, room);
  const spare = Math.max(0, succeeded + well.length - least);
  return [...start, ...well.slice(0, Math.min(spare, room - start.length))].map(({ id }) => id);
}
