import type { DeliveryTarget } from "../../kernel/delivery.ts";
import { fault } from "../../kernel/fault.ts";
import type { Stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DeletePolicy$,
  DescribePolicies$,
  ExecutePolicy$,
  PutScalingPolicy$,
  ScalingActivityInProgressFault,
  type ScalingPolicy as Shape,
  type StepAdjustment,
} from "../../sdk/auto-scaling.js";
import { type Alarm, alarms } from "../cloudwatch/api.ts";
import { type Adjustment, adjusted, stepOf } from "./adjustment.ts";
import { groups, invalidToken, notImplemented, requireGroup } from "./group.ts";
import { at } from "./member.ts";

/** A scaling policy, as `group:policy`. https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html */
export interface Policy extends Row {
  readonly arn: string;
  readonly name: string;
  readonly groupName: string;
  readonly type: "SimpleScaling" | "StepScaling";
  readonly adjustmentType: Adjustment["type"];
  readonly minMagnitude?: number;
  readonly scalingAdjustment?: number;
  readonly cooldownSeconds?: number;
  readonly steps?: readonly Stored<StepAdjustment>[];
  readonly aggregation?: string;
  readonly warmupSeconds?: number;
  readonly isEnabled: boolean;
  /** The alarm that carries it out, in this state, and when the next time is. */
  readonly alarm?: { readonly name: string; readonly state: string; readonly nextAt: number };
  /** What a step has added that has not warmed up yet. */
  readonly warming?: { readonly added: number; readonly until: number };
}

export const policies = new Table<Policy>("auto-scaling/policy", { indexes: { arn: ({ arn }) => arn } });

const PAGE_SIZE = 50;
/** As long as an alarm stays in its state, the policy is carried out so often. */
export const AGAIN_MS = 60_000;

export const putScalingPolicy = operation(PutScalingPolicy$, (scope, input) => {
  const group = requireGroup(scope, input.AutoScalingGroupName!);
  const { PolicyName: name, PolicyType: type = "SimpleScaling" } = input;
  if (type !== "SimpleScaling" && type !== "StepScaling") notImplemented(`A scaling policy of the type ${type}`);
  const id = `${group.id}:${name}`;
  const arn =
    policies.get(scope, id)?.arn ??
    scope.arn("autoscaling", `scalingPolicy:${scope.id.uuid()}:autoScalingGroupName/${group.id}:policyName/${name}`);
  const isStep = type === "StepScaling";
  if (input.AdjustmentType === undefined) fault("ValidationError", `You must specify an AdjustmentType for policy type: ${type}`);
  if (!["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"].includes(input.AdjustmentType!))
    fault("ValidationError", "AdjustmentType must be one of ChangeInCapacity, ExactCapacity, PercentChangeInCapacity");
  if (!isStep && input.ScalingAdjustment === undefined)
    fault("ValidationError", "You must specify a ScalingAdjustment for policy type: SimpleScaling");
  if (isStep && (input.StepAdjustments?.length ?? 0) === 0)
    fault("ValidationError", "You must specify StepAdjustments for policy type: StepScaling");
  const minMagnitude = input.MinAdjustmentMagnitude ?? input.MinAdjustmentStep;
  policies.put(scope, {
    id,
    arn,
    name: name!,
    groupName: group.id,
    type: type as Policy["type"],
    adjustmentType: input.AdjustmentType as Adjustment["type"],
    ...(minMagnitude !== undefined && { minMagnitude }),
    ...(!isStep && { scalingAdjustment: input.ScalingAdjustment! }),
    ...(input.Cooldown !== undefined && { cooldownSeconds: input.Cooldown }),
    ...(isStep && { steps: input.StepAdjustments as Stored<StepAdjustment>[], aggregation: input.MetricAggregationType ?? "Average" }),
    ...(input.EstimatedInstanceWarmup !== undefined && { warmupSeconds: input.EstimatedInstanceWarmup }),
    isEnabled: input.Enabled ?? true,
  });
  return { PolicyARN: arn, Alarms: alarmsOf(scope, arn) };
});

