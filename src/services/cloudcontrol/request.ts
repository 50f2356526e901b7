import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CancelResourceRequest$,
  ClientTokenConflictException,
  ConcurrentModificationException,
  ConcurrentOperationException,
  GetResourceRequestStatus$,
  type HandlerErrorCode,
  type HookProgressEvent,
  InvalidRequestException,
  ListResourceRequests$,
  type Operation,
  type OperationStatus,
  type ProgressEvent,
  RequestTokenNotFoundException,
} from "../../sdk/cloudcontrol.js";
import { hookResults, type JsonObject } from "../cloudformation/api.ts";

/** A wish about one resource; its id is its token. */
export interface ResourceRequest extends Row {
  readonly type: string;
  readonly operation: Operation;
  readonly status: OperationStatus;
  /** As far as it is known. */
  readonly identifier?: string;
  readonly desired?: JsonObject;
  /** As it was, of what is to be changed. */
  readonly previous?: JsonObject;
  readonly roleArn?: string;
  readonly clientToken?: string;
  /** What was asked for, by which a repeated call is told from another with the same client token. */
  readonly asked: string;
  readonly startedAt: number;
  readonly changedAt: number;
  /** Whether anything was done yet. */
  readonly begun?: boolean;
  /** The hooks have let it pass. */
  readonly hooked?: boolean;
  /** Whether hooks were asked: their results are found by its token. */
  readonly hasHooks?: boolean;
  /** As it came to be. */
  readonly model?: JsonObject;
  readonly message?: string;
  readonly errorCode?: HandlerErrorCode;
}

export const isOpen = ({ status }: ResourceRequest): boolean => status === "IN_PROGRESS" || status === "CANCEL_IN_PROGRESS";

export const requests = new Table<ResourceRequest>("cloudcontrol/request", {
  indexes: {
    open: (row) => (isOpen(row) && row.identifier !== undefined ? `${row.type} ${row.identifier}` : undefined),
    clientToken: ({ clientToken }) => clientToken,
  },
});

const HOUR = 3_600_000;
const CLIENT_TOKEN_MS = 36 * HOUR;
export const EXPIRES_MS = 7 * 24 * HOUR;

export interface Wish extends Pick<ResourceRequest, "type" | "operation" | "identifier" | "desired" | "previous"> {
  readonly roleArn?: string | undefined;
  readonly clientToken?: string | undefined;
  readonly asked: string;
}

/**
 * The request that had the client token, where it asked for the same.
 * https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations.html#resource-operations-idempotency
 */
export function repeated(scope: Scope, clientToken: string | undefined, asked: string): ResourceRequest | undefined {
  if (clientToken === undefined) return undefined;
  const since = scope.clock.now() - CLIENT_TOKEN_MS;
  const known = requests.by(scope, "clientToken", clientToken).find(({ startedAt }) => startedAt > since);
  if (known !== undefined && known.asked !== asked)
    fault(ClientTokenConflictException, "The specified client token has already been used in another resource request.");
  return known;
}

/** Set out to fulfil a wish. Of one resource at most one is under way. */
export function startRequest(scope: Scope, { roleArn, clientToken, ...wish }: Wish): ResourceRequest {
  const { type, identifier } = wish;
  const other = identifier === undefined ? undefined : requests.by(scope, "open", `${type} ${identifier}`)[0];
  if (other !== undefined)
    fault(
      ConcurrentOperationException,
      `Another resource operation is currently being performed on this resource (RequestToken: ${other.id}).`,
    );
  const now = scope.clock.now();
  return requests.put(scope, {
    id: scope.id.uuid(),
    ...wish,
    ...(roleArn !== undefined && { roleArn }),
    ...(clientToken !== undefined && { clientToken }),
    status: "IN_PROGRESS",
    startedAt: now,
    changedAt: now,
  });
}

export const progressOf = (row: ResourceRequest): ProgressEvent => ({
  TypeName: row.type,
  ...(row.identifier !== undefined && { Identifier: row.identifier }),
  RequestToken: row.id,
  Operation: row.operation,
  OperationStatus: row.status,
  EventTime: new Date(row.changedAt),
  ...((row.model ?? row.desired) && { ResourceModel: JSON.stringify(row.model ?? row.desired) }),
  ...(row.message !== undefined && { StatusMessage: row.message }),
  ...(row.errorCode !== undefined && { ErrorCode: row.errorCode }),
  ...(row.hasHooks && { HookRequestToken: row.id }),
});

const requireRequest = (scope: Scope, token: string): ResourceRequest =>
  requests.get(scope, token) ?? fault(RequestTokenNotFoundException, `Request with token ${token} was not found.`);

export const getResourceRequestStatus = operation(GetResourceRequestStatus$, (scope, { RequestToken }) => ({
  ProgressEvent: progressOf(requireRequest(scope, RequestToken!)),
  ...hooksOf(scope, RequestToken!),
}));

/** What the hooks said that were asked before. */
function hooksOf(scope: Scope, token: string): { HooksProgressEvent?: HookProgressEvent[] } {
  const results = hookResults.by(scope, "executionTarget", token);
  if (results.length === 0) return {};
  return {
    HooksProgressEvent: results.map(({ typeName, typeArn, versionId, status, reason, endedAt, invokedAt, failureMode }) => ({
      HookTypeName: typeName,
      HookTypeVersionId: versionId,
      HookTypeArn: typeArn,
      InvocationPoint: "PRE_PROVISION",
      HookStatus: status,
      HookEventTime: new Date(endedAt ?? invokedAt),
      ...(reason !== undefined && { HookStatusMessage: reason }),
      FailureMode: failureMode,
    })),
  };
}

/** What a handler has done until then stays. */
export const cancelResourceRequest = operation(CancelResourceRequest$, (scope, { RequestToken }) => {
  const row = requireRequest(scope, RequestToken!);
  if (row.status !== "IN_PROGRESS")
    fault(ConcurrentModificationException, `Request with token ${row.id} has the status ${row.status} and can not be cancelled.`);
  return { ProgressEvent: progressOf(requests.patch(scope, row.id, { status: "CANCEL_IN_PROGRESS", changedAt: scope.clock.now() })) };
});

export const listResourceRequests = operation(
  ListResourceRequests$,
  (scope, { MaxResults = 20, NextToken, ResourceRequestStatusFilter: { Operations = [], OperationStatuses = [] } = {} }) => {
    const found = requests
      .list(scope)
      .filter(({ operation: one }) => Operations.length === 0 || Operations.includes(one))
      .filter(({ status }) => OperationStatuses.length === 0 || OperationStatuses.includes(status))
      .sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
    const invalid = (): never => fault(InvalidRequestException, "The NextToken is not valid.");
    const { items, nextToken } = page(found, orderOf, MaxResults, NextToken, invalid);
    return { ResourceRequestStatusSummaries: items.map(progressOf), ...(nextToken && { NextToken: nextToken }) };
  },
);

/** The newest first. */
const orderOf = ({ startedAt, id }: ResourceRequest): string => `${String(Number.MAX_SAFE_INTEGER - startedAt).padStart(16, "0")} ${id}`;
