import type { Scope } from "../../kernel/scope.ts";
import { endOperation, type StackSetOperation } from "./stack-set-operation.ts";
import { cancelResult, resultsOf, runResult } from "./stack-set-operation-result.ts";
import { nextSteps } from "./stack-set-preferences.ts";

const EXCEEDED = "Cancelled since failure tolerance has exceeded";
export const STOPPED = "Cancelled since the operation was stopped";

/**
 * Begin what the operation does next, give up what it never will, and end it when all is done. It is called whenever that may
 * have changed, in the same commit, so that an operation on thousands of instances needs no turn of its own for each.
 */
export function advanceOperation(owner: Scope, row: StackSetOperation): void {
  const results = resultsOf(owner, row);
  if (row.status === "STOPPING") {
    for (const result of results) if (result.status === "PENDING") cancelResult(owner, result, STOPPED);
    if (!results.some(({ status }) => status === "RUNNING")) endOperation(owner, row, "STOPPED");
    return;
  }
  const { start, cancel, over, failed } = nextSteps(row.preferences, row.regions, results);
  for (const result of cancel) cancelResult(owner, result, EXCEEDED);
  for (const result of start) runResult(owner, result);
  if (over) endOperation(owner, row, failed ? "FAILED" : "SUCCEEDED");
}
