import type { Stored } from "../../kernel/json.ts";
import type { StepAdjustment } from "../../sdk/auto-scaling.js";

/** By how much a policy changes a capacity. https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html#as-scaling-adjustment */
export interface Adjustment {
  readonly type: "ChangeInCapacity" | "ExactCapacity" | "PercentChangeInCapacity";
  readonly by: number;
  /** Of a percentage: at least so many instances. */
  readonly minMagnitude: number;
}

export function adjusted(capacity: number, { type, by, minMagnitude }: Adjustment): number {
  switch (type) {
    case "ExactCapacity":
      return by;
    case "ChangeInCapacity":
      return capacity + by;
    case "PercentChangeInCapacity": {
      const change = (capacity * by) / 100;
      // Towards zero, but never to it.
      const whole = Math.abs(change) < 1 ? Math.sign(change) : Math.trunc(change);
      return capacity + Math.sign(by) * Math.max(Math.abs(whole), minMagnitude);
    }
  }
}

/** The adjustment of the step that a breach falls into, by how far the metric is over the threshold, or under it. */
export const stepOf = (steps: readonly Stored<StepAdjustment>[], over: number): number | undefined =>
  steps.find(({ MetricIntervalLowerBound: from = Number.NEGATIVE_INFINITY, MetricIntervalUpperBound: to = Number.POSITIVE_INFINITY }) =>
    over >= 0 ? over >= from && over < to : over > from && over <= to,
  )?.ScalingAdjustment;
