import { expect, test } from "vitest";
import { adjusted, stepOf } from "./adjustment.ts";

test.each([
  ["ChangeInCapacity", 10, 3, 0, 13],
  ["ChangeInCapacity", 10, -4, 0, 6],
  ["ExactCapacity", 10, 5, 0, 5],
  ["PercentChangeInCapacity", 10, 12, 0, 11],
  ["PercentChangeInCapacity", 10, 5, 0, 11],
  ["PercentChangeInCapacity", 10, -5, 0, 9],
  ["PercentChangeInCapacity", 10, -19, 0, 9],
  ["PercentChangeInCapacity", 4, 25, 2, 6],
] as const)("%s of %i by %i, at least %i", (type, capacity, by, minMagnitude, result) => {
  expect(adjusted(capacity, { type, by, minMagnitude })).toBe(result);
});

test("a step includes the bound that is nearer to the threshold", () => {
  const up = [
    { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10, ScalingAdjustment: 1 },
    { MetricIntervalLowerBound: 10, ScalingAdjustment: 2 },
  ];
  expect([0, 9, 10, 50].map((over) => stepOf(up, over))).toEqual([1, 1, 2, 2]);
  const down = [
    { MetricIntervalLowerBound: -10, MetricIntervalUpperBound: 0, ScalingAdjustment: -1 },
    { MetricIntervalUpperBound: -10, ScalingAdjustment: -2 },
  ];
  expect([-1, -9, -10, -50].map((over) => stepOf(down, over))).toEqual([-1, -1, -2, -2]);
  expect(stepOf(down, 5)).toBeUndefined();
});
