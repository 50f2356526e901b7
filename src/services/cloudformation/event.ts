import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Entry, type Place, Stream } from "../../kernel/stream.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { DescribeStackEvents$, type HookStatus, type ResourceStatus } from "../../sdk/cloudformation.js";
import type { Finding } from "./early-validation.ts";
import type { HookResult } from "./hook-result.ts";
import { arnOf, requireStack, type Stack } from "./stack.ts";

/** Something that happened to a stack or to one of its resources. */
export interface StackEvent {
  readonly id: string;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  /** The declared properties as JSON, of a resource. */
  readonly properties?: string;
  readonly token?: string;
  readonly operationId?: string;
  /** What was found wrong before anything was done, and the change set that it was found in. */
  readonly hook?: HookEvent;
  readonly validation?: { readonly name: string; readonly path: string; readonly changeSetId: string };
}

/** What a hook was asked before something is done, or has said. */
export interface HookEvent {
  readonly id: string;
  readonly type: string;
  readonly status: HookStatus;
  readonly reason?: string;
  readonly failureMode: "FAIL" | "WARN";
}

/** A series per stack, named by the id of its row. */
export const stackEvents = new Stream<StackEvent>("cloudformation/event");

/** When the last event of a stack was; its id is the stack's. */
interface LastEvent extends Row {
  readonly at: number;
}

export const lastEvents = new Table<LastEvent>("cloudformation/last-event");

export const STACK = "AWS::CloudFormation::Stack";
const PAGE_MAX = 100;

/** Say that the stack's status is now this. */
export function tellStack(scope: Scope, stack: Stack, status: string, reason?: string): void {
  const arn = arnOf(scope, stack);
  tell(scope, stack, {
    id: scope.id.uuid(),
    logicalId: stack.name,
    physicalId: arn,
    type: STACK,
    status,
    ...(reason !== undefined && { reason }),
  });
  scope.emit({
    source: "aws.cloudformation",
    detailType: "CloudFormation Stack Status Change",
    resources: [arn],
    detail: {
      "stack-id": arn,
      "status-details": { status, "status-reason": reason ?? "" },
      ...(stack.operation?.token && { "client-request-token": stack.operation.token }),
    },
  });
}

/** Say that a resource's status is now this. */
export function tellResource(
  scope: Scope,
  stack: Stack,
  {
    logicalId,
    physicalId = "",
    type,
    status,
    reason,
    properties,
  }: Partial<StackEvent> & { logicalId: string; type: string; status: ResourceStatus },
): void {
  const arn = arnOf(scope, stack);
  tell(scope, stack, {
    id: `${logicalId}-${scope.id.uuid()}`,
    logicalId,
    physicalId,
    type,
    status,
    ...(reason !== undefined && { reason }),
    ...(properties !== undefined && { properties }),
  });
  scope.emit({
    source: "aws.cloudformation",
    detailType: "CloudFormation Resource Status Change",
    resources: [arn],
    detail: {
      "stack-id": arn,
      "logical-resource-id": logicalId,
      "physical-resource-id": physicalId,
      "status-details": { status, "status-reason": reason ?? "" },
      "resource-type": type,
      ...(stack.operation?.token && { "client-request-token": stack.operation.token }),
    },
  });
}

/** Say what was found wrong with a change set. */
export function tellFinding(
  scope: Scope,
  stack: Stack,
  changeSetId: string,
  { logicalId, physicalId = "", type, name, path, reason }: Finding,
): void {
  const id = `${logicalId}-${scope.id.uuid()}`;
  tell(scope, stack, { id, logicalId, physicalId, type, status: "FAILED", reason, validation: { name, path, changeSetId } });
}

/** Say that a hook is asked about a resource or the stack, or what it has said. */
export function tellHook(
  scope: Scope,
  stack: Stack,
  subject: { readonly logicalId: string; readonly physicalId: string; readonly type: string; readonly status: ResourceStatus },
  { id, typeName, status, reason, failureMode }: HookResult,
): void {
  tell(scope, stack, {
    id: `${subject.logicalId}-${scope.id.uuid()}`,
    ...subject,
    hook: { id, type: typeName, status, failureMode, ...(reason !== undefined && { reason }) },
  });
}

