import { fault } from "../../kernel/fault.ts";
import type { StackSetOperationPreferences, StackSetOperationResultStatus } from "../../sdk/cloudformation.js";

/** What is wanted of the order and the pace of an operation, as a caller says it. */
export type Preferences = Readonly<Omit<StackSetOperationPreferences, "RegionOrder">> & { readonly RegionOrder?: readonly string[] };

/** One account in one region, as far as the pace of an operation goes. */
export interface Paced {
  readonly region: string;
  readonly status: StackSetOperationResultStatus;
}

/** What an operation does next. */
export interface NextSteps<T> {
  readonly start: readonly T[];
  /** Never to be started, for too much has failed. */
  readonly cancel: readonly T[];
  readonly over: boolean;
  /** Whether more has failed in some region than is tolerated. */
  readonly failed: boolean;
}

const refuse = (message: string): never => fault("ValidationError", message);

/** Refuses what says two things at once. */
export function checkPreferences(preferences: Preferences, regions: readonly string[]): void {
  const { FailureToleranceCount, FailureTolerancePercentage, MaxConcurrentCount, MaxConcurrentPercentage, RegionOrder } = preferences;
  if (FailureToleranceCount !== undefined && FailureTolerancePercentage !== undefined)
    refuse("You can specify either FailureToleranceCount or FailureTolerancePercentage, but not both");
  if (MaxConcurrentCount !== undefined && MaxConcurrentPercentage !== undefined)
    refuse("You can specify either MaxConcurrentCount or MaxConcurrentPercentage, but not both");
  const strange = (RegionOrder ?? []).filter((region) => !regions.includes(region));
  if (strange.length > 0) refuse(`RegionOrder contains regions that are not part of the operation: [${strange.join(", ")}]`);
}

/** The regions in the order in which they are gone through: those that RegionOrder names come first. */
export const regionOrder = ({ RegionOrder = [] }: Preferences, regions: readonly string[]): string[] => [
  ...RegionOrder.filter((region) => regions.includes(region)),
  ...regions.filter((region) => !RegionOrder.includes(region)),
];

/** How many accounts of a region may fail. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stackset-ops-options.html */
export const tolerance = ({ FailureToleranceCount, FailureTolerancePercentage }: Preferences, accounts: number): number =>
  FailureToleranceCount ?? Math.floor(((FailureTolerancePercentage ?? 0) * accounts) / 100);

/**
 * How many accounts of a region may be worked on at once, once so many have failed.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/concurrency-mode.html
 */
export function concurrency(preferences: Preferences, accounts: number, failed: number): number {
  const { MaxConcurrentCount, MaxConcurrentPercentage, ConcurrencyMode } = preferences;
  const most = MaxConcurrentCount ?? Math.max(1, Math.floor(((MaxConcurrentPercentage ?? 0) * accounts) / 100));
  if (ConcurrencyMode === "SOFT_FAILURE_TOLERANCE") return most;
  return Math.max(0, Math.min(most, tolerance(preferences, accounts) + 1 - failed));
}

/** What to begin and what to give up, as things stand. */
export function nextSteps<T extends Paced>(preferences: Preferences, regions: readonly string[], all: readonly T[]): NextSteps<T> {
  const start: T[] = [];
  const cancel: T[] = [];
  let failed = false;
  let waiting = false;
  let open = false;
  const parallel = preferences.RegionConcurrencyType === "PARALLEL";
  for (const region of regions) {
    const here = all.filter((one) => one.region === region);
    const inState = (status: Paced["status"]): T[] => here.filter((one) => one.status === status);
    const failures = inState("FAILED").length;
    const pending = inState("PENDING");
    const running = inState("RUNNING").length;
    const exceeded = failures > tolerance(preferences, here.length);
    // A region after one that was stopped is not attempted, unless all are gone through at once.
    const isOver = exceeded || (failed && !parallel);
    if (isOver) cancel.push(...pending);
    else if (!waiting) start.push(...pending.slice(0, Math.max(0, concurrency(preferences, here.length, failures) - running)));
    failed ||= exceeded;
    const goesOn = running > 0 || (pending.length > 0 && !isOver);
    open ||= goesOn;
    waiting ||= goesOn && !parallel;
  }
  return { start, cancel, over: !open, failed };
}