export const describePolicies = operation(DescribePolicies$, (scope, input) => {
  const { AutoScalingGroupName: groupName, PolicyNames: names, PolicyTypes: types, MaxRecords = PAGE_SIZE, NextToken } = input;
  if (groupName !== undefined) requireGroup(scope, groupName);
  const found = policies
    .list(scope, groupName === undefined ? "" : `${groupName}:`)
    .filter(({ name, arn }) => names === undefined || names.length === 0 || names.includes(name) || names.includes(arn))
    .filter(({ type }) => types === undefined || types.length === 0 || types.includes(type));
  const { items, nextToken } = page(found, ({ id }) => id, MaxRecords, NextToken, invalidToken);
  return { ScalingPolicies: items.map((policy) => shown(scope, policy)), ...(nextToken && { NextToken: nextToken }) };
});

export const deletePolicy = operation(DeletePolicy$, (scope, { AutoScalingGroupName, PolicyName }) => {
  policies.remove(scope, requirePolicy(scope, AutoScalingGroupName, PolicyName!).id);
  return {};
});

export const executePolicy = operation(
  ExecutePolicy$,
  (scope, { AutoScalingGroupName, PolicyName, HonorCooldown = false, MetricValue, BreachThreshold }) => {
    const policy = requirePolicy(scope, AutoScalingGroupName, PolicyName!);
    const isStep = policy.type === "StepScaling";
    if (isStep && (MetricValue === undefined || BreachThreshold === undefined))
      fault("ValidationError", "Both MetricValue and BreachThreshold are required for policy type: StepScaling");
    if (!isStep && HonorCooldown) honorCooldown(scope, policy.groupName);
    carryOut(scope, policy, `At ${at(scope)} a user request executed policy ${policy.name}`, {
      over: isStep ? MetricValue! - BreachThreshold! : 0,
      honorsCooldown: HonorCooldown,
    });
    return {};
  },
);

/** What an alarm does to a policy. */
export const policyTarget: DeliveryTarget = {
  service: "autoscaling",
  resource: "scalingPolicy:",
  deliver(scope, { arn, payload }) {
    const [policy] = policies.by(scope, "arn", arn);
    if (policy === undefined) return { state: "failed", reason: "The scaling policy does not exist.", final: true };
    const { alarmData } = JSON.parse(payload) as { alarmData: { alarmName: string } };
    const alarm = alarms.get(scope, alarmData.alarmName);
    if (alarm !== undefined) react(scope, policy, alarm);
    return { state: "done" };
  },
};

/** An alarm is in a state for which it has the policy as its action: now, and again as long as it stays there. */
export function react(scope: Scope, policy: Policy, alarm: Alarm): void {
  const nextAt = scope.clock.now() + AGAIN_MS;
  const next = policies.patch(scope, policy.id, { alarm: { name: alarm.id, state: alarm.state, nextAt } });
  if (!policy.isEnabled || groups.get(scope, policy.groupName)!.suspended.includes("AlarmNotification")) return;
  const { recentDatapoints = [], threshold = 0 } = JSON.parse(alarm.reasonData ?? "{}") as {
    recentDatapoints?: number[];
    threshold?: number;
  };
  const value = recentDatapoints.at(-1);
  if (policy.type === "StepScaling" && value === undefined) return;
  const because = `At ${at(scope)} a monitor alarm ${alarm.id} in state ${alarm.state} triggered policy ${policy.name}`;
  carryOut(scope, next, because, { over: (value ?? 0) - threshold, honorsCooldown: true });
}

/** Whether an alarm has a policy as its action for the state that it is in. */
export function drives(alarm: Alarm, arn: string): boolean {
  const { ActionsEnabled, AlarmActions = [], OKActions = [], InsufficientDataActions = [] } = alarm.settings;
  const actions = { ALARM: AlarmActions, OK: OKActions, INSUFFICIENT_DATA: InsufficientDataActions }[alarm.state];
  return ActionsEnabled !== false && actions.includes(arn);
}

