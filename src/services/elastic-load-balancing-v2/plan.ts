import type { Scope } from "../../kernel/scope.ts";
import { instanceAt } from "../ec2/api.ts";
import type { Action } from "./action.ts";
import { LOAD_BALANCER, settingOf } from "./attribute.ts";
import type { Condition } from "./condition.ts";
import { listeners } from "./listener.ts";
import { dimensionOf as balancerDimension, loadBalancers } from "./load-balancer.ts";
import { inOrder, rules } from "./rule.ts";
import { targets } from "./target.ts";
import { attributeOf, dimensionOf, targetGroups } from "./target-group.ts";

/** What the data plane has to know of a listener to serve it. */
export interface ListenerPlan {
  readonly protocol: "HTTP" | "TCP";
  readonly port: number;
  /** As metrics name the balancer. */
  readonly loadBalancer: string;
  readonly idleTimeoutMs: number;
  readonly forwardedFor: "append" | "preserve" | "remove";
  readonly forwardsClientPort: boolean;
  /** In the order in which they are tried; the last is for everything. */
  readonly rules: readonly { readonly conditions: readonly Condition[]; readonly action: PlannedAction }[];
}

export type PlannedAction =
  | Exclude<Action, { type: "forward" }>
  | { readonly type: "forward"; readonly groups: readonly PlannedGroup[]; readonly stickySeconds?: number };

export interface PlannedGroup {
  /** As metrics name it. */
  readonly name: string;
  readonly weight: number;
  readonly algorithm: string;
  readonly stickySeconds?: number;
  /** Those that get traffic: who is well; where nobody is, whoever is there. */
  readonly targets: readonly PlannedTarget[];
}

export interface PlannedTarget {
  readonly id: string;
  readonly port: number;
  readonly instanceId?: string;
  /** Where it is not one of our instances. */
  readonly host: string;
}

/** The plan of a listener as it stands; undefined where it is gone. */
export function planOf(scope: Scope, listenerArn: string): ListenerPlan | undefined {
  const listener = listeners.get(scope, listenerArn);
  const balancer = listener && loadBalancers.by(scope, "arn", listener.loadBalancerArn)[0];
  if (listener === undefined || balancer === undefined) return undefined;
  const attribute = (key: string): string | undefined =>
    key in LOAD_BALANCER[balancer.type] ? settingOf(LOAD_BALANCER[balancer.type], balancer.attributes, key) : undefined;
  return {
    protocol: listener.protocol,
    port: listener.port,
    loadBalancer: balancerDimension(balancer),
    idleTimeoutMs: Number(attribute("idle_timeout.timeout_seconds") ?? 350) * 1000,
    forwardedFor: (attribute("routing.http.xff_header_processing.mode") ?? "append") as ListenerPlan["forwardedFor"],
    forwardsClientPort: attribute("routing.http.xff_client_port.enabled") === "true",
    rules: inOrder(rules.by(scope, "listener", listenerArn)).map(({ conditions, actions }) => ({
      conditions,
      action: planned(scope, actions.at(-1)!),
    })),
  };
}

function planned(scope: Scope, action: Action): PlannedAction {
  if (action.type !== "forward") return action;
  const { groups, stickySeconds } = action;
  return {
    type: "forward",
    groups: groups.map(({ arn, weight }) => plannedGroup(scope, arn, weight)),
    ...(stickySeconds !== undefined && { stickySeconds }),
  };
}

function plannedGroup(scope: Scope, arn: string, weight: number): PlannedGroup {
  const group = targetGroups.by(scope, "arn", arn)[0]!;
  const there = targets.list(scope, `${group.id} `).filter(({ state }) => state !== "draining" && state !== "unused");
  const well = there.filter(({ state }) => state === "healthy");
  const isSticky = group.protocol === "HTTP" && attributeOf(group, "stickiness.enabled") === "true";
  return {
    name: dimensionOf(group),
    weight,
    algorithm: group.protocol === "HTTP" ? attributeOf(group, "load_balancing.algorithm.type") : "round_robin",
    ...(isSticky && { stickySeconds: Number(attributeOf(group, "stickiness.lb_cookie.duration_seconds")) }),
    targets: (well.length > 0 ? well : there).map(({ targetId, port }) => {
      const instanceId = targetId.startsWith("i-") ? targetId : instanceAt(scope, targetId);
      return {
        id: targetId,
        port,
        host: instanceId === undefined ? targetId : "127.0.0.1",
        ...(instanceId !== undefined && { instanceId }),
      };
    }),
  };
}
