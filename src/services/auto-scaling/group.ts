import { fault, isFault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  AlreadyExistsFault,
  CreateAutoScalingGroup$,
  DeleteAutoScalingGroup$,
  DescribeAutoScalingGroups$,
  type Filter,
  type LaunchTemplateSpecification,
  ResourceInUseFault,
  SetDesiredCapacity$,
  type AutoScalingGroup as Shape,
  UpdateAutoScalingGroup$,
} from "../../sdk/auto-scaling.js";
import { defaultSubnets, launchTemplateOf, subnetOf } from "../ec2/api.ts";
import { targetGroupOf } from "../elastic-load-balancing-v2/api.ts";
import { hooks, putHook } from "./lifecycle-hook.ts";
import { at, members, shownMember } from "./member.ts";
import { honorCooldown, policies } from "./policy.ts";
import { refreshes } from "./refresh.ts";
import { rollingUpdates } from "./rolling-update.ts";
import { type GroupTag, shownTag, tagsOfGroup } from "./tag.ts";

/** An Auto Scaling group, by its name. */
export interface Group extends Row {
  readonly arn: string;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredCapacity: number;
  readonly defaultCooldownSeconds: number;
  readonly template: { readonly id: string; readonly name: string; readonly version?: string };
  readonly subnetIds: readonly string[];
  /** Whether its zones were named, and not its subnets. */
  readonly byZones?: boolean;
  readonly targetGroupArns: readonly string[];
  readonly healthCheckType: "EC2" | "ELB";
  readonly healthCheckGraceSeconds: number;
  readonly terminationPolicies: readonly string[];
  readonly protectsNew: boolean;
  readonly suspended: readonly string[];
  readonly tags: readonly GroupTag[];
  readonly serviceLinkedRoleArn: string;
  readonly createdAt: number;
  readonly isDeleting?: boolean;
  /** How a template says what can be said in several ways. */
  readonly declaredAs?: { readonly templateByName?: boolean; readonly sources?: boolean; readonly zones?: boolean };
  /** While its instances are replaced: what new ones are launched from, and how many more than wanted may be there. */
  readonly rolling?: { readonly template?: Group["template"]; readonly surge: number };
  /** Until then simple scaling policies do nothing. */
  readonly cooldownUntil?: number;
  /** Why the desired capacity is what it is. */
  readonly because?: string;
  /** After a launch that failed, when to try again. */
  readonly retryAt?: number;
}

export const groups = new Table<Group>("auto-scaling/group", { arn: ({ arn }) => arn });

type Wish = { readonly [K in keyof Parameters<typeof createAutoScalingGroup.handle>[1]]?: any };

const PAGE_SIZE = 50;
const RETRY_MS = 60_000;
export const POLICIES = [
  "Default",
  "OldestInstance",
  "NewestInstance",
  "OldestLaunchTemplate",
  "ClosestToNextInstanceHour",
  "AllocationStrategy",
  "OldestLaunchConfiguration",
];

export const createAutoScalingGroup = operation(CreateAutoScalingGroup$, (scope, input) => {
  const name = input.AutoScalingGroupName!;
  if (groups.get(scope, name) !== undefined)
    fault(AlreadyExistsFault, `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`);
  createGroup(scope, name, input);
  return {};
});

export const updateAutoScalingGroup = operation(UpdateAutoScalingGroup$, (scope, input) => {
  const group = groups.get(scope, input.AutoScalingGroupName!) ?? fault("ValidationError", "AutoScalingGroup name not found - null");
  updateGroup(scope, group, input);
  return {};
});

export const describeAutoScalingGroups = operation(DescribeAutoScalingGroups$, (scope, input) => {
  const { AutoScalingGroupNames: names, Filters = [], MaxRecords = PAGE_SIZE, NextToken } = input;
  const found = groups
    .list(scope)
    .filter(
      ({ id, tags }) =>
        (names === undefined || names.length === 0 || names.includes(id)) && Filters.every((filter) => hasTag(tags, filter)),
    );
  const { items, nextToken } = page(found, ({ id }) => id, MaxRecords, NextToken, invalidToken);
  return { AutoScalingGroups: items.map((group) => shown(scope, group)), ...(nextToken && { NextToken: nextToken }) };
});

