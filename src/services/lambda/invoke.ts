import { fault } from "../../kernel/fault.ts";
import { type HttpAnswer, lateOperation, type OperationSchema, Waiting } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Partition } from "../../kernel/table.ts";
import {
  InvalidRequestContentException,
  type InvocationRequest,
  type InvocationResponse,
  Invoke$,
  RequestTooLargeException,
  ServiceException,
  type ThrottleReason,
  TooManyRequestsException,
} from "../../sdk/lambda.js";
import { type Invocation, invocations, queueEvent, startInvocation, throttleReason } from "./invocation.ts";
import { requireQualified } from "./qualifier.ts";
import { notImplemented } from "./refusal.ts";

/** bytes of a payload, by kind of invocation: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const PAYLOAD_MAX = { RequestResponse: 6_291_456, Event: 1_048_576 } as const;

/** What an answer that comes later is to be made of. */
type Begun =
  | { readonly throttled: ThrottleReason }
  | { readonly answer: InvocationResponse & HttpAnswer }
  | { readonly id: string; readonly home: Partition; readonly logTail: boolean };

/** Payloads are bytes here, whatever else the SDK's clients take and give. */
const schema = Invoke$ as unknown as OperationSchema<InvocationRequest, InvocationResponse>;

export const invoke = lateOperation<InvocationRequest, InvocationResponse, Begun>(
  schema,
  {
    begin(scope, input) {
      if (input.DurableExecutionName !== undefined) notImplemented("DurableExecutionName");
      if (input.TenantId !== undefined) notImplemented("TenantId");
      const qualified = requireQualified(scope, input.FunctionName!, input.Qualifier);
      if (input.InvocationType === "DryRun") return { answer: { StatusCode: 204 } };
      const kind = input.InvocationType ?? "RequestResponse";
      const call = { qualified, payload: payloadOf(input.Payload, kind), ...contextOf(input.ClientContext) };
      if (kind === "Event") {
        const id = queueEvent(qualified, call.payload, call.clientContext);
        return { answer: { StatusCode: 202, Payload: new Uint8Array(), $headers: { "x-amzn-requestid": id } } };
      }
      // Refused only in the answer: what a fault's own commit counts is lost with it.
      const throttled = throttleReason(qualified.scope, qualified);
      if (throttled !== undefined) return { throttled };
      const { account, region } = qualified.scope;
      const { id } = startInvocation(qualified.scope, scope.id.uuid(), call);
      return { id, home: { account, region }, logTail: input.LogType === "Tail" };
    },
    answer(scope, begun) {
      if ("answer" in begun) return begun.answer;
      if ("throttled" in begun) {
        const members = { Reason: begun.throttled, Type: "User", retryAfterSeconds: "1" };
        return fault(TooManyRequestsException, "Rate Exceeded.", members);
      }
      const ended = takeEnded(scope.in(begun.home), begun.id);
      if (ended instanceof Waiting) return ended;
      const { payload, functionError, logTail } = ended.outcome!;
      return {
        StatusCode: 200,
        Payload: Buffer.from(payload),
        ExecutedVersion: ended.version,
        ...(functionError && { FunctionError: functionError }),
        ...(begun.logTail && { LogResult: Buffer.from(logTail).toString("base64") }),
        $headers: { "x-amzn-requestid": ended.id },
      };
    },
    abandon(scope, begun) {
      if ("id" in begun) leaveUnattended(scope.in(begun.home), begun.id);
    },
  },
  { partial: "Durable executions and tenants are refused by name." },
);

/** The ended invocation, whose row goes with this; or that one has to wait. */
export function takeEnded(scope: Scope, id: string): Invocation | Waiting {
  const invocation = invocations.get(scope, id);
  if (invocation === undefined) return fault(ServiceException, "The invocation is not known any more.");
  if (invocation.status !== "ENDED") return new Waiting({ kind: "wait", because: `function ${invocation.functionName} runs` });
  invocations.remove(scope, id);
  return invocation;
}

/** The caller has hung up: the function runs on, and nobody is told. */
export function leaveUnattended(scope: Scope, id: string): void {
  const invocation = invocations.get(scope, id);
  if (invocation?.status === "ENDED") invocations.remove(scope, id);
  else if (invocation !== undefined) invocations.patch(scope, id, { unattended: true });
}

function payloadOf(bytes: Uint8Array | undefined, kind: keyof typeof PAYLOAD_MAX): string {
  if (bytes === undefined || bytes.length === 0) return "{}";
  const limit = PAYLOAD_MAX[kind];
  if (bytes.length > limit) {
    const message = `${bytes.length} byte payload is too large for the ${kind} invocation type (limit ${limit} bytes)`;
    fault(RequestTooLargeException, message, { Type: "User" });
  }
  const text = Buffer.from(bytes).toString("utf8");
  try {
    JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message;
    const message = `Could not parse request body into json: Could not parse payload into json: ${reason}`;
    fault(InvalidRequestContentException, message, { Type: "User" });
  }
  return text;
}

function contextOf(base64: string | undefined): { clientContext?: string } {
  if (base64 === undefined) return {};
  const text = Buffer.from(base64, "base64").toString("utf8");
  try {
    return { clientContext: JSON.stringify(JSON.parse(text)) };
  } catch {
    return fault(InvalidRequestContentException, "Client context must be a valid Base64-encoded JSON object.", { Type: "User" });
  }
}
