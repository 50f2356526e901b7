import { removeListener as closePort, ensureListener } from "../../compute/listener.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  CreateListener$,
  DeleteListener$,
  DescribeListenerAttributes$,
  DescribeListeners$,
  DuplicateListenerException,
  ListenerNotFoundException,
  ModifyListener$,
  type Listener as Shape,
} from "../../sdk/elastic-load-balancing-v2.js";
import { type Action, actionsOf, shownAction } from "./action.ts";
import { listed, notImplemented, resourceOf } from "./listing.ts";
import { type LoadBalancer, loadBalancers, requireLoadBalancer } from "./load-balancer.ts";
import { putRule, rules } from "./rule.ts";

/** A listener, by its ARN. Its default action is the last of its rules. */
export interface Listener extends Row {
  readonly loadBalancerArn: string;
  readonly protocol: "HTTP" | "TCP";
  readonly port: number;
  readonly tags: Tags;
}

export const listeners = new Table<Listener>("elastic-load-balancing-v2/listener", {
  indexes: { loadBalancer: ({ loadBalancerArn }) => loadBalancerArn },
  arn: ({ id }) => id,
});

export const createListener = operation(CreateListener$, (scope, input) => {
  const balancer = requireLoadBalancer(scope, input.LoadBalancerArn!);
  if (input.Port === undefined) fault("ValidationError", "A listener port must be specified");
  const protocol = protocolOf(balancer, input.Protocol);
  const DefaultActions = actionsOf(scope, input.DefaultActions!, protocol);
  const known = listeners.by(scope, "loadBalancer", balancer.arn).find(({ port }) => port === input.Port);
  if (known !== undefined) {
    if (known.protocol === protocol && JSON.stringify(defaultActions(scope, known)) === JSON.stringify(DefaultActions))
      return { Listeners: [shown(scope, known)] };
    fault(DuplicateListenerException, "A listener already exists on this port for this load balancer");
  }
  const listener = newListener(scope, balancer, { protocol, port: input.Port!, actions: DefaultActions, tags: tagsOf(input.Tags) });
  return { Listeners: [shown(scope, listener)] };
});

export const describeListeners = operation(DescribeListeners$, (scope, { LoadBalancerArn, ListenerArns, ...paging }) => {
  const named = ListenerArns !== undefined && ListenerArns.length > 0;
  if (!named && LoadBalancerArn === undefined) fault("ValidationError", "You must specify either listener ARNs or a load balancer ARN");
  const found = named
    ? ListenerArns!.map((arn) => requireListener(scope, arn))
    : listeners.by(scope, "loadBalancer", requireLoadBalancer(scope, LoadBalancerArn!).arn);
  const { items, next } = listed(found, paging);
  return { Listeners: items.map((listener) => shown(scope, listener)), ...next };
});

export const modifyListener = operation(ModifyListener$, (scope, input) => {
  const listener = requireListener(scope, input.ListenerArn!);
  const balancer = requireLoadBalancer(scope, listener.loadBalancerArn);
  const protocol = input.Protocol === undefined ? listener.protocol : protocolOf(balancer, input.Protocol);
  const port = input.Port ?? listener.port;
  const others = listeners.by(scope, "loadBalancer", balancer.arn).filter(({ id }) => id !== listener.id);
  if (others.some((other) => other.port === port))
    fault(DuplicateListenerException, "A listener already exists on this port for this load balancer");
  if (input.DefaultActions !== undefined) putRule(scope, listener.id, "default", [], actionsOf(scope, input.DefaultActions, protocol));
  const next = listeners.patch(scope, listener.id, { protocol, port });
  if (port !== listener.port) openPort(scope, balancer, next);
  return { Listeners: [shown(scope, next)] };
});

export const deleteListener = operation(DeleteListener$, (scope, { ListenerArn }) => {
  removeListener(scope, requireListener(scope, ListenerArn!));
  return {};
});

export const describeListenerAttributes = operation(DescribeListenerAttributes$, (scope, { ListenerArn }) => {
  const { protocol } = requireListener(scope, ListenerArn!);
  const Attributes =
    protocol === "TCP"
      ? [{ Key: "tcp.idle_timeout.seconds", Value: "350" }]
      : [{ Key: "routing.http.response.server.enabled", Value: "true" }];
  return { Attributes };
});

export function newListener(
  scope: Scope,
  balancer: LoadBalancer,
  { protocol, port, actions, tags }: { protocol: Listener["protocol"]; port: number; actions: readonly Action[]; tags: Tags },
): Listener {
  const arn = `${balancer.arn.replace(":loadbalancer/", ":listener/")}/${scope.id.hex(16)}`;
  const listener = listeners.put(scope, { id: arn, loadBalancerArn: balancer.arn, protocol, port, tags });
  putRule(scope, arn, "default", [], actions);
  openPort(scope, balancer, listener);
  return listener;
}

export function removeListener(scope: Scope, { id }: Listener): void {
  for (const rule of rules.by(scope, "listener", id)) rules.remove(scope, rule.id);
  closePort(scope, portId(id));
  listeners.remove(scope, id);
}

/** The port of a listener, as the data plane knows it. */
export const portId = (arn: string): string => resourceOf(arn);

function openPort(scope: Scope, { address: host }: LoadBalancer, { id, port }: Listener): void {
  closePort(scope, portId(id));
  ensureListener(scope, portId(id), id, { host, port });
}

export const requireListener = (scope: Scope, arn: string): Listener =>
  listeners.get(scope, arn) ?? fault(ListenerNotFoundException, `One or more listeners not found`);

export const defaultActions = (scope: Scope, { id }: Listener): readonly Action[] =>
  rules.by(scope, "listener", id).find(({ priority }) => priority === "default")!.actions;

/** Whether anything listens for a load balancer at all. */
export const balancerOf = (scope: Scope, { loadBalancerArn }: Listener): LoadBalancer | undefined =>
  loadBalancers.by(scope, "arn", loadBalancerArn)[0];

export function protocolOf({ type }: LoadBalancer, protocol: string | undefined): Listener["protocol"] {
  const allowed = type === "application" ? ["HTTP", "HTTPS"] : ["TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"];
  if (protocol === undefined) return fault("ValidationError", "A listener protocol must be specified");
  if (!allowed.includes(protocol)) fault("ValidationError", `Listener protocol '${protocol}' must be one of '${allowed.join(", ")}'`);
  if (protocol !== "HTTP" && protocol !== "TCP") notImplemented(`A listener of the protocol ${protocol}`);
  return protocol as Listener["protocol"];
}

const shown = (scope: Scope, listener: Listener): Shape => ({
  ListenerArn: listener.id,
  LoadBalancerArn: listener.loadBalancerArn,
  Port: listener.port,
  Protocol: listener.protocol,
  DefaultActions: defaultActions(scope, listener).map(shownAction),
});
