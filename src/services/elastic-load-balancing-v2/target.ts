import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DeregisterTargets$,
  DescribeTargetHealth$,
  InvalidTargetException,
  RegisterTargets$,
  type TargetDescription,
  type TargetHealthReasonEnum,
  type TargetHealthStateEnum,
} from "../../sdk/elastic-load-balancing-v2.js";
import { instanceOf } from "../ec2/api.ts";
import { attributeOf, requireTargetGroup, type TargetGroup } from "./target-group.ts";

/** A target of a group, as `group target:port`. */
export interface Target extends Row {
  readonly groupName: string;
  /** An instance's id, or an address. */
  readonly targetId: string;
  readonly port: number;
  /** Nobody said which, so it is the group's. */
  readonly isDefaultPort?: boolean;
  readonly state: TargetHealthStateEnum;
  readonly reason?: TargetHealthReasonEnum;
  readonly description?: string;
  /** Health checks of the same outcome in a row. */
  readonly successes: number;
  readonly failures: number;
  /** Instants, in milliseconds. */
  readonly registeredAt: number;
  readonly checkedAt?: number;
  readonly drainedAt?: number;
}

export const targets = new Table<Target>("elastic-load-balancing-v2/target", { indexes: { targetId: ({ targetId }) => targetId } });

export const registerTargets = operation(RegisterTargets$, (scope, { TargetGroupArn, Targets = [] }) => {
  const group = requireTargetGroup(scope, TargetGroupArn!);
  for (const target of Targets) register(scope, group, target);
  return {};
});

export const deregisterTargets = operation(DeregisterTargets$, (scope, { TargetGroupArn, Targets = [] }) => {
  const group = requireTargetGroup(scope, TargetGroupArn!);
  for (const target of Targets) deregister(scope, group, target);
  return {};
});

export const describeTargetHealth = operation(DescribeTargetHealth$, (scope, { TargetGroupArn, Targets }) => {
  const group = requireTargetGroup(scope, TargetGroupArn!);
  const known = targets.list(scope, `${group.id} `);
  const asked = Targets === undefined || Targets.length === 0 ? known.map(({ targetId: Id, port: Port }) => ({ Id, Port })) : Targets;
  const TargetHealthDescriptions = asked.map(({ Id, Port = group.port }) => {
    const target = known.find(({ targetId, port }) => targetId === Id && port === Port);
    const { state, reason, description } = target ?? NOT_REGISTERED;
    return {
      Target: { Id: Id!, Port },
      HealthCheckPort: group.healthCheck.port === "traffic-port" ? String(Port) : group.healthCheck.port,
      TargetHealth: {
        State: state,
        ...(reason !== undefined && { Reason: reason }),
        ...(description !== undefined && { Description: description }),
      },
    };
  });
  return { TargetHealthDescriptions };
});

const NOT_REGISTERED = {
  state: "unused",
  reason: "Target.NotRegistered",
  description: "Target is not registered to the target group",
} as const;

/** Add a target to a group. One that is being drained is registered anew. */
export function register(scope: Scope, group: TargetGroup, { Id, Port: saidPort }: TargetDescription): void {
  const Port = saidPort ?? group.port;
  if (group.targetType === "instance") {
    const instance = instanceOf(scope, Id!);
    if (instance === undefined) fault(InvalidTargetException, `The following targets are not valid instances: '${Id}'`);
    if (instance!.state !== "running")
      fault(InvalidTargetException, `The following targets are not in a running state and cannot be registered: '${Id}'`);
  } else if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(Id!)) fault("ValidationError", `The IP address '${Id}' is not a valid IPv4 address`);
  const id = targetKey(group, Id!, Port);
  const known = targets.get(scope, id);
  if (known !== undefined && known.state !== "draining") {
    if (known.isDefaultPort !== (saidPort === undefined)) targets.patch(scope, id, { isDefaultPort: saidPort === undefined });
    return;
  }
  targets.put(scope, {
    id,
    groupName: group.id,
    targetId: Id!,
    port: Port,
    isDefaultPort: saidPort === undefined,
    state: "initial",
    reason: "Elb.RegistrationInProgress",
    description: "Target registration is in progress",
    successes: 0,
    failures: 0,
    registeredAt: scope.clock.now(),
  });
}

/** Take a target out of a group: what is on its way to it is waited for as long as the group says. */
export function deregister(scope: Scope, group: TargetGroup, { Id, Port }: TargetDescription): void {
  const found = targets
    .list(scope, `${group.id} `)
    .filter(({ targetId, port }) => targetId === Id && (Port === undefined || port === Port));
  for (const target of found) {
    if (target.state === "draining") continue;
    const delayMs = Number(attributeOf(group, "deregistration_delay.timeout_seconds")) * 1000;
    targets.patch(scope, target.id, {
      state: "draining",
      reason: "Target.DeregistrationInProgress",
      description: "Target deregistration is in progress",
      drainedAt: scope.clock.now() + (target.state === "unused" ? 0 : delayMs),
    });
  }
}

export const targetKey = (group: TargetGroup, id: string, port: number): string => `${group.id} ${id}:${port}`;
