import { service } from "../../kernel/service.ts";
import { activities, describeScalingActivities } from "./activity.ts";
import { groupLoop } from "./group.loop.ts";
import * as group from "./group.ts";
import * as kinds from "./kinds.ts";
import * as hook from "./lifecycle-hook.ts";
import { memberLoop } from "./member.loop.ts";
import * as member from "./member.ts";
import { policyLoop } from "./policy.loop.ts";
import * as policy from "./policy.ts";
import { resumeProcesses, suspendProcesses } from "./process.ts";
import { refreshLoop } from "./refresh.loop.ts";
import * as refresh from "./refresh.ts";
import { resources } from "./resources.ts";
import { rollingUpdates } from "./rolling-update.ts";
import * as tag from "./tag.ts";
import * as target from "./target-group.ts";

export const autoScaling = service({
  name: "auto-scaling",
  operations: [
    group.createAutoScalingGroup,
    group.deleteAutoScalingGroup,
    group.describeAutoScalingGroups,
    group.setDesiredCapacity,
    group.updateAutoScalingGroup,
    member.attachInstances,
    member.describeAutoScalingInstances,
    member.detachInstances,
    member.enterStandby,
    member.exitStandby,
    member.setInstanceHealth,
    member.setInstanceProtection,
    member.terminateInstanceInAutoScalingGroup,
    hook.completeLifecycleAction,
    hook.deleteLifecycleHook,
    hook.describeLifecycleHooks,
    hook.putLifecycleHook,
    hook.recordLifecycleActionHeartbeat,
    policy.deletePolicy,
    policy.describePolicies,
    policy.executePolicy,
    policy.putScalingPolicy,
    refresh.cancelInstanceRefresh,
    refresh.describeInstanceRefreshes,
    refresh.rollbackInstanceRefresh,
    refresh.startInstanceRefresh,
    kinds.describeAccountLimits,
    kinds.describeAdjustmentTypes,
    kinds.describeLifecycleHookTypes,
    kinds.describeScalingProcessTypes,
    kinds.describeTerminationPolicyTypes,
    resumeProcesses,
    suspendProcesses,
    describeScalingActivities,
    target.attachLoadBalancerTargetGroups,
    target.attachTrafficSources,
    target.describeLoadBalancerTargetGroups,
    target.describeTrafficSources,
    target.detachLoadBalancerTargetGroups,
    target.detachTrafficSources,
    tag.createOrUpdateTags,
    tag.deleteTags,
    tag.describeTags,
  ],
  tables: [group.groups, member.members, hook.hooks, hook.lifecycleActions, policy.policies, refresh.refreshes, rollingUpdates, activities],
  loops: [groupLoop, memberLoop, policyLoop, refreshLoop],
  targets: [policy.policyTarget],
  resources,
});
