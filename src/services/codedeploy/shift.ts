import type { DeploymentConfig } from "./config.ts";

/** A share of the traffic, in percent, and how long after the first step it moves, in milliseconds. */
export interface Shift {
  readonly percent: number;
  readonly afterMs: number;
}

const MINUTE_MS = 60_000;

/** The steps by which a configuration moves all of the traffic. */
export function shiftsOf({ traffic }: DeploymentConfig): Shift[] {
  if (traffic?.timeBasedCanary !== undefined) {
    const { canaryPercentage = 10, canaryInterval = 5 } = traffic.timeBasedCanary;
    return [
      { percent: canaryPercentage, afterMs: 0 },
      { percent: 100, afterMs: canaryInterval * MINUTE_MS },
    ];
  }
  if (traffic?.timeBasedLinear !== undefined) {
    const { linearPercentage = 10, linearInterval = 1 } = traffic.timeBasedLinear;
    const steps = Math.ceil(100 / linearPercentage);
    return Array.from({ length: steps }, (_, index) => ({
      percent: Math.min(100, (index + 1) * linearPercentage),
      afterMs: index * linearInterval * MINUTE_MS,
    }));
  }
  return [{ percent: 100, afterMs: 0 }];
}
