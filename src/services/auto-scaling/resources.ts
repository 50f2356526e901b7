import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags } from "../../kernel/tag.ts";
import { subnetOf } from "../ec2/api.ts";
import { createGroup, deleteGroup, type Group, groups, updateGroup } from "./group.ts";
import { type Hook, hooks, putHook, removeHook } from "./lifecycle-hook.ts";
import { absentIn, beginRollingUpdate, endRollingUpdate, isRolling, type RollingPolicy, rollOn } from "./rolling-update.ts";
import type { GroupTag } from "./tag.ts";
import { attach, detach } from "./target-group.ts";

type Properties = Readonly<Record<string, any>>;

const HOOKS = "LifecycleHookSpecificationList";

const number = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value));

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-autoscaling-autoscalinggroup.html; its id is its name. */
const groupResource: ResourceType<Properties> = {
  type: "AWS::AutoScaling::AutoScalingGroup",
  ensure: (scope, declared, id, { generatedName, tags, token, previous = {}, updatePolicy = {} }) =>
    attempt(
      scope,
      () => {
        const rolling: RollingPolicy | undefined = updatePolicy["AutoScalingRollingUpdate"];
        const absent = absentPolicy(updatePolicy);
        if (absent !== undefined)
          return { state: "failed", reason: `Slipway does not implement the update policy ${absent}`, ...(id && { id }) };
        if (id !== undefined && isRolling(scope, id, token)) return rollOn(scope, id);
        const name: string = id ?? declared["AutoScalingGroupName"] ?? generatedName;
        const known = groups.get(scope, name);
        if (id === undefined && known !== undefined) return alreadyExists("AWS::AutoScaling::AutoScalingGroup", name);
        const isKept = String(updatePolicy["AutoScalingScheduledAction"]?.IgnoreUnmodifiedGroupSizeProperties) === "true";
        const wish = wishOf(isKept && known !== undefined ? withoutSame(declared, previous) : declared);
        const group = known === undefined ? createGroup(scope, name, wish) : updateGroup(scope, known, wish);
        const arns: string[] = [
          ...(declared["TargetGroupARNs"] ?? []),
          ...(declared["TrafficSources"] ?? []).map(({ Identifier }: Properties) => Identifier),
        ];
        attach(
          scope,
          group,
          arns.filter((arn) => !group.targetGroupArns.includes(arn)),
        );
        detach(
          scope,
          groups.get(scope, name)!,
          group.targetGroupArns.filter((arn) => !arns.includes(arn)),
        );
        const stackTags = Object.entries(allTags(tags, [])).map(([key, value]) => ({ key, value, propagates: true }));
        const own = tagsOf(declared["Tags"]);
        const isOverridden = ({ key }: GroupTag): boolean => own.some((tag) => tag.key === key);
        groups.patch(scope, name, {
          tags: [...stackTags.filter((tag) => !isOverridden(tag)), ...own],
          declaredAs: {
            templateByName: declared["LaunchTemplate"]?.LaunchTemplateName !== undefined,
            sources: declared["TrafficSources"] !== undefined,
            zones: declared["VPCZoneIdentifier"] === undefined,
          },
        });
        settleHooks(scope, name, declared[HOOKS] ?? [], previous[HOOKS] ?? []);
        // One that was called off, or failed, may have another update's policy, or none.
        endRollingUpdate(scope, name);
        if (rolling === undefined || id === undefined) return name;
        return beginRollingUpdate(scope, groups.get(scope, name)!, rolling, token) ?? rollOn(scope, name);
      },
      id,
    ),
  read(scope, id) {
    const group = groups.get(scope, id);
    return group === undefined || group.isDeleting ? undefined : live(scope, group);
  },
  remove(scope, id) {
    const group = groups.get(scope, id);
    if (group === undefined) return { state: "done", id };
    if (!group.isDeleting) deleteGroup(scope, group);
    return { state: "busy", id, because: "its instances are being terminated" };
  },
  list: (scope) => groups.list(scope).flatMap(({ id, isDeleting }) => (isDeleting ? [] : [id])),
  absent: {
    AvailabilityZoneDistribution: ["balanced-best-effort"],
    AvailabilityZoneIds: [],
    AvailabilityZoneImpairmentPolicy: [],
    CapacityRebalance: [false],
    CapacityReservationSpecification: [],
    Context: [],
    DefaultInstanceWarmup: [],
    DeletionProtection: ["none"],
    DesiredCapacityType: ["units"],
    InstanceId: [],
    InstanceLifecyclePolicy: [],
    InstanceMaintenancePolicy: [],
    LaunchConfigurationName: [],
    LoadBalancerNames: [],
    MaxInstanceLifetime: [0],
    MetricsCollection: [],
    MixedInstancesPolicy: [],
    NotificationConfiguration: [],
    NotificationConfigurations: [],
    PlacementGroup: [],
    SkipZonalShiftValidation: [false],
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-autoscaling-lifecyclehook.html; its id is group|hook. */
const hookResource: ResourceType<Properties> = {
  type: "AWS::AutoScaling::LifecycleHook",
  ensure: (scope, declared, id, { generatedName }) =>
    attempt(scope, () => {
      const [groupName, name] = id?.split("|") ?? [declared["AutoScalingGroupName"], declared["LifecycleHookName"] ?? generatedName];
      if (id === undefined && hooks.get(scope, `${groupName}:${name}`) !== undefined)
        return alreadyExists("AWS::AutoScaling::LifecycleHook", `${groupName}|${name}`);
      // What is no longer declared is as it is by default.
      hooks.remove(scope, `${groupName}:${name}`);
      putHook(scope, groupName, { ...declared, LifecycleHookName: name, HeartbeatTimeout: number(declared["HeartbeatTimeout"]) });
      return `${groupName}|${name}`;
    }),
  read(scope, id) {
    const hook = hooks.get(scope, id.replace("|", ":"));
    return hook && present({ AutoScalingGroupName: hook.groupName, ...shownHook(hook) });
  },
  remove(scope, id) {
    const [groupName, name] = id.split("|") as [string, string];
    if (hooks.get(scope, `${groupName}:${name}`) !== undefined) removeHook(scope, groupName, name);
    return { state: "done", id };
  },
  ref: (_scope, id) => id.split("|")[1]!,
  list: (scope) => hooks.list(scope).map(({ groupName, name }) => `${groupName}|${name}`),
};

/** The policies that are refused by name. */
function absentPolicy(updatePolicy: Properties): string | undefined {
  if ("AutoScalingReplacingUpdate" in updatePolicy && String(updatePolicy["AutoScalingReplacingUpdate"]?.WillReplace) === "true")
    return "AutoScalingReplacingUpdate";
  const member = absentIn(updatePolicy["AutoScalingRollingUpdate"] ?? {});
  return member === undefined ? undefined : `AutoScalingRollingUpdate with ${member}`;
}

export const resources: readonly ResourceType[] = [groupResource, hookResource];

const tagsOf = (tags: readonly Properties[] = []): GroupTag[] =>
  tags.map(({ Key, Value, PropagateAtLaunch }) => ({ key: Key, value: Value, propagates: String(PropagateAtLaunch) === "true" }));

function wishOf(declared: Properties) {
  return {
    MinSize: number(declared["MinSize"]),
    MaxSize: number(declared["MaxSize"]),
    // Undeclared it stays as scaling left it.
    DesiredCapacity: number(declared["DesiredCapacity"]),
    DefaultCooldown: number(declared["Cooldown"]) ?? 300,
    LaunchTemplate: declared["LaunchTemplate"],
    VPCZoneIdentifier: declared["VPCZoneIdentifier"],
    AvailabilityZones: declared["AvailabilityZones"],
    HealthCheckType: declared["HealthCheckType"] ?? "EC2",
    HealthCheckGracePeriod: number(declared["HealthCheckGracePeriod"]) ?? 0,
    TerminationPolicies: declared["TerminationPolicies"] ?? ["Default"],
    NewInstancesProtectedFromScaleIn: String(declared["NewInstancesProtectedFromScaleIn"]) === "true",
    ServiceLinkedRoleARN: declared["ServiceLinkedRoleARN"],
  };
}

/** Sizes that a template has not changed stay as scaling left them, where its update policy says so. */
function withoutSame(declared: Properties, previous: Properties): Properties {
  const isSame = (name: string): boolean => ["MinSize", "MaxSize", "DesiredCapacity"].includes(name) && declared[name] === previous[name];
  return Object.fromEntries(Object.entries(declared).filter(([name]) => !isSame(name)));
}

/** Those that are resources of their own stay. */
function settleHooks(scope: Scope, groupName: string, wanted: readonly Properties[], before: readonly Properties[]): void {
  const isWanted = ({ LifecycleHookName }: Properties): boolean => wanted.some((hook) => hook["LifecycleHookName"] === LifecycleHookName);
  for (const hook of before) if (!isWanted(hook)) removeHook(scope, groupName, hook["LifecycleHookName"]);
  for (const hook of wanted) {
    hooks.remove(scope, `${groupName}:${hook["LifecycleHookName"]}`);
    const { id } = putHook(scope, groupName, { ...hook, HeartbeatTimeout: number(hook["HeartbeatTimeout"]) });
    hooks.patch(scope, id, { isOfGroup: true });
  }
}

function live(scope: Scope, group: Group): Properties {
  const { template, declaredAs = {}, targetGroupArns } = group;
  const zones = [...new Set(group.subnetIds.flatMap((id) => subnetOf(scope, id)?.zone ?? []))];
  return present({
    AutoScalingGroupName: group.id,
    AutoScalingGroupARN: group.arn,
    MinSize: String(group.minSize),
    MaxSize: String(group.maxSize),
    DesiredCapacity: String(group.desiredCapacity),
    Cooldown: String(group.defaultCooldownSeconds),
    LaunchTemplate: present({
      [declaredAs.templateByName ? "LaunchTemplateName" : "LaunchTemplateId"]: declaredAs.templateByName ? template.name : template.id,
      Version: template.version,
    }),
    ...(declaredAs.zones ? { AvailabilityZones: zones } : { VPCZoneIdentifier: group.subnetIds }),
    ...(declaredAs.sources
      ? { TrafficSources: targetGroupArns.map((Identifier) => ({ Identifier, Type: "elbv2" })) }
      : { TargetGroupARNs: targetGroupArns }),
    HealthCheckType: group.healthCheckType,
    HealthCheckGracePeriod: group.healthCheckGraceSeconds,
    TerminationPolicies: group.terminationPolicies,
    NewInstancesProtectedFromScaleIn: group.protectsNew,
    ServiceLinkedRoleARN: group.serviceLinkedRoleArn,
    LifecycleHookSpecificationList: hooks
      .list(scope, `${group.id}:`)
      .filter(({ isOfGroup }) => isOfGroup)
      .map(shownHook),
    Tags: group.tags.map(({ key, value, propagates }) => ({ Key: key, Value: value, PropagateAtLaunch: propagates })),
  });
}

const shownHook = (hook: Hook): Properties =>
  present({
    LifecycleHookName: hook.name,
    LifecycleTransition: hook.transition,
    HeartbeatTimeout: hook.heartbeatSeconds,
    DefaultResult: hook.defaultResult,
    NotificationMetadata: hook.metadata,
    NotificationTargetARN: hook.targetArn,
    RoleARN: hook.roleArn,
  });
