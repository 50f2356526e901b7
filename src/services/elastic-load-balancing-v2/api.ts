import type { Scope } from "../../kernel/scope.ts";
import { deregister, register, type Target, targets } from "./target.ts";
import { targetGroups } from "./target-group.ts";

export { type ListenerPlan, planOf } from "./plan.ts";
export { balancersOf } from "./target-group.ts";

/** How a target stands in a group; undefined where it is not in it (any more). */
export type TargetView = Pick<Target, "targetId" | "port" | "state" | "reason" | "description">;

/** A target group by its ARN or by its name. */
export const targetGroupOf = (scope: Scope, name: string): { name: string; arn: string; port: number } | undefined => {
  const group = name.startsWith("arn:") ? targetGroups.by(scope, "arn", name)[0] : targetGroups.get(scope, name);
  return group && { name: group.id, arn: group.arn, port: group.port };
};

/** Every target of a group, and how it stands. */
export const targetsOf = (scope: Scope, groupName: string): TargetView[] => targets.list(scope, `${groupName} `);

/** The groups that an instance or an address is registered in. */
export const groupsOfTarget = (scope: Scope, targetId: string): string[] => [
  ...new Set(targets.by(scope, "targetId", targetId).map(({ groupName }) => groupName)),
];

/** Make sure that a target is in a group; what cannot be registered is a fault, as of RegisterTargets. */
export function registerTarget(scope: Scope, groupName: string, targetId: string, port?: number): void {
  const group = targetGroups.get(scope, groupName);
  if (group !== undefined) register(scope, group, { Id: targetId, Port: port });
}

/** Make sure that a target leaves a group; it is gone from `targetsOf` when it is drained. */
export function deregisterTarget(scope: Scope, groupName: string, targetId: string): void {
  const group = targetGroups.get(scope, groupName);
  if (group !== undefined) deregister(scope, group, { Id: targetId });
}
