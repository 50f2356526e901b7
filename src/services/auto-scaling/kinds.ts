import { operation } from "../../kernel/operation.ts";
import {
  DescribeAccountLimits$,
  DescribeAdjustmentTypes$,
  DescribeLifecycleHookTypes$,
  DescribeScalingProcessTypes$,
  DescribeTerminationPolicyTypes$,
} from "../../sdk/auto-scaling.js";
import { groups, POLICIES } from "./group.ts";
import { PROCESSES } from "./process.ts";

// What there is to choose from, as AWS tells it.

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html */
const GROUPS_MAX = 500;
const LAUNCH_CONFIGURATIONS_MAX = 200;

export const describeAdjustmentTypes = operation(DescribeAdjustmentTypes$, () => ({
  AdjustmentTypes: ["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"].map((AdjustmentType) => ({ AdjustmentType })),
}));

export const describeScalingProcessTypes = operation(DescribeScalingProcessTypes$, () => ({
  Processes: PROCESSES.map((ProcessName) => ({ ProcessName })),
}));

export const describeTerminationPolicyTypes = operation(DescribeTerminationPolicyTypes$, () => ({
  TerminationPolicyTypes: [...POLICIES],
}));

export const describeLifecycleHookTypes = operation(DescribeLifecycleHookTypes$, () => ({
  LifecycleHookTypes: ["autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"],
}));

export const describeAccountLimits = operation(DescribeAccountLimits$, (scope) => ({
  MaxNumberOfAutoScalingGroups: GROUPS_MAX,
  MaxNumberOfLaunchConfigurations: LAUNCH_CONFIGURATIONS_MAX,
  NumberOfAutoScalingGroups: groups.list(scope).length,
  NumberOfLaunchConfigurations: 0,
}));
