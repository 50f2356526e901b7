import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type Annotation,
  GetHookResult$,
  HookResultNotFoundException,
  type HookStatus,
  type HookTargetAction,
  ListHookResults$,
} from "../../sdk/cloudformation.js";
import type { TargetOperation } from "./hook-configuration.ts";

/** One question to a hook and what came of it. */
export interface HookResult extends Row {
  readonly typeName: string;
  readonly originalTypeName: string;
  readonly typeArn: string;
  readonly versionId: string;
  readonly configurationVersion: string;
  readonly failureMode: "FAIL" | "WARN";
  readonly status: HookStatus;
  readonly reason?: string;
  readonly invokedAt: number;
  readonly endedAt?: number;
  readonly operation: TargetOperation;
  /** The ARN of the stack or change set, or the token of the request, for which it was asked. */
  readonly executionTarget: string;
  readonly targetName: string;
  readonly targetId: string;
  readonly action: HookTargetAction;
  readonly annotations?: readonly Annotation[];
  /** Of a blob with what is too long to be in a request: the template of a stack. */
  readonly payload?: string;
  readonly skipsStack?: boolean;
}

export const hookResults = new Table<HookResult>("cloudformation/hook-result", {
  indexes: { executionTarget: ({ executionTarget }) => executionTarget, type: ({ typeArn }) => typeArn },
});

const summary = (row: HookResult) => ({
  HookResultId: row.id,
  InvocationPoint: "PRE_PROVISION" as const,
  FailureMode: row.failureMode,
  TypeName: row.typeName,
  TypeVersionId: row.versionId,
  TypeConfigurationVersionId: row.configurationVersion,
  TypeArn: row.typeArn,
  Status: row.status,
  ...(row.reason !== undefined && { HookStatusReason: row.reason.slice(0, 1024) }),
});

const notFound = (message: string): never => fault(HookResultNotFoundException, message);

export const getHookResult = operation(GetHookResult$, (scope, { HookResultId }) => {
  const row = hookResults.get(scope, HookResultId ?? "") ?? notFound(`Hook result with id ${HookResultId} was not found.`);
  return {
    ...summary(row),
    OriginalTypeName: row.originalTypeName,
    InvokedAt: new Date(row.invokedAt),
    // The API tells of resources only.
    ...((row.operation === "RESOURCE" || row.operation === "CLOUD_CONTROL") && {
      Target: { TargetType: "RESOURCE" as const, TargetTypeName: row.targetName, TargetId: row.targetId, Action: row.action },
    }),
    ...(row.annotations && { Annotations: row.annotations.map((one) => ({ ...one })) }),
  };
});

const LISTED_MAX = 100;

export const listHookResults = operation(ListHookResults$, (scope, { TargetType, TargetId, TypeArn, Status, NextToken }) => {
  if ((TargetType === undefined) !== (TargetId === undefined))
    fault("ValidationError", "TargetType and TargetId must be specified together.");
  if (Status !== undefined && TypeArn === undefined) fault("ValidationError", "Status can only be used in combination with TypeArn.");
  const found = rowsFor(scope, TargetId, TypeArn).filter(
    (row) => (Status === undefined || row.status === Status) && (TargetType === undefined || row.operation === TargetType),
  );
  if (TargetId !== undefined && found.length === 0) notFound(`No hook results were found for target ${TargetId}.`);
  const sorted = [...found].sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
  const invalid = (): never => fault("ValidationError", "Invalid NextToken");
  const { items, nextToken } = page(sorted, orderOf, LISTED_MAX, NextToken, invalid);
  return {
    ...(TargetType !== undefined && { TargetType, TargetId }),
    HookResults: items.map((row) => ({
      ...summary(row),
      ...(TargetId === undefined && {
        InvokedAt: new Date(row.invokedAt),
        TargetType: row.operation,
        TargetId: row.operation === "RESOURCE" ? row.targetId : row.executionTarget,
        HookExecutionTarget: row.executionTarget,
      }),
    })),
    ...(nextToken && { NextToken: nextToken }),
  };
});

const rowsFor = (scope: Scope, target: string | undefined, type: string | undefined): HookResult[] =>
  target !== undefined
    ? hookResults.by(scope, "executionTarget", target)
    : type !== undefined
      ? hookResults.by(scope, "type", type)
      : hookResults.list(scope);

/** The newest first. */
const orderOf = ({ invokedAt, id }: HookResult): string => `${String(Number.MAX_SAFE_INTEGER - invokedAt).padStart(16, "0")} ${id}`;
