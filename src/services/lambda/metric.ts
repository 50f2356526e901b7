import type { Scope } from "../../kernel/scope.ts";
import { isAlias } from "./name.ts";

/** Whose metrics: the function, as it was called, and the version that ran, where one did. */
export interface Measured {
  readonly functionName: string;
  readonly qualifier?: string;
  readonly version?: string;
}

type Unit = "Count" | "Milliseconds";

/**
 * Publish what was measured of an invocation, under every set of dimensions that Lambda publishes: of all functions, of
 * the function, of the function as it was called, and, called by an alias, of the version that the alias led to.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
 */
export function measure(scope: Scope, measured: Measured, name: string, value: number, unit: Unit = "Count", at = scope.clock.now()): void {
  for (const dimensions of dimensionSets(measured)) scope.measure({ namespace: "AWS/Lambda", name, dimensions }, { value, unit }, at);
}

function dimensionSets({ functionName, qualifier, version }: Measured): Record<string, string>[] {
  const Resource = qualifier === undefined ? functionName : `${functionName}:${qualifier}`;
  const called = { FunctionName: functionName, Resource };
  const sets = [{}, { FunctionName: functionName }, called];
  return version !== undefined && isAlias(qualifier) ? [...sets, { ...called, ExecutedVersion: version }] : sets;
}
