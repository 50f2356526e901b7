import { fault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import { operation } from "../../kernel/operation.ts";
import type { ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { SignalResource$ } from "../../sdk/cloudformation.js";
import { responseUrl } from "./custom-resource.ts";
import { resourceRowId, resources, type StackResource } from "./resource.ts";
import { idOfArn, requireStack, type Stack } from "./stack.ts";
import { isObject, type JsonObject } from "./value.ts";

/** A signal to a resource; its id is the resource's, a slash and the signal's own id. */
export interface Signal extends Row {
  readonly uniqueId: string;
  readonly status: "SUCCESS" | "FAILURE";
  readonly data?: string;
  readonly reason?: string;
}

export const signals = new Table<Signal>("cloudformation/signal");

/** A URL that takes signals for a wait condition; its id is the secret part of the URL. */
interface WaitHandle extends Row {
  readonly account: string;
  readonly region: string;
  /** The id of the handle's row among the stack's resources. */
  readonly resource: string;
}

export const waitHandles = new Table<WaitHandle>("cloudformation/wait-handle", { reach: "global" });

/** The data that a wait condition was signalled with, as JSON, by its physical id. */
interface WaitData extends Row {
  readonly data: string;
}

export const waitData = new Table<WaitData>("cloudformation/wait-data");

export const signalResource = operation(SignalResource$, (scope, { StackName, LogicalResourceId, UniqueId, Status }) => {
  const stack = requireStack(scope, StackName);
  const row = resources.get(scope, resourceRowId(stack, LogicalResourceId!));
  if (row === undefined) return fault("ValidationError", `Resource ${LogicalResourceId} does not exist for stack ${stack.name}`);
  if (row.step?.state !== "RUNNING")
    fault("ValidationError", `Resource ${LogicalResourceId} is in ${row.status} state and can not be signaled`);
  note(scope, row.id, { uniqueId: UniqueId!, status: Status! });
  return {};
});

function note(scope: Scope, resource: string, signal: Omit<Signal, "id">): void {
  const id = `${resource}/${signal.uniqueId}`;
  if (signals.get(scope, id) === undefined) signals.put(scope, { id, ...signal });
}

/** Forget the signals to a stack's resources. */
export function dropSignals(scope: Scope, stackRow: string): void {
  for (const { id } of signals.list(scope, `${stackRow}/`)) signals.remove(scope, id);
}

/** Take what was PUT to a wait handle; whether there is such a handle. */
export function takeSignal(scope: Scope, secret: string, body: string): boolean {
  const handle = waitHandles.get(scope, secret);
  if (handle === undefined) return false;
  const { Status, UniqueId, Data, Reason } = parse(body);
  if (typeof UniqueId !== "string" || (Status !== "SUCCESS" && Status !== "FAILURE")) return false;
  note(scope.in(handle), handle.resource, {
    uniqueId: UniqueId,
    status: Status,
    data: typeof Data === "string" ? Data : JSON.stringify(Data ?? ""),
    reason: String(Reason ?? ""),
  });
  return true;
}

function parse(body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** How the signals stand that a resource's CreationPolicy asks for. */
export function signalsOutcome(
  scope: Scope,
  _stack: Stack,
  row: StackResource,
): "done" | { readonly failed: string } | { readonly because: string; readonly wakeAt: number } {
  const asked = row.step?.wanted?.creationPolicy?.["ResourceSignal"];
  if (!isObject(asked)) return "done";
  const count = Number(asked["Count"] ?? 1);
  const taken = signals.list(scope, `${row.id}/`);
  const failed = taken.filter(({ status }) => status === "FAILURE").length;
  if (failed > 0)
    return {
      failed: `Received ${failed} FAILURE signal(s) out of ${count}. Unable to satisfy 100% MinSuccessfulInstancesPercent requirement`,
    };
  if (taken.length >= count) return "done";
  const wakeAt = row.step!.startedAt! + durationMs(String(asked["Timeout"] ?? "PT5M"));
  if (scope.clock.now() >= wakeAt) return { failed: `Failed to receive ${count} resource signal(s) within the specified duration` };
  return { because: `${row.logicalId} has ${taken.length} of ${count} signals`, wakeAt };
}

/** An ISO 8601 duration of hours, minutes and seconds. */
function durationMs(text: string): number {
  const [, hours = "0", minutes = "0", seconds = "0"] = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(text) ?? [];
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

/** Its id is a URL that takes signals. */
export const waitConditionHandle: ResourceType = {
  type: "AWS::CloudFormation::WaitConditionHandle",
  ensure(scope, _declared, id, { stackId, logicalId, token }) {
    if (id !== undefined) return { state: "done", id };
    const secret = idsFrom(`handle ${token}`).hex(40);
    const { account, region } = scope;
    waitHandles.put(scope, { id: secret, account, region, resource: `${idOfArn(stackId)}/${logicalId}` });
    return { state: "done", id: responseUrl(scope, secret) };
  },
  read: (scope, id) => (waitHandles.get(scope, secretOf(id)) === undefined ? undefined : {}),
  remove(scope, id) {
    waitHandles.remove(scope, secretOf(id));
    return { state: "done", id };
  },
};

const secretOf = (url: string): string => url.split("/").at(-1)!;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitcondition.html */
export const waitCondition: ResourceType = {
  type: "AWS::CloudFormation::WaitCondition",
  ensure(scope, { Handle, Timeout, Count = 1 }, id, { stackId, logicalId, token }) {
    if (id !== undefined) return { state: "done", id };
    const own = `${idOfArn(stackId)}/${logicalId}`;
    const physicalId = `${stackId}/${logicalId}/${idsFrom(token).text(12)}`;
    const started = resources.get(scope, own)?.step?.startedAt ?? scope.clock.now();
    const handle = Handle === undefined ? undefined : waitHandles.get(scope, secretOf(String(Handle)));
    const taken = [own, ...(handle ? [handle.resource] : [])].flatMap((key) => signals.list(scope, `${key}/`));
    const bad = taken.find(({ status }) => status === "FAILURE");
    if (bad !== undefined)
      return { state: "failed", reason: `WaitCondition received failed message: '${bad.reason ?? ""}' for uniqueId: ${bad.uniqueId}` };
    // A condition without a handle waits for the signals of its CreationPolicy, which the engine counts.
    if (handle === undefined || taken.length >= Number(Count)) {
      waitData.put(scope, { id: physicalId, data: JSON.stringify(Object.fromEntries(taken.map((one) => [one.uniqueId, one.data ?? ""]))) });
      return { state: "done", id: physicalId };
    }
    const wakeAt = started + Number(Timeout ?? 0) * 1000;
    if (scope.clock.now() >= wakeAt)
      return { state: "failed", reason: `WaitCondition timed out. Received ${taken.length} conditions when expecting ${Count}` };
    return { state: "busy", id: physicalId, because: `${taken.length} of ${Count} signals have come`, wakeAt };
  },
  read: (scope, id) => (waitData.get(scope, id) === undefined ? undefined : {}),
  attributes: (scope, id) => ({ Data: waitData.get(scope, id)?.data ?? "{}" }),
  remove(scope, id) {
    waitData.remove(scope, id);
    return { state: "done", id };
  },
};