export const setDesiredCapacity = operation(SetDesiredCapacity$, (scope, { AutoScalingGroupName, DesiredCapacity, HonorCooldown }) => {
  const group = requireGroup(scope, AutoScalingGroupName!);
  checkSizes({ ...group, desiredCapacity: DesiredCapacity! });
  if (HonorCooldown) honorCooldown(scope, group.id);
  const change = `changing the desired capacity from ${group.desiredCapacity} to ${DesiredCapacity}.  `;
  groups.patch(scope, group.id, {
    desiredCapacity: DesiredCapacity!,
    because: `At ${at(scope)} a user request explicitly set group desired capacity ${change}`,
  });
  return {};
});

export const deleteAutoScalingGroup = operation(DeleteAutoScalingGroup$, (scope, { AutoScalingGroupName, ForceDelete = false }) => {
  const group = requireGroup(scope, AutoScalingGroupName!);
  if (!ForceDelete && members.by(scope, "group", group.id).length > 0)
    fault(
      ResourceInUseFault,
      "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.",
    );
  deleteGroup(scope, group);
  return {};
});

/** Make a group; its loop launches what it wants. */
export function createGroup(scope: Scope, name: string, wish: Wish): Group {
  refuseWhatIsAbsent(wish);
  if (wish.LaunchTemplate === undefined)
    fault(
      "ValidationError",
      "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.",
    );
  const group: Group = {
    id: name,
    arn: scope.arn("autoscaling", `autoScalingGroup:${scope.id.uuid()}:autoScalingGroupName/${name}`),
    minSize: wish.MinSize,
    maxSize: wish.MaxSize,
    desiredCapacity: wish.DesiredCapacity ?? wish.MinSize,
    defaultCooldownSeconds: wish.DefaultCooldown ?? 300,
    template: templateOf(scope, wish.LaunchTemplate),
    ...placeOf(scope, wish),
    targetGroupArns: targetGroupsOf(scope, wish),
    healthCheckType: healthTypeOf(wish.HealthCheckType ?? "EC2"),
    healthCheckGraceSeconds: wish.HealthCheckGracePeriod ?? 0,
    terminationPolicies: policiesOf(wish.TerminationPolicies ?? ["Default"]),
    protectsNew: wish.NewInstancesProtectedFromScaleIn ?? false,
    suspended: [],
    tags: tagsOfGroup(wish.Tags),
    serviceLinkedRoleArn:
      wish.ServiceLinkedRoleARN ??
      `arn:aws:iam::${scope.account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
    createdAt: scope.clock.now(),
  };
  checkSizes(group);
  for (const hook of wish.LifecycleHookSpecificationList ?? []) putHook(scope, name, hook);
  return groups.put(scope, group);
}

export function updateGroup(scope: Scope, group: Group, wish: Wish): Group {
  refuseWhatIsAbsent(wish);
  const sizes = { minSize: wish.MinSize ?? group.minSize, maxSize: wish.MaxSize ?? group.maxSize };
  // A desired capacity that no longer fits is moved to where it does.
  const desiredCapacity = wish.DesiredCapacity ?? Math.min(Math.max(group.desiredCapacity, sizes.minSize), sizes.maxSize);
  const next: Group = {
    ...group,
    ...sizes,
    desiredCapacity,
    defaultCooldownSeconds: wish.DefaultCooldown ?? group.defaultCooldownSeconds,
    template: wish.LaunchTemplate === undefined ? group.template : templateOf(scope, wish.LaunchTemplate),
    ...(wish.VPCZoneIdentifier === undefined && wish.AvailabilityZones === undefined ? {} : placeOf(scope, wish)),
    healthCheckType: healthTypeOf(wish.HealthCheckType ?? group.healthCheckType),
    healthCheckGraceSeconds: wish.HealthCheckGracePeriod ?? group.healthCheckGraceSeconds,
    terminationPolicies: wish.TerminationPolicies === undefined ? group.terminationPolicies : policiesOf(wish.TerminationPolicies),
    protectsNew: wish.NewInstancesProtectedFromScaleIn ?? group.protectsNew,
  };
  checkSizes(next);
  return groups.put(scope, next);
}

/** Its loop ends its instances, and then it goes. */
export const deleteGroup = (scope: Scope, group: Group): void =>
  void groups.patch(scope, group.id, { isDeleting: true, rolling: undefined, minSize: 0, maxSize: 0, desiredCapacity: 0 });

export function setRolling(scope: Scope, { id }: Group, change: Partial<NonNullable<Group["rolling"]>>): void {
  const { rolling } = groups.get(scope, id)!;
  const next = { surge: 0, ...rolling, ...change };
  if (rolling === undefined || rolling.surge !== next.surge || rolling.template !== next.template)
    groups.patch(scope, id, { rolling: next });
}

/** A launch has failed, or an instance did not come up. */
export const retryLater = (scope: Scope, { id }: Group): void => void groups.patch(scope, id, { retryAt: scope.clock.now() + RETRY_MS });

export const requireGroup = (scope: Scope, name: string): Group =>
  groups.get(scope, name) ?? fault("ValidationError", `AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);

export const invalidToken = (): never => fault("InvalidNextToken", "The NextToken value is not valid.");

export const notImplemented = (what: string): never => fault("NotImplemented", `${what} is not implemented by Slipway.`, 501);

function refuseWhatIsAbsent(wish: Wish): void {
  for (const name of [
    "LaunchConfigurationName",
    "MixedInstancesPolicy",
    "InstanceId",
    "PlacementGroup",
    "CapacityReservationSpecification",
  ] as const)
    if (wish[name] !== undefined) notImplemented(`${name} of an Auto Scaling group`);
  for (const name of ["CapacityRebalance", "MaxInstanceLifetime", "InstanceMaintenancePolicy", "DefaultInstanceWarmup"] as const)
    if (wish[name] !== undefined && wish[name] !== false && wish[name] !== 0) notImplemented(`${name} of an Auto Scaling group`);
  if (wish.LoadBalancerNames?.length > 0) notImplemented("A classic load balancer of an Auto Scaling group");
}

function checkSizes({ minSize, maxSize, desiredCapacity }: Pick<Group, "minSize" | "maxSize" | "desiredCapacity">): void {
  if (maxSize < minSize) fault("ValidationError", "Max bound cannot be less than min bound");
  if (desiredCapacity < minSize)
    fault("ValidationError", `New SetDesiredCapacity value ${desiredCapacity} is below min value ${minSize} for the AutoScalingGroup.`);
  if (desiredCapacity > maxSize)
    fault("ValidationError", `New SetDesiredCapacity value ${desiredCapacity} is above max value ${maxSize} for the AutoScalingGroup.`);
}

export function templateOf(scope: Scope, specification: LaunchTemplateSpecification): Group["template"] {
  const { LaunchTemplateId, LaunchTemplateName, Version } = specification;
  if ((LaunchTemplateId === undefined) === (LaunchTemplateName === undefined))
    fault("ValidationError", "Valid requests must contain either launchTemplateId or LaunchTemplateName");
  try {
    const { id, name } = launchTemplateOf(scope, specification as never);
    return { id, name, ...(Version !== undefined && { version: Version }) };
  } catch (error) {
    if (!isFault(error)) throw error;
    return fault("ValidationError", `You must use a valid fully-formed launch template. ${error.message}`);
  }
}

function placeOf(scope: Scope, { VPCZoneIdentifier, AvailabilityZones }: Wish): Pick<Group, "subnetIds" | "byZones"> {
  const named: string[] = (Array.isArray(VPCZoneIdentifier) ? VPCZoneIdentifier : (VPCZoneIdentifier ?? "").split(","))
    .map((id: string) => id.trim())
    .filter(Boolean);
  for (const id of named) if (subnetOf(scope, id) === undefined) fault("ValidationError", `The subnet ID '${id}' does not exist`);
  if (named.length > 0) return { subnetIds: named, byZones: false };
  if (AvailabilityZones === undefined || AvailabilityZones.length === 0)
    fault("ValidationError", "At least one Availability Zone or VPC Subnet is required.");
  const subnets = defaultSubnets(scope).filter(({ zone }) => AvailabilityZones.includes(zone));
  return { subnetIds: subnets.map(({ id }) => id), byZones: true };
}

function targetGroupsOf(scope: Scope, { TargetGroupARNs = [], TrafficSources = [] }: Wish): string[] {
  const arns = [...TargetGroupARNs, ...TrafficSources.map(({ Identifier }: { Identifier: string }) => Identifier)];
  for (const arn of arns) requireTargetGroup(scope, arn);
  return arns;
}

export const requireTargetGroup = (scope: Scope, arn: string): string =>
  targetGroupOf(scope, arn)?.arn ??
  fault("ValidationError", `Provided Target Groups may not be valid. Please ensure they exist and try again.`);

function healthTypeOf(type: string): Group["healthCheckType"] {
  if (type !== "EC2" && type !== "ELB") notImplemented(`The health check type ${type}`);
  return type as Group["healthCheckType"];
}

function policiesOf(policies: readonly string[]): readonly string[] {
  const unknown = policies.find((policy) => !POLICIES.includes(policy));
  if (unknown !== undefined) notImplemented(`The termination policy ${unknown}`);
  return policies;
}

const hasTag = (tags: readonly GroupTag[], { Name = "", Values = [] }: Filter): boolean =>
  Name.startsWith("tag:")
    ? tags.some(({ key, value }) => key === Name.slice(4) && Values.includes(value))
    : Name === "tag-key"
      ? tags.some(({ key }) => Values.includes(key))
      : tags.some(({ value }) => Values.includes(value));

const shown = (scope: Scope, group: Group): Shape => ({
  AutoScalingGroupName: group.id,
  AutoScalingGroupARN: group.arn,
  LaunchTemplate: {
    LaunchTemplateId: group.template.id,
    LaunchTemplateName: group.template.name,
    Version: group.template.version ?? "$Default",
  },
  MinSize: group.minSize,
  MaxSize: group.maxSize,
  DesiredCapacity: group.desiredCapacity,
  DefaultCooldown: group.defaultCooldownSeconds,
  AvailabilityZones: [...new Set(group.subnetIds.map((id) => subnetOf(scope, id)?.zone ?? ""))],
  VPCZoneIdentifier: group.byZones ? "" : group.subnetIds.join(","),
  LoadBalancerNames: [],
  TargetGroupARNs: [...group.targetGroupArns],
  TrafficSources: group.targetGroupArns.map((Identifier) => ({ Identifier, Type: "elbv2" })),
  HealthCheckType: group.healthCheckType,
  HealthCheckGracePeriod: group.healthCheckGraceSeconds,
  Instances: members.by(scope, "group", group.id).map(shownMember),
  CreatedTime: new Date(group.createdAt),
  SuspendedProcesses: group.suspended.map((ProcessName) => ({ ProcessName, SuspensionReason: "User suspended" })),
  EnabledMetrics: [],
  Tags: group.tags.map((tag) => shownTag(group.id, tag)),
  TerminationPolicies: [...group.terminationPolicies],
  NewInstancesProtectedFromScaleIn: group.protectsNew,
  ServiceLinkedRoleARN: group.serviceLinkedRoleArn,
  ...(group.isDeleting && { Status: "Delete in progress" }),
});

/** The hooks, the policies and the refreshes go with their group. */
export function forgetGroup(scope: Scope, group: Group): void {
  for (const hook of hooks.list(scope, `${group.id}:`)) hooks.remove(scope, hook.id);
  if (rollingUpdates.get(scope, group.id) !== undefined) rollingUpdates.remove(scope, group.id);
  for (const policy of policies.list(scope, `${group.id}:`)) policies.remove(scope, policy.id);
  for (const refresh of refreshes.list(scope, `${group.id}:`)) refreshes.remove(scope, refresh.id);
  groups.remove(scope, group.id);
}