export function honorCooldown(scope: Scope, groupName: string): void {
  const { cooldownUntil = 0 } = groups.get(scope, groupName)!;
  if (scope.clock.now() < cooldownUntil)
    fault(ScalingActivityInProgressFault, `Scaling activity is in progress: the cooldown of group ${groupName} is not over.`);
}

function carryOut(
  scope: Scope,
  policy: Policy,
  because: string,
  { over, honorsCooldown }: { over: number; honorsCooldown: boolean },
): void {
  const { minSize, maxSize, desiredCapacity, defaultCooldownSeconds, cooldownUntil = 0 } = requireGroup(scope, policy.groupName);
  const now = scope.clock.now();
  const isSimple = policy.type === "SimpleScaling";
  if (isSimple && honorsCooldown && now < cooldownUntil) return;
  const by = isSimple ? policy.scalingAdjustment! : stepOf(policy.steps!, over);
  if (by === undefined) return;
  const { warming } = policy;
  const warm = warming !== undefined && now < warming.until ? warming.added : 0;
  // What a step has added already counts for the next one, until it has warmed up; nothing is taken away meanwhile.
  const wanted = adjusted(desiredCapacity - warm, { type: policy.adjustmentType, by, minMagnitude: policy.minMagnitude ?? 0 });
  const capacity = Math.min(maxSize, Math.max(minSize, warm > 0 ? Math.max(wanted, desiredCapacity) : wanted));
  if (capacity === desiredCapacity) return;
  const cooldown = (policy.cooldownSeconds ?? defaultCooldownSeconds) * 1000;
  groups.patch(scope, policy.groupName, {
    desiredCapacity: capacity,
    because: `${because} changing the desired capacity from ${desiredCapacity} to ${capacity}.  `,
    ...(isSimple && { cooldownUntil: now + cooldown }),
  });
  if (!isSimple && capacity > desiredCapacity) {
    const until = now + (policy.warmupSeconds ?? defaultCooldownSeconds) * 1000;
    policies.patch(scope, policy.id, { warming: { added: warm + capacity - desiredCapacity, until } });
  }
}

function requirePolicy(scope: Scope, groupName: string | undefined, name: string): Policy {
  const found = name.startsWith("arn:") ? policies.by(scope, "arn", name)[0] : policies.get(scope, `${groupName}:${name}`);
  return found ?? fault("ValidationError", `PolicyName not found - Policy '${name}' not found`);
}

const alarmsOf = (scope: Scope, arn: string) =>
  alarms
    .list(scope)
    .flatMap(({ id, settings: { AlarmActions = [], OKActions = [], InsufficientDataActions = [] } }) =>
      [...AlarmActions, ...OKActions, ...InsufficientDataActions].includes(arn)
        ? [{ AlarmName: id, AlarmARN: scope.arn("cloudwatch", `alarm:${id}`) }]
        : [],
    );

const shown = (scope: Scope, policy: Policy): Shape => ({
  AutoScalingGroupName: policy.groupName,
  PolicyName: policy.name,
  PolicyARN: policy.arn,
  PolicyType: policy.type,
  AdjustmentType: policy.adjustmentType,
  ...(policy.minMagnitude !== undefined && { MinAdjustmentMagnitude: policy.minMagnitude }),
  ...(policy.scalingAdjustment !== undefined && { ScalingAdjustment: policy.scalingAdjustment }),
  ...(policy.cooldownSeconds !== undefined && { Cooldown: policy.cooldownSeconds }),
  StepAdjustments: (policy.steps ?? []) as StepAdjustment[],
  ...(policy.aggregation !== undefined && { MetricAggregationType: policy.aggregation }),
  ...(policy.warmupSeconds !== undefined && { EstimatedInstanceWarmup: policy.warmupSeconds }),
  Alarms: alarmsOf(scope, policy.arn),
  Enabled: policy.isEnabled,
});
