import type { Rest } from "./loop.ts";

/** How one step of a plain list stands: finished, failed for a reason, or waiting for something. */
export type StepOutcome = "done" | { readonly failed: string } | Rest;

export interface Step {
  readonly name: string;
  /** Look at what was done already, do what is missing. Called again on every turn until it is done. */
  readonly observe: () => StepOutcome;
}

export type SequenceOutcome =
  | { readonly state: "done" }
  | { readonly state: "failed"; readonly step: string; readonly reason: string }
  | { readonly state: "waiting"; readonly step: string; readonly rest: Rest };

/** Walk the steps in order as far as they are done. */
export function sequence(steps: Iterable<Step>): SequenceOutcome {
  for (const { name, observe } of steps) {
    const outcome = observe();
    if (outcome === "done") continue;
    if ("failed" in outcome) return { state: "failed", step: name, reason: outcome.failed };
    return { state: "waiting", step: name, rest: outcome };
  }
  return { state: "done" };
}