/** The members of an event that tell of a hook. */
export const shownHook = ({ hook }: StackEvent) =>
  hook === undefined
    ? {}
    : {
        HookType: hook.type,
        HookStatus: hook.status,
        HookInvocationPoint: "PRE_PROVISION" as const,
        HookInvocationId: hook.id,
        HookFailureMode: hook.failureMode,
        ...(hook.reason !== undefined && { HookStatusReason: hook.reason }),
      };

export const describeStackEvents = operation(DescribeStackEvents$, (scope, { StackName, NextToken }) => {
  const stack = requireStack(scope, StackName);
  const { entries, nextToken } = newestFirst(scope, stack, NextToken);
  return {
    StackEvents: entries
      .filter(({ value }) => value.validation === undefined)
      .map(({ at, value }) => ({
        StackId: arnOf(scope, stack),
        EventId: value.id,
        StackName: stack.name,
        ...(value.operationId && { OperationId: value.operationId }),
        LogicalResourceId: value.logicalId,
        PhysicalResourceId: value.physicalId,
        ResourceType: value.type,
        Timestamp: new Date(at),
        ResourceStatus: value.status as ResourceStatus,
        ...(value.reason !== undefined && { ResourceStatusReason: value.reason }),
        ...(value.properties !== undefined && { ResourceProperties: value.properties }),
        ...(value.token !== undefined && { ClientRequestToken: value.token }),
        ...shownHook(value),
      })),
    ...(nextToken && { NextToken: nextToken }),
  };
});

function tell(scope: Scope, stack: Stack, event: StackEvent): void {
  const { operation: op } = stack;
  // No two events of a stack are of one millisecond: clients sort by it.
  const now = Math.max(scope.clock.now(), (lastEvents.get(scope, stack.id)?.at ?? 0) + 1);
  lastEvents.put(scope, { id: stack.id, at: now });
  const told: StackEvent = { ...event, ...(op?.token && { token: op.token }), ...(op && { operationId: op.id }) };
  stackEvents.append(scope, stack.id, now, told);
  const target = op?.target ?? stack.target;
  for (const arn of (told.validation === undefined && target?.notificationArns) || []) {
    scope.deliver(`cloudformation/${stack.id}/${event.id}/${arn}`, arn, notification(scope, stack, told, now), {
      from: "cloudformation.amazonaws.com",
      context: { subject: "AWS CloudFormation Notification", sourceArn: arnOf(scope, stack) },
    });
  }
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-sns-notifications.html */
function notification(scope: Scope, stack: Stack, event: StackEvent, at: number): string {
  return Object.entries({
    StackId: arnOf(scope, stack),
    Timestamp: new Date(at).toISOString(),
    EventId: event.id,
    LogicalResourceId: event.logicalId,
    Namespace: scope.account,
    PhysicalResourceId: event.physicalId,
    PrincipalId: scope.account,
    ResourceProperties: event.properties ?? "null",
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason ?? "",
    ResourceType: event.type,
    StackName: stack.name,
    ClientRequestToken: event.token ?? "null",
  })
    .map(([name, value]) => `${name}='${value}'\n`)
    .join("");
}

/** A page of the events of a stack. */
export function newestFirst(scope: Scope, stack: Stack, token: string | undefined): { entries: Entry<StackEvent>[]; nextToken?: string } {
  const after = token === undefined ? undefined : placeOf(token);
  const found = stackEvents.read(scope, stack.id, { newestFirst: true, limit: PAGE_MAX + 1, ...(after && { after }) });
  const entries = found.slice(0, PAGE_MAX);
  const last = entries.at(-1);
  if (found.length <= PAGE_MAX || last === undefined) return { entries };
  return { entries, nextToken: Buffer.from(JSON.stringify([last.at, last.seq])).toString("base64url") };
}

/** Forget all that was told of a stack. */
export function forgetEvents(scope: Scope, stack: Pick<Stack, "id">): void {
  stackEvents.trim(scope, stack.id);
  lastEvents.remove(scope, stack.id);
}

function placeOf(token: string): Place {
  try {
    const [at, seq] = JSON.parse(Buffer.from(token, "base64url").toString());
    if (typeof at === "number" && typeof seq === "number") return { at, seq };
  } catch {}
  return fault("ValidationError", "Invalid NextToken");
}
