import { expect } from "vitest";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** Why it should have come so: a text or a pattern that one of AWS's sentences has. */
export interface Because {
  readonly because?: string | RegExp;
}

interface OutcomeMatchers<R = unknown> {
  /** It went well. */
  toHaveSucceeded(): R;
  /** It failed, or was stopped, and nothing was put back. */
  toHaveFailed(cause?: Because): R;
  /** What was there before is there again. */
  toHaveRolledBack(cause?: Because): R;
  /** AWS's own word for how it stands. */
  toBeInState(state: string): R;
}

declare module "vitest" {
  interface Matchers<T = any> extends OutcomeMatchers<T> {}
}

/**
 * Importing this teaches vitest's `expect` how deployments, stacks, pipeline executions and builds end. They take what AWS
 * answers of GetDeployment, DescribeStacks, DescribeStackEvents, GetPipelineExecution, ListActionExecutions, BatchGetBuilds.
 */
expect.extend({
  toHaveSucceeded: (received: unknown) => compare(outcomeOf(received), "succeeded"),
  toHaveFailed: (received: unknown, cause?: Because) => compare(outcomeOf(received), "failed", cause),
  toHaveRolledBack: (received: unknown, cause?: Because) => compare(outcomeOf(received), "rolled back", cause),
  toBeInState(received: unknown, state: string) {
    const outcome = outcomeOf(received);
    return verdict(outcome.state === state, outcome, `to be ${state}`);
  },
});

function compare(outcome: Outcome, ended: Outcome["ended"], { because }: Because = {}) {
  const isCause = (reason: string): boolean => (typeof because === "string" ? reason.includes(because) : because!.test(reason));
  const pass = outcome.ended === ended && (because === undefined || outcome.reasons.some(isCause));
  return verdict(pass, outcome, `to have ${ended}${because === undefined ? "" : ` because of ${because}`}`);
}

const verdict = (pass: boolean, { what, state, reasons }: Outcome, wanted: string) => ({
  pass,
  message: () => [`expected ${what} ${pass ? "not " : ""}${wanted}; it is ${state}`, ...reasons.map((reason) => `  ${reason}`)].join("\n"),
});
