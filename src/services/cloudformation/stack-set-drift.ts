import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import {
  DetectStackSetDrift$,
  ListStackInstanceResourceDrifts$,
  OperationNotFoundException,
  type StackInstanceResourceDriftsSummary,
} from "../../sdk/cloudformation.js";
import { describeStackResourceDrifts } from "./drift.ts";
import { ownerOf } from "./organizations-access.ts";
import { findStack } from "./stack.ts";
import { instancesOf, requireInstance } from "./stack-instance.ts";
import { requireStackSet, type StackSetDrift } from "./stack-set.ts";
import { repeated, requireOperation, type StackSetOperation, startOperation } from "./stack-set-operation.ts";
import type { OperationResult } from "./stack-set-operation-result.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-drift.html */
export const detectStackSetDrift = operation(DetectStackSetDrift$, (scope, input) => {
  const owner = ownerOf(scope, input.CallAs);
  const set = requireStackSet(owner, input.StackSetName);
  const again = repeated(owner, set, input.OperationId, input);
  if (again !== undefined) return { OperationId: again };
  const targets = instancesOf(owner, set);
  return { OperationId: startOperation(owner, set, { action: "DETECT_DRIFT", targets, everywhere: true, request: input }) };
});

export const listStackInstanceResourceDrifts = operation(
  ListStackInstanceResourceDrifts$,
  (scope, { StackSetName, StackInstanceAccount, StackInstanceRegion, OperationId, NextToken, MaxResults, ...input }) => {
    const owner = ownerOf(scope, input.CallAs);
    const set = requireStackSet(owner, StackSetName);
    const where = { account: StackInstanceAccount!, region: StackInstanceRegion! };
    const { stackId } = requireInstance(owner, set, where);
    if (requireOperation(owner, set, OperationId!).action !== "DETECT_DRIFT")
      fault(OperationNotFoundException, `Operation ${OperationId} of StackSet ${set.id} did not detect drift`);
    const there = owner.in(where);
    if (stackId === undefined || findStack(there, stackId) === undefined) return { Summaries: [] };
    const statuses = input.StackInstanceResourceDriftStatuses;
    const found = describeStackResourceDrifts.handle(there, {
      StackName: stackId,
      ...(statuses && { StackResourceDriftStatusFilters: statuses }),
      NextToken,
      MaxResults,
    });
    const summaries = (found.StackResourceDrifts ?? []).map(
      ({ ExpectedProperties: _, ActualProperties: __, ModuleInfo: ___, ...summary }): StackInstanceResourceDriftsSummary => summary,
    );
    return { Summaries: summaries, ...(found.NextToken && { NextToken: found.NextToken }) };
  },
);

/** What a search for drift has found so far. */
export function driftOf({ status, createdAt, endedAt }: StackSetOperation, results: readonly OperationResult[]): StackSetDrift {
  const count = (fits: (result: OperationResult) => boolean): number => results.filter(fits).length;
  const drifted = count(({ drift }) => drift === "DRIFTED");
  const inSync = count(({ drift }) => drift === "IN_SYNC");
  const failed = count((result) => result.status === "FAILED" || result.status === "CANCELLED");
  return {
    status: drifted > 0 ? "DRIFTED" : inSync > 0 ? "IN_SYNC" : "NOT_CHECKED",
    detection: detectionOf(status, failed),
    checkedAt: endedAt ?? createdAt,
    total: results.length,
    drifted,
    inSync,
    failed,
  };
}

function detectionOf(status: StackSetOperation["status"], failed: number): StackSetDrift["detection"] {
  switch (status) {
    case "SUCCEEDED":
      return failed > 0 ? "PARTIAL_SUCCESS" : "COMPLETED";
    case "FAILED":
    case "STOPPED":
      return status;
    default:
      return "IN_PROGRESS";
  }
}
