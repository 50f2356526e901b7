import { describe, expect, test } from "vitest";
import { concurrency, nextSteps, type Preferences, regionOrder, tolerance } from "./stack-set-preferences.ts";

/** Accounts of a region by a letter each: Pending, Running, Succeeded, Failed, Cancelled. */
const STATUSES = { P: "PENDING", R: "RUNNING", S: "SUCCEEDED", F: "FAILED", C: "CANCELLED" } as const;
type Letter = keyof typeof STATUSES;

/** What comes next of regions such as { r1: "SFPP" }, as the place of each account. */
function next(preferences: Preferences, regions: Record<string, string>) {
  const all = Object.entries(regions).flatMap(([region, letters]) =>
    [...letters].map((letter, index) => ({ region, status: STATUSES[letter as Letter], place: `${region}/${index}` })),
  );
  const { start, cancel, over, failed } = nextSteps(preferences, Object.keys(regions), all);
  return { start: start.map(({ place }) => place), cancel: cancel.map(({ place }) => place), over, failed };
}

describe("how many at once", () => {
  test.each<[string, Preferences, number, number, number]>([
    ["one, if nothing is said", {}, 10, 0, 1],
    ["a percentage, rounded down", { MaxConcurrentPercentage: 25, FailureTolerancePercentage: 100 }, 10, 0, 2],
    ["one, where rounding down leaves none", { MaxConcurrentPercentage: 5, FailureTolerancePercentage: 100 }, 10, 0, 1],
    ["at most one more than may fail", { MaxConcurrentCount: 10, FailureToleranceCount: 5 }, 20, 0, 6],
    ["fewer with each failure", { MaxConcurrentCount: 10, FailureToleranceCount: 5 }, 20, 4, 2],
    ["none once too many have failed", { MaxConcurrentCount: 10, FailureToleranceCount: 5 }, 20, 6, 0],
    ["as many as ever, softly", { MaxConcurrentCount: 10, FailureToleranceCount: 5, ConcurrencyMode: "SOFT_FAILURE_TOLERANCE" }, 20, 5, 10],
  ])("%s", (_, preferences, accounts, failed, expected) => {
    expect(concurrency(preferences, accounts, failed)).toBe(expected);
  });

  test("a tolerated percentage is rounded down", () => {
    expect(tolerance({ FailureTolerancePercentage: 20 }, 9)).toBe(1);
    expect(tolerance({ FailureTolerancePercentage: 20 }, 4)).toBe(0);
    expect(tolerance({}, 100)).toBe(0);
  });
});

describe("what comes next", () => {
  test("regions one after the other", () => {
    expect(next({}, { r1: "PP", r2: "P" })).toMatchObject({ start: ["r1/0"], over: false });
    expect(next({}, { r1: "SR", r2: "P" })).toMatchObject({ start: [], over: false });
    expect(next({}, { r1: "SS", r2: "P" })).toMatchObject({ start: ["r2/0"], over: false });
    expect(next({}, { r1: "SS", r2: "S" })).toEqual({ start: [], cancel: [], over: true, failed: false });
  });

  test("regions at once", () => {
    expect(next({ RegionConcurrencyType: "PARALLEL" }, { r1: "PP", r2: "P" })).toMatchObject({ start: ["r1/0", "r2/0"] });
  });

  test("one failure too many ends the region and those after it, when what runs is done", () => {
    expect(next({ FailureToleranceCount: 1, MaxConcurrentCount: 2 }, { r1: "FRP", r2: "P" })).toMatchObject({ start: [], cancel: [] });
    expect(next({ FailureToleranceCount: 1, MaxConcurrentCount: 2 }, { r1: "FSP", r2: "P" })).toMatchObject({
      start: ["r1/2"],
      cancel: [],
    });
    expect(next({ FailureToleranceCount: 1, MaxConcurrentCount: 3 }, { r1: "FFRP", r2: "P" })).toEqual({
      start: [],
      cancel: ["r1/3", "r2/0"],
      over: false,
      failed: true,
    });
    expect(next({}, { r1: "FC", r2: "C" })).toEqual({ start: [], cancel: [], over: true, failed: true });
  });

  test("a region that goes on beside one that failed is not ended", () => {
    expect(next({ RegionConcurrencyType: "PARALLEL" }, { r1: "FP", r2: "SP" })).toEqual({
      start: ["r2/1"],
      cancel: ["r1/1"],
      over: false,
      failed: true,
    });
  });

  test("an operation on nothing is over", () => {
    expect(next({}, {})).toEqual({ start: [], cancel: [], over: true, failed: false });
  });

  test("the order of regions names some, the others follow", () => {
    expect(regionOrder({ RegionOrder: ["c", "a"] }, ["a", "b", "c"])).toEqual(["c", "a", "b"]);
  });
});
