import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { DeleteFunctionConcurrency$, GetFunctionConcurrency$, PutFunctionConcurrency$ } from "../../sdk/lambda.js";
import { functions, requireFunction } from "./function.ts";
import { invalid } from "./refusal.ts";

/** Invocations at once in an account and region; so many of them cannot be reserved. */
export const ACCOUNT_CONCURRENCY = 1000;
const UNRESERVED_MIN = 100;

export const putFunctionConcurrency = operation(PutFunctionConcurrency$, (scope, { FunctionName, ReservedConcurrentExecutions }) => {
  const { fn, scope: home } = requireFunction(scope, FunctionName!);
  reserveConcurrency(home, fn.id, ReservedConcurrentExecutions!);
  return { ReservedConcurrentExecutions };
});

export const getFunctionConcurrency = operation(GetFunctionConcurrency$, (scope, { FunctionName }) => {
  const { reservedConcurrency } = requireFunction(scope, FunctionName!).fn;
  return reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: reservedConcurrency };
});

export const deleteFunctionConcurrency = operation(DeleteFunctionConcurrency$, (scope, { FunctionName }) => {
  const { fn, scope: home } = requireFunction(scope, FunctionName!);
  functions.patch(home, fn.id, { reservedConcurrency: undefined });
  return {};
});

/** Keep so many concurrent invocations for the function, and hold it to them. */
export function reserveConcurrency(scope: Scope, functionName: string, reserved: number): void {
  if (unreservedConcurrency(scope, functionName) - reserved < UNRESERVED_MIN) {
    invalid(
      `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${UNRESERVED_MIN}].`,
    );
  }
  functions.patch(scope, functionName, { reservedConcurrency: reserved });
}

/** What the functions without a reservation share, not counting one function's. */
export const unreservedConcurrency = (scope: Scope, except?: string): number =>
  functions
    .list(scope)
    .reduce((left, { id, reservedConcurrency = 0 }) => (id === except ? left : left - reservedConcurrency), ACCOUNT_CONCURRENCY);
